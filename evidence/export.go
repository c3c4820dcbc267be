package evidence

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"cratewarden"
	"cratewarden/ledger"
)

// exportManifest is the name of the manifest in an export. Parts are called by
// their hash: no name out of a registry becomes a file's name.
const exportManifest = "manifest.json"

func exportName(d ledger.Digest) string { return "parts/" + d.String() }

// exportHeader is the same for equal contents, so that an export can be held to
// it byte for byte. Nothing in an export is executable or owned by anybody.
func exportHeader(name string, size int64, at time.Time) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o444, ModTime: at.UTC().Truncate(time.Second), Format: exportFormat(size)}
}

// exportFormat is the oldest that can say the size.
func exportFormat(size int64) tar.Format {
	if size < 1<<33 {
		return tar.FormatUSTAR
	}
	return tar.FormatGNU
}

// Export writes a bundle as one tar archive: the manifest first, then every
// part once. Encrypted parts stay encrypted. Each part is proven while it is
// written; if one is not what was sealed, the error is Conflict or NotFound and
// the archive has no end, so nobody takes it for whole.
func (s *Service) Export(ctx context.Context, digest ledger.Digest, w io.Writer) error {
	if _, err := s.bundle(ctx, digest); err != nil {
		return err
	}
	text, err := readAll(ctx, s.cfg.Store, manifestKey(digest), MaxManifest)
	if err != nil {
		return err
	}
	m, got, err := ParseManifest(text)
	if got != digest {
		return cratewarden.Errorf(cratewarden.Conflict, "The manifest of the evidence bundle %s was changed in the evidence store.", digest)
	}
	if err != nil {
		return err
	}
	out := tar.NewWriter(w)
	if err := out.WriteHeader(exportHeader(exportManifest, int64(len(text)), m.SealedAt)); err != nil {
		return err
	}
	if _, err := io.Copy(out, bytes.NewReader(text)); err != nil {
		return err
	}
	done := map[ledger.Digest]bool{}
	for _, p := range m.Parts {
		if done[p.SHA256] {
			continue
		}
		done[p.SHA256] = true
		if err := s.exportPart(ctx, out, p, m.SealedAt); err != nil {
			return err
		}
	}
	return out.Close()
}

func (s *Service) exportPart(ctx context.Context, out *tar.Writer, p Part, at time.Time) error {
	body, _, err := s.cfg.Store.Get(ctx, contentKey(partPrefix, p.SHA256))
	if err != nil {
		return err
	}
	if err := out.WriteHeader(exportHeader(exportName(p.SHA256), p.Bytes, at)); err != nil {
		return errors.Join(err, body.Close())
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, hash), body)
	if errors.Is(err, tar.ErrWriteTooLong) {
		err = nil // the hash tells
	}
	if err := errors.Join(err, body.Close()); err != nil {
		return err
	}
	if ledger.Digest(hash.Sum(nil)) != p.SHA256 {
		return cratewarden.Errorf(cratewarden.Conflict, "The part %q of the evidence bundle was changed in the evidence store. The export is not whole; verify the bundle.", p.Name)
	}
	return nil
}
