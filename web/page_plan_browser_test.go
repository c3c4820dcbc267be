package web

import (
	"strings"
	"testing"

	"cratewarden/web/webtest"
)

// lookAt opens pages wide and narrow, in both colours; the browser must have
// nothing to complain about, and axe neither.
func lookAt(t *testing.T, p *webtest.Page, paths ...string) {
	t.Helper()
	for i, path := range paths {
		p.Go(path)
		if strings.HasPrefix(path, "/crates/") || strings.HasPrefix(path, "/accounts/") {
			p.Click(".actmenu summary")
		}
		p.Screenshot("plan-"+pictureName(path), 1440, "light")
		p.Screenshot("plan-"+pictureName(path), 1440, "dark")
		if i%4 == 0 { // colours differ by scheme and not by page
			p.CheckAxe()
		}
		p.Screenshot("plan-"+pictureName(path), 390, "light")
		p.CheckAxe()
	}
}

// TestPlanStatesInABrowser looks at a plan in every state.
func TestPlanStatesInABrowser(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	var paths []string
	for id := range f.plans {
		paths = append(paths, planURL(id))
	}
	lookAt(t, webtest.Serve(t, planServer(t, f, responder)).Open(t, "/"), paths...)
}

// TestPlanFormsInABrowser looks at lists and forms, and at the menus of
// dossiers.
func TestPlanFormsInABrowser(t *testing.T) {
	t.Parallel()
	p := webtest.Serve(t, planServer(t, samplePlans(t), responder)).Open(t, "/")
	lookAt(t, p, "/plans", "/plans?incident=none", "/plans/new", "/plans/new?do=version.yank&crate=arraykit&version=0.3.10", "/plans/new?do=account.contain&account=184", "/plans/p00draft/edit",
		"/", "/crates/arraykit", "/crates/arraykit/0.3.10", "/accounts/184", "/accounts/184?view=tokens", "/jobs", "/names?q=logfern")
	q := webtest.Serve(t, planServer(t, samplePlans(t), looker)).Open(t, "/")
	lookAt(t, q, "/crates/arraykit/owners", "/plans/p01reviewed", "/plans/new", "/jobs")
}
