package web

import (
	"testing"

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
