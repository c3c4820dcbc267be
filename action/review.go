package action

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// Review runs a plan's steps in a registry transaction that is always rolled
// back, keeps what it saw, and gives it. Earlier approvals fall unless nothing
// differs.
func (e *Engine) Review(ctx context.Context, who Actor, id string) (Plan, *Effect, error) {
	if err := e.mayPlan(ctx, who, "plan.review"); err != nil {
		return Plan{}, nil, err
	}
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, nil, err
	}
	if !p.State.Open() {
		return p, nil, cratewarden.Errorf(cratewarden.Conflict, "The plan %s is %s; there is nothing to review.", id, p.State)
	}
	effect, err := e.preview(ctx, p, who)
	if err != nil {
		return p, nil, err
	}
	p, err = e.keepReview(ctx, p, who, effect)
	return p, effect, err
}

// preview is the review without keeping it.
func (e *Engine) preview(ctx context.Context, p Plan, who Actor) (*Effect, error) {
	var effect *Effect
	err := e.retry(ctx, func() error {
		began := time.Now()
		inner, t, err := change.Begin(ctx, e.registry, e.options(who))
		if err != nil {
			return err
		}
		defer t.Rollback(ctx)
		effect, err = e.pass(inner, t, p, who)
		if err != nil {
			return tooLong(err, e.cfg.Hold)
		}
		effect.Took = time.Since(began)
		return nil
	})
	return effect, err
}

func (e *Engine) options(who Actor) change.Options {
	return change.Options{LockTimeout: e.cfg.LockTimeout, Hold: e.cfg.Hold, Actor: who.RegistryUser}
}

// tooLong explains a transaction that ran into its limit.
func tooLong(err error, hold time.Duration) error {
	if cratewarden.KindOf(err) != cratewarden.Timeout {
		return err
	}
	if pg.IsCode(err, "55P03") {
		return cratewarden.Wrap(err, cratewarden.Timeout, "Somebody else, perhaps a publish, holds rows that this plan needs. Try again in a moment.")
	}
	return cratewarden.Wrap(err, cratewarden.TooLarge, "This plan would keep people who publish these crates waiting for more than %s. Part it into smaller plans.", hold)
}

func (e *Engine) keepReview(ctx context.Context, p Plan, who Actor, effect *Effect) (Plan, error) {
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return p, err
	}
	fingerprint, err := effect.fingerprint()
	if err != nil {
		return p, err
	}
	agreed, err := p.agreed(fingerprint)
	if err != nil {
		return p, err
	}
	text, err := json.Marshal(effect)
	if err != nil {
		return p, err
	}
	doc, err := pack(text)
	if err != nil {
		return p, err
	}
	weight := e.weigh(steps)
	err = pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		now, err := locked(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if now.Revision != p.Revision || !now.State.Open() {
			return cratewarden.Errorf(cratewarden.Conflict, "The plan changed while it was reviewed. Review it again.")
		}
		if err := doc.keep(ctx, tx); err != nil {
			return err
		}
		state, approvals, evidence := Reviewed, []Approval{}, ""
		if now.Digest != nil && *now.Digest == agreed {
			approvals, evidence = now.Approvals, now.Evidence
			if now.State == Approved {
				state = Approved
			}
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET state = $2, review = $3, fingerprint = $4, digest = $5, reviewed_at = $6, reviewed_by = $7,
				blocked = $8, confirm = $9, needs_approval = $10, irreversible = $11, approvals = $12, evidence = $13, problem = '', differences = '[]', changed_at = now()
			WHERE id = $1 RETURNING `+planColumns,
			p.ID, state, doc.digest[:], fingerprint[:], agreed[:], e.clock(), who, len(effect.Blocks()) > 0, weight.confirm, weight.second, weight.irreversible, jsonList(approvals), evidence)
		return err
	})
	return p, pg.Map(err)
}

func jsonList(a []Approval) []Approval {
	if a == nil {
		return []Approval{}
	}
	return a
}

// weight says what a plan takes beyond a review.
type weight struct {
	confirm              string
	second, irreversible bool
}

// weigh decides what must be typed and who must agree. What is typed names the
// one subject, or says how many steps there are, so that nobody confirms
// something else than he thinks.
func (e *Engine) weigh(steps []Step) (w weight) {
	for _, s := range steps {
		kind, _ := e.catalogue.Kind(s.Kind)
		w.second = w.second || kind.SecondPerson
		w.irreversible = w.irreversible || !kind.Reversible && kind.Final != ""
	}
	if w.irreversible || len(steps) >= e.cfg.Wide {
		w.confirm = strconv.Itoa(len(steps))
		if subjects := subjectsOf(steps); len(subjects) == 1 {
			w.confirm = subjects[0].ID
		}
	}
	return w
}

// Approve records that a second person agrees to exactly what the digest says.
func (e *Engine) Approve(ctx context.Context, who Actor, id string, digest ledger.Digest) (Plan, error) {
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	if p.approvedBy(who, digest) {
		return p, nil
	}
	if why := e.mayApprove(p, who, digest); why != nil {
		return p, e.refuse(ctx, who, "plan.approve", p, why)
	}
	err = pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		if p, err = locked(ctx, tx, id); err != nil {
			return err
		}
		if p.approvedBy(who, digest) {
			return nil
		}
		if why := e.mayApprove(p, who, digest); why != nil {
			return why
		}
		p.Approvals = append(p.Approvals, Approval{Actor: who, Digest: digest, At: e.clock()})
		if _, err := e.ledger.Append(ctx, tx, ledger.Entry{
			Kind: ledger.Note, Actor: who.ledger(), Session: who.Session, Action: "plan.approve", Plan: id, Incident: p.Incident,
			Details: map[string]string{"digest": digest.String()},
		}); err != nil {
			return err
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET state = $2, approvals = $3, changed_at = now() WHERE id = $1 RETURNING `+planColumns, id, Approved, p.Approvals)
		return err
	})
	return p, pg.Map(err)
}

// approvedBy says whether somebody agreed to this very review already: asking
// again adds nothing.
func (p Plan) approvedBy(who Actor, digest ledger.Digest) bool {
	return p.Digest != nil && *p.Digest == digest && slices.ContainsFunc(p.Approvals, func(a Approval) bool { return a.Actor.ID == who.ID && a.Digest == digest })
}

func (e *Engine) mayApprove(p Plan, who Actor, digest ledger.Digest) *cratewarden.Error {
	switch {
	case p.State != Reviewed && p.State != Approved || p.Digest == nil:
		return cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; only a reviewed plan can be approved.", p.State)
	case *p.Digest != digest:
		return cratewarden.Errorf(cratewarden.Conflict, "The plan was reviewed again since you looked at it. Look at what changed, then approve that.")
	case p.Author.ID == who.ID:
		return cratewarden.Errorf(cratewarden.Refused, "The author of a plan cannot be its second person.")
	case p.Blocked:
		return cratewarden.Errorf(cratewarden.Refused, "A plan that its review blocks cannot be approved.")
	}
	return e.roleMissing(p, who)
}

// roleMissing says which role the actor lacks for a step, nil for none.
func (e *Engine) roleMissing(p Plan, who Actor) *cratewarden.Error {
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Conflict, "The plan holds a step that this release does not know.")
	}
	for _, s := range steps {
		if kind, _ := e.catalogue.Kind(s.Kind); !who.Has(kind.Role) {
			return cratewarden.Errorf(cratewarden.Refused, "Step %d (%s) takes the role %s, which %s does not have.", s.N, s.Do.Sentence(), kind.Role, who.Name)
		}
	}
	return nil
}
