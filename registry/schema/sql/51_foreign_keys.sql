-- Foreign keys. crate_owners.owner_id, reverse_dependencies.dependency_id and trustpub_tokens.crate_ids have none, as in the registry.

ALTER TABLE api_tokens ADD CONSTRAINT api_tokens_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE crate_downloads ADD CONSTRAINT crate_downloads_crates_id_fk
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE crate_owner_invitations ADD CONSTRAINT crate_owner_invitations_crate_id_fkey
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE crate_owner_invitations ADD CONSTRAINT crate_owner_invitations_invited_by_user_id_fkey
    FOREIGN KEY (invited_by_user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE crate_owner_invitations ADD CONSTRAINT crate_owner_invitations_invited_user_id_fkey
    FOREIGN KEY (invited_user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE crate_owners ADD CONSTRAINT fk_crate_owners_crate_id
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE crate_owners ADD CONSTRAINT fk_crate_owners_created_by
    FOREIGN KEY (created_by) REFERENCES users (id);
ALTER TABLE crates_categories ADD CONSTRAINT fk_crates_categories_category_id
    FOREIGN KEY (category_id) REFERENCES categories (id) ON DELETE CASCADE;
ALTER TABLE crates_categories ADD CONSTRAINT fk_crates_categories_crate_id
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE crates_keywords ADD CONSTRAINT fk_crates_keywords_crate_id
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE crates_keywords ADD CONSTRAINT fk_crates_keywords_keyword_id
    FOREIGN KEY (keyword_id) REFERENCES keywords (id);
ALTER TABLE default_versions ADD CONSTRAINT default_versions_crates_id_fk
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE default_versions ADD CONSTRAINT default_versions_versions_id_fk
    FOREIGN KEY (version_id) REFERENCES versions (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE deleted_crates ADD CONSTRAINT deleted_crates_users_id_fk
    FOREIGN KEY (deleted_by) REFERENCES users (id) ON DELETE SET NULL;
ALTER TABLE dependencies ADD CONSTRAINT fk_dependencies_crate_id
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE dependencies ADD CONSTRAINT fk_dependencies_version_id
    FOREIGN KEY (version_id) REFERENCES versions (id) ON DELETE CASCADE;
ALTER TABLE emails ADD CONSTRAINT fk_emails_user_id
    FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE follows ADD CONSTRAINT fk_follows_crate_id
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE follows ADD CONSTRAINT fk_follows_user_id
    FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE oauth_github ADD CONSTRAINT oauth_github_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
ALTER TABLE publish_limit_buckets ADD CONSTRAINT publish_limit_buckets_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE publish_rate_overrides ADD CONSTRAINT publish_rate_overrides_user_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE readme_renderings ADD CONSTRAINT readme_renderings_version_id_fkey
    FOREIGN KEY (version_id) REFERENCES versions (id) ON DELETE CASCADE;
ALTER TABLE reverse_dependencies ADD CONSTRAINT reverse_dependencies_dependent_crate_id_fkey
    FOREIGN KEY (dependent_crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE reverse_dependencies ADD CONSTRAINT reverse_dependencies_target_crate_id_fkey
    FOREIGN KEY (target_crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE reverse_dependencies ADD CONSTRAINT reverse_dependencies_version_id_fkey
    FOREIGN KEY (version_id) REFERENCES versions (id) ON DELETE CASCADE;
ALTER TABLE trustpub_configs_github ADD CONSTRAINT trustpub_configs_github_crate_id_fkey
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE trustpub_configs_gitlab ADD CONSTRAINT trustpub_configs_gitlab_crate_id_fkey
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE version_downloads ADD CONSTRAINT fk_version_downloads_version_id
    FOREIGN KEY (version_id) REFERENCES versions (id) ON DELETE CASCADE;
ALTER TABLE version_owner_actions ADD CONSTRAINT version_owner_actions_owner_id_fkey
    FOREIGN KEY (user_id) REFERENCES users (id);
ALTER TABLE version_owner_actions ADD CONSTRAINT version_owner_actions_owner_token_id_fkey
    FOREIGN KEY (api_token_id) REFERENCES api_tokens (id);
ALTER TABLE version_owner_actions ADD CONSTRAINT version_owner_actions_version_id_fkey
    FOREIGN KEY (version_id) REFERENCES versions (id) ON DELETE CASCADE;
ALTER TABLE versions ADD CONSTRAINT fk_versions_crate_id
    FOREIGN KEY (crate_id) REFERENCES crates (id) ON DELETE CASCADE;
ALTER TABLE versions ADD CONSTRAINT fk_versions_published_by
    FOREIGN KEY (published_by) REFERENCES users (id);
ALTER TABLE versions_published_by ADD CONSTRAINT versions_published_by_version_id_fkey
    FOREIGN KEY (version_id) REFERENCES versions (id) ON DELETE CASCADE;
