package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/team"
)

// Auth says who is behind a request and what they may do; *auth.Service is one.
// Visit and May are asked before any handler runs. An error of the kind Unsigned
// is nobody; *access.Denied is somebody whom rules forbid the act.
type Auth interface {
	Visit(r *http.Request, from auth.From) (auth.Visitor, error)
	May(ctx context.Context, v auth.Visitor, act string) error
	// Would is May for pages that want to know what to offer: it records nothing.
	Would(v auth.Visitor, act string) *access.Denied
	Cookie(in auth.SignedIn) *http.Cookie
	NoCookie() *http.Cookie

	Providers() []auth.ProviderConfig
	BeginSignIn(ctx context.Context, provider, back string) (url string, cookie *http.Cookie, err error)
	FinishSignIn(ctx context.Context, provider string, query url.Values, browser string, from auth.From) (auth.SignedIn, error)
	PretendSignIn(ctx context.Context, memberKey string, kind auth.SessionKind, from auth.From) (auth.SignedIn, error)
	SignOut(ctx context.Context, v auth.Visitor) error

	Sessions(ctx context.Context, person string) ([]auth.Session, error)
	EndSession(ctx context.Context, v auth.Visitor, id string) error

	BeginStepUp(ctx context.Context, v auth.Visitor, about auth.About) (auth.Ceremony, error)
	FinishStepUp(ctx context.Context, v auth.Visitor, ceremony string, answer []byte) (auth.SignedIn, error)
	PretendStepUp(ctx context.Context, v auth.Visitor, about auth.About) (auth.SignedIn, error)
	DropStepUp(ctx context.Context, v auth.Visitor) error

	BeginPasskey(ctx context.Context, v auth.Visitor, code string) (auth.Ceremony, error)
	FinishPasskey(ctx context.Context, v auth.Visitor, ceremony, name string, answer []byte) (auth.SignedIn, error)
	Passkeys(ctx context.Context, person string) ([]auth.Passkey, error)
	RenamePasskey(ctx context.Context, v auth.Visitor, id, name string) error
	RemovePasskey(ctx context.Context, v auth.Visitor, id string) error

	MakeAPIToken(ctx context.Context, v auth.Visitor, o auth.TokenOrder) (plaintext string, t auth.APIToken, err error)
	APITokens(ctx context.Context, person string) ([]auth.APIToken, error)
	RevokeAPIToken(ctx context.Context, v auth.Visitor, id string) error

	Asked(ctx context.Context, v auth.Visitor, code string) (auth.Ask, error)
	AnswerAsk(ctx context.Context, v auth.Visitor, code string, yes bool) error

	People(ctx context.Context) ([]auth.Person, error)
	Person(ctx context.Context, id string) (auth.Person, error)
	Roster() (team.Snapshot, bool)
	IssueEnrolment(ctx context.Context, by action.Actor, person string) (code string, expires time.Time, err error)
}
