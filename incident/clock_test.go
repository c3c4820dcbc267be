package incident

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cratewarden/action"
)

var noon = time.Date(2026, 8, 20, 12, 0, 0, 0, time.UTC)

func after(minutes float64) time.Time { return noon.Add(time.Duration(minutes * float64(time.Minute))) }

func TestClocksOfMilestones(t *testing.T) {
	t.Parallel()
	whole := milestones{
		incident:  Incident{State: Reviewed, Verdict: Compromised},
		published: after(-5), reported: after(0), looked: after(2), judged: after(10), contained: after(15), removed: after(45), measured: after(20), advised: after(106),
	}
	with := func(change func(*milestones)) milestones {
		m := whole
		change(&m)
		return m
	}
	for _, c := range []struct {
		name string
		m    milestones
		now  time.Time
		want string
	}{
		{"over", whole, after(1e6), "report met, look met, verdict met, contain met, remove late, measure met, advise late, exposed met"},
		{"exactly on time", with(func(m *milestones) { m.looked, m.judged, m.contained = after(5), after(20), after(25) }), after(1e6),
			"report met, look met, verdict met, contain met, remove late, measure met, advise late, exposed met"},
		{"runs", milestones{incident: Incident{State: Triaged, Verdict: Malicious}, reported: after(0), looked: after(2), judged: after(10)}, after(14),
			"report none, look met, verdict met, contain running, remove waiting, measure running, advise waiting, exposed none"},
		{"overdue", milestones{incident: Incident{State: Triaged, Verdict: Malicious}, published: after(-5), reported: after(0), looked: after(2), judged: after(10)}, after(31),
			"report met, look met, verdict met, contain overdue, remove waiting, measure overdue, advise waiting, exposed running"},
		{"just opened", milestones{incident: Incident{State: Reported}, reported: after(0)}, after(1),
			"report none, look running, verdict waiting, contain waiting, remove waiting, measure running, advise waiting, exposed waiting"},
		{"benign", milestones{incident: Incident{State: Closed, Verdict: Benign}, reported: after(0), looked: after(1), judged: after(9)}, after(1e6),
			"report none, look met, verdict met, contain none, remove none, measure none, advise none, exposed none"},
		{"policy", milestones{incident: Incident{State: Removed, Verdict: PolicyCase}, published: after(-9), reported: after(0), looked: after(1), judged: after(9), contained: after(10), removed: after(11)}, after(1e6),
			"report met, look met, verdict met, contain met, remove met, measure overdue, advise none, exposed met"},
		{"skipped a step", milestones{incident: Incident{State: Removed, Verdict: Malicious}, reported: after(0), looked: after(1), judged: after(9), removed: after(11)}, after(20),
			"report none, look met, verdict met, contain none, remove none, measure running, advise running, exposed none"},
		{"known before it was published", with(func(m *milestones) { m.published = after(9) }), after(1e6),
			"report met, look met, verdict met, contain met, remove late, measure met, advise late, exposed met"},
	} {
		var got []string
		for _, k := range c.m.clocks(c.now) {
			got = append(got, string(k.Name)+" "+string(k.State))
			if k.Seconds < 0 || k.Took() != time.Duration(k.Seconds*1e9) {
				t.Errorf("%s: %+v", c.name, k)
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, text, c.want)
		}
	}
	if k := (Clocks{Clocks: whole.clocks(noon)}).Of(AdviseClock); k.Seconds != 61*60 || k.Target != 3600 {
		t.Errorf("%+v", k)
	}
}

