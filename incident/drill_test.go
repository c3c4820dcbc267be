package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/demo"
	"cratewarden/incident"
)

func (k *stage) start(name string) incident.Incident {
	k.t.Helper()
	i, err := k.DrillStart(k.t.Context(), k.ada, name)
	k.must(err)
	return i
}

func (k *stage) score(i incident.Incident) incident.DrillScore {
	k.t.Helper()
	s, err := k.DrillScore(k.t.Context(), i.ID)
	k.must(err)
	return s
}

func (k *stage) judge(i incident.Incident, v incident.Verdict) {
	k.t.Helper()
	_, err := k.Decide(k.t.Context(), k.ada, i.ID, incident.Change{Set: map[incident.Field]string{incident.VerdictField: string(v)}, Was: map[incident.Field]string{incident.VerdictField: ""}})
	k.must(err)
}

// plan drafts and applies steps by hand.
func (k *stage) plan(i incident.Incident, steps ...string) {
	k.t.Helper()
	o := action.Order{Title: "by hand", Incident: i.ID, Internal: "drill"}
	for _, s := range steps {
		o.Steps = append(o.Steps, action.StepText(s))
	}
	p, err := k.engine.Draft(k.t.Context(), k.ada, o, "")
	k.must(err)
	k.apply(p)
}

func about(points []incident.DrillPoint) (out []string) {
	for _, p := range points {
		out = append(out, p.About)
	}
	return out
}

// Whoever takes the proposal as it is has everything right but the advisories.
func TestDrillWithTheProposal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		incident.Verdict
		right int
	}{incident.DrillAugust: {incident.Malicious, 24}, incident.DrillTyposquat: {incident.Malicious, 4 + len(played().Situations.Typosquats.Hold)}, incident.DrillFlood: {incident.PolicyCase, 120}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newStage(t)
			k.store()
			i := k.start(name)
			if i.Drill != name || len(i.Subjects) != 1 || !strings.HasPrefix(i.Title, "Drill: ") {
				t.Errorf("%+v", i)
			}
			empty := k.score(i)
			if empty.Points != 0 || len(empty.Right) != 0 || len(empty.Missed) != c.right || empty.Verdict != "missing" || empty.Times[1].Took != 0 {
				t.Errorf("before anything is done: %+v", empty)
			}
			k.judge(i, c.Verdict)
			plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
			k.must(err)
			k.apply(plan)
			s := k.score(i)
			want := 90
			if s.Advisories.Due == 0 {
				want = 100
			}
			if !s.Exact || s.Points != want || s.Verdict != "right" || len(s.Right) != c.right || !s.Times[0].Met || !s.Times[1].Met || len(s.Advisories.Written) != 0 {
				t.Errorf("%s", s.Markdown())
			}
			if _, err := k.DrillStart(t.Context(), k.ada, name); cratewarden.KindOf(err) != cratewarden.Conflict || !strings.Contains(cratewarden.MessageOf(err), "--seed") {
				t.Errorf("a second time on a demo that was worked on: %v", err)
			}
			if len(s.Advisories.Missing) > 0 {
				_, err := k.Make(t.Context(), k.ada, i.ID, []advisory.Format{advisory.RustSec})
				k.must(err)
				if s = k.score(i); s.Points != 100 || len(s.Advisories.Missing)+len(s.Advisories.TooMuch) != 0 {
					t.Errorf("with the advisories:\n%s", s.Markdown())
				}
			}
			k.afterRemoval(i, s)
		})
	}
}

