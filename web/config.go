package web

import (
	"log/slog"
	"net/http"
	"time"

	"cratewarden"
	"cratewarden/access"
)

// RegistryKind says how careful a reader must be; it colours the frame around
// every page.
type RegistryKind string

const (
	// Production is a registry that the public uses: a red frame.
	Production RegistryKind = "production"
	// Demo is the made-up registry: a green frame.
	Demo RegistryKind = "demo"
	// Dump is a registry read from a public database dump: a blue frame.
	Dump RegistryKind = "dump"
)

// Registry names the registry that is being looked at.
type Registry struct {
	Label string // as operators call it, such as "demo registry"
	Kind  RegistryKind
}

// Load is the progress of one part of the mirror.
type Load struct {
	Part  string // in words: "versions", "dependencies"
	Done  int64  // rows
	Total int64  // rows expected; 0 when not known yet
}

// Freshness tells how far the pages are behind the registry.
type Freshness struct {
	// AsOf is the registry's time that the mirror has reached; zero when it
	// has nothing yet.
	AsOf time.Time
	// Fixed says that the registry never changes, as with a dump.
	Fixed bool
	// Loading holds the parts that are not complete; empty when all are.
	Loading []Load
	// Problem is a sentence for people when the mirror cannot follow; empty
	// when all is well.
	Problem string
}

// Config is what the console's pages need. The zero value serves pages to
// loopback only, and says that the registry has no name.
type Config struct {
	Registry Registry
	// ReadOnly is the sentence that says why nothing can be changed here;
	// empty when things can be.
	ReadOnly string
	// Freshness tells the mirror's state; nil leaves it off the page.
	Freshness func() Freshness
	// Hosts are the names, beside loopback's, under which the console may be
	// asked. Any other Host header is refused, so that a foreign web page
	// cannot reach a console on somebody's machine by DNS rebinding.
	Hosts []string
	// Timeout bounds one request; zero means 15 seconds.
	Timeout time.Duration
	// MaxBody bounds a request's body in bytes; zero means 1 MiB.
	MaxBody int64
	// Version is this program's version, shown on the page about the console.
	Version string
	// Dossiers answers the pages' questions. Without it only the pages about
	// the console itself exist.
	Dossiers Dossiers
	// Blast answers who could be hit by bad versions; with nil there is no page of
	// it.
	Blast Blast
	// Ledger is the log of what was done. Without it there are no pages of it.
	Ledger Ledger
	// LedgerTrouble says why the newest head could not be signed; nil or "" when
	// all is well.
	LedgerTrouble func() string
	// Documents keeps what entries of the ledger name by hash; with nil only the
	// hashes are shown.
	Documents Documents
	// Evidence keeps sealed bundles; with nil the page of evidence says that none
	// is configured.
	Evidence Evidence
	// Plans is the engine that changes the registry. With nil nothing can be
	// changed; what could be is shown greyed, with the reason.
	Plans Plans
	// Incidents keeps cases; with nil there are no pages of them, and plans name
	// their incident by hand.
	Incidents Incidents
	// Notices is what people were told; with nil nobody is, and there is no page of
	// it.
	Notices Notices
	// Tombstones remembers deleted versions, so that the home page can say which
	// came back; nil remembers none.
	Tombstones Tombstones
	// Closing is closed when the console stops; answers that follow a plan end
	// then, so that nobody waits for them. nil never is.
	Closing <-chan struct{}
	// Auth says who is behind a request and what they may do. With nil there is no
	// sign-in, and everybody is a local viewer: only for public data on loopback.
	Auth Auth
	// Openings shows masked data to who may see it, on the record; with nil it
	// stays masked for everybody.
	Openings Openings
	// Pretend offers to sign in as anybody of the list of people with one click,
	// and to confirm without a passkey. Only a made-up registry on loopback may.
	Pretend bool
	// Policy is the engine's, so that pages can say from when glass may be broken.
	Policy access.Policy
	// Budgets shows people how much of theirs is used; nil shows nothing.
	Budgets Budgets
	// ClientAddress is where a request comes from when proxies stand in between;
	// nil takes the connection's address.
	ClientAddress func(*http.Request) string
	// Limit says whether key, an address or a person, may do something of a kind
	// once more now, and else how long to wait. Kinds are "sign-in", "step-up",
	// "code", "token" and "search"; nil sets no limit.
	Limit func(kind, key string) (ok bool, retry time.Duration)
	Clock cratewarden.Clock
	// Log gets one line per request, unless telemetry.Observe stands around the
	// pages and writes it; nil is the program's default log.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Registry.Label == "" {
		c.Registry.Label = "registry without a name"
	}
	if c.Timeout <= 0 {
		c.Timeout = 15 * time.Second
	}
	if c.MaxBody <= 0 {
		c.MaxBody = 1 << 20
	}
	if c.Version == "" {
		c.Version = "development"
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Clock = c.Clock.Or()
	return c
}

// Server is the console's web surface. Make it with New; it is safe for use by
// many requests at once.
type Server struct {
	cfg     Config
	assets  *assets
	engine  *engine
	table   []route
	planned *planned
	cases   *cases
	bodies  map[string]int64 // how much a route takes that takes more than others
	turns   *turns
	mux     *http.ServeMux
	handler http.Handler
}

// New parses every template, packs every static file and builds the routes. It
// fails when a page is missing, not listed or does not parse, so that a broken
// page stops the program at its start and not a responder at night.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg.withDefaults()}
	return s, s.build(pageInventory(), templateFiles)
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handler.ServeHTTP(w, r)
}
