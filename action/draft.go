package action

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Draft makes a plan. The same actor's same key gives the same plan, made
// once; with another order under it the answer is Conflict. An empty key means
// that the caller does not repeat itself.
func (e *Engine) Draft(ctx context.Context, who Actor, o Order, key string) (Plan, error) {
	if err := e.may(ctx, who, "plan.draft", Plan{}); err != nil {
		return Plan{}, err
	}
	steps, err := o.check(e.catalogue)
	if err != nil {
		return Plan{}, err
	}
	if o.undoes == "" { // what was done can be undone, whatever became of its incident
		if err := e.incident(ctx, o.Incident, Plan{}); err != nil {
			return Plan{}, err
		}
	}
	digest, err := digestOf(map[string]any{"do": "draft", "order": o, "undoes": o.undoes})
	if err != nil {
		return Plan{}, err
	}
	var p Plan
	err = pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		id := newID(e.clock())
		known, err := once(ctx, tx, who, key, "plan.draft", digest)
		if err != nil || known != "" {
			p, err = replay(ctx, tx, known, err)
			return err
		}
		if p, err = insertPlan(ctx, tx, id, who, o, steps); err != nil {
			return err
		}
		return remember(ctx, tx, who, key, id)
	})
	return p, pg.Map(err)
}

// incident refuses an incident that no plan may be made for. The one that a
// plan has already is not asked about again: it may have been closed since.
func (e *Engine) incident(ctx context.Context, id string, has Plan) error {
	if e.cfg.Incidents == nil || id == "" || id == "none" || id == has.Incident {
		return nil
	}
	return e.cfg.Incidents(ctx, id)
}

func replay(ctx context.Context, tx pgx.Tx, id string, err error) (Plan, error) {
	if err != nil {
		return Plan{}, err
	}
	return locked(ctx, tx, id)
}

func insertPlan(ctx context.Context, tx pgx.Tx, id string, who Actor, o Order, steps []Step) (Plan, error) {
	text, err := json.Marshal(o.Steps)
	if err != nil {
		return Plan{}, err
	}
	p, err := onePlan(ctx, tx, `INSERT INTO plan (id, state, title, author, incident, public_reason, internal_note, steps, undoes, writers)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, ''), $10) RETURNING `+planColumns,
		id, Draft, o.Title, who, o.Incident, o.Public, o.Internal, text, o.undoes, []writer{writerOf(who)})
	if err != nil {
		return p, err
	}
	return p, keepSubjects(ctx, tx, id, steps)
}

func keepSubjects(ctx context.Context, tx pgx.Tx, id string, steps []Step) error {
	var kinds, ids []string
	for _, s := range subjectsOf(steps) {
		kinds, ids = append(kinds, s.Kind), append(ids, s.ID)
		if crate, _, ok := strings.Cut(s.ID, "@"); ok && s.Kind == "version" { // a crate's page shows plans about its versions
			kinds, ids = append(kinds, "crate"), append(ids, crate)
		}
	}
	_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM plan_subject WHERE plan = $1)
		INSERT INTO plan_subject (plan, kind, id) SELECT $1, k, i FROM unnest($2::text[], $3::text[]) AS s (k, i)
		ON CONFLICT DO NOTHING`, id, kinds, ids)
	return pg.Map(err)
}

// subjectsOf gives every subject of the steps once, in order.
func subjectsOf(steps []Step) (out []ledger.Subject) {
	seen := map[ledger.Subject]bool{}
	for _, s := range steps {
		for _, subject := range s.Do.Subjects() {
			if id := (ledger.Subject{Kind: subject.Kind, ID: subject.ID}); !seen[id] {
				seen[id] = true
				out = append(out, subject)
			}
		}
	}
	return out
}

// Edit gives an open plan another text. revision is the one that the editor
// saw; if somebody else edited since, the answer is Conflict. Its review and
// approvals fall, and whoever edits can no longer be its second person.
func (e *Engine) Edit(ctx context.Context, who Actor, id string, revision int, o Order) (Plan, error) {
	if err := e.may(ctx, who, "plan.edit", Plan{ID: id}); err != nil {
		return Plan{}, err
	}
	steps, err := o.check(e.catalogue)
	if err != nil {
		return Plan{}, err
	}
	text, err := json.Marshal(o.Steps)
	if err != nil {
		return Plan{}, err
	}
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	if err := e.incident(ctx, o.Incident, p); err != nil {
		return Plan{}, err
	}
	err = pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		if p, err = locked(ctx, tx, id); err != nil {
			return err
		}
		if err := editable(p, revision); err != nil {
			return err
		}
		fallen := p.fell(who, e.clock(), "The plan was edited.", textChanges(p, o), reviewOf(p))
		if err := e.tellFallen(ctx, tx, p, who); err != nil {
			return err
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET revision = revision + 1, state = $2, title = $3, incident = $4, public_reason = $5,
				internal_note = $6, steps = $7, writers = $8, fallen = $9, demands = '[]', asked_at = NULL, review = NULL, fingerprint = NULL, digest = NULL, reviewed_at = NULL, reviewed_by = NULL,
				blocked = false, confirm = '', needs_approval = false, approvals = '[]', evidence = '', problem = '', differences = '[]', changed_at = now()
			WHERE id = $1 RETURNING `+planColumns, id, Draft, o.Title, o.Incident, o.Public, o.Internal, text, p.withWriter(who), fallen)
		if err != nil {
			return err
		}
		return keepSubjects(ctx, tx, id, steps)
	})
	if cratewarden.KindOf(err) == cratewarden.Refused {
		return p, e.refuse(ctx, who, "plan.edit", p, err)
	}
	return p, pg.Map(err)
}

func editable(p Plan, revision int) error {
	switch {
	case !p.State.Open():
		return cratewarden.Errorf(cratewarden.Conflict, "The plan %s is %s and cannot be changed any more.", p.ID, p.State)
	case p.Undoes != "":
		return refusal{ruleState, cratewarden.Errorf(cratewarden.Refused, "A plan that undoes another is made anew with other steps, not edited.")}
	case p.Revision != revision:
		return cratewarden.Errorf(cratewarden.Conflict, "Somebody changed the plan since you opened it. Load it again; your text is not lost here.")
	}
	return nil
}

// Discard puts an open plan away. Nothing in the registry changes. One that is
// put away already is the answer as it is.
func (e *Engine) Discard(ctx context.Context, who Actor, id string) (Plan, error) {
	if err := e.may(ctx, who, "plan.discard", Plan{ID: id}); err != nil {
		return Plan{}, err
	}
	var p Plan
	err := pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) (err error) {
		if p, err = locked(ctx, tx, id); err != nil {
			return err
		}
		if p.State == Discarded { // asked for twice
			return nil
		}
		if !p.State.Open() {
			return cratewarden.Errorf(cratewarden.Conflict, "The plan %s is %s and cannot be discarded.", id, p.State)
		}
		if len(p.Approvals) > 0 { // somebody's word is thrown away
			if _, err := e.ledger.Append(ctx, tx, ledger.Entry{
				Kind: ledger.Note, Actor: who.ledger(), Session: who.Session, Action: "plan.discard", Plan: id, Incident: p.Incident,
				Details: map[string]string{"state": string(p.State), "approvals": strconv.Itoa(len(p.Approvals))},
			}); err != nil {
				return err
			}
		}
		p, err = onePlan(ctx, tx, `UPDATE plan SET state = $2, changed_at = now() WHERE id = $1 RETURNING `+planColumns, id, Discarded)
		return err
	})
	return p, pg.Map(err)
}
