package evidence

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/ledger"
	"cratewarden/registry/extract"
	"cratewarden/registry/files"
)

// wanted is a file that may exist.
type wanted struct {
	store      blob.Store
	name, kind string
	key        string
	claimed    []byte // by the registry's rows; nil for no claim
}

// keepFiles copies the files, several at a time, each over a spool of its own.
func (d *draft) keepFiles(ctx context.Context) error {
	list, err := d.wanted(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(d.service.cfg.Workers)
	for _, w := range list {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return givenUp(err)
			}
			part, err := d.service.keepFile(ctx, w)
			mu.Lock()
			defer mu.Unlock()
			if cratewarden.KindOf(err) == cratewarden.NotFound {
				d.manifest.Missing = append(d.manifest.Missing, Missing{Name: w.name, Source: w.key, Lost: part.Held})
				return nil
			}
			if err != nil {
				return err
			}
			if d.left -= part.Bytes; d.left < 0 {
				return errTooLarge
			}
			d.manifest.Parts = append(d.manifest.Parts, part)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	slices.SortFunc(d.manifest.Missing, func(a, b Missing) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// keepFile copies one file: from where the registry has it, or from the vault
// if it is held. NotFound means that neither has it; with Held, that the vault
// should.
func (s *Service) keepFile(ctx context.Context, w wanted) (Part, error) {
	part := Part{Name: w.name, Kind: w.kind, Source: w.key}
	body, info, err := w.store.Get(ctx, w.key)
	if cratewarden.KindOf(err) == cratewarden.NotFound && w.kind == KindFile {
		vault := Vault{Static: s.cfg.Static, Store: s.cfg.Store}
		body, info, part.Held, err = vault.open(ctx, w.key, err)
	}
	if err != nil {
		return part, err
	}
	defer func() { _ = body.Close() }()
	if info.Size > s.cfg.MaxFile {
		return part, errTooLarge
	}
	sp, err := newSpool()
	if err != nil {
		return part, err
	}
	defer sp.Close()
	content, err := sp.write(ctx, s.cfg.MaxFile, func(out io.Writer) error { _, err := io.Copy(out, body); return err })
	if err != nil {
		return part, err
	}
	if err := keep(ctx, s.cfg.Store, contentKey(partPrefix, content.digest), content, opaque()); err != nil {
		return part, lostMeanwhile(err)
	}
	part.SHA256, part.Bytes = content.digest, content.size
	if info.Headers {
		part.ContentType, part.CacheControl, part.Metadata = info.ContentType, info.CacheControl, info.Metadata
	}
	if len(w.claimed) == sha256.Size && ledger.Digest(w.claimed) != content.digest {
		claimed := ledger.Digest(w.claimed)
		part.Claimed = &claimed
	}
	return part, nil
}

// wanted lists the files of the subjects: those that the contract names, and,
// of whole crates, all others under their prefixes, because the registry's job
// would delete these too (contract actions.md section 2.3).
func (d *draft) wanted(ctx context.Context) ([]wanted, error) {
	cfg, seen := d.service.cfg, map[string]bool{}
	var list []wanted
	static := func(key string, claimed []byte) {
		if !seen[key] {
			seen[key] = true
			list = append(list, wanted{cfg.Static, "static/" + key, KindFile, key, claimed})
		}
	}
	for _, c := range d.manifest.Subjects.Crates {
		if cfg.Index != nil {
			list = append(list, wanted{cfg.Index, "index/" + files.IndexPath(c.Name), KindIndex, files.IndexPath(c.Name), nil})
		}
		static(files.OGImageKey(c.Name), nil)
		static(files.CrateFeedKey(c.Name), nil)
	}
	for _, v := range d.manifest.Subjects.Versions {
		static(files.CrateKey(v.Crate, v.Num), v.Claimed[".crate"])
		static(files.ZipKey(v.Crate, v.Num), v.Claimed[".zip"])
		static(files.ZipManifestKey(v.Crate, v.Num), v.Claimed[".zip.json"])
		static(files.ReadmeKey(v.Crate, v.Num), nil)
	}
	if cfg.Index == nil {
		d.manifest.LeftOut = append(d.manifest.LeftOut, extract.LeftOut{Table: "index store", Reason: extract.NotConfigured})
	}
	if cfg.Static == nil {
		d.manifest.LeftOut = append(d.manifest.LeftOut, extract.LeftOut{Table: "file store", Reason: extract.NotConfigured})
		return slices.DeleteFunc(list, func(w wanted) bool { return w.kind == KindFile }), nil
	}
	return list, d.listMore(ctx, static)
}

// listMore finds files of whole crates that no version accounts for. A public
// web address cannot be listed; then only the known names are tried.
func (d *draft) listMore(ctx context.Context, static func(key string, claimed []byte)) error {
	for _, c := range d.manifest.Subjects.Crates {
		if !c.Whole {
			continue
		}
		for _, prefix := range []string{files.CratePrefix(c.Name), files.ReadmePrefix(c.Name)} {
			for info, err := range blob.All(ctx, d.service.cfg.Static, prefix) {
				if refused, ok := errors.AsType[*cratewarden.Error](err); ok && refused.Kind == cratewarden.Refused {
					return nil
				}
				if err != nil {
					return err
				}
				static(info.Key, nil)
			}
		}
	}
	return nil
}
