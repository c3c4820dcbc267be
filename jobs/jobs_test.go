package jobs

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/console"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	return pgtest.Database(t, pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		url := conn.Config().ConnString()
		if _, err := console.Migrate(ctx, url); err != nil {
			return err
		}
		pool, err := pg.Open(ctx, pg.Config{URL: url})
		if err != nil {
			return err
		}
		defer pool.Close()
		if err := Migrate(ctx, pool); err != nil {
			return err
		}
		return Migrate(ctx, pool) // once more does nothing
	}})
}

// fake counts what the workers call.
type fake struct {
	mu                           sync.Mutex
	worked                       map[int64]int
	recovered, watched, reminded int
	wait                         time.Duration
}

func (f *fake) Work(ctx context.Context, id int64) error {
	f.mu.Lock()
	f.worked[id]++
	f.mu.Unlock()
	select {
	case <-time.After(f.wait):
		return errors.New("recorded")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fake) Recover(context.Context) (action.Recovery, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recovered++
	return action.Recovery{}, nil
}

func (f *fake) WatchTombstones(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watched++
	return 0, errors.New("the registry is down")
}

func (f *fake) RemindReviews(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reminded++
	return 0, nil
}

func (f *fake) see(what func() bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return what()
}

func newFake() *fake { return &fake{worked: map[int64]int{}} }

func start(t *testing.T, cfg Config) (*Jobs, func()) {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = logtest.Logger(t)
	}
	j, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("the workers do not end")
			}
		})
	}
	t.Cleanup(stop)
	return j, stop
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func enqueued(t *testing.T, pool *pgxpool.Pool, q interface {
	EnqueueTx(context.Context, pgx.Tx, int64, time.Time) error
}, commit bool, at time.Time, ids ...int64) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := q.EnqueueTx(t.Context(), tx, id, at); err != nil {
			t.Fatal(err)
		}
	}
	if commit {
		err = tx.Commit(t.Context())
	} else {
		err = tx.Rollback(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Two processes share the work: each follow-up is tried once by one of them,
// what was rolled back never, what is for later not yet. A failure is the
// engine's affair and not tried again by the queue.
func TestTwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	pool := database(t)
	queue, err := NewQueue(pool)
	if err != nil {
		t.Fatal(err)
	}
	f := newFake()
	ids := make([]int64, 40)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	enqueued(t, pool, queue, true, time.Now(), ids[:20]...)
	enqueued(t, pool, queue, false, time.Now(), 1001)
	enqueued(t, pool, queue, true, time.Now().Add(time.Hour), 1002)
	one, _ := start(t, Config{Pool: pool, Engine: f})
	start(t, Config{Pool: pool, Engine: f})
	enqueued(t, pool, one, true, time.Now(), ids[20:]...)
	eventually(t, "all are worked on", func() bool { return f.see(func() bool { return len(f.worked) == len(ids) }) })
	time.Sleep(300 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, n := range f.worked {
		if n != 1 || id > 1000 {
			t.Errorf("follow-up %d was tried %d times", id, n)
		}
	}
}

func TestRounds(t *testing.T) {
	t.Parallel()
	f := newFake()
	cases := 0
	start(t, Config{Pool: database(t), Engine: f, Every: time.Second, Rounds: map[string]func(context.Context) error{"cases": func(context.Context) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		cases++
		return nil
	}}})
	eventually(t, "rounds go on, failing ones too", func() bool {
		return f.see(func() bool { return f.recovered > 2 && f.watched > 1 && f.reminded > 1 && cases > 1 })
	})
}

// Work that is running when the process is told to end gets its time, then it
// is cut short; Run returns in any case.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	pool := database(t)
	f := newFake()
	f.wait = time.Hour
	j, stop := start(t, Config{Pool: pool, Engine: f, Patience: 500 * time.Millisecond})
	enqueued(t, pool, j, true, time.Now(), 7)
	eventually(t, "it is begun", func() bool { return f.see(func() bool { return f.worked[7] == 1 }) })
	began := time.Now()
	stop()
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("ended after %s", took)
	}
}

// A plan that is applied has its follow-ups done without anybody asking.
func TestFollowUpOfAPlanIsDone(t *testing.T) {
	t.Parallel()
	registry := pgtest.Database(t, pgtest.Template{Name: "registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `INSERT INTO users (gh_login, gh_id, username) VALUES ('one', 1, 'one');
			INSERT INTO crates (name) VALUES ('thing');
			INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) VALUES (1, '1.0.0', '1.0.0', 1, sha256('x'))`)
		return err
	}})
	pool := database(t)
	queue, err := NewQueue(pool)
	if err != nil {
		t.Fatal(err)
	}
	engine := action.New(action.Config{Registry: registry, Console: pool, Ledger: ledger.New(ledger.Config{DB: pool}), Enqueue: queue.EnqueueTx, Guard: anybody{}})
	start(t, Config{Pool: pool, Engine: engine})
	who := action.Actor{ID: "ada", Name: "Ada", RegistryUser: 1, Roles: []cratewarden.Role{cratewarden.Responder}}
	p, err := engine.Draft(t.Context(), who, action.Order{Steps: []action.StepText{action.StepText(`{"do":"version.hold","crate":"thing","version":"1.0.0"}`)}}, "")
	if err == nil {
		p, _, err = engine.Review(t.Context(), who, p.ID)
	}
	if err == nil {
		p, err = engine.Apply(t.Context(), who, p.ID, action.Consent{Digest: *p.Digest}, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "its follow-up is done", func() bool {
		list, err := engine.FollowUps(t.Context(), p.ID)
		return err == nil && len(list) == 1 && list[0].State == action.FollowDone
	})
}

// anybody believes everybody.
type anybody struct{}

func (anybody) Current(_ context.Context, who action.Actor) (action.Actor, error) { return who, nil }

func (anybody) Consented(context.Context, action.Actor, string, ledger.Digest) error { return nil }
