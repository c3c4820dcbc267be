package action

import (
	"context"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/registry/change"
)

// cacheArgs are the arguments of "cdn.invalidate".
type cacheArgs struct {
	Crate string   `json:"crate"`
	Paths []string `json:"paths"`
	Tags  []string `json:"tags"`
}

type noteResult struct {
	Note string `json:"note"`
}

// workInvalidate enqueues the registry's own job that empties caches, by the
// protocol of two databases: the transaction's id is kept before it commits, so
// that after a crash the registry can be asked whether it did.
func workInvalidate(ctx context.Context, s *shift, f FollowUp) (work, error) {
	a, err := rawArgs[cacheArgs](f.Args)
	if err != nil {
		return work{}, err
	}
	next, err := later(f.Step, "index.check", indexArgs{Crates: []string{a.Crate}})
	if err != nil {
		return work{}, err
	}
	done := work{result: noteResult{"The registry's job that empties the caches is in its queue."}, then: []Later{next}}
	if f.RegistryTx != "" {
		status, err := change.Status(ctx, s.registry, f.RegistryTx)
		switch {
		case err != nil:
			return work{}, err
		case status == "committed":
			return done, nil
		case status == "in progress":
			return work{}, cratewarden.Errorf(cratewarden.Unavailable, "An earlier try is still open in the registry's database.")
		}
	}
	return done, s.enqueueInvalidation(ctx, f, a)
}

func (s *shift) enqueueInvalidation(ctx context.Context, f FollowUp, a cacheArgs) error {
	inner, t, err := change.Begin(ctx, s.registry, change.Options{LockTimeout: s.cfg.LockTimeout, Hold: s.cfg.Hold})
	if err != nil {
		return err
	}
	defer t.Rollback(ctx)
	if s.cfg.CacheTags {
		t.Enqueue(change.InvalidateJob(f.Step, nil, a.Tags))
	} else {
		t.Enqueue(change.InvalidateJob(f.Step, a.Paths, nil))
	}
	if _, err := t.Flush(inner); err != nil {
		return err
	}
	id, err := t.ID(inner)
	if err != nil {
		return err
	}
	s.cfg.Reached("follow-up before registry id")
	if _, err := s.conn.Exec(ctx, `UPDATE follow_up SET registry_tx = $2, changed_at = now() WHERE id = $1`, f.ID, id); err != nil {
		return pg.Map(err)
	}
	s.cfg.Reached("follow-up before registry commit")
	err = t.Commit(ctx)
	s.cfg.Reached("follow-up after registry commit")
	return err
}
