package evidence

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/ledger"
)

// Verify reads a whole bundle and tells what is not as it was sealed: the
// manifest against the digest, every part against the manifest, and the
// console's record and the ledger's entry against both. The error is NotFound
// when the console does not know the bundle; what is wrong with one is in the
// report, not in the error.
func (s *Service) Verify(ctx context.Context, digest ledger.Digest) (Report, error) {
	r := Report{Digest: digest}
	b, err := s.bundle(ctx, digest)
	if err != nil {
		return r, err
	}
	recorded, err := s.sealed(ctx, &b)
	if err != nil {
		return r, err
	}
	if !recorded {
		r.add("ledger", Lost, "entry %d does not record this bundle", b.Ledger)
	}
	m, err := s.manifest(ctx, digest)
	switch cratewarden.KindOf(err) {
	case "":
	case cratewarden.NotFound:
		r.add("manifest", Lost, "it is not in the evidence store, so nothing is known of the parts")
		return r, nil
	case cratewarden.Conflict, cratewarden.TooLarge:
		r.add("manifest", Changed, "it is not what was sealed, so nothing is known of the parts")
		return r, nil
	default:
		return r, err
	}
	r.Manifest = m
	if err := s.verifyRecord(ctx, &b, m, &r); err != nil {
		return r, err
	}
	err = s.verifyParts(ctx, m, &r)
	r.sort()
	return r, err
}

// verifyRecord compares what the console's tables say, since lists and
// searches believe them.
func (s *Service) verifyRecord(ctx context.Context, b *Bundle, m *Manifest, r *Report) error {
	var bytes int64
	encrypted := 0
	for _, p := range m.Parts {
		bytes += p.Bytes
		if p.Encrypted {
			encrypted++
		}
	}
	if b.Parts != len(m.Parts) || b.Bytes != bytes || b.Encrypted != encrypted || b.Plan != m.Plan || b.Incident != m.Incident || !b.SealedAt.Equal(m.SealedAt) {
		r.add("record", Changed, "the console's record of this bundle disagrees with the manifest")
	}
	rows, err := s.readSubjects(ctx, b.Digest)
	if err != nil {
		return err
	}
	want := map[subjectRow]bool{}
	for _, row := range rowsOf(m) {
		want[row] = true
	}
	for _, row := range rows {
		if !want[row] {
			r.add("record", Extra, "the record says that the bundle speaks of the %s %q, the manifest does not", row.Kind, row.Name)
		}
	}
	if len(rows) < len(want) {
		r.add("record", Lost, "the record names %d subjects, the manifest %d", len(rows), len(want))
	}
	return nil
}

func (s *Service) verifyParts(ctx context.Context, m *Manifest, r *Report) error {
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(s.cfg.Workers)
	for _, p := range m.Parts {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return givenUp(err)
			}
			got, size, err := measure(ctx, s.cfg.Store, contentKey(partPrefix, p.SHA256), p.Bytes)
			kind := cratewarden.KindOf(err)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case kind == cratewarden.NotFound:
				r.add(p.Name, Lost, "it is not in the evidence store")
			case err != nil:
				return err
			case size != p.Bytes:
				r.add(p.Name, Changed, "it should have %d bytes and has %s", p.Bytes, sizeWord(size, p.Bytes))
			case got != p.SHA256:
				r.add(p.Name, Changed, "its SHA-256 should be %s and is %s", p.SHA256, got)
			default:
				r.Parts++
				r.Bytes += size
			}
			return nil
		})
	}
	return group.Wait()
}

// sizeWord admits that reading stops soon after what was expected.
func sizeWord(size, expected int64) string {
	if size > expected {
		return "more"
	}
	return itoa(size)
}
