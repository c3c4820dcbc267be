package action

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// AccountRelease lets a contained account in again. Without Restore it only unlocks:
// revoked tokens may be in a thief's hands, so they and all other doors stay
// closed until somebody asks for them. Restore puts back everything that
// containments of this account closed, the same as undoing their plans.
type AccountRelease struct {
	AccountRef
	Restore bool `json:"restore,omitempty"`
}

// Sentence says it.
func (l AccountRelease) Sentence() string {
	if l.Restore {
		return "Release " + l.AccountRef.String() + " and restore what its containment closed"
	}
	return "Release " + l.AccountRef.String()
}

func accountReleaseKind() Kind {
	return define(Kind{
		Name: "account.release", Title: "Release a contained account", Reversible: true,
		About: "Unlocks the account. API tokens, trusted publishers and invitations that a containment closed stay closed, unless they are to be restored.",
		Params: accountParams(Param{Name: "restore", Label: "Restore everything", Type: YesNoParam,
			Help: "API tokens, trusted publishers, publish tokens and invitations as they were before the containment."}),
	}, runAccountRelease)
}

func runAccountRelease(ctx context.Context, r *Run, items []Item[AccountRelease]) error {
	var unlock []wantedLock
	for _, it := range items {
		past, err := r.containments(ctx, it.Do.Account)
		if err != nil {
			return err
		}
		if len(past) == 0 {
			r.Info(it.Step, "not-contained", "No containment of account %d by this console stands; it is only unlocked.", it.Do.Account)
		}
		for _, p := range past {
			r.Fact(it.Step, "containment "+p.plan.ID, p.step)
			if it.Do.Restore {
				err = r.putBack(ctx, p.plan, p.effect, map[int]int{p.step: it.Step})
			} else {
				p.tellClosed(r, it.Step)
			}
			if err != nil {
				return err
			}
		}
		if it.Do.Restore && len(past) > 0 {
			uncontainedText(r, it)
			continue // the row is as it was before; whoever was locked then is again
		}
		unlock = append(unlock, wantedLock{onAccount{it.Step, it.Do.Account}, nil})
	}
	_, err := r.setLocks(ctx, unlock)
	return err
}

func uncontainedText(r *Run, it Item[AccountRelease]) {
	_ = uncontained(context.Background(), r, []Item[Contain]{{Step: it.Step, Do: Contain{AccountRef: it.Do.AccountRef}}})
}

// pastContainment is a step of an applied plan that contained an account and
// was not undone.
type pastContainment struct {
	plan   Plan
	step   int
	effect *Effect
}

// containments gives an account's containments that stand, the newest first.
func (r *Run) containments(ctx context.Context, account int32) ([]pastContainment, error) {
	e := r.engine
	like, err := json.Marshal([]any{map[string]any{"do": "account.contain", "account": account}})
	if err != nil {
		return nil, err
	}
	rows, err := e.console.Query(ctx, `SELECT id FROM plan WHERE state = 'applied' AND steps @> $1 ORDER BY applied_at DESC LIMIT 20`, like)
	if err != nil {
		return nil, pg.Map(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, pg.Map(err)
	}
	var out []pastContainment
	for _, id := range ids {
		more, err := e.containmentsIn(ctx, id, account)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

func (e *Engine) containmentsIn(ctx context.Context, id string, account int32) (out []pastContainment, err error) {
	p, err := e.Plan(ctx, id)
	if err != nil {
		return nil, err
	}
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return nil, err
	}
	done, err := e.undoneSteps(ctx, e.console, id)
	if err != nil {
		return nil, err
	}
	effect, err := e.Effect(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, s := range slices.Backward(steps) {
		if c, ok := s.Do.(Contain); ok && c.Account == account && !done[s.N] {
			out = append(out, pastContainment{p, s.N, effect})
		}
	}
	return out, nil
}

// tellClosed says what a release without restoring leaves closed.
func (p pastContainment) tellClosed(r *Run, step int) {
	n := map[string]int{}
	for _, row := range p.effect.Rows {
		if row.Step == p.step {
			n[row.Table]++
		}
	}
	var left []string
	add := func(n int, one, many string) {
		if n > 0 {
			left = append(left, cratewarden.Amount(n, one, many))
		}
	}
	add(n["api_tokens"], "API token", "API tokens")
	add(n["trustpub_configs_github"]+n["trustpub_configs_gitlab"], "trusted publisher", "trusted publishers")
	add(n["crate_owner_invitations"], "invitation", "invitations")
	if len(left) > 0 {
		r.Info(step, "stays-closed", "What the plan %s closed stays closed: %s. To put that back, undo the plan, or release and restore.", p.plan.ID, join(left))
	}
}
