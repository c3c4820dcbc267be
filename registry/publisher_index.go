package registry

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// publisherIndex leads from crates to their trusted-publishing configurations,
// which the registry's tables do not: they have no index on crate_id, so that
// every look at a crate would read some ten thousands of rows. A configuration
// never moves to another crate (contract actions.md section 9), so the ids are
// enough; the rows themselves are read at every look, and so are all
// configurations made after the index, which stand together at the end of the
// primary key.
type publisherIndex struct{ github, gitlab providerIndex }

type providerIndex struct {
	byCrate map[int32][]int32
	// from is the id from which on rows are looked through anew: a little
	// before the newest one that was seen, because a transaction that took a
	// smaller id may have committed later.
	from int32
}

// latePublishers is how many ids the configurations of other transactions may
// be ahead of one that is not committed yet. A day brings fewer.
const latePublishers = 50

// How often the index is read, and how soon again after a failure.
const (
	publisherIndexEvery = 10 * time.Minute
	publisherIndexRetry = 10 * time.Second
)

// Follow keeps what makes looks cheap up to date until ctx is over, and gives
// its error. Without it every answer is the same but slower.
func (r *Reader) Follow(ctx context.Context) error {
	for {
		wait := publisherIndexEvery
		if err := r.Refresh(ctx); err != nil {
			wait = publisherIndexRetry
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

const publisherKeysSQL = `
SELECT false, id, crate_id FROM trustpub_configs_github UNION ALL SELECT true, id, crate_id FROM trustpub_configs_gitlab`

type publisherKey struct {
	GitLab    bool
	ID, Crate int32
}

// Refresh does once what Follow does again and again.
func (r *Reader) Refresh(ctx context.Context) error {
	rows, err := collect(ctx, r, pgx.RowToStructByPos[publisherKey], publisherKeysSQL)
	if err != nil {
		return err
	}
	x := &publisherIndex{github: newProviderIndex(rows, false), gitlab: newProviderIndex(rows, true)}
	r.publishers.Store(x)
	return nil
}

func newProviderIndex(rows []publisherKey, gitlab bool) providerIndex {
	x := providerIndex{byCrate: map[int32][]int32{}}
	newest := int32(0)
	for _, row := range rows {
		if row.GitLab == gitlab {
			x.byCrate[row.Crate] = append(x.byCrate[row.Crate], row.ID)
			newest = max(newest, row.ID)
		}
	}
	x.from = max(newest-latePublishers, 0)
	return x
}

// keys gives the configurations of crates below the id from which on all are
// looked through.
func (x providerIndex) keys(crates []int32) []int32 {
	out := []int32{}
	for _, crate := range crates {
		for _, id := range x.byCrate[crate] {
			if id < x.from {
				out = append(out, id)
			}
		}
	}
	return out
}

// publisherArgs are the arguments $1 to $6 of publisherTables: the crates, and
// for each provider the ids to look at and from which id on to look at all, up
// to the largest there can be. Without an index that is all.
func (r *Reader) publisherArgs(crates ...int32) []any {
	x := r.publishers.Load()
	if x == nil {
		return []any{crates, []int32{}, int32(0), []int32{}, int32(0), int32(math.MaxInt32)}
	}
	return []any{crates, x.github.keys(crates), x.github.from, x.gitlab.keys(crates), x.gitlab.from, int32(math.MaxInt32)}
}

// publisherTables are the configurations of crates. A range with two ends and a
// list of ids let the database plan for few rows, which it finds by primary
// key.
const publisherTables = `
SELECT 'github' AS provider, crate_id, id, repository_owner || '/' || repository_name AS origin, repository_owner_id::text AS owner_id,
       workflow_filename AS workflow, environment, created_at
FROM (SELECT ` + githubColumns + ` FROM trustpub_configs_github WHERE id = ANY ($2)
      UNION ALL SELECT ` + githubColumns + ` FROM trustpub_configs_github WHERE id BETWEEN $3 AND $6) p
WHERE crate_id IN (SELECT unnest($1::integer[]))
UNION ALL
SELECT 'gitlab', crate_id, id, namespace || '/' || project, namespace_id, workflow_filepath, environment, created_at
FROM (SELECT ` + gitlabColumns + ` FROM trustpub_configs_gitlab WHERE id = ANY ($4)
      UNION ALL SELECT ` + gitlabColumns + ` FROM trustpub_configs_gitlab WHERE id BETWEEN $5 AND $6) p
WHERE crate_id IN (SELECT unnest($1::integer[]))`

const (
	githubColumns = `id, crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, environment, created_at`
	gitlabColumns = `id, crate_id, namespace, namespace_id, project, workflow_filepath, environment, created_at`
)
