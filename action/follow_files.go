package action

import (
	"context"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/pg"
	"cratewarden/registry/files"
) // filesResult is what a follow-up that moves files did, for people.
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
		if !held[0].begun {
			if err := s.beginHold(ctx, a.Crate, v); err != nil {
				return work{}, err
			}
		}
		if err := s.holdVersion(ctx, a.Crate, v, done); err != nil {
			return work{}, err
		}
	}
	return done.after(f.Step, a)
}

// beginHold makes sure that whatever the vault remembers of the version's keys
// from then on is of this hold, and not of a deleted version of the same number.
func (s *shift) beginHold(ctx context.Context, crate string, v fileVersion) error {
	for _, key := range v.keys(crate) {
		if err := s.cfg.Vault.Forget(ctx, key); err != nil {
			return err
		}
	}
	s.cfg.Reached("follow-up old notes forgotten")
	_, err := s.conn.Exec(ctx, `UPDATE held SET files = 'null' WHERE version_id = $1`, v.ID)
	s.cfg.Reached("follow-up hold begun")
	return pg.Map(err)
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
