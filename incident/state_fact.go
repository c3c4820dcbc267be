package incident

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/evidence"
)

// errOutdated says that a case changed since its facts were read.
var errOutdated = errors.New("changed meanwhile")

// byFacts does something to a case by its facts. They are read before the case is
// locked, so they are read again when the case changed meanwhile: who decided by
// newer plans must not be put right by older ones.
func (s *Service) byFacts(ctx context.Context, who action.Actor, id string, do func(ctx context.Context, w *writing, f facts) error) (Incident, error) {
	for range 20 {
		now, err := s.Incident(ctx, id)
		if err != nil {
			return now, err
		}
		f, err := s.readFacts(ctx, now)
		if err != nil {
			return now, err
		}
		now, err = s.write(ctx, who, now.ID, func(ctx context.Context, w *writing) error {
			if w.inc.ID != now.ID || w.inc.Revision != now.Revision {
				return errOutdated
			}
			if err := f.readRows(ctx, w.tx, w.inc.number()); err != nil {
				return err
			}
			return do(ctx, w, f)
		})
		if !errors.Is(err, errOutdated) {
			return now, err
		}
	}
	return Incident{}, cratewarden.Errorf(cratewarden.Conflict, "Many people change the incident right now. Try again in a moment.")
}

// readFacts reads what plans and evidence show. A case's row need not be locked
// for it; what changes meanwhile is seen by the next Sync.
func (s *Service) readFacts(ctx context.Context, i Incident) (f facts, err error) {
	if s.cfg.Engine != nil {
		undos := map[string]proof{}
		for _, id := range i.ids() {
			if err := s.readActs(ctx, id, &f, undos); err != nil {
				return f, err
			}
		}
		for n, a := range f.undone {
			if by, known := undos[a.plan]; known {
				f.undone[n].proof = by
			}
		}
		if err := s.readEnds(ctx, i, &f); err != nil {
			return f, err
		}
		slices.SortStableFunc(f.acts, func(a, b actFact) int { return a.at.Compare(b.at) })
	}
	if err := s.readPublished(ctx, i, &f); err != nil {
		return f, err
	}
	if s.cfg.Evidence != nil {
		for _, id := range i.ids() {
			page, err := s.cfg.Evidence.List(ctx, evidence.Filter{Incident: id, Limit: 500})
			if err != nil {
				return f, err
			}
			for _, b := range page.Bundles {
				index := b.Ledger
				f.bundles = append(f.bundles, bundleFact{proof{plan: b.Plan, ledger: &index, at: b.SealedAt}})
			}
		}
		slices.SortStableFunc(f.bundles, func(a, b bundleFact) int { return b.at.Compare(a.at) })
	}
	return f, nil
}

// readActs reads the steps of the applied plans of one case, those that were
// undone apart, and which plan undid which.
func (s *Service) readActs(ctx context.Context, id string, f *facts, undos map[string]proof) error {
	for before := ""; ; {
		plans, err := s.cfg.Engine.Plans(ctx, action.PlanFilter{Incident: id, States: []action.State{action.Applied, action.Undone}, Before: before, Limit: 500})
		if err != nil {
			return err
		}
		for _, p := range plans {
			before = p.ID
			if p.Undoes != "" {
				if p.State == action.Applied {
					undos[p.Undoes] = proofOf(p)
				}
				continue
			}
			if err := s.readPlan(ctx, p, f); err != nil {
				return err
			}
		}
		if len(plans) < 500 {
			return nil
		}
	}
}

func (s *Service) readPlan(ctx context.Context, p action.Plan, f *facts) error {
	undone, err := s.cfg.Engine.UndoneSteps(ctx, p.ID)
	if err != nil {
		return err
	}
	steps, err := s.cfg.Engine.Catalogue().Decode(p.Steps)
	if err != nil {
		return err
	}
	for n, step := range steps {
		a := actFact{kind: step.Kind, subjects: step.Do.Subjects(), until: lockedUntil(step.Do), proof: proofOf(p)}
		if undone[n+1] || p.State == action.Undone {
			f.undone = append(f.undone, a)
			continue
		}
		f.acts = append(f.acts, a)
	}
	return nil
}

func proofOf(p action.Plan) proof {
	shown := proof{plan: p.ID, ledger: p.Outcome}
	if p.AppliedAt != nil {
		shown.at = *p.AppliedAt
	}
	return shown
}

// lockedUntil is when a step's lock ends by itself.
func lockedUntil(do action.Action) time.Time {
	switch do := do.(type) {
	case action.Contain:
		if do.Until != nil {
			return do.Until.UTC()
		}
	case action.AccountLock:
		if do.Until != nil {
			return do.Until.UTC()
		}
	}
	return time.Time{}
}

// readRows adds what the case's own rows show.
func (f *facts) readRows(ctx context.Context, db querier, number int64) error {
	rows, err := db.Query(ctx, `SELECT format, state, coalesce(sent_at, approved_at, changed_at) FROM incident_draft WHERE incident = $1 ORDER BY id`, number)
	if err != nil {
		return err
	}
	var d draftFact
	if _, err = pgx.ForEachRow(rows, []any{&d.format, &d.state, &d.at}, func() error {
		d.at = d.at.UTC()
		f.drafts = append(f.drafts, d)
		return nil
	}); err != nil {
		return err
	}
	rows, err = db.Query(ctx, `SELECT what, max(at) FROM incident_figure WHERE incident = $1 AND confirmed GROUP BY what`, number)
	if err != nil {
		return err
	}
	f.figures = map[string]time.Time{}
	var what string
	var at time.Time
	if _, err = pgx.ForEachRow(rows, []any{&what, &at}, func() error {
		f.figures[what] = at.UTC()
		return nil
	}); err != nil {
		return err
	}
	return db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM incident_event WHERE incident = $1 AND kind = 'note'),
		(SELECT count(*) FROM incident_task WHERE incident = $1 AND state = 'open' AND NOT after)`, number).Scan(&f.notes, &f.open)
}
