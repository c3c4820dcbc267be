package extract

// known is a table of the contract and which of its rows are read. The row is
// called t; @crates are all crates concerned, @whole those read completely,
// @versions all versions, @accounts all people, @asked those asked for.
type known struct {
	name, where string
	// asked finds more rows when accounts were asked for. It stands apart
	// because most of it goes by columns without an index.
	asked string
	// vanishes says that DELETE on a crate or version takes rows of it along.
	vanishes bool
	// personal is the whole table ("*") or its columns with personal data,
	// joined by blanks; secret are the columns that are never read.
	personal, secret string
}

const (
	ofCrates   = `t.crate_id = ANY (@crates)`
	ofVersions = `t.version_id = ANY (@versions)`
	ofAccounts = `t.user_id = ANY (@accounts)`
	ofNames    = `canon_crate_name(t.name) IN (` + canonical + `)`
	owned      = `SELECT o.crate_id FROM crate_owners o WHERE o.owner_kind = 0 AND o.owner_id = ANY (@asked)`
)

// tables is the contract's pitfalls.md section 3 as a table, and what else
// speaks of the subjects. Tables that are not here and not newer than the
// contract hold nothing about them: metadata, processed_log_files,
// trustpub_used_jtis, cloudfront_invalidation_queue, reserved_usernames.
func tables() []known {
	return []known{
		{name: "crates", where: `t.id = ANY (@crates)`, vanishes: true},
		{name: "versions", where: `t.id = ANY (@versions)`, vanishes: true},
		{name: "default_versions", where: ofCrates, vanishes: true},
		{name: "crate_downloads", where: ofCrates, vanishes: true},
		{name: "recent_crate_downloads", where: ofCrates},
		{name: "crate_owners", where: ofCrates, asked: `t.owner_kind = 0 AND t.owner_id = ANY (@asked)`, vanishes: true},
		{name: "crate_owner_invitations", vanishes: true, secret: "token",
			where: ofCrates, asked: `t.invited_user_id = ANY (@asked) OR t.invited_by_user_id = ANY (@asked)`},
		{name: "crates_categories", where: ofCrates, vanishes: true},
		{name: "crates_keywords", where: ofCrates, vanishes: true},
		// The counters of these two change.
		{name: "categories", where: `t.id IN (SELECT l.category_id FROM crates_categories l WHERE l.crate_id = ANY (@crates))`},
		{name: "keywords", where: `t.id IN (SELECT l.keyword_id FROM crates_keywords l WHERE l.crate_id = ANY (@crates))`},
		{name: "follows", where: `t.crate_id = ANY (@whole)`, vanishes: true},
		// Also those that other crates' versions have on the crate.
		{name: "dependencies", where: ofVersions + ` OR t.crate_id = ANY (@whole)`, vanishes: true},
		{name: "reverse_dependencies", vanishes: true,
			where: `t.target_crate_id = ANY (@crates) OR t.dependent_crate_id = ANY (@crates) OR ` + ofVersions},
		{name: "readme_renderings", where: ofVersions, vanishes: true},
		{name: "version_downloads", where: ofVersions, vanishes: true},
		{name: "versions_published_by", where: ofVersions, vanishes: true, personal: "*"},
		{name: "version_owner_actions", where: ofVersions, asked: `t.user_id = ANY (@asked)`, vanishes: true},
		{name: "trustpub_configs_github", where: ofCrates, asked: `t.crate_id IN (` + owned + `)`, vanishes: true},
		{name: "trustpub_configs_gitlab", where: ofCrates, asked: `t.crate_id IN (` + owned + `)`, vanishes: true},
		{name: "trustpub_tokens", where: `t.crate_ids && @crates::int[]`, asked: `t.crate_ids && ARRAY(` + owned + `)`, secret: "hashed_token"},
		{name: "deleted_crates", where: ofNames},
		{name: "reserved_crate_names", where: ofNames},
		{name: "teams", where: `t.id IN (SELECT o.owner_id FROM crate_owners o WHERE o.owner_kind = 1 AND o.crate_id = ANY (@crates))`},
		{name: "users", where: `t.id = ANY (@accounts)`, personal: "name"},
		{name: "emails", where: ofAccounts, personal: "*", secret: "token"},
		{name: "oauth_github", where: ofAccounts, secret: "encrypted_token"},
		{name: "api_tokens", where: ofAccounts, secret: "token"},
		{name: "publish_limit_buckets", where: ofAccounts},
		{name: "publish_rate_overrides", where: ofAccounts},
		{name: "background_jobs", where: naming},
	}
}

// rows is the whole condition.
func (t known) rows(asked bool) string {
	if asked && t.asked != "" {
		return `(` + t.where + `) OR ` + t.asked
	}
	return t.where
}

// naming are the jobs that name a crate or version in one of the payloads of
// contract jobs.md, in any spelling, because some payloads hold what somebody
// typed. The inner lists do not depend on the job, so the server makes each
// once, however long the queue is.
const naming = `
	canon_crate_name(coalesce(t.data ->> 'krate', t.data ->> 'name', t.data ->> 'crate_name')) IN (` + canonical + `)
	OR t.data ->> 'crate_id' = ANY (@crates::int[]::text[])
	OR t.data ->> 'version_id' = ANY (@versions::int[]::text[])
	OR EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(t.data -> 'crate_names') WHEN 'array' THEN t.data -> 'crate_names' ELSE '[]' END) e
		WHERE canon_crate_name(e) IN (` + canonical + `))
	OR EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(t.data -> 'cache_tags') WHEN 'array' THEN t.data -> 'cache_tags' ELSE '[]' END) e
		WHERE split_part(split_part(e, '@', 1), ':', 2) IN (` + stored + `))
	OR EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(t.data -> 'paths') WHEN 'array' THEN t.data -> 'paths' ELSE '[]' END) e
		WHERE split_part(ltrim(e, '/'), '/', 2) IN (` + stored + `)
		OR regexp_replace(ltrim(e, '/'), '^(og-images|rss/crates)/(.*)[.](png|xml)$', '\2') IN (` + stored + `))`

const (
	canonical = `SELECT canon_crate_name(c.name) FROM crates c WHERE c.id = ANY (@crates)`
	stored    = `SELECT c.name::text FROM crates c WHERE c.id = ANY (@crates)`
)
