package action

import (
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
)

func TestWithoutAGuardNothingChanges(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(c *Config) { c.Guard = nil })
	p, _ := g.yank()
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "apply", access.RuleSignIn)
	_, err = g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	g.denied(err, "approve", access.RuleSignIn)
	_, err = g.BreakGlass(t.Context(), g.who, p.ID, *p.Digest, "now")
	g.denied(err, "break glass", access.RuleSignIn)
	_, err = g.RetryFollowUp(t.Context(), g.who, 1)
	g.denied(err, "follow-up", access.RuleSignIn)
	if _, err := g.console.Exec(t.Context(), `UPDATE plan SET state = 'unknown' WHERE id = $1`, p.ID); err != nil {
		t.Fatal(err)
	}
	_, err = g.Settle(t.Context(), g.who, p.ID, true)
	g.denied(err, "settle", access.RuleSignIn)
}

// Whoever owns, owned or is invited to own a crate, or is in a team that does,
// cannot act on it alone.
func TestRecusal(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]func(g *guarded){
		"owner":        func(g *guarded) { g.owns(g.who.RegistryUser, 0, false) },
		"former owner": func(g *guarded) { g.owns(g.who.RegistryUser, 0, true) },
		"invited": func(g *guarded) {
			g.exec(`INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at)
				SELECT $1, o.owner_id, c.id, now() + interval '1 day' FROM crates c JOIN crate_owners o ON o.crate_id = c.id AND o.owner_kind = 0 WHERE c.name = 'arraykit' LIMIT 1`, g.who.RegistryUser)
		},
		"team": func(g *guarded) {
			g.exec(`INSERT INTO teams (id, login, github_id, org_id) VALUES (90001, 'github:x:y', 90007, 1)`)
			g.owns(90001, 1, false)
			g.who.Teams = []int64{90007}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t)
			part(g)
			p, _ := g.yank()
			if demandRules(p) != access.RuleRecusal || !p.NeedsApproval || p.AskedAt == nil {
				t.Fatalf("%+v", p.Demands)
			}
			_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
			g.denied(err, "alone", access.RuleRecusal)
			// A colleague who applies what a recused author wrote is alone, too.
			if p, _, err = g.Review(t.Context(), g.second, p.ID); err != nil {
				t.Fatal(err)
			}
			_, err = g.Apply(t.Context(), g.second, p.ID, yes(p), "")
			g.denied(err, "by a colleague", access.RuleRecusal)
			if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil {
				t.Fatal(err)
			}
			if p, err = g.Approve(t.Context(), g.second, p.ID, *p.Digest); err != nil {
				t.Fatal(err)
			}
			if p, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); err != nil || p.State != Applied {
				t.Errorf("approved: %v", err)
			}
		})
	}
}

func TestAttackRecusedApprover(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	g.owns(g.second.RegistryUser, 0, true)
	p, _ := g.reviewed("version.delete", m{"crate": "ARRAYKIT", "version": "0.3.4"})
	_, err := g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	g.denied(err, "a former owner approves", access.RuleRecusal)
	if list, err := g.ApprovalsWanted(t.Context(), g.second); err != nil || len(list) != 0 {
		t.Errorf("a recused person is asked: %v %v", list, err)
	}
}

// What a crate's deletion takes away with it is looked at before.
func TestRecusalIsReadBeforeTheSteps(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, err := g.Draft(t.Context(), g.who, Order{Title: "x", Internal: "x", Steps: steps(t,
		"owner.add", m{"crate": "arraykit", "account": g.who.RegistryUser}, "owner.remove", m{"crate": "arraykit", "account": g.who.RegistryUser})}, "")
	if err != nil {
		t.Fatal(err)
	}
	if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil || demandRules(p) != access.RuleRecusal {
		t.Errorf("adding oneself as an owner: %v %v", err, p.Demands)
	}
}

// Undoing is about what was done, whatever the step says that it is about.
func TestAttackUndoThatHidesItsSubject(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.yank()
	p, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	if err != nil {
		t.Fatal(err)
	}
	g.owns(g.who.RegistryUser, 0, true)
	u, _ := g.reviewed("plan.undo", m{"plan": p.ID, "step": 1, "about": []m{{"kind": "crate", "id": "internkit"}}})
	if demandRules(u) != access.RuleRecusal {
		t.Errorf("demands %v", u.Demands)
	}
	// Nor does it take other roles than the act that it takes back.
	g.house.roles["ada"] = []cratewarden.Role{cratewarden.Platform}
	_, err = g.Apply(t.Context(), g.who, u.ID, yes(u), "")
	g.denied(err, "undo a yank as platform", "role")
}

