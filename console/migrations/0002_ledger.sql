-- The ledger: what administrators did, were refused, or looked at. docs/ledger.md
-- says how it is checked and which grants keep the console itself from
-- rewriting it. There are no columns derived from an entry, because they could
-- be changed to hide it from a list: lists use indexes on the entry's own text.

-- hashes holds the hashes of the Merkle tree that this entry completed: its own
-- first, then one for each full subtree of 2, 4, 8 … entries that ends here.
CREATE TABLE ledger_entry (
    index  bigint PRIMARY KEY CHECK (index >= 0),
    body   text   NOT NULL CHECK (octet_length(body) BETWEEN 2 AND 65535),
    hashes bytea  NOT NULL
);

CREATE INDEX ledger_entry_at       ON ledger_entry ((body::jsonb ->> 'at') COLLATE "C", index);
CREATE INDEX ledger_entry_actor    ON ledger_entry ((body::jsonb #>> '{actor,id}'), index);
CREATE INDEX ledger_entry_kind     ON ledger_entry ((body::jsonb ->> 'kind'), index);
CREATE INDEX ledger_entry_action   ON ledger_entry ((body::jsonb ->> 'action'), index);
CREATE INDEX ledger_entry_plan     ON ledger_entry ((body::jsonb ->> 'plan'), index);
CREATE INDEX ledger_entry_incident ON ledger_entry ((body::jsonb ->> 'incident'), index);
CREATE INDEX ledger_entry_subject  ON ledger_entry USING gin ((body::jsonb -> 'subjects') jsonb_path_ops);

-- Signed heads. One size has two notes only when the keys changed in between.
CREATE TABLE ledger_checkpoint (
    size bigint NOT NULL CHECK (size >= 0),
    note text   NOT NULL,
    PRIMARY KEY (size, note)
);

-- Personal data of an entry, encrypted; the entry holds the hash of the
-- ciphertext. Deleting the key is what erases it.
CREATE TABLE ledger_sealed (
    index      bigint PRIMARY KEY REFERENCES ledger_entry,
    ciphertext bytea  NOT NULL
);

CREATE TABLE ledger_key (
    index bigint PRIMARY KEY REFERENCES ledger_sealed,
    key   bytea  NOT NULL CHECK (octet_length(key) = 32)
);

CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_sealed FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON ledger_key FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- Also for sessions that pretend to be a replica.
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ledger_checkpoint ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ledger_sealed ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ledger_key ENABLE ALWAYS TRIGGER append_only;
