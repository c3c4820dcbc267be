-- Plans, what their reviews and applies saw, the work that follows them, and
-- what is held or was deleted.

-- Longer texts by their hash: reviews, rows before and after. Nobody may change
-- one; the ledger names them.
CREATE TABLE document (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    bytes bigint NOT NULL,
    content bytea NOT NULL, -- gzip
    made_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE plan (
    id text PRIMARY KEY,
    revision integer NOT NULL DEFAULT 1,
    state text NOT NULL,
    title text NOT NULL,
    author jsonb NOT NULL,
    incident text NOT NULL DEFAULT '',
    public_reason text NOT NULL DEFAULT '',
    internal_note text NOT NULL DEFAULT '',
    steps jsonb NOT NULL,
    undoes text REFERENCES plan (id),
    -- the last review
    review bytea REFERENCES document (sha256),
    fingerprint bytea,
    digest bytea, -- what approvers agree to
    reviewed_at timestamptz,
    reviewed_by jsonb,
    blocked boolean NOT NULL DEFAULT false,
    confirm text NOT NULL DEFAULT '',
    needs_approval boolean NOT NULL DEFAULT false,
    irreversible boolean NOT NULL DEFAULT false,
    approvals jsonb NOT NULL DEFAULT '[]',
    evidence text NOT NULL DEFAULT '', -- digest of the bundle
    -- the apply
    applier jsonb,
    registry_tx text,
    effect bytea REFERENCES document (sha256),
    intent bigint,
    outcome bigint,
    applied_at timestamptz,
    problem text NOT NULL DEFAULT '', -- why it is stale, failed or refused
    differences jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX plan_state_idx ON plan (state, created_at DESC);
CREATE INDEX plan_created_idx ON plan (created_at DESC, id);
CREATE INDEX plan_undoes_idx ON plan (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX plan_incident_idx ON plan (incident, created_at DESC) WHERE incident <> '';

-- What a plan is about, so that a dossier can show its plans.
CREATE TABLE plan_subject (
    plan text NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    kind text NOT NULL,
    id text NOT NULL,
    PRIMARY KEY (kind, id, plan)
);

-- One row for each answer that must not be given twice.
CREATE TABLE request (
    actor text NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    digest bytea NOT NULL,
    plan text REFERENCES plan (id),
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor, key)
);

CREATE TABLE follow_up (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan text NOT NULL REFERENCES plan (id),
    step integer NOT NULL,
    kind text NOT NULL,
    args jsonb NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed', 'given up')),
    attempts integer NOT NULL DEFAULT 0,
    problem text NOT NULL DEFAULT '',
    result jsonb,
    intent bigint,
    outcome bigint,
    registry_tx text,
    next_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX follow_up_plan_idx ON follow_up (plan, id);
CREATE INDEX follow_up_open_idx ON follow_up (next_at) WHERE state IN ('waiting', 'running', 'failed');

-- Versions out of use, with the files that rest in the vault.
CREATE TABLE held (
    version_id integer PRIMARY KEY, -- versions.id of the registry
    crate text NOT NULL,
    num text NOT NULL,
    plan text NOT NULL REFERENCES plan (id),
    step integer NOT NULL,
    was_yanked boolean NOT NULL,
    was_message text,
    -- 'yank only' when the storage does not let us move files
    files_state text NOT NULL DEFAULT 'moving' CHECK (files_state IN ('moving', 'held', 'yank only', 'returning')),
    files jsonb NOT NULL DEFAULT '[]',
    held_at timestamptz NOT NULL DEFAULT now()
);

-- Versions that were deleted, so that we notice when a number comes back.
CREATE TABLE tombstone (
    version_id integer PRIMARY KEY,
    crate text NOT NULL,
    canon text NOT NULL,
    num text NOT NULL,
    tar_sha256 bytea,
    plan text NOT NULL REFERENCES plan (id),
    deleted_at timestamptz NOT NULL DEFAULT now(),
    seen_again_id integer,
    seen_again_at timestamptz,
    alarm bigint -- the ledger entry that raised it
);
CREATE INDEX tombstone_canon_idx ON tombstone (canon, num);
