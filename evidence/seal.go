package evidence

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/ledger"
)

// Seal makes a bundle and records it in the ledger. When it returns nil, every
// part and the manifest were read back and are what they should be. Sealing
// the same again gives the bundle that is there, if nothing has changed since;
// parts that are there are never stored twice. Killed half way it leaves
// nothing but parts that no bundle names. The error is NotFound when a subject
// is not there any more, TooLarge beyond the limits.
func (s *Service) Seal(ctx context.Context, r Request) (Bundle, error) {
	if err := s.check(&r); err != nil {
		return Bundle{}, err
	}
	if s.cfg.Store == nil {
		return Bundle{}, noStore()
	}
	started := s.clock()
	rows, err := newSpool()
	if err != nil {
		return Bundle{}, err
	}
	defer rows.Close()
	draft := &draft{service: s, spool: rows, left: s.cfg.MaxBundle}
	if err := draft.readRows(ctx, &r); err != nil {
		return Bundle{}, err
	}
	if err := draft.keepFiles(ctx); err != nil {
		return Bundle{}, err
	}
	draft.manifest.Plan, draft.manifest.Incident = r.Plan, r.Incident
	b, err := draft.finish(ctx, &r)
	if err == nil {
		s.log.InfoContext(ctx, "evidence sealed", "digest", b.Digest.String(), "parts", b.Parts, "bytes", b.Bytes, "again", b.Again, "took", s.clock().Sub(started))
	}
	return b, err
}

func noStore() error {
	return cratewarden.Errorf(cratewarden.Unavailable, "No evidence store is configured. Give a folder or a bucket for evidence first.")
}

// draft is a bundle in the making.
type draft struct {
	service  *Service
	spool    *spool
	manifest Manifest
	rows     []rowPart
	left     int64 // bytes that may still be added
}

// rowPart is a part made of rows, in the spool and not yet in its final form.
type rowPart struct {
	part    Part
	content section
}

// finish encrypts, stores and records. If the newest bundle of the same
// request says the same, that one is the answer: its key encrypts to the same
// bytes, so comparing the parts is comparing what is in them.
func (d *draft) finish(ctx context.Context, r *Request) (Bundle, error) {
	former, key, err := d.service.former(ctx, r.fingerprint())
	if err != nil {
		return Bundle{}, err
	}
	if former != nil {
		if err := d.keepRows(ctx, key, false); err != nil {
			return Bundle{}, err
		}
		if sameContent(former.Manifest, &d.manifest) {
			err := d.keepRows(ctx, key, true)
			former.Again = true
			return *former, err
		}
	}
	key = newKey()
	if err := d.keepRows(ctx, key, true); err != nil {
		return Bundle{}, err
	}
	d.manifest.Schema, d.manifest.SealedAt = Schema, stamp(d.service.clock())
	text, err := d.manifest.encode()
	if err != nil {
		return Bundle{}, err
	}
	_, digest, err := ParseManifest(text)
	if err != nil {
		return Bundle{}, err
	}
	content, err := d.spool.write(ctx, MaxManifest, func(w io.Writer) error { _, err := w.Write(text); return err })
	if err != nil {
		return Bundle{}, err
	}
	if err := keep(ctx, d.service.cfg.Store, manifestKey(digest), content, opaque()); err != nil {
		return Bundle{}, err
	}
	return d.service.record(ctx, r, &d.manifest, digest, int64(len(text)), key)
}

// sameContent compares all but the times.
func sameContent(a, b *Manifest) bool {
	bare := func(m *Manifest) []byte {
		c := *m
		c.Schema, c.SealedAt, c.TakenAt, c.Snapshot = 0, time.Time{}, time.Time{}, ""
		text, err := c.encode()
		if err != nil {
			return nil
		}
		return text
	}
	text := bare(a)
	return text != nil && bytes.Equal(text, bare(b))
}

// keepRows adds the parts of rows to the manifest, the personal ones
// encrypted, and stores them if asked to.
func (d *draft) keepRows(ctx context.Context, key []byte, store bool) error {
	parts := slices.DeleteFunc(slices.Clone(d.manifest.Parts), func(p Part) bool { return p.Kind != KindFile && p.Kind != KindIndex })
	for _, row := range d.rows {
		part, content := row.part, row.content
		if part.Encrypted {
			var err error
			if content, err = d.encrypt(ctx, key, row); err != nil {
				return err
			}
		}
		part.SHA256, part.Bytes = content.digest, content.size
		if store {
			if err := keep(ctx, d.service.cfg.Store, contentKey(partPrefix, part.SHA256), content, opaque()); err != nil {
				return err
			}
		}
		parts = append(parts, part)
	}
	slices.SortFunc(parts, func(a, b Part) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	d.manifest.Parts = parts
	return nil
}

// encrypt makes the ciphertext of a part and proves that it can be opened:
// evidence that nobody can read is none.
func (d *draft) encrypt(ctx context.Context, key []byte, row rowPart) (section, error) {
	content, err := d.spool.write(ctx, 2*row.content.size+1<<20, func(w io.Writer) error {
		return encrypt(w, key, row.part.Name, row.content.reader(), row.content.digest)
	})
	if err != nil {
		return content, err
	}
	plain, err := decrypt(content.reader(), key, row.part.Name)
	if err != nil {
		return content, err
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, plain); err != nil {
		return content, err
	}
	if ledger.Digest(hash.Sum(nil)) != row.content.digest {
		return content, errCipher
	}
	return content, nil
}
