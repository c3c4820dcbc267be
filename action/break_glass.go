package action

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// BrokenGlass is a plan that may be applied without its second person, and what
// somebody else thought of that afterwards.
type BrokenGlass struct {
	ID       int64           `json:"id"`
	Plan     string          `json:"plan"`
	Digest   ledger.Digest   `json:"digest"` // only this may be applied
	Actor    Actor           `json:"actor"`  // and only by this person
	Reason   string          `json:"reason"`
	Demands  []access.Demand `json:"demands"` // what went without its second person
	At       time.Time       `json:"at"`
	Due      time.Time       `json:"due_at"` // somebody else must have judged it by then
	Verdict  Verdict         `json:"verdict,omitempty"`
	Note     string          `json:"note,omitempty"`
	Closed   *Actor          `json:"closed_by,omitempty"`
	ClosedAt *time.Time      `json:"closed_at,omitempty"`
}

// Verdict is what the review of broken glass comes to.
type Verdict string

// The verdicts.
const (
	Justified    Verdict = "justified"
	NotJustified Verdict = "not justified"
)

const glassColumns = `id, plan, digest, actor, reason, demands, at, due_at, verdict, note, closed_by, closed_at`

func scanGlass(row pgx.CollectableRow) (g BrokenGlass, err error) {
	var digest []byte
	err = row.Scan(&g.ID, &g.Plan, &digest, &g.Actor, &g.Reason, &g.Demands, &g.At, &g.Due, &g.Verdict, &g.Note, &g.Closed, &g.ClosedAt)
	if len(digest) == len(g.Digest) {
		g.Digest = ledger.Digest(digest)
	}
	g.At, g.Due = g.At.UTC(), g.Due.UTC()
	if g.ClosedAt != nil {
		*g.ClosedAt = g.ClosedAt.UTC()
	}
	return g, err
}

// glassBroken says whether this person broke the glass for exactly this.
func (e *Engine) glassBroken(ctx context.Context, p Plan, who Actor) (is bool, err error) {
	if p.Digest == nil {
		return false, nil
	}
	err = e.console.QueryRow(ctx, `SELECT EXISTS (SELECT FROM break_glass WHERE plan = $1 AND digest = $2 AND person = $3)`, p.ID, p.Digest[:], who.ID).Scan(&is)
	return is, pg.Map(err)
}

// BreakGlass lets one person apply a plan without the second person whom it has
// waited for in vain. Everybody is told, the ledger has it, and somebody else
// must judge it within a day. Doing it again gives the same.
func (e *Engine) BreakGlass(ctx context.Context, who Actor, id string, digest ledger.Digest, reason string) (Plan, error) {
	p, err := e.Plan(ctx, id)
	if err != nil {
		return p, err
	}
	if who, err = e.current(ctx, who, "plan.break-glass", p); err != nil {
		return p, err
	}
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > maxReason {
		return p, cratewarden.Errorf(cratewarden.Invalid, "Say in at most %d bytes why this cannot wait for a second person.", maxReason)
	}
	if done, err := e.glassBroken(ctx, p, who); err != nil || done && *p.Digest == digest {
		return p, err
	}
	if why := e.mayBreakGlass(ctx, p, who, digest); why != nil {
		return p, e.refuse(ctx, who, "plan.break-glass", p, why)
	}
	if err := e.consented(ctx, who, ToBreakGlass, digest); err != nil {
		return p, e.refuse(ctx, who, "plan.break-glass", p, err)
	}
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		if p, err = locked(ctx, tx, id); err != nil {
			return err
		}
		if p.State != Reviewed || p.Digest == nil || *p.Digest != digest {
			return cratewarden.Errorf(cratewarden.Conflict, "The plan changed meanwhile. Look at it again.")
		}
		return e.writeGlass(ctx, tx, p, who, reason)
	})
	return p, err
}

