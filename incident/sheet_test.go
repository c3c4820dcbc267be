package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
)

func (k *stage) write(id, field, body string) {
	k.t.Helper()
	_, err := k.WriteText(k.t.Context(), k.ada, id, field, 0, body)
	k.must(err)
}

// Everything that may be told about August, while the bad versions are held and
// after they are gone: the same names, times and hashes.
func TestSheetOfAugust(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	a := k.story.August
	was := k.before(a.Hold)
	i, held := k.containedAugust()
	k.write(i.ID, "summary", "A stolen token published bad versions.")
	k.write(i.ID, "used", "yes")
	k.write(i.ID, "indicators", "domain evil.example payload\nhttps://evil.example/x second stage\n\n")
	k.write(i.ID, "links", "report https://example.org/1 First report\njavascript:alert(1) no\nhttps://user@example.org/ no")
	k.write(i.ID, "finder", "Some One; https://example.org; analyst\nAnother")
	k.write(i.ID, "imitates:"+strings.ReplaceAll(strings.ToLower(a.Helper), "-", "_"), "other")

	before, err := k.Sheet(t.Context(), i.ID)
	k.must(err)
	k.sheetOfAugust(before, was, held.AppliedAt)
	for _, c := range before.Crates {
		for _, v := range c.Bad {
			if !v.Removed.IsZero() || v.Downloads == nil || v.Downloads.Confirmed || v.Downloads.Method == "" {
				t.Errorf("%s %+v %+v", c.Name, v, v.Downloads)
			}
		}
	}
	k.removeAugust(i)
	after, err := k.Sheet(t.Context(), i.ID)
	k.must(err)
	k.sheetOfAugust(after, was, held.AppliedAt)
	gone := 0
	for n, c := range after.Crates {
		for m, v := range c.Bad {
			old := before.Crates[n].Bad[m]
			if v.Removed.Before(*held.AppliedAt) || v.Gone() != v.Held || old.SHA256 != v.SHA256 || !old.Published.Equal(v.Published) || v.Downloads == nil || *v.Downloads != *old.Downloads {
				t.Errorf("%s: %+v, before %+v", c.Name, v, old)
			}
		}
		if c.Deleted {
			gone++
		}
	}
	if gone != len(a.Carriers)+1 || after.ContainedAt == nil || after.RemovedAt == nil || after.AsOf.Nanosecond() != 0 {
		t.Errorf("%d crates gone, %v %v %v", gone, after.ContainedAt, after.RemovedAt, after.AsOf)
	}
	var rules []string // nobody wrote what the code does, nor on what the word of use rests
	for _, p := range advisory.LintSheet(after) {
		if p.Severe && !slices.Contains(rules, p.Rule) {
			rules = append(rules, p.Rule)
		}
	}
	k.equalSets("severe problems", rules, []string{"behaviour-missing", "use-unfounded"})
}

func (k *stage) sheetOfAugust(s advisory.Sheet, was map[string]before, held *time.Time) {
	k.t.Helper()
	a := k.story.August
	var crates, bad []string
	for _, c := range s.Crates {
		crates = append(crates, c.Name)
		for _, v := range c.Bad {
			name := c.Name + "@" + v.Num
			bad = append(bad, name)
			if b := was[name]; !v.Published.Equal(b.at) || v.SHA256 != b.sha256 || v.Held.Before(*held) {
				k.t.Errorf("%s: %+v, want %+v", name, v, b)
			}
		}
		if c.PublishedBy == "" || slices.Contains(c.Owners, c.PublishedBy) || c.Dependents == nil {
			k.t.Errorf("%+v", c)
		}
		for _, r := range a.Republished {
			if c.Name == r.Crate && (c.Role == "payload" || c.PublishedBy != a.Owner.Login) {
				k.t.Errorf("%s is %s by %s", c.Name, c.Role, c.PublishedBy)
			}
		}
		if c.Name == a.Helper && (c.Role != "payload" || c.Imitates != "other") {
			k.t.Errorf("the helper is %+v", c)
		}
		k.restored(c)
	}
	k.equalSets("crates", crates, a.Advisories)
	k.equalSets("bad versions", bad, names(a.Hold))
	k.locked9(s)
	yes := s.UsedInTheWild != nil && *s.UsedInTheWild
	if !yes || s.Summary == "" || fmt.Sprint(s.Indicators) != "[{domain evil.example payload} {url https://evil.example/x second stage}]" ||
		fmt.Sprint(s.Links) != "[{report https://example.org/1 First report}]" || fmt.Sprint(s.Finder) != "[{Some One https://example.org analyst} {Another  finder}]" {
		k.t.Errorf("%v %v %v %v", s.UsedInTheWild, s.Indicators, s.Links, s.Finder)
	}
}

