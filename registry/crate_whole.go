package registry

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
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
	// People and Teams are ids that the crate's rows will speak of, as far as
	// the caller knows, and Known names crates that it may depend on. They save
	// look-ups; what is missing is read.
	People, Teams []int32
	// VersionIDs are the crate's versions as far as the caller knows, for
	// CrateAtOnce only; nil when it does not. A version that is missing costs
	// reading anew, one too many nothing.
	VersionIDs []int32
	Known      func(crate int32) (NamedCrate, bool)
}

func (a CrateAsk) facts() int { return bounded(a.Facts, 2000, 5000) }

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
// IndexDependencies, CrateDownloads, CrateActions and CrateJobs read in six: at
// most ten statements, and one more when the caller knows less than the rows. One part that fails takes all others with it; the caller then asks for
// them one by one. The answer may be shared and must not be changed.
func (r *Reader) CrateWhole(ctx context.Context, c Crate, ask CrateAsk) (CrateWhole, error) {
	if c.Versions >= ask.facts() {
		return r.largeWhole(ctx, c, ask)
	}
	g, err := r.gather(ctx, crateKey{ID: c.ID, Name: c.Name}, false, ask)
	switch {
	case errors.Is(err, errLarge):
		return r.largeWhole(ctx, c, ask)
	case err != nil:
		return CrateWhole{}, err
	}
	return g.whole(c, ask), nil
}

// CrateAtOnce is Crate and CrateWhole in the same round trip, for a crate of
// which the caller knows the id, though perhaps no longer rightly: what it gives
// is that of the name, found by name when the id is of no crate of that name.
func (r *Reader) CrateAtOnce(ctx context.Context, id int32, name string, ask CrateAsk) (Crate, CrateWhole, error) {
	if id != 0 && askable(name) {
		g, err := r.gather(ctx, crateKey{id, name, ask.VersionIDs}, true, ask)
		if errors.Is(err, errOthers) {
			g, err = r.gather(ctx, crateKey{ID: id, Name: name}, true, ask)
		}
		switch {
		case err == nil:
			c := g.crate()
			return c, g.whole(c, ask), nil
		case !errors.Is(err, errLarge) && cratewarden.KindOf(err) != cratewarden.NotFound:
			return Crate{}, CrateWhole{}, err
		}
	}
	c, err := r.Crate(ctx, name)
	if err != nil {
		return Crate{}, CrateWhole{}, err
	}
	w, err := r.CrateWhole(ctx, c, ask)
	return c, w, err
}

// largeWhole is CrateWhole for crates of which not all versions are read, so
// that the database must do the counting.
func (r *Reader) largeWhole(ctx context.Context, c Crate, ask CrateAsk) (CrateWhole, error) {
	var whole CrateWhole
	var days []versionDays
	now := r.clock()
	batch := &pgx.Batch{}
	core := r.queueCore(batch, c, ask.Versions, now)
	queue(batch, &whole.Facts, scanFact, factsSQL, c.ID, ask.facts(), ask.Features)
	if ask.Dependencies > 0 {
		queue(batch, &whole.Dependencies, scanDependencyFact, factDependenciesSQL, c.ID, ask.facts(), ask.Dependencies)
	}
	queue(batch, &days, scanNamedDays, crateDownloadsSQL, c.ID, ask.First, ask.Last)
	if !r.Dump {
		queue(batch, &whole.Actions, scanCrateAction, crateActionsSQL, c.ID, bounded(ask.Actions, 200, 2000), now)
		queue(batch, &whole.Jobs, scanJob, ownJobsSQL, c.ID, bounded(ask.Jobs, 50, 500)+1)
	}
	if err := r.send(ctx, batch); err != nil {
		return CrateWhole{}, err
	}
	whole.Core = core()
	whole.Downloads = byDay(days, ask.First, bounded(ask.Top, 5, 20))
	return whole, nil
}
