package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
	"cratewarden/incident"
	"cratewarden/telemetry"
)

// Problem is an error as the interface shows it (RFC 9457), with our kind.
type Problem struct {
	Title     string           `json:"title" doc:"the status in words"`
	Status    int              `json:"status"`
	Detail    string           `json:"detail" doc:"a sentence for people that says what to do"`
	Kind      cratewarden.Kind `json:"kind" doc:"what sort of trouble this is, for programs"`
	RequestID string           `json:"request_id,omitempty" doc:"the same id as in the log"`
	// What follows is there when rules of the console stand in the way.
	Rule    string          `json:"rule,omitempty" doc:"name of the first rule that stands in the way, such as step-up"`
	Remedy  string          `json:"remedy,omitempty" doc:"what would satisfy it"`
	Denials []access.Denial `json:"denials,omitempty" doc:"all rules that stand in the way"`
	About   *auth.About     `json:"about,omitempty" doc:"with the rule step-up: what the person must confirm; send it to /asks"`
	// Clash is there when somebody else wrote the same part of an incident.
	Clash []incident.FieldClash `json:"clash,omitempty" doc:"what you saw, what somebody else wrote since, and what you wanted"`
}

// Error is the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType marks the body as a problem document.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// statuses is the one place where a kind becomes an HTTP status.
func statuses() map[cratewarden.Kind]int {
	return map[cratewarden.Kind]int{
		cratewarden.Invalid:     http.StatusUnprocessableEntity,
		cratewarden.Unsigned:    http.StatusUnauthorized,
		cratewarden.NotFound:    http.StatusNotFound,
		cratewarden.Refused:     http.StatusForbidden,
		cratewarden.Conflict:    http.StatusConflict,
		cratewarden.TooLarge:    http.StatusRequestEntityTooLarge,
		cratewarden.Timeout:     http.StatusGatewayTimeout,
		cratewarden.Unavailable: http.StatusServiceUnavailable,
		cratewarden.Canceled:    499,
	}
}

// logKey is where a request carries the log, for the cause of what fails.
type logKey struct{}

// logging gives every request the log.
func logging(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), logKey{}, log)))
	})
}

// problem turns an error of ours into its document; the cause stays behind, in
// the log.
func problem(ctx context.Context, err error) error {
	p := problemOf(ctx, err)
	if p.Status == http.StatusUnauthorized {
		return huma.ErrorWithHeaders(p, http.Header{"WWW-Authenticate": {challenge}})
	}
	return p
}

// challenge is how a program is asked for its token (RFC 6750).
const challenge = `Bearer realm="cratewarden"`

func problemOf(ctx context.Context, err error) *Problem {
	kind := cratewarden.KindOf(err)
	status, ok := statuses()[kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	if log, ok := ctx.Value(logKey{}).(*slog.Logger); ok && log != nil && status >= http.StatusInternalServerError {
		log.ErrorContext(ctx, "failed", "request", telemetry.RequestID(ctx), "kind", string(kind), "err", err.Error())
	}
	p := &Problem{Title: title(status), Status: status, Detail: cratewarden.MessageOf(err), Kind: kind, RequestID: telemetry.RequestID(ctx)}
	if clash, ok := errors.AsType[*incident.Clash](err); ok {
		p.Clash = clash.Fields
	}
	if denied, ok := errors.AsType[*access.Denied](err); ok && len(denied.Denials) > 0 {
		first := denied.Denials[0]
		p.Rule, p.Remedy, p.Denials = first.Rule, first.Remedy, denied.Denials
		if slices.ContainsFunc(denied.Denials, func(d access.Denial) bool { return d.Rule == access.RuleStepUp }) {
			p.About = &auth.About{}
			if w, ok := errors.AsType[*wanting](err); ok {
				p.About = &w.about
			}
		}
	}
	return p
}

func title(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "Client closed request"
}

// kindOfStatus names the kind of the errors that the framework itself finds,
// such as a parameter that is no number.
func kindOfStatus(status int) cratewarden.Kind {
	for kind, s := range statuses() {
		if s == status {
			return kind
		}
	}
	if status < http.StatusInternalServerError {
		return cratewarden.Invalid
	}
	return cratewarden.Internal
}

// newProblem replaces the framework's own error document, so that there is
// one shape only.
func newProblem(status int, message string, errs ...error) huma.StatusError {
	detail := message
	for _, err := range errs {
		if d, ok := err.(*huma.ErrorDetail); ok {
			detail += "; " + d.Location + ": " + d.Message
		}
	}
	return &Problem{Title: title(status), Status: status, Detail: detail, Kind: kindOfStatus(status)}
}

// The framework offers no other way to choose the shape of its errors than
// this variable; it is set once, before any handler exists.
func init() { huma.NewError = newProblem }
