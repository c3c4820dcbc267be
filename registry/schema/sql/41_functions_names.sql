-- Trigger functions of reserved names, e-mail addresses and the job queue. Their refusals carry SQLSTATE P0001.

CREATE FUNCTION ensure_crate_name_not_reserved() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT FROM reserved_crate_names WHERE canon_crate_name(name) = canon_crate_name(NEW.name)) THEN
        RAISE EXCEPTION 'the crate name "%" is reserved', NEW.name;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION ensure_reserved_name_not_in_use() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT FROM crates WHERE canon_crate_name(name) = canon_crate_name(NEW.name)) THEN
        RAISE EXCEPTION 'the name "%" belongs to a crate and cannot be reserved', NEW.name;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION ensure_username_not_reserved() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF EXISTS (SELECT FROM reserved_usernames WHERE canon_username(username) = canon_username(NEW.username)) THEN
        RAISE EXCEPTION 'the user name "%" is reserved', NEW.username;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION reconfirm_email_on_email_change() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    IF NEW.email IS DISTINCT FROM OLD.email THEN
        NEW.token := random_string(26);
        NEW.verified := false;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION emails_set_token_generated_at() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    NEW.token_generated_at := CURRENT_TIMESTAMP;
    RETURN NEW;
END
$$;

CREATE FUNCTION notify_background_job_inserted() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    NOTIFY background_jobs;
    RETURN NULL;
END
$$;
