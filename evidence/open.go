package evidence

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// OpenPart gives the content of one part. All of it was proven against the
// manifest before the first byte is given. If the part is personal, an entry of
// the kind Opening is in the ledger by then, for which by needs an Actor and
// usually an Incident and a reason; without it nothing is given. The error is
// NotFound for a part that is not there or whose personal data was erased, and
// Conflict when the stored bytes were changed; then nothing is recorded. The
// caller closes the reader.
func (s *Service) OpenPart(ctx context.Context, digest ledger.Digest, name string, by ledger.Entry) (io.ReadCloser, Part, error) {
	b, err := s.Show(ctx, digest)
	if err != nil {
		return nil, Part{}, err
	}
	part, ok := b.Manifest.Part(name)
	switch {
	case !ok:
		return nil, part, cratewarden.Errorf(cratewarden.NotFound, "The evidence bundle has no part of that name.")
	case part.Encrypted && b.Erased:
		return nil, part, cratewarden.Errorf(cratewarden.NotFound, "The personal data of this evidence bundle was erased.")
	}
	sp, err := newSpool()
	if err != nil {
		return nil, part, err
	}
	content, err := s.fetch(ctx, sp, part)
	if err == nil && part.Encrypted {
		err = s.recordOpening(ctx, &b, part, by)
	}
	var out io.Reader
	if err == nil {
		out = content.reader()
		if part.Encrypted {
			out, err = decrypt(out, b.key, part.Name)
		}
	}
	if err != nil {
		sp.Close()
		return nil, part, err
	}
	return opened{out, sp}, part, nil
}

type opened struct {
	io.Reader
	spool *spool
}

// Close implements io.Closer.
func (o opened) Close() error {
	o.spool.Close()
	return nil
}

// fetch brings a part into the spool and proves it.
func (s *Service) fetch(ctx context.Context, sp *spool, part Part) (section, error) {
	body, _, err := s.cfg.Store.Get(ctx, contentKey(partPrefix, part.SHA256))
	if err != nil {
		return section{}, err
	}
	content, err := sp.write(ctx, part.Bytes+1, func(w io.Writer) error {
		_, err := io.Copy(w, io.LimitReader(body, part.Bytes+1))
		return err
	})
	if err := errors.Join(err, body.Close()); err != nil {
		return content, err
	}
	if content.digest != part.SHA256 {
		return content, cratewarden.Errorf(cratewarden.Conflict, "This part of the evidence bundle was changed in the evidence store. Verify the bundle to see what else was.")
	}
	return content, nil
}

func (s *Service) recordOpening(ctx context.Context, b *Bundle, part Part, by ledger.Entry) error {
	by.Kind, by.Action = ledger.Opening, "evidence.open"
	s.refer(&by, b)
	by.Details = map[string]string{"part": part.Name}
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		// The key may have been forgotten since it was read; under this lock
		// an opening and an erasure have an order.
		var there bool
		err := tx.QueryRow(ctx, `SELECT key IS NOT NULL FROM evidence_bundle WHERE digest = $1 FOR SHARE`, b.Digest[:]).Scan(&there)
		if err != nil {
			return err
		}
		if !there {
			return cratewarden.Errorf(cratewarden.NotFound, "The personal data of this evidence bundle was erased.")
		}
		_, err = s.cfg.Ledger.Append(ctx, tx, by)
		return err
	})
}

// refer makes an entry speak of a bundle.
func (s *Service) refer(by *ledger.Entry, b *Bundle) {
	by.Refers = &b.Ledger
	by.Subjects = append(slices.Clone(by.Subjects), ledger.Subject{Kind: "evidence", ID: b.Digest.String()})
	if by.Incident == "" {
		by.Incident = b.Incident
	}
}

// Erase forgets the key of a bundle's personal parts for good and records who
// did and why, as a Note: the ledger's own erasures are of entries. The bundle
// goes on to verify. Backups of the console database keep the key until they
// are deleted too. The error is NotFound when there is nothing to erase.
func (s *Service) Erase(ctx context.Context, digest ledger.Digest, by ledger.Entry) error {
	if _, err := s.bundle(ctx, digest); err != nil {
		return err
	}
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error { return s.EraseIn(ctx, tx, digest, by) })
}

// EraseIn is Erase in the caller's transaction of the console's database.
func (s *Service) EraseIn(ctx context.Context, tx pgx.Tx, digest ledger.Digest, by ledger.Entry) error {
	b := Bundle{Digest: digest}
	err := tx.QueryRow(ctx, `UPDATE evidence_bundle SET key = NULL WHERE digest = $1 AND key IS NOT NULL RETURNING ledger_index, incident`, digest[:]).Scan(&b.Ledger, &b.Incident)
	if errors.Is(err, pgx.ErrNoRows) {
		return cratewarden.Wrap(err, cratewarden.NotFound, "This evidence bundle holds no personal data, or it was erased before.")
	}
	if err != nil {
		return pg.Map(err)
	}
	by.Kind, by.Action = ledger.Note, "evidence.erase"
	s.refer(&by, &b)
	_, err = s.cfg.Ledger.Append(ctx, tx, by)
	return err
}
