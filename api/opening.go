package api

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/opening"
)

// Openings shows what is masked; *opening.Service does.
type Openings interface {
	Open(ctx context.Context, who action.Actor, o opening.Order) (*opening.Opened, error)
	OpenPart(ctx context.Context, who action.Actor, o opening.Order) (io.ReadCloser, evidence.Part, error)
}

// peephole answers with what is masked everywhere else, on the record.
type peephole struct{ openings Openings }

// registerOpenings is the part of openings in the table of contents. Nothing
// else here answers with personal data.
func registerOpenings(a huma.API, cfg Config) {
	h := peephole{cfg.Openings}
	act := opening.Mail.Act()
	post(a, "account-open", act, "/accounts/{id}/open", "See an account's mail addresses, or the names of its API tokens; recorded first", h.account)
	post(a, "version-open", act, "/crates/{name}/versions/{num}/open", "See the mail address noted with a publish; recorded first", h.version)
	post(a, "session-open", act, "/sessions/{id}/open", "See where a session was signed in from; recorded first", h.session)
	post(a, "api-token-open", act, "/api-tokens/{id}/open", "See where an API token of this console was used last; recorded first", h.apiToken)
	post(a, "ledger-open", act, "/ledger/{index}/open", "See what is sealed with a ledger entry; recorded first", h.entry)
	op := operation(http.MethodPost, "evidence-open", opening.Part.Act(), "/evidence/{digest}/open", "One personal part of a bundle, decrypted; recorded first")
	op.Responses = map[string]*huma.Response{"200": {Description: "The part, proven before its first byte.",
		Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	huma.Register(a, op, h.part)
}

// OpenWhy says why something masked shall be seen. Both stay in the ledger.
type OpenWhy struct {
	Reason   string `json:"reason,omitempty" maxLength:"1000" doc:"at least ten letters, unless an incident is named; for colleagues and the ledger, so no addresses in it"`
	Incident string `json:"incident,omitempty" maxLength:"200"`
}

func (h peephole) open(ctx context.Context, what opening.What, subject string, why OpenWhy) (*opening.Opened, error) {
	if h.openings == nil {
		return nil, closed()
	}
	return h.openings.Open(ctx, actor(ctx), opening.Order{What: what, Subject: subject, Reason: why.Reason, Incident: why.Incident})
}

func closed() error {
	return cratewarden.Errorf(cratewarden.Unavailable, "This console has no sign-in or no ledger, so nothing masked can be opened.")
}

type accountOpenInput struct {
	IDInput
	Body struct {
		OpenWhy
		What string `json:"what" enum:"mail,tokens" doc:"mail addresses, or names of API tokens"`
	}
}

func (h peephole) account(ctx context.Context, in *accountOpenInput) (*opening.Opened, error) {
	return h.open(ctx, opening.What(in.Body.What), strconv.FormatInt(in.ID, 10), in.Body.OpenWhy)
}

type versionOpenInput struct {
	VersionInput
	Body OpenWhy
}

func (h peephole) version(ctx context.Context, in *versionOpenInput) (*opening.Opened, error) {
	return h.open(ctx, opening.PublishMail, in.Name+"@"+in.Num, in.Body)
}

type rightOpenInput struct {
	RightInput
	Body OpenWhy
}

func (h peephole) session(ctx context.Context, in *rightOpenInput) (*opening.Opened, error) {
	return h.open(ctx, opening.Session, in.ID, in.Body)
}

func (h peephole) apiToken(ctx context.Context, in *rightOpenInput) (*opening.Opened, error) {
	return h.open(ctx, opening.APIToken, in.ID, in.Body)
}

type entryOpenInput struct {
	IndexInput
	Body OpenWhy
}

func (h peephole) entry(ctx context.Context, in *entryOpenInput) (*opening.Opened, error) {
	return h.open(ctx, opening.Entry, strconv.FormatInt(in.Index, 10), in.Body)
}

type partOpenInput struct {
	EvidenceInput
	Body struct {
		OpenWhy
		Part string `json:"part" maxLength:"4096" doc:"its name in the manifest"`
	}
}

func (h peephole) part(ctx context.Context, in *partOpenInput) (*huma.StreamResponse, error) {
	if h.openings == nil {
		return nil, problem(ctx, closed())
	}
	patient(ctx, evidenceTime)
	body, _, err := h.openings.OpenPart(ctx, actor(ctx), opening.Order{Subject: in.Digest, Part: in.Body.Part, Reason: in.Body.Reason, Incident: in.Body.Incident})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { _ = body.Close() }()
		patient(c.Context(), sendTime)
		ctx, cancel := context.WithTimeout(c.Context(), sendTime)
		defer cancel()
		c.SetHeader("Content-Type", "application/octet-stream")
		c.SetHeader("Content-Disposition", `attachment; filename="part"`)
		c.SetStatus(http.StatusOK)
		if _, err := io.Copy(pieces{c.BodyWriter(), ctx}, body); err != nil {
			_ = problem(ctx, err) // for the log
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
