-- Trigger functions of crates, versions, keywords and categories.

CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at := CURRENT_TIMESTAMP;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION diesel_set_updated_at() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at := CURRENT_TIMESTAMP;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION diesel_manage_updated_at(target regclass) RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER set_updated_at BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION diesel_set_updated_at()',
        target);
END
$$;

CREATE FUNCTION touch_crate_on_version_modified() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.updated_at IS DISTINCT FROM OLD.updated_at THEN
        UPDATE crates SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.crate_id;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION touch_crate() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE crates SET updated_at = CURRENT_TIMESTAMP WHERE id = OLD.crate_id;
    ELSE
        UPDATE crates SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.crate_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION trigger_crates_name_search() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
    labels text;
BEGIN
    SELECT string_agg(keywords.keyword, ',') INTO labels
    FROM crates_keywords
    JOIN keywords ON keywords.id = crates_keywords.keyword_id
    WHERE crates_keywords.crate_id = NEW.id;
    NEW.textsearchable_index_col :=
        setweight(to_tsvector('pg_catalog.english', coalesce(NEW.name, '')), 'A')
        || setweight(to_tsvector('pg_catalog.english', coalesce(labels, '')), 'B')
        || setweight(to_tsvector('pg_catalog.english', coalesce(NEW.description, '')), 'C')
        || setweight(to_tsvector('pg_catalog.english', coalesce(NEW.readme, '')), 'D');
    RETURN NEW;
END
$$;

CREATE FUNCTION insert_crate_downloads_row() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crate_downloads (crate_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION set_semver_ord_v2() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    NEW.semver_ord_v2 := semver_ord_v2(NEW.num);
    RETURN NEW;
END
$$;

CREATE FUNCTION update_num_versions_from_versions() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO default_versions (crate_id, version_id, num_versions) VALUES (NEW.crate_id, NEW.id, 1)
        ON CONFLICT (crate_id) DO UPDATE SET num_versions = default_versions.num_versions + 1;
    ELSE
        UPDATE default_versions SET num_versions = num_versions - 1 WHERE crate_id = OLD.crate_id;
    END IF;
    RETURN NULL;
END
$$;

-- The link row goes with the trigger's return value, so a DELETE must return OLD.
CREATE FUNCTION update_keywords_crates_cnt() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE keywords SET crates_cnt = crates_cnt + 1 WHERE id = NEW.keyword_id;
        RETURN NEW;
    END IF;
    UPDATE keywords SET crates_cnt = crates_cnt - 1 WHERE id = OLD.keyword_id;
    RETURN OLD;
END
$$;

CREATE FUNCTION update_categories_crates_cnt() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE categories SET crates_cnt = crates_cnt + 1 WHERE id = NEW.category_id;
        RETURN NEW;
    END IF;
    UPDATE categories SET crates_cnt = crates_cnt - 1 WHERE id = OLD.category_id;
    RETURN OLD;
END
$$;

CREATE FUNCTION set_category_path_to_slug() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    NEW.path := text2ltree('root.' || replace(replace(trim(NEW.slug), '-', '_'), '::', '.'));
    RETURN NEW;
END
$$;

CREATE FUNCTION refresh_recent_crate_downloads() RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
    REFRESH MATERIALIZED VIEW CONCURRENTLY recent_crate_downloads;
END
$$;