// afterRemoval: deleting what is held changes nothing in the score.
func (k *stage) afterRemoval(i incident.Incident, before incident.DrillScore) {
	k.t.Helper()
	plan, err := k.DraftRemoval(k.t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	k.apply(plan)
	if s := k.score(i); !s.Exact || s.Points != before.Points {
		k.t.Errorf("after the removal:\n%s", s.Markdown())
	}
}

// Each mistake is named: the wrong people, too much, in the wrong order.
func TestDrillNamesEachMistake(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	a := k.story.August
	i := k.start(incident.DrillAugust)
	k.judge(i, incident.Benign)
	hold := func(r demo.Release) string {
		return fmt.Sprintf(`{"do":"version.hold","crate":%q,"version":%q}`, r.Crate, r.Version)
	}
	contain := func(id int32) string {
		return fmt.Sprintf(`{"do":"account.contain","account":%d,"reason":"x"}`, id)
	}
	unyank := func(r demo.Release) string {
		return fmt.Sprintf(`{"do":"version.unyank","crate":%q,"version":%q}`, r.Crate, r.Version)
	}
	bad := a.Republished[0]
	k.plan(i, unyank(a.Restore[0]), unyank(a.StayYanked[0]), hold(bad), hold(a.Armed), contain(a.Owner.UserID), contain(a.Imitated.UserID),
		fmt.Sprintf(`{"do":"account.lock","account":%d,"reason":"x"}`, a.LookAlike.UserID), fmt.Sprintf(`{"do":"version.yank","crate":%q,"version":%q}`, a.Clean.Crate, a.Clean.Version))
	none := i
	none.ID = "none"
	k.plan(none, `{"do":"crate.hold","crate":"bitgrid"}`)
	s := k.score(i)
	report := s.Markdown()
	t.Log(report)
	k.equalSets("right", about(s.Right), []string{"account " + numbers([]demo.Account{a.Owner})[0], "version " + names([]demo.Release{a.Armed})[0], "version " + names([]demo.Release{bad})[0], "version " + names(a.Restore[:1])[0]})
	k.equalSets("too much", about(s.TooMuch), []string{names(a.StayYanked)[0], numbers([]demo.Account{a.Imitated})[0], "bitgrid"})
	if s.Exact || s.Verdict != "wrong" || len(s.Missed) != 20 || len(s.Order) != 3 || s.Times[1].Met {
		t.Error(report)
	}
	for _, text := range []string{"put back before arraykit@0.3.10 was held", "contained after the first hold", "The payload macro-loom1 was held after", "person who was imitated", "yanked it long ago", "Locked only", "Yanked only", "does not name " + i.ID} {
		if !strings.Contains(report, text) {
			t.Errorf("the report does not say %q", text)
		}
	}
	if s.Points > 20 {
		t.Errorf("%d points", s.Points)
	}
}

// What is undone does not count any more.
func TestDrillCountsWhatStands(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	i := k.start(incident.DrillAugust)
	k.judge(i, incident.Compromised)
	plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	plan = k.apply(plan)
	undo, err := k.engine.Undo(t.Context(), k.ada, plan.ID, []int{1, 24}, "")
	k.must(err)
	k.apply(undo)
	if s := k.score(i); s.Exact || len(s.Missed) != 2 || len(s.Right) != 22 || len(s.TooMuch) != 0 {
		t.Error(s.Markdown())
	}
}

func TestDrillsAreForTheDemoOnly(t *testing.T) {
	t.Parallel()
	k := newStage(t, func(c *incident.Config) { c.Demo = nil })
	if _, err := k.DrillStart(t.Context(), k.ada, incident.DrillAugust); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Error(err)
	}
	list, err := k.List(t.Context(), incident.Filter{All: true})
	if err != nil || len(list.Incidents) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := k.DrillScore(t.Context(), k.open(incident.Typosquat, incident.Undecided, action.CrateSubject("arraykit")).ID); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Error(err)
	}
}

func TestDrillStartsOnce(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	if _, err := k.DrillStart(t.Context(), k.ada, "nonsense"); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Error(err)
	}
	first := k.start(incident.DrillTyposquat)
	second, err := k.DrillStart(t.Context(), k.bo, incident.DrillTyposquat)
	if cratewarden.KindOf(err) != cratewarden.Conflict || second.ID != first.ID {
		t.Error(second, err)
	}
	if s := k.score(first); s.At.Sub(s.Started) > time.Minute || !slices.ContainsFunc(s.Missed, func(p incident.DrillPoint) bool { return p.What == "contain "+k.story.Typosquats.Accounts[0].Login }) {
		t.Errorf("%+v", s)
	}
}

// Several drills may be on at a time: what is done in one is not too much in
// another.
func TestDrillsDoNotCountEachOther(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	august, squats := k.start(incident.DrillAugust), k.start(incident.DrillTyposquat)
	for _, i := range []incident.Incident{squats, august} {
		k.judge(i, incident.Malicious)
		plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
		k.must(err)
		k.apply(plan)
	}
	for _, i := range []incident.Incident{squats, august} {
		if s := k.score(i); !s.Exact || s.Points != 90 || !strings.Contains(s.Markdown(), "Advisories are missing") {
			t.Errorf("%s", s.Markdown())
		}
	}
}

// Asking for the score does not give the answer away: what is missing is named
// when the drill is over.
func TestDrillScoreKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	late := time.Duration(0)
	k := newStage(t, func(c *incident.Config) { c.Clock = func() time.Time { return time.Now().Add(late) } })
	i := k.start(incident.DrillAugust)
	full := k.score(i)
	report := full.Sealed().Markdown()
	for _, p := range full.Missed {
		if _, name, _ := strings.Cut(p.What, " "); strings.Contains(report, name) || !strings.Contains(full.Markdown(), name) {
			t.Errorf("%s is told, or never", p.What)
		}
	}
	for _, text := range []string{"0 of 24", "`contain …` 4 times", "`hold …` 15 times", "`unyank …` 5 times", "0 of 9", "nothing done yet", "20 min have passed"} {
		if !strings.Contains(report, text) {
			t.Errorf("no %q in:\n%s", text, report)
		}
	}
	late = 20 * time.Minute
	if s := k.score(i); !s.Over || len(s.Sealed().Missed) != 24 || !strings.Contains(s.Sealed().Markdown(), k.story.August.Helper+"@") {
		t.Errorf("when the time is up:\n%s", s.Sealed().Markdown())
	}
}
