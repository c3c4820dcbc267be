package action

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/telemetry/pacetest"
)

func TestSameKeyMakesOnePlan(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	order := Order{Title: "once", Steps: steps(t, "version.yank", m{"crate": "arraykit", "version": "0.3.4"})}
	ids := make(chan string, 8)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			p, err := k.Draft(t.Context(), k.who, order, "key-1")
			if err != nil {
				t.Error(err)
			}
			ids <- p.ID
		})
	}
	all.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("two plans of one key: %s and %s", first, id)
		}
	}
	order.Title = "another"
	if _, err := k.Draft(t.Context(), k.who, order, "key-1"); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("the key served another request: %v", err)
	}
	if p, err := k.Draft(t.Context(), k.second, order, "key-1"); err != nil || p.ID == first {
		t.Errorf("somebody else's key: %v %v", p.ID, err)
	}
}

func TestApplyTwiceUnderOneKeyIsOneApply(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	_, yes := k.consent(p)
	for range 3 {
		again, err := k.Apply(t.Context(), k.who, p.ID, yes, "apply-1")
		if err != nil || again.State != Applied {
			t.Fatalf("%v %s", err, again.State)
		}
	}
	if n := k.entries(ledger.Intent); n != 1 {
		t.Errorf("%d intents", n)
	}
}

func (k *kit) entries(kind ledger.Kind) int {
	k.t.Helper()
	page, err := k.ledger.List(k.t.Context(), ledger.Filter{Kind: kind, Limit: 1000})
	if err != nil {
		k.t.Fatal(err)
	}
	return len(page.Entries)
}

// Two people apply overlapping plans at the same moment: one wins, the other is
// told what changed.
func TestOverlappingPlans(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"}, "version.yank", m{"crate": "internkit", "version": "0.8.6"})
	b, _ := k.reviewed("version.yank", m{"crate": "internkit", "version": "0.8.6"}, "version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	var all sync.WaitGroup
	states := make(chan State, 2)
	for _, p := range []Plan{a, b} {
		all.Go(func() {
			_, yes := k.consent(p)
			p, err := k.Apply(t.Context(), k.who, p.ID, yes, "")
			if err != nil && p.State != Stale {
				t.Error(err)
			}
			states <- p.State
		})
	}
	all.Wait()
	if got := map[State]bool{<-states: true, <-states: true}; !got[Applied] || !got[Stale] {
		t.Errorf("%v", got)
	}
}

// A publish that holds the crate for long makes us give way, not wait.
func TestSomebodyElseHoldsTheCrate(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.LockTimeout = 200 * time.Millisecond })
	tx, err := k.registry.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `UPDATE crates SET updated_at = now() WHERE name = 'arraykit'`); err != nil {
		t.Fatal(err)
	}
	p, err := k.Draft(t.Context(), k.who, Order{Steps: steps(t, "version.yank", m{"crate": "arraykit", "version": "0.3.4"})}, "")
	if err != nil {
		t.Fatal(err)
	}
	pacetest.Within(t, "giving way", 2*time.Second, func() {
		if _, _, err := k.Review(t.Context(), k.who, p.ID); cratewarden.KindOf(err) != cratewarden.Timeout {
			t.Error(err)
		}
	})
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, _, err = k.Review(t.Context(), k.who, p.ID); err != nil || p.State != Reviewed {
		t.Errorf("%s %v", p.State, err)
	}
}

// The registry's own server counts downloads and publishes while we yank: no
// update of it is lost, and counters do not make a plan stale.
func TestRegistryWritesMeanwhile(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	was := k.number(`SELECT downloads FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = 'arraykit' AND num = '0.3.4'`)
	stop := make(chan struct{})
	counted := make(chan int64)
	go func() {
		var n int64
		defer func() { counted <- n }()
		for {
			if _, err := k.registry.Exec(t.Context(), `UPDATE versions v SET downloads = downloads + 1 FROM crates c WHERE c.id = v.crate_id AND c.name = 'arraykit' AND num = '0.3.4'`); err != nil {
				t.Error(err)
				return
			}
			n++
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	_, yes := k.consent(p)
	p, err := k.Apply(t.Context(), k.who, p.ID, yes, "")
	close(stop)
	n := <-counted
	if err != nil || p.State != Applied {
		t.Errorf("%v %s %v", err, p.State, p.Differences)
	}
	if now := k.number(`SELECT downloads FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = 'arraykit' AND num = '0.3.4'`); now != was+n {
		t.Errorf("downloads: %d, want %d", now, was+n)
	}
}

func TestWhoMayNotIsRefusedAndRecorded(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	viewer := Actor{ID: "vi", Name: "Vi", RegistryUser: k.who.RegistryUser, Roles: []cratewarden.Role{cratewarden.Viewer, cratewarden.Platform}}
	if _, err := k.Apply(t.Context(), viewer, p.ID, Consent{Digest: *p.Digest}, ""); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("%v", err)
	}
	if _, err := k.Draft(t.Context(), Actor{ID: "x", Roles: []cratewarden.Role{cratewarden.Viewer}}, Order{Steps: p.Steps}, ""); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("%v", err)
	}
	if n := k.entries(ledger.Refusal); n != 2 {
		t.Errorf("%d refusals in the ledger", n)
	}
	p2, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	stranger := k.who
	stranger.RegistryUser = 0
	p2, effect, err := k.Review(t.Context(), stranger, p2.ID)
	if err != nil || !p2.Blocked || effect.Blocks()[0].Code != "no-account" {
		t.Errorf("without an account: %v %+v", err, effect)
	}
}

