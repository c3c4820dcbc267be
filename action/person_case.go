package action

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// caseRows take somebody's name out of cases, whoever wrote what, led, held and
// sent. Ids stay, as in the ledger.
func caseRows() []string {
	list := []string{
		`UPDATE incident SET lead_name = CASE WHEN lead = $1 THEN 'erased' ELSE lead_name END,
			opened_by = CASE WHEN opened_by ->> 'id' = $1 THEN jsonb_set(opened_by, '{name}', '"erased"') ELSE opened_by END
			WHERE lead = $1 OR opened_by ->> 'id' = $1`,
		`UPDATE incident_event SET actor_name = CASE WHEN actor = $1 THEN 'erased' ELSE actor_name END,
			details = details || CASE WHEN kind = 'lead' AND details ->> 'was' = $1 THEN '{"was_name": "erased"}' ELSE '{}' END::jsonb
				|| CASE WHEN kind = 'lead' AND details ->> 'now' = $1 THEN '{"now_name": "erased"}' ELSE '{}' END::jsonb
			WHERE actor = $1 OR kind = 'lead' AND (details ->> 'was' = $1 OR details ->> 'now' = $1)`,
		`UPDATE incident_task SET holder_name = CASE WHEN holder = $1 THEN 'erased' ELSE holder_name END,
			by_name = CASE WHEN by_id = $1 THEN 'erased' ELSE by_name END WHERE holder = $1 OR by_id = $1`,
		`UPDATE incident_draft SET owner_name = CASE WHEN owner = $1 THEN 'erased' ELSE owner_name END,
			approved_name = CASE WHEN approved_by = $1 THEN 'erased' ELSE approved_name END,
			sent_name = CASE WHEN sent_by = $1 THEN 'erased' ELSE sent_name END WHERE $1 IN (owner, approved_by, sent_by)`,
	}
	for _, table := range []string{"incident_subject", "incident_text", "incident_file", "incident_figure"} {
		list = append(list, `UPDATE `+table+` SET by_name = 'erased' WHERE by_id = $1`)
	}
	return list
}

// eraseCases points at cases about somebody, in whose notes and files more may
// stand than words that can be looked for. Those texts are erased one by one: only
// a person can tell which.
func (r *Run) eraseCases(ctx context.Context, it Item[PersonErase], _ *found) error {
	subject := it.Do.subject()
	rows, err := r.engine.console.Query(ctx, `SELECT 'INC-' || incident FROM incident_subject WHERE kind = $1 AND id = $2 ORDER BY incident DESC LIMIT 50`, subject.Kind, subject.ID)
	if err != nil {
		return pg.Map(err)
	}
	cases, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(cases) == 0 {
		return pg.Map(err)
	}
	r.Warn(it.Step, "in-cases", "Notes and files of cases about this person may hold personal data. Read them, and erase what must go there: %s.", strings.Join(cases, ", "))
	return nil
}
