package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/demo"
	"cratewarden/incident"
)

// startOwn starts a demo of a test's own, because the test changes it.
func startOwn(t *testing.T) *demoConsole {
	t.Helper()
	own := &demoConsole{crates: "600"}
	own.start()
	if own.err != nil {
		t.Fatalf("demo: %v", own.err)
	}
	t.Cleanup(own.stop)
	return own
}

// consoleURL is the console's own database, with the ledger.
func (d *demoConsole) consoleURL() string {
	return "host=" + filepath.Join(d.data, "postgres", "socket") + " port=5432 user=postgres dbname=console"
}

func (d *demoConsole) ledgerPublic() string { return filepath.Join(d.data, "ledger.key.pub") }

// TestIncidentStories runs the scripts below testdata/incident: whole incidents
// by command line, from the first report to the last check of the ledger.
func TestIncidentStories(t *testing.T) {
	t.Parallel()
	own := startOwn(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "incident"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("CRATEWARDEN_SERVER", own.address)
			env.Setenv("CONSOLE", own.consoleURL())
			env.Setenv("LEDGER_PUBLIC", own.ledgerPublic())
			env.Setenv("TZ", "UTC")
			env.Setenv(keyringVariable, filepath.Join(env.WorkDir, "sessions.json"))
			return nil
		},
	})
}

// did counts the kinds of the steps of a proposal, ticked ones alone, and names
// what they are about.
func did(t *testing.T, p incident.Proposal) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, s := range p.Steps {
		if !s.Ticked {
			continue
		}
		var step struct{ Do string }
		if err := json.Unmarshal(s.Do, &step); err != nil {
			t.Fatal(err)
		}
		out[step.Do] = append(out[step.Do], s.Subject.ID)
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// same compares what was proposed with the right answer.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: %d %q, want %d %q", what, len(got), got, len(want), want)
	}
}

// answers are the right answers to the demo's situations.
func (d *demoConsole) answers(t *testing.T) demo.Situations {
	t.Helper()
	a := demoAnswers(d.data)
	if a == nil {
		t.Fatal("the demo left no answers")
	}
	return *a
}

// verified checks the whole ledger of a demo with the program's own command.
func (d *demoConsole) verified(t *testing.T) {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"ledger", "verify", "--console-url", d.consoleURL(), "--public-key", d.ledgerPublic()}, strings.NewReader(""), &out, &out); err != nil {
		t.Errorf("ledger: %v\n%s", err, &out)
	}
}

// TestIncidentsByInterface plays the typosquatting campaign and the squatter by
// HTTP and JSON alone, with two people, from opened to closed.
func TestIncidentsByInterface(t *testing.T) {
	t.Parallel()
	own := startOwn(t)
	ada, bo := own.robot(t, "ada"), own.robot(t, "bo")
	right := own.answers(t)
	t.Run("typosquats", func(t *testing.T) { typosquatsByInterface(t, ada, bo, right.Typosquats) })
	t.Run("squatter", func(t *testing.T) { squatterByInterface(t, ada, bo, right.Squatter) })
	own.verified(t)
}