func TestApplyOfAnotherReviewIsRefused(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	if _, err := k.Apply(t.Context(), k.who, p.ID, Consent{}, ""); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("%v", err)
	}
}

// Between the intent and the registry's commit the server is lost: nobody knows
// what became of the transaction, and a person settles it.
func TestUnknownFateIsSettledByAPerson(t *testing.T) {
	t.Parallel()
	lost := errors.New("lost")
	k := newKit(t, func(c *Config) {
		c.Reached = func(place string) {
			if place == "before commit" {
				panic(lost)
			}
		}
	})
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	_, yes := k.consent(p)
	func() {
		defer func() {
			if recover() != any(lost) {
				t.Error("the place was not reached")
			}
		}()
		_, _ = k.Apply(t.Context(), k.who, p.ID, yes, "")
	}()
	// Another server took over: it does not know the transaction.
	if _, err := k.console.Exec(t.Context(), `UPDATE plan SET registry_tx = '999999999' WHERE id = $1`, p.ID); err != nil {
		t.Fatal(err)
	}
	r, err := k.Recover(t.Context())
	if err != nil || r.Unknown != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	p, err = k.Plan(t.Context(), p.ID)
	if err != nil || p.State != Unknown {
		t.Fatalf("%s %v", p.State, err)
	}
	notes := k.entries(ledger.Note)
	for range 2 { // asked for twice, done once
		if p, err = k.Settle(t.Context(), k.who, p.ID, false); err != nil || p.State != Failed || k.entries(ledger.Note) != notes+1 {
			t.Errorf("%s %v", p.State, err)
		}
	}
	if _, err = k.Settle(t.Context(), k.who, p.ID, true); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("settled otherwise: %v", err)
	}
}

// What would keep publishers waiting too long is refused at its review, with
// the registry as it was.
func TestLongPlanIsRefusedAtReview(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Hold = 20 * time.Millisecond })
	before := k.tables()
	p, err := k.Draft(t.Context(), k.who, Order{Steps: steps(t, k.thousand(true)...)}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := k.Review(t.Context(), k.who, p.ID); cratewarden.KindOf(err) != cratewarden.TooLarge {
		t.Errorf("%v", err)
	}
	k.same(before, k.tables())
}

// Two transactions that wait for each other are nobody's fault: the one that
// PostgreSQL ends is tried again.
func TestDeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	tries := 0
	err := k.retry(t.Context(), func() error {
		if tries++; tries < 3 {
			return pg.Map(&pgconn.PgError{Code: "40P01"})
		}
		return nil
	})
	if err != nil || tries != 3 {
		t.Errorf("%d tries: %v", tries, err)
	}
}

func TestEditLosesTheReview(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
	q, err := k.Edit(t.Context(), k.who, p.ID, p.Revision, Order{Title: "two", Steps: steps(t, "version.yank", m{"crate": "internkit", "version": "0.8.6"})})
	if err != nil || q.State != Draft || q.Digest != nil {
		t.Fatalf("%+v %v", q, err)
	}
	if _, err := k.Edit(t.Context(), k.second, p.ID, p.Revision, Order{Steps: p.Steps}); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("an older text won: %v", err)
	}
	if _, err := k.Apply(t.Context(), k.who, p.ID, Consent{Digest: *p.Digest}, ""); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("applied a draft: %v", err)
	}
	if _, err := k.Discard(t.Context(), k.who, p.ID); err != nil {
		t.Error(err)
	}
}

// An undo never writes over what somebody changed since.
func TestUndoRefusesToClobber(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.applied("version.yank", m{"crate": "arraykit", "version": "0.3.4"}, "version.yank", m{"crate": "internkit", "version": "0.8.6"})
	k.exec(`UPDATE versions SET yank_message = 'said since' WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	u, err := k.Undo(t.Context(), k.who, p.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	u, effect, err := k.Review(t.Context(), k.who, u.ID)
	if err != nil || !u.Blocked || effect.Blocks()[0].Code != "changed-since" {
		t.Fatalf("%v %+v", err, effect.Guards)
	}
	k.undone(p, 2) // the other step alone can be undone
	if n, err := k.UndoneSteps(t.Context(), p.ID); err != nil || !n[2] || n[1] {
		t.Errorf("%v %v", n, err)
	}
}
