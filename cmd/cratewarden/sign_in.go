package main

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/console"
	"cratewarden/door"
	"cratewarden/jobs"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/registry"
	"cratewarden/team"
)

// signInConfig is who may come in, and under which rules. What needs the
// databases is filled in when the console is put together.
type signInConfig struct {
	team     team.Config
	auth     auth.Config
	policy   access.Policy
	channels []notify.Channel
	mail     notify.MailConfig
	proxies  []netip.Prefix
	probes   []netip.Prefix // who may ask how the program is without a token
	limit    limiter        // nil means limits
}

// entrance is who stands at the door of a running console; nil in one that
// shows public data to its own machine.
type entrance struct {
	people  *team.Reader
	notices *notify.Service
	auth    *auth.Service
	policy  access.Policy
	limit   limiter
}

// openEntrance joins the list of people, the notices and the sign-in.
func (p *parts) openEntrance(ctx context.Context, cfg consoleConfig, own, reg *pgxpool.Pool) error {
	if cfg.signIn == nil {
		return nil
	}
	in := cfg.signIn
	e := &entrance{policy: in.policy, limit: in.limit}
	if e.limit == nil {
		e.limit = limits()
	}
	var err error
	who := in.team
	who.Store, who.Logger = console.NewStore(own), cfg.log
	who.TeamNumbers = func(ctx context.Context, logins []string) (map[string]int64, error) {
		return registry.TeamNumbers(ctx, reg, logins)
	}
	if e.people, err = team.New(ctx, who); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, own); err != nil {
		return err
	}
	queue, err := jobs.NewQueue(own)
	if err != nil {
		return err
	}
	e.notices, err = notify.New(notify.Config{
		Enqueue: queue.EnqueueNoticeTx,
		Console: own, Ledger: p.signer.ledger, Channels: in.channels, Mail: in.mail, Origin: in.auth.Origin, Label: cfg.label, Logger: cfg.log,
		Resolve: func(ctx context.Context, to []string, roles []cratewarden.Role) ([]notify.Recipient, error) {
			return e.auth.Recipients(ctx, to, roles)
		},
	})
	if err != nil {
		return err
	}
	conf := in.auth
	if conf.Lookup, err = p.pool(ctx, pg.Config{URL: cfg.console, MaxConns: 4, PlanOnce: true}); err != nil {
		return err
	}
	conf.Console, conf.Registry, conf.Ledger, conf.People, conf.Tell, conf.Logger = own, reg, p.signer.ledger, e.people, e.notices, cfg.log
	if e.auth, err = auth.New(conf); err != nil {
		return err
	}
	p.entrance = e
	return nil
}

// standing gives a person as the list has them now, without roles when it has
// them no more.
func (e *entrance) standing(ctx context.Context, id string) (action.Actor, error) {
	p, err := e.auth.Person(ctx, id)
	if err != nil {
		return action.Actor{}, err
	}
	a := action.Actor{ID: p.ID, Name: p.Name, RegistryUser: p.RegistryUser, OnCall: p.OnCall, Teams: p.Teams}
	for _, g := range p.Roles {
		if p.Listed {
			a.Roles = append(a.Roles, g.Role)
		}
	}
	return a, nil
}

// run follows the list of people until ctx is over.
func (e *entrance) run(ctx context.Context) error {
	if e == nil {
		return nil
	}
	return ignoreEnd(e.people.Run(ctx))
}

// watch keeps people, sessions and tokens as the list says.
func (e *entrance) watch(ctx context.Context) error {
	if e == nil {
		return nil
	}
	defer e.auth.Wait()
	return ignoreEnd(e.auth.Run(ctx))
}

// Tell hands a notice on; a console without sign-in has nobody to tell.
func (e *entrance) Tell(ctx context.Context, tx pgx.Tx, n notify.Notice) error {
	if e == nil {
		return nil
	}
	return e.notices.Tell(ctx, tx, n)
}

// clientAddress is the address that the door found.
func clientAddress(r *http.Request) string {
	addr := door.Address(r.Context())
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

// host is the console's own name, by which browsers may ask it.
func (c *signInConfig) host() []string {
	if c == nil {
		return nil
	}
	u, err := url.Parse(c.auth.Origin)
	if err != nil {
		return nil
	}
	return []string{u.Host}
}

// signIn gives the settings in the words of the packages that heed them.
func (f *signInFile) signIn() (*signInConfig, error) {
	c := &signInConfig{proxies: f.Proxies, probes: f.Probes}
	c.auth = auth.Config{
		Origin: f.Origin, Providers: f.providers(), Idle: f.Sessions.Idle, Absolute: f.Sessions.Absolute, Program: f.Sessions.Program,
		StepUp: f.Sessions.StepUp, ListAge: f.Sessions.ListAge, RefuseAfter: f.Sessions.RefuseAfter,
	}
	c.policy = access.Policy{
		Crates: f.Plans.Crates, Versions: f.Plans.Versions, Accounts: f.Plans.Accounts, Downloads: f.Plans.Downloads,
		Budget: f.Plans.Budget, BreakGlassAfter: f.Plans.BreakGlass, ReviewWithin: f.Plans.ReviewWithin, Incidents: f.Plans.Incidents,
	}
	c.team = team.Config{URL: f.People.URL, Refresh: f.People.Refresh, Links: map[int64][]team.Identity{}}
	if f.People.File != "" {
		c.team.File = f.path(f.People.File)
	}
	for _, s := range f.People.Sources {
		c.team.Sources = append(c.team.Sources, team.Source(s))
	}
	for _, l := range f.People.Links {
		c.team.Links[l.GitHubID] = append(c.team.Links[l.GitHubID], team.Identity{Provider: l.Provider, Subject: l.Subject})
	}
	c.channels, c.mail = f.notices()
	return c, nil
}
