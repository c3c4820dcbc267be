package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/notify"
)

// house is a keeper that tests can change between two calls: who is on the list
// with which roles, which sessions are over, and what was confirmed.
type house struct {
	mu       sync.Mutex
	roles    map[string][]cratewarden.Role // by person; those not in it keep theirs
	over     map[string]bool               // sessions
	stale    string
	consents map[string]bool // "session purpose digest"
	asked    []string
}

func (h *house) Current(_ context.Context, who Actor) (Actor, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over[who.Session] {
		return who, cratewarden.Errorf(cratewarden.Unsigned, "This session is over. Sign in again.")
	}
	if h.stale != "" {
		return who, &access.Denied{Denials: []access.Denial{{Rule: access.RuleStaleList, Why: h.stale}}}
	}
	if roles, known := h.roles[who.ID]; known {
		who.Roles = roles
	}
	return who, nil
}

func (h *house) Consented(_ context.Context, who Actor, purpose string, digest ledger.Digest) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := who.Session + " " + purpose + " " + digest.String()
	h.asked = append(h.asked, key)
	if h.consents == nil || h.consents[key] {
		return nil
	}
	return &access.Denied{Denials: []access.Denial{{Rule: access.RuleStepUp, Why: "No passkey confirmed exactly this.", Remedy: "Confirm it."}}}
}

// paper keeps what people are told.
type paper struct {
	mu   sync.Mutex
	list []notify.Notice
}

func (p *paper) Tell(_ context.Context, _ pgx.Tx, n notify.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, n)
	return nil
}

func (p *paper) kinds() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.list {
		out = append(out, n.Kind)
	}
	return out
}

// guarded is a kit with people, a clock and the standard policy.
type guarded struct {
	*kit
	house *house
	paper *paper
	now   time.Time
	mu    sync.Mutex
}