func (e *Engine) mayBreakGlass(ctx context.Context, p Plan, who Actor, digest ledger.Digest) error {
	switch {
	case p.State != Reviewed || p.Digest == nil:
		return cratewarden.Errorf(cratewarden.Conflict, "The plan is %s; it does not wait for a second person.", p.State)
	case *p.Digest != digest:
		return refusal{ruleDigest, cratewarden.Errorf(cratewarden.Conflict, "The plan was reviewed again since you looked at it. Look at what changed.")}
	case p.Blocked:
		return refusal{ruleBlocked, cratewarden.Errorf(cratewarden.Refused, "The review of this plan found something that forbids it. Change the plan.")}
	case len(p.Demands) == 0 || p.AskedAt == nil:
		return refusal{ruleState, cratewarden.Errorf(cratewarden.Refused, "This plan takes no second person. Apply it.")}
	}
	t, err := e.takesOfPlan(ctx, p)
	if err != nil {
		return err
	}
	if why := e.hasRoles("plan.break-glass", p, who, t); why != nil {
		return why
	}
	if left := p.AskedAt.Add(e.cfg.Policy.BreakGlassAfter).Sub(e.clock()); left > 0 {
		return &access.Denied{Act: "plan.break-glass", Denials: []access.Denial{{
			Rule: access.RuleSecondPerson, Why: "A second person was asked for less than " + e.cfg.Policy.BreakGlassAfter.String() + " ago.",
			Remedy: "Somebody may still answer; " + left.Round(time.Second).String() + " are left.",
		}}}
	}
	recused, err := e.recused(ctx, t, who)
	if err == nil && recused != "" {
		err = &access.Denied{Act: "plan.break-glass", Denials: []access.Denial{{Rule: access.RuleRecusal, Why: recused, Remedy: "Somebody without a part in it must do this."}}}
	}
	return err
}

// recused says what part somebody has in what a plan is about, "" for none.
func (e *Engine) recused(ctx context.Context, t takes, who Actor) (string, error) {
	inner, tx, err := change.Begin(ctx, e.registry, e.options(who))
	if err != nil {
		return "", err
	}
	defer tx.Rollback(ctx)
	_, _, about := stakesIn(t)
	out, err := recusals(inner, tx, about, []Actor{who})
	if err != nil {
		return "", err
	}
	return out[0], nil
}

func (e *Engine) writeGlass(ctx context.Context, tx pgx.Tx, p Plan, who Actor, reason string) error {
	now := e.clock()
	due := now.Add(e.cfg.Policy.ReviewWithin)
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO break_glass (plan, digest, person, actor, reason, demands, at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		p.ID, p.Digest[:], who.ID, who, reason, p.Demands, now, due).Scan(&id)
	if err != nil {
		return pg.Map(err)
	}
	if _, err := e.ledger.Append(ctx, tx, ledger.Entry{
		Kind: ledger.Note, Actor: who.ledger(), Session: who.Session, Action: "plan.break-glass", Plan: p.ID, Incident: p.Incident,
		Reasons: &ledger.Reasons{Internal: reason}, Details: map[string]string{"digest": p.Digest.String(), "review": strconv.FormatInt(id, 10), "due": due.UTC().Format(time.RFC3339)},
	}); err != nil {
		return err
	}
	return e.tell(ctx, tx, notify.Notice{
		Kind: "break-glass", Plan: p.ID, Path: "/plans/" + p.ID, Urgent: true,
		Roles: []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor, cratewarden.Platform, cratewarden.Auditor, cratewarden.Viewer},
		Title: who.called() + " broke the glass for the plan " + p.ID,
		Text:  "It may now be applied without its second person. Somebody else must judge this until " + due.UTC().Format("2006-01-02 15:04") + " UTC.",
	})
}

// BreakGlassReviews gives broken glass, what is due first; with open only what
// nobody has judged yet. At most 500 are given.
func (e *Engine) BreakGlassReviews(ctx context.Context, open bool) ([]BrokenGlass, error) {
	rows, err := e.console.Query(ctx, `SELECT `+glassColumns+` FROM break_glass WHERE NOT $1 OR closed_at IS NULL
		ORDER BY closed_at IS NOT NULL, CASE WHEN closed_at IS NULL THEN due_at END, id DESC LIMIT 500`, open)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanGlass)
	return out, pg.Map(err)
}