// August as it was: the times of the public record, against the targets of now.
func TestClocksOfAugust2026(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		out, err := time.Parse(time.DateTime, "2026-08-20 "+text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	m := milestones{incident: Incident{State: Communicated, Verdict: Compromised}, published: at("07:15:00"), reported: at("07:15:00"),
		contained: at("09:25:24"), removed: at("09:25:24"), advised: at("11:03:00")}
	c := Clocks{Clocks: m.clocks(at("15:46:00"))}
	if k := c.Of(ExposedClock); k.Seconds != 130*60+24 {
		t.Errorf("%+v", k)
	}
	if k := c.Of(AdviseClock); k.State != ClockLate {
		t.Errorf("%+v", k)
	}
}

// at sets the clock of a kit.
func (k *kit) at(t time.Time) { k.clock = func() time.Time { return t } }

// cased goes through the first steps of a case at given minutes.
func (k *kit) cased(kind Kind, opened, judged, contained float64) Incident {
	k.t.Helper()
	k.at(after(opened))
	i, err := k.Open(k.t.Context(), k.ada, Opening{Title: "one", Kind: kind, ReportedAt: moment(after(opened - 3)), Subjects: []Subject{sub("version", "arraykit@0.3.10", "carrier")}})
	if err != nil {
		k.t.Fatal(err)
	}
	if judged > 0 {
		k.at(after(judged))
		if _, err := k.Decide(k.t.Context(), k.ada, i.ID, Change{Set: map[Field]string{VerdictField: "malicious"}, Was: map[Field]string{VerdictField: ""}}); err != nil {
			k.t.Fatal(err)
		}
	}
	if contained > 0 {
		k.at(after(contained))
		if _, err := k.Move(k.t.Context(), k.ada, i.ID, Contained, "the registry did it"); err != nil {
			k.t.Fatal(err)
		}
	}
	return i
}

func TestClocksFromTheRecord(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Engine = nil })
	i := k.cased(MaliciousUpdate, 10, 20, 26)
	if err := k.keepFacts(t.Context(), []fact{newFact(published{ID: 1, Crate: "Arraykit", Num: "0.3.10", At: after(1)}.moment()), newFact(published{ID: 2, Crate: "arraykit", Num: "0.3.9", At: after(-1e6)}.moment())}); err != nil {
		t.Fatal(err)
	}
	c, err := k.Clocks(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[ClockName]float64{ReportClock: 6, LookClock: 3, VerdictClock: 10, ContainClock: 6, ExposedClock: 25} {
		if got := c.Of(name); got.Seconds != want*60 {
			t.Errorf("%s took %v minutes, want %v: %+v", name, got.Seconds/60, want, got)
		}
	}
	if got := c.Of(ContainClock).State; got != ClockLate {
		t.Error(got)
	}
}

func TestMonths(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Engine = nil })
	k.cased(MaliciousUpdate, 0, 10, 13) // contained after 3
	k.cased(MaliciousUpdate, 0, 10, 19) // 9: late
	k.cased(Typosquat, 0, 10, 15)       // 5
	k.cased(Typosquat, 60*24*20, 0, 0)  // in September
	if _, err := k.db.Exec(t.Context(), `INSERT INTO incident (title, kind, state, severity, tlp, opened_by, opened_at, changed_at, drill) VALUES ('d', 'flood', 'reported', 'low', 'AMBER', '{}', $1, $1, 'august')`, noon); err != nil {
		t.Fatal(err)
	}
	k.at(after(60 * 24 * 20))
	list, err := k.Months(t.Context(), noon.AddDate(0, -1, 0), after(60*24*30))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Month != "2026-07" || list[0].All.Incidents != 0 || list[2].All.Incidents != 1 || list[2].Kinds[0].Kind != Typosquat {
		t.Fatalf("%+v", list)
	}
	august := list[1]
	if august.All.Incidents != 3 || august.All.Open != 3 || len(august.Kinds) != 2 || august.Kinds[0].Kind != MaliciousUpdate {
		t.Fatalf("%+v", august)
	}
	sums := func(s KindSum, name ClockName) ClockSum {
		for _, c := range s.Clocks {
			if c.Name == name {
				return c
			}
		}
		return ClockSum{}
	}
	if c := sums(august.All, ContainClock); c.Count != 3 || c.Median != 300 || c.Worst != 540 || c.WorstOf != "INC-2" || c.Late != 1 || c.Target != 300 {
		t.Errorf("%+v", c)
	}
	if c := sums(august.Kinds[0], ContainClock); c.Count != 2 || c.Median != 360 {
		t.Errorf("%+v", c)
	}
	if c := sums(august.All, AdviseClock); c.Count != 0 || c.WorstOf != "" {
		t.Errorf("%+v", c)
	}
	if _, err := k.Months(t.Context(), noon, noon.AddDate(-1, 0, 0)); err == nil {
		t.Error("months that end before they begin")
	}
	if _, err := k.Months(t.Context(), noon.AddDate(-20, 0, 0), noon); err == nil {
		t.Error("20 years at once")
	}
}

func TestMetricsOfIncidents(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Engine = nil })
	k.cased(MaliciousUpdate, 0, 10, 19)
	k.cased(Typosquat, 0, 10, 0)
	k.at(after(30))
	reg := prometheus.NewRegistry()
	reg.MustRegister(k.Metrics())
	got := k.gathered(reg)
	for name, want := range map[string]float64{
		"cratewarden_incidents kind=malicious-update state=contained": 1, "cratewarden_incidents kind=typosquat state=triaged": 1,
		"cratewarden_incident_clocks_overdue clock=contain": 1, "cratewarden_incident_clocks_overdue clock=measure": 2, "cratewarden_incident_clocks_overdue clock=verdict": 0,
		"cratewarden_incident_clock_seconds clock=contain kind=malicious-update of=median": 540, "cratewarden_incident_clock_seconds clock=contain kind=malicious-update of=worst": 540,
		"cratewarden_incident_clocks_finished clock=contain kind=malicious-update result=late": 1, "cratewarden_incident_clocks_finished clock=contain kind=malicious-update result=met": 0,
	} {
		if value, there := got[name]; !there || value != want {
			t.Errorf("%s is %v, %v, want %v", name, value, there, want)
		}
	}
	if _, there := got["cratewarden_incident_clock_seconds clock=contain kind=typosquat of=median"]; there {
		t.Error("a clock that never ended has a median")
	}
	// The database is asked once for many scrapes; when it is gone after that,
	// nobody is told old figures.
	k.db.Close()
	if again := k.gathered(reg); len(again) != len(got) {
		t.Errorf("%d metrics, then %d", len(got), len(again))
	}
	fresh := prometheus.NewRegistry()
	fresh.MustRegister(k.Metrics())
	if none := k.gathered(fresh); len(none) != 0 {
		t.Errorf("without a database: %v", none)
	}
}

