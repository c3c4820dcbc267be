package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// CrateAsk bounds what CrateWhole reads, as the limits of its parts do.
type CrateAsk struct {
	Versions, Facts, Actions, Jobs int
	// Features says whether facts have features, and Dependencies how many
	// dependency rows of them to read, 0 for none.
	Features     bool
	Dependencies int
	// First and Last are the days of the downloads, Top the versions by
	// themselves.
	First, Last time.Time
	Top         int
}

// CrateWhole is everything that a crate's page needs beside the crate's row.
type CrateWhole struct {
	Core         CrateCore
	Facts        []VersionFact
	Dependencies []DependencyFact
	Downloads    []DayDownloads
	Actions      []CrateAction
	Jobs         []Job
}

// factDependenciesSQL reads the dependencies of the versions of factsSQL.
const factDependenciesSQL = `
SELECT d.version_id, c.name, d.explicit_name, d.req, d.features, d.optional, d.default_features, d.target, d.kind
FROM (SELECT id FROM versions WHERE crate_id = $1 ORDER BY created_at DESC, semver_ord_v2 DESC, id DESC LIMIT $2) v
JOIN dependencies d ON d.version_id = v.id
JOIN crates c ON c.id = d.crate_id
LIMIT $3`

// CrateWhole reads in one round trip what CrateCore, VersionFacts,
// IndexDependencies, CrateDownloads, CrateActions and CrateJobs read in six:
// ten statements, eight on a public dump. Of a busy page most of the time is
// the travelling. One part that fails takes all others with it; the caller then
// asks for them one by one.
func (r *Reader) CrateWhole(ctx context.Context, c Crate, ask CrateAsk) (CrateWhole, error) {
	var whole CrateWhole
	var days []versionDays
	now := r.clock()
	batch := &pgx.Batch{}
	core := r.queueCore(batch, c, ask.Versions, now)
	queue(batch, &whole.Facts, scanFact, factsSQL, c.ID, bounded(ask.Facts, 2000, 5000), ask.Features)
	if ask.Dependencies > 0 {
		queue(batch, &whole.Dependencies, scanDependencyFact, factDependenciesSQL, c.ID, bounded(ask.Facts, 2000, 5000), ask.Dependencies)
	}
	queue(batch, &days, scanVersionDays, crateDownloadsSQL, c.ID, ask.First, ask.Last)
	if !r.Dump {
		queue(batch, &whole.Actions, scanCrateAction, crateActionsSQL, c.ID, bounded(ask.Actions, 200, 2000), now)
		queue(batch, &whole.Jobs, scanJob, crateJobsSQL, c.ID, c.Name, bounded(ask.Jobs, 50, 500)+1)
	}
	if err := r.send(ctx, batch); err != nil {
		return CrateWhole{}, err
	}
	whole.Core = core()
	whole.Downloads = byDay(days, ask.First, bounded(ask.Top, 5, 20))
	return whole, nil
}
