package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// Most pages are of crates with few versions. For those, statements that walk
// one table each and are put together here cost the database half of what
// statements with joins cost: starting a plan of ten nodes takes longer than
// the look-ups in it.

// gatherActions is beyond how many recorded actions a crate is read by the
// statements for large ones.
const gatherActions = 10_000

// errLarge says that a crate has more of something than gathering is made for.
var errLarge = errors.New("the crate is large")

const gatherVersionsSQL = `
SELECT id, num, created_at, updated_at, yanked, crate_size, downloads, license, tar_sha256, published_by, trustpub_data,
       trustpub_data ->> 'provider', CASE WHEN $3 THEN features END, links, rust_version, zip_sha256 IS NOT NULL, zip_json_sha256 IS NOT NULL,
       left(yank_message, 500), semver_ord_v2
FROM versions
WHERE crate_id = $1
ORDER BY created_at DESC, semver_ord_v2 DESC, id DESC
LIMIT $2`

type gatheredVersion struct {
	version   CrateVersion
	fact      VersionFact
	publisher int32  // 0 for none
	order     []byte // of the number among those of the crate
}

func scanGatheredVersion(row pgx.CollectableRow) (g gatheredVersion, err error) {
	var license, message, provider *string
	var publisher *int32
	var created, updated moment
	var claims, features []byte
	v, f := &g.version, &g.fact
	err = row.Scan(&v.ID, &v.Num, &created, &updated, &v.Yanked, &v.Size, &v.Downloads, &license, &v.SHA256, &publisher, &claims, &provider,
		&features, &f.Line.Links, &f.Line.RustVersion, &f.Zip, &f.ZipManifest, &message, &g.order)
	v.CreatedAt, v.UpdatedAt, v.License, v.Claims = created.time(), updated.time(), word(license), ParseClaims(claims)
	g.publisher = number(publisher)
	f.ID, f.Line.Num, f.Line.SHA256, f.Line.Yanked = v.ID, v.Num, v.SHA256, v.Yanked
	f.Line.CreatedAt, f.UpdatedAt, f.Size, f.YankMessage = v.CreatedAt, v.UpdatedAt, v.Size, word(message)
	f.PublisherID, f.Provider, f.Claimed = g.publisher, word(provider), v.Claims.Present
	f.Line.Features = featuresOf(features)
	return g, err
}

// ofCrate finds rows by the versions of a crate, and ofVersions by their ids,
// with one walk of each index.
const (
	ofCrate    = `version_id = ANY (ARRAY(SELECT id FROM versions WHERE crate_id = $1))`
	ofVersions = `version_id = ANY ($1)`
)

const (
	crateGatherActionsSQL   = gatherActionsSelect + ofCrate + gatherActionsEnd
	versionGatherActionsSQL = gatherActionsSelect + ofVersions + gatherActionsEnd
)

const (
	gatherActionsSelect = `
SELECT a.id, a.version_id, a.action, a.time, a.user_id, a.api_token_id, k.name
FROM version_owner_actions a
LEFT JOIN api_tokens k ON k.id = a.api_token_id
WHERE a.`
	gatherActionsEnd = `
ORDER BY a.time DESC, a.id DESC
LIMIT $2`
)

type gatheredAction struct {
	CrateAction
	id        int32
	tokenName string
}

func scanGatheredAction(row pgx.CollectableRow) (a gatheredAction, err error) {
	var token *int32
	var name *string
	var at moment
	err = row.Scan(&a.id, &a.VersionID, &a.Action, &at, &a.By.ID, &token, &name)
	a.Time, a.TokenID, a.tokenName = at.time(), number(token), word(name)
	return a, err
}

const gatherOwnersSQL = `
SELECT owner_id, owner_kind, created_at, created_by, deleted, updated_at
FROM crate_owners
WHERE crate_id = $1
ORDER BY deleted, created_at, owner_id
LIMIT 2000`

func scanGatheredOwner(row pgx.CollectableRow) (o Owner, err error) {
	var kind int32
	var created, changed moment
	var by *int32
	err = row.Scan(&o.ID, &kind, &created, &by, &o.Former, &changed)
	o.Team, o.AddedAt, o.ChangedAt = kind == 1, created.time(), changed.time()
	if by != nil {
		o.AddedBy = &Person{ID: *by}
	}
	return o, err
}

