-- Small values that all processes of one console share: the key under which
-- mail addresses are hashed in memory, where the data came from.
CREATE TABLE setting (
    name       text        PRIMARY KEY,
    value      bytea       NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);
