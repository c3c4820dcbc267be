package incident

import (
	"context"
	"crypto/ed25519"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/demo"
	"cratewarden/dossier"
	"cratewarden/evidence"
	"cratewarden/incident/playbook"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/notify"
	"cratewarden/registry"
)

// Engine is what cases use of the engine that makes and applies plans.
type Engine interface {
	Catalogue() *action.Catalogue
	Contain(ctx context.Context, o action.ContainOrder) (action.Proposal, error)
	UndoSince(ctx context.Context, o action.UndoSinceOrder) (action.Proposal, error)
	Draft(ctx context.Context, who action.Actor, o action.Order, key string) (action.Plan, error)
	Plan(ctx context.Context, id string) (action.Plan, error)
	Plans(ctx context.Context, f action.PlanFilter) ([]action.Plan, error)
	Effect(ctx context.Context, p action.Plan) (*action.Effect, error)
	UndoneSteps(ctx context.Context, id string) (map[int]bool, error)
	FollowUps(ctx context.Context, plan string) ([]action.FollowUp, error)
	Held(ctx context.Context, crate string) ([]action.HeldVersion, error)
	Tombstones(ctx context.Context, f action.TombstoneFilter) ([]action.Tombstone, error)
	ApprovalsWanted(ctx context.Context, who action.Actor) ([]action.Plan, error)
	BreakGlassReviews(ctx context.Context, open bool) ([]action.BrokenGlass, error)
}

// Dossiers is what cases use of the answers about crates and accounts.
type Dossiers interface {
	Crate(ctx context.Context, name string) (*dossier.Crate, error)
	Version(ctx context.Context, name, num string) (*dossier.Version, error)
	Account(ctx context.Context, id int32) (*dossier.Account, error)
}

// Evidence is what cases use of the sealed bundles.
type Evidence interface {
	List(ctx context.Context, f evidence.Filter) (evidence.Page, error)
	Show(ctx context.Context, digest ledger.Digest) (evidence.Bundle, error)
}

// Config says what cases stand on. Only Console and Ledger are needed; what is
// nil is left out, and methods that need it answer Unavailable.
type Config struct {
	// Console is a pool on the migrated console database, Ledger writes to it.
	Console *pgxpool.Pool
	Ledger  *ledger.Log
	// Engine knows plans; without it no case moves by itself.
	Engine   Engine
	Mirror   *mirror.Mirror
	Reader   *registry.Reader
	Dossiers Dossiers
	Evidence Evidence
	// Tell hands a notice on in the transaction that does the thing; nil tells
	// nobody.
	Tell func(ctx context.Context, tx pgx.Tx, n notify.Notice) error
	// Playbooks are the checklists; with the zero Set cases have no tasks but
	// those of people, and any kind of the program's may be opened.
	Playbooks playbook.Set
	// Registry and Publisher are named in what the world is told.
	Registry  advisory.Registry
	Publisher advisory.Publisher
	// Demo are the right answers of the demo registry's situations; nil on every
	// other registry, where drills are refused.
	Demo *demo.Situations
	// FeedKey signs the public feed of takedowns; without it there is no feed.
	// FeedURL is the feed's public address, which is its name too.
	FeedKey ed25519.PrivateKey
	FeedURL string
	// FeedKeys sign the feed too, each for itself, while one key takes the place of
	// another.
	FeedKeys []ed25519.PrivateKey
	// Facts makes the sheet that drafts are written from and held against; nil is
	// the service's own Sheet.
	Facts  func(ctx context.Context, id string) (advisory.Sheet, error)
	Clock  cratewarden.Clock
	Logger *slog.Logger
}

// Service keeps cases. It may be used by many at a time and by many processes
// on one console database.
type Service struct {
	cfg   Config
	db    *pgxpool.Pool
	clock cratewarden.Clock
	log   *slog.Logger
	hub   *hub // of those who watch
	feed  feedCache
}

// New makes a service. It does not connect.
func New(cfg Config) *Service {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	s := &Service{cfg: cfg, db: cfg.Console, clock: cfg.Clock.Or(), log: cfg.Logger}
	s.hub = newHub(s)
	return s
}
