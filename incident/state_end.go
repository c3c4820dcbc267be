package incident

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// readEnds adds what ended the work of the case's steps without a plan of the
// case: locks whose time is over, deleted numbers that are there again, and what
// plans of other cases, or of none, let go.
func (s *Service) readEnds(ctx context.Context, i Incident, f *facts) error {
	now := s.clock()
	for _, a := range slices.Clone(f.acts) {
		if !a.until.IsZero() && !a.until.After(now) {
			f.acts = append(f.acts, actFact{kind: lockEnded, subjects: a.subjects, proof: proof{at: a.until}})
		}
	}
	if !slices.ContainsFunc(f.acts, func(a actFact) bool { return contains(a.kind) }) {
		return nil // nothing that could end
	}
	if err := s.readRisen(ctx, f); err != nil {
		return err
	}
	return s.readElsewhere(ctx, i, f)
}

// readRisen adds the deleted numbers that are in the registry again.
func (s *Service) readRisen(ctx context.Context, f *facts) error {
	if !slices.ContainsFunc(f.acts, func(a actFact) bool { return deletes(a.kind) }) {
		return nil
	}
	stones, err := s.cfg.Engine.Tombstones(ctx, action.TombstoneFilter{SeenAgain: true, Limit: 5000})
	if err != nil {
		return err
	}
	for _, t := range stones {
		if t.SeenAgainAt != nil {
			f.acts = append(f.acts, actFact{kind: backAgain, subjects: []ledger.Subject{versionSubject(t.Crate, t.Num)}, proof: proof{at: t.SeenAgainAt.UTC()}})
		}
	}
	return nil
}

// readElsewhere adds what applied plans that do not belong to the case let go of
// what it contains. Who did it does not matter: it can be had again.
func (s *Service) readElsewhere(ctx context.Context, i Incident, f *facts) error {
	var kinds, ids []string
	for _, a := range f.acts {
		for _, sub := range a.subjects {
			if contains(a.kind) {
				kinds, ids = append(kinds, sub.Kind), append(ids, sub.ID)
				if name, _, version := strings.Cut(sub.ID, "@"); version && sub.Kind == "version" {
					kinds, ids = append(kinds, "crate"), append(ids, name)
				}
			}
		}
	}
	rows, err := s.db.Query(ctx, `SELECT DISTINCT p.id FROM plan p JOIN plan_subject s ON s.plan = p.id
		JOIN unnest($1::text[], $2::text[]) AS w (kind, id) ON w.kind = s.kind AND w.id = s.id
		WHERE p.state = 'applied' AND p.incident <> ALL ($3) AND p.applied_at >= $4
			AND EXISTS (SELECT FROM jsonb_array_elements(p.steps) AS t (step) WHERE t.step ->> 'do' = ANY ($5)) ORDER BY p.id LIMIT 500`,
		kinds, ids, i.ids(), i.OpenedAt, []string{"version.release", "crate.release", "account.release", "account.unlock"})
	if err != nil {
		return pg.Map(err)
	}
	plans, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return pg.Map(err)
	}
	for _, id := range plans {
		p, err := s.cfg.Engine.Plan(ctx, id)
		if err != nil {
			return err
		}
		var there facts
		if err := s.readPlan(ctx, p, &there); err != nil {
			return err
		}
		for _, a := range there.acts {
			if letsGo(a.kind) {
				f.acts = append(f.acts, a)
			}
		}
	}
	return nil
}

// readPublished adds the publishes that were ever seen of the case's crates, but
// those that were deleted and stayed away.
func (s *Service) readPublished(ctx context.Context, i Incident, f *facts) error {
	c := scopeOf(i, nil)
	f.published = map[string][]string{}
	rows, err := s.db.Query(ctx, `SELECT f.crate, f.version FROM incident_fact f WHERE f.what = $1 AND f.crate = ANY ($2)
			AND NOT EXISTS (SELECT FROM tombstone t WHERE t.canon = f.crate AND t.num = split_part(f.version, '@', 2) AND t.seen_again_at IS NULL)
		ORDER BY f.crate COLLATE "C", f.at, f.version COLLATE "C"`, whatPublish, orEmpty(c.names()))
	if err != nil {
		return pg.Map(err)
	}
	var crate, version string
	_, err = pgx.ForEachRow(rows, []any{&crate, &version}, func() error {
		if version != "" {
			f.published[crate] = append(f.published[crate], version)
		}
		return nil
	})
	return pg.Map(err)
}
