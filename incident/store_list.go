package incident

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

func (f Filter) places() *places {
	p := &places{}
	switch {
	case f.Drills:
		p.add(`i.drill <> ''`)
	case !f.All:
		p.add(`i.drill = ''`)
	}
	if len(f.States) > 0 {
		p.add(`i.state = ANY (?)`, f.States)
	}
	if f.Open {
		p.add(`i.state = ANY (?)`, openStates())
	}
	if f.Lead != "" {
		p.add(`i.lead = ?`, f.Lead)
	}
	if f.Unled {
		p.add(`i.lead = ''`)
	}
	if f.Kind != "" {
		p.add(`i.kind = ?`, f.Kind)
	}
	if f.Verdict != "" {
		p.add(`i.verdict = ?`, f.Verdict)
	}
	if f.Campaign != "" {
		p.add(`? = ANY (i.campaigns)`, f.Campaign)
	}
	if f.Following != "" {
		p.add(`(i.lead = ? OR EXISTS (SELECT FROM incident_task t WHERE t.incident = i.number AND t.holder = ? AND t.state = 'open'))`, f.Following, f.Following)
	}
	if f.Subject.ID != "" {
		p.add(`EXISTS (SELECT FROM incident_subject s WHERE s.incident = i.number AND s.id = ? AND (? = '' OR s.kind = ?))`, f.Subject.ID, f.Subject.Kind, f.Subject.Kind)
	}
	if text := strings.TrimSpace(f.Text); text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
		p.add(`(i.title ILIKE ? OR 'INC-' || i.number ILIKE ? OR array_to_string(i.campaigns, ' ') ILIKE ?)`, like, like, like)
	}
	if !f.From.IsZero() {
		p.add(`i.opened_at >= ?`, f.From)
	}
	if !f.Until.IsZero() {
		p.add(`i.opened_at < ?`, f.Until)
	}
	if f.Before > 0 {
		p.add(`i.number < ?`, f.Before)
	}
	return p
}

// List gives cases newest first, without their subjects and texts.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) {
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, 500)
	}
	p := f.places()
	rows, err := s.db.Query(ctx, fmt.Sprintf(`SELECT %s FROM incident i%s ORDER BY i.number DESC LIMIT %d`, incidentColumns, p.sql(), limit+1), p.args...)
	if err != nil {
		return Page{}, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, scanIncident)
	if err != nil {
		return Page{}, pg.Map(err)
	}
	page := Page{Incidents: list}
	if len(list) > limit {
		page.Incidents, page.Next = list[:limit], list[limit-1].number()
	}
	return page, nil
}

// Similar gives open cases that share a subject with these, so that one report
// does not become two cases: the same account, or the same crate in any version.
func (s *Service) Similar(ctx context.Context, subjects []Subject) ([]Incident, error) {
	var crates, kinds, ids []string
	for _, sub := range subjects {
		switch sub.Kind {
		case "crate", "version":
			name, _, _ := strings.Cut(sub.ID, "@")
			crates = append(crates, cratewarden.CanonName(name))
		default:
			kinds, ids = append(kinds, sub.Kind), append(ids, sub.ID)
		}
	}
	if len(crates)+len(ids) == 0 {
		return nil, nil
	}
	rows, err := s.db.Query(ctx, `SELECT `+incidentColumns+` FROM incident i WHERE i.state = ANY ($4) AND i.drill = '' AND EXISTS (
			SELECT FROM incident_subject s WHERE s.incident = i.number AND (
				s.kind IN ('crate', 'version') AND replace(lower(split_part(s.id, '@', 1)), '-', '_') = ANY ($1)
				OR (s.kind, s.id) IN (SELECT * FROM unnest($2::text[], $3::text[]))))
		ORDER BY i.number DESC LIMIT 20`, crates, kinds, ids, openStates())
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanIncident)
	return out, pg.Map(err)
}

// About gives the cases that name a subject, newest first: for the page of a
// crate, a version or an account. A version's cases are those of its crate, too.
func (s *Service) About(ctx context.Context, subject ledger.Subject) ([]Incident, error) {
	crate, _, _ := strings.Cut(subject.ID, "@")
	rows, err := s.db.Query(ctx, `SELECT `+incidentColumns+` FROM incident i WHERE i.drill = '' AND i.state <> 'merged' AND EXISTS (
			SELECT FROM incident_subject s WHERE s.incident = i.number AND (s.kind = $1 AND s.id = $2
				OR $1 = 'crate' AND s.kind = 'version' AND split_part(s.id, '@', 1) = $2
				OR $1 = 'version' AND s.kind = 'crate' AND s.id = $3))
		ORDER BY i.number DESC LIMIT 50`, subject.Kind, subject.ID, crate)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanIncident)
	return out, pg.Map(err)
}
