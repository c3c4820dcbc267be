package auth

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Lend is lend in a transaction of its own, for tests outside the package.
func (s *Service) Lend(ctx context.Context, person, from, to string, ask Ask) error {
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error { return s.lend(ctx, tx, person, from, to, ask) })
}