const gatherInvitationsSQL = `
SELECT invited_user_id, invited_by_user_id, created_at, expires_at
FROM crate_owner_invitations
WHERE crate_id = $1`

const gatherInvitationsEnd = ` ORDER BY created_at, invited_user_id LIMIT 2000`

func scanGatheredInvitation(row pgx.CollectableRow) (i CrateInvitation, err error) {
	var created, expires moment
	err = row.Scan(&i.Invitee.ID, &i.Inviter.ID, &created, &expires)
	i.CreatedAt, i.ExpiresAt = created.time(), expires.time()
	return i, err
}

const (
	crateGatherDependenciesSQL   = gatherDependenciesSelect + ofCrate + ` LIMIT $2`
	versionGatherDependenciesSQL = gatherDependenciesSelect + ofVersions + ` LIMIT $2`
)

const gatherDependenciesSelect = `
SELECT version_id, id, crate_id, explicit_name, req, features, optional, default_features, target, kind
FROM dependencies
WHERE `

type gatheredDependency struct {
	DependencyFact
	id, crate, kind int32
}

func scanGatheredDependency(row pgx.CollectableRow) (d gatheredDependency, err error) {
	err = row.Scan(&d.VersionID, &d.id, &d.crate, &d.ExplicitName, &d.Req, &d.Features, &d.Optional, &d.DefaultFeatures, &d.Target, &d.kind)
	d.Kind = knownKind(d.kind)
	return d, err
}

// gatherSubjectsSQL names accounts, teams and crates, whatever rows speak of.
const gatherSubjectsSQL = `
SELECT 'user', id, gh_login, name, NULL::timestamptz, NULL::bigint,
       COALESCE(account_lock_reason IS NOT NULL AND (account_lock_until IS NULL OR account_lock_until > $4), false)
FROM users WHERE id = ANY ($1)
UNION ALL
SELECT 'team', id, login, name, NULL, NULL, false FROM teams WHERE id = ANY ($2)
UNION ALL
SELECT 'crate', c.id, c.name, NULL, c.created_at, d.downloads, false
FROM crates c LEFT JOIN crate_downloads d ON d.crate_id = c.id
WHERE c.id = ANY ($3)`

type subject struct {
	kind, name, display string
	id                  int32
	created             time.Time
	downloads           int64
	locked              bool
}

func scanSubject(row pgx.CollectableRow) (s subject, err error) {
	var display *string
	var created moment
	var downloads *int64
	err = row.Scan(&s.kind, &s.id, &s.name, &display, &created, &downloads, &s.locked)
	s.display, s.created, s.downloads = word(display), created.time(), number(downloads)
	return s, err
}

// NamedCrate is as much of a crate as a dependency on it shows.
type NamedCrate struct {
	ID        int32
	Name      string
	CreatedAt time.Time
	Downloads int64
}

// gathered are the rows of a crate before they are put together.
type gathered struct {
	crates       []gatheredCrate // none when the caller knows it
	versions     []gatheredVersion
	actions      []gatheredAction
	owners       []Owner
	invitations  []CrateInvitation
	dependencies []gatheredDependency
	direct       []CrateDependency // of the default version, when the others are not read
	publishers   []publisherRow
	names        []nameRow
	days         []versionDays
	jobs         []Job
	subjects     []subject
	people       map[personKey]Person
	targets      map[int32]NamedCrate
}

type personKey struct {
	id   int32
	team bool
}

