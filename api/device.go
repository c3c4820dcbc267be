package api

import (
	"context"
	"math"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/auth"
	"cratewarden/ledger"
)

// registerDevices is how programs are signed in and have their person confirm:
// the program shows a code, the person types it into a page, the program polls.
func registerDevices(a huma.API, cfg Config) {
	h := hall{auth: cfg.Auth}
	post(a, "device", public, "/device", "Begin to sign a program in", h.begin)
	post(a, "device-poll", public, "/device/poll", "Whether the person has agreed to sign the program in; 409 while waiting", h.poll)
	post(a, "ask", "own.step-up", "/asks", "Ask the person to confirm with a passkey, in the browser", h.ask)
	post(a, "ask-poll", "own.step-up", "/asks/poll", "Whether the person has confirmed; 409 while waiting. The session's token is replaced by the one in the answer", h.poll)
	if cfg.Pretend {
		post(a, "demo-sign-in", public, "/demo/sign-in", "Sign in as one of a demo's made-up people", h.pretend)
		post(a, "demo-step-up", "own.step-up", "/demo/step-up", "Confirm without a passkey, in a demo", h.pretendStepUp)
	}
}

// Device is a question that waits for a person.
type Device struct {
	Secret   string    `json:"secret" doc:"what to poll with; nobody else may see it"`
	Code     string    `json:"code" doc:"what the person types, or compares"`
	URL      string    `json:"url" doc:"where to type it"`
	Expires  time.Time `json:"expires_at"`
	Interval int       `json:"interval" doc:"seconds between two polls at least"`
}

func deviceOf(d auth.Device) *Device {
	return &Device{d.Secret, d.Code, d.URL, d.Expires, max(1, int(math.Ceil(d.Interval.Seconds())))}
}

// SignedIn is a program's session with its secret, which the interface never
// shows again.
type SignedIn struct {
	Token   string       `json:"token" doc:"to be sent as Authorization: Bearer; it replaces the one before"`
	Session auth.Session `json:"session"`
	Person  auth.Person  `json:"person"`
}

func signedIn(s auth.SignedIn, err error) (*SignedIn, error) {
	return &SignedIn{s.Token, s.Session, s.Person}, err
}

func (h hall) begin(ctx context.Context, _ *struct{}) (*Device, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	d, err := h.auth.BeginDevice(ctx, whence(ctx))
	return deviceOf(d), err
}

type pollInput struct {
	Body struct {
		Secret string `json:"secret" minLength:"1" maxLength:"200"`
	}
}

func (h hall) poll(ctx context.Context, in *pollInput) (*SignedIn, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return signedIn(h.auth.PollAsk(ctx, in.Body.Secret, whence(ctx)))
}

// StepUpWish is what a person is asked to confirm: changes for some minutes when
// all is empty, or exactly one purpose on exactly one review.
type StepUpWish struct {
	Purpose string         `json:"purpose,omitempty" enum:"apply,approve,break-glass"`
	Plan    string         `json:"plan,omitempty" maxLength:"64"`
	Digest  *ledger.Digest `json:"digest,omitempty" doc:"of the review"`
}

type askInput struct{ Body StepUpWish }

func (h hall) ask(ctx context.Context, in *askInput) (*Device, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	d, err := h.auth.AskStepUp(ctx, visitor(ctx), auth.About(in.Body))
	return deviceOf(d), err
}

type pretendInput struct {
	Body struct {
		As string `json:"as,omitempty" maxLength:"100" doc:"whom to be, such as bo; ada when empty"`
	}
}

func (h hall) pretend(ctx context.Context, in *pretendInput) (*SignedIn, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	as := in.Body.As
	if as == "" {
		as = "ada"
	}
	return signedIn(h.auth.PretendSignIn(ctx, as, auth.ProgramSession, whence(ctx)))
}

func (h hall) pretendStepUp(ctx context.Context, in *askInput) (*SignedIn, error) {
	if err := h.there(); err != nil {
		return nil, err
	}
	return signedIn(h.auth.PretendStepUp(ctx, visitor(ctx), auth.About(in.Body)))
}
