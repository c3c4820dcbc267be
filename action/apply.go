package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// Consent is what somebody who applies a plan says yes to.
type Consent struct {
	Digest ledger.Digest `json:"digest"` // of the review that was looked at
	Typed  string        `json:"typed,omitempty"`
}

// Apply makes a reviewed plan real by the protocol of design section 3. The
// same key again gives the plan as it is by then and does nothing. Conflict
// means that the plan is stale and says in Plan.Differences what changed;
// nothing was written.
func (e *Engine) Apply(ctx context.Context, who Actor, id string, yes Consent, key string) (Plan, error) {
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	digest, err := digestOf(map[string]any{"do": "apply", "plan": id, "digest": yes.Digest})
	if err != nil {
		return p, err
	}
	release, err := e.claim(ctx, id)
	if err != nil {
		return p, err
	}
	defer release()
	known := ""
	err = pgx.BeginFunc(ctx, e.console, func(tx pgx.Tx) error {
		if known, err = once(ctx, tx, who, key, "plan.apply", digest); err != nil || known != "" {
			return err
		}
		return remember(ctx, tx, who, key, id)
	})
	if err != nil {
		return p, pg.Map(err)
	}
	if p, err = e.Plan(ctx, id); err != nil {
		return p, err
	}
	if known != "" && (p.State == Applied || p.State == Applying || p.State == Undone || p.State == Unknown) {
		return p, nil
	}
	if who, err = e.current(ctx, who, "plan.apply", p); err != nil {
		return p, err
	}
	standing, err := e.standing(ctx, p)
	if err != nil {
		return p, e.refuse(ctx, who, "plan.apply", p, err)
	}
	p.Approvals = standing
	if why := e.mayApply(ctx, p, who, yes); why != nil {
		return p, e.refuse(ctx, who, "plan.apply", p, why)
	}
	return e.applyNow(ctx, p, who)
}

// claim makes sure that one process at a time applies or recovers a plan. The
// lock is the session's, so it falls when the process dies.
func (e *Engine) claim(ctx context.Context, id string) (release func(), err error) {
	// Whoever holds a claim needs a second connection to go on, so not all may
	// be taken by claims.
	select {
	case e.claims <- struct{}{}:
	case <-ctx.Done():
		return nil, pg.Map(ctx.Err())
	}
	free := func() { <-e.claims }
	conn, err := e.console.Acquire(ctx)
	if err != nil {
		free()
		return nil, pg.Map(err)
	}
	var got bool
	err = pg.Map(conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(7310552, hashtext($1))`, id).Scan(&got))
	if err == nil && !got {
		err = cratewarden.Errorf(cratewarden.Conflict, "The plan %s is being applied at this moment.", id)
	}
	if err != nil {
		conn.Release()
		free()
		return nil, err
	}
	return func() { e.unclaim(conn, id); free() }, nil
}

// unclaim closes the connection if the lock cannot be given back, since a
// pooled connection must not keep it.
func (e *Engine) unclaim(conn *pgxpool.Conn, id string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock(7310552, hashtext($1))`, id); err != nil {
		_ = conn.Conn().Close(ctx)
	}
	conn.Release()
}

// mayApply says what forbids this person to apply this plan now, as far as it
// can be said without the registry; attempt says the rest.
func (e *Engine) mayApply(ctx context.Context, p Plan, who Actor, yes Consent) error {
	switch {
	case p.State == Stale:
		return cratewarden.Errorf(cratewarden.Conflict, "The plan is stale: the registry changed since its review. Review it again.")
	case p.State != Reviewed && p.State != Approved || p.Digest == nil:
		return cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; only a reviewed plan can be applied.", p.State)
	case subtle.ConstantTimeCompare(p.Digest[:], yes.Digest[:]) == 0:
		return refusal{ruleDigest, cratewarden.Errorf(cratewarden.Conflict, "The plan was reviewed again since you looked at it. Look at what changed, then apply that.")}
	case p.Blocked:
		return refusal{ruleBlocked, cratewarden.Errorf(cratewarden.Refused, "The review of this plan found something that forbids it. Change the plan.")}
	case p.Confirm != "" && strings.TrimSpace(yes.Typed) != p.Confirm:
		return refusal{ruleTyped, cratewarden.Errorf(cratewarden.Refused, "To apply this plan, type exactly: %s", p.Confirm)}
	}
	t, err := e.takesOfPlan(ctx, p)
	if err != nil {
		return err
	}
	f := e.facts(p)
	if f.SecondPerson = p.approved(); !f.SecondPerson {
		if f.SecondPerson, err = e.glassBroken(ctx, p, who); err != nil {
			return err
		}
	}
	if why := e.denied("plan.apply", who, t, f); why != nil {
		return why
	}
	if why := e.otherAccount(p, who); why != nil {
		return refusal{ruleReviewer, why}
	}
	if why := e.evidenceMissing(ctx, p); why != nil {
		return refusal{ruleEvidence, why}
	}
	return nil
}

