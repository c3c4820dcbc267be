package jobs

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/notify"
	"cratewarden/pg"
)

// board is a webhook that counts what it has.
type board struct {
	*httptest.Server
	mu   sync.Mutex
	had  map[string]int // by id
	fail int            // so many are refused first
}

func newBoard(t *testing.T, fail int) *board {
	t.Helper()
	b := &board{had: map[string]int{}, fail: fail}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.fail > 0 {
			b.fail--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		b.had[r.Header.Get("Webhook-Id")]++
	}))
	t.Cleanup(b.Close)
	return b
}

// counts gives how many messages it has, and whether each came once.
func (b *board) counts() (n int, once bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	once = true
	for _, times := range b.had {
		once = once && times == 1
	}
	return len(b.had), once
}

func teller(t *testing.T, pool *pgxpool.Pool, b *board, queue *Queue, clock func() time.Time) *notify.Service {
	t.Helper()
	cfg := notify.Config{Console: pool, Clock: clock, Channels: []notify.Channel{{ID: "board", Type: notify.Webhook, URL: b.URL,
		Secrets: func() ([]string, error) { return []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, nil }}}}
	if queue != nil {
		cfg.Enqueue = queue.EnqueueNoticeTx
	}
	s, err := notify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func told(t *testing.T, pool *pgxpool.Pool, s *notify.Service, n int) {
	t.Helper()
	if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		for range n {
			if err := s.Tell(t.Context(), tx, notify.Notice{Kind: "test", Title: "Hello"}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Two processes share the messages: each is sent once, soon after it is told.
func TestTwoProcessesShareTheMessages(t *testing.T) {
	t.Parallel()
	pool := database(t)
	queue, err := NewQueue(pool)
	if err != nil {
		t.Fatal(err)
	}
	b := newBoard(t, 0)
	s := teller(t, pool, b, queue, nil)
	told(t, pool, s, 10)
	start(t, Config{Pool: pool, Engine: newFake(), Notices: s})
	start(t, Config{Pool: pool, Engine: newFake(), Notices: s})
	told(t, pool, s, 20)
	eventually(t, "all are sent", func() bool { n, _ := b.counts(); return n == 30 })
	time.Sleep(300 * time.Millisecond)
	if n, once := b.counts(); n != 30 || !once {
		t.Errorf("%d messages, each once: %v", n, once)
	}
}

// What the queue lost is found by a round and sent.
func TestLostMessageIsFound(t *testing.T) {
	t.Parallel()
	pool := database(t)
	queue, err := NewQueue(pool)
	if err != nil {
		t.Fatal(err)
	}
	b := newBoard(t, 0)
	s := teller(t, pool, b, queue, nil)
	told(t, pool, s, 1)
	if _, err := pool.Exec(t.Context(), `DELETE FROM river.river_job; UPDATE delivery SET queued_at = now() - interval '1 hour', next_at = now() - interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	start(t, Config{Pool: pool, Engine: newFake(), Notices: s, Every: time.Second})
	eventually(t, "it is sent", func() bool { n, _ := b.counts(); return n == 1 })
}

// A process that applies nothing is no part of the queue and sends all the same.
func TestMessagesWithoutAnEngine(t *testing.T) {
	t.Parallel()
	pool := database(t)
	b := newBoard(t, 1)
	queue, err := NewQueue(pool)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func() time.Time { return time.Now().Add(time.Minute) } // so that the next try is due soon
	s := teller(t, pool, b, queue, nil)
	told(t, pool, s, 2)
	_, stop := start(t, Config{Pool: pool, Notices: s, Every: 50 * time.Millisecond})
	eventually(t, "one is sent, one is refused", func() bool { n, _ := b.counts(); return n == 1 })
	stop()
	start(t, Config{Pool: pool, Notices: teller(t, pool, b, queue, ahead), Every: 50 * time.Millisecond})
	eventually(t, "both are sent", func() bool { n, _ := b.counts(); return n == 2 })
	start(t, Config{Pool: pool}) // nothing to do; it ends all the same
}

// A sweep that fails is tried again.
func TestSweepThatFails(t *testing.T) {
	t.Parallel()
	f := &failing{}
	start(t, Config{Pool: database(t), Notices: f, Every: 20 * time.Millisecond})
	eventually(t, "it goes on", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.n > 3 })
}

type failing struct {
	mu sync.Mutex
	n  int
}

func (f *failing) Deliver(context.Context, int64) error { return io.EOF }

func (f *failing) Sweep(context.Context) error { return io.EOF }

func (f *failing) SendDue(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	return io.EOF
}
