-- A version number as bytes that sort like semantic versions, whatever the collation.

CREATE FUNCTION semver_ord_num(digits text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    RETURN set_byte('\x00'::bytea, 0, length(digits)) || convert_to(digits, 'UTF8');
END
$$;

CREATE FUNCTION semver_ord_v2(num text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    part text[];
    identifier text;
    key bytea;
BEGIN
    part := regexp_match(num,
        '^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$');
    IF part IS NULL THEN
        RETURN NULL;
    END IF;
    key := semver_ord_num(part[1]) || semver_ord_num(part[2]) || semver_ord_num(part[3]);
    IF part[4] IS NULL THEN
        RETURN key || '\x03'::bytea;
    END IF;
    FOREACH identifier IN ARRAY string_to_array(part[4], '.') LOOP
        IF identifier ~ '^(0|[1-9][0-9]*)$' THEN
            key := key || '\x01'::bytea || semver_ord_num(identifier);
        ELSE
            key := key || '\x02'::bytea || convert_to(identifier, 'UTF8');
        END IF;
    END LOOP;
    RETURN key || '\x00'::bytea;
END
$$;
