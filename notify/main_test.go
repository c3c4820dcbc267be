package notify

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

func database(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return pgtest.Database(t, pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}})
}

// now is where the tests' clocks begin.
func now() time.Time { return time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC) }

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// logged is everything that was written to the log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// people is the list of people of the tests.
func people() []Recipient {
	return []Recipient{{"p1", "Ada", "ada@private.example"}, {"p2", "Bo Ünal", "bo@private.example"}, {"p3", "Cy", ""}}
}

// resolve knows them; everybody has the role platform.
func resolve(_ context.Context, ids []string, roles []cratewarden.Role) (out []Recipient, err error) {
	for _, p := range people() {
		for _, id := range ids {
			if id == p.Person {
				out = append(out, p)
			}
		}
		for _, r := range roles {
			if r == cratewarden.Platform {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// bench is a service with its surroundings.
type bench struct {
	*Service
	db    *pgxpool.Pool
	clock *clock
	log   *logged
}

func start(t testing.TB, cfg Config) bench {
	t.Helper()
	b := bench{db: database(t), clock: &clock{at: now()}, log: &logged{}}
	cfg.Console, cfg.Clock, cfg.Logger = b.db, b.clock.now, slog.New(slog.NewJSONHandler(io.MultiWriter(b.log, logtest.New(t)), &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Ledger = ledger.New(ledger.Config{DB: b.db})
	if cfg.Resolve == nil {
		cfg.Resolve = resolve
	}
	if cfg.Label == "" {
		cfg.Label = "test registry"
	}
	var err error
	if b.Service, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b bench) tell(t testing.TB, n Notice) {
	t.Helper()
	if err := pg.InTx(t.Context(), b.db, func(tx pgx.Tx) error { return b.Tell(t.Context(), tx, n) }); err != nil {
		t.Fatal(err)
	}
}

func (b bench) sweep(t testing.TB) {
	t.Helper()
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b bench) rows(t testing.TB) []Delivery {
	t.Helper()
	p, err := b.List(t.Context(), Filter{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return p.Rows
}

// only gives the one message that there is.
func (b bench) only(t testing.TB) Delivery {
	t.Helper()
	rows := b.rows(t)
	if len(rows) != 1 {
		t.Fatalf("there are %d messages: %+v", len(rows), rows)
	}
	return rows[0]
}

// request is what a receiver had.
type request struct {
	header http.Header
	body   string
	path   string
}

// receiver keeps what it has and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []request
	answer http.HandlerFunc
}

func receive(t testing.TB, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, request{req.Header, string(body), req.URL.Path})
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, req)
	}
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request{}, r.got...)
}

func (r *receiver) answers(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func secret(list ...string) Secrets { return func() ([]string, error) { return list, nil } }

const (
	signing    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	oldSigning = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

func hook(r *receiver) Channel {
	return Channel{ID: "hook", Type: Webhook, URL: r.URL + "/in/topsecret", Secrets: secret(signing, oldSigning)}
}

type contextT = context.Context

func timeout(t testing.TB, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), d)
}