// applyNow runs the plan and records it. The plan is claimed.
func (e *Engine) applyNow(ctx context.Context, p Plan, who Actor) (Plan, error) {
	defer e.cfg.Changed()
	then, err := e.Effect(ctx, p)
	if err != nil {
		return p, err
	}
	var differ []Difference
	var state State
	err = e.retry(ctx, func() error {
		state, differ = "", nil
		state, differ, err = e.attempt(ctx, p, who, then)
		return err
	})
	denied, isDenied := errors.AsType[*access.Denied](err)
	switch {
	case isDenied: // the intent was not kept
		return e.notAllowed(ctx, p, who, denied, err)
	case err != nil && state == Applying: // the intent is there: what became of it must be found out
		return e.afterDoubt(ctx, p, err)
	case err != nil:
		return e.notApplied(ctx, p, who, Failed, cratewarden.MessageOf(tooLong(err, e.cfg.Hold)), nil, tooLong(err, e.cfg.Hold))
	case state == Stale:
		why := cratewarden.Errorf(cratewarden.Conflict, "The registry changed since the review, so nothing was done. Review the plan again.")
		return e.notApplied(ctx, p, who, Stale, why.Message, differ, why)
	}
	return e.finish(ctx, p.ID, "committed", false)
}

// attempt is one try. Its state is Stale when nothing was written because the
// facts changed, Applying from the moment the intent may be in the ledger.
func (e *Engine) attempt(ctx context.Context, p Plan, who Actor, then *Effect) (State, []Difference, error) {
	began := time.Now()
	inner, t, err := change.Begin(ctx, e.registry, e.optionsOf(p, who))
	if err != nil {
		return "", nil, err
	}
	defer t.Rollback(ctx)
	around, err := e.surround(inner, t, p, p.people(who)...)
	if err != nil {
		return "", nil, err
	}
	now, err := e.pass(inner, t, p, who)
	if err != nil {
		return "", nil, err
	}
	now.Took = time.Since(began)
	fingerprint, err := now.fingerprint()
	if err != nil {
		return "", nil, err
	}
	if !bytes.Equal(fingerprint[:], p.fingerprint) {
		return Stale, differences(then, now), nil
	}
	v, err := e.judge(ctx, p, who, around, now)
	if err != nil {
		return "", nil, err
	}
	if v.denied != nil {
		return "", nil, &needs{v}
	}
	if err := e.consented(ctx, who, ToApply, *p.Digest); err != nil {
		return "", nil, err
	}
	tx, err := t.ID(inner)
	if err != nil {
		return "", nil, err
	}
	e.cfg.Reached("before intent")
	if err := e.intend(ctx, p, who, now, tx, v); err != nil {
		return Applying, nil, err
	}
	e.cfg.Reached("before commit")
	if err := t.Commit(ctx); err != nil {
		return Applying, nil, err
	}
	e.cfg.Reached("before outcome")
	return Applied, nil, nil
}

