package web

import (
	"testing"

	"cratewarden/incident"
	"cratewarden/web/webtest"
)

// TestIncidentsInABrowser looks at every page of cases, wide and narrow, in both
// colours.
func TestIncidentsInABrowser(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, incidentServer(t, sampleCases().fill(t), responder, func(c *Config) { c.Registry.Kind = Demo })).Open(t, "/")
	lookAt(t, p, "/incidents", "/incidents/INC-118", "/incidents/INC-119", "/incidents/INC-120", "/incidents/INC-104", "/incidents/new?subject=version:arraykit@0.3.10",
		"/incidents/INC-118/change", "/incidents/INC-118/join", "/incidents/INC-104/join", "/incidents/INC-118/files",
		"/incidents/months?kind=each", "/incidents/INC-118/timeline", "/incidents/INC-118/proposal", "/incidents/INC-118/figures", "/incidents/INC-118/drafts", "/incidents/INC-118/drafts/1", "/incidents/INC-118/drafts/4", "/incidents/INC-118/drafts/5",
		"/incidents/INC-118/after", "/drills", "/incidents/INC-120/score", "/", "/publishes", "/plans/new?do=version.yank", "/plans/p01reviewed", "/crates/arraykit/0.3.10")
}

// TestIncidentFollowsItself leaves a case open while a colleague works on it:
// the checklist renews itself, and what somebody is typing stays.
func TestIncidentFollowsItself(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	p := webtest.Serve(t, incidentServer(t, k, responder)).Open(t, "/incidents/INC-118")
	p.Click("#note-body")
	p.Press("half a thought")
	p.Click("#task-remove .skip-task summary")
	k.mu.Lock()
	k.tasks["INC-118"][2].State = incident.TaskDone
	k.events["INC-118"] = append(k.events["INC-118"], incident.Event{ID: 9, At: deskTime, By: incident.Person{Name: "Bo Remover"}, Kind: incident.NoteEvent, Body: "Sealed it."})
	k.mu.Unlock()
	k.wake <- struct{}{}
	later(t, p, `document.querySelector("#notes").textContent.includes("Sealed it.")`)
	if got := webtest.Eval[string](p, `document.querySelector("#note-body").value + document.querySelector("#task-remove .skip-task").open + document.querySelector("#task-seal").className`); got != "half a thoughttrueheld" {
		t.Errorf("what was typed and opened is %q", got)
	}
	p.Click("#task-remove .skip-task summary") // closes it
	webtest.Eval[bool](p, `(document.activeElement.blur(), true)`)
	later(t, p, `document.querySelector("#task-seal").className === "done"`)
	p.CheckAxe()
}

// TestIncidentWithoutScripts works on a case in a browser that runs none.
func TestIncidentWithoutScripts(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	p := webtest.Serve(t, incidentServer(t, k, responder)).Open(t, "/incidents/INC-119")
	p.Scripts(false)
	p.Go("/incidents/INC-119")
	p.Click("#note-body")
	p.Press("no scripts")
	p.Click("#add-note .foot-acts button")
	p.Wait("#notes")
	p.Click(".hands form .button")
	p.Wait("#notes")
	if calls := k.called(); len(calls) != 2 || calls[0] != `note INC-119 "no scripts"` || calls[1] != `decide p1 INC-119 map[lead:p1] was map[lead:] ""` {
		t.Errorf("asked %q", calls)
	}
}
