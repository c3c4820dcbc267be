package web

import (
	"strings"
	"testing"

	"cratewarden/web/webtest"
)

// planPaths are the pages of plans in every state.
func planPaths(f *planner) []string {
	paths := []string{"/plans", "/plans?state=draft", "/plans?incident=none", "/plans/new", "/plans/new?do=version.yank&crate=arraykit&version=0.3.10"}
	for id := range f.plans {
		paths = append(paths, planURL(id))
	}
	return append(paths, planURL("p00draft", "edit"))
}

// TestPlanPagesInABrowser looks at every page wide and narrow, in both colours;
// the browser must have nothing to complain about, and axe neither.
func TestPlanPagesInABrowser(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	p := webtest.Serve(t, planServer(t, f, responder)).Open(t, "/")
	for _, path := range append(planPaths(f), "/", "/crates/arraykit", "/crates/arraykit/0.3.10", "/accounts/184") {
		p.Go(path)
		if strings.HasPrefix(path, "/crates/") || strings.HasPrefix(path, "/accounts/") {
			p.Click(".actmenu summary")
		}
		for _, look := range []struct {
			width  int64
			scheme string
		}{{390, "light"}, {1440, "dark"}, {1440, "light"}} {
			p.Screenshot("plan-"+pictureName(path), look.width, look.scheme)
			for _, v := range p.Axe() {
				t.Errorf("%s at %d %s: axe: %s", path, look.width, look.scheme, v)
			}
		}
	}
}
