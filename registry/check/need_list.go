package check

// The needs, one function per kind of work; capabilities are made of them. Triggers run with the rights of whoever
// fires them, so what a trigger function touches is listed with the statement that fires it (contract pitfalls.md 2).

// reading leaves out what no page shows (who follows a crate, processed log files, exchanged token ids) and the three
// secrets that stand in plain text or can be turned into one: the e-mail and invitation tokens and the encrypted GitHub
// tokens.
// Tables without a secret are granted whole, so that a row kept as evidence is complete even when it has a column that
// is newer than we are.
func reading() needs {
	return needs{
		rights: []right{
			{"api_tokens", sel, "*"},
			{"background_jobs", sel, "*"},
			{"categories", sel, "*"},
			{"crate_downloads", sel, "*"},
			{"crate_owner_invitations", sel, "invited_user_id invited_by_user_id crate_id created_at expires_at"},
			{"crate_owners", sel, "* -email_notifications"},
			{"crates", sel, "*"},
			{"crates_categories", sel, "*"},
			{"crates_keywords", sel, "*"},
			{"default_versions", sel, "*"},
			{"deleted_crates", sel, "*"},
			{"dependencies", sel, "*"},
			{"emails", sel, "id user_id email verified token_generated_at"},
			{"follows", sel, "crate_id"}, // counted, not named
			{"keywords", sel, "*"},
			{"metadata", sel, "*"},
			{"oauth_github", sel, "account_id user_id login avatar last_sync"},
			{"publish_limit_buckets", sel, "*"},
			{"publish_rate_overrides", sel, "*"},
			{"readme_renderings", sel, "*"},
			{"recent_crate_downloads", sel, "*"},
			{"reserved_crate_names", sel, "*"},
			{"reserved_usernames", sel, "*"},
			{"reverse_dependencies", sel, "*"},
			{"teams", sel, "*"},
			{"trustpub_configs_github", sel, "*"},
			{"trustpub_configs_gitlab", sel, "*"},
			{"trustpub_tokens", sel, "*"},
			{"users", sel, "*"},
			{"version_downloads", sel, "*"},
			{"version_owner_actions", sel, "*"},
			{"versions", sel, "*"},
			{"versions_published_by", sel, "*"},
		},
		functions: []string{"canon_crate_name(text)", "canon_username(text)"},
		indexes: []string{
			"packages_pkey", "index_crates_name", "index_crates_name_search", "index_crates_name_tgrm",
			"versions_pkey", "unique_num", "index_dependencies_version_id", "dependencies_crate_id_version_id_idx",
			"index_version_owner_actions_by_version_id", "version_downloads_pkey", "crate_owners_pkey",
			"users_pkey", "lower_gh_login", "index_users_canon_username", "api_tokens_token_idx",
			"trustpub_tokens_hashed_token_uindex", "deleted_crates_canon_crate_name_index",
			"recent_crate_downloads_crate_id", "reverse_dependencies_serve_idx",
		},
		extensions: []string{"ltree", "pg_trgm"},
	}
}

// enqueuing is the INSERT that looks for a waiting job first. To lock that job is an UPDATE right, and a job that
// failed and backs off must be reset or it swallows the new one (contract jobs.md 2). A parked job gets another
// priority, or it would swallow every later one too.
func enqueuing() needs {
	return needs{
		rights: []right{
			{"background_jobs", ins, "job_type data priority"},
			{"background_jobs", upd, "retries last_retry priority"},
		},
		sequences: []string{"background_jobs_id_seq"},
		indexes:   []string{"background_jobs_priority_id_index"},
	}
}

// serialising is SELECT … FOR UPDATE on the crate, which needs an UPDATE right on some column of it.
func serialising() needs {
	return needs{rights: []right{{"crates", upd, "updated_at"}}}
}

