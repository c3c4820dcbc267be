package incident

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident/playbook"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

func consoleTemplate() pgtest.Template {
	return pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}}
}

// kit is a service on a console database of its own, with two people.
type kit struct {
	*Service
	t       testing.TB
	db      *pgxpool.Pool
	ledger  *ledger.Log
	engine  *fakeEngine
	ada, bo action.Actor

	mu   sync.Mutex
	told []notify.Notice
}

func newKit(t testing.TB, change ...func(*Config)) *kit {
	t.Helper()
	return newKitOn(t, pgtest.Database(t, consoleTemplate()), change...)
}

func newKitOn(t testing.TB, db *pgxpool.Pool, change ...func(*Config)) *kit {
	t.Helper()
	books, err := playbook.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, db: db, ledger: ledger.New(ledger.Config{DB: db}), engine: &fakeEngine{}}
	all := []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Policy}
	k.ada = action.Actor{ID: "ada", Name: "Ada", Roles: all, Session: "s1"}
	k.bo = action.Actor{ID: "bo", Name: "Bo", Roles: all, Session: "s2"}
	for _, p := range []action.Actor{k.ada, k.bo} {
		if _, err := db.Exec(t.Context(), `INSERT INTO person (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`, p.ID, p.Name); err != nil {
			t.Fatal(err)
		}
	}
	cfg := Config{Console: db, Ledger: k.ledger, Engine: k.engine, Playbooks: books, Logger: logtest.Logger(t), Tell: k.tell}
	for _, c := range change {
		c(&cfg)
	}
	k.Service = New(cfg)
	return k
}

func (k *kit) tell(_ context.Context, _ pgx.Tx, n notify.Notice) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told = append(k.told, n)
	return nil
}

// notices gives the kinds of what was told, in order.
func (k *kit) notices() (out []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range k.told {
		out = append(out, n.Kind)
	}
	return out
}

// opened is a new case of one bad version.
func (k *kit) opened(subjects ...Subject) Incident {
	k.t.Helper()
	if len(subjects) == 0 {
		subjects = []Subject{sub("version", "arraykit@0.3.10", "carrier")}
	}
	i, err := k.Open(k.t.Context(), k.ada, Opening{Title: "A bad version", Kind: CompromisedOwner, Subjects: subjects})
	if err != nil {
		k.t.Fatal(err)
	}
	return i
}

// judged is one with a verdict.
func (k *kit) judged(v Verdict, subjects ...Subject) Incident {
	k.t.Helper()
	i, err := k.Decide(k.t.Context(), k.ada, k.opened(subjects...).ID, Change{Set: map[Field]string{VerdictField: string(v)}, Was: map[Field]string{VerdictField: ""}})
	if err != nil {
		k.t.Fatal(err)
	}
	return i
}

func sub(kind, id, role string) (s Subject) {
	s.Kind, s.ID, s.Role = kind, id, role
	return s
}

// nobody is not signed in.
func (k *kit) nobody() (a action.Actor) { return a }

// number gives one number from the console's database.
func (k *kit) number(sql string, args ...any) (n int64) {
	k.t.Helper()
	if err := k.db.QueryRow(k.t.Context(), `SELECT coalesce((`+sql+`), 0)::bigint`, args...).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// fakeEngine has the plans that a test says it has.
type fakeEngine struct {
	Engine
	mu    sync.Mutex
	plans []action.Plan
	undo  map[string]map[int]bool
	again []action.Tombstone // deleted numbers that are back
	then  func()             // run once, after the plans were read
}

func (e *fakeEngine) Tombstones(_ context.Context, f action.TombstoneFilter) ([]action.Tombstone, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !f.SeenAgain {
		return nil, nil
	}
	return slices.Clone(e.again), nil
}

func (*fakeEngine) Catalogue() *action.Catalogue { return action.NewCatalogue() }

func (e *fakeEngine) Plans(_ context.Context, f action.PlanFilter) (out []action.Plan, _ error) {
	e.mu.Lock()
	then := e.then
	e.then = nil
	defer func() {
		e.mu.Unlock()
		if then != nil {
			then()
		}
	}()
	for _, p := range e.plans {
		if (f.Incident == "" || p.Incident == f.Incident) && (len(f.States) == 0 || slices.Contains(f.States, p.State)) && f.Before == "" {
			out = append(out, p)
		}
	}
	return out, nil
}

func (e *fakeEngine) UndoneSteps(_ context.Context, id string) (map[int]bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.undo[id], nil
}

// apply has a plan of a case applied: kinds and orders of steps in pairs.
func (e *fakeEngine) apply(t testing.TB, incident, id string, pairs ...any) {
	t.Helper()
	c := action.NewCatalogue()
	at := time.Now().UTC()
	p := action.Plan{ID: id, Incident: incident, State: action.Applied, AppliedAt: &at}
	for n := 0; n < len(pairs); n += 2 {
		text, err := c.Encode(pairs[n].(string), pairs[n+1].(action.Action))
		if err != nil {
			t.Fatal(err)
		}
		p.Steps = append(p.Steps, text)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.plans = append(e.plans, p)
}

// undone has every step of a plan undone.
func (e *fakeEngine) undone(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for n := range e.plans {
		if e.plans[n].ID == id {
			e.plans[n].State = action.Undone
		}
	}
}

func (k *kit) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err, cratewarden.MessageOf(err))
	}
}
