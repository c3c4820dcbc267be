package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/blob"
	"cratewarden/console"
	"cratewarden/dossier"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg"
	"cratewarden/telemetry"
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
	label             string
	kind              web.RegistryKind
	dump              *dossier.DumpSource
	log               *slog.Logger
	ready             func(address string) // told when requests are answered
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
	group.Go(func() error { return parts.acting.run(ctx) })
	if cfg.also != nil {
		group.Go(func() error { return ignoreEnd(cfg.also(ctx)) })
	}
	group.Go(func() error { return serveHTTP(ctx, cfg.listener, parts.handler, cfg.log) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-cfg.ended: // a nil channel never is
			return cratewarden.Errorf(cratewarden.Unavailable, "The private PostgreSQL server ended; the console stops with it. Start it again.")
		}
	})
	if cfg.ready != nil {
		cfg.ready("http://" + cfg.listener.Addr().String())
	}
	return group.Wait()
}

func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// listenLoopback refuses any address that another machine could reach: as long
// as nobody signs in, whoever reaches the console may read everything. It is
// called first, since making or importing a registry for minutes to find the
// address taken would be a nuisance.
func listenLoopback(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The address to listen on must look like 127.0.0.1:8420.")
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, refusedAddress()
	}
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, cratewarden.Wrap(err, cratewarden.Conflict, "The address %s is taken. Stop what listens there, or choose another with --addr.", addr)
	case err != nil:
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "This machine does not let cratewarden listen on %s. Choose another address with --addr.", addr)
	}
	if bound, ok := listener.Addr().(*net.TCPAddr); !ok || !bound.IP.IsLoopback() { // a hosts file may say anything of localhost
		_ = listener.Close()
		return nil, refusedAddress()
	}
	return listener, nil
}

func refusedAddress() error {
	return cratewarden.Errorf(cratewarden.Refused,
		"The console listens on loopback only (127.0.0.1 or [::1]), because this release has no sign-in. Reach it from elsewhere through a tunnel, such as ssh -L.")
}

// parts is a console put together, with what must be closed.
type parts struct {
	pools    []*pgxpool.Pool
	mirror   *mirror.Mirror
	dossiers *dossier.Service
	signer   *signer
	evidence *evidence.Service // nil without a store
	vault    action.Vault      // nil when held files cannot be moved
	acting   *engineParts      // nil when nothing can be changed
	handler  http.Handler
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
	mail, err := console.NewStore(own).Key(ctx, "mail")
	if err != nil {
		return p, err
	}
	p.signer = &signer{ledger: ledger.New(ledger.Config{DB: own, Keys: cfg.ledgerKeys}), log: cfg.log}
	p.mirror = mirror.New(mirror.Config{Registry: follow, Replica: replica, Dump: cfg.dump != nil, Logger: cfg.log, MailKey: mail})
	p.dossiers = dossier.New(dossier.Config{Registry: registry, Mirror: p.mirror, Static: cfg.static, Index: cfg.index, Dump: cfg.dump, Label: cfg.label, Logger: cfg.log, Share: time.Second,
		Held: newHeldLook(action.New(action.Config{Registry: registry, Console: own, Ledger: p.signer.ledger, Logger: cfg.log}).Held).held})
	if err = p.openEvidence(ctx, cfg, own); err != nil {
		return p, err
	}
	if p.acting, err = p.act(ctx, cfg, own); err != nil {
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

// handler puts pages, interface, health and metrics under one roof.
func handler(cfg consoleConfig, p *parts, registry *pgxpool.Pool, closing <-chan struct{}) (http.Handler, error) {
	m := p.mirror
	tel := telemetry.New(cfg.log)
	tel.Pool("registry", registry)
	tel.Gauge("mirror_behind_seconds", "How far the mirror is behind the registry.", func() float64 {
		at := m.Status().FreshAt
		if at.IsZero() {
			return -1
		}
		return time.Since(at).Seconds()
	})
	pages, programs := surfaces(cfg, p)
	pages.Closing = closing
	if cfg.acting.people.choose {
		pages.PersonURL = "/demo/person"
	}
	site, err := web.New(pages)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", site.CheckHost(api.New(programs)))
	if cfg.acting.people.choose {
		mux.Handle("/demo/person", site.CheckHost(cfg.acting.people.handler()))
	}
	mux.Handle("GET /livez", telemetry.Live())
	mux.Handle("GET /readyz", telemetry.Ready(telemetry.Readiness{Name: "registry", Check: func(ctx context.Context) error { return pg.Map(registry.Ping(ctx)) }}))
	mux.Handle("GET /metrics", site.CheckHost(tel.Metrics()))
	mux.Handle("/", site)
	return tel.Observe(mux), nil
}

// surfaces configures the pages and the interface alike: what one offers, the
// other does.
func surfaces(cfg consoleConfig, p *parts) (web.Config, api.Config) {
	why := readOnlyNote(cfg)
	pages := web.Config{
		Registry: web.Registry{Label: cfg.label, Kind: cfg.kind}, ReadOnly: why, Who: cfg.acting.people.who,
		Dossiers: p.dossiers, Ledger: p.signer.ledger, LedgerTrouble: p.signer.problem, Freshness: func() web.Freshness { return freshness(p.mirror.Status(), cfg.dump != nil) },
		Version: release(), Log: cfg.log,
	}
	programs := api.Config{Dossiers: p.dossiers, Ledger: p.signer.ledger, LedgerTrouble: p.signer.problem, ReadOnly: why, Who: cfg.acting.people.who, Log: cfg.log}
	if p.acting != nil {
		pages.Tombstones = p.acting.engine
		pages.Plans, pages.Documents, programs.Plans = p.acting.engine, p.acting.engine, p.acting.engine
	}
	if p.evidence != nil {
		pages.Evidence, programs.Evidence = p.evidence, p.evidence
	}
	return pages, programs
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

// serveHTTP answers until ctx is over, then lets requests under way finish for
// a moment. The limits keep slow clients from holding connections.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
	return nil
}

// announce tells the person at the terminal where the console is. Scripts wait
// for the line that begins with "Console".
func announce(w io.Writer, what string) func(string) {
	return func(address string) {
		say(w, "\nConsole:  %s", address)
		say(w, "%s", what)
		say(w, "It listens on loopback only, because this release has no sign-in. Stop it with Ctrl-C.")
	}
}
