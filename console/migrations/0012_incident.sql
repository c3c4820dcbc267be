-- Incidents: cases, what they are about, who did what, and what the world was
-- told. Free texts of people may hold personal data and can be erased; the
-- ledger has only their hashes.

CREATE TABLE incident (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- people say INC-12
    title text NOT NULL,
    kind text NOT NULL, -- of playbook, such as 'compromised-owner'
    state text NOT NULL,
    verdict text NOT NULL DEFAULT '',
    severity text NOT NULL,
    tlp text NOT NULL,
    lead text NOT NULL DEFAULT '', -- person id
    lead_name text NOT NULL DEFAULT '',
    campaigns text[] NOT NULL DEFAULT '{}',
    drill text NOT NULL DEFAULT '', -- name of the drill; never on a real registry
    source text NOT NULL DEFAULT '', -- how it came: 'publishes feed', 'report', …
    merged_into bigint REFERENCES incident (number),
    split_from bigint REFERENCES incident (number),
    early_reason text NOT NULL DEFAULT '', -- why public steps were unlocked before removal
    revision integer NOT NULL DEFAULT 1,
    opened_by jsonb NOT NULL,
    opened_at timestamptz NOT NULL,
    reported_at timestamptz, -- the first report, as people know it
    changed_at timestamptz NOT NULL,
    closed_at timestamptz
);
CREATE INDEX incident_state_idx ON incident (state, number DESC);

-- Texts of the fact sheet, one row each, so that two people who write at two of
-- them never overwrite each other.
CREATE TABLE incident_text (
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    field text NOT NULL, -- 'summary', 'behaviour', …
    body text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    by_id text NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (incident, field)
);

CREATE TABLE incident_subject (
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    kind text NOT NULL, -- crate, version, account, token, finding, report, plan, evidence, notice, advisory, incident, link
    id text NOT NULL, -- as the ledger writes it
    label text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT '', -- payload, carrier, victim, attacker, compromised, imitated, restore, related
    why text NOT NULL DEFAULT '',
    by_id text NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (incident, kind, id)
);
CREATE INDEX incident_subject_idx ON incident_subject (kind, id);

-- Everything that was done to an incident, in the order in which it happened.
CREATE TABLE incident_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    actor text NOT NULL, -- person id; '' is the console itself
    actor_name text NOT NULL,
    kind text NOT NULL, -- opened, state, verdict, severity, lead, note, …
    body text NOT NULL DEFAULT '', -- of a note; may be erased
    details jsonb NOT NULL DEFAULT '{}',
    ledger bigint
);
CREATE INDEX incident_event_idx ON incident_event (incident, id);
CREATE INDEX incident_event_kind_idx ON incident_event (kind, id);

CREATE TABLE incident_task (
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    item text NOT NULL, -- of the playbook, or of a person
    place integer NOT NULL,
    title text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'skipped')),
    holder text NOT NULL DEFAULT '', holder_name text NOT NULL DEFAULT '',
    why text NOT NULL DEFAULT '', -- it was skipped, or what ticked it
    ledger bigint, -- the entry that ticked it
    due timestamptz,
    own boolean NOT NULL DEFAULT false, -- made by a person
    after boolean NOT NULL DEFAULT false, -- an action to follow after closing
    by_id text NOT NULL DEFAULT '', by_name text NOT NULL DEFAULT '', -- who ticked, skipped or opened it last
    at timestamptz,
    PRIMARY KEY (incident, item)
);
CREATE INDEX incident_task_holder_idx ON incident_task (holder) WHERE state = 'open' AND holder <> '';

CREATE TABLE incident_file (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    name text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    content bytea NOT NULL,
    by_id text NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX incident_file_idx ON incident_file (incident, id);

-- Numbers, provisional by our count or confirmed by a person from logs.
CREATE TABLE incident_figure (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    what text NOT NULL, -- downloads, dependents
    crate text NOT NULL,
    version text NOT NULL DEFAULT '',
    value bigint NOT NULL CHECK (value >= 0),
    method text NOT NULL,
    query text NOT NULL DEFAULT '',
    confirmed boolean NOT NULL,
    as_of timestamptz NOT NULL,
    by_id text NOT NULL,
    by_name text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX incident_figure_idx ON incident_figure (incident, what, crate, version, id DESC);

CREATE TABLE incident_draft (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    format text NOT NULL,
    crate text NOT NULL DEFAULT '',
    recipient text NOT NULL DEFAULT '',
    path text NOT NULL,
    body text NOT NULL,
    made text NOT NULL, -- what the facts gave last; '' when they give no occasion any more
    edited boolean NOT NULL DEFAULT false, -- a person changed what was made
    state text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'approved', 'sent', 'corrected', 'withdrawn')),
    revision integer NOT NULL DEFAULT 1,
    owner text NOT NULL, owner_name text NOT NULL,
    approved_by text NOT NULL DEFAULT '', approved_name text NOT NULL DEFAULT '', approved_at timestamptz,
    approved_why text NOT NULL DEFAULT '', -- in spite of what the lint found
    sent_by text NOT NULL DEFAULT '', sent_name text NOT NULL DEFAULT '', sent_at timestamptz,
    sent_where text NOT NULL DEFAULT '', -- address of the page, or in words
    sent_via text NOT NULL DEFAULT '', -- 'hand' or 'channels'
    corrects bigint REFERENCES incident_draft (id),
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX incident_draft_idx ON incident_draft (incident, id);
CREATE INDEX incident_draft_sent_idx ON incident_draft (sent_at DESC) WHERE state IN ('sent', 'corrected');

-- What the public feed tells, as it was when an advisory of the crate was sent.
CREATE TABLE incident_takedown (
    incident bigint NOT NULL REFERENCES incident (number) ON DELETE CASCADE,
    crate text NOT NULL,
    versions text[] NOT NULL,
    whole boolean NOT NULL,
    reason text NOT NULL,
    taken_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (incident, crate)
);

-- What came of a request to open, split, note or attach under a key: the case,
-- and the event or file in it.
ALTER TABLE request ADD COLUMN incident bigint REFERENCES incident (number), ADD COLUMN incident_row bigint;
CREATE INDEX incident_merged_idx ON incident (merged_into) WHERE merged_into IS NOT NULL;

-- Whoever looks at a case hears of its plans and its evidence, whatever process
-- wrote them.
CREATE FUNCTION incident_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('cratewarden_incident', json_build_object('touched', NEW.incident)::text);
    RETURN NULL;
END $$;
CREATE TRIGGER plan_incident AFTER INSERT OR UPDATE ON plan
    FOR EACH ROW WHEN (NEW.incident LIKE 'INC-%') EXECUTE FUNCTION incident_touched();
CREATE TRIGGER evidence_incident AFTER INSERT ON evidence_bundle
    FOR EACH ROW WHEN (NEW.incident LIKE 'INC-%') EXECUTE FUNCTION incident_touched();