func typosquatsByInterface(t *testing.T, ada, bo *robot, right demo.Typosquats) {
	ada.t, bo.t = t, t
	order := map[string]any{"title": "One letter away", "kind": "typosquat", "severity": "high",
		"subjects": []map[string]string{{"kind": "account", "id": right.Accounts[2].Login}}}
	var v, again api.IncidentView
	ada.post("/incidents", order, &v)
	// The same key again is the same incident.
	key := fmt.Sprintf("%s-ada-%d", t.Name(), ada.keys)
	if ada.must(ada.send("POST", "/incidents", key, order, &again)); again.Incident.ID != v.Incident.ID {
		t.Errorf("%s and %s", v.Incident.ID, again.Incident.ID)
	}
	at := "/incidents/" + v.Incident.ID
	ada.post(at+"/decide", map[string]any{"set": map[string]string{"verdict": "malicious", "tlp": "CLEAR"}, "was": map[string]string{"verdict": "", "tlp": "AMBER"}}, nil)
	problem := bo.try(at+"/decide", map[string]any{"set": map[string]string{"verdict": "benign"}, "was": map[string]string{"verdict": ""}}, nil)
	if problem == nil || problem.Kind != cratewarden.Conflict || len(problem.Clash) != 1 || problem.Clash[0].Now != "malicious" || problem.Clash[0].Wanted != "benign" {
		t.Errorf("two verdicts: %+v", problem)
	}

	p := ada.proposal(at)
	steps := did(t, p)
	var versions, accounts, crates []string
	for _, r := range right.Hold {
		versions = append(versions, r.Crate+"@"+r.Version)
	}
	for _, a := range right.Accounts {
		accounts = append(accounts, fmt.Sprint(a.UserID))
	}
	crates = slices.Collect(maps.Keys(right.Target))
	same(t, "hold", steps["version.hold"], versions)
	same(t, "contain", steps["account.contain"], accounts)
	same(t, "advisories", slices.Sorted(slices.Values(p.Advisories)), crates)
	if len(steps) != 2 || len(versions) != 21 || len(accounts) != 4 || len(crates) != 12 {
		t.Errorf("%d kinds of steps, %d versions, %d accounts, %d crates", len(steps), len(versions), len(accounts), len(crates))
	}

	var plan api.PlanView
	ada.post(at+"/plan", map[string]string{"public": "Names that imitate others.", "seen": p.Seen}, &plan)
	if n := ada.carry(plan, bo); n != 0 {
		t.Errorf("%d approvals", n)
	}
	ada.post(at+"/sync", nil, &v)
	if v.Incident.State != incident.Contained {
		t.Errorf("it is %s", v.Incident.State)
	}
	if problem := ada.try(at+"/plan", map[string]string{"seen": "0000000000000000"}, nil); problem == nil || problem.Kind != cratewarden.Conflict {
		t.Errorf("a proposal that nobody saw: %+v", problem)
	}
	ada.post(at+"/removal", map[string]string{"public": "Names that imitate others."}, &plan)
	if n := ada.carry(plan, bo); n != 1 || len(plan.Sentences) != 12 {
		t.Errorf("%d approvals, %q", n, plan.Sentences)
	}
	ada.post(at+"/sync", nil, &v)
	if v.Incident.State != incident.Removed {
		t.Errorf("it is %s", v.Incident.State)
	}
	tell(t, ada, at, 24)
	finish(t, ada, at)
	var moments api.MomentList
	ada.get(at+"/timeline?source=registry&what=publish", &moments)
	if len(moments.Rows) != 21 {
		t.Errorf("%d publishes on the timeline", len(moments.Rows))
	}
}

// tell drafts, approves and sends advisories.
func tell(t *testing.T, who *robot, at string, want int) {
	t.Helper()
	who.post(at+"/texts/behaviour", map[string]any{"text": "The build script sends all environment variables away."}, nil)
	who.post(at+"/texts/links", map[string]any{"text": "https://advisories.example/report/7"}, nil)
	var drafts api.DraftList
	who.post(at+"/drafts", map[string]any{"formats": []string{"rustsec", "osv"}}, &drafts)
	if len(drafts.Rows) != want {
		t.Fatalf("%d drafts, want %d", len(drafts.Rows), want)
	}
	var lint api.LintReport
	if who.get(at+"/lint", &lint); !lint.Publishable {
		t.Errorf("%+v", lint.Problems)
	}
	for _, d := range drafts.Rows {
		one := fmt.Sprintf("/drafts/%d", d.ID)
		var now incident.Draft
		who.post(one+"/approve", map[string]int{"revision": d.Revision}, &now)
		if problem := who.try(one+"/send", map[string]any{"revision": d.Revision, "where": "https://advisories.example/pull/17"}, nil); problem == nil || problem.Kind != cratewarden.Conflict {
			t.Errorf("a revision that nobody saw was sent: %+v", problem)
		}
		who.post(one+"/send", map[string]any{"revision": now.Revision, "where": "https://advisories.example/pull/17"}, &now)
		if now.State != incident.DraftSent {
			t.Errorf("draft %d is %s", d.ID, now.State)
		}
	}
}

