package action

import (
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/notify"
)

func TestBreakGlass(t *testing.T) {
	t.Parallel()
	onCall := false
	g := newGuarded(t, func(c *Config) { c.OnCallKnown = func() bool { return onCall } })
	p, _ := g.reviewed("token.revoke_where", m{"account": g.number(`SELECT min(user_id) FROM api_tokens WHERE NOT revoked`)})
	if p.NeedsApproval {
		t.Fatalf("%v", p.Demands)
	}
	_, err := g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "now")
	if cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("nothing to break: %v", err)
	}
	g.cfg.Policy.Accounts = 1
	if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil || demandRules(p) != "wide" {
		t.Fatalf("%v %v", err, p.Demands)
	}
	_, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers")
	g.denied(err, "at once", access.RuleSecondPerson)
	g.pass(16 * time.Minute)
	if _, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, " "); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("without a reason: %v", err)
	}
	onCall = true
	_, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers")
	g.denied(err, "not on call", access.RuleOnCall)
	g.who.OnCall = true
	g.house.consents = map[string]bool{"s1 apply " + p.Digest.String(): true}
	_, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers")
	g.denied(err, "confirmed to apply only", access.RuleStepUp)
	g.house.consents["s1 break-glass "+p.Digest.String()] = true
	g.house.consents["s2 apply "+p.Digest.String()] = true
	for range 2 {
		if p, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers"); err != nil {
			t.Fatal(err)
		}
	}
	var told notify.Notice
	for _, n := range g.paper.list {
		if n.Kind == "break-glass" {
			told = n
		}
	}
	if !told.Urgent || len(told.Roles) != 7 || told.Plan != p.ID || strings.Contains(told.Text, "nobody answers") {
		t.Errorf("told %+v", told)
	}
	// Only this person, and only this.
	_, err = g.Apply(t.Context(), g.second, p.ID, yes(p), "")
	g.denied(err, "somebody else", "wide")
	if p, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); err != nil || p.State != Applied {
		t.Fatalf("%v", err)
	}
	g.judged()
}

// A review that nobody does is not forgotten: people are told at half of its
// time, when it is due, and every day after, and no more once it is done.
func TestReviewsAreRemindedOf(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	g.pass(time.Hour)
	if _, err := g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers"); err != nil {
		t.Fatal(err)
	}
	g.paper.list = nil
	told := 0
	for _, step := range []struct {
		pass   time.Duration
		told   int
		urgent bool
	}{{11 * time.Hour, 0, false}, {time.Hour, 1, false}, {time.Hour, 0, false}, {11 * time.Hour, 1, true}, {time.Hour, 0, true}, {22 * time.Hour, 0, true}, {time.Hour, 1, true}} {
		g.pass(step.pass)
		n, err := g.RemindReviews(t.Context())
		if err != nil || n != step.told {
			t.Fatalf("%s later: %d, %v, want %d", step.pass, n, err, step.told)
		}
		if told += n; len(g.paper.list) != told {
			t.Fatalf("told %+v", g.paper.list)
		}
		if n == 0 {
			continue
		}
		last := g.paper.list[told-1]
		if last.Kind != "break-glass.review" || last.Urgent != step.urgent || last.Plan != p.ID || len(last.Roles) == 0 || strings.Contains(last.Text, "nobody answers") {
			t.Errorf("%s later: %+v", step.pass, last)
		}
	}
	open, err := g.BreakGlassReviews(t.Context(), true)
	if err != nil || len(open) != 1 {
		t.Fatal(err, open)
	}
	if _, err := g.CloseBreakGlassReview(t.Context(), g.second, open[0].ID, Justified, "seen"); err != nil {
		t.Fatal(err)
	}
	g.pass(48 * time.Hour)
	if n, err := g.RemindReviews(t.Context()); n != 0 || err != nil {
		t.Errorf("after it was done: %d, %v", n, err)
	}
}

// judged checks the review of the one broken glass there is.
func (g *guarded) judged() {
	t := g.t
	t.Helper()
	open, err := g.BreakGlassReviews(t.Context(), true)
	if err != nil || len(open) != 1 || !open[0].Due.Equal(g.now.Add(24*time.Hour)) || open[0].Reason != "nobody answers" || len(open[0].Demands) != 1 {
		t.Fatalf("%v %+v", err, open)
	}
	id := open[0].ID
	_, err = g.CloseBreakGlassReview(t.Context(), g.who, id, Justified, "I was right")
	g.denied(err, "judging oneself", access.RuleSecondPerson)
	if _, err = g.CloseBreakGlassReview(t.Context(), g.second, id, "fine", "x"); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("%v", err)
	}
	_, err = g.CloseBreakGlassReview(t.Context(), Actor{ID: "cy", Name: "Cy", Roles: []cratewarden.Role{cratewarden.Viewer}}, id, Justified, "x")
	g.denied(err, "a viewer", access.RuleRole)
	for range 2 {
		if b, err := g.CloseBreakGlassReview(t.Context(), g.second, id, NotJustified, "Bo was there all the time"); err != nil || b.Closed == nil || b.Closed.ID != "bo" {
			t.Fatalf("%v %+v", err, b)
		}
	}
	if _, err = g.CloseBreakGlassReview(t.Context(), g.second, id, Justified, "no"); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("judged twice: %v", err)
	}
	if _, err = g.CloseBreakGlassReview(t.Context(), g.second, 999, Justified, "no"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("%v", err)
	}
	if open, err = g.BreakGlassReviews(t.Context(), true); err != nil || len(open) != 0 {
		t.Errorf("%v %v", err, open)
	}
	if all, err := g.BreakGlassReviews(t.Context(), false); err != nil || len(all) != 1 || all[0].Verdict != NotJustified {
		t.Errorf("%v %v", err, all)
	}
}

// Nobody breaks the glass for a crate of their own, nor does a broken glass
// outlive the review that it was broken for.
func TestBrokenGlassIsForOneReviewAndNotForOneself(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	g.pass(time.Hour)
	p, err := g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers")
	if err != nil {
		t.Fatal(err)
	}
	g.owns(g.who.RegistryUser, 0, true)
	g.exec(`UPDATE versions SET yanked = true WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil || p.AskedAt == nil || !p.AskedAt.Equal(g.now) {
		t.Fatalf("the clock did not begin again: %v %v", err, p.AskedAt)
	}
	_, err = g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "with glass broken for another review", access.RuleSecondPerson)
	g.pass(time.Hour)
	_, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "nobody answers")
	g.denied(err, "for a crate of one's own", access.RuleRecusal)
}
