-- What the last verification of a bundle found. Only the last is kept: each
-- turn from whole to damaged, or back, is an entry of the ledger.
CREATE TABLE evidence_check (
    digest     bytea       PRIMARY KEY REFERENCES evidence_bundle,
    checked_at timestamptz NOT NULL,
    actor_id   text        NOT NULL,
    actor_name text        NOT NULL,
    parts      integer     NOT NULL, -- read and found right
    bytes      bigint      NOT NULL,
    found      integer     NOT NULL, -- things wrong; findings has the first of them
    findings   json        NOT NULL
);