func (k *stage) restored(c advisory.Crate) {
	k.t.Helper()
	a := k.story.August
	var want, stay []string
	for _, r := range a.Restore {
		if r.Crate == c.Name {
			want = append(want, r.Version)
		}
	}
	for _, r := range a.StayYanked {
		if r.Crate == c.Name {
			stay = append(stay, r.Version)
		}
	}
	k.equalSets("restored of "+c.Name, c.Restored, want)
	for _, v := range append(want, stay...) {
		if !slices.Contains(c.Good, v) {
			k.t.Errorf("%s %s is not among the good: %v", c.Name, v, c.Good)
		}
	}
}

func (k *stage) locked9(s advisory.Sheet) {
	k.t.Helper()
	a := k.story.August
	var got, want []string
	for _, one := range s.Accounts {
		if one.Locked {
			got = append(got, one.Login)
		}
		if one.Login == a.Imitated.Login || one.URL == "" || one.Locked && one.LockedAt.IsZero() {
			k.t.Errorf("%+v", one)
		}
	}
	for _, one := range a.Contain {
		want = append(want, one.Login)
	}
	k.equalSets("locked", got, want)
}

// A figure that a person confirmed takes the place of the console's count.
func TestSheetTakesConfirmedFigures(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	bad := k.story.August.Republished[0]
	i := k.open(incident.MaliciousUpdate, incident.Malicious, ledger.Subject{Kind: "version", ID: bad.Crate + "@" + bad.Version})
	of := func() *advisory.Figure {
		s, err := k.Sheet(t.Context(), i.ID)
		k.must(err)
		if len(s.Crates) != 1 || len(s.Crates[0].Bad) != 1 {
			t.Fatalf("%+v", s.Crates)
		}
		return s.Crates[0].Bad[0].Downloads
	}
	counted := of()
	if counted == nil || counted.Confirmed || counted.By != "the console" {
		t.Fatalf("%+v", counted)
	}
	o := incident.FigureOrder{What: incident.Downloads, Crate: bad.Crate, Version: bad.Version, Value: 2285, Method: "requests in the logs, robots left out", Query: "SELECT count(*) …"}
	_, err := k.Figure(t.Context(), k.bo, i.ID, o)
	k.must(err)
	if f := of(); f.Value != 2285 || !f.Confirmed || f.By != "Bo" || f.Query == "" {
		t.Errorf("%+v", f)
	}
	o.Value, o.Provis, o.Query = 9, true, ""
	_, err = k.Figure(t.Context(), k.bo, i.ID, o)
	k.must(err)
	if f := of(); f.Value != 2285 {
		t.Errorf("a provisional figure replaced a confirmed one: %+v", f)
	}
	all, err := k.Figures(t.Context(), i.ID)
	k.must(err)
	if len(all) != 4 {
		t.Errorf("%d figures are kept: %+v", len(all), all)
	}
}

func TestFigureRefusesWhatCannotBePublished(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	i := k.open(incident.ServiceIncident, incident.Undecided)
	good := incident.FigureOrder{What: incident.Downloads, Crate: "a", Value: 1, Method: "logs", Query: "q"}
	for name, change := range map[string]func(*incident.FigureOrder){
		"what":   func(o *incident.FigureOrder) { o.What = "stars" },
		"crate":  func(o *incident.FigureOrder) { o.Crate = "" },
		"value":  func(o *incident.FigureOrder) { o.Value = -1 },
		"method": func(o *incident.FigureOrder) { o.Method = " " },
		"query":  func(o *incident.FigureOrder) { o.Query = "" },
		"mail":   func(o *incident.FigureOrder) { o.Method = "ask someone@example.org" },
		"future": func(o *incident.FigureOrder) { o.AsOf = time.Now().Add(time.Hour) },
		"zero":   func(o *incident.FigureOrder) { o.Crate = "a\x00" },
	} {
		o := good
		change(&o)
		if _, err := k.Figure(t.Context(), k.ada, i.ID, o); err == nil {
			t.Errorf("%s: a wrong figure was taken", name)
		}
	}
	if _, err := k.Figure(t.Context(), k.ada, i.ID, good); err != nil {
		t.Error(err)
	}
}
