package registry

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// Team is a team that owns or owned crates. The registry does not keep who is
// in it.
type Team struct {
	ID          int32
	Login, Name string
	GitHubID    int32
	OrgID       int32
}

const teamSQL = `SELECT id, login, COALESCE(name, ''), github_id, org_id FROM teams WHERE id = $1`

// Team gives a team by its id. The error is NotFound when there is none.
func (r *Reader) Team(ctx context.Context, id int32) (Team, error) {
	rows, err := collect(ctx, r, pgx.RowToStructByPos[Team], teamSQL, id)
	switch {
	case err != nil:
		return Team{}, err
	case len(rows) == 0:
		return Team{}, cratewarden.Errorf(cratewarden.NotFound, "There is no team with the id %d.", id)
	}
	return rows[0], nil
}
