package registry

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// CratePublisher is a trusted-publishing configuration of a crate (contract
// actions.md section 9).
type CratePublisher struct {
	ID int32
	// Provider is github or gitlab; Origin owner/repository or
	// namespace/project.
	Provider, Origin string
	// OwnerID is the numeric id of owner or namespace; empty when the first
	// exchange has not pinned it yet.
	OwnerID, Workflow string
	// Environment is empty when any will do.
	Environment string
	CreatedAt   time.Time
}

// publishersSQL asks for one crate, so that it can do without the join of
// publisherTables.
const publishersSQL = githubPublisher + ` = ANY ($2) AND crate_id = ANY ($1)
UNION ALL ` + githubPublisher + ` BETWEEN $3 AND $6 AND crate_id = ANY ($1)
UNION ALL ` + gitlabPublisher + ` = ANY ($4) AND crate_id = ANY ($1)
UNION ALL ` + gitlabPublisher + ` BETWEEN $5 AND $6 AND crate_id = ANY ($1)
UNION ALL
SELECT 'token', count(*)::integer, '', NULL, '', NULL, NULL
FROM trustpub_tokens WHERE crate_ids && $1::integer[] AND expires_at > $7
ORDER BY 7, 1, 2
LIMIT 500`

const (
	githubPublisher = `
SELECT 'github', id, repository_owner || '/' || repository_name, repository_owner_id::text, workflow_filename, environment, created_at
FROM trustpub_configs_github WHERE id`
	gitlabPublisher = `
SELECT 'gitlab', id, namespace || '/' || project, namespace_id, workflow_filepath, environment, created_at
FROM trustpub_configs_gitlab WHERE id`
)

// queuePublishers adds the question for a crate's configurations and live
// tokens to a batch.
func (r *Reader) queuePublishers(b *pgx.Batch, into *[]publisherRow, crate int32, now time.Time) {
	queue(b, into, scanPublisher, publishersSQL, append(r.publisherArgs(crate), now)...)
}

type publisherRow = CratePublisher

func scanPublisher(row pgx.CollectableRow) (p publisherRow, err error) {
	var owner, environment *string
	var created moment
	err = row.Scan(&p.Provider, &p.ID, &p.Origin, &owner, &p.Workflow, &environment, &created)
	p.OwnerID, p.Environment, p.CreatedAt = word(owner), word(environment), created.time()
	return p, err
}

// splitPublishers takes the row that counts live tokens out.
func splitPublishers(rows []publisherRow) (configs []CratePublisher, live int) {
	for _, p := range rows {
		if p.Provider == "token" {
			live = int(p.ID)
			continue
		}
		configs = append(configs, p)
	}
	return configs, live
}
