-- reverse_dependencies: who depends on a crate through a default version that is not yanked. Kept by triggers alone.

CREATE FUNCTION compute_reverse_dependencies(dependent_crate_ids integer[])
RETURNS TABLE (
    target_crate_id integer,
    dependent_crate_id integer,
    version_id integer,
    dependency_id integer,
    dependent_downloads bigint
) LANGUAGE sql STABLE
AS $$
    SELECT dependencies.crate_id, versions.crate_id, versions.id, min(dependencies.id),
        coalesce(max(crate_downloads.downloads), 0)
    FROM default_versions
    JOIN versions ON versions.id = default_versions.version_id AND NOT versions.yanked
    JOIN dependencies ON dependencies.version_id = versions.id
    LEFT JOIN crate_downloads ON crate_downloads.crate_id = default_versions.crate_id
    WHERE default_versions.crate_id = ANY (dependent_crate_ids)
    GROUP BY dependencies.crate_id, versions.crate_id, versions.id
$$;

CREATE FUNCTION rebuild_reverse_dependencies(dependent_crate_ids integer[]) RETURNS void LANGUAGE plpgsql
AS $$
BEGIN
    DELETE FROM reverse_dependencies WHERE reverse_dependencies.dependent_crate_id = ANY (dependent_crate_ids);
    INSERT INTO reverse_dependencies (target_crate_id, dependent_crate_id, version_id, dependency_id, dependent_downloads)
    SELECT c.target_crate_id, c.dependent_crate_id, c.version_id, c.dependency_id, c.dependent_downloads
    FROM compute_reverse_dependencies(dependent_crate_ids) AS c;
END
$$;

CREATE FUNCTION reverse_dependencies_default_versions_insert() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM rebuild_reverse_dependencies(ARRAY(SELECT crate_id FROM inserted));
    RETURN NULL;
END
$$;

CREATE FUNCTION reverse_dependencies_default_versions_update() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
    moved integer[] := ARRAY(
        SELECT new_default_versions.crate_id
        FROM new_default_versions
        JOIN old_default_versions ON old_default_versions.crate_id = new_default_versions.crate_id
        WHERE old_default_versions.version_id IS DISTINCT FROM new_default_versions.version_id);
BEGIN
    -- Most updates only count versions; they must not cost a rebuild.
    IF cardinality(moved) > 0 THEN
        PERFORM rebuild_reverse_dependencies(moved);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION reverse_dependencies_dependencies_insert() RETURNS trigger LANGUAGE plpgsql
AS $$
DECLARE
    affected integer[] := ARRAY(
        SELECT DISTINCT default_versions.crate_id
        FROM inserted
        JOIN default_versions ON default_versions.version_id = inserted.version_id);
BEGIN
    IF cardinality(affected) > 0 THEN
        PERFORM rebuild_reverse_dependencies(affected);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION reverse_dependencies_versions_yanked() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT FROM default_versions WHERE version_id = NEW.id) THEN
        PERFORM rebuild_reverse_dependencies(ARRAY[NEW.crate_id]);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION reverse_dependencies_crate_downloads_update() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE reverse_dependencies SET dependent_downloads = updated.downloads
    FROM updated
    WHERE reverse_dependencies.dependent_crate_id = updated.crate_id
        AND reverse_dependencies.dependent_downloads IS DISTINCT FROM updated.downloads;
    RETURN NULL;
END
$$;
