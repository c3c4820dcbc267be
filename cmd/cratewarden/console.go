package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/blob"
	"cratewarden/console"
	"cratewarden/demo"
	"cratewarden/door"
	"cratewarden/dossier"
	"cratewarden/evidence"
	"cratewarden/incident"
	"cratewarden/incident/playbook"
	"cratewarden/jobs"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/opening"
	"cratewarden/pg"
	"cratewarden/web"
)

// consoleConfig is what one running console is made from.
type consoleConfig struct {
	listener          net.Listener // closed at the end
	registry, replica string       // connection strings; no replica means none
	console           string
	static, index     blob.Store   // nil means not configured
	ledgerKeys        []ledger.Key // none means that the ledger is not signed
	acting            acting       // zero means that nothing can be changed
	// signIn says who may come in; nil is for public data only: then everybody
	// on this machine looks.
	signIn *signInConfig
	// publicLedger shows the ledger's signed heads and hashes to everybody.
	publicLedger bool
	server       door.Patience
	// cases are the settings of incidents; nil means the program's own. situations
	// are the right answers to a made-up registry's, nil on any other.
	cases      *caseConfig
	situations *demo.Situations
	origin     string // as browsers see it; "" means the listener's address
	label      string
	kind       web.RegistryKind
	dump       *dossier.DumpSource
	log        *slog.Logger
	ready      func(address string) // told when requests are answered
	// also runs beside the console until ctx is over; nil for nothing.
	also func(ctx context.Context) error
	// ended is closed when something the console stands on has ended; nil for
	// nothing.
	ended <-chan struct{}
}

// openConsole runs a console until ctx is over. Everything it starts has ended
// when it returns.
func openConsole(ctx context.Context, cfg consoleConfig) error {
	parts, err := assemble(ctx, cfg)
	if err != nil {
		return err
	}
	defer parts.close()
	defer parts.signer.last(ctx)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return ignoreEnd(parts.mirror.Run(ctx)) })
	group.Go(func() error { return ignoreEnd(parts.dossiers.Run(ctx)) })
	group.Go(func() error { return parts.signer.run(ctx) })
	group.Go(func() error { return parts.work(ctx) })
	group.Go(func() error { return parts.entrance.run(ctx) })
	group.Go(func() error { return parts.entrance.watch(ctx) })
	group.Go(func() error { return parts.followCases(ctx, cfg) })
	if cfg.also != nil {
		group.Go(func() error { return ignoreEnd(cfg.also(ctx)) })
	}
	group.Go(func() error { return door.Serve(ctx, cfg.listener, parts.handler, cfg.server, cfg.log) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-cfg.ended: // a nil channel never is
			return cratewarden.Errorf(cratewarden.Unavailable, "The private PostgreSQL server ended; the console stops with it. Start it again.")
		}
	})
	if cfg.ready != nil {
		cfg.ready(cfg.address())
	}
	return group.Wait()
}

// address is where browsers find the console.
func (c consoleConfig) address() string {
	if c.origin != "" || c.listener == nil { // tests assemble without one
		return c.origin
	}
	return "http://" + c.listener.Addr().String()
}

func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// parts is a console put together, with what must be closed.
type parts struct {
	pools    []*pgxpool.Pool
	own      *pgxpool.Pool // on the console's database
	mirror   *mirror.Mirror
	dossiers *dossier.Service
	signer   *signer
	evidence *evidence.Service // nil without a store
	vault    action.Vault      // nil when held files cannot be moved
	acting   *engineParts      // nil when nothing can be changed
	entrance *entrance         // nil when nobody signs in
	opener   *opening.Service  // nil when nobody signs in
	cases    *incident.Service // nil when nobody signs in
	// playbooks are the checklists of cases.
	playbooks playbook.Set
	jobs      *jobs.Jobs // nil when there is nothing to work on
	// renew is called when a plan changed the registry: whoever applied it sees so.
	renew   func()
	handler http.Handler
}

func (p *parts) close() {
	for _, pool := range p.pools {
		pool.Close()
	}
}

