package registry

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg"
)

// TeamNumbers gives GitHub's numbers of the teams that the registry knows, by
// their logins there ("github:org:team"). Teams that never owned anything are
// not known and left out.
func TeamNumbers(ctx context.Context, pool *pgxpool.Pool, logins []string) (map[string]int64, error) {
	rows, err := pool.Query(ctx, `SELECT login, github_id FROM teams WHERE login = ANY ($1)`, logins)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[string]int64{}
	var login string
	var number int64
	_, err = pgx.ForEachRow(rows, []any{&login, &number}, func() error {
		out[login] = number
		return nil
	})
	return out, pg.Map(err)
}
