package action

import (
	"bytes"
	"context"
	"io"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/registry/extract"
	"cratewarden/registry/files"
)

// indexArgs are the arguments of "index.check".
type indexArgs struct {
	Crates []string `json:"crates"`
}

// workIndex compares crates' files in the sparse index with what the rows say.
func workIndex(ctx context.Context, s *shift, f FollowUp) (work, error) {
	a, err := rawArgs[indexArgs](f.Args)
	if err != nil {
		return work{}, err
	}
	if s.cfg.Index == nil {
		return work{result: noteResult{"The store of the index is not configured, so it was not looked at."}}, nil
	}
	for _, crate := range a.Crates {
		if err := s.checkIndexFile(ctx, crate); err != nil {
			return work{}, err
		}
	}
	return work{result: noteResult{"The index says what the registry's database says."}}, nil
}

// checkIndexFile looks a second time before it says that nobody will write the
// file: the job may have ended between the look at the file and at the queue.
func (s *shift) checkIndexFile(ctx context.Context, crate string) error {
	same, err := s.indexIsRight(ctx, crate)
	if err != nil || same {
		return err
	}
	behind := s.indexBehind(ctx, crate)
	if same, err = s.indexIsRight(ctx, crate); err != nil || same {
		return err
	}
	return behind
}

func (s *shift) indexIsRight(ctx context.Context, crate string) (bool, error) {
	stored, err := s.indexFile(ctx, files.IndexPath(crate))
	if err != nil {
		return false, err
	}
	wanted, err := s.indexWanted(ctx, crate, bytes.Contains(stored, []byte(`,"pubtime":"`)))
	return bytes.Equal(stored, wanted), err
}

// indexBehind says why the index is not yet as the rows are: the registry's job
// waits its turn, which is no failure, or it fails, or there is none.
func (s *shift) indexBehind(ctx context.Context, crate string) error {
	var waiting, failures int
	err := s.registry.QueryRow(ctx, `SELECT count(*), coalesce(max(retries), 0) FROM background_jobs
		WHERE job_type = 'sync_to_sparse_index' AND data = jsonb_build_object('krate', $1::text)`, crate).Scan(&waiting, &failures)
	switch {
	case err != nil:
		return pg.Map(err)
	case waiting > 0 && failures == 0:
		return &notYet{cratewarden.Errorf(cratewarden.Unavailable, "The registry's job that writes the index file of %s waits its turn.", crate)}
	case waiting > 0:
		return cratewarden.Errorf(cratewarden.Unavailable, "The registry's job that writes the index file of %s failed %d times. Look at the registry's jobs.", crate, failures)
	}
	return cratewarden.Errorf(cratewarden.Unavailable,
		"The index file of %s is not what the registry's database says, and no job waits to write it. Plan \"Write a crate's index files again\".", crate)
}

// indexFile gives a stored file, nothing for one that is not there.
func (s *shift) indexFile(ctx context.Context, key string) ([]byte, error) {
	const most = 64 << 20
	body, _, err := s.cfg.Index.Get(ctx, key)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(body, most+1))
	if cerr := body.Close(); err == nil {
		err = cerr
	}
	if err == nil && len(text) > most {
		err = cratewarden.Errorf(cratewarden.TooLarge, "An index file of more than %d bytes is not read.", most)
	}
	return text, err
}

// indexWanted builds the file from the rows; nothing for a crate that is gone.
func (s *shift) indexWanted(ctx context.Context, crate string, pubTime bool) ([]byte, error) {
	var out bytes.Buffer
	err := pgx.BeginTxFunc(ctx, s.registry, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		c := extract.Crate{Name: crate}
		// The file goes by the lower-cased name, which a new crate may have.
		err := tx.QueryRow(ctx, `SELECT id, name FROM crates WHERE canon_crate_name(name) = canon_crate_name($1) AND lower(name) = lower($1)`, crate).Scan(&c.ID, &c.Name)
		if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = extract.Index(ctx, tx, c, pubTime, &out)
		return err
	})
	return out.Bytes(), pg.Map(err)
}
