package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/blob"
	"cratewarden/jobs"
	"cratewarden/pg"
	"cratewarden/registry"
	"cratewarden/registry/check"
)

// acting is what makes a console one that may change its registry; without it
// a console looks and changes nothing.
type acting struct {
	// may lets people change the registry, as far as their roles go.
	may bool
	// evidence keeps what is sealed and held; nil means that nothing
	// irreversible can be done and that versions are held by yank alone.
	evidence blob.Store
	// hold is the longest that a plan may keep publishes waiting; 0 means 2 s.
	hold time.Duration
	// why says why nothing can be changed here; "" when things can be.
	why string
}

// everyRole gives the roles there are.
func everyRole() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor, cratewarden.Platform, cratewarden.Auditor}
}

// engineParts is the engine; nil in a console that only looks.
type engineParts struct{ engine *action.Engine }

// act opens what a console needs to change its registry; reading is the pool that
// cannot write.
func (p *parts) act(ctx context.Context, cfg consoleConfig, console, reading *pgxpool.Pool) (*engineParts, error) {
	if !cfg.acting.may || p.entrance == nil {
		return nil, nil
	}
	writing, err := p.pool(ctx, pg.Config{URL: cfg.registry, MaxConns: 4, StatementTimeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	queue, err := jobs.NewQueue(console)
	if err != nil {
		return nil, err
	}
	parts := &engineParts{}
	conf := action.Config{
		Registry: writing, Reader: registry.New(registry.Config{Pool: reading, Dump: cfg.dump != nil}), Console: console, Ledger: p.signer.ledger, Static: cfg.static, Index: cfg.index,
		Mirror: p.mirror, Enqueue: queue.EnqueueTx, Logger: cfg.log, LockTimeout: cfg.acting.hold, Hold: cfg.acting.hold,
		Guard: p.entrance.auth, Tell: p.entrance, Policy: p.entrance.policy, OnCallKnown: func() bool { return p.entrance.people.Last().KnowsOnCall },
		Standing: p.entrance.standing, Incidents: p.knownCase, Changed: p.renew,
	}
	p.seals(&conf)
	parts.engine = action.New(conf)
	return parts, nil
}

// openJobs makes the workers: follow-ups and recovery where plans are applied,
// messages where somebody is told.
func (p *parts) openJobs(cfg consoleConfig, console *pgxpool.Pool) (err error) {
	if p.entrance == nil {
		return nil
	}
	conf := jobs.Config{Pool: console, Notices: p.entrance.notices, Logger: cfg.log}
	if p.acting != nil {
		conf.Engine = p.acting.engine
		conf.Rounds = map[string]func(context.Context) error{"incidents": p.cases.SyncAll, "takedowns": p.cases.FollowFeed}
	}
	p.jobs, err = jobs.New(conf)
	return err
}

// work does what nobody waits for until ctx is over.
func (p *parts) work(ctx context.Context) error {
	if p.jobs == nil {
		return nil
	}
	return p.jobs.Run(ctx)
}

// consoleConns is how many connections to its own database a console needs. An
// apply holds one that keeps others away and writes through another.
func consoleConns(cfg consoleConfig) int32 {
	if cfg.signIn == nil {
		return 4
	}
	return 16
}

// actingOptions are the flags that let "serve" change its registry.
type actingOptions struct {
	Act         bool          `help:"Let people change the registry through plans, as far as their roles go. Without it the console only looks."`
	LongestHold time.Duration `default:"2s" help:"The longest that a plan may keep publishes of its crates waiting; longer ones are refused at review."`
	Evidence    string        `help:"Where sealed evidence and held files are kept: a folder, or s3://bucket/prefix; never the registry's own storage."`
}

// acting checks that the database's role lets the console act, and says what is
// missing.
func (o actingOptions) acting(ctx context.Context, url string, log *slog.Logger) (acting, error) {
	store, err := openStore(ctx, o.Evidence)
	if err != nil || !o.Act { // a store to show what was sealed
		return acting{evidence: store, why: "This console was started without --act, so it looks and changes nothing."}, err
	}
	if o.LongestHold < 0 || o.LongestHold > time.Minute {
		return acting{}, cratewarden.Errorf(cratewarden.Invalid, "--longest-hold must be between 0 and 1m.")
	}
	pool, err := pg.Open(ctx, pg.Config{URL: url, MaxConns: 2, StatementTimeout: 30 * time.Second})
	if err != nil {
		return acting{}, err
	}
	defer pool.Close()
	report, err := check.Run(ctx, pool)
	if err != nil {
		return acting{}, err
	}
	for _, c := range check.Capabilities() {
		if !report.Can(c) {
			log.Warn("the database's role may not do everything; see check-registry", "lacks", string(c))
		}
	}
	return acting{may: true, evidence: store, hold: o.LongestHold}, nil
}
