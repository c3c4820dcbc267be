package api

import (
	"context"
	"net/http"
	"time"

	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/team"
)

// Auth knows people and what they may do; *auth.Service is one. Its methods may
// be called at the same time and give errors with a kind.
type Auth interface {
	Visit(r *http.Request, from auth.From) (auth.Visitor, error)
	May(ctx context.Context, v auth.Visitor, act string) error

	People(ctx context.Context) ([]auth.Person, error)
	Person(ctx context.Context, id string) (auth.Person, error)
	Roster() (s team.Snapshot, refused bool)
	IssueEnrolment(ctx context.Context, by action.Actor, person string) (code string, expires time.Time, err error)

	SignOut(ctx context.Context, v auth.Visitor) error
	Sessions(ctx context.Context, person string) ([]auth.Session, error)
	EndSession(ctx context.Context, v auth.Visitor, id string) error
	DropStepUp(ctx context.Context, v auth.Visitor) error

	Passkeys(ctx context.Context, person string) ([]auth.Passkey, error)
	RenamePasskey(ctx context.Context, v auth.Visitor, id, name string) error
	RemovePasskey(ctx context.Context, v auth.Visitor, id string) error

	APITokens(ctx context.Context, person string) ([]auth.APIToken, error)
	MakeAPIToken(ctx context.Context, v auth.Visitor, o auth.TokenOrder) (plaintext string, t auth.APIToken, err error)
	RevokeAPIToken(ctx context.Context, v auth.Visitor, id string) error

	BeginDevice(ctx context.Context, from auth.From) (auth.Device, error)
	AskStepUp(ctx context.Context, v auth.Visitor, about auth.About) (auth.Device, error)
	PollAsk(ctx context.Context, secret string, from auth.From) (auth.SignedIn, error)

	PretendSignIn(ctx context.Context, member string, kind auth.SessionKind, from auth.From) (auth.SignedIn, error)
	PretendStepUp(ctx context.Context, v auth.Visitor, about auth.About) (auth.SignedIn, error)
}
