package incident

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// sealing says that evidence of every case is sealed.
type sealing struct{ Evidence }

func (sealing) List(_ context.Context, f evidence.Filter) (evidence.Page, error) {
	return evidence.Page{Bundles: []evidence.Bundle{{Plan: "p0", SealedAt: time.Now().UTC()}}}, nil
}

func newSealing(t *testing.T) *kit {
	t.Helper()
	return newKit(t, func(c *Config) { c.Evidence = sealing{} })
}

// versionRef names a version of the kit's made-up plans.
func versionRef(crate, num string) action.VersionRef {
	return action.VersionRef{Crate: crate, Version: num}
}

// removed is a case of which one version was held and deleted.
func (k *kit) removed(crate string) Incident {
	k.t.Helper()
	i := k.judged(Malicious, sub("version", crate+"@1.0.0", "payload"))
	k.engine.apply(k.t, i.ID, "hold-"+crate, "version.hold", action.Hold{VersionRef: versionRef(crate, "1.0.0")})
	k.engine.apply(k.t, i.ID, "delete-"+crate, "version.delete", action.DeleteVersion{VersionRef: versionRef(crate, "1.0.0")})
	return k.stands(i.ID, Removed, true)
}

// stands syncs twice, since the second must change nothing, and compares.
func (k *kit) stands(id string, want State, publish bool) Incident {
	k.t.Helper()
	var now Incident
	for range 2 {
		if err := k.SyncAll(k.t.Context()); err != nil {
			k.t.Fatal(err)
		}
	}
	now, err := k.Incident(k.t.Context(), id)
	if err != nil || now.State != want || now.MayPublish() != publish {
		next, _ := k.Next(k.t.Context(), now)
		k.t.Fatalf("%s is %s and may publish %t, not %s and %t (%v)\n%+v", id, now.State, now.MayPublish(), want, publish, err, next)
	}
	return now
}

