package action

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/blob"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// Config says what an engine works on.
type Config struct {
	// Registry is a pool whose role may act (check-registry prints the grants).
	Registry *pgxpool.Pool
	Console  *pgxpool.Pool
	Ledger   *ledger.Log
	// Static and Index are the registry's storage; nil when not configured.
	Static, Index blob.Store
	// Vault takes files out of the registry's storage and puts them back; nil
	// means that they cannot be moved, and versions are held by yank alone.
	Vault Vault
	// Evidence seals what a plan destroys; without it no irreversible plan can
	// be applied.
	Evidence Evidence
	// CacheTags says that the registry invalidates its caches by tags and not
	// by paths (CACHE_TAGS_ENABLED).
	CacheTags bool
	// Reader and Mirror find candidates for composite plans. What they say is
	// read again from the registry by every review.
	Reader *registry.Reader
	Mirror *mirror.Mirror
	// Enqueue hands a follow-up to the workers in the transaction that makes
	// it; nil leaves it to the next call of Recover.
	Enqueue func(ctx context.Context, tx pgx.Tx, followUp int64, at time.Time) error
	// LockTimeout and Hold bound what a plan may do to people who publish; zero
	// means 2 s each.
	LockTimeout, Hold time.Duration
	// Wide is the number of steps from which a plan must be confirmed by
	// typing; 0 means 20.
	Wide int
	// Guard knows who somebody still is; nil refuses everything that changes the
	// registry. Tell tells people; nil tells nobody.
	Guard Keeper
	Tell  Teller
	// Policy says what takes a second person. OnCallKnown says whether the list
	// of people tells who is on call; nil means that it does not.
	Policy      access.Policy
	OnCallKnown func() bool
	// Standing gives a person as the list has them now, without roles if it has
	// them no more, so that the approval of somebody who was taken off it does not
	// count; nil lets approvals stand.
	Standing func(ctx context.Context, person string) (Actor, error)
	// Incidents refuses an id that no plan may be made for, because there is no
	// such open incident; nil checks nothing. "" and "none" are never asked about.
	Incidents func(ctx context.Context, id string) error
	// Changed is called after anything that may have changed the registry or its
	// files, so that whoever keeps facts of it reads them again. It must not wait.
	Changed func()
	Clock   cratewarden.Clock
	Logger  *slog.Logger
	// Reached is called between any two writes, with a name of the place. Tests
	// end the process in it.
	Reached func(place string)
}

// Engine reviews, applies, undoes and recovers plans. It may be used by many
// at a time, and by many processes on the same databases.
type Engine struct {
	cfg       Config
	catalogue *Catalogue
	registry  *pgxpool.Pool
	console   *pgxpool.Pool
	ledger    *ledger.Log
	clock     cratewarden.Clock
	log       *slog.Logger
	claims    chan struct{} // bounds how many plans are worked on at once
}

// New makes an engine on a migrated console database.
func New(cfg Config) *Engine {
	if cfg.Hold == 0 {
		cfg.Hold = 2 * time.Second
	}
	if cfg.Wide == 0 {
		cfg.Wide = 20
	}
	cfg.Policy = cfg.Policy.Or()
	if cfg.Changed == nil {
		cfg.Changed = func() {}
	}
	if cfg.Reached == nil {
		cfg.Reached = func(string) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Engine{cfg: cfg, catalogue: NewCatalogue(), registry: cfg.Registry, console: cfg.Console, ledger: cfg.Ledger, clock: cfg.Clock.Or(), log: cfg.Logger,
		claims: make(chan struct{}, max(1, cfg.Console.Config().MaxConns/3))}
}

// Catalogue gives what the engine can do.
func (e *Engine) Catalogue() *Catalogue { return e.catalogue }

// refuse records in the ledger that somebody asked for something and was
// denied, by which rule and why, and gives the denial. If it cannot be recorded,
// that is the error: nothing may be probed without a trace. Errors that are no
// denial are given as they are.
func (e *Engine) refuse(ctx context.Context, who Actor, what string, p Plan, why error) error {
	switch cratewarden.KindOf(why) {
	case cratewarden.Refused, cratewarden.Conflict, cratewarden.Unsigned, cratewarden.Unavailable:
	default:
		return why
	}
	details := map[string]string{"why": cratewarden.MessageOf(why), "rule": ruleOf(why)}
	err := pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		_, err := e.ledger.Append(ctx, tx, ledger.Entry{
			Kind: ledger.Refusal, Actor: who.ledger(), Session: who.Session, Action: what, Plan: p.ID, Incident: p.Incident, Details: details,
		})
		return err
	})
	if err != nil {
		return err
	}
	return why
}

// refusal is an error with the name of the rule behind it, for the ledger.
type refusal struct {
	rule string
	error
}

// Unwrap gives the error.
func (r refusal) Unwrap() error { return r.error }

// Names of rules of plans themselves, beside those of package access.
const (
	ruleState    = "state"    // the plan is not where this can be done
	ruleDigest   = "digest"   // it is not what was looked at
	ruleBlocked  = "blocked"  // its review forbids it
	ruleTyped    = "typed"    // what must be typed was not
	ruleEvidence = "evidence" // what it destroys is not sealed
	ruleSession  = "session"  // who asks is not signed in any more
	ruleReviewer = "reviewer" // its review names somebody else's account
	ruleFinal    = "final"    // it cannot be undone
)

// ruleOf names the rules behind an error.
func ruleOf(err error) string {
	if d, ok := errors.AsType[*access.Denied](err); ok {
		return strings.Join(d.Rules(), ", ")
	}
	if r, ok := errors.AsType[refusal](err); ok {
		return r.rule
	}
	switch cratewarden.KindOf(err) {
	case cratewarden.Unsigned:
		return ruleSession
	case cratewarden.Conflict:
		return ruleState
	}
	return "other"
}
