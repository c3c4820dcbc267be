package auth

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
	"cratewarden/registry"
)

// linkTime is how long a sign-in waits for the registry.
const linkTime = 3 * time.Second

// link looks up the registry accounts that belong to GitHub's numbers. When the
// registry does not answer, what was known stays.
func (s *Service) link(ctx context.Context, numbers ...int64) {
	if s.cfg.Registry == nil || len(numbers) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, linkTime)
	defer cancel()
	found, err := registry.GitHubUsers(ctx, s.cfg.Registry, numbers)
	if err == nil {
		ids, logins := make([]int32, len(numbers)), make([]string, len(numbers))
		for i, n := range numbers {
			ids[i], logins[i] = found[n].ID, found[n].Login
		}
		err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
			// in the order in which everybody locks people
			if _, err := tx.Exec(ctx, `SELECT FROM person p WHERE (p.member->>'github_id')::bigint = ANY($1) ORDER BY p.id FOR NO KEY UPDATE`, numbers); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE person p SET registry_user = nullif(u.id, 0), registry_login = u.login
			FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS u(number, id, login)
			WHERE p.listed AND (p.member->>'github_id')::bigint = u.number
				AND (coalesce(p.registry_user, 0), p.registry_login) IS DISTINCT FROM (u.id, u.login)`, numbers, ids, logins)
			return err
		})
	}
	if err != nil {
		s.log.WarnContext(ctx, "people's registry accounts were not looked up", "error", err)
	}
}

// linkAll does so for everybody on the list.
func (s *Service) linkAll(ctx context.Context, r *roster) {
	var numbers []int64
	for _, m := range r.Members {
		if m.GitHubID > 0 {
			numbers = append(numbers, m.GitHubID)
		}
	}
	s.link(ctx, numbers...)
}
