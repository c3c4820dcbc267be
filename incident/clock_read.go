package incident

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// milestoneSQL asks when cases first came to each step. A state that the record
// showed was reached when the plan was applied, not when somebody noticed. Events
// of the cases that were merged into one count for it.
const milestoneSQL = `, l.looked, l.judged, l.contained, l.removed, f.measured, d.advised
	FROM incident i
	LEFT JOIN LATERAL (SELECT
			min(e.at) FILTER (WHERE e.actor <> '') AS looked,
			min(e.at) FILTER (WHERE e.kind = 'verdict' AND coalesce(e.details ->> 'now', '') <> '') AS judged,
			min(coalesce((e.details ->> 'shown_at')::timestamptz, e.at)) FILTER (WHERE e.kind = 'state' AND e.details ->> 'to' = 'contained') AS contained,
			min(coalesce((e.details ->> 'shown_at')::timestamptz, e.at)) FILTER (WHERE e.kind = 'state' AND e.details ->> 'to' = 'removed') AS removed
		FROM incident_event e WHERE e.incident IN (WITH RECURSIVE kin AS (
			SELECT i.number AS number UNION SELECT n.number FROM incident n JOIN kin k ON n.merged_into = k.number) SELECT kin.number FROM kin)) l ON true
	LEFT JOIN LATERAL (SELECT min(g.at) AS measured FROM incident_figure g WHERE g.incident = i.number) f ON true
	LEFT JOIN LATERAL (SELECT min(r.sent_at) AS advised FROM incident_draft r
		WHERE r.incident = i.number AND r.format IN ('rustsec', 'osv') AND r.state IN ('sent', 'corrected')) d ON true
	WHERE `

// milestones gives the milestones of cases, oldest first.
func (s *Service) milestones(ctx context.Context, where string, args ...any) ([]milestones, error) {
	rows, err := s.db.Query(ctx, `SELECT `+incidentColumns+milestoneSQL+where+` ORDER BY i.number`, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanMilestones)
	if err != nil {
		return nil, pg.Map(err)
	}
	return out, s.addPublished(ctx, out)
}

// scanMilestones reads a case and what follows its columns.
func scanMilestones(row pgx.CollectableRow) (m milestones, err error) {
	var more [6]*time.Time
	m.incident, err = scanIncident(tail{row, []any{&more[0], &more[1], &more[2], &more[3], &more[4], &more[5]}})
	m.reported = m.incident.OpenedAt
	if at := m.incident.ReportedAt; at != nil {
		m.reported = *at
	}
	for n, to := range []*time.Time{&m.looked, &m.judged, &m.contained, &m.removed, &m.measured, &m.advised} {
		if more[n] != nil {
			*to = more[n].UTC()
		}
	}
	return m, err
}

// tail is a row that has more columns than its reader knows.
type tail struct {
	pgx.CollectableRow
	more []any
}

// Scan reads the known columns and the others.
func (t tail) Scan(dest ...any) error {
	return t.CollectableRow.Scan(append(slices.Clone(dest), t.more...)...)
}

// addPublished finds when the first bad version of each case was published.
func (s *Service) addPublished(ctx context.Context, list []milestones) error {
	numbers := make([]int64, len(list))
	at := map[int64]int{}
	for n, m := range list {
		numbers[n] = m.incident.number()
		at[numbers[n]] = n
	}
	rows, err := s.db.Query(ctx, `SELECT incident, kind, id, role FROM incident_subject WHERE incident = ANY ($1) AND kind IN ('crate', 'version')
		ORDER BY incident, kind COLLATE "C", id COLLATE "C"`, numbers)
	if err != nil {
		return pg.Map(err)
	}
	var number int64
	var sub Subject
	if _, err = pgx.ForEachRow(rows, []any{&number, &sub.Kind, &sub.ID, &sub.Role}, func() error {
		m := &list[at[number]]
		m.incident.Subjects = append(m.incident.Subjects, sub)
		return nil
	}); err != nil {
		return pg.Map(err)
	}
	byCrate, err := s.publishes(ctx, list)
	if err != nil {
		return err
	}
	for n := range list {
		c := scopeOf(list[n].incident, nil)
		for name := range c.crates {
			for _, p := range byCrate[name] {
				if c.hasBad(name, p.version) && (list[n].published.IsZero() || p.at.Before(list[n].published)) {
					list[n].published = p.at
				}
			}
		}
	}
	return nil
}

type publishedAt struct {
	version string
	at      time.Time
}

// publishes gives the publishes that were seen, by canonical name of the crate,
// of all crates that any of the cases is about.
func (s *Service) publishes(ctx context.Context, list []milestones) (map[string][]publishedAt, error) {
	wanted := map[string]bool{}
	for _, m := range list {
		for _, sub := range m.incident.Subjects {
			name, _, _ := strings.Cut(canonID(sub.ID), "@")
			wanted[name] = true
		}
	}
	names := make([]string, 0, len(wanted))
	for name := range wanted {
		names = append(names, name)
	}
	out := map[string][]publishedAt{}
	if len(names) == 0 {
		return out, nil
	}
	rows, err := s.db.Query(ctx, `SELECT crate, version, at FROM incident_fact WHERE what = 'publish' AND crate = ANY ($1)`, names)
	if err != nil {
		return nil, pg.Map(err)
	}
	var name string
	var p publishedAt
	_, err = pgx.ForEachRow(rows, []any{&name, &p.version, &p.at}, func() error {
		p.at = p.at.UTC()
		out[name] = append(out[name], p)
		return nil
	})
	return out, pg.Map(err)
}
