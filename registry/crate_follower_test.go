package registry_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/registry"
)

// TestFollowersDoNotWait: while a count hangs, the pages of other crates have
// the count before, or are told that there is none yet.
func TestFollowersDoNotWait(t *testing.T) {
	t.Parallel()
	pool := database(t)
	var minutes atomic.Int64
	r := registry.New(registry.Config{Pool: pool, Clock: func() time.Time { return now.Add(time.Duration(minutes.Load()) * time.Minute) }})

	count, release := hungCount(t, r)
	_, err := r.Followers(briefly(t), 1)
	check(t, "the first count hangs", cratewarden.KindOf(err), cratewarden.Unavailable)
	release(`DELETE FROM follows WHERE crate_id = 1 AND user_id = (SELECT min(user_id) FROM follows WHERE crate_id = 1)`)
	check(t, "counted", <-count, 1)

	minutes.Store(11)
	count, release = hungCount(t, r)
	check(t, "the count before", ok[int](t)(r.Followers(briefly(t), 1)), 1)
	release(`DELETE FROM follows`)
	check(t, "counted anew", <-count, 0)
	check(t, "kept", ok[int](t)(r.Followers(briefly(t), 1)), 0)

	minutes.Store(60)
	count, release = hungCount(t, r)
	_, err = r.Followers(briefly(t), 1)
	check(t, "the count before is too old", cratewarden.KindOf(err), cratewarden.Unavailable)
	release(`SELECT`)
	check(t, "counted at last", <-count, 0)
}

// TestFollowersAfterGivingUp: a visitor who leaves during a count does not keep
// the next one from counting.
func TestFollowersAfterGivingUp(t *testing.T) {
	t.Parallel()
	r := reader(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Followers(gone, 1)
	check(t, "given up", cratewarden.KindOf(err), cratewarden.Canceled)
	check(t, "next", ok[int](t)(r.Followers(t.Context(), 1)), 2)
}

func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// hungCount starts a count of crate 1's followers that waits for a lock until
// release, which makes a last change to what is counted.
func hungCount(t *testing.T, r *registry.Reader) (count <-chan int, release func(sql string)) {
	t.Helper()
	tx := ok[pgx.Tx](t)(r.Pool.Begin(t.Context()))
	if _, err := tx.Exec(t.Context(), `LOCK TABLE follows IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1)
	go func() {
		n, err := r.Followers(t.Context(), 1)
		if err != nil {
			t.Error(err)
		}
		done <- n
	}()
	for hangs := false; !hangs; time.Sleep(5 * time.Millisecond) {
		err := tx.QueryRow(briefly(t), `SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'follows'::regclass AND NOT granted)`).Scan(&hangs)
		if err != nil {
			t.Fatal(err)
		}
	}
	return done, func(sql string) {
		if _, err := tx.Exec(t.Context(), sql); err != nil {
			t.Error(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