func TestWidePlansTakeTwo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy access.Policy
		steps  []any
		want   string
	}{
		"two versions":       {access.Policy{Versions: 2, Downloads: 1e15}, []any{"version.yank", m{"crate": "arraykit", "version": "0.3.4"}, "version.yank", m{"crate": "internkit", "version": "0.8.6"}}, "wide"},
		"two crates":         {access.Policy{Crates: 2, Downloads: 1e15}, []any{"version.yank", m{"crate": "arraykit", "version": "0.3.4"}, "version.yank", m{"crate": "internkit", "version": "0.8.6"}}, "wide"},
		"one of each":        {access.Policy{Crates: 2, Versions: 2, Downloads: 1e15}, []any{"version.yank", m{"crate": "arraykit", "version": "0.3.4"}}, ""},
		"downloads":          {access.Policy{Downloads: 1}, []any{"version.yank", m{"crate": "arraykit", "version": "0.3.4"}}, "wide"},
		"a crate's versions": {access.Policy{Versions: 3, Downloads: 1e15}, []any{"crate.hold", m{"crate": "arraykit"}}, "wide"},
		"the queue":          {access.Policy{Crates: 1, Downloads: 1}, []any{"job.resync_index", m{"crate": "arraykit"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, func(cfg *Config) { cfg.Policy = c.policy })
			p, _ := g.reviewed(c.steps...)
			if demandRules(p) != c.want {
				t.Fatalf("%v", p.Demands)
			}
			_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
			if c.want != "" {
				g.denied(err, "alone", c.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A crate can become popular between a review and its apply: the last moment
// counts, the plan then says so and asks for somebody.
func TestDemandsAreThoseOfTheLastMoment(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(c *Config) { c.Policy = access.Policy{Downloads: 1e12} })
	p, _ := g.yank()
	if p.NeedsApproval || len(g.paper.list) != 0 {
		t.Fatalf("%v", p.Demands)
	}
	g.owns(g.who.RegistryUser, 0, true)
	g.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, deleted) SELECT id, $1, 0, true FROM crates WHERE name = 'arraykit' ON CONFLICT DO NOTHING`, g.who.RegistryUser)
	p2, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "recused since", access.RuleRecusal)
	if p2.State != Reviewed || !p2.NeedsApproval || demandRules(p2) != access.RuleRecusal || p2.AskedAt == nil {
		t.Errorf("%s %v", p2.State, p2.Demands)
	}
	if kinds := g.paper.kinds(); len(kinds) != 1 || kinds[0] != "approval.wanted" {
		t.Errorf("told %v", kinds)
	}
	if _, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); len(g.paper.list) != 1 || err == nil {
		t.Error("asked for twice")
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(c *Config) { c.Policy = access.Policy{Budget: 2, Downloads: 1e15} })
	nums := list[VersionRef](g.kit, `SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE NOT v.yanked AND c.name NOT IN ('arraykit', 'internkit') ORDER BY v.id LIMIT 4`)
	plan := func(v VersionRef) Plan {
		p, _ := g.reviewed("version.yank", m{"crate": v.Crate, "version": v.Version})
		return p
	}
	for _, v := range nums[:2] {
		p := plan(v)
		if p.NeedsApproval {
			t.Fatalf("%v", p.Demands)
		}
		if _, err := g.Apply(t.Context(), g.who, p.ID, yes(p), ""); err != nil {
			t.Fatal(err)
		}
	}
	p := plan(nums[2])
	if demandRules(p) != access.RuleBudget {
		t.Fatalf("%v", p.Demands)
	}
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	g.denied(err, "beyond the budget", access.RuleBudget)
	q := p
	if q, err = g.Approve(t.Context(), g.second, q.ID, *q.Digest); err != nil {
		t.Fatal(err)
	}
	if _, err = g.Apply(t.Context(), g.who, q.ID, yes(q), ""); err != nil {
		t.Errorf("approved: %v", err)
	}
	if n, err := g.Spent(t.Context(), g.who.ID); err != nil || n != 2 {
		t.Errorf("people see %d used, %v", n, err)
	}
	p = plan(nums[3])
	g.pass(61 * time.Minute)
	if p, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); err != nil || p.State != Applied {
		t.Errorf("an hour later: %v", err)
	}
}

// Two plans of one person are applied at the same moment: each alone is within
// the budget, both together are not.
func TestAttackTwoAppliesOverBudget(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{}, 2)
	both := sync.OnceFunc(func() { <-ready; <-ready })
	g := newGuarded(t, func(c *Config) {
		c.Policy = access.Policy{Budget: 1, Downloads: 1e15}
		c.Reached = func(place string) {
			if place == "before intent" { // both passed every check that reads
				ready <- struct{}{}
				both()
			}
		}
	})
	var plans []Plan
	for _, v := range list[VersionRef](g.kit, `SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE NOT v.yanked AND c.name IN ('arraykit', 'internkit') ORDER BY c.name, v.id LIMIT 1`) {
		p, _ := g.reviewed("version.yank", m{"crate": v.Crate, "version": v.Version})
		plans = append(plans, p)
	}
	p, _ := g.reviewed("version.yank", m{"crate": "internkit", "version": "0.8.6"})
	plans = append(plans, p)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, p := range plans {
		wg.Go(func() { _, errs[i] = g.Apply(t.Context(), g.who, p.ID, yes(p), "") })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("both or none: %v", errs)
	}
	for i, err := range errs {
		if err == nil {
			continue
		}
		g.denied(err, "the second", access.RuleBudget)
		if p := g.again(plans[i]); p.State != Reviewed || p.Intent != nil {
			t.Errorf("%s", p.State)
		}
	}
	if n := g.entries(ledger.Intent); n != 1 {
		t.Errorf("%d intents", n)
	}
}

func TestIncidents(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(c *Config) { c.Policy = access.Policy{Incidents: true, Downloads: 1e15} })
	for _, c := range []struct {
		incident, note string
		fine           bool
	}{{"", "", false}, {"none", "", false}, {"", "a note", false}, {"none", "a drill", true}} {
		p, err := g.Draft(t.Context(), g.who, Order{Title: "x", Incident: c.incident, Internal: c.note, Steps: steps(t, "version.yank", m{"crate": "arraykit", "version": "0.3.4"})}, "")
		if err != nil {
			t.Fatal(err)
		}
		if p, _, err = g.Review(t.Context(), g.who, p.ID); err != nil {
			t.Fatal(err)
		}
		if _, err = g.Apply(t.Context(), g.who, p.ID, yes(p), ""); c.fine {
			if err != nil {
				t.Error(err)
			}
		} else {
			g.denied(err, c.incident+c.note, access.RuleIncident)
		}
	}
}

func TestApprovalsWanted(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	g.yank() // takes nobody
	for _, c := range []struct {
		who  Actor
		want int
	}{
		{g.who, 0}, {g.second, 1},
		{Actor{ID: "cy", Roles: []cratewarden.Role{cratewarden.Responder}}, 0},
		{Actor{ID: "cy", Roles: []cratewarden.Role{cratewarden.Remover}}, 1},
		{Actor{ID: "cy", Roles: []cratewarden.Role{cratewarden.Remover}, Token: true}, 0},
	} {
		if list, err := g.ApprovalsWanted(t.Context(), c.who); err != nil || len(list) != c.want {
			t.Errorf("%+v: %d, %v", c.who, len(list), err)
		}
	}
	if len(g.paper.list) != 1 || g.paper.list[0].Kind != "approval.wanted" || g.paper.list[0].Plan != p.ID || len(g.paper.list[0].Roles) != 1 || g.paper.list[0].Roles[0] != cratewarden.Remover {
		t.Errorf("told %+v", g.paper.list)
	}
	if _, _, err := g.Review(t.Context(), g.who, p.ID); err != nil || len(g.paper.list) != 1 {
		t.Errorf("asked again for the same: %v", err)
	}
	if _, err := g.Approve(t.Context(), g.second, p.ID, *p.Digest); err != nil {
		t.Fatal(err)
	}
	if list, err := g.ApprovalsWanted(t.Context(), g.second); err != nil || len(list) != 0 {
		t.Errorf("after the approval: %v %v", list, err)
	}
}
