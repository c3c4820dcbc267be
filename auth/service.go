package auth

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/team"
)

// People is the list of who may sign in; *team.Reader is one.
type People interface {
	// Last gives the list as last read, at once.
	Last() team.Snapshot
	// Fresh gives the list not older than age, reading it again if it must. With
	// an error the snapshot is the last one.
	Fresh(ctx context.Context, age time.Duration) (team.Snapshot, error)
}

// Teller tells people of something that happened, by mail and chat;
// *notify.Service is one. It is called in the transaction that does the thing.
type Teller interface {
	Tell(ctx context.Context, tx pgx.Tx, n notify.Notice) error
}

// Config says how people sign in. Its zero value lets nobody in.
type Config struct {
	Console *pgxpool.Pool
	// Lookup is another pool on the console's database: for who is behind each
	// request, and for what is asked while a transaction of Console is open, since
	// waiting for one's own pool would never end. It goes by keys, so it may plan
	// once. nil means Console.
	Lookup *pgxpool.Pool
	// Registry finds the account that belongs to a GitHub number.
	Registry *pgxpool.Pool
	Ledger   *ledger.Log
	People   People
	Tell     Teller // nil tells nobody
	// Origin is the console's own address, such as https://console.example, to
	// which passkeys and sign-ins are bound.
	Origin    string
	Providers []ProviderConfig
	// Idle and Absolute end sessions; zero means 1 hour and 12 hours. Programs'
	// sessions end after Program; zero means 8 hours.
	Idle, Absolute, Program time.Duration
	// StepUp is how long an assertion allows changes; zero means 5 minutes.
	StepUp time.Duration
	// ListAge is how old the list of people may be when a plan is applied; zero
	// means 10 seconds, so that it is read again before each. RefuseAfter is how long changes go on while it cannot be
	// read; zero means 30 minutes.
	ListAge, RefuseAfter time.Duration
	// Pretend lets visitors be anybody of the list, and confirm without a passkey.
	// Only a made-up registry on loopback may have it.
	Pretend bool
	Clock   cratewarden.Clock
	Logger  *slog.Logger
}

// ProviderConfig is one place where people sign in.
type ProviderConfig struct {
	ID   string // in addresses, such as "github"
	Name string // on the button
	Kind string // "github" or "oidc"
	// Issuer is an OpenID Connect provider's address. GitHub has none.
	Issuer string
	// URL and API are GitHub's addresses, or those of an Enterprise server.
	URL, API string
	ClientID string
	// Secrets gives the client's secrets, newest first, read again at each
	// sign-in: during a rotation both work, without a restart.
	Secrets func() ([]string, error)
	Scopes  []string
}

// Service signs people in and knows them again. It may be used by many at a
// time, and by many processes on one console database.
type Service struct {
	cfg    Config
	clock  cratewarden.Clock
	log    *slog.Logger
	origin *url.URL

	providers []provider
	roster    atomic.Pointer[roster]
	settled   atomic.Pointer[settled]
	settling  sync.Mutex
	told      limiter      // how often the same refusal was written
	begun     atomic.Int64 // sign-ins, so that some of them tidy up

	// work is what goes on after an answer was given; Wait waits for it.
	work sync.WaitGroup
}

// New checks the settings. It asks no provider anything: one that is down only
// matters to who signs in there.
func New(cfg Config) (*Service, error) {
	s := &Service{cfg: cfg, clock: cfg.Clock.Or(), log: cfg.Logger}
	if s.log == nil {
		s.log = slog.Default()
	}
	if cfg.Console == nil || cfg.Ledger == nil || cfg.People == nil {
		return nil, errors.New("auth: Console, Ledger and People are needed")
	}
	for at, zero := range map[*time.Duration]time.Duration{
		&s.cfg.Idle: time.Hour, &s.cfg.Absolute: 12 * time.Hour, &s.cfg.Program: 8 * time.Hour,
		&s.cfg.StepUp: 5 * time.Minute, &s.cfg.ListAge: 10 * time.Second, &s.cfg.RefuseAfter: 30 * time.Minute,
	} {
		if *at <= 0 {
			*at = zero
		}
	}
	var err error
	if s.origin, err = parseOrigin(cfg.Origin); err != nil {
		return nil, err
	}
	if cfg.Pretend && !loopback(s.origin.Hostname()) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Pretended sign-in is for a made-up registry on this machine; the console's address %s is not.", cfg.Origin)
	}
	if s.providers, err = newProviders(s.origin, cfg.Providers, s.clock, s.log); err != nil {
		return nil, err
	}
	return s, nil
}

// parseOrigin takes https addresses, and plain http only on loopback, where
// nobody can listen in.
func parseOrigin(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
	}
	return nil, cratewarden.Errorf(cratewarden.Invalid,
		"The console's own address must look like https://console.example, without a path; plain http is only for loopback.")
}

// loopback says that a host name is this machine.
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// note appends an entry to the ledger in the caller's transaction. Call it last:
// other appends wait until that transaction ends.
func (s *Service) note(ctx context.Context, tx pgx.Tx, e ledger.Entry) error {
	_, err := s.cfg.Ledger.Append(ctx, tx, e)
	return err
}

// tell sends a notice with the transaction, if anybody is to be told.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, n notify.Notice) error {
	if s.cfg.Tell == nil {
		return nil
	}
	return s.cfg.Tell.Tell(ctx, tx, n)
}

// later does something after the answer, so that how long the answer takes tells
// nothing about it. Its failure is only logged.
func (s *Service) later(ctx context.Context, what string, do func(context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	s.work.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := do(ctx); err != nil {
			s.log.ErrorContext(ctx, what, "error", err)
		}
	})
}

// Wait returns when everything begun after an answer is done; call it before the
// databases are closed.
func (s *Service) Wait() { s.work.Wait() }