func newGuarded(t *testing.T, change ...func(*Config)) *guarded {
	t.Helper()
	g := &guarded{house: &house{roles: map[string][]cratewarden.Role{}, over: map[string]bool{}}, paper: &paper{}, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	g.kit = newKit(t, append([]func(*Config){func(c *Config) {
		c.Guard, c.Tell, c.Policy = g.house, g.paper, access.Policy{Downloads: 1e15}
		c.Clock = func() time.Time { g.mu.Lock(); defer g.mu.Unlock(); return g.now }
	}}, change...)...)
	return g
}

func (g *guarded) pass(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = g.now.Add(d)
}

// yes is the consent of whoever looked at the last review.
func yes(p Plan) Consent { return Consent{Digest: *p.Digest, Typed: p.Confirm} }

func (g *guarded) again(p Plan) Plan {
	g.t.Helper()
	p, err := g.Plan(g.t.Context(), p.ID)
	if err != nil {
		g.t.Fatal(err)
	}
	return p
}

// denied checks that an error is a denial by exactly these rules, and that the
// last refusal in the ledger says so.
func (g *guarded) denied(err error, what, rules string) {
	g.t.Helper()
	d, ok := errors.AsType[*access.Denied](err)
	if !ok {
		g.t.Fatalf("%s: no denial: %v", what, err)
	}
	if got := strings.Join(d.Rules(), " "); got != rules {
		g.t.Errorf("%s: denied by %q, want %q: %v", what, got, rules, d)
	}
	g.recorded(what, rules)
}

func (g *guarded) recorded(what, rules string) {
	g.t.Helper()
	page, err := g.ledger.List(g.t.Context(), ledger.Filter{Kind: ledger.Refusal, Limit: 1})
	if err != nil || len(page.Entries) != 1 {
		g.t.Fatalf("%s: no refusal in the ledger: %v", what, err)
	}
	rules = strings.ReplaceAll(rules, " ", ", ")
	if e := page.Entries[0]; e.Details["rule"] != rules || e.Details["why"] == "" {
		g.t.Errorf("%s: the ledger says %v", what, e.Details)
	}
}

func (g *guarded) yank() (Plan, *Effect) {
	g.t.Helper()
	return g.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4"})
}

// owns makes somebody an owner of arraykit, or whatever the columns say.
func (g *guarded) owns(owner int32, kind int, deleted bool) {
	g.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, deleted) SELECT id, $1, $2, $3 FROM crates WHERE name = 'arraykit'
		ON CONFLICT (crate_id, owner_id, owner_kind) DO UPDATE SET deleted = excluded.deleted`, owner, kind, deleted)
}

func demandRules(p Plan) string {
	var out []string
	for _, d := range p.Demands {
		out = append(out, d.Rule)
	}
	return strings.Join(out, " ")
}

func TestAttackRoleRemovedBetweenReviewAndApply(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.yank()
	g.house.roles["ada"] = []cratewarden.Role{cratewarden.Platform}
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "apply without the role", "role")
	g.house.roles["ada"] = nil
	_, err = g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "apply without any role", "role")
	delete(g.house.roles, "ada")
	g.house.over["s1"] = true
	if _, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); cratewarden.KindOf(err) != cratewarden.Unsigned {
		t.Errorf("applied in a session that is over: %v", err)
	}
	delete(g.house.over, "s1")
	if p, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); err != nil || p.State != Applied {
		t.Errorf("%v %s", err, p.State)
	}
}

func TestAttackStaleListOfPeople(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.yank()
	g.house.stale = "The list of people is too old."
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "apply", access.RuleStaleList)
	_, err = g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	g.denied(err, "approve", access.RuleStaleList)
	_, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "now")
	g.denied(err, "break glass", access.RuleStaleList)
	if g.again(p).State != Reviewed {
		t.Error("the plan moved")
	}
}

func TestAttackStepUpForAnotherPlan(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.yank()
	q, _ := g.reviewed("version.yank", m{"crate": "internkit", "version": "0.8.6"})
	g.house.consents = map[string]bool{"s1 apply " + q.Digest.String(): true, "s1 approve " + p.Digest.String(): true, "s2 apply " + p.Digest.String(): true}
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "confirmed another plan, another purpose, in another session", access.RuleStepUp)
	if g.again(p).State != Reviewed || g.number(`SELECT count(*) FROM versions WHERE yanked AND num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`) != 0 {
		t.Error("something was done")
	}
	if q, err = g.Apply(t.Context(), g.who, q.ID, yes(q), ""); err != nil || q.State != Applied {
		t.Errorf("%v", err)
	}
}

// The confirmation is asked for last, so that a refused plan uses none up.
func TestNothingIsConfirmedInVain(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "alone", access.RuleSecondPerson)
	if len(g.house.asked) != 0 {
		t.Errorf("asked for %v", g.house.asked)
	}
}

func TestAttackApprovalOfAChangedPlan(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	old := *p.Digest
	p, err := g.Approve(t.Context(), g.second, p.ID, old)
	if err != nil || p.State != Approved {
		t.Fatalf("%v %s", err, p.State)
	}
	// The author puts another crate under the approval.
	p, err = g.Edit(t.Context(), g.who, p.ID, p.Revision, Order{Title: p.Title, Public: p.Public, Internal: p.Internal, Steps: steps(t, "version.delete", m{"crate": "internkit", "version": "0.8.6"})})
	if err != nil || len(p.Approvals) != 0 {
		t.Fatalf("%v %v", err, p.Approvals)
	}
	if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil || p.State != Reviewed || len(p.Approvals) != 0 {
		t.Fatalf("%v %+v", err, p)
	}
	if _, err := g.Approve(t.Context(), g.second, p.ID, old); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("an approval of the old digest: %v", err)
	}
	g.recorded("old digest", ruleDigest)
	_, err = g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "apply", access.RuleSecondPerson)
	if len(p.Fallen) != 1 || p.Fallen[0].Actor.ID != "bo" || p.Fallen[0].Digest != old || len(p.Fallen[0].Changes) < 2 || p.Fallen[0].Review != nil {
		t.Errorf("what fell: %+v", p.Fallen)
	}
	if !slices.Contains(g.paper.kinds(), "approval.fell") {
		t.Errorf("nobody was told: %v", g.paper.kinds())
	}
}

// The registry changes, so the same plan reviews otherwise: approvals fall, and
// whoever gave one can read what changed.
func TestApprovalsFallWhenAReviewDiffers(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	p, err := g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil || p.State != Approved || len(p.Fallen) != 0 {
		t.Fatalf("the same review: %v %s %v", err, p.State, p.Fallen)
	}
	g.exec(`UPDATE versions SET yanked = true, yank_message = 'meanwhile' WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	if p, _, err = g.Review(t.Context(), g.second, p.ID); err != nil || p.State != Reviewed || len(p.Approvals) != 0 || len(p.Fallen) != 1 {
		t.Fatalf("%v %s %+v", err, p.State, p.Fallen)
	}
	if f := p.Fallen[0]; f.By.ID != "bo" || !strings.Contains(fmt.Sprint(f.Changes), "meanwhile") {
		t.Errorf("what changed: %+v", f)
	}
}

