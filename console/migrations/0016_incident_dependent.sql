-- Who depended directly on the bad crates of a case, as long as the registry knew:
-- deleting a crate takes these rows with it, and the owners must be told
-- afterwards, too. Numbers of crates and accounts, and no addresses.
CREATE TABLE incident_dependent (
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    crate_id integer NOT NULL, -- of the bad crate, in the registry
    crate text NOT NULL, -- its canonical name
    seen_at timestamptz NOT NULL, -- up to when it was looked at
    plan text NOT NULL DEFAULT '', -- whose images it comes from; '' is the registry
    rows jsonb NOT NULL,
    PRIMARY KEY (incident, crate_id)
);
CREATE INDEX incident_dependent_crate_idx ON incident_dependent (incident, crate);