// intend writes the intent: from its commit on, whatever happens to this
// process, recovery will ask the registry what became of the transaction.
func (e *Engine) intend(ctx context.Context, p Plan, who Actor, now *Effect, registryTx string, v verdict) error {
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	effect, err := pack(text)
	if err != nil {
		return err
	}
	rows, err := pack(rowsDocument(now.Rows))
	if err != nil {
		return err
	}
	return pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		if _, err := locked(ctx, tx, p.ID); err != nil { // before the ledger's lock, as everybody does
			return err
		}
		if err := e.spend(ctx, tx, p, who, v); err != nil {
			return err
		}
		if err := effect.keep(ctx, tx); err != nil {
			return err
		}
		if err := rows.keep(ctx, tx); err != nil {
			return err
		}
		e.cfg.Reached("within intent")
		entry, err := e.intentEntry(p, who, now, registryTx, effect, rows)
		if err != nil {
			return err
		}
		receipt, err := e.ledger.Append(ctx, tx, entry)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE plan SET state = $2, applier = $3, registry_tx = $4, effect = $5, intent = $6, changed_at = now()
			WHERE id = $1 AND state IN ('reviewed', 'approved') AND revision = $7 AND digest = $8`,
			p.ID, Applying, who, registryTx, effect.digest[:], receipt.Index, p.Revision, p.Digest[:])
		if err == nil && tag.RowsAffected() != 1 {
			err = cratewarden.Errorf(cratewarden.Conflict, "Somebody changed the plan while it was applied. Nothing was done.")
		}
		return err
	})
}

// rowsDocument writes rows as JSON lines, the form that ledger pages show.
func rowsDocument(rows []change.Row) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		_ = e.Encode(r) // a buffer takes everything, and rows came from JSON
	}
	return b.Bytes()
}

// mostInEntry keeps an entry within the ledger's bound; the documents have all.
const mostInEntry = 100

func (e *Engine) intentEntry(p Plan, who Actor, now *Effect, registryTx string, effect, rows document) (ledger.Entry, error) {
	steps, err := e.catalogue.Decode(p.Steps)
	if err != nil {
		return ledger.Entry{}, err
	}
	entry := ledger.Entry{
		Kind: ledger.Intent, Actor: who.ledger(), Session: who.Session, Action: actionName(steps), Subjects: subjectsOf(steps),
		Plan: p.ID, Incident: p.Incident, RegistryTx: registryTx,
		Documents: []ledger.Document{
			{Name: "effect", SHA256: effect.digest, Bytes: int64(effect.bytes)},
			{Name: "rows", SHA256: rows.digest, Bytes: int64(rows.bytes)},
		},
		Details: map[string]string{"digest": p.Digest.String(), "title": p.Title},
	}
	if p.Evidence != "" {
		entry.Details["evidence"] = p.Evidence
	}
	if p.Public != "" || p.Internal != "" {
		entry.Reasons = &ledger.Reasons{Public: p.Public, Internal: p.Internal}
	}
	for _, a := range p.Approvals {
		entry.Approvals = append(entry.Approvals, ledger.Approval{Actor: a.Actor.ledger(), Session: a.Actor.Session, At: a.At})
	}
	for _, r := range now.Rows[:min(len(now.Rows), mostInEntry)] {
		entry.Images = append(entry.Images, ledger.Image{Row: r.Table + "/" + r.Key, Before: columnsDigest(r.Before), After: columnsDigest(r.After)})
	}
	entry.Subjects = entry.Subjects[:min(len(entry.Subjects), mostInEntry)]
	return entry, nil
}

func actionName(steps []Step) string {
	for _, s := range steps {
		if s.Kind != steps[0].Kind {
			return "plan.apply"
		}
	}
	return steps[0].Kind
}

func columnsDigest(c change.Columns) *ledger.Digest {
	if c == nil {
		return nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil
	}
	d := ledger.Digest(sha256.Sum256(text))
	return &d
}

// notAllowed keeps what the plan takes, if that is more than its review said,
// and that somebody without it was refused. The plan stays as it is.
func (e *Engine) notAllowed(ctx context.Context, p Plan, who Actor, denied *access.Denied, cause error) (Plan, error) {
	if n, ok := errors.AsType[*needs](cause); ok {
		next, err := e.keepDemands(ctx, p, n.demands)
		if err != nil {
			return p, err
		}
		p = next
	}
	return p, e.refuse(ctx, who, "plan.apply", p, denied)
}

// notApplied keeps why a plan was not applied, with a refusal in the ledger.
func (e *Engine) notApplied(ctx context.Context, p Plan, who Actor, state State, problem string, differ []Difference, cause error) (Plan, error) {
	err := pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		if _, err := locked(ctx, tx, p.ID); err != nil {
			return err
		}
		if _, err := e.ledger.Append(ctx, tx, ledger.Entry{
			Kind: ledger.Refusal, Actor: who.ledger(), Session: who.Session, Action: "plan.apply", Plan: p.ID, Incident: p.Incident,
			Details: map[string]string{"why": problem, "state": string(state), "rule": ruleOf(cause)},
		}); err != nil {
			return err
		}
		next, err := onePlan(ctx, tx, `UPDATE plan SET state = $2, problem = $3, differences = $4, changed_at = now()
			WHERE id = $1 AND state IN ('reviewed', 'approved') RETURNING `+planColumns, p.ID, state, problem, append([]Difference{}, differ...))
		if err == nil {
			p = next
		}
		return err
	})
	if err != nil {
		e.log.Error("a plan was not applied, and that could not be recorded", "plan", p.ID, "error", err)
	}
	return p, cause
}
