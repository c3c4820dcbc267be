package bulk

import "context"

// Version is a version with the claims that tell how it was published.
type Version struct {
	ID, Crate       int32
	Num             []byte
	Created         int64
	Publisher       int32
	Provider        []byte // github, gitlab; nil without trusted-publishing claims
	Origin          []byte // repository or project path of the claims
	Yanked          bool
	SHA256          [32]byte
	Size, Downloads int32
	// Logged says that the publish is in the action log, Token with which
	// token (0 = browser session). Only Touched fills them; whole loads join
	// with Actions instead.
	Logged bool
	Token  int32
}

const (
	versionColumns = `v.id, v.crate_id, v.num, v.created_at, v.published_by, v.trustpub_data ->> 'provider',
	coalesce(v.trustpub_data ->> 'repository', v.trustpub_data ->> 'project_path'), v.yanked, v.tar_sha256, v.crate_size, v.downloads`
	selectVersions = `SELECT ` + versionColumns + ` FROM versions v`
	// selectTouchedVersions uses unique_num for the crate and
	// index_version_owner_actions_by_version_id for the log.
	selectTouchedVersions = `SELECT ` + versionColumns + `, a.id IS NOT NULL, a.api_token_id
	FROM versions v
	LEFT JOIN LATERAL (SELECT id, api_token_id FROM version_owner_actions
		WHERE version_id = v.id AND action = 0 ORDER BY id LIMIT 1) a ON true
	WHERE v.crate_id = ANY($1) ORDER BY v.id`
)

func (r *row) version() Version {
	return Version{
		ID: r.int32(), Crate: r.int32(), Num: r.text(), Created: r.micros(), Publisher: r.int32(), Provider: r.text(),
		Origin: r.text(), Yanked: r.bool(), SHA256: r.hash(), Size: r.int32(), Downloads: r.int32(),
	}
}

// Versions streams all versions in no particular order.
func (s Source) Versions(ctx context.Context, each func(Version)) error {
	return s.load(ctx, selectVersions, func(r *row) { each(r.version()) })
}

// Action is a publish (0), yank (1) or unyank (2) by a person.
type Action struct {
	ID, Version, User, Token int32
	Kind                     int32
	Time                     int64
}

func (r *row) action() Action {
	return Action{ID: r.int32(), Version: r.int32(), User: r.int32(), Token: r.int32(), Kind: r.int32(), Time: r.micros()}
}

const actionColumns = `a.id, a.version_id, a.user_id, a.api_token_id, a.action, a.time`

// Actions streams the whole log in no particular order.
func (s Source) Actions(ctx context.Context, each func(Action)) error {
	return s.load(ctx, `SELECT `+actionColumns+` FROM version_owner_actions a`, func(r *row) { each(r.action()) })
}

// Dependency is one dependency of one version.
type Dependency struct {
	Version, Crate int32
	Requirement    []byte
	Kind           int32
	Optional       bool
}

const selectDependencies = `SELECT version_id, crate_id, req, kind, optional FROM dependencies`

func (r *row) dependency() Dependency {
	return Dependency{Version: r.int32(), Crate: r.int32(), Requirement: r.text(), Kind: r.int32(), Optional: r.bool()}
}

// Dependencies streams all dependencies in no particular order; a registry
// stores them in about the order of their versions.
func (s Source) Dependencies(ctx context.Context, each func(Dependency)) error {
	return s.load(ctx, selectDependencies, func(r *row) { each(r.dependency()) })
}
