package action

import (
	"context"
	"slices"

	"cratewarden"
	"cratewarden/pg"
)

// workDelete removes the files of deleted versions. They go through the vault,
// so that bytes which somebody published under the same number in this very
// moment can be put back.
func workDelete(ctx context.Context, s *shift, f FollowUp) (work, error) {
	a, err := rawArgs[filesArgs](f.Args)
	if err != nil {
		return work{}, err
	}
	if err := s.storage(); err != nil {
		return work{}, err
	}
	if err := s.crateFiles(ctx, a.Crate); err != nil {
		return work{}, err
	}
	done := &filesResult{}
	for _, v := range a.Versions {
		if err := s.deleteVersion(ctx, a.Crate, v, done); err != nil {
			return work{}, err
		}
	}
	return done.after(f.Step, a)
}

func (s *shift) deleteVersion(ctx context.Context, crate string, v fileVersion, done *filesResult) error {
	hashes, err := s.publishedAgain(ctx, crate, v)
	if err != nil {
		return err
	}
	for _, key := range v.keys(crate) {
		if hashes != nil {
			break
		}
		_, err := s.cfg.Vault.Take(ctx, key)
		switch {
		case err == nil:
			done.Moved = append(done.Moved, key)
		case cratewarden.KindOf(err) != cratewarden.NotFound:
			return err
		case slices.Contains(v.Keys, key):
			done.Missing = append(done.Missing, key)
		}
		s.cfg.Reached("follow-up file deleted")
	}
	if hashes, err = s.publishedAgain(ctx, crate, v); err != nil || hashes == nil {
		return err
	}
	return s.giveBack(ctx, crate, v, hashes, done)
}

// giveBack puts back what this work, or an earlier try, took from a version
// that somebody published anew in the same moment.
func (s *shift) giveBack(ctx context.Context, crate string, v fileVersion, hashes []string, done *filesResult) error {
	done.note("%s was published again; what belongs to the new version stays.", v.Num)
	for _, key := range v.keys(crate) {
		t, err := s.cutShort(ctx, key)
		if err != nil {
			return err
		}
		if t == nil || !slices.Contains(hashes, t.SHA256.String()) {
			continue
		}
		if err := s.cfg.Vault.PutBack(ctx, *t); err != nil {
			return err
		}
	}
	return nil
}

// publishedAgain gives the hashes of the files of a version with the same
// number that the registry has now; nil when it has none.
func (s *shift) publishedAgain(ctx context.Context, crate string, v fileVersion) (hashes []string, err error) {
	err = s.registry.QueryRow(ctx, `SELECT array_remove(ARRAY[encode(v.tar_sha256, 'hex'), encode(v.zip_sha256, 'hex'), encode(v.zip_json_sha256, 'hex')], NULL)
		FROM crates c JOIN versions v ON v.crate_id = c.id WHERE canon_crate_name(c.name) = canon_crate_name($1) AND v.num = $2`, crate, v.Num).Scan(&hashes)
	if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return nil, nil
	}
	return hashes, pg.Map(err)
}