// gather reads a crate of which no more is known than its id and its name, in
// any spelling, and that it is not large; whole says that its own row is to be
// read as well. The error is errLarge when the crate is large, and NotFound
// when the crate of that id has another name.
func (r *Reader) gather(ctx context.Context, c crateKey, whole bool, ask CrateAsk) (*gathered, error) {
	g := &gathered{people: map[personKey]Person{}, targets: map[int32]NamedCrate{}}
	invited, err := r.invitedTo(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	queued, err := r.jobQueue(ctx)
	if err != nil {
		return nil, err
	}
	now, batch := r.clock(), &pgx.Batch{}
	if whole {
		queue(batch, &g.crates, scanGatheredCrate, gatherCrateSQL, c.ID)
	}
	queue(batch, &g.versions, scanGatheredVersion, gatherVersionsSQL, c.ID, ask.facts(), ask.Features)
	queue(batch, &g.owners, scanGatheredOwner, gatherOwnersSQL, c.ID)
	queue(batch, &g.names, scanName, namesSQL, c.Name)
	sql, key := c.either(versionDaysSQL, crateDaysSQL)
	queue(batch, &g.days, scanVersionDays, sql, key, ask.First, ask.Last)
	if len(ask.People)+len(ask.Teams) > 0 {
		queue(batch, &g.subjects, scanSubject, gatherSubjectsSQL, ask.People, ask.Teams, []int32{}, now)
	}
	r.queuePublishers(batch, &g.publishers, c.ID, now)
	if ask.Dependencies > 0 {
		sql, key := c.either(versionGatherDependenciesSQL, crateGatherDependenciesSQL)
		queue(batch, &g.dependencies, scanGatheredDependency, sql, key, ask.Dependencies)
	} else {
		queue(batch, &g.direct, scanCrateDependency, defaultDependenciesSQL, c.ID)
	}
	switch {
	case !invited.known:
		queue(batch, &g.invitations, scanGatheredInvitation, gatherInvitationsSQL+gatherInvitationsEnd, c.ID)
	case !invited.none():
		queue(batch, &g.invitations, scanGatheredInvitation, gatherInvitationsSQL+` AND invited_user_id = ANY ($2)`+gatherInvitationsEnd, c.ID, invited.invitees)
	}
	if !r.Dump {
		sql, key := c.either(versionGatherActionsSQL, crateGatherActionsSQL)
		queue(batch, &g.actions, scanGatheredAction, sql, key, gatherActions)
		if queued == nil {
			queue(batch, &g.jobs, scanJob, ownJobsSQL, c.ID, bounded(ask.Jobs, 50, 500)+1)
		}
	}
	if err := r.send(ctx, batch); err != nil {
		return nil, err
	}
	if whole {
		if len(g.crates) == 0 || cratewarden.CanonName(g.crates[0].Name) != cratewarden.CanonName(c.Name) {
			return nil, noCrate()
		}
		c.Name = g.crates[0].Name
	}
	if queued != nil {
		jobs := queued.of(c)
		g.jobs = jobs[:min(len(jobs), bounded(ask.Jobs, 50, 500)+1)]
	}
	if len(g.versions) >= ask.facts() || len(g.actions) >= gatherActions || ask.Dependencies > 0 && len(g.dependencies) >= ask.Dependencies {
		return nil, errLarge
	}
	if !c.covers(g.versions) {
		return nil, errOthers
	}
	g.keepOwn()
	return g, r.complete(ctx, g, ask, now)
}

// keepOwn leaves out rows of versions that came or went meanwhile, and names
// those of downloads.
func (g *gathered) keepOwn() {
	nums := make(map[int32]string, len(g.versions))
	for _, v := range g.versions {
		nums[v.version.ID] = v.version.Num
	}
	gone := func(version int32) bool { return nums[version] == "" }
	g.days = slices.DeleteFunc(g.days, func(d versionDays) bool { return gone(d.ID) })
	g.dependencies = slices.DeleteFunc(g.dependencies, func(d gatheredDependency) bool { return gone(d.VersionID) })
	for i := range g.days {
		g.days[i].Num = nums[g.days[i].ID]
	}
}

// complete reads the people and the crates that the caller did not know of.
func (r *Reader) complete(ctx context.Context, g *gathered, ask CrateAsk, now time.Time) error {
	g.take()
	people, teams := g.unknownPeople()
	targets := g.unknownTargets(ask.Known)
	if len(people)+len(teams)+len(targets) == 0 {
		return nil
	}
	var err error
	if g.subjects, err = collect(ctx, r, scanSubject, gatherSubjectsSQL, people, teams, targets, now); err != nil {
		return err
	}
	g.take()
	return nil
}

// method says how a version was published, with the first action of its log.
func (g gatheredVersion) method(a *gatheredAction) cratewarden.Method {
	return MethodOf(g.version.Claims, a != nil, a != nil && a.TokenID != 0, g.version.Publisher != nil)
}
