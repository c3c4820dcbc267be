package incident

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/pg"
)

// OpenCase is an open case with what it is about, and no more: for what asks
// about every subject that anybody looks at.
type OpenCase struct {
	ID, Title string
	State     State
	Drill     bool
	Subjects  []ledger.Subject // crates, versions and accounts
}

// mostOpen bounds what OpenCases reads.
const mostOpen = 500

// OpenCases gives the open cases, newest first. A page may keep the answer for
// some seconds.
func (s *Service) OpenCases(ctx context.Context) ([]OpenCase, error) {
	rows, err := s.db.Query(ctx, `SELECT number, title, state, drill <> '',
			ARRAY(SELECT s.kind FROM incident_subject s WHERE s.incident = number AND s.kind IN ('crate', 'version', 'account') ORDER BY s.kind, s.id),
			ARRAY(SELECT s.id FROM incident_subject s WHERE s.incident = number AND s.kind IN ('crate', 'version', 'account') ORDER BY s.kind, s.id)
		FROM incident WHERE state = ANY ($1) ORDER BY number DESC LIMIT $2`, openStates(), mostOpen)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c OpenCase, err error) {
		var number int64
		var kinds, ids []string
		if err := row.Scan(&number, &c.Title, &c.State, &c.Drill, &kinds, &ids); err != nil {
			return c, err
		}
		c.ID = idOf(number)
		for i, kind := range kinds {
			c.Subjects = append(c.Subjects, ledger.Subject{Kind: kind, ID: ids[i]})
		}
		return c, nil
	})
	return list, pg.Map(err)
}
