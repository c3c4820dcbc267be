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
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, nil, err
	}
	if err := e.may(ctx, who, "plan.review", p); err != nil {
		return p, nil, err
	}
	if !p.State.Open() {
		return p, nil, cratewarden.Errorf(cratewarden.Conflict, "The plan %s is %s; there is nothing to review.", id, p.State)
	}
	effect, s, err := e.preview(ctx, p, who)
	if err != nil {
		return p, nil, err
	}
	p, err = e.keepReview(ctx, p, who, effect, s)
	return p, effect, err
}

// preview is the review without keeping it.
func (e *Engine) preview(ctx context.Context, p Plan, who Actor) (effect *Effect, s surroundings, err error) {
	err = e.retry(ctx, func() error {
		began := time.Now()
		inner, t, err := change.Begin(ctx, e.registry, e.optionsOf(p, who))
		if err != nil {
			return err
		}
		defer t.Rollback(ctx)
		if s, err = e.surround(inner, t, p, p.people(who)...); err != nil {
			return tooLong(err, e.cfg.Hold)
		}
		effect, err = e.pass(inner, t, p, who)
		if err != nil {
			return tooLong(err, e.cfg.Hold)
		}
		effect.Took = time.Since(began)
		return nil
	})
	return effect, s, err
}

func (e *Engine) options(who Actor) change.Options {
	return change.Options{LockTimeout: e.cfg.LockTimeout, Hold: e.cfg.Hold, Actor: who.RegistryUser}
}

// asideTime is how long a plan may take that nobody in the registry waits for:
// it may have to search all texts and files of the console. A program's request
// ends after 55 s, and the registry's server ends an idle transaction after 60.
const asideTime = 50 * time.Second

// optionsOf are the options of a pass over a plan's steps.
func (e *Engine) optionsOf(p Plan, who Actor) change.Options {
	out := e.options(who)
	steps, err := e.catalogue.Decode(p.Steps) // the pass says what is wrong with them
	if err == nil && !slices.ContainsFunc(steps, func(s Step) bool { kind, _ := e.catalogue.Kind(s.Kind); return !kind.Aside }) {
		out.Hold = max(out.Hold, asideTime)
	}
	return out
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

func (e *Engine) keepReview(ctx context.Context, p Plan, who Actor, effect *Effect, s surroundings) (Plan, error) {
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
	v, err := e.judge(ctx, p, who, s, effect)
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
		keep, err := e.carry(ctx, tx, now, who, agreed, effect)
		if err != nil {
			return err
		}
		blocked := len(effect.Blocks()) > 0
		if len(v.demands) == 0 || blocked {
			keep.asked = nil
		} else if keep.asked == nil {
			at := e.clock()
			keep.asked = &at
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET state = $2, review = $3, fingerprint = $4, digest = $5, reviewed_at = $6, reviewed_by = $7,
				blocked = $8, confirm = $9, needs_approval = $10, irreversible = $11, approvals = $12, evidence = $13, problem = '', differences = '[]', changed_at = now(),
				demands = $14, asked_at = $15, fallen = $16
			WHERE id = $1 RETURNING `+planColumns,
			p.ID, keep.state, doc.digest[:], fingerprint[:], agreed[:], e.clock(), who, blocked, weight.confirm, len(v.demands) > 0, weight.irreversible,
			jsonList(keep.approvals), keep.evidence, v.demands, keep.asked, keep.fallen)
		if err != nil || now.AskedAt != nil && keep.same {
			return err
		}
		return e.tellWanted(ctx, tx, p, s.takes)
	})
	return p, pg.Map(err)
}

// carried is what a new review takes over from the one before.
type carried struct {
	same      bool // the new review is what people agreed to before
	state     State
	approvals []Approval
	evidence  string
	asked     *time.Time
	fallen    []Fallen
}

// carry keeps approvals of exactly what the new review shows; others fall, and
// whoever gave them is told what changed.
func (e *Engine) carry(ctx context.Context, tx pgx.Tx, now Plan, who Actor, agreed ledger.Digest, effect *Effect) (carried, error) {
	if now.Digest != nil && *now.Digest == agreed {
		c := carried{same: true, state: Reviewed, approvals: now.Approvals, evidence: now.Evidence, asked: now.AskedAt, fallen: append([]Fallen{}, now.Fallen...)}
		if len(now.Approvals) > 0 {
			c.state = Approved
		}
		return c, nil
	}
	c := carried{state: Reviewed, fallen: compareFallen(ctx, tx, now.fell(who, e.clock(), "The plan was reviewed again, and the registry was no longer the same.", nil, reviewOf(now)), effect)}
	return c, e.tellFallen(ctx, tx, now, who)
}

func reviewOf(p Plan) *ledger.Digest {
	if len(p.review) != len(ledger.Digest{}) {
		return nil
	}
	d := ledger.Digest(p.review)
	return &d
}

func jsonList(a []Approval) []Approval {
	if a == nil {
		return []Approval{}
	}
	return a
}

// weight says what a plan takes beyond a review.
type weight struct {
	confirm      string
	irreversible bool
}

// weigh decides what must be typed. What is typed names the
// one subject, or says how many steps there are, so that nobody confirms
// something else than he thinks.
func (e *Engine) weigh(steps []Step) (w weight) {
	for _, s := range steps {
		kind, _ := e.catalogue.Kind(s.Kind)
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
