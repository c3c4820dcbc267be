-- Extensions, the one composite type, and the functions that table defaults and indexes need.

CREATE EXTENSION IF NOT EXISTS ltree;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS pgcrypto;

CREATE TYPE semver_triple AS (major numeric, minor numeric, teeny numeric);

-- Declared without IMMUTABLE on purpose: the registry's own is volatile. An index accepts it all the same because
-- PostgreSQL inlines a one-expression SQL function before it checks volatility. A SET clause here would end that.
CREATE FUNCTION canon_crate_name(text) RETURNS text LANGUAGE sql
AS $$ SELECT replace(lower($1), '-', '_') $$;

CREATE FUNCTION canon_username(text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT replace(lower($1), '-', '_') $$;

-- 248 is the largest multiple of 62 that fits a byte; bytes above it would favour the first letters.
CREATE FUNCTION random_string(n integer) RETURNS text LANGUAGE plpgsql
AS $$
DECLARE
    alphabet CONSTANT text := 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
    result text := '';
    draw integer;
BEGIN
    WHILE length(result) < n LOOP
        draw := get_byte(gen_random_bytes(1), 0);
        IF draw < 248 THEN
            result := result || substr(alphabet, draw % 62 + 1, 1);
        END IF;
    END LOOP;
    RETURN result;
END
$$;
