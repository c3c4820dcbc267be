package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/web/webtest"
)

// graves are tombstones of a test.
type graves struct {
	list []action.Tombstone
	err  error
	last action.TombstoneFilter
}

func (g *graves) Tombstones(_ context.Context, f action.TombstoneFilter) ([]action.Tombstone, error) {
	g.last = f
	return g.list[:min(len(g.list), f.Limit)], g.err
}

// TestReturnedVersionsAlarmTheHomePage shows the card when there are some, and
// only then.
func TestReturnedVersionsAlarmTheHomePage(t *testing.T) {
	t.Parallel()
	g := &graves{}
	s := planServer(t, samplePlans(t), responder, func(c *Config) { c.Tombstones = g })
	if text := body(t, ask(s, "GET", "/", nil)); strings.Contains(text, "came back") || !g.last.SeenAgain {
		t.Errorf("a card without a returned version, or others were asked for: %+v", g.last)
	}
	seen, entry := sampleTime.Add(-time.Hour), int64(41)
	for i := range risenMost + 1 {
		g.list = append(g.list, action.Tombstone{ID: int32(i), Crate: "array<kit", Num: "0.3.10", Plan: "plan-9", DeletedAt: sampleTime.Add(-48 * time.Hour), SeenAgain: 9100, SeenAgainAt: &seen, Alarm: &entry})
	}
	all := g.list
	g.list = all[:1]
	text := body(t, ask(s, "GET", "/", nil))
	for _, want := range []string{"Deleted versions that came back", `href="/crates/array%3Ckit/0.3.10"`, `href="/plans/plan-9"`, `href="/ledger/41"`, "version number 9100", "<span>1 version</span>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %s", want)
		}
	}
	g.list = all
	if text := body(t, ask(s, "GET", "/", nil)); strings.Count(text, "was deleted and is there again") != risenMost || !strings.Contains(text, `href="/ledger?action=tombstone.seen-again"`) {
		t.Error("a long list is cut and leads to the ledger")
	}
	g.err = cratewarden.Errorf(cratewarden.Unavailable, "The console's database does not answer.")
	if text := body(t, ask(s, "GET", "/", nil)); !strings.Contains(text, "does not answer") {
		t.Error("an alarm that cannot be read is passed over")
	}
}

func TestReturnedVersionsInABrowser(t *testing.T) {
	t.Parallel()
	seen, entry := sampleTime.Add(-time.Hour), int64(41)
	g := &graves{list: []action.Tombstone{{ID: 1, Crate: "arraykit", Num: "0.3.10", Plan: "pl-2026-11-20-abcdef", DeletedAt: sampleTime.Add(-48 * time.Hour), SeenAgain: 9100, SeenAgainAt: &seen, Alarm: &entry}}}
	p := webtest.Serve(t, planServer(t, samplePlans(t), responder, func(c *Config) { c.Tombstones = g })).Open(t, "/")
	p.CheckAxe()
	p.Screenshot("home-risen", 390, "light")
	p.Screenshot("home-risen", 1440, "dark")
	p.Screenshot("home-risen", 1440, "light")
}
