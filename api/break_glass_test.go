package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/telemetry/logtest"
)

// glazier keeps what it was asked about broken glass.
type glazier struct {
	planner
	reason  string
	digest  ledger.Digest
	open    bool
	verdict action.Verdict
}

func (g *glazier) ApprovalsWanted(_ context.Context, who action.Actor) ([]action.Plan, error) {
	g.who = who
	return []action.Plan{g.plan()}, g.err
}

func (g *glazier) BreakGlass(_ context.Context, who action.Actor, _ string, digest ledger.Digest, reason string) (action.Plan, error) {
	g.who, g.digest, g.reason = who, digest, reason
	return g.plan(), g.err
}

func (g *glazier) BreakGlassReviews(_ context.Context, open bool) ([]action.BrokenGlass, error) {
	g.open = open
	return []action.BrokenGlass{{ID: 3, Plan: "p1", Reason: "nobody answers"}}, g.err
}

func (g *glazier) CloseBreakGlassReview(_ context.Context, who action.Actor, id int64, verdict action.Verdict, note string) (action.BrokenGlass, error) {
	g.who, g.verdict, g.reason = who, verdict, note
	return action.BrokenGlass{ID: id, Verdict: verdict}, g.err
}

func TestBrokenGlassThroughTheInterface(t *testing.T) {
	t.Parallel()
	g := &glazier{}
	h := New(Config{Log: logtest.Logger(t), Plans: g, Auth: ada()})
	digest := strings.Repeat("cd", 32)
	if rec := posted(h, "/plans/p1/break-glass", "k", `{"digest":"`+digest+`","reason":"nobody answers"}`); rec.Code != 200 || g.who.ID != "ada" || g.digest.String() != digest || g.reason != "nobody answers" {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, g)
	}
	if rec := asked(h, "GET", "/break-glass?open=true", "good", ""); rec.Code != 200 || !g.open || !strings.Contains(rec.Body.String(), "nobody answers") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := posted(h, "/break-glass/3/close", "k", `{"verdict":"not justified","note":"Bo was there."}`); rec.Code != 200 || g.verdict != action.NotJustified || g.reason != "Bo was there." {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, g)
	}
	for path, body := range map[string]string{"/break-glass/3/close": `{"verdict":"fine","note":"x"}`, "/break-glass/0/close": `{"verdict":"justified","note":"x"}`, "/plans/p1/break-glass": `{"digest":"x","reason":"y"}`} {
		if rec := posted(h, path, "k", body); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if rec := asked(h, "GET", "/approvals", "good", ""); rec.Code != 200 || !strings.Contains(rec.Body.String(), `"id":"p1"`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	g.err = &access.Denied{Act: "plan.break-glass", Denials: []access.Denial{{Rule: access.RuleStepUp, Why: "Not confirmed."}}}
	got := problemIn(t, posted(h, "/plans/p1/break-glass", "k", `{"digest":"`+digest+`","reason":"y"}`))
	if got.Kind != cratewarden.Refused || got.About == nil || got.About.Purpose != action.ToBreakGlass || got.About.Digest.String() != digest {
		t.Errorf("%+v", got)
	}
	if rec := posted(New(Config{Log: logtest.Logger(t), ReadOnly: "A copy."}), "/plans/p1/break-glass", "k", `{"digest":"`+digest+`","reason":"y"}`); rec.Code != 403 || !strings.Contains(rec.Body.String(), "A copy.") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
