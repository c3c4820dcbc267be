package action

import (
	"context"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Taking an undo back does the act again, so it takes what the act takes: its
// role, and no part in what it was about, whatever the steps between say.
func TestAttackUndoOfAnUndo(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.yank()
	p, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	if err != nil {
		t.Fatal(err)
	}
	u, _ := g.reviewed("plan.undo", m{"plan": p.ID, "step": 1, "about": []m{{"kind": "crate", "id": "internkit"}}})
	if u, err = g.Apply(t.Context(), g.who, u.ID, yes(u), ""); err != nil {
		t.Fatal(err)
	}
	again := m{"plan": u.ID, "step": 1}
	g.owns(g.who.RegistryUser, 0, true)
	a, _ := g.reviewed("plan.undo", again)
	if demandRules(a) != access.RuleRecusal {
		t.Errorf("of one's own crate: demands %v", a.Demands)
	}
	g.house.roles["bo"] = []cratewarden.Role{cratewarden.Policy}
	_, err = g.Apply(t.Context(), g.second, a.ID, yes(a), "")
	g.denied(err, "yank again as policy", access.RuleRole)
}

// Drafts may name each other: what an undo takes is still found out.
func TestUndoInACircle(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	order := func(plan string) Order {
		return Order{Title: "round", Internal: "x", Steps: steps(t, "plan.undo", m{"plan": plan, "step": 1})}
	}
	a, err := g.Draft(t.Context(), g.who, order("p0"), "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.Draft(t.Context(), g.who, order(a.ID), "")
	if err != nil {
		t.Fatal(err)
	}
	if a, err = g.Edit(t.Context(), g.who, a.ID, a.Revision, order(b.ID)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if a, _, err = g.Review(ctx, g.who, a.ID); err != nil || !a.Blocked {
		t.Errorf("%v, %+v", err, a)
	}
}

// A trusted publisher, and a token that one of its runs got, are a crate's: its
// owner suspends none alone, nor puts one back.
func TestAttackPublisherOfOnesOwnCrate(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	crate := g.number(`SELECT crate_id FROM trustpub_configs_github ORDER BY id LIMIT 1`)
	suspend := m{"provider": "github", "id": g.number(`SELECT id FROM trustpub_configs_github ORDER BY id LIMIT 1`)}
	g.exec(`INSERT INTO trustpub_tokens (expires_at, hashed_token, crate_ids) VALUES (now() + interval '1 hour', '\x00', ARRAY[$1::int])`, crate)
	token := g.number(`SELECT max(id) FROM trustpub_tokens`)
	p, _ := g.reviewed("publisher.suspend", suspend)
	p, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	if err != nil {
		t.Fatal(err)
	}
	other, _ := g.reviewed("publisher.suspend", m{"provider": "github", "id": g.number(`SELECT id FROM trustpub_configs_github WHERE crate_id <> $1 ORDER BY id LIMIT 1`, crate)})
	if other.NeedsApproval {
		t.Errorf("of another's crate: %v", other.Demands)
	}
	g.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by) VALUES ($1, $2, 0, $2)`, crate, g.who.RegistryUser)
	for what, order := range map[string][]any{
		"put it back":        {"plan.undo", m{"plan": p.ID, "step": 1}},
		"revoke its token":   {"publisher.revoke_token", m{"id": token}},
		"suspend as GitHub":  {"publisher.suspend", m{"provider": "github", "id": g.put("github", crate)}},
		"suspend as GitLab":  {"publisher.suspend", m{"provider": "gitlab", "id": g.put("gitlab", crate)}},
		"undo, its name hid": {"plan.undo", m{"plan": p.ID, "step": 1, "about": []m{{"kind": "crate", "id": "internkit"}}}},
	} {
		p, effect := g.reviewed(order...)
		if demandRules(p) != access.RuleRecusal {
			t.Errorf("%s: demands %v, %+v", what, p.Demands, effect.Guards)
		}
		_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
		if p.Blocked {
			continue
		}
		g.denied(err, what, access.RuleRecusal)
	}
}

// put makes a trusted publisher of a crate and gives its number.
func (g *guarded) put(provider string, crate int64) int64 {
	g.t.Helper()
	if provider == "github" {
		g.exec(`INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) VALUES ($1, 'own', 1, 'own', 'own.yml')`, crate)
		return g.number(`SELECT max(id) FROM trustpub_configs_github`)
	}
	g.exec(`INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath) VALUES ($1, 'own', 'own', 'own.yml')`, crate)
	return g.number(`SELECT max(id) FROM trustpub_configs_gitlab`)
}

// A review holds one connection while it writes. If it needed another, as many
// reviews as there are connections would wait for each other.
func TestAReviewNeedsOneConnection(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	p, _ := g.reviewed("version.delete", m{"crate": "arraykit", "version": "0.3.4"})
	p, err := g.Approve(t.Context(), g.second, p.ID, *p.Digest)
	if err != nil {
		t.Fatal(err)
	}
	g.exec(`UPDATE versions SET yanked = true WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	done, _ := g.reviewed("version.yank", m{"crate": "internkit", "version": "0.8.6"})
	if done, err = g.Apply(t.Context(), g.who, done.ID, yes(done), ""); err != nil {
		t.Fatal(err)
	}
	g.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by) SELECT id, $1, 0, $1 FROM crates WHERE name = 'internkit'`, g.who.RegistryUser)
	undo, err := g.Undo(t.Context(), g.who, done.ID, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	narrow, err := pg.Open(t.Context(), pg.Config{URL: g.console.Config().ConnString(), MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(narrow.Close)
	cfg := g.cfg
	cfg.Console, cfg.Ledger = narrow, ledger.New(ledger.Config{DB: narrow})
	e := New(cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if p, _, err = e.Review(ctx, g.who, p.ID); err != nil || len(p.Fallen) != 1 || len(p.Fallen[0].Changes) == 0 {
		t.Errorf("with an approval that falls: %v, %+v", err, p.Fallen)
	}
	if undo, _, err = e.Review(ctx, g.who, undo.ID); err != nil || demandRules(undo) != access.RuleRecusal {
		t.Errorf("of an undo that somebody must agree to: %v, %v", err, undo.Demands)
	}
}

// A review that comes in between is not what somebody applies.
func TestAttackReviewedAgainWhileApplied(t *testing.T) {
	t.Parallel()
	var g *guarded
	g = newGuarded(t, func(c *Config) {
		c.Reached = func(place string) {
			if place == "before intent" {
				if _, err := g.console.Exec(context.Background(), `UPDATE plan SET digest = sha256('another review'), approvals = '[]'`); err != nil {
					t.Error(err)
				}
			}
		}
	})
	p, _ := g.yank()
	_, err := g.Apply(t.Context(), g.who, p.ID, yes(p), "")
	if cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("%v", err)
	}
	if now := g.again(p); now.State != Reviewed || now.Intent != nil {
		t.Errorf("%s, intent %v", now.State, now.Intent)
	}
	if g.number(`SELECT count(*) FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = 'arraykit' AND v.num = '0.3.4' AND v.yanked`) != 0 {
		t.Error("yanked")
	}
}
