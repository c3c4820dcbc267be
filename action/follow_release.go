package action

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/pg"
)

// workRelease puts the files of released versions back and forgets that they
// were held.
func workRelease(ctx context.Context, s *shift, f FollowUp) (work, error) {
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
	var ids []int32
	for _, v := range a.Versions {
		held, err := readHeld(ctx, s.conn, `version_id = $1`, v.ID)
		if err != nil {
			return work{}, err
		}
		if len(held) == 0 || held[0].Files != FilesReturning {
			done.note("%s is not on its way back any more; its files were left alone.", v.Num)
			continue
		}
		if err := s.releaseVersion(ctx, a.Crate, v, held[0], done); err != nil {
			return work{}, err
		}
		ids = append(ids, v.ID)
	}
	w, err := done.after(f.Step, a)
	w.keep = func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM held WHERE version_id = ANY ($1) AND files_state = 'returning'`, ids)
		return pg.Map(err)
	}
	return w, err
}

// releaseVersion puts back what was taken. A hold that was cut short has not
// told what it took; the vault remembers, which Take gives for objects that are
// not in the storage.
func (s *shift) releaseVersion(ctx context.Context, crate string, v fileVersion, held HeldVersion, done *filesResult) error {
	taken := held.Taken
	for _, key := range v.keys(crate) {
		i := slices.IndexFunc(taken, func(t evidence.Taken) bool { return t.Key == key })
		if i < 0 && !held.begun {
			continue
		}
		if i < 0 {
			t, err := s.cutShort(ctx, key)
			if err != nil {
				return err
			}
			if t == nil {
				continue
			}
			taken = append(taken, *t)
			i = len(taken) - 1
		}
		if err := s.cfg.Vault.PutBack(ctx, taken[i]); err != nil {
			return err
		}
		done.Moved = append(done.Moved, key)
		s.cfg.Reached("follow-up file put back")
	}
	return nil
}

// cutShort gives what the vault took from a key without anybody having written
// it down; nil when it took nothing.
func (s *shift) cutShort(ctx context.Context, key string) (*evidence.Taken, error) {
	_, err := s.cfg.Static.Stat(ctx, key)
	if cratewarden.KindOf(err) != cratewarden.NotFound {
		return nil, err
	}
	t, err := s.cfg.Vault.Take(ctx, key)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil, nil
	}
	return &t, err
}
