package registry

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/registry/files"
)

// Version is the row of a version with what surrounds it in its crate.
type Version struct {
	ID                   int32
	Num                  string
	CreatedAt, UpdatedAt time.Time
	SHA256               []byte
	Size                 int32
	Yanked               bool
	YankMessage          string
	Features             map[string][]string
	// Links and RustVersion are nil for NULL, which the index leaves out.
	Links, RustVersion                               *string
	License, Edition, LibName                        string
	HasLib                                           *bool
	BinNames                                         []string
	Description, Homepage, Repository, Documentation string
	Keywords, Categories                             []string
	// Analysed says that the registry has counted the lines.
	Analysed                bool
	CodeLines, CommentLines int
	// Mail is the address verified at the publish, empty when not recorded.
	// It is personal and must be masked before it leaves.
	Mail string
	// GitHubID is the publisher's linked account there, 0 when not known.
	GitHubID int64
	// Earlier counts the versions published before, by time; Previous and
	// Following are the neighbours.
	Earlier             int
	Previous, Following string
	// TokenFirst says that the token of the publish had published no version
	// of the crate before.
	TokenFirst bool
}

// A number without build metadata finds the one version that has some, since
// no two versions may differ in nothing else (contract publish.md section 5).
const versionSQL = `
SELECT v.id, v.num, v.created_at, v.updated_at, v.tar_sha256, v.crate_size, v.yanked, v.yank_message, v.features, v.links, v.rust_version,
       v.license, v.edition, v.lib_name, v.has_lib, array_remove(v.bin_names, NULL), v.description, v.homepage, v.repository,
       v.documentation, array_remove(v.keywords, NULL), array_remove(v.categories, NULL), v.linecounts,
       m.email, COALESCE(g.account_id, u.gh_id::bigint),
       (SELECT count(*) FROM versions e WHERE e.crate_id = v.crate_id AND (e.created_at, e.id) < (v.created_at, v.id)),
       (SELECT e.num FROM versions e WHERE e.crate_id = v.crate_id AND (e.created_at, e.id) < (v.created_at, v.id)
        ORDER BY e.created_at DESC, e.id DESC LIMIT 1),
       (SELECT e.num FROM versions e WHERE e.crate_id = v.crate_id AND (e.created_at, e.id) > (v.created_at, v.id)
        ORDER BY e.created_at, e.id LIMIT 1),
       a.api_token_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM versions e JOIN version_owner_actions b ON b.version_id = e.id
           WHERE e.crate_id = v.crate_id AND (e.created_at, e.id) < (v.created_at, v.id)
             AND b.action = 0 AND b.api_token_id = a.api_token_id)
FROM versions v
LEFT JOIN versions_published_by m ON m.version_id = v.id
LEFT JOIN users u ON u.id = v.published_by
LEFT JOIN LATERAL (SELECT account_id FROM oauth_github WHERE user_id = v.published_by ORDER BY account_id DESC LIMIT 1) g ON true
LEFT JOIN LATERAL (SELECT api_token_id FROM version_owner_actions WHERE version_id = v.id AND action = 0 ORDER BY id LIMIT 1) a ON true
WHERE v.crate_id = $1 AND (v.num = $2 OR v.num_no_build = $2)`

// Version finds a version of a crate by its exact number, or by the number
// without build metadata. The error is NotFound when there is none.
func (r *Reader) Version(ctx context.Context, crateID int32, num string) (Version, error) {
	missing := cratewarden.Errorf(cratewarden.NotFound, "The crate has no version of this number.")
	if !askable(num) {
		return Version{}, missing
	}
	found, err := collect(ctx, r, scanVersion, versionSQL, crateID, num)
	switch {
	case err != nil:
		return Version{}, err
	case len(found) == 0:
		return Version{}, missing
	}
	return found[0], nil
}

func scanVersion(row pgx.CollectableRow) (v Version, err error) {
	var created, updated moment
	var message, license, edition, lib, description, homepage, repository, documentation, mail, previous, following *string
	var features, counts []byte
	var github *int64
	err = row.Scan(&v.ID, &v.Num, &created, &updated, &v.SHA256, &v.Size, &v.Yanked, &message, &features, &v.Links, &v.RustVersion,
		&license, &edition, &lib, &v.HasLib, &v.BinNames, &description, &homepage, &repository,
		&documentation, &v.Keywords, &v.Categories, &counts, &mail, &github, &v.Earlier, &previous, &following, &v.TokenFirst)
	v.CreatedAt, v.UpdatedAt, v.YankMessage = created.time(), updated.time(), word(message)
	v.License, v.Edition, v.LibName, v.Description = word(license), word(edition), word(lib), word(description)
	v.Homepage, v.Repository, v.Documentation = word(homepage), word(repository), word(documentation)
	v.Mail, v.GitHubID, v.Previous, v.Following = word(mail), max(number(github), 0), word(previous), word(following)
	// The registry treats another shape as no features (contract pitfalls.md
	// section 4).
	if json.Unmarshal(features, &v.Features) != nil {
		v.Features = nil
	}
	v.countLines(counts)
	return v, err
}

// countLines reads linecounts (contract publish.md section 4); another shape
// counts as not analysed.
func (v *Version) countLines(data []byte) {
	var counts struct {
		Code    *int `json:"total_code_lines"`
		Comment int  `json:"total_comment_lines"`
	}
	if len(data) == 0 || json.Unmarshal(data, &counts) != nil || counts.Code == nil {
		return
	}
	v.Analysed, v.CodeLines, v.CommentLines = true, *counts.Code, counts.Comment
}

// IndexFacts is what of the version goes into its index line. withTime says
// whether this registry writes the time of publish there.
func (v Version) IndexFacts(withTime bool) files.VersionFacts {
	return files.VersionFacts{
		Num: v.Num, SHA256: v.SHA256, Features: v.Features, Yanked: v.Yanked, Links: v.Links, RustVersion: v.RustVersion,
		CreatedAt: v.CreatedAt, WithPubTime: withTime,
	}
}

// IndexFacts is what of a dependency goes into an index line. An empty target
// or rename stands for none, since the registry never stores one.
func (d CrateDependency) IndexFacts() files.DependencyFacts {
	f := files.DependencyFacts{
		Crate: d.Crate, Req: d.Requirement, Features: d.Features, Optional: d.Optional, DefaultFeatures: d.DefaultFeatures, Kind: -1,
	}
	// A number beyond int16 must not wrap into a known one.
	if d.Kind >= 0 && d.Kind <= 2 {
		f.Kind = int16(d.Kind)
	}
	if d.Target != "" {
		f.Target = &d.Target
	}
	if d.Rename != "" {
		f.ExplicitName = &d.Rename
	}
	return f
}
