package related

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/ledger"
)

// cast are the accounts of the situations.
func cast() map[int32]bool {
	s := made().Situations
	out := map[int32]bool{s.August.Owner.UserID: true, s.Squatter.Account.UserID: true}
	for _, a := range slices.Concat(s.August.Contain, s.Typosquats.Accounts) {
		out[a.UserID] = true
	}
	return out
}

// tally adds up what was found beside what was asked about.
type tally struct {
	asked, ticks, own, offers, most, touched int
	slowest                                  time.Duration
	wrong                                    []string
	rules                                    map[string]int // of offers
}

// add counts. What the publisher of an accused version made itself is its own;
// everything and everybody else is somebody else's.
func (y *tally) add(k *kit, start ledger.Subject, a Answer, took time.Duration) {
	y.asked++
	y.slowest = max(y.slowest, took)
	accused := map[int32]bool{}
	for _, s := range a.Subjects {
		direct := s.Start || slices.ContainsFunc(s.Reasons, func(r Reason) bool {
			return (r.Rule == "publisher" || r.Rule == "whole-crate") && (r.From.ID == start.ID || strings.HasPrefix(r.From.ID, start.ID+"@") || strings.HasPrefix(start.ID, r.From.ID+"@"))
		})
		if direct && s.Kind == "account" {
			accused[s.Account] = true
		}
	}
	offers := 0
	for _, s := range a.Subjects {
		mine := s.Start || s.Kind == "account" && accused[s.Account] || s.Crate != "" && (s.Crate == start.ID || strings.HasPrefix(start.ID, s.Crate+"@"))
		switch {
		case mine:
		case s.Strength == Offer:
			offers++
			y.rules[s.Reasons[0].Rule]++
		case s.Kind == "version" && accused[s.Account] || s.Kind == "crate" && ownedBy(k, s.CrateID, accused):
			y.own++
			y.wrong = append(y.wrong, "own: "+start.ID+" → "+s.Kind+" "+s.ID+told(Answer{Subjects: []Subject{s}}))
		default:
			y.ticks++
			y.wrong = append([]string{start.ID + " → " + s.Kind + " " + s.ID + told(Answer{Subjects: []Subject{s}})}, y.wrong...)
		}
	}
	y.offers += offers
	y.most = max(y.most, offers)
	if offers > 0 {
		y.touched++
	}
}

func ownedBy(k *kit, crate int32, accused map[int32]bool) bool {
	for _, v := range k.m.Versions(crate) {
		if !accused[v.Publisher] {
			return false
		}
	}
	return true
}

func (y *tally) check(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: %d asked, ticks of others %d, of their own %d, offers %d (with any: %d, most at once %d), by rule %v, slowest %v", what, y.asked, y.ticks, y.own, y.offers, y.touched, y.most, y.rules, y.slowest.Round(time.Microsecond))
	if y.ticks+y.own > 0 {
		t.Errorf("%s: somebody is ticked who has no part in it:\n%s", what, strings.Join(y.wrong[:min(len(y.wrong), 12)], "\n"))
	}
	strangers := y.offers - y.rules["same-account"] - y.rules["yanked"]
	if 100*strangers > y.asked || 100*y.offers > 150*y.asked || y.most > 20 {
		t.Errorf("%s: %d offers for %d questions, of them %d of strangers", what, y.offers, y.asked, strangers)
	}
}

// Whoever is accused wrongly, nobody else is drawn in: random versions, crates
// and accounts without a story, each taken for an attack.
func TestInnocentsAreNotDrawnIn(t *testing.T) {
	t.Parallel()
	k, story := newKit(t), cast()
	d := rand.New(rand.NewPCG(1, 2))
	crates, _, people := k.m.Totals()
	var versions, whole, takeover, squat tally
	for _, y := range []*tally{&versions, &whole, &takeover, &squat} {
		y.rules = map[string]int{}
	}
	for range 1200 {
		c, ok := k.m.Crate(1 + d.Int32N(int32(crates)))
		if !ok || c.Versions == 0 {
			continue
		}
		list := k.m.Versions(c.ID)
		v := list[d.IntN(len(list))]
		if slices.ContainsFunc(list, func(o mirrorVersion) bool { return story[o.Publisher] }) {
			continue
		}
		for _, q := range []struct {
			y *tally
			Blame
			ledger.Subject
		}{{&versions, Malicious, action.VersionSubject(c.Name, v.Num)}, {&whole, Malicious, action.CrateSubject(c.Name)}, {&squat, Squat, action.CrateSubject(c.Name)}} {
			began := time.Now()
			a := k.find(q.Blame, q.Subject)
			q.y.add(k, q.Subject, a, time.Since(began))
		}
	}
	for id := int32(1); id <= int32(people); id++ {
		if _, ok := k.m.Account(id); !ok || story[id] {
			continue
		}
		began := time.Now()
		s := action.AccountSubject(id, "")
		a := k.find(TakenOver, s)
		takeover.add(k, s, a, time.Since(began))
	}
	versions.check(t, "versions")
	whole.check(t, "crates")
	takeover.check(t, "accounts")
	squat.check(t, "squatting")
	if os.Getenv("CRATEWARDEN_RELATED_CRATES") == "" && (versions.asked < 500 || takeover.asked < 200) {
		t.Error("too few were asked about to say anything")
	}
}
