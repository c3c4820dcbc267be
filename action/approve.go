package action

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// Approve records that a second person agrees to exactly what the digest says.
// Asking again adds nothing.
func (e *Engine) Approve(ctx context.Context, who Actor, id string, digest ledger.Digest) (Plan, error) {
	const act = "plan.approve"
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	if who, err = e.current(ctx, who, act, p); err != nil {
		return p, err
	}
	if p.approvedBy(who, digest) {
		return p, nil
	}
	if why := e.mayApprove(ctx, p, who, digest); why != nil {
		return p, e.refuse(ctx, who, act, p, why)
	}
	if err := e.consented(ctx, who, ToApprove, digest); err != nil {
		return p, e.refuse(ctx, who, act, p, err)
	}
	var why error
	err = pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		if p, err = locked(ctx, tx, id); err != nil || p.approvedBy(who, digest) {
			return err
		}
		if why = p.approvable(who, digest); why != nil { // it changed since
			return nil
		}
		p.Approvals = append(p.Approvals, Approval{Actor: who, Digest: digest, At: e.clock()})
		if _, err := e.ledger.Append(ctx, tx, ledger.Entry{
			Kind: ledger.Note, Actor: who.ledger(), Session: who.Session, Action: act, Plan: id, Incident: p.Incident,
			Details: map[string]string{"digest": digest.String()},
		}); err != nil {
			return err
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET state = $2, approvals = $3, changed_at = now() WHERE id = $1 RETURNING `+planColumns, id, Approved, p.Approvals)
		return err
	})
	if err == nil && why != nil {
		return p, e.refuse(ctx, who, act, p, why)
	}
	return p, pg.Map(err)
}

// approvedBy says whether somebody agreed to this very review already.
func (p Plan) approvedBy(who Actor, digest ledger.Digest) bool {
	return p.Digest != nil && *p.Digest == digest && slices.ContainsFunc(p.Approvals, func(a Approval) bool { return a.Actor.ID == who.ID && a.Digest == digest })
}

// mayApprove says what keeps somebody from being the second person.
func (e *Engine) mayApprove(ctx context.Context, p Plan, who Actor, digest ledger.Digest) error {
	if why := p.approvable(who, digest); why != nil {
		return why
	}
	t, err := e.takesOfPlan(ctx, p)
	if err != nil {
		return err
	}
	if why := e.hasRoles("plan.approve", p, who, t); why != nil {
		return why
	}
	recused, err := e.recused(ctx, t, who)
	if err == nil && recused != "" {
		err = &access.Denied{Act: "plan.approve", Denials: []access.Denial{{Rule: access.RuleRecusal, Why: recused, Remedy: "Somebody without a part in it must approve."}}}
	}
	return err
}

// approvable says what about the plan itself forbids somebody to approve it.
func (p Plan) approvable(who Actor, digest ledger.Digest) error {
	switch {
	case p.State != Reviewed && p.State != Approved || p.Digest == nil:
		return cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; only a reviewed plan can be approved.", p.State)
	case *p.Digest != digest:
		return refusal{ruleDigest, cratewarden.Errorf(cratewarden.Conflict, "The plan was reviewed again since you looked at it. Look at what changed, then approve that.")}
	case p.wrote(who):
		return &access.Denied{Act: "plan.approve", Denials: []access.Denial{{Rule: access.RuleSecondPerson, Why: "The author of a plan cannot be its second person, nor can anybody who wrote at it.", Remedy: "Ask somebody else."}}}
	case p.Blocked:
		return refusal{ruleBlocked, cratewarden.Errorf(cratewarden.Refused, "A plan that its review blocks cannot be approved.")}
	}
	return nil
}

// standing gives the plan's approvals whose people could still give them. If
// that leaves none of exactly what the plan is, the error says who is gone.
func (e *Engine) standing(ctx context.Context, p Plan) ([]Approval, error) {
	if e.cfg.Standing == nil || !p.approved() {
		return p.Approvals, nil
	}
	t, err := e.takesOfPlan(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Approval
	var gone string
	for _, a := range p.Approvals {
		now, err := e.cfg.Standing(ctx, a.Actor.ID)
		if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
			return nil, err
		}
		recused := ""
		if err == nil && now.ID == a.Actor.ID && e.hasRoles("plan.approve", p, now, t) == nil {
			if recused, err = e.recused(ctx, t, now); err != nil {
				return nil, err
			}
			if recused == "" {
				out = append(out, a)
				continue
			}
		}
		gone = a.Actor.called()
	}
	if p.Approvals = out; gone != "" && !p.approved() && p.NeedsApproval {
		return nil, &access.Denied{Act: "plan.apply", Denials: []access.Denial{{Rule: access.RuleSecondPerson, Why: gone + " approved this plan and could not approve it any more.", Remedy: "Ask somebody else to approve it."}}}
	}
	return out, nil
}

// mostWanted bounds a list for the home page.
const mostWanted = 100

// ApprovalsWanted gives the plans that wait for a second person, whom this
// person could be, what waited longest first.
func (e *Engine) ApprovalsWanted(ctx context.Context, who Actor) ([]Plan, error) {
	rows, err := e.console.Query(ctx, `SELECT `+planColumns+` FROM plan WHERE state = 'reviewed' AND needs_approval AND NOT blocked ORDER BY asked_at, id LIMIT $1`, mostWanted)
	if err != nil {
		return nil, pg.Map(err)
	}
	plans, err := pgx.CollectRows(rows, scanPlan)
	if err != nil {
		return nil, pg.Map(err)
	}
	inner, tx, err := change.Begin(ctx, e.registry, e.options(who))
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(ctx)
	out := []Plan{}
	for _, p := range plans {
		if p.wrote(who) || p.approved() {
			continue
		}
		t, err := e.takesOfPlan(ctx, p)
		if err != nil || e.hasRoles("plan.approve", p, who, t) != nil {
			continue
		}
		_, _, about := stakesIn(t)
		recused, err := recusals(inner, tx, about, []Actor{who})
		if err != nil {
			return nil, err
		}
		if recused[0] == "" {
			out = append(out, p)
		}
	}
	return out, nil
}
