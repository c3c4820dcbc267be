package main

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/api"
	"cratewarden/auth"
	"cratewarden/blast"
	"cratewarden/door"
	"cratewarden/pg"
	"cratewarden/registry"
	"cratewarden/telemetry"
	"cratewarden/web"
)

// handler puts pages, interface, health and metrics under one roof, behind the
// door.
func handler(cfg consoleConfig, p *parts, registryPool *pgxpool.Pool, closing <-chan struct{}) (http.Handler, error) {
	m := p.mirror
	tel := telemetry.New(cfg.log)
	tel.Pool("registry", registryPool)
	tel.Gauge("mirror_behind_seconds", "How far the mirror is behind the registry.", func() float64 {
		at := m.Status().FreshAt
		if at.IsZero() {
			return -1
		}
		return time.Since(at).Seconds()
	})
	if p.cases != nil {
		tel.Collect(p.cases.Metrics())
	}
	pages, programs := surfaces(cfg, p, registryPool)
	pages.Closing = closing
	site, err := web.New(pages)
	if err != nil {
		return nil, err
	}
	probe := prober{signIn: cfg.signIn, entrance: p.entrance}
	mux := http.NewServeMux()
	mux.Handle(api.Prefix+"/", site.CheckHost(api.New(programs)))
	mux.Handle("GET /livez", telemetry.Live())
	mux.Handle("GET /readyz", probe.guard(telemetry.Ready(telemetry.Readiness{Name: "registry", Check: func(ctx context.Context) error { return pg.Map(registryPool.Ping(ctx)) }})))
	mux.Handle("GET /metrics", site.CheckHost(probe.guard(tel.Metrics())))
	if cfg.publicLedger && p.entrance != nil {
		mux.Handle("GET "+publicPrefix+"{path...}", site.CheckHost(publicLedger(p.signer.ledger, p.entrance.limit)))
	}
	mux.Handle("/", site)
	outside := door.Config{}
	if cfg.signIn != nil {
		outside.Trusted = cfg.signIn.proxies
	}
	return tel.Observe(door.Handler(outside, named(mux))), nil
}

// named tells the log which of the mux's patterns a request was for; pages and
// interface say more exactly which of theirs.
func named(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		telemetry.Route(r.Context(), pattern)
		mux.ServeHTTP(w, r)
	})
}

// prober decides who may ask how the program is: probes by their network, and
// whoever may read metrics by a token or a session. The answers name no secrets,
// but they tell a stranger what runs here and how busy it is.
type prober struct {
	signIn   *signInConfig
	entrance *entrance
}

func (p prober) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.known(r) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "Only probes and people with the right to read metrics may ask this.", http.StatusUnauthorized)
	})
}

func (p prober) known(r *http.Request) bool {
	if p.entrance == nil {
		return true
	}
	if p.near(r) {
		return true
	}
	if ok, _ := p.entrance.limit("unsigned", clientAddress(r)); !ok {
		return false
	}
	v, err := p.entrance.auth.Visit(r, fromOf(r))
	return err == nil && p.entrance.auth.May(r.Context(), v, "metrics.read") == nil
}

// near says whether a request comes from where probes are: the networks named,
// or else this machine. An origin of https that we do not speak ourselves has a
// proxy in front of it; if nobody named that, everybody seems to come from here.
func (p prober) near(r *http.Request) bool {
	addr := door.Address(r.Context())
	if len(p.signIn.probes) == 0 {
		hidden := r.TLS == nil && len(p.signIn.proxies) == 0 && strings.HasPrefix(p.signIn.auth.Origin, "https:")
		return addr.IsLoopback() && !hidden
	}
	return slices.ContainsFunc(p.signIn.probes, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// surfaces configures the pages and the interface alike: what one offers, the
// other does.
func surfaces(cfg consoleConfig, p *parts, registryPool *pgxpool.Pool) (web.Config, api.Config) {
	why := readOnlyNote(cfg)
	pages := web.Config{
		Registry: web.Registry{Label: cfg.label, Kind: cfg.kind}, ReadOnly: why, Hosts: cfg.signIn.host(), ClientAddress: clientAddress,
		Dossiers: p.dossiers, Ledger: p.signer.ledger, LedgerTrouble: p.signer.problem, Freshness: func() web.Freshness { return freshness(p.mirror.Status(), cfg.dump != nil) },
		Version: release(), Log: cfg.log,
	}
	programs := api.Config{Dossiers: p.dossiers, Ledger: p.signer.ledger, LedgerTrouble: p.signer.problem, ReadOnly: why, ClientAddress: clientAddress, Log: cfg.log}
	radius := blast.New(blast.Config{
		Graph: func() (blast.Graph, error) { return p.mirror.Graph() },
		Days:  registry.New(registry.Config{Pool: registryPool, Dump: cfg.dump != nil}),
	})
	pages.Blast, programs.Blast = radius, radius
	if e := p.entrance; e != nil {
		pages.Auth, pages.Pretend, pages.Limit = e.auth, cfg.signIn.auth.Pretend, e.limit
		programs.Auth, programs.Pretend, programs.Limit = e.auth, cfg.signIn.auth.Pretend, e.limit
		pages.Notices, programs.Notices, pages.Policy, programs.Policy = e.notices, e.notices, e.policy, e.policy
		pages.Openings, programs.Openings = p.opener, p.opener
	}
	if p.acting != nil {
		pages.Tombstones, pages.Budgets, programs.Budgets = p.acting.engine, p.acting.engine, p.acting.engine
		pages.Plans, pages.Documents, programs.Plans = p.acting.engine, p.acting.engine, p.acting.engine
	}
	if p.cases != nil {
		pages.Incidents, programs.Incidents, programs.Playbooks = p.cases, p.cases, p.playbooks
	}
	if p.evidence != nil {
		pages.Evidence, programs.Evidence = p.evidence, p.evidence
	}
	return pages, programs
}

// fromOf is where a request comes from, for what is served beside pages and
// interface.
func fromOf(r *http.Request) auth.From {
	return auth.From{Address: clientAddress(r)}
}
