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

const planColumns = `id, revision, state, title, author, incident, public_reason, internal_note, steps, coalesce(undoes, ''),
	digest, reviewed_at, reviewed_by, blocked, confirm, needs_approval, irreversible, approvals, evidence,
	applier, coalesce(registry_tx, ''), intent, outcome, applied_at, problem, differences, created_at, changed_at,
	review, effect, fingerprint, writers, demands, asked_at, fallen`

func scanPlan(row pgx.CollectableRow) (p Plan, err error) {
	var digest []byte
	err = row.Scan(&p.ID, &p.Revision, &p.State, &p.Title, &p.Author, &p.Incident, &p.Public, &p.Internal, &p.Steps, &p.Undoes,
		&digest, &p.ReviewedAt, &p.ReviewedBy, &p.Blocked, &p.Confirm, &p.NeedsApproval, &p.Irreversible, &p.Approvals, &p.Evidence,
		&p.Applier, &p.RegistryTx, &p.Intent, &p.Outcome, &p.AppliedAt, &p.Problem, &p.Differences, &p.CreatedAt, &p.ChangedAt,
		&p.review, &p.effect, &p.fingerprint, &p.writers, &p.Demands, &p.AskedAt, &p.Fallen)
	p.Editors = p.editors()
	if len(digest) == len(ledger.Digest{}) {
		d := ledger.Digest(digest)
		p.Digest = &d
	}
	for _, t := range []*time.Time{p.ReviewedAt, p.AppliedAt, p.AskedAt, &p.CreatedAt, &p.ChangedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return p, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func onePlan(ctx context.Context, db querier, sql string, args ...any) (Plan, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return Plan{}, pg.Map(err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPlan)
	return p, pg.Map(err)
}

// Plan gives a plan by its id.
func (e *Engine) Plan(ctx context.Context, id string) (Plan, error) {
	p, err := onePlan(ctx, e.console, `SELECT `+planColumns+` FROM plan WHERE id = $1`, id)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return p, cratewarden.Wrap(err, cratewarden.NotFound, "There is no plan %s.", id)
	}
	return p, err
}

// locked gives a plan and holds it until the transaction ends.
func locked(ctx context.Context, tx pgx.Tx, id string) (Plan, error) {
	p, err := onePlan(ctx, tx, `SELECT `+planColumns+` FROM plan WHERE id = $1 FOR UPDATE`, id)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return p, cratewarden.Wrap(err, cratewarden.NotFound, "There is no plan %s.", id)
	}
	return p, err
}

// PlanFilter narrows a list of plans; the zero value lists all, newest first.
type PlanFilter struct {
	States   []State
	Author   string // Actor.ID
	Incident string
	Subject  ledger.Subject // by Kind and ID
	Undoes   string
	Before   string // goes on after the plan with this id
	Limit    int    // 0 means 50, at most 500
}

// Plans lists plans. Their reviews and effects are asked for one by one.
func (e *Engine) Plans(ctx context.Context, f PlanFilter) ([]Plan, error) {
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, 500)
	}
	states := make([]string, len(f.States))
	for i, s := range f.States {
		states[i] = string(s)
	}
	rows, err := e.console.Query(ctx, `SELECT `+planColumns+` FROM plan p
		WHERE (cardinality($1::text[]) = 0 OR p.state = ANY ($1))
		  AND ($2 = '' OR p.author ->> 'id' = $2)
		  AND ($3 = '' OR p.incident = $3)
		  AND ($4 = '' OR EXISTS (SELECT FROM plan_subject s WHERE s.plan = p.id AND s.kind = $4 AND s.id = $5))
		  AND ($6 = '' OR p.undoes = $6)
		  AND ($7 = '' OR (p.created_at, p.id) < (SELECT created_at, id FROM plan WHERE id = $7))
		ORDER BY p.created_at DESC, p.id DESC LIMIT $8`,
		states, f.Author, f.Incident, f.Subject.Kind, f.Subject.ID, f.Undoes, f.Before, limit)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanPlan)
	return out, pg.Map(err)
}

// Counts gives how many plans are in each state.
func (e *Engine) Counts(ctx context.Context) (map[State]int, error) {
	rows, err := e.console.Query(ctx, `SELECT state, count(*) FROM plan GROUP BY state`)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[State]int{}
	var s State
	var n int
	_, err = pgx.ForEachRow(rows, []any{&s, &n}, func() error {
		out[s] = n
		return nil
	})
	return out, pg.Map(err)
}

// Effect gives what a plan did, or if it was not applied what its last review
// showed; NotFound before any review.
func (e *Engine) Effect(ctx context.Context, p Plan) (*Effect, error) {
	digest := p.effect
	if digest == nil {
		digest = p.review
	}
	if digest == nil {
		return nil, cratewarden.Errorf(cratewarden.NotFound, "The plan %s was not reviewed yet.", p.ID)
	}
	text, err := e.Document(ctx, ledger.Digest(digest))
	if err != nil {
		return nil, err
	}
	var f Effect
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, altered(err)
	}
	return &f, nil
}

// OpenSubjects gives every subject of a plan that is not over, by Kind and ID,
// so that a page about something else need not ask; nil when there are too many
// to tell.
func (e *Engine) OpenSubjects(ctx context.Context) (map[ledger.Subject]bool, error) {
	const most = 20_000
	rows, err := e.console.Query(ctx, `SELECT s.kind, s.id FROM plan p JOIN plan_subject s ON s.plan = p.id
		WHERE p.state IN ('draft', 'reviewed', 'approved', 'applying', 'stale', 'failed', 'unknown') LIMIT $1`, most+1)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[ledger.Subject]bool{}
	n := 0
	var s ledger.Subject
	_, err = pgx.ForEachRow(rows, []any{&s.Kind, &s.ID}, func() error {
		out[s] = true
		n++
		return nil
	})
	if n > most {
		return nil, pg.Map(err)
	}
	return out, pg.Map(err)
}
