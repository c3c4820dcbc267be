package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/auth/authtest"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg/pgtest"
	"cratewarden/team"
	"cratewarden/telemetry/logtest"
)

const console = "https://console.example"

// house is a console with passkeys: a clock that tests move, a list of people
// and what was told.
type house struct {
	*auth.Service
	t      *testing.T
	db     *pgxpool.Pool
	ledger *ledger.Log

	mu   sync.Mutex
	now  time.Time
	told []notify.Notice
}

// Last and Fresh are the list of people: everybody that tests know.
func (h *house) Last() team.Snapshot {
	return team.Snapshot{Source: "test", At: h.clock(), Members: []team.Member{
		{GitHubID: 1, Login: "ada", Name: "Ada", Grants: []team.Grant{{Role: cratewarden.Platform, Source: "test"}, {Role: cratewarden.Remover, Source: "test"}}},
		{GitHubID: 2, Login: "bo", Name: "Bo", Grants: []team.Grant{{Role: cratewarden.Remover, Source: "test"}}},
	}}
}

func (h *house) Fresh(context.Context, time.Duration) (team.Snapshot, error) { return h.Last(), nil }

func (h *house) Tell(_ context.Context, _ pgx.Tx, n notify.Notice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told = append(h.told, n)
	return nil
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func newHouse(t *testing.T, change ...func(*auth.Config)) *house {
	t.Helper()
	db := pgtest.Database(t, consoleTemplate())
	h := &house{t: t, db: db, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	h.ledger = ledger.New(ledger.Config{DB: db, Clock: h.clock})
	cfg := auth.Config{Console: db, Ledger: h.ledger, People: h, Tell: h, Origin: console, Clock: h.clock, Logger: logtest.Logger(t)}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if h.Service, err = auth.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Wait)
	for _, p := range []struct{ id, name, number string }{{"ada", "Ada", "1"}, {"bo", "Bo", "2"}} {
		h.exec(`INSERT INTO person (id, name) VALUES ($1, $2)`, p.id, p.name)
		h.exec(`INSERT INTO identity (provider, subject, person, login) VALUES ('github', $1, $2, $2)`, p.number, p.id)
	}
	return h
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) count(sql string, args ...any) (n int) {
	h.t.Helper()
	if err := h.db.QueryRow(h.t.Context(), sql, args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// seat is a browser where somebody is signed in, with an authenticator.
type seat struct {
	*house
	token string
	key   *authtest.Authenticator
}

// sign opens a session of a person.
func (h *house) sign(person, number string) *seat {
	h.t.Helper()
	id := "s" + rand.Text()
	token := rand.Text()
	hash := sha256.Sum256([]byte(token))
	now := h.clock()
	h.exec(`INSERT INTO session (id, token, person, kind, provider, subject, created_at, seen_at, idle_end, end_at)
		VALUES ($1, $2, $3, 'browser', 'github', $4, $5, $5, $6, $6)`, id, hash[:], person, number, now, now.Add(12*time.Hour))
	return &seat{house: h, token: token, key: authtest.NewAuthenticator(console)}
}

func (h *house) ada() *seat { return h.sign("ada", "1") }
func (h *house) bo() *seat  { return h.sign("bo", "2") }

func (s *seat) visit() (auth.Visitor, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: s.CookieName(), Value: s.token})
	return s.Visit(r, auth.From{})
}

// who is the visitor, who must be signed in.
func (s *seat) who() auth.Visitor {
	s.t.Helper()
	v, err := s.visit()
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}

// took takes over the secret of a rotated session.
func (s *seat) took(in auth.SignedIn, err error) error {
	s.t.Helper()
	if err != nil {
		return err
	}
	old := *s
	if s.token = in.Token; in.Token == "" || in.Token == old.token {
		s.t.Error("the session's secret was not rotated")
	}
	if _, err := old.visit(); cratewarden.KindOf(err) != cratewarden.Unsigned {
		s.t.Errorf("the old secret still works: %v", err)
	}
	if !in.Session.Current || in.Session.StepUpEnd.Sub(s.clock()) != 5*time.Minute {
		s.t.Errorf("session: %+v", in.Session)
	}
	return nil
}

// enrol registers a passkey with a code of the server's.
func (s *seat) enrol() *seat {
	s.t.Helper()
	code, _, err := s.IssueEnrolment(s.t.Context(), auth.Server(), s.who().Person.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.add(code, "first"); err != nil {
		s.t.Fatal(err)
	}
	return s
}

// add registers a passkey.
func (s *seat) add(code, name string, tricks ...authtest.Trick) error {
	s.pass(time.Second) // so that lists have an order
	c, err := s.BeginPasskey(s.t.Context(), s.who(), code)
	if err != nil {
		return err
	}
	answer, err := s.key.Create(c.Options, tricks...)
	if err != nil {
		return err
	}
	return s.took(s.FinishPasskey(s.t.Context(), s.who(), c.ID, name, answer))
}

// confirm steps up.
func (s *seat) confirm(about auth.About, tricks ...authtest.Trick) error {
	c, err := s.BeginStepUp(s.t.Context(), s.who(), about)
	if err != nil {
		return err
	}
	answer, err := s.key.Get(c.Options, tricks...)
	if err != nil {
		return err
	}
	return s.took(s.FinishStepUp(s.t.Context(), s.who(), c.ID, answer))
}

func (s *seat) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// denied wants the rule step-up in the way, said in those words.
func denied(t *testing.T, err error, words string) {
	t.Helper()
	d, ok := errors.AsType[*access.Denied](err)
	switch {
	case !ok:
		t.Errorf("%v, want a denial: %s", err, words)
	case d.Rule() != access.RuleStepUp || !strings.Contains(d.Error(), words) || d.Denials[0].Remedy == "":
		t.Errorf("%+v, want: %s", d, words)
	case cratewarden.KindOf(err) != cratewarden.Refused:
		t.Errorf("kind %s", cratewarden.KindOf(err))
	}
}

// entries gives the actions of the ledger, oldest first, refusals with a "!".
func (h *house) entries() (out []string) {
	h.t.Helper()
	h.Wait()
	rows, err := h.db.Query(h.t.Context(), `SELECT body::jsonb->>'action', body::jsonb->>'kind' FROM ledger_entry
		WHERE body::jsonb->>'action' <> 'person.roles' ORDER BY index`)
	if err != nil {
		h.t.Fatal(err)
	}
	var name, kind string
	if _, err := pgx.ForEachRow(rows, []any{&name, &kind}, func() error {
		if kind == string(ledger.Refusal) {
			name = "!" + name
		}
		out = append(out, name)
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
	return out
}

func (h *house) notices() (out []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.told {
		out = append(out, n.Kind)
		if !slices.Contains(n.Roles, cratewarden.Platform) || len(n.To) != 1 {
			h.t.Errorf("%s is told to %v and %v", n.Kind, n.To, n.Roles)
		}
	}
	return out
}

func of(purpose, plan, text string) auth.About {
	d := ledger.Digest(sha256.Sum256([]byte(text)))
	return auth.About{Purpose: purpose, Plan: plan, Digest: &d}
}

func (s *seat) actor() action.Actor { return s.who().Actor }

func (s *seat) consented(about auth.About) error {
	return s.Consented(s.t.Context(), s.actor(), about.Purpose, *about.Digest)
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
