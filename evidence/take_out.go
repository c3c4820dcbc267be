package evidence

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/pg"
)

// TakeOut is Export for somebody: that they take the bundle out of the console is
// in the ledger, as a Note, before the first byte leaves. The chain of custody
// (incident) lists it.
func (s *Service) TakeOut(ctx context.Context, digest ledger.Digest, by ledger.Entry, w io.Writer) error {
	b, err := s.bundle(ctx, digest)
	if err != nil {
		return err
	}
	by.Kind, by.Action = ledger.Note, "evidence.export"
	s.refer(&by, &b)
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		_, err := s.cfg.Ledger.Append(ctx, tx, by)
		return err
	})
	if err != nil {
		return err
	}
	return s.Export(ctx, digest, w)
}