// A removed case is removed: whatever the record stops showing takes it back and
// locks what everybody reads, and it comes forward again by itself.
func TestRemovedCasesFallBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, c := range []struct {
		name  string
		spoil func(k *kit, i Incident)
		want  State
		mend  func(k *kit, i Incident)
	}{
		{"one more bad version", func(k *kit, i Incident) {
			_, err := k.AddSubjects(ctx, k.ada, i.ID, []Subject{sub("version", "more@2.0.0", "")})
			k.must(err)
		}, Triaged, func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "later", "version.delete", action.DeleteVersion{VersionRef: versionRef("more", "2.0.0")})
		}},
		{"a good one that is not back", func(k *kit, i Incident) {
			_, err := k.AddSubjects(ctx, k.ada, i.ID, []Subject{sub("version", "good@2.0.0", "restore")})
			k.must(err)
		}, Sealed, func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "later", "version.unyank", action.Unyank{VersionRef: versionRef("good", "2.0.0")})
		}},
		{"the deleted number is there again", func(k *kit, _ Incident) {
			at := time.Now().UTC()
			k.engine.again = []action.Tombstone{{Crate: "bad", Num: "1.0.0", Plan: "delete-bad", SeenAgain: 9, SeenAgainAt: &at}}
		}, Triaged, func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "later", "version.delete", action.DeleteVersion{VersionRef: versionRef("bad", "1.0.0")})
		}},
		{"something new is only held", func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "held", "version.hold", action.Hold{VersionRef: versionRef("new", "3.0.0")})
		}, Sealed, func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "later", "version.release", action.Release{VersionRef: versionRef("new", "3.0.0")})
		}},
		{"an unfinished case merged into it", func(k *kit, i Incident) {
			other := k.opened(sub("version", "other@1.0.0", ""))
			_, err := k.Merge(ctx, k.ada, other.ID, i.ID, "the same attack")
			k.must(err)
		}, Triaged, func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "later", "version.delete", action.DeleteVersion{VersionRef: versionRef("other", "1.0.0")})
		}},
		{"an attacker whose lock ended", func(k *kit, i Incident) {
			_, err := k.AddSubjects(ctx, k.ada, i.ID, []Subject{sub("account", "7", "attacker")})
			k.must(err)
			soon := time.Now().Add(50 * time.Millisecond)
			k.engine.apply(t, i.ID, "short", "account.lock", action.AccountLock{AccountRef: action.AccountRef{Account: 7}, LockTerms: action.LockTerms{Until: &soon, Reason: "x"}})
			time.Sleep(time.Until(soon))
		}, Triaged, func(k *kit, i Incident) {
			k.engine.apply(t, i.ID, "later", "account.contain", action.Contain{AccountRef: action.AccountRef{Account: 7}, LockTerms: action.LockTerms{Reason: "x"}})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newSealing(t)
			i := k.removed("bad")
			if _, err := k.Override(ctx, k.ada, i.ID, "x y z"); err == nil {
				t.Error("unlocked what was not locked")
			}
			c.spoil(k, i)
			k.stands(i.ID, c.want, false)
			c.mend(k, i)
			k.stands(i.ID, Removed, true)
			if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'state' AND details ->> 'back' = 'true' AND details ->> 'why' <> ''`); n != 1 {
				t.Errorf("%d events say that it fell back", n)
			}
		})
	}
}

// A person vouches for what was missing when they said so, and for nothing more.
func TestPeopleVouchForWhatTheySaw(t *testing.T) {
	t.Parallel()
	k := newSealing(t)
	ctx := t.Context()
	i := k.judged(Malicious, sub("version", "one@1.0.0", "payload"))
	_, err := k.Move(ctx, k.ada, i.ID, Removed, "The owner deleted it before we came.")
	k.must(err)
	k.stands(i.ID, Removed, true)
	_, err = k.AddSubjects(ctx, k.ada, i.ID, []Subject{sub("version", "two@1.0.0", "payload")})
	k.must(err)
	k.stands(i.ID, Triaged, false)
}

// A taken-over account is given back when everything bad is gone; before that the
// case is not contained without it.
func TestAccountsGivenBackAfterTheRemoval(t *testing.T) {
	t.Parallel()
	k := newSealing(t)
	i := k.judged(Compromised, sub("version", "bad@1.0.0", "carrier"), sub("account", "7", "compromised"))
	k.engine.apply(t, i.ID, "p1", "version.hold", action.Hold{VersionRef: versionRef("bad", "1.0.0")}, "account.contain", action.Contain{AccountRef: action.AccountRef{Account: 7}, LockTerms: action.LockTerms{Reason: "x"}})
	k.stands(i.ID, Sealed, false)
	k.engine.apply(t, i.ID, "p2", "account.release", action.AccountRelease{AccountRef: action.AccountRef{Account: 7}})
	k.stands(i.ID, Triaged, false)
	k.engine.apply(t, i.ID, "p3", "account.contain", action.Contain{AccountRef: action.AccountRef{Account: 7}, LockTerms: action.LockTerms{Reason: "x"}})
	k.engine.apply(t, i.ID, "p4", "version.delete", action.DeleteVersion{VersionRef: versionRef("bad", "1.0.0")})
	k.stands(i.ID, Removed, true)
	k.engine.apply(t, i.ID, "p5", "account.release", action.AccountRelease{AccountRef: action.AccountRef{Account: 7}})
	k.stands(i.ID, Removed, true)
}

// A case that was closed does not open by itself, but says what speaks against it
// and publishes nothing meanwhile.
func TestClosedCasesAreDoubted(t *testing.T) {
	t.Parallel()
	k := newSealing(t)
	ctx := t.Context()
	hasty := k.judged(Malicious, sub("version", "bad@1.0.0", "payload"))
	got, err := k.Move(ctx, k.ada, hasty.ID, Closed, "Somebody else sees to it.")
	k.must(err)
	if got.State != Closed || got.Doubt == "" || got.MayPublish() {
		t.Errorf("closed with the bad version there, and public texts are unlocked: %+v", got)
	}
	i := k.removed("gone")
	_, err = k.Move(ctx, k.ada, i.ID, Closed, "done")
	k.must(err)
	k.stands(i.ID, Closed, true)
	again := time.Now().UTC()
	k.engine.again = []action.Tombstone{{Crate: "gone", Num: "1.0.0", Plan: "delete-gone", SeenAgain: 9, SeenAgainAt: &again}}
	k.must(k.Sync(ctx, i.ID))
	now := k.stands(i.ID, Closed, false)
	if now.Doubt == "" {
		t.Error("it does not say why")
	}
	needs, err := k.needUnled(ctx, k.ada)
	k.must(err)
	if !slices.ContainsFunc(needs, func(n Need) bool { return n.Incident == i.ID && n.Urgent && strings.Contains(n.Text, now.Doubt) }) {
		t.Errorf("nobody hears of it: %+v", needs)
	}
	k.engine.again = nil
	k.must(k.Sync(ctx, i.ID))
	k.stands(i.ID, Closed, true)
	if n := k.number(`SELECT count(*) FROM incident_event WHERE kind = 'doubt' AND incident = $1`, i.number()); n != 2 {
		t.Errorf("%d events of doubt", n)
	}
}

// Public texts that were unlocked early for one case are locked again when work
// that nobody finished is merged into it.
func TestEarlyUnlockingIsOfOneCase(t *testing.T) {
	t.Parallel()
	k := newSealing(t)
	ctx := t.Context()
	i, other := k.judged(Malicious, sub("version", "a@1.0.0", "payload")), k.opened(sub("version", "b@1.0.0", "payload"))
	_, err := k.Override(ctx, k.ada, i.ID, "It is in the news.")
	k.must(err)
	k.stands(i.ID, Triaged, true)
	_, err = k.Merge(ctx, k.ada, other.ID, i.ID, "the same")
	k.must(err)
	k.stands(i.ID, Triaged, false)
}

// Whatever happens to two cases, in any order, without anybody's word against the
// record: a case says that it is contained or removed, and publishes, only while
// a reading of the plans that shares nothing with the service says the same. And
// when all is dealt with it gets there.
func TestStatesFollowRandomHistories(t *testing.T) {
	t.Parallel()
	k := newSealing(t)
	reached := 0
	for seed := range uint64(12) {
		g := &history{kit: k, r: rand.New(rand.NewPCG(seed, 5)), plans: map[string]*story{}}
		for range 2 {
			g.ids = append(g.ids, k.judged(Malicious, sub("crate", g.name(), "payload")).ID)
		}
		for n := range 14 {
			what := g.step(fmt.Sprintf("s%d-%d", seed, n))
			if err := k.SyncAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, id := range g.ids {
				reached += g.check(id, fmt.Sprintf("seed %d, step %d: %s", seed, n, what))
			}
		}
	}
	if reached < 20 {
		t.Errorf("only %d times was a case removed: the histories lead nowhere", reached)
	}
}

// story is one plan as the history keeps it.
type story struct {
	incident, crate, kind string
	undone                bool
}

type history struct {
	*kit
	r     *rand.Rand
	ids   []string
	order []string
	plans map[string]*story
}

func (g *history) name() string { return string(rune('a' + g.r.IntN(4))) }

func (g *history) step(plan string) string {
	ctx, id, crate := g.t.Context(), g.ids[g.r.IntN(len(g.ids))], g.name()
	what := []string{"hold", "delete", "delete", "release", "undo", "add", "drop", "recast", "merge", "split"}[g.r.IntN(10)]
	ref := action.CrateRef{Crate: crate}
	note := func(kind string, do action.Action) {
		g.engine.apply(g.t, id, plan, kind, do)
		g.plans[plan], g.order = &story{incident: id, crate: crate, kind: kind}, append(g.order, plan)
	}
	now, err := g.Incident(ctx, id)
	g.must(err)
	id = now.ID
	switch what {
	case "hold":
		note("crate.hold", action.HoldCrate{CrateRef: ref})
	case "delete":
		note("crate.delete", action.DeleteCrate{CrateRef: ref})
	case "release":
		note("crate.release", action.ReleaseCrate{CrateRef: ref})
	case "undo":
		for _, p := range slices.Backward(g.order) {
			if s := g.plans[p]; !s.undone && s.kind == "crate.hold" {
				s.undone = true
				g.engine.undone(p)
				break
			}
		}
	case "add":
		_, err = g.AddSubjects(ctx, g.ada, id, []Subject{sub("crate", crate, "payload")})
		g.must(err)
	case "drop": // the others may refuse: a subject that is not there, a case that is over
		_, _ = g.RemoveSubject(ctx, g.ada, id, ledger.Subject{Kind: "crate", ID: crate}, "")
	case "recast":
		_, _ = g.Recast(ctx, g.ada, id, ledger.Subject{Kind: "crate", ID: crate}, "payload", "related")
	case "merge":
		_, _ = g.Merge(ctx, g.ada, g.ids[0], g.ids[1], "the same")
	case "split":
		if made, err := g.Split(ctx, g.ada, id, SplitOrder{Title: "Part", Subjects: []ledger.Subject{{Kind: "crate", ID: crate}}, Reason: "apart"}); err == nil {
			g.ids = append(g.ids, made.ID)
		}
	}
	return what + " " + crate + " of " + id
}

// check reads the plans anew for one case.
func (g *history) check(id, when string) int {
	now, err := g.Incident(g.t.Context(), id)
	g.must(err)
	contained, removed := true, true
	for _, s := range now.Subjects {
		if s.Kind != "crate" || s.Role != "payload" {
			continue
		}
		held, gone := false, false
		for _, p := range g.order {
			if st := g.plans[p]; st.crate == s.ID && !st.undone && slices.Contains(now.ids(), st.incident) {
				switch st.kind {
				case "crate.hold":
					held = true
				case "crate.release":
					held = false
				case "crate.delete":
					gone = true
				}
			}
		}
		contained, removed = contained && (held || gone), removed && gone
	}
	switch {
	case now.Reached(Contained) && !contained:
		g.t.Fatalf("%s: %s is %s, and something is loose", when, now.ID, now.State)
	case now.Reached(Removed) && !removed, now.MayPublish() && !removed:
		g.t.Fatalf("%s: %s is %s and may publish %t, and something is there", when, now.ID, now.State, now.MayPublish())
	case now.Reached(Removed):
		return 1
	}
	return 0
}
