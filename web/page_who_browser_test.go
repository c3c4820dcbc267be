package web

import (
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/team"
	"cratewarden/web/webtest"
)

// TestWhoPagesInABrowser looks at the pages of people and their rights, wide and
// narrow, in both colours; the browser must have nothing to complain about, and
// axe neither.
func TestWhoPagesInABrowser(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.visitor.Session.StepUpEnd = deskTime.Add(4*time.Minute + 32*time.Second)
	s, f := staff(t, d, func(c *Config) { c.Clock = func() time.Time { return deskTime } })
	p := waitingPlan(f, 20*time.Minute)
	f.glass = []action.BrokenGlass{{ID: 3, Plan: p.ID, Digest: *p.Digest, Actor: colleague, Reason: "A worm spreads and nobody answers.", Demands: p.Demands, At: deskTime, Due: deskTime.Add(24 * time.Hour)}}
	page := webtest.Serve(t, s).Open(t, "/")
	for _, path := range []string{"/", "/you", "/people", "/people/p2", "/rules", "/device", "/plans/p95waits", "/break-glass", "/break-glass/3"} {
		page.Go(path)
		look(t, page, pictureName(path))
	}
}

// look takes a picture in each width and colour, and asks axe.
func look(t *testing.T, p *webtest.Page, name string) {
	t.Helper()
	p.Screenshot(name, 390, "light")
	p.CheckAxe()
	p.Screenshot(name, 1440, "dark")
	p.CheckAxe()
	p.Screenshot(name, 1440, "light")
	p.CheckAxe()
}

// TestGatePagesInABrowser looks at what the gate answers by itself.
func TestGatePagesInABrowser(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.ask = auth.Ask{Code: "WDJB-MJHT", Session: "s2", From: auth.From{Address: "203.0.113.9", Agent: "cratewarden/1.4 linux"}, Created: deskTime, About: auth.About{Purpose: "apply", Plan: "p01reviewed", Digest: &ledger.Digest{7}}}
	d.providers = []auth.ProviderConfig{{ID: "github", Name: "GitHub"}, {ID: "sso", Name: "the project's single sign-on"}}
	d.members = []team.Member{{Name: "Ada", GitHubID: 1, OnCall: true, Grants: []team.Grant{{Role: cratewarden.Responder}, {Role: cratewarden.Remover}, {Role: cratewarden.Platform}}}, {Name: "Bo", GitHubID: 2, Grants: []team.Grant{{Role: cratewarden.Responder}, {Role: cratewarden.Remover}, {Role: cratewarden.Platform}}}, {Name: "Vera", Grants: []team.Grant{{Role: cratewarden.Viewer}}}, {Name: "Audrey", Grants: []team.Grant{{Role: cratewarden.Auditor}}}}
	d.refuse["look.token"] = localDenied("plan.draft")
	d.refuse["plan.apply"] = needsStepUp("plan.apply")
	s, f := staff(t, d, func(c *Config) { c.Pretend = true })
	page := webtest.Serve(t, s).Open(t, "/tokens")
	page.Expect("status of 403")
	page.Expect("status of 401")
	look(t, page, "gate-denied")
	post := func(path, fields string) {
		webtest.Eval[bool](page, `(() => { const f = document.createElement("form"); f.method = "post"; f.action = "`+path+`"; for (const [n, v] of Object.entries(`+fields+`)) { const i = document.createElement("input"); i.name = n; i.value = v; f.append(i); } document.body.append(f); f.submit(); return true; })()`)
	}
	post("/plans/p02approved/apply", `{digest: "`+f.plans["p02approved"].Digest.String()+`", typed: "3"}`)
	eventually(t, page, "document.readyState + location.pathname", "complete/plans/p02approved/apply")
	look(t, page, "gate-confirm")
	page.Go("/device")
	post("/device", `{code: "WDJB-MJHT"}`)
	eventually(t, page, `document.readyState + document.querySelector("h2")?.textContent`, "completeIt wants you to confirm a change")
	look(t, page, "gate-device")
	post("/you/tokens", `{name: "nightly", role: "viewer", days: "7"}`)
	eventually(t, page, `document.readyState + location.pathname`, "complete/you/tokens")
	look(t, page, "gate-token")
	page.Go("/people/p2")
	post("/people/p2/enrolment", `{}`)
	eventually(t, page, `document.readyState + location.pathname`, "complete/people/p2/enrolment")
	look(t, page, "gate-code")
	d.mu.Lock()
	d.out = true
	d.mu.Unlock()
	page.Go("/plans")
	look(t, page, "gate-sign-in")
	post("/plans/p01reviewed/review", `{title: "typed for an hour"}`)
	eventually(t, page, "document.readyState + location.pathname", "complete/plans/p01reviewed/review")
	look(t, page, "gate-unsigned")
}
