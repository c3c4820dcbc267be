package incident_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/demo"
	"cratewarden/incident"
	"cratewarden/ledger"
	"cratewarden/telemetry/pacetest"
)

// work moves the files that applied plans still have to move.
func (k *stage) work(plan string) {
	k.t.Helper()
	list, err := k.engine.FollowUps(k.t.Context(), plan)
	k.must(err)
	for _, f := range list {
		if strings.HasPrefix(f.Kind, "files.") {
			k.must(k.engine.Work(k.t.Context(), f.ID))
		}
	}
}

// before is a bad version as the registry has it while it is there.
type before struct {
	sha256 string
	at     time.Time
}

func (k *stage) before(list []demo.Release) map[string]before {
	k.t.Helper()
	out := map[string]before{}
	for _, r := range list {
		var b before
		k.must(k.registry.QueryRow(k.t.Context(), `SELECT encode(tar_sha256, 'hex'), created_at FROM versions WHERE id = $1`, r.VersionID).Scan(&b.sha256, &b.at))
		out[r.Crate+"@"+r.Version] = b
	}
	return out
}

// contained is the August case with its first plan applied and all files moved.
func (k *stage) containedAugust() (incident.Incident, action.Plan) {
	k.t.Helper()
	a := k.story.August
	i := k.open(incident.MaliciousUpdate, incident.Malicious, action.VersionSubject(a.Republished[0].Crate, a.Republished[0].Version))
	plan, err := k.Draft(k.t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	plan = k.apply(plan)
	k.work(plan.ID)
	k.must(k.Sync(k.t.Context(), i.ID))
	return i, plan
}

func (k *stage) removeAugust(i incident.Incident) action.Plan {
	k.t.Helper()
	plan, err := k.DraftRemoval(k.t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	plan = k.apply(plan)
	k.work(plan.ID)
	k.must(k.Sync(k.t.Context(), i.ID))
	return plan
}

func (k *stage) timeline(s *incident.Service, id string) []incident.Moment {
	k.t.Helper()
	list, err := s.Timeline(k.t.Context(), id, incident.TimelineFilter{})
	k.must(err)
	return list
}

func text(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The whole attack as its timeline tells it, before and after the bad versions
// are gone, by one process and by another.
func TestTimelineOfAugust(t *testing.T) {
	t.Parallel()
	var cfg incident.Config
	k := newStage(t, func(c *incident.Config) { cfg = *c })
	k.store()
	a := k.story.August
	was := k.before(a.Hold)
	i, held := k.containedAugust()
	first := k.timeline(k.Service, i.ID)
	if again := k.timeline(incident.New(cfg), i.ID); !bytes.Equal(text(t, first), text(t, again)) {
		t.Error("another process tells another timeline")
	}
	k.toldPublishes(first, was)
	k.toldYanks(first)

	removed := k.removeAugust(i)
	after := k.timeline(k.Service, i.ID)
	k.toldPublishes(after, was)
	kept := map[string]string{}
	for _, m := range after {
		kept[m.ID] = string(text(t, m))
	}
	for _, m := range first {
		if kept[m.ID] != string(text(t, m)) {
			t.Errorf("after the removal %s is another, or gone:\n%s\n%s", m.ID, text(t, m), kept[m.ID])
		}
	}
	for _, want := range []string{"plan/" + held.ID + "/apply", "plan/" + removed.ID + "/approve/0", "plan/" + removed.ID + "/step/1"} {
		if kept[want] == "" {
			t.Errorf("%s is not told", want)
		}
	}
	sources := map[incident.Source]int{}
	for n, m := range after {
		sources[m.Source]++
		if n > 0 && m.At.Before(after[n-1].At) {
			t.Errorf("%s comes before %s", after[n-1].ID, m.ID)
		}
		if m.Sentence == "" || m.At.Location() != time.UTC || m.At.Nanosecond()%1000 != 0 {
			t.Errorf("%+v", m)
		}
	}
	t.Logf("%d moments by source: %v", len(after), sources)
	for _, s := range []incident.Source{incident.FromRegistry, incident.FromPlan, incident.FromPerson, incident.FromEvidence, incident.FromConsole} {
		if sources[s] == 0 {
			t.Errorf("nothing is told from %s", s)
		}
	}
}

func (k *stage) toldPublishes(list []incident.Moment, was map[string]before) {
	k.t.Helper()
	for name, b := range was {
		n := slices.IndexFunc(list, func(m incident.Moment) bool { return m.What == "publish" && m.Subject.ID == name })
		if n < 0 {
			k.t.Errorf("that %s was published is not told", name)
			continue
		}
		if m := list[n]; !m.At.Equal(b.at) || m.Details["sha256"] != b.sha256 || m.Who == "" {
			k.t.Errorf("%s: %+v, want %s %s", name, m, b.at, b.sha256)
		}
	}
}

func (k *stage) toldYanks(list []incident.Moment) {
	k.t.Helper()
	a := k.story.August
	for _, r := range a.Restore {
		n := slices.IndexFunc(list, func(m incident.Moment) bool { return m.What == "yank" && m.Subject.ID == r.Crate+"@"+r.Version })
		if n < 0 || list[n].Who != a.Owner.Login {
			k.t.Errorf("the yank of %s %s is not told", r.Crate, r.Version)
		}
	}
	for _, m := range list {
		for _, r := range a.StayYanked {
			if m.What == "yank" && m.Subject.ID == r.Crate+"@"+r.Version {
				k.t.Errorf("a yank of years ago is told: %+v", m)
			}
		}
		if m.WhoID == fmt.Sprintf("account:%d", a.Imitated.UserID) {
			k.t.Errorf("the imitated account acts: %+v", m)
		}
	}
}

// What happens elsewhere changes nothing, whoever asks and however often.
func TestTimelineIsStableUnderReplay(t *testing.T) {
	t.Parallel()
	var cfg incident.Config
	k := newStage(t, func(c *incident.Config) { cfg = *c })
	k.store()
	a := k.story.August
	i, _ := k.containedAugust()
	first := text(t, k.timeline(k.Service, i.ID))
	one, err := k.Export(t.Context(), i.ID, incident.CSV)
	k.must(err)
	sheet, err := k.Sheet(t.Context(), i.ID)
	k.must(err)

	// Unrelated writes in the registry, in the console, and to rows that facts
	// were read from.
	k.exec(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256) SELECT id, '99.0.0', '99.0.0', 1, sha256('x') FROM crates WHERE name = $1`, a.Untouched[0])
	k.exec(`UPDATE users SET gh_login = gh_login || '-renamed' WHERE id = $1`, a.Owner.UserID)
	k.exec(`UPDATE versions SET created_at = created_at - interval '1 hour' WHERE id = $1`, a.Hold[0].VersionID)
	other := k.open(incident.Squatting, incident.Undecided, action.AccountSubject(k.story.Squatter.Account.UserID, ""))
	_, err = k.Note(t.Context(), k.bo, other.ID, "another case", "")
	k.must(err)
	k.must(k.mirror.Refresh(t.Context()))

	for range 2 {
		for _, s := range []*incident.Service{k.Service, incident.New(cfg)} {
			if again := text(t, k.timeline(s, i.ID)); !bytes.Equal(first, again) {
				t.Fatalf("the timeline changed:\n%s", difference(first, again))
			}
			two, err := s.Export(t.Context(), i.ID, incident.CSV)
			k.must(err)
			if !bytes.Equal(one, two) {
				t.Fatal("the export changed")
			}
		}
	}
	again, err := k.Sheet(t.Context(), i.ID)
	k.must(err)
	if x, y := text(t, sheet.Crates), text(t, again.Crates); !bytes.Equal(x, y) {
		t.Errorf("the sheet changed:\n%s", difference(x, y))
	}
	// And a note in the case does add one.
	_, err = k.Note(t.Context(), k.bo, i.ID, "here", "")
	k.must(err)
	if again := text(t, k.timeline(k.Service, i.ID)); bytes.Equal(first, again) {
		t.Error("a note does not appear")
	}
}

func difference(a, b []byte) string {
	x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for n := range min(len(x), len(y)) {
		if x[n] != y[n] {
			return fmt.Sprintf("line %d\n- %s\n+ %s", n, x[n], y[n])
		}
	}
	return fmt.Sprintf("%d lines, %d lines", len(x), len(y))
}

// A case that is opened after everything is gone still tells it, from the
// tombstones and the images of whichever plan deleted it.
func TestTimelineOfWhatIsGone(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	a := k.story.August
	was := k.before(a.Republished)
	var steps []action.StepText
	for _, r := range a.Republished {
		step, err := k.engine.Catalogue().Encode("version.delete", action.DeleteVersion{VersionRef: action.VersionRef{Crate: r.Crate, Version: r.Version}})
		k.must(err)
		steps = append(steps, step)
	}
	plan, err := k.engine.Draft(t.Context(), k.ada, action.Order{Title: "no case yet", Steps: steps}, "")
	k.must(err)
	k.apply(plan)
	var subjects []ledger.Subject
	for _, r := range a.Republished {
		subjects = append(subjects, action.VersionSubject(r.Crate, r.Version))
	}
	i := k.open(incident.MaliciousUpdate, incident.Malicious, subjects...)
	k.toldPublishes(k.timeline(k.Service, i.ID), was)
	sheet, err := k.Sheet(t.Context(), i.ID)
	k.must(err)
	if len(sheet.Crates) != len(a.Republished) {
		t.Fatalf("%+v", sheet.Crates)
	}
	for _, c := range sheet.Crates {
		v := c.Bad[0]
		b := was[c.Name+"@"+v.Num]
		if len(c.Bad) != 1 || !v.Published.Equal(b.at) || v.SHA256 != b.sha256 || v.Removed.IsZero() || c.Deleted || c.Role != "victim" || len(c.Good) == 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestTimelineFilter(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	a := k.story.August
	i, plan := k.containedAugust()
	_, err := k.Note(t.Context(), k.bo, i.ID, "Seen in the LOGS of our mirror", "")
	k.must(err)
	all := k.timeline(k.Service, i.ID)
	bad := a.Republished[0]
	for _, c := range []struct {
		name string
		f    incident.TimelineFilter
		want func(m incident.Moment) bool
	}{
		{"source", incident.TimelineFilter{Sources: []incident.Source{incident.FromPlan}}, func(m incident.Moment) bool { return m.Source == incident.FromPlan }},
		{"what", incident.TimelineFilter{What: "yank"}, func(m incident.Moment) bool { return m.What == "yank" }},
		{"family", incident.TimelineFilter{What: "version"}, func(m incident.Moment) bool { return strings.HasPrefix(m.What, "version.") }},
		{"who", incident.TimelineFilter{Who: a.Owner.Login}, func(m incident.Moment) bool { return strings.Contains(m.Who, a.Owner.Login) }},
		{"who by id", incident.TimelineFilter{Who: "bo"}, func(m incident.Moment) bool { return m.WhoID == "bo" || strings.Contains(m.Who, "bo") }},
		{"text", incident.TimelineFilter{Text: "logs of OUR"}, func(m incident.Moment) bool { return strings.HasPrefix(m.Sentence, "Seen in") }},
		{"from", incident.TimelineFilter{From: plan.CreatedAt}, func(m incident.Moment) bool { return !m.At.Before(plan.CreatedAt) }},
		{"until", incident.TimelineFilter{Until: plan.CreatedAt}, func(m incident.Moment) bool { return m.At.Before(plan.CreatedAt) }},
		{"two", incident.TimelineFilter{What: "publish", Who: a.Owner.Login}, func(m incident.Moment) bool { return m.What == "publish" && strings.Contains(m.Who, a.Owner.Login) }},
	} {
		got, err := k.Timeline(t.Context(), i.ID, c.f)
		k.must(err)
		var want []incident.Moment
		for _, m := range all {
			if c.want(m) {
				want = append(want, m)
			}
		}
		if len(want) == 0 || len(want) == len(all) || !bytes.Equal(text(t, got), text(t, want)) {
			t.Errorf("%s: %d moments, want %d of %d", c.name, len(got), len(want), len(all))
		}
	}
	about, err := k.Timeline(t.Context(), i.ID, incident.TimelineFilter{Subject: ledger.Subject{Kind: "version", ID: bad.Crate + "@" + bad.Version}})
	k.must(err)
	whats := map[string]bool{}
	for _, m := range about {
		whats[m.What] = true
	}
	if !whats["publish"] || !whats["version.hold"] || !whats["files.hold"] || whats["note"] || whats["unyank"] {
		t.Errorf("about the version: %v", whats)
	}
	crate, err := k.Timeline(t.Context(), i.ID, incident.TimelineFilter{Subject: ledger.Subject{Kind: "crate", ID: strings.ToUpper(bad.Crate)}})
	k.must(err)
	if len(crate) <= len(about) {
		t.Errorf("%d about the crate, %d about one of its versions", len(crate), len(about))
	}
}

// A case of many crates is told within a moment, so that its page can show it.
func TestTimelineOfManyCratesIsFast(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	squatter := k.story.Squatter
	i := k.open(incident.Squatting, incident.PolicyCase, action.AccountSubject(squatter.Account.UserID, ""))
	plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	k.apply(plan)
	k.timeline(k.Service, i.ID)
	var list []incident.Moment
	took := pacetest.Within(t, "the timeline", 3*time.Second, func() { list = k.timeline(k.Service, i.ID) })
	began := time.Now()
	sheet, err := k.Sheet(t.Context(), i.ID)
	k.must(err)
	t.Logf("%d moments of %d crates in %v, the sheet in %v", len(list), len(sheet.Crates), took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	publishes := 0
	for _, m := range list {
		if m.What == "publish" {
			publishes++
		}
	}
	if len(sheet.Crates) < 100 || publishes < len(sheet.Crates) {
		t.Errorf("%d crates, %d publishes", len(sheet.Crates), publishes)
	}
}
