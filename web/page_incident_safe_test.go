package web

import (
	"net/url"
	"testing"

	"cratewarden/access"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/web/webtest"
)

func refusedFor(act string) error {
	return &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleRole, Why: "It takes another role.", Remedy: "Ask somebody who has it."}}}
}

// hostileCases has an evil text in every field of everything that a case holds.
func hostileCases() *keeper {
	k := &keeper{wake: make(chan struct{}), events: map[string][]incident.Event{}, tasks: map[string][]incident.Task{}, files: map[string][]incident.File{}, clocks: map[string]incident.Clocks{}}
	for i, state := range append(caseStates(), incident.State(evil)) {
		x := hostile[incident.Incident]()
		x.ID, x.MergedInto, x.SplitFrom, x.State, x.Also = "INC-"+digits(i+1), "", "", state, nil
		if i%2 == 0 {
			x.Verdict = incident.Undecided
		}
		k.cases = append(k.cases, x)
		events, tasks := hostile[[]incident.Event](), hostile[[]incident.Task]()
		for j := range events {
			events[j].Kind = []string{incident.NoteEvent, incident.StateEvent}[j%2]
		}
		for j := range tasks {
			tasks[j].State, tasks[j].After = []incident.TaskState{incident.TaskOpen, incident.TaskSkipped}[j%2], i%3 == 0
		}
		k.events[x.ID], k.tasks[x.ID], k.files[x.ID], k.clocks[x.ID] = events, tasks, hostile[[]incident.File](), hostile[incident.Clocks]()
	}
	k.steps, k.here, k.similar = hostile[[]incident.Step](), hostile[[]incident.Present](), k.cases[:1]
	k.months, k.moments, k.figures = hostile[[]incident.Month](), hostile[[]incident.Moment](), hostile[[]incident.Figure]()
	k.proposal, k.score, k.advice, k.recipients, k.needs = hostile[incident.Proposal](), hostile[incident.DrillScore](), hostile[[]incident.Channel](), hostile[[]incident.Recipient](), hostile[incident.Needs]()
	for i := range k.proposal.Steps {
		k.proposal.Steps[i].Do = yankStep(evil, evil, evil)
	}
	for i, state := range []incident.DraftState{incident.DraftOpen, incident.DraftApproved, incident.DraftSent, incident.DraftCorrected, incident.DraftWithdrawn} {
		d := hostile[incident.Draft]()
		d.ID, d.Incident, d.State, d.CorrectedBy = int64(i+1), "INC-1", state, 0
		d.Format = []advisory.Format{advisory.Format(evil), advisory.MailLocked}[i%2]
		k.drafts = append(k.drafts, d)
	}
	return k
}

// hostilePaths are all pages of cases.
func hostilePaths() []string {
	e := url.QueryEscape(evil[:60])
	out := []string{"/", "/publishes", "/incidents", "/incidents?state=all&q=" + e + "&kind=" + e + "&campaign=" + e, "/incidents/new?subject=" + e + "&title=" + e + "&note=" + e + "&kind=" + e, "/incidents/months?kind=each", "/drills", "/crates/arraykit", "/plans/new?do=version.yank&incident=" + e}
	for _, id := range []string{"INC-1", "INC-2", "INC-8", "INC-9"} {
		for _, step := range []string{"", "change", "join", "files", "timeline", "proposal", "figures", "drafts", "after", "score"} {
			if step == "" {
				out = append(out, incidentURL(id))
				continue
			}
			out = append(out, incidentURL(id, step))
		}
	}
	for _, d := range []string{"1", "2", "3", "4", "5"} {
		out = append(out, "/incidents/INC-1/drafts/"+d)
	}
	return out
}

// TestHostileIncidentsAreInert shows evil texts in every field of every page.
func TestHostileIncidentsAreInert(t *testing.T) {
	t.Parallel()
	s := incidentServer(t, hostileCases(), responder, func(c *Config) { c.Registry.Kind = Demo })
	for _, path := range hostilePaths() {
		inertPage(t, path, body(t, ask(s, "GET", path, nil)))
	}
	form := url.Values{"subjects": {evil}, "title": {evil}, "note": {evil}, "kind": {evil}, "body": {evil}, "reason": {evil}, "set.title": {evil}, "was.title": {"x"}, "why": {evil}, "op": {"add"}, "state": {evil}, "step": {"0:" + evil}, "public": {evil}, "where": {evil}, "draft": {"1"}, "method": {evil}, "form": {"text"}, "t.summary": {evil}}
	k := hostileCases()
	k.err = notCase(evil)
	s = incidentServer(t, k, responder)
	for _, path := range []string{"/incidents", "/incidents/INC-1/change", "/incidents/INC-1/state", "/incidents/INC-1/notes", "/incidents/INC-1/subjects", "/incidents/INC-1/tasks", "/incidents/INC-1/tasks/x", "/incidents/INC-1/proposal", "/incidents/INC-1/figures", "/incidents/INC-1/texts", "/incidents/INC-1/drafts", "/incidents/INC-1/drafts/1", "/incidents/INC-1/drafts/1/approve", "/incidents/INC-1/drafts/send", "/incidents/INC-1/override", "/incidents/INC-1/merge", "/incidents/INC-1/split", "/incidents/INC-8/reopen"} {
		inertPage(t, path, body(t, ask(s, "POST", path, post(form))))
	}
}

// TestHostileIncidentsInABrowser shows them to a browser, which must not
// complain, run anything, or be pushed sideways.
func TestHostileIncidentsInABrowser(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, incidentServer(t, hostileCases(), responder)).Open(t, "/incidents")
	for _, path := range []string{"/incidents", "/incidents/INC-1", "/incidents/INC-2", "/incidents/INC-2/timeline", "/incidents/INC-1/proposal", "/incidents/INC-1/drafts", "/incidents/INC-1/drafts/1", "/incidents/INC-1/figures"} {
		p.Go(path)
		p.Fits("evil-"+pictureName(path), 390, "light")
		p.CheckAxe()
		p.Fits("evil-"+pictureName(path), 1440, "dark")
	}
}
