package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/blob"
	"cratewarden/jobs"
	"cratewarden/pg"
	"cratewarden/registry/check"
)

// acting is what makes a console one that may change its registry; without it
// a console looks and changes nothing.
type acting struct {
	people people
	// evidence keeps what is sealed and held; nil means that nothing
	// irreversible can be done and that versions are held by yank alone.
	evidence blob.Store
	// hold is the longest that a plan may keep publishes waiting; 0 means 2 s.
	hold time.Duration
	// why says why nothing can be changed here; "" when things can be.
	why string
}

// everyRole is what the one operator of a console without sign-in has.
func everyRole() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor, cratewarden.Platform, cratewarden.Auditor}
}

// engineParts are the engine and its workers; nil in a console that only looks.
type engineParts struct {
	engine *action.Engine
	jobs   *jobs.Jobs
}

// act opens what a console needs to change its registry.
func (p *parts) act(ctx context.Context, cfg consoleConfig, console *pgxpool.Pool) (*engineParts, error) {
	if len(cfg.acting.people.list) == 0 {
		return nil, nil
	}
	registry, err := p.pool(ctx, pg.Config{URL: cfg.registry, MaxConns: 4, StatementTimeout: 30 * time.Second})
	if err != nil {
		return nil, err
	}
	if err := jobs.Migrate(ctx, console); err != nil {
		return nil, err
	}
	queue, err := jobs.NewQueue(console)
	if err != nil {
		return nil, err
	}
	parts := &engineParts{}
	conf := action.Config{
		Registry: registry, Console: console, Ledger: p.signer.ledger, Static: cfg.static, Index: cfg.index,
		Mirror: p.mirror, Enqueue: queue.EnqueueTx, Logger: cfg.log, LockTimeout: cfg.acting.hold, Hold: cfg.acting.hold,
	}
	p.seals(&conf)
	parts.engine = action.New(conf)
	parts.jobs, err = jobs.New(jobs.Config{Pool: console, Engine: parts.engine, Logger: cfg.log})
	return parts, err
}

// run does follow-ups, and recovers at start and every minute, until ctx is
// over.
func (p *engineParts) run(ctx context.Context) error {
	if p == nil {
		return nil
	}
	return p.jobs.Run(ctx)
}

// consoleConns is how many connections to its own database a console needs. An
// apply holds one that keeps others away and writes through another.
func consoleConns(cfg consoleConfig) int32 {
	if len(cfg.acting.people.list) == 0 {
		return 4
	}
	return 16
}

// actingOptions are the flags that let "serve" change its registry.
type actingOptions struct {
	Operator             string        `placeholder:"NAME" help:"Let this person change the registry through plans. Without it the console only looks."`
	OperatorRegistryUser int32         `placeholder:"ID" help:"The operator's account in the registry (users.id), which the registry records."`
	LongestHold          time.Duration `default:"2s" help:"The longest that a plan may keep publishes of its crates waiting; longer ones are refused at review."`
	Evidence             string        `help:"Where sealed evidence and held files are kept: a folder, or s3://bucket/prefix; never the registry's own storage."`
}

// people checks that the operator can act, and says what is missing.
func (o actingOptions) acting(ctx context.Context, url string, log *slog.Logger) (acting, error) {
	if o.Operator == "" && o.OperatorRegistryUser == 0 {
		store, err := openStore(ctx, o.Evidence) // to show what was sealed
		return acting{evidence: store, why: "This console was started without --operator, so it looks and changes nothing."}, err
	}
	if o.Operator == "" || o.OperatorRegistryUser <= 0 {
		return acting{}, cratewarden.Errorf(cratewarden.Invalid, "Give both --operator and --operator-registry-user: the registry records whose account acted.")
	}
	if o.LongestHold < 0 || o.LongestHold > time.Minute {
		return acting{}, cratewarden.Errorf(cratewarden.Invalid, "--longest-hold must be between 0 and 1m.")
	}
	pool, err := pg.Open(ctx, pg.Config{URL: url, MaxConns: 2, StatementTimeout: 30 * time.Second})
	if err != nil {
		return acting{}, err
	}
	defer pool.Close()
	var login string
	err = pool.QueryRow(ctx, `SELECT gh_login FROM users WHERE id = $1`, o.OperatorRegistryUser).Scan(&login)
	if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return acting{}, cratewarden.Errorf(cratewarden.NotFound, "The registry has no account with the number %d.", o.OperatorRegistryUser)
	}
	if err != nil {
		return acting{}, pg.Map(err)
	}
	report, err := check.Run(ctx, pool)
	if err != nil {
		return acting{}, err
	}
	for _, c := range check.Capabilities() {
		if !report.Can(c) {
			log.Warn("the database's role may not do everything; see check-registry", "lacks", string(c))
		}
	}
	store, err := openStore(ctx, o.Evidence)
	if err != nil {
		return acting{}, err
	}
	who := action.Actor{ID: "operator:" + o.Operator, Name: o.Operator, RegistryUser: o.OperatorRegistryUser, Roles: everyRole(), Session: "operator"}
	return acting{people: people{list: []action.Actor{who}}, evidence: store, hold: o.LongestHold}, nil
}

// demoPeople are the two persons of a demo: one acts, the other approves. Each
// has an administrator's account of the made-up registry.
func demoPeople(ctx context.Context, url string) (people, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return people{}, pg.Map(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT id FROM users ORDER BY is_admin DESC, id LIMIT 2`)
	if err != nil {
		return people{}, pg.Map(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil || len(ids) < 2 {
		return people{}, cratewarden.Wrap(err, cratewarden.Unavailable, "The made-up registry lacks accounts. Remove the demo's folder and start again.")
	}
	p := people{choose: true}
	for i, name := range []string{"Ada", "Bo"} {
		id := []string{"ada", "bo"}[i]
		p.list = append(p.list, action.Actor{ID: id, Name: name, RegistryUser: ids[i], Roles: everyRole(), Session: "demo-" + id})
	}
	return p, nil
}