// finish closes an incident, with a reason for each task that nobody does.
func finish(t *testing.T, who *robot, at string) {
	t.Helper()
	var v api.IncidentView
	who.post(at+"/move", map[string]string{"state": "communicated"}, &v)
	for _, task := range v.Tasks {
		if task.State == incident.TaskOpen {
			who.post(at+"/tasks/"+task.Item, map[string]string{"do": "skip", "why": "Not needed here."}, nil)
		}
	}
	who.post(at+"/notes", map[string]string{"text": "All is done."}, nil)
	who.post(at+"/move", map[string]string{"state": "closed"}, &v)
	if v.Incident.State != incident.Closed || v.Incident.ClosedAt == nil {
		t.Errorf("%s, %v", v.Incident.State, v.Incident.ClosedAt)
	}
	var events api.EventList
	who.get(at+"/events?limit=1000", &events)
	last := events.Rows[len(events.Rows)-1]
	if last.Kind != incident.StateEvent || last.Details["to"] != "closed" || last.Ledger == nil {
		t.Errorf("the last event is %+v", last)
	}
	var clocks incident.Clocks
	who.get(at+"/clocks", &clocks)
	for _, name := range []incident.ClockName{incident.VerdictClock, incident.ContainClock, incident.RemoveClock} {
		if c := clocks.Of(name); c.State != incident.ClockMet {
			t.Errorf("the clock %s is %s", name, c.State)
		}
	}
}

func squatterByInterface(t *testing.T, ada, bo *robot, right demo.Squatter) {
	ada.t, bo.t = t, t
	var v api.IncidentView
	bo.post("/incidents", map[string]any{"title": "120 names", "kind": "squatting", "severity": "low", "subjects": []map[string]string{{"kind": "crate", "id": right.Crates[7]}}}, &v)
	at := "/incidents/" + v.Incident.ID
	bo.post(at+"/decide", map[string]any{"set": map[string]string{"verdict": "policy", "lead": v.Incident.OpenedBy.ID}}, &v)
	if v.Incident.Lead.Name != "Bo" || v.Incident.State != incident.Triaged {
		t.Errorf("%+v is %s", v.Incident.Lead, v.Incident.State)
	}
	p := ada.proposal(at)
	steps := did(t, p)
	same(t, "hold", steps["crate.hold"], slices.Clone(right.Crates))
	if len(steps) != 1 || len(right.Crates) != 120 || len(p.Advisories) != 0 {
		t.Errorf("%d kinds of steps, %d crates, advisories %q", len(steps), len(right.Crates), p.Advisories)
	}
	var plan api.PlanView
	ada.post(at+"/plan", map[string]string{"public": "Names that nobody uses."}, &plan)
	if n := ada.carry(plan, bo); n != 1 || len(plan.Sentences) != 120 {
		t.Errorf("%d approvals, %d steps", n, len(plan.Sentences))
	}
	ada.get(at+"/removal", &p)
	same(t, "delete", did(t, p)["crate.delete"], slices.Clone(right.Crates))
	ada.post(at+"/removal", map[string]string{"public": "Names that nobody uses."}, &plan)
	if n := ada.carry(plan, bo); n != 1 || len(plan.Sentences) != 120 {
		t.Errorf("%d approvals, %d steps", n, len(plan.Sentences))
	}
	ada.post(at+"/sync", nil, &v)
	if v.Incident.State != incident.Removed {
		t.Errorf("it is %s", v.Incident.State)
	}
	finish(t, ada, at)
	var moments api.MomentList
	ada.get(at+"/timeline?source=registry&what=publish", &moments)
	published := map[string]bool{}
	for _, m := range moments.Rows {
		crate, _, _ := strings.Cut(m.Subject.ID, "@")
		published[crate] = true
	}
	if len(published) != 120 {
		t.Errorf("publishes of %d crates are on the timeline after they were deleted", len(published))
	}
	if problem := ada.try("/drills", map[string]string{"name": "flood"}, nil); problem == nil || problem.Kind != cratewarden.Conflict {
		t.Errorf("a drill of what was done already: %+v", problem)
	}
}
