-- Evidence bundles: what was sealed, about whom, and the key of its personal
-- parts. The bundle itself is in the evidence store; its manifest, whose SHA-256
-- is the digest, says what belongs to it, and the ledger holds the digest.
CREATE TABLE evidence_bundle (
    digest         bytea       PRIMARY KEY CHECK (octet_length(digest) = 32),
    ledger_index   bigint      NOT NULL UNIQUE REFERENCES ledger_entry,
    sealed_at      timestamptz NOT NULL,
    plan           text        NOT NULL,
    incident       text        NOT NULL,
    reason         text        NOT NULL,
    actor_id       text        NOT NULL,
    actor_name     text        NOT NULL,
    -- request is the SHA-256 of what was asked for, by which sealing the same
    -- again is recognised.
    request        bytea       NOT NULL CHECK (octet_length(request) = 32),
    parts          integer     NOT NULL,
    bytes          bigint      NOT NULL,
    manifest_bytes bigint      NOT NULL,
    encrypted      integer     NOT NULL,
    -- NULL when nothing is encrypted, or when the personal data was erased.
    key            bytea       CHECK (octet_length(key) = 32)
);

CREATE INDEX evidence_bundle_plan     ON evidence_bundle (plan, ledger_index) WHERE plan <> '';
CREATE INDEX evidence_bundle_incident ON evidence_bundle (incident, ledger_index) WHERE incident <> '';
CREATE INDEX evidence_bundle_request  ON evidence_bundle (request, ledger_index);

-- Whom a bundle speaks of. asked is false for what was only taken along, such
-- as the owners of a crate.
CREATE TABLE evidence_subject (
    digest bytea   NOT NULL REFERENCES evidence_bundle,
    kind   text    NOT NULL CHECK (kind IN ('crate', 'version', 'account')),
    id     integer NOT NULL,
    name   text    NOT NULL,
    asked  boolean NOT NULL,
    PRIMARY KEY (digest, kind, id)
);

CREATE INDEX evidence_subject_id   ON evidence_subject (kind, id);
CREATE INDEX evidence_subject_name ON evidence_subject (kind, name);

-- The one change allowed is to forget a key, which erases the personal data.
CREATE FUNCTION evidence_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'evidence_bundle' AND TG_LEVEL = 'ROW' THEN
        IF OLD.key IS NOT NULL AND NEW.key IS NULL AND to_jsonb(NEW) - 'key' = to_jsonb(OLD) - 'key' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'evidence is kept as it is: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER only_forget_key BEFORE UPDATE ON evidence_bundle FOR EACH ROW EXECUTE FUNCTION evidence_refuse();
CREATE TRIGGER keep BEFORE DELETE OR TRUNCATE ON evidence_bundle FOR EACH STATEMENT EXECUTE FUNCTION evidence_refuse();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence_subject FOR EACH STATEMENT EXECUTE FUNCTION evidence_refuse();

-- Also for sessions that pretend to be a replica.
ALTER TABLE evidence_bundle ENABLE ALWAYS TRIGGER only_forget_key;
ALTER TABLE evidence_bundle ENABLE ALWAYS TRIGGER keep;
ALTER TABLE evidence_subject ENABLE ALWAYS TRIGGER keep;
