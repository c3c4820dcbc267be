-- The 25 triggers. BEFORE triggers of one table run in the order of their names, and the contract counts on it:
-- touch_crate runs before trigger_versions_set_updated_at, so a yank does not touch the crate.

CREATE TRIGGER background_jobs_notify_on_insert AFTER INSERT ON background_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION notify_background_job_inserted();
CREATE TRIGGER set_category_path_insert BEFORE INSERT ON categories
    FOR EACH ROW EXECUTE FUNCTION set_category_path_to_slug();
CREATE TRIGGER set_category_path_update BEFORE UPDATE OF slug ON categories
    FOR EACH ROW EXECUTE FUNCTION set_category_path_to_slug();
CREATE TRIGGER reverse_dependencies_crate_downloads_update AFTER UPDATE ON crate_downloads
    REFERENCING NEW TABLE AS updated FOR EACH STATEMENT EXECUTE FUNCTION reverse_dependencies_crate_downloads_update();
CREATE TRIGGER trigger_crate_owners_set_updated_at BEFORE UPDATE ON crate_owners
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER trigger_crates_set_updated_at BEFORE UPDATE ON crates
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER trigger_crates_tsvector_update BEFORE INSERT OR UPDATE OF updated_at ON crates
    FOR EACH ROW EXECUTE FUNCTION trigger_crates_name_search();
CREATE TRIGGER trigger_ensure_crate_name_not_reserved BEFORE INSERT OR UPDATE ON crates
    FOR EACH ROW EXECUTE FUNCTION ensure_crate_name_not_reserved();
CREATE TRIGGER insert_crate_downloads_row AFTER INSERT ON crates
    FOR EACH ROW EXECUTE FUNCTION insert_crate_downloads_row();
CREATE TRIGGER trigger_update_categories_crates_cnt BEFORE INSERT OR DELETE ON crates_categories
    FOR EACH ROW EXECUTE FUNCTION update_categories_crates_cnt();
CREATE TRIGGER touch_crate_on_modify_categories AFTER INSERT OR DELETE ON crates_categories
    FOR EACH ROW EXECUTE FUNCTION touch_crate();
CREATE TRIGGER trigger_update_keywords_crates_cnt BEFORE INSERT OR DELETE ON crates_keywords
    FOR EACH ROW EXECUTE FUNCTION update_keywords_crates_cnt();
CREATE TRIGGER touch_crate_on_modify_keywords AFTER INSERT OR DELETE ON crates_keywords
    FOR EACH ROW EXECUTE FUNCTION touch_crate();
CREATE TRIGGER reverse_dependencies_default_versions_insert AFTER INSERT ON default_versions
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION reverse_dependencies_default_versions_insert();
CREATE TRIGGER reverse_dependencies_default_versions_update AFTER UPDATE ON default_versions
    REFERENCING OLD TABLE AS old_default_versions NEW TABLE AS new_default_versions FOR EACH STATEMENT EXECUTE FUNCTION reverse_dependencies_default_versions_update();
CREATE TRIGGER reverse_dependencies_dependencies_insert AFTER INSERT ON dependencies
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION reverse_dependencies_dependencies_insert();
CREATE TRIGGER trigger_emails_reconfirm BEFORE UPDATE ON emails
    FOR EACH ROW EXECUTE FUNCTION reconfirm_email_on_email_change();
CREATE TRIGGER trigger_emails_set_token_generated_at BEFORE INSERT OR UPDATE OF token ON emails
    FOR EACH ROW EXECUTE FUNCTION emails_set_token_generated_at();
CREATE TRIGGER trigger_ensure_reserved_name_not_in_use BEFORE INSERT OR UPDATE ON reserved_crate_names
    FOR EACH ROW EXECUTE FUNCTION ensure_reserved_name_not_in_use();
CREATE TRIGGER trigger_ensure_username_not_reserved BEFORE INSERT OR UPDATE OF username ON users
    FOR EACH ROW EXECUTE FUNCTION ensure_username_not_reserved();
CREATE TRIGGER touch_crate BEFORE INSERT OR UPDATE ON versions
    FOR EACH ROW EXECUTE FUNCTION touch_crate_on_version_modified();
CREATE TRIGGER trigger_set_semver_ord_v2 BEFORE INSERT ON versions
    FOR EACH ROW EXECUTE FUNCTION set_semver_ord_v2();
CREATE TRIGGER trigger_versions_set_updated_at BEFORE UPDATE OF yanked ON versions
    FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER reverse_dependencies_versions_yanked AFTER UPDATE OF yanked ON versions
    FOR EACH ROW WHEN (OLD.yanked IS DISTINCT FROM NEW.yanked) EXECUTE FUNCTION reverse_dependencies_versions_yanked();
CREATE TRIGGER trigger_update_num_versions_from_versions AFTER INSERT OR DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION update_num_versions_from_versions();
