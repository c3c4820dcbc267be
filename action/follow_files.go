package action

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/pg"
	"cratewarden/registry/files"
)

// filesResult is what a follow-up that moves files did, for people.
type filesResult struct {
	Moved   []string `json:"moved,omitempty"`   // keys
	Missing []string `json:"missing,omitempty"` // keys that the rows tell of and that are not there
	Notes   []string `json:"notes,omitempty"`
}

func (f *filesResult) note(format string, args ...any) {
	f.Notes = append(f.Notes, cratewarden.Errorf(cratewarden.Conflict, format, args...).Message)
}

// after orders what follows moved files: empty caches, then a look at the
// index.
func (f *filesResult) after(step int, a filesArgs) (work, error) {
	next, err := later(step, "index.check", indexArgs{Crates: []string{a.Crate}})
	if len(f.Moved) > 0 {
		args := cacheArgs{Crate: a.Crate, Paths: f.Moved}
		for _, v := range a.Versions {
			args.Tags = append(args.Tags, files.ReleaseTag(a.Crate, v.Num))
		}
		next, err = later(step, "cdn.invalidate", args)
	}
	return work{result: f, then: []Later{next}}, err
}

// keys are all objects that the version may have: those that the rows tell of
// first, then what a job of the registry may have made since.
func (v fileVersion) keys(crate string) []string {
	keys := slices.Clone(v.Keys)
	for _, o := range files.ReleaseObjects(crate, v.Num) {
		if !slices.Contains(keys, o.Key) {
			keys = append(keys, o.Key)
		}
	}
	return keys
}

// storage refuses work on files without the stores it takes.
func (s *shift) storage() error {
	if why := s.immovable(); why != "" {
		return cratewarden.Errorf(cratewarden.Unavailable, "%s, so the files cannot be moved. Configure it, or give the work up with a reason.", why)
	}
	return nil
}

// workHold moves the files of held versions to the vault.
func workHold(ctx context.Context, s *shift, f FollowUp) (work, error) {
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
		held, err := readHeld(ctx, s.conn, `version_id = $1 AND plan = $2`, v.ID, f.Plan)
		if err != nil {
			return work{}, err
		}
		if len(held) == 0 || held[0].Files == FilesReturning {
			done.note("%s was released before its files were moved.", v.Num)
			continue
		}
		if held[0].Files == FilesHeld { // by an earlier try
			for _, t := range held[0].Taken {
				done.Moved = append(done.Moved, t.Key)
			}
			continue
		}
		if err := s.holdVersion(ctx, a.Crate, v, done); err != nil {
			return work{}, err
		}
	}
	return done.after(f.Step, a)
}

func (s *shift) holdVersion(ctx context.Context, crate string, v fileVersion, done *filesResult) error {
	taken := []evidence.Taken{}
	state := FilesHeld
	for _, key := range v.keys(crate) {
		t, err := s.cfg.Vault.Take(ctx, key)
		switch cratewarden.KindOf(err) {
		case "":
			taken = append(taken, t)
			done.Moved = append(done.Moved, key)
			if strings.HasSuffix(key, ".crate") && t.SHA256.String() != v.SHA256 {
				done.note("The archive of %s is not what the registry's row says: its SHA-256 is %s.", v.Num, t.SHA256)
			}
		case cratewarden.NotFound:
			if slices.Contains(v.Keys, key) {
				done.Missing = append(done.Missing, key)
			}
		case cratewarden.Refused:
			state = FilesStay
			done.note("The storage does not let %q be moved: %s", key, cratewarden.MessageOf(err))
		default:
			return err
		}
		s.cfg.Reached("follow-up file taken")
	}
	_, err := s.conn.Exec(ctx, `UPDATE held SET files = $2, files_state = CASE WHEN files_state = 'moving' THEN $3 ELSE files_state END WHERE version_id = $1`, v.ID, taken, state)
	s.cfg.Reached("follow-up version held")
	return pg.Map(err)
}

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
		if err := s.releaseVersion(ctx, a.Crate, v, held[0].Taken, done); err != nil {
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
func (s *shift) releaseVersion(ctx context.Context, crate string, v fileVersion, taken []evidence.Taken, done *filesResult) error {
	for _, key := range v.keys(crate) {
		i := slices.IndexFunc(taken, func(t evidence.Taken) bool { return t.Key == key })
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
