package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/advisory"
	"cratewarden/mirror"
	"cratewarden/pg"
)

// takeDown writes what the feed is to tell of a crate of which an advisory is out:
// what of it is gone by the facts. No person comes near it. A crate of which
// nothing is gone, or not any more, keeps a row without versions, which is told
// nobody.
func (w *writing) takeDown(ctx context.Context, crate string, sheet advisory.Sheet) error {
	gone, whole, last := []string{}, false, w.now
	if at := slices.IndexFunc(sheet.Crates, func(c advisory.Crate) bool { return c.Name == crate }); at >= 0 {
		c := sheet.Crates[at]
		whole, last = c.Deleted && !w.s.takenAgain(c), time.Time{}
		for _, v := range c.Bad {
			if at := v.Gone(); !at.IsZero() {
				gone = append(gone, v.Num)
				if at.After(last) {
					last = at
				}
			}
		}
		if last.IsZero() {
			last = w.now
		}
	}
	number, told, err := w.toldUnder(ctx, crate)
	if err != nil || len(gone) == 0 && !told {
		return err
	}
	_, err = w.tx.Exec(ctx, `INSERT INTO incident_takedown AS t (incident, crate, versions, whole, reason, taken_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (incident, crate) DO UPDATE SET versions = EXCLUDED.versions, whole = EXCLUDED.whole, reason = EXCLUDED.reason,
			taken_at = CASE WHEN EXCLUDED.versions = '{}' THEN t.taken_at ELSE EXCLUDED.taken_at END, changed_at = EXCLUDED.changed_at
		WHERE (t.versions, t.whole, t.reason) IS DISTINCT FROM (EXCLUDED.versions, EXCLUDED.whole, EXCLUDED.reason)
			OR t.taken_at <> EXCLUDED.taken_at AND EXCLUDED.versions <> '{}'`,
		number, crate, gone, whole && len(gone) > 0, advisory.ReasonOf(string(w.inc.Kind), string(w.inc.Verdict)), last.UTC(), w.now)
	return err
}

// takenAgain says that somebody has a deleted crate's name by now. The versions
// that were taken down stay named; the name is not called bad any more.
func (s *Service) takenAgain(c advisory.Crate) bool {
	m := s.cfg.Mirror
	if m == nil || !m.Ready(mirror.PartCrates) {
		return false
	}
	now, ok := m.CrateByName(c.Name)
	down := time.Time{}
	for _, v := range c.Bad {
		if v.Removed.After(down) {
			down = v.Removed
		}
	}
	return ok && !down.IsZero() && now.CreatedAt.After(down)
}

// toldUnder gives the case under whose name the feed tells of a crate: one that
// was merged into this may have told it first, and readers know it by that.
func (w *writing) toldUnder(ctx context.Context, crate string) (number int64, told bool, err error) {
	numbers, err := family(ctx, w.tx, w.inc.number())
	if err != nil {
		return 0, false, err
	}
	var first *int64
	if err = w.tx.QueryRow(ctx, `SELECT min(incident) FROM incident_takedown WHERE incident = ANY ($1) AND crate = $2`, numbers, crate).Scan(&first); err != nil || first == nil {
		return w.inc.number(), false, err
	}
	return *first, true, nil
}

// FollowFeed brings what the feed tells in line with the record: an advisory may be
// out before the removal, a version may be taken down after its crate's advisory,
// and what was taken down may be let go. Cases of which nothing changed since they
// were last looked at cost one question for all of them. One that fails does not
// keep the others.
func (s *Service) FollowFeed(ctx context.Context) error {
	changed, err := s.toldCases(ctx)
	if err != nil {
		return err
	}
	var all []error
	for number, at := range changed {
		if s.feed.seen(number, at) {
			continue
		}
		if err := s.retell(ctx, number); err != nil {
			all = append(all, fmt.Errorf("%s: what the feed tells of it: %w", idOf(number), err))
			continue
		}
		s.feed.saw(number, at)
	}
	return errors.Join(all...)
}

// toldCases gives the cases of which an advisory is out, or in which such a one goes
// on, with when anything that the feed is held against last changed. All joins are of
// equal things, so that it takes no longer with more cases than they are more.
func (s *Service) toldCases(ctx context.Context) (map[int64]time.Time, error) {
	rows, err := s.db.Query(ctx, `WITH RECURSIVE up AS (
			SELECT DISTINCT i.number AS told, i.number, i.merged_into FROM incident i JOIN incident_draft d ON d.incident = i.number
				WHERE i.drill = '' AND d.format = ANY ($1) AND d.state IN ('sent', 'corrected')
			UNION SELECT u.told, i.number, i.merged_into FROM up u JOIN incident i ON i.number = u.merged_into),
		part AS (SELECT DISTINCT l.number, u.number AS part FROM up l JOIN up u ON u.told = l.told WHERE l.merged_into IS NULL)
		SELECT l.number, greatest(max(i.changed_at), max(p.changed_at), max(f.changed_at))
		FROM part l JOIN incident i ON i.number = l.part
		LEFT JOIN plan p ON p.incident = 'INC-' || l.part LEFT JOIN follow_up f ON f.plan = p.id
		GROUP BY l.number`, feedForms())
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int64]time.Time{}
	var number int64
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&number, &at}, func() error {
		out[number] = at
		return nil
	})
	return out, pg.Map(err)
}

// retell writes anew what the feed tells of a case.
func (s *Service) retell(ctx context.Context, number int64) error {
	sheet, err := s.facts(ctx, idOf(number))
	if err != nil {
		return err
	}
	_, err = s.write(ctx, console(), idOf(number), func(ctx context.Context, w *writing) error {
		list, err := draftsOf(ctx, w.tx, w.inc.number())
		if err != nil {
			return err
		}
		var crates []string
		for _, d := range list {
			if feeds(d.Format) && d.out() {
				crates = append(crates, d.Crate)
			}
		}
		slices.Sort(crates)
		for _, crate := range slices.Compact(crates) {
			if err := w.takeDown(ctx, crate, sheet); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