// CloseBreakGlassReview is somebody else's judgement. Giving the same again
// changes nothing.
func (e *Engine) CloseBreakGlassReview(ctx context.Context, who Actor, id int64, verdict Verdict, note string) (BrokenGlass, error) {
	const act = "plan.review-break-glass"
	note = strings.TrimSpace(note)
	switch {
	case verdict != Justified && verdict != NotJustified:
		return BrokenGlass{}, cratewarden.Errorf(cratewarden.Invalid, "The verdict is %q or %q.", Justified, NotJustified)
	case note == "" || len(note) > maxReason:
		return BrokenGlass{}, cratewarden.Errorf(cratewarden.Invalid, "Say in at most %d bytes what you found.", maxReason)
	}
	g, err := oneGlass(ctx, e.console, id, "")
	if err != nil {
		return g, err
	}
	p := Plan{ID: g.Plan}
	if who, err = e.current(ctx, who, act, p); err != nil {
		return g, err
	}
	if err := e.may(ctx, who, act, p); err != nil {
		return g, err
	}
	if who.same(g.Actor) {
		return g, e.refuse(ctx, who, act, p, &access.Denied{Act: act, Denials: []access.Denial{{Rule: access.RuleSecondPerson, Why: "Whoever broke the glass cannot judge it.", Remedy: "Ask somebody else."}}})
	}
	err = pg.InTx(ctx, e.console, func(tx pgx.Tx) error {
		if g, err = oneGlass(ctx, tx, id, " FOR UPDATE"); err != nil {
			return err
		}
		if g.Closed != nil {
			if g.Closed.ID == who.ID && g.Verdict == verdict && g.Note == note {
				return nil
			}
			return cratewarden.Errorf(cratewarden.Conflict, "%s judged this already: %s.", g.Closed.called(), g.Verdict)
		}
		return e.closeGlass(ctx, tx, &g, who, verdict, note)
	})
	return g, err
}

func oneGlass(ctx context.Context, db querier, id int64, lock string) (g BrokenGlass, err error) {
	rows, err := db.Query(ctx, `SELECT `+glassColumns+` FROM break_glass WHERE id = $1`+lock, id)
	if err != nil {
		return g, pg.Map(err)
	}
	g, err = pgx.CollectExactlyOneRow(rows, scanGlass)
	if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return g, cratewarden.Wrap(err, cratewarden.NotFound, "There is no review %d of broken glass.", id)
	}
	return g, pg.Map(err)
}

func (e *Engine) closeGlass(ctx context.Context, tx pgx.Tx, g *BrokenGlass, who Actor, verdict Verdict, note string) error {
	now := e.clock()
	if _, err := tx.Exec(ctx, `UPDATE break_glass SET verdict = $2, note = $3, closed_by = $4, closed_at = $5 WHERE id = $1`, g.ID, verdict, note, who, now); err != nil {
		return pg.Map(err)
	}
	g.Verdict, g.Note, g.Closed, g.ClosedAt = verdict, note, &who, &now
	if _, err := e.ledger.Append(ctx, tx, ledger.Entry{
		Kind: ledger.Note, Actor: who.ledger(), Session: who.Session, Action: "plan.review-break-glass", Plan: g.Plan,
		Reasons: &ledger.Reasons{Internal: note}, Details: map[string]string{"verdict": string(verdict), "review": strconv.FormatInt(g.ID, 10)},
	}); err != nil {
		return err
	}
	return e.tell(ctx, tx, notify.Notice{
		Kind: "break-glass.closed", To: []string{g.Actor.ID}, Roles: []cratewarden.Role{cratewarden.Platform}, Plan: g.Plan, Path: "/plans/" + g.Plan,
		Title: "Broken glass was judged: " + string(verdict), Text: who.called() + " judged that the plan " + g.Plan + " went without its second person.",
	})
}
