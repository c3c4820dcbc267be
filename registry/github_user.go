package registry

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg"
)

// GitHubUser is the registry's account of a GitHub account.
type GitHubUser struct {
	ID    int32
	Login string
}

// GitHubUsers finds registry accounts by GitHub's numbers, never by login, which
// can change hands (contract schema, oauth_github.account_id). Numbers without
// an account are not in the answer.
func GitHubUsers(ctx context.Context, db *pgxpool.Pool, numbers []int64) (map[int64]GitHubUser, error) {
	out := map[int64]GitHubUser{}
	if len(numbers) == 0 {
		return out, nil
	}
	rows, err := db.Query(ctx, `SELECT o.account_id, u.id, u.gh_login FROM oauth_github o JOIN users u ON u.id = o.user_id
		WHERE o.account_id = ANY($1)`, numbers)
	if err != nil {
		return nil, pg.Map(err)
	}
	var number int64
	var u GitHubUser
	_, err = pgx.ForEachRow(rows, []any{&number, &u.ID, &u.Login}, func() error { out[number] = u; return nil })
	return out, pg.Map(err)
}
