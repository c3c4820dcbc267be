package action

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/notify"
	"cratewarden/pg"
)

// verdict is what the rules say of a plan at this moment.
type verdict struct {
	demands []access.Demand // why it takes a second person
	denied  *access.Denied  // what stands in the way of this person now, nil for nothing
	weight  int
	alone   bool // no second person agreed
}

// judge asks all rules about a plan that somebody wants to apply. The
// surroundings are of that person first, then of the plan's writers.
func (e *Engine) judge(ctx context.Context, p Plan, who Actor, s surroundings, f *Effect) (v verdict, err error) {
	spent, err := e.spent(ctx, e.console, who.ID, p.ID)
	if err != nil {
		return v, err
	}
	glass, err := e.glassBroken(ctx, p, who)
	if err != nil {
		return v, err
	}
	facts := e.facts(p)
	facts.Wide = e.cfg.Policy.Wide(s.size(f))
	facts.Recused = sentences(s.recused)
	facts.Over = e.cfg.Policy.Over(spent, s.takes.weight)
	v.demands = e.demands(who, s.takes, facts)
	// Glass is broken for want of a second person, not for one's own crate.
	facts.SecondPerson = p.approved() || glass && s.recused[0] == ""
	v.weight, v.alone = s.takes.weight, !facts.SecondPerson
	v.denied = e.denied("plan.apply", who, s.takes, facts)
	return v, nil
}

// sentences joins what is said of several people, each once.
func sentences(list []string) string {
	var out []string
	for _, s := range list {
		if s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

// demands are the rules that only a second person satisfies.
func (e *Engine) demands(who Actor, t takes, f access.Facts) []access.Demand {
	out := []access.Demand{}
	who.Token, f.SecondPerson = false, false
	d := e.denied("plan.apply", who, t, f)
	if d == nil {
		return out
	}
	for _, n := range d.Denials {
		switch n.Rule {
		case access.RuleSecondPerson, access.RuleWide, access.RuleRecusal, access.RuleBudget:
			out = append(out, access.Demand{Rule: n.Rule, Why: n.Why})
		}
	}
	return out
}

// people are whose part in a plan counts: who acts now, and who wrote it.
func (p Plan) people(who Actor) []Actor {
	list := []Actor{who}
	for _, w := range p.writers {
		if w.ID != who.ID {
			list = append(list, w.actor())
		}
	}
	return list
}

// approved says that somebody who did not write the plan agreed to exactly what
// it is now.
func (p Plan) approved() bool {
	return slices.ContainsFunc(p.Approvals, func(a Approval) bool {
		return p.Digest != nil && a.Digest == *p.Digest && !p.wrote(a.Actor)
	})
}

// Spent is the weight of what somebody applied alone in the last hour, which
// Policy.Budget bounds.
func (e *Engine) Spent(ctx context.Context, person string) (int, error) {
	return e.spent(ctx, e.console, person, "")
}

// spent is the weight that somebody applied alone in the last hour.
func (e *Engine) spent(ctx context.Context, db querier, person, except string) (n int, err error) {
	rows, err := db.Query(ctx, `SELECT coalesce(sum(weight), 0)::int FROM spent WHERE person = $1 AND alone AND at > $2 AND plan <> $3`,
		person, e.clock().Add(-time.Hour), except)
	if err != nil {
		return 0, pg.Map(err)
	}
	n, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
	return n, pg.Map(err)
}

// spend writes a plan's weight on somebody's account, with the intent. One
// person's plans pass here one at a time, so that two together cannot both slip
// under the budget. What a second person agreed to costs nothing.
func (e *Engine) spend(ctx context.Context, tx pgx.Tx, p Plan, who Actor, v verdict) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(7310553, hashtext($1))`, who.ID); err != nil {
		return pg.Map(err)
	}
	if v.alone {
		spent, err := e.spent(ctx, tx, who.ID, p.ID)
		if err != nil {
			return err
		}
		if over := e.cfg.Policy.Over(spent, v.weight); over != "" {
			return &access.Denied{Act: "plan.apply", Denials: []access.Denial{{Rule: access.RuleBudget, Why: over, Remedy: "Ask somebody with the right role to approve it, or wait."}}}
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO spent (plan, person, weight, alone, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (plan) DO UPDATE SET person = excluded.person, weight = excluded.weight, alone = excluded.alone, at = excluded.at`,
		p.ID, who.ID, v.weight, v.alone, e.clock())
	return pg.Map(err)
}

// needs is the error of a plan that may not be applied as things are, with what
// it takes.
type needs struct {
	verdict
}

// Error is the sentence of the denial.
func (n *needs) Error() string { return n.denied.Error() }

// Unwrap gives the denial.
func (n *needs) Unwrap() error { return n.denied }

// keepDemands notes that a plan takes more than at its review, and asks for it.
func (e *Engine) keepDemands(ctx context.Context, p Plan, demands []access.Demand) (Plan, error) {
	if slices.Equal(demands, p.Demands) {
		return p, nil
	}
	t, err := e.takesOfPlan(ctx, p)
	if err != nil {
		return p, err
	}
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		now, err := locked(ctx, tx, p.ID)
		if err != nil || now.Revision != p.Revision || now.Digest == nil || *now.Digest != *p.Digest || now.State != Reviewed && now.State != Approved {
			return err // somebody changed it meanwhile: that review counts
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET demands = $2, needs_approval = $3, asked_at = CASE WHEN $3 THEN coalesce(asked_at, $4) END, changed_at = now()
			WHERE id = $1 RETURNING `+planColumns, p.ID, demands, len(demands) > 0, e.clock())
		if err != nil || now.AskedAt != nil {
			return err
		}
		return e.tellWanted(ctx, tx, p, t)
	})
	return p, err
}

// tellWanted asks everybody who could be the second person. What the plan takes
// was read before the transaction: to read it here would take another
// connection, and as many reviews as there are would wait for each other.
func (e *Engine) tellWanted(ctx context.Context, tx pgx.Tx, p Plan, t takes) error {
	if len(p.Demands) == 0 || p.State != Reviewed || p.Blocked {
		return nil
	}
	var roles []cratewarden.Role
	for _, rule := range t.rules {
		for _, r := range rule.Roles {
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
		}
	}
	var why []string
	for _, d := range p.Demands {
		why = append(why, d.Why)
	}
	return e.tell(ctx, tx, notify.Notice{
		Kind: "approval.wanted", Roles: roles, Plan: p.ID, Path: "/plans/" + p.ID,
		Title: "A plan of " + p.Author.called() + " waits for a second person",
		Text:  strings.Join(why, " ") + " Look at its review, then approve it, or say why not.",
	})
}
