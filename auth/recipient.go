package auth

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/notify"
	"cratewarden/pg"
)

// Recipients gives whom a notice concerns: the people with the ids, and everybody
// with one of the roles, of whom the list still has. It is asked while another
// transaction is open, so it reads through Config.Lookup.
func (s *Service) Recipients(ctx context.Context, to []string, roles []cratewarden.Role) ([]notify.Recipient, error) {
	r := s.now()
	rows, err := s.lookup().Query(ctx, `SELECT p.mail, `+personColumns+` FROM person p WHERE p.listed ORDER BY p.id`)
	if err != nil {
		return nil, pg.Map(err)
	}
	var out []notify.Recipient
	for rows.Next() {
		var p Person
		var mail string
		if err := rows.Scan(append([]any{&mail}, p.scan()...)...); err != nil {
			rows.Close()
			return nil, pg.Map(err)
		}
		r.complete(&p)
		wanted := slices.Contains(to, p.ID) || slices.ContainsFunc(roles, p.Has)
		if wanted && p.Listed {
			out = append(out, notify.Recipient{Person: p.ID, Name: p.Name, Mail: mail})
		}
	}
	return out, pg.Map(rows.Err())
}

// lookup is the pool for what goes by keys and must not wait for transactions.
func (s *Service) lookup() *pgxpool.Pool {
	if s.cfg.Lookup != nil {
		return s.cfg.Lookup
	}
	return s.cfg.Console
}
