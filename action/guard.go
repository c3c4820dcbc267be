package action

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/notify"
)

// Keeper knows at the last moment who somebody still is, and what they
// confirmed; auth.Service is one. Without one nothing is approved or applied.
type Keeper interface {
	// Current gives the actor with the rights that the list of people gives now.
	// The error is Unsigned when the session or token is over, *access.Denied
	// when the list is too old for changes.
	Current(ctx context.Context, who Actor) (Actor, error)
	// Consented says that the actor confirmed exactly this with a passkey, in this
	// session and lately; *access.Denied otherwise.
	Consented(ctx context.Context, who Actor, purpose string, digest ledger.Digest) error
}

// Teller tells people what happened, in the transaction that does it;
// notify.Service is one.
type Teller interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Notice) error
}

// What a passkey's confirmation can be for.
const (
	ToApply      = "apply"
	ToApprove    = "approve"
	ToBreakGlass = "break-glass"
)

// current gives who asks as they are now. Whoever may no longer act is refused,
// and that is recorded.
func (e *Engine) current(ctx context.Context, who Actor, act string, p Plan) (Actor, error) {
	if e.cfg.Guard == nil {
		return who, e.refuse(ctx, who, act, p, &access.Denied{Act: act, Denials: []access.Denial{{
			Rule: access.RuleSignIn, Why: "This console has no sign-in, so nobody can be asked who they are, and nothing is changed.", Remedy: "Set up sign-in first.",
		}}})
	}
	now, err := e.cfg.Guard.Current(ctx, who)
	if err != nil {
		return who, e.refuse(ctx, who, act, p, err)
	}
	if now.ID != who.ID || now.Token != who.Token {
		return who, e.refuse(ctx, who, act, p, cratewarden.Errorf(cratewarden.Unsigned, "Sign in again: this session is of somebody else."))
	}
	return now, nil
}

// consented asks for the passkey's confirmation, after everything else was in
// order. An API token has no passkey; the rules give it little.
func (e *Engine) consented(ctx context.Context, who Actor, purpose string, digest ledger.Digest) error {
	if who.Token {
		return nil
	}
	return e.cfg.Guard.Consented(ctx, who, purpose, digest)
}

// tell hands a notice on, if somebody takes it.
func (e *Engine) tell(ctx context.Context, tx pgx.Tx, n notify.Notice) error {
	if e.cfg.Tell == nil {
		return nil
	}
	return e.cfg.Tell.Tell(ctx, tx, n)
}