func (k *kit) gathered(reg *prometheus.Registry) map[string]float64 {
	k.t.Helper()
	families, err := reg.Gather()
	if err != nil {
		k.t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetName() + "=" + l.GetValue()
			}
			out[name] = m.GetGauge().GetValue()
		}
	}
	return out
}

func TestFollows(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Engine = nil })
	k.at(noon)
	i := k.opened()
	due := noon.AddDate(0, 0, 7)
	for name, o := range map[string]FollowOrder{
		"nobody": {Title: "a", Due: due}, "no day": {Title: "a", Holder: "bo"}, "over": {Title: "a", Holder: "bo", Due: noon.AddDate(0, 0, -2)}, "stranger": {Title: "a", Holder: "eve", Due: due}, "empty": {Holder: "bo", Due: due},
	} {
		if _, err := k.AddFollow(t.Context(), k.ada, i.ID, o, ""); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	made, err := k.AddFollow(t.Context(), k.ada, i.ID, FollowOrder{Title: "Watch new names", Holder: "bo", Due: due}, "k")
	if err != nil || !made.After || made.Holder.ID != "bo" {
		t.Fatal(made, err)
	}
	if again, err := k.AddFollow(t.Context(), k.ada, i.ID, FollowOrder{Title: "Watch new names", Holder: "bo", Due: due}, "k"); err != nil || again.Item != made.Item {
		t.Error(again, err)
	}
	list, err := k.Follows(t.Context(), FollowFilter{Holder: "bo"})
	if err != nil || len(list) != 1 || list[0].Overdue || list[0].Incident != i.ID || list[0].Case != i.Title || list[0].Title != "Watch new names" {
		t.Fatal(list, err)
	}
	k.at(noon.AddDate(0, 0, 8))
	if list, err = k.Follows(t.Context(), FollowFilter{Overdue: true}); err != nil || len(list) != 1 || !list[0].Overdue {
		t.Fatal(list, err)
	}
	for who, want := range map[*action.Actor]int{&k.bo: 1, &k.ada: 0} {
		n, err := k.Needs(t.Context(), *who)
		if err != nil || len(n.Follows) != want || len(n.Missing) != 0 || want == 1 && !n.Follows[0].Urgent {
			t.Errorf("%s: %+v %v", who.ID, n, err)
		}
	}
	k.followChanged(i, made, due)
}

func (k *kit) followChanged(i Incident, made Task, due time.Time) {
	t := k.t
	t.Helper()
	later, other := due.AddDate(0, 0, 7), due.AddDate(0, 0, 14)
	got, err := k.SetFollow(t.Context(), k.ada, i.ID, made.Item, FollowChange{Due: &later, Was: &due, Why: "holidays"})
	if err != nil || !got.Due.Equal(later) {
		t.Fatal(got, err)
	}
	if _, err := k.SetFollow(t.Context(), k.bo, i.ID, made.Item, FollowChange{Due: &other, Was: &due}); err == nil || !strings.Contains(err.Error(), "") {
		t.Error("two set another day, and neither heard of the other")
	}
	if got, err = k.SetFollow(t.Context(), k.bo, i.ID, made.Item, FollowChange{Holder: "ada"}); err != nil || got.Holder.ID != "ada" || !got.Due.Equal(later) {
		t.Error(got, err)
	}
	if _, err := k.SetFollow(t.Context(), k.bo, i.ID, "lead", FollowChange{Holder: "ada"}); err == nil {
		t.Error("a task before closing got a day")
	}
	if list, err := k.Follows(t.Context(), FollowFilter{Overdue: true}); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	if _, err := k.Done(context.Background(), k.ada, i.ID, made.Item, ""); err != nil {
		t.Error(err)
	}
	list, err := k.Follows(t.Context(), FollowFilter{Incident: i.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Item == made.Item {
			t.Error("what is done is still to follow")
		}
	}
	all, err := k.Follows(t.Context(), FollowFilter{Incident: i.ID, All: true})
	if err != nil || len(all) != len(list)+1 {
		t.Error(len(all), len(list), err)
	}
}
