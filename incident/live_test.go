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

// pair is two processes and what each is told.
type pair struct {
	*kit
	other           *Service
	i               Incident
	here, far, list <-chan struct{}
}

// within does something of which others hear within a limit. What a machine that
// stands still keeps from them is done again.
func (p *pair) within(what string, limit time.Duration, do func(), hear ...func(left time.Duration) bool) {
	p.t.Helper()
	for try := 1; ; try++ {
		time.Sleep(100 * time.Millisecond) // what was done before has been heard
		for _, c := range []<-chan struct{}{p.here, p.far, p.list} {
			select {
			case <-c:
			default:
			}
		}
		do()
		begin, all := time.Now(), true
		for _, heard := range hear {
			all = all && heard(limit-time.Since(begin))
		}
		if all {
			p.t.Logf("%s: heard after %v", what, time.Since(begin).Round(time.Millisecond))
			return
		}
		if try == 3 {
			p.t.Errorf("%s: not heard within %v, three times", what, limit)
			return
		}
	}
}

// on hears something on a channel.
func on(c <-chan struct{}) func(time.Duration) bool {
	return func(left time.Duration) bool {
		select {
		case <-c:
			return true
		case <-time.After(left):
			return false
		}
	}
}

func (p *pair) note(by *Service) func() {
	return func() {
		p.t.Helper()
		if _, err := by.Note(p.t.Context(), p.ada, p.i.ID, "look", ""); err != nil {
			p.t.Fatal(err)
		}
	}
}

// listening waits until both processes listen, or neither, for which somebody cuts
// their connections.
func (p *pair) listening(both bool) {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); p.hub.listens() != both || p.other.hub.listens() != both; time.Sleep(10 * time.Millisecond) {
		if !both {
			p.exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()`)
		}
		if time.Now().After(end) {
			p.t.Fatalf("after a minute the processes do not both listen, or not: %t", both)
		}
	}
}

// Each of two processes hears within a second what the other writes, and who
// looks; also of plans, and also after its connection was cut.
func TestTwoProcessesSeeEachOther(t *testing.T) {
	t.Parallel()
	k, other := two(t)
	p := &pair{kit: k, other: other, i: k.opened()}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var hereNow, farNow func() []Present
	p.here, hereNow = k.Watch(ctx, p.i.ID, "s1", k.ada)
	there, gone := context.WithCancel(t.Context())
	p.list, _ = other.Watch(ctx, "", "s3", k.bo)
	p.far, farNow = other.Watch(there, p.i.ID, "s2", k.bo)
	everybody := []string{"Ada", "Bo"}
	wakes(t, p.here, 20*time.Second, func() bool { return slices.Equal(names(hereNow()), everybody) })
	wakes(t, p.far, 20*time.Second, func() bool { return slices.Equal(names(farNow()), everybody) })
	p.listening(true)
	p.within("a note of the other process", time.Second, p.note(k.Service), on(p.far), on(p.list))
	p.within("a note of the other process", time.Second, p.note(other), on(p.here))
	plans := 0
	p.within("a plan", time.Second, func() {
		plans++
		k.exec(`INSERT INTO plan (id, state, title, author, incident, public_reason, internal_note, steps) VALUES ('p' || $2::int, 'draft', 't', '{}', $1, '', '', '[]')`, p.i.ID, plans)
	}, on(p.here), on(p.far))
	p.within("a note while nobody listens", 4*time.Second, func() { p.listening(false); p.note(k.Service)() }, on(p.far))
	p.listening(true)
	p.within("a note after the connection came back", time.Second, p.note(k.Service), on(p.far))
	p.within("leaving", time.Second, func() {
		gone()
		// Whoever leaves again was there before.
		again, leave := context.WithCancel(t.Context())
		_, now := other.Watch(again, p.i.ID, "s2", k.bo)
		wakes(t, p.here, 20*time.Second, func() bool { return slices.Equal(names(hereNow()), everybody) && slices.Equal(names(now()), everybody) })
		leave()
	}, func(left time.Duration) bool {
		for end := time.Now().Add(left); !slices.Equal(names(hereNow()), everybody[:1]); {
			if !on(p.here)(time.Until(end)) {
				return false
			}
		}
		return true
	})
	stop()
	for end := time.Now().Add(20 * time.Second); k.hub.running() || other.hub.running(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it goes on although nobody watches")
		}
	}
}

func (h *hub) listens() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.heard
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
