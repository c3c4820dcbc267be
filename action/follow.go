package action

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// FollowUp is work outside the registry's database that an applied plan still
// owes: files to move, caches to empty, an index to check. It is repeated until
// it is done or a person gives it up.
type FollowUp struct {
	ID         int64           `json:"id"`
	Plan       string          `json:"plan"`
	Step       int             `json:"step"`
	Kind       string          `json:"kind"`
	Args       json.RawMessage `json:"args"`
	State      FollowState     `json:"state"`
	Attempts   int             `json:"attempts"`
	Problem    string          `json:"problem,omitempty"`
	Result     json.RawMessage `json:"result,omitempty"`
	Intent     *int64          `json:"intent,omitempty"`  // ledger entry
	Outcome    *int64          `json:"outcome,omitempty"` // ledger entry
	RegistryTx string          `json:"registry_tx,omitempty"`
	NextAt     time.Time       `json:"next_at"`
	CreatedAt  time.Time       `json:"created_at"`
	ChangedAt  time.Time       `json:"changed_at"`
}

// FollowState is where a follow-up stands.
type FollowState string

// The states of a follow-up.
const (
	FollowWaiting FollowState = "waiting"
	FollowRunning FollowState = "running"
	FollowDone    FollowState = "done"
	FollowFailed  FollowState = "failed" // it will be tried again at NextAt
	FollowGivenUp FollowState = "given up"
)

const followColumns = `id, plan, step, kind, args, state, attempts, problem, result, intent, outcome, coalesce(registry_tx, ''), next_at, created_at, changed_at`

func scanFollowUp(row pgx.CollectableRow) (f FollowUp, err error) {
	err = row.Scan(&f.ID, &f.Plan, &f.Step, &f.Kind, &f.Args, &f.State, &f.Attempts, &f.Problem, &f.Result, &f.Intent, &f.Outcome, &f.RegistryTx, &f.NextAt, &f.CreatedAt, &f.ChangedAt)
	f.NextAt, f.CreatedAt, f.ChangedAt = f.NextAt.UTC(), f.CreatedAt.UTC(), f.ChangedAt.UTC()
	return f, err
}

// FollowUps gives the follow-ups of a plan; of all plans those that are not
// done, when plan is "".
func (e *Engine) FollowUps(ctx context.Context, plan string) ([]FollowUp, error) {
	rows, err := e.console.Query(ctx, `SELECT `+followColumns+` FROM follow_up
		WHERE plan = $1 OR $1 = '' AND state IN ('waiting', 'running', 'failed') ORDER BY id LIMIT 5000`, plan)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanFollowUp)
	return out, pg.Map(err)
}

// mark is what an applied step leaves in the console's database, written in the
// transaction of the outcome.
type mark func(ctx context.Context, tx pgx.Tx, p Plan, l Later) error

// follow orders everything that comes after a commit: marks at once, the rest
// as follow-ups.
func (e *Engine) follow(ctx context.Context, tx pgx.Tx, p Plan, effect *Effect) error {
	for _, l := range effect.Later {
		if m, ok := marks()[l.Kind]; ok {
			if err := m(ctx, tx, p, l); err != nil {
				return err
			}
			continue
		}
		if err := e.order(ctx, tx, p.ID, l); err != nil {
			return err
		}
	}
	return nil
}

// order makes one follow-up and hands it to the workers.
func (e *Engine) order(ctx context.Context, tx pgx.Tx, plan string, l Later) error {
	if _, ok := workers()[l.Kind]; !ok {
		return cratewarden.Errorf(cratewarden.Internal, "no worker for %s", l.Kind)
	}
	var id int64
	if err := tx.QueryRow(ctx, `INSERT INTO follow_up (plan, step, kind, args, next_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		plan, l.Step, l.Kind, l.Args, e.clock()).Scan(&id); err != nil {
		return pg.Map(err)
	}
	if e.cfg.Enqueue == nil {
		return nil
	}
	return e.cfg.Enqueue(ctx, tx, id, e.clock())
}

// requeue hands follow-ups to the workers that are due and that no worker has:
// those made by a process that ended before it could, or whose worker died.
func (e *Engine) requeue(ctx context.Context) (n int, err error) {
	if e.cfg.Enqueue == nil {
		return 0, nil
	}
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM follow_up
			WHERE state IN ('waiting', 'running', 'failed') AND next_at < $1 AND changed_at < now() - interval '1 minute'
			ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED`, e.clock())
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := e.cfg.Enqueue(ctx, tx, id, e.clock()); err != nil {
				return err
			}
		}
		n = len(ids)
		_, err = tx.Exec(ctx, `UPDATE follow_up SET changed_at = now() WHERE id = ANY ($1)`, ids)
		return err
	})
	return n, pg.Map(err)
}

// console is the actor of what the console does by itself, on a person's order.
func console() ledger.Actor { return ledger.Actor{ID: "cratewarden", Name: "the console"} }
