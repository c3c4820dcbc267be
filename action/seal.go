package action

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Evidence seals bundles and says what verified ones cover; evidence.Service
// is one.
type Evidence interface {
	Seal(ctx context.Context, r evidence.Request) (evidence.Bundle, error)
	Show(ctx context.Context, digest ledger.Digest) (evidence.Bundle, error)
	Covers(ctx context.Context, by evidence.Cover, crates, versions []int32) (evidence.Coverage, error)
}

// destroys gives the crates and, apart from theirs, the versions whose rows a
// plan deletes. Versions of other crates that lose dependencies for good are
// among them.
func (f *Effect) destroys() (crates, versions []int32) {
	gone := map[int64]bool{}
	for _, r := range f.Rows {
		if r.Table == "crates" && r.After == nil {
			gone[r.Before.Int("id")] = true
			crates = append(crates, int32(r.Before.Int("id")))
		}
	}
	own := map[int64]bool{}
	for _, r := range f.Rows {
		if r.Table == "versions" && r.After == nil && gone[r.Before.Int("crate_id")] {
			own[r.Before.Int("id")] = true
		}
	}
	for _, r := range f.Rows {
		var id int64
		switch {
		case r.After != nil:
			continue
		case r.Table == "versions":
			id = r.Before.Int("id")
		case r.Table == "dependencies":
			id = r.Before.Int("version_id")
		}
		if id != 0 && !own[id] {
			versions = append(versions, int32(id))
		}
	}
	slices.Sort(crates)
	slices.Sort(versions)
	return crates, slices.Compact(versions)
}

// Destroys gives the crates, and apart from theirs the versions, that a plan
// destroys by its last review, by their ids. If there are any, the plan can be
// applied only with evidence: see Seal.
func (e *Engine) Destroys(ctx context.Context, p Plan) (crates, versions []int32, err error) {
	effect, err := e.Effect(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	crates, versions = effect.destroys()
	return crates, versions, nil
}

// Seal makes the evidence bundle that an irreversible plan needs before it can
// be applied: everything that its review would destroy. It belongs to that
// review; another review with other facts needs another.
func (e *Engine) Seal(ctx context.Context, who Actor, id string) (Plan, error) {
	if err := e.may(ctx, who, "evidence.seal", Plan{ID: id}); err != nil {
		return Plan{}, err
	}
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	switch {
	case p.State != Reviewed && p.State != Approved || p.Digest == nil:
		return p, cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; evidence is sealed for a reviewed plan.", p.State)
	case p.Blocked:
		return p, e.refuse(ctx, who, "evidence.seal", p, refusal{ruleBlocked, cratewarden.Errorf(cratewarden.Refused, "The review of this plan found something that forbids it. Change the plan first.")})
	case e.cfg.Evidence == nil:
		return p, noEvidence()
	}
	effect, err := e.Effect(ctx, p)
	if err != nil {
		return p, err
	}
	crates, versions := effect.destroys()
	if len(crates)+len(versions) == 0 {
		return p, e.refuse(ctx, who, "evidence.seal", p, refusal{ruleState, cratewarden.Errorf(cratewarden.Refused, "This plan destroys no crate and no version; it needs no evidence.")})
	}
	bundle, err := e.cfg.Evidence.Seal(ctx, evidence.Request{
		Crates: crates, Versions: versions, Plan: p.ID, Incident: p.Incident, Reason: cut(p.Internal, maxReason), Actor: who.ledger(), Session: who.Session,
	})
	if err != nil {
		return p, err
	}
	e.cfg.Reached("after seal")
	digest := *p.Digest
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		now, err := locked(ctx, tx, id)
		if err != nil {
			return err
		}
		if now.State != Reviewed && now.State != Approved || now.Digest == nil || *now.Digest != digest {
			return cratewarden.Errorf(cratewarden.Conflict, "The plan was reviewed again while its evidence was sealed. Seal it once more.")
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET evidence = $2, changed_at = now() WHERE id = $1 RETURNING `+planColumns, id, bundle.Digest.String())
		return err
	})
	return p, err
}

func noEvidence() *cratewarden.Error {
	return cratewarden.Errorf(cratewarden.Unavailable, "No evidence store is configured, and nothing is destroyed without evidence. Give a folder or a bucket for evidence first.")
}

// evidenceMissing says why an irreversible plan may not be applied: a verified
// bundle must have everything that it destroys.
func (e *Engine) evidenceMissing(ctx context.Context, p Plan) *cratewarden.Error {
	if !p.Irreversible {
		return nil
	}
	effect, err := e.Effect(ctx, p)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.KindOf(err), "%s", cratewarden.MessageOf(err))
	}
	crates, versions := effect.destroys()
	if len(crates)+len(versions) == 0 {
		return nil
	}
	if e.cfg.Evidence == nil {
		return noEvidence()
	}
	var digest ledger.Digest
	if p.Evidence == "" || digest.UnmarshalText([]byte(p.Evidence)) != nil {
		return cratewarden.Errorf(cratewarden.Refused, "This plan destroys something for good. Seal its evidence first.")
	}
	c, err := e.cfg.Evidence.Covers(ctx, evidence.Cover{Plan: p.ID, Digest: &digest}, crates, versions)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.KindOf(err), "The evidence of this plan cannot be verified: %s", cratewarden.MessageOf(err))
	}
	return uncovered(c)
}

// uncovered says in a sentence what a bundle lacks.
func uncovered(c evidence.Coverage) *cratewarden.Error {
	if c.OK {
		return nil
	}
	why := ""
	for _, r := range c.Reports {
		if !r.OK() {
			why += " Its bundle is not what was sealed: " + string(r.Findings[0].State) + " " + r.Findings[0].Part + "."
		}
	}
	for _, g := range c.Gaps[:min(len(c.Gaps), 3)] {
		why += " " + g
	}
	if why == "" && len(c.Missing) > 0 {
		m := c.Missing[0]
		if m.Name == "" {
			m.Name = m.ID
		}
		why = " It does not have the " + m.Kind + " " + m.Name + "."
	}
	return cratewarden.Errorf(cratewarden.Refused, "The evidence of this plan does not cover what it destroys.%s Seal it again.", why)
}
