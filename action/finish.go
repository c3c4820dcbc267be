package action

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// finish writes the outcome of an intent, once, however many try. After a
// commit it also writes, in the same transaction, everything that follows: the
// follow-ups, what is held, what was deleted. So none is forgotten and none is
// ordered twice.
func (e *Engine) finish(ctx context.Context, id, status string, recovered bool) (Plan, error) {
	var p Plan
	var effect *Effect
	before, err := e.Plan(ctx, id)
	if err != nil {
		return before, err
	}
	if status == "committed" {
		if effect, err = e.Effect(ctx, before); err != nil {
			return before, err
		}
	}
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		if p, err = locked(ctx, tx, id); err != nil {
			return err
		}
		if p.State != Applying && p.State != Unknown || p.Intent == nil {
			return nil // somebody else was first
		}
		return e.writeOutcome(ctx, tx, &p, effect, status, recovered)
	})
	if err == nil {
		e.cfg.Reached("after outcome")
	}
	return p, pg.Map(err)
}

func (e *Engine) writeOutcome(ctx context.Context, tx pgx.Tx, p *Plan, effect *Effect, status string, recovered bool) error {
	state := map[string]State{"committed": Applied, "rolled back": Failed}[status]
	if state == "" {
		state = Unknown
	}
	if state == Applied {
		if err := e.follow(ctx, tx, *p, effect); err != nil {
			return err
		}
		if err := e.markUndone(ctx, tx, *p); err != nil {
			return err
		}
		e.cfg.Reached("within outcome")
	}
	receipt, err := e.ledger.Append(ctx, tx, ledger.Entry{
		Kind: ledger.Outcome, Actor: orActor(p.Applier).ledger(), Session: orActor(p.Applier).Session, Action: "plan.apply", Plan: p.ID, Incident: p.Incident,
		RegistryTx: p.RegistryTx, Refers: p.Intent, Result: &ledger.Result{State: status, Recovered: recovered, Detail: counted(effect)},
	})
	if err != nil {
		return err
	}
	var at *time.Time
	if state == Applied {
		now := e.clock()
		at = &now
	}
	*p, err = onePlan(ctx, tx, `UPDATE plan SET state = $2, outcome = $3, applied_at = $4, problem = $5, changed_at = now() WHERE id = $1 RETURNING `+planColumns,
		p.ID, state, receipt.Index, at, outcomeProblem(state))
	return err
}

func outcomeProblem(s State) string {
	switch s {
	case Failed:
		return "The registry rolled the change back; nothing was changed."
	case Unknown:
		return "Nobody can say whether the registry kept this change. Compare its rows with the plan's, then settle it."
	}
	return ""
}

func orActor(a *Actor) Actor {
	if a == nil {
		return Actor{ID: "unknown"}
	}
	return *a
}

func counted(f *Effect) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%d rows, %d jobs, %d follow-ups", len(f.Rows), len(f.Jobs), len(f.Later))
}