// assemble opens the databases and joins the layers.
func assemble(ctx context.Context, cfg consoleConfig) (p *parts, err error) {
	p = &parts{}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	// Pages wait in turn for few connections: with many, the server's processes
	// fight for its processors and every page gets slower. The mirror has its
	// own, so that its long reads never keep a page waiting.
	registry, err := p.pool(ctx, pg.Config{URL: cfg.registry, ReadOnly: true, MaxConns: 6, StatementTimeout: 5 * time.Second, PlanOnce: true})
	if err != nil {
		return p, err
	}
	follow, err := p.pool(ctx, pg.Config{URL: cfg.registry, ReadOnly: true, MaxConns: 4, StatementTimeout: 5 * time.Second})
	if err != nil {
		return p, err
	}
	var replica *pgxpool.Pool
	if cfg.replica != "" {
		// Reading whole tables may take a while on a large registry.
		if replica, err = p.pool(ctx, pg.Config{URL: cfg.replica, ReadOnly: true, MaxConns: 4, StatementTimeout: 5 * time.Minute}); err != nil {
			return p, err
		}
	}
	own, err := p.console(ctx, cfg)
	if err != nil {
		return p, err
	}
	p.own = own
	mail, err := console.NewStore(own).Key(ctx, "mail")
	if err != nil {
		return p, err
	}
	p.signer = &signer{ledger: ledger.New(ledger.Config{DB: own, Keys: cfg.ledgerKeys}), log: cfg.log}
	p.mirror = mirror.New(mirror.Config{Registry: follow, Replica: replica, Dump: cfg.dump != nil, Logger: cfg.log, MailKey: mail})
	held := newHeldLook(action.New(action.Config{Registry: registry, Console: own, Ledger: p.signer.ledger, Logger: cfg.log}).Held)
	p.dossiers = dossier.New(dossier.Config{Registry: registry, Mirror: p.mirror, Static: cfg.static, Index: cfg.index, Dump: cfg.dump, Label: cfg.label, Logger: cfg.log, Share: time.Second,
		Held: held.held})
	p.renew = func() { held.renew(); p.dossiers.Renew(); p.mirror.Hurry() }
	if err = p.openEvidence(ctx, cfg, own); err != nil {
		return p, err
	}
	if err = p.openEntrance(ctx, cfg, own, follow); err != nil {
		return p, err
	}
	p.opener = p.openings(cfg, own, registry)
	if p.acting, err = p.act(ctx, cfg, own, registry); err != nil {
		return p, err
	}
	if err = p.openCases(cfg, own, registry); err != nil {
		return p, err
	}
	if err = p.openJobs(cfg, own); err != nil {
		return p, err
	}
	p.handler, err = handler(cfg, p, registry, ctx.Done())
	return p, err
}

func (p *parts) pool(ctx context.Context, cfg pg.Config) (*pgxpool.Pool, error) {
	pool, err := pg.Open(ctx, cfg)
	if err == nil {
		p.pools = append(p.pools, pool)
	}
	return pool, err
}

// console migrates the console database and opens it.
func (p *parts) console(ctx context.Context, cfg consoleConfig) (*pgxpool.Pool, error) {
	if _, err := console.Migrate(ctx, cfg.console); err != nil {
		return nil, err
	}
	return p.pool(ctx, pg.Config{URL: cfg.console, MaxConns: consoleConns(cfg)})
}

func readOnlyNote(cfg consoleConfig) string {
	if cfg.dump != nil {
		return "A public dump is a copy: nothing here can be changed."
	}
	return cfg.acting.why
}

// freshness says in the page's words how far the mirror is.
func freshness(s mirror.Status, fixed bool) web.Freshness {
	f := web.Freshness{AsOf: s.FreshAt, Fixed: fixed, Problem: s.Problem}
	for _, part := range s.Parts {
		if part.State == "waiting" || part.State == "loading" {
			f.Loading = append(f.Loading, web.Load{Part: string(part.Part), Done: part.Rows})
		}
	}
	return f
}

// announce tells the person at the terminal where the console is. Scripts wait
// for the line that begins with "Console".
func announce(w io.Writer, what string) func(string) {
	return func(address string) {
		say(w, "\nConsole:  %s", address)
		say(w, "%s", what)
		say(w, "Stop it with Ctrl-C.")
	}
}
