package dossier

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/blob"
	"cratewarden/registry/files"
)

// storedArchive is a version's archive as the storage has it.
type storedArchive struct {
	crate, num string
	key, root  string
	// recorded is the SHA-256 of the database.
	recorded []byte
	info     blob.Info
	archive  *archive.Archive
}

func storedAt(crate, num string, recorded []byte) storedArchive {
	return storedArchive{crate: crate, num: num, key: files.CrateKey(crate, num), root: crate + "-" + num, recorded: recorded}
}

// read reads the archive, or takes it from the cache while the stored object
// looks the same. A faulty archive is no error; the errors are those of the
// storage, with sentences that say what it means here.
func (a *storedArchive) read(ctx context.Context, s *Service) error {
	if s.cfg.Static == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "No storage is configured for archives, so the file cannot be read.")
	}
	var err error
	if a.info, err = s.cfg.Static.Stat(ctx, a.key); err != nil {
		return a.sentence(ctx, s, err)
	}
	// The recorded checksum alone would show the old bytes after somebody
	// replaced the object.
	known := fmt.Sprintf("%s %s %d %d", hex.EncodeToString(a.recorded), a.info.ETag, a.info.Size, a.info.ModTime.UnixNano())
	a.archive, err = s.cfg.Archives.Get(ctx, known, func(ctx context.Context) (io.ReadCloser, error) { return a.open(ctx, s) }, a.root)
	return a.sentence(ctx, s, err)
}

func (a *storedArchive) open(ctx context.Context, s *Service) (io.ReadCloser, error) {
	body, _, err := s.cfg.Static.Get(ctx, a.key)
	return body, err
}

// extract reads one file that the archive in memory does not keep.
func (a *storedArchive) extract(ctx context.Context, s *Service, path string) ([]byte, error) {
	body, err := a.open(ctx, s)
	if err != nil {
		return nil, a.sentence(ctx, s, err)
	}
	defer func() { _ = body.Close() }()
	return archive.Extract(ctx, body, a.root, path, archive.Limits{})
}

func (a *storedArchive) sentence(ctx context.Context, s *Service, err error) error {
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return a.missing(ctx, s, err)
	}
	return err
}

// hash is the SHA-256 of the stored file, empty when it was not read whole.
func (a *storedArchive) hash() string {
	if a.archive == nil {
		return ""
	}
	return a.archive.Hash()
}

// matches says whether the stored file is the one that the database records; a
// file that was not read whole is not said to differ.
func (a *storedArchive) matches() bool {
	hash := a.hash()
	return hash == "" || hash == hex.EncodeToString(a.recorded)
}