// recounting is what the triggers of versions, default_versions and crate downloads do to reverse_dependencies.
func recounting() needs {
	return needs{
		rights: []right{
			{"default_versions", upd, "version_id num_versions"},
			{"reverse_dependencies", ins, "target_crate_id dependent_crate_id version_id dependency_id dependent_downloads"},
			{"reverse_dependencies", del, ""},
		},
		functions: []string{"compute_reverse_dependencies(integer[])", "rebuild_reverse_dependencies(integer[])"},
		indexes:   []string{"default_versions_pk", "reverse_dependencies_dependent_crate_id_idx"},
	}
}

func yanking() needs {
	return needs{
		rights: []right{
			{"versions", upd, "yanked yank_message"},
			{"version_owner_actions", ins, "version_id user_id api_token_id action"},
		},
		sequences: []string{"version_owner_actions_id_seq"},
	}.and(enqueuing(), serialising(), recounting())
}

// deletingCrates reads follows too: everything that the deletion cascades to is kept as evidence first.
func deletingCrates() needs {
	return needs{
		rights: []right{
			{"crates", upd, "trustpub_only max_upload_size max_features"},
			{"crates", del, ""},
			{"deleted_crates", ins, "name created_at deleted_at deleted_by message available_at"},
			{"follows", sel, "*"},
		},
		sequences: []string{"deleted_crates_id_seq"},
	}
}

// inviting can put an invitation back, with a new token: the old one is a secret we never read.
func inviting() needs {
	return needs{
		rights: []right{
			{"crate_owner_invitations", ins, "invited_user_id invited_by_user_id crate_id created_at expires_at"},
			{"crate_owner_invitations", del, ""},
		},
		functions:  []string{"random_string(integer)"},
		indexes:    []string{"crate_owner_invitations_pkey"},
		extensions: []string{"pgcrypto"},
	}
}

// owning marks owners as deleted, as the registry does; rows are deleted only to undo the addition of an owner who never
// was one before, so that nothing of it is left.
func owning() needs {
	return needs{rights: []right{
		{"crate_owners", ins, "crate_id owner_id created_by owner_kind"},
		{"crate_owners", upd, "deleted"},
		{"crate_owners", del, ""},
	}}.and(inviting(), serialising())
}

// locking reads who last wrote an address's row, though not the address: the contract has no other trace of a new
// address, and undo must not call that one confirmed.
func locking() needs {
	return needs{
		rights: []right{
			{"emails", sel, "xmin"},
			{"users", upd, "account_lock_reason account_lock_until"},
			{"emails", upd, "verified"},
			{"publish_rate_overrides", ins, "user_id burst expires_at action"},
			{"publish_rate_overrides", upd, "burst expires_at"},
			{"publish_rate_overrides", del, ""},
			{"publish_limit_buckets", upd, "tokens last_refill"},
		},
		indexes: []string{"emails_user_id_key", "publish_rate_overrides_pkey"},
	}
}

func revoking() needs {
	return needs{rights: []right{{"api_tokens", upd, "revoked"}}, indexes: []string{"api_tokens_pkey"}}
}

// publishing can put a suspended publisher back under its own id, and take one crate out of a live token.
func publishing() needs {
	return needs{rights: []right{
		{"trustpub_configs_github", ins, "id created_at crate_id repository_owner repository_owner_id repository_name workflow_filename environment"},
		{"trustpub_configs_github", del, ""},
		{"trustpub_configs_gitlab", ins, "id created_at crate_id namespace namespace_id project workflow_filepath environment"},
		{"trustpub_configs_gitlab", del, ""},
		{"trustpub_tokens", upd, "crate_ids"},
		{"trustpub_tokens", del, ""},
	}}
}

func naming() needs {
	return needs{rights: []right{
		{"reserved_crate_names", ins, "name"},
		{"reserved_crate_names", del, ""},
		{"reserved_usernames", ins, "username"},
		{"reserved_usernames", del, ""},
		{"deleted_crates", upd, "available_at"},
	}}
}
