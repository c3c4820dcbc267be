package dossier

// jobType says what the registry does with a type of job (contract jobs.md
// sections 4 and 7).
type jobType struct {
	queue string
	// what tells the work of the type, for the overview.
	what string
}

// The worker's queues; each has its own threads, so that one may stand still
// while the others run.
const (
	queueDefault    = "default"
	queueRepository = "repository"
	queueDownloads  = "downloads"
	queueCloudFront = "cloudfront"
)

// jobTypes are all types that the registry's worker knows. A row of any other
// type is never taken up.
func jobTypes() map[string]jobType {
	return map[string]jobType{
		"analyze_crate_file":                    {queueDefault, "counts a version's lines of code"},
		"archive_index_branch":                  {queueDefault, "copies a snapshot branch of the index to the archive repository"},
		"archive_version_downloads":             {queueDefault, "moves daily downloads older than 90 days to the storage"},
		"build_crate_zip":                       {queueDefault, "builds the zip of a version's source"},
		"bulk_sync_to_git_index":                {queueRepository, "writes many crates to the git index in one commit"},
		"check_typosquat":                       {queueDefault, "compares a new name with popular names and mails what looks like squatting"},
		"clean_processed_log_files":             {queueDownloads, "forgets download logs counted more than 7 days ago"},
		"daily_db_maintenance":                  {queueDefault, "tidies up the table of daily downloads"},
		"delete_crate_from_storage":             {queueDefault, "deletes a deleted crate's archives, READMEs, feed and picture"},
		"docs_rs_queue_rebuild":                 {queueDefault, "asks the documentation builder to build a version again"},
		"dump_db":                               {queueDefault, "writes the public database dump"},
		"generate_og_image":                     {queueDefault, "draws a crate's preview picture"},
		"index_version_downloads_archive":       {queueDefault, "rewrites the table of contents of archived downloads"},
		"invalidate_cdns":                       {queueDefault, "has the caches drop stored files"},
		"normalize_index":                       {queueRepository, "rewrites every file of the git index in its normal form"},
		"process_cdn_log":                       {queueDownloads, "counts the downloads in one log file"},
		"process_cdn_log_queue":                 {queueDefault, "fetches news of log files to count"},
		"process_cloudfront_invalidation_queue": {queueCloudFront, "sends waiting cache invalidations to CloudFront"},
		"render_and_upload_readme":              {queueDefault, "renders a version's README"},
		"send_publish_notifications":            {queueDefault, "mails owners that a version was published"},
		"send_token_expiry_notifications":       {queueDefault, "mails people whose tokens are about to expire"},
		"squash_index":                          {queueRepository, "squashes the history of the git index"},
		"sync_admins":                           {queueDefault, "takes over who is an administrator"},
		"sync_crate_feed":                       {queueDefault, "rewrites one crate's feed of versions"},
		"sync_crates_feed":                      {queueDefault, "rewrites the feed of new crates"},
		"sync_to_git_index":                     {queueRepository, "writes one crate to the git index"},
		"sync_to_sparse_index":                  {queueDefault, "writes one crate to the sparse index, which Cargo reads"},
		"sync_updates_feed":                     {queueDefault, "rewrites the feed of new versions"},
		"trustpub::delete_expired_jtis":         {queueDefault, "forgets used identities of trusted publishing that have run out"},
		"trustpub::delete_expired_tokens":       {queueDefault, "deletes trusted-publishing tokens that have run out"},
		"update_default_version":                {queueDefault, "chooses a crate's default version anew"},
		"update_downloads":                      {queueDefault, "adds counted downloads to the totals"},
		"update_user_from_github":               {queueDefault, "refreshes one account's GitHub login"},
	}
}
