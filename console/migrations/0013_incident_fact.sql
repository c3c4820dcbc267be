-- What cases saw in the registry, kept as it was seen: versions that are
-- deleted since leave nothing there, and a timeline may not change because a
-- row did. A fact belongs to no case; those that name its subjects show it.
CREATE TABLE incident_fact (
    id text PRIMARY KEY, -- made from the registry's own numbers, so that seeing it twice is one fact
    at timestamptz NOT NULL,
    what text NOT NULL, -- publish, yank, unyank, owner-added, …
    version text NOT NULL DEFAULT '', -- of a publish, "name@1.0.0" with the name in one spelling
    crate text NOT NULL DEFAULT '', -- name in one spelling
    subjects text[] NOT NULL, -- "kind:id" of everything it is about
    moment jsonb NOT NULL, -- as the timeline shows it
    seen_at timestamptz NOT NULL
);
CREATE INDEX incident_fact_subject_idx ON incident_fact USING gin (subjects);
CREATE INDEX incident_fact_version_idx ON incident_fact (version) WHERE version <> '';
CREATE INDEX incident_fact_crate_idx ON incident_fact (crate, at) WHERE what = 'publish';
