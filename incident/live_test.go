package incident

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
)

// two are services of two processes on one console database.
func two(t *testing.T) (*kit, *Service) {
	t.Helper()
	url := pgtest.URL(t, consoleTemplate())
	open := func() *pgxpool.Pool {
		db, err := pgxpool.New(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		return db
	}
	k := newKitOn(t, open())
	db := open()
	return k, New(Config{Console: db, Ledger: ledger.New(ledger.Config{DB: db}), Playbooks: k.cfg.Playbooks, Logger: k.log})
}

// wakes waits for something to be said, and says how long that took.
func wakes(t *testing.T, c <-chan struct{}, limit time.Duration, holds func() bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for {
		if holds() {
			return time.Since(begin)
		}
		select {
		case <-c:
		case <-time.After(limit - time.Since(begin)):
			if !holds() {
				t.Fatalf("nothing was heard within %v", limit)
			}
			return time.Since(begin)
		}
	}
}

func names(list []Present) (out []string) {
	for _, p := range list {
		out = append(out, p.Name)
	}
	return out
}

// Each of two processes hears within a second what the other writes, and who
// looks; also of plans, and also after its connection was cut.
func TestTwoProcessesSeeEachOther(t *testing.T) {
	t.Parallel()
	k, other := two(t)
	i := k.opened()
	ctx, stop := context.WithCancel(t.Context())
	here, hereNow := k.Watch(ctx, i.ID, "s1", k.ada)
	there, gone := context.WithCancel(t.Context())
	defer gone()
	list, _ := other.Watch(ctx, "", "s3", k.bo)
	far, farNow := other.Watch(there, i.ID, "s2", k.bo)
	everybody := []string{"Ada", "Bo"}
	wakes(t, here, 5*time.Second, func() bool { return slices.Equal(names(hereNow()), everybody) })
	wakes(t, far, 5*time.Second, func() bool { return slices.Equal(names(farNow()), everybody) })
	time.Sleep(300 * time.Millisecond) // both listen by now
	drain := func() {
		for _, c := range []<-chan struct{}{here, far, list} {
			select {
			case <-c:
			default:
			}
		}
	}
	var begin time.Time
	heard := func(what string, c <-chan struct{}, limit time.Duration) {
		t.Helper()
		select {
		case <-c:
			t.Logf("%s: heard after %v", what, time.Since(begin).Round(time.Millisecond))
		case <-time.After(limit - time.Since(begin)):
			t.Errorf("%s: nothing was heard within %v", what, limit)
		}
	}
	note := func(by *Service) {
		t.Helper()
		begin = time.Now()
		if _, err := by.Note(t.Context(), k.ada, i.ID, "look", ""); err != nil {
			t.Fatal(err)
		}
	}
	drain()
	note(k.Service)
	heard("a note of the other process", far, time.Second)
	heard("a note, on the list", list, time.Second)
	drain()
	note(other)
	heard("a note of the other process", here, time.Second)
	time.Sleep(200 * time.Millisecond)
	drain()
	begin = time.Now()
	k.exec(`INSERT INTO plan (id, state, title, author, incident, public_reason, internal_note, steps) VALUES ('p1', 'draft', 't', '{}', $1, '', '', '[]')`, i.ID)
	heard("a plan", here, time.Second)
	heard("a plan, elsewhere", far, time.Second)
	k.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()`)
	time.Sleep(200 * time.Millisecond)
	drain()
	note(k.Service)
	heard("a note while nobody listens", far, 4*time.Second)
	time.Sleep(backOff + 500*time.Millisecond)
	drain()
	note(k.Service)
	heard("a note after the connection came back", far, time.Second)
	gone()
	wakes(t, here, time.Second, func() bool { return slices.Equal(names(hereNow()), []string{"Ada"}) })
	stop()
	end := time.Now()
	for k.hub.running() || other.hub.running() {
		if time.Since(end) > 5*time.Second {
			t.Fatal("it goes on although nobody watches")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (h *hub) running() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stop != nil
}

// Who looks is never stored; and who is not heard of any more is forgotten, also
// when their process died without a word.
func TestPresenceIsForgotten(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	i := k.opened()
	before := k.everything()
	_, present := k.Watch(t.Context(), i.ID, "s1", k.ada)
	k.hub.mu.Lock()
	k.hub.present["dead"] = presence{1, here{Key: "dead", Who: Person{"bo", "Bo"}}, time.Now().Add(-goneAfter - time.Second)}
	k.hub.present["tab"] = presence{1, here{Key: "tab", Who: Person{"ada", "Ada"}}, time.Now()}
	k.hub.mu.Unlock()
	if got := names(present()); !slices.Equal(got, []string{"Ada"}) {
		t.Errorf("%v look", got)
	}
	k.hub.sayAll(t.Context())
	k.hub.mu.Lock()
	_, still := k.hub.present["dead"]
	k.hub.mu.Unlock()
	if still {
		t.Error("the dead are remembered")
	}
	for table, digest := range k.everything() {
		if digest != before[table] {
			t.Errorf("looking changed %s", table)
		}
	}
	c, none := k.Watch(t.Context(), "INC-x", "s1", k.ada)
	if len(none()) != 0 || len(c) != 0 {
		t.Error("a case that is not there is looked at")
	}
}