func TestAttackSelfApproval(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	other := g.second
	other.ID = g.who.ID // another identity of the same person
	_, err := g.Approve(t.Context(), other, p.ID, *p.Digest)
	g.denied(err, "a second account of the same person", access.RuleSecondPerson)
	other = g.second
	other.RegistryUser = g.who.RegistryUser // two people of one registry account
	_, err = g.Approve(t.Context(), other, p.ID, *p.Digest)
	g.denied(err, "the same registry account", access.RuleSecondPerson)
	// Whoever puts other steps into somebody's plan wrote it, too.
	p, err = g.Edit(t.Context(), g.second, p.ID, p.Revision, Order{Title: "mine", Steps: steps(t, "version.delete", m{"crate": "internkit", "version": "0.8.6"})})
	if err != nil || len(p.Editors) != 1 || p.Editors[0].ID != "bo" {
		t.Fatalf("%v %v", err, p.Editors)
	}
	if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	g.denied(err, "an editor", access.RuleSecondPerson)
}

func TestAttackTokenWidening(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	robot := g.who
	robot.Token, robot.Session = true, "t1"
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	_, err := g.Approve(t.Context(), Actor{ID: "bo", Name: "Bo", Roles: g.second.Roles, RegistryUser: g.second.RegistryUser, Token: true, Session: "t2"}, p.ID, *p.Digest)
	g.denied(err, "approve", access.RuleToken)
	if p, err = g.Approve(t.Context(), g.second, p.ID, *p.Digest); err != nil {
		t.Fatal(err)
	}
	_, err = g.Apply(t.Context(), robot, p.ID, yes(p), "")
	g.denied(err, "delete", access.RuleToken)
	_, err = g.BreakGlass(t.Context(), robot, p.ID, *p.Digest, "now")
	if cratewarden.KindOf(err) == "" {
		t.Error("a token broke the glass")
	}
	q, _ := g.yank()
	few := robot
	few.Acts = []string{"plan.apply", "version.hold"}
	_, err = g.Apply(t.Context(), few, q.ID, yes(q), "")
	g.denied(err, "an act that the token was not given", access.RuleToken)
	few.Acts = []string{"version.yank"}
	_, err = g.Apply(t.Context(), few, q.ID, yes(q), "")
	g.denied(err, "apply was not given", access.RuleToken)
	g.owns(g.who.RegistryUser, 0, false)
	_, err = g.Apply(t.Context(), robot, q.ID, yes(q), "")
	g.denied(err, "recused", "token recusal")
	g.owns(g.who.RegistryUser, 0, true)
	g.exec(`DELETE FROM crate_owners WHERE owner_id = $1`, g.who.RegistryUser)
	if q, err = g.Apply(t.Context(), robot, q.ID, yes(q), ""); err != nil || q.State != Applied {
		t.Errorf("a token may yank: %v", err)
	}
	if len(g.house.asked) != 1 { // the approval
		t.Errorf("a token was asked for a passkey: %v", g.house.asked)
	}
}

// An approval counts as long as whoever gave it could give it: not when a
// stolen account was taken off the list since.
func TestAttackApproverTakenOffTheList(t *testing.T) {
	t.Parallel()
	listed := map[string]Actor{}
	g := newGuarded(t, func(c *Config) {
		c.Standing = func(_ context.Context, id string) (Actor, error) {
			if a, ok := listed[id]; ok {
				return a, nil
			}
			return Actor{}, cratewarden.Errorf(cratewarden.NotFound, "Nobody.")
		}
	})
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	p, err := g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	if err != nil {
		t.Fatal(err)
	}
	_, err = g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "off the list", access.RuleSecondPerson)
	weak := g.second
	weak.Roles = []cratewarden.Role{cratewarden.Viewer}
	listed["bo"] = weak
	_, err = g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "without the role", access.RuleSecondPerson)
	listed["bo"] = g.second
	g.owns(g.second.RegistryUser, 0, true)
	_, err = g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "recused since", access.RuleSecondPerson)
	g.exec(`DELETE FROM crate_owners WHERE owner_id = $1`, g.second.RegistryUser)
	if _, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); err == nil || ruleOf(err) != ruleEvidence {
		t.Errorf("approved by somebody who still may, and only the evidence is missing: %v", err)
	}
}