// markUndone says of a plan that was undone in full that it is.
func (e *Engine) markUndone(ctx context.Context, tx pgx.Tx, p Plan) error {
	if p.Undoes == "" {
		return nil
	}
	original, err := locked(ctx, tx, p.Undoes)
	if err != nil || original.State != Applied {
		return err
	}
	done, err := e.undoneSteps(ctx, tx, original.ID)
	if err != nil {
		return err
	}
	own, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return err
	}
	for _, s := range own {
		if u, ok := s.Do.(UndoStep); ok {
			done[u.Step] = true
		}
	}
	if len(done) < len(original.Steps) {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE plan SET state = $2, changed_at = now() WHERE id = $1`, original.ID, Undone)
	return pg.Map(err)
}

// afterDoubt is for an error after which the registry may or may not have
// committed: it asks. If nobody can say yet, the plan stays "applying" and
// Recover asks again.
func (e *Engine) afterDoubt(ctx context.Context, p Plan, cause error) (Plan, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	now, err := e.Plan(ctx, p.ID)
	if err != nil || now.State != Applying {
		// The intent was not kept, so the registry's transaction was rolled back.
		return now, cause
	}
	p, err = e.settle(ctx, now)
	if err == nil && p.State != Applied {
		err = cause
	}
	return p, err
}

// settle finds the outcome of one intent. The plan is claimed.
func (e *Engine) settle(ctx context.Context, p Plan) (Plan, error) {
	status, err := change.Status(ctx, e.registry, p.RegistryTx)
	switch {
	case err != nil:
		return p, err
	case status == "in progress":
		return p, nil
	case status == "aborted":
		status = "rolled back"
	case status == "unknown" && p.State == Unknown:
		return p, nil
	}
	return e.finish(ctx, p.ID, status, true)
}

// Recovery counts what a call of Recover found.
type Recovery struct {
	Plans     int // intents whose outcome was found
	Unknown   int // intents that somebody must settle
	FollowUps int // follow-ups handed to the workers again
}

// Recover finds the outcome of every intent without one, and hands follow-ups
// that nobody works on to the workers again. Call it at start and every minute.
func (e *Engine) Recover(ctx context.Context) (r Recovery, err error) {
	plans, err := e.Plans(ctx, PlanFilter{States: []State{Applying}, Limit: 500})
	if err != nil {
		return r, err
	}
	for _, p := range plans {
		release, err := e.claim(ctx, p.ID)
		if cratewarden.KindOf(err) == cratewarden.Conflict {
			continue // a living process is at it
		}
		if err != nil {
			return r, err
		}
		p, err = e.settle(ctx, p)
		release()
		if err != nil {
			return r, err
		}
		switch p.State {
		case Applied, Failed:
			r.Plans++
		case Unknown:
			r.Unknown++
			e.log.Error("nobody can say what became of a plan", "plan", p.ID, "registry_tx", p.RegistryTx)
		}
	}
	r.FollowUps, err = e.requeue(ctx)
	return r, err
}

// settledSo says whether a plan was settled before in the same words; then the
// answer is the plan as it is.
func (e *Engine) settledSo(ctx context.Context, p Plan, committed bool) (bool, error) {
	page, err := e.ledger.List(ctx, ledger.Filter{Plan: p.ID, Action: "plan.settle", Kind: ledger.Note, Limit: 1})
	if err != nil || len(page.Entries) == 0 {
		return false, err
	}
	return page.Entries[0].Details["committed"] == fmt.Sprint(committed), nil
}

// Settle closes a plan whose fate nobody could tell, by the word of a person
// who compared the rows. Saying the same again gives the plan as it is.
func (e *Engine) Settle(ctx context.Context, who Actor, id string, committed bool) (Plan, error) {
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	if p.State != Unknown {
		if same, err := e.settledSo(ctx, p, committed); same || err != nil {
			return p, err
		}
		return p, cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; there is nothing to settle.", p.State)
	}
	if who, err = e.current(ctx, who, "plan.settle", p); err != nil {
		return p, err
	}
	t, err := e.takesOfPlan(ctx, p)
	if err != nil {
		return p, err
	}
	if why := e.hasRoles("plan.settle", p, who, t); why != nil {
		return p, e.refuse(ctx, who, "plan.settle", p, why)
	}
	release, err := e.claim(ctx, id)
	if err != nil {
		return p, err
	}
	defer release()
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		_, err := e.ledger.Append(ctx, tx, ledger.Entry{
			Kind: ledger.Note, Actor: who.ledger(), Session: who.Session, Action: "plan.settle", Plan: id, Incident: p.Incident,
			Details: map[string]string{"committed": fmt.Sprint(committed)},
		})
		return err
	})
	if err != nil {
		return p, err
	}
	status := "rolled back"
	if committed {
		status = "committed"
	}
	return e.finish(ctx, id, status, true)
}
