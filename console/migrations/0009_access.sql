-- What a plan takes beyond its review: who wrote it, what it demands, what was
-- asked for and what fell; what people spent; and glass that was broken.

ALTER TABLE plan
    -- everybody who wrote its text, the author first; none may be its second person
    ADD COLUMN writers jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN demands jsonb NOT NULL DEFAULT '[]', -- why it takes a second person
    ADD COLUMN asked_at timestamptz, -- since when it waits for one
    ADD COLUMN fallen jsonb NOT NULL DEFAULT '[]'; -- approvals of reviews that are over
UPDATE plan SET writers = jsonb_build_array(author);

-- The weight of a plan, on the account of who applied it. What a second person
-- agreed to is not on it.
CREATE TABLE spent (
    plan text PRIMARY KEY REFERENCES plan (id),
    person text NOT NULL,
    weight integer NOT NULL,
    alone boolean NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX spent_person_idx ON spent (person, at);

-- A plan that may be applied without its second person, and the review of that
-- by somebody else, without which it is never over.
CREATE TABLE break_glass (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan text NOT NULL REFERENCES plan (id),
    digest bytea NOT NULL,
    person text NOT NULL,
    actor jsonb NOT NULL,
    reason text NOT NULL,
    demands jsonb NOT NULL,
    at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    verdict text NOT NULL DEFAULT '' CHECK (verdict IN ('', 'justified', 'not justified')),
    note text NOT NULL DEFAULT '',
    closed_by jsonb,
    closed_at timestamptz,
    UNIQUE (plan, digest, person)
);
CREATE INDEX break_glass_open_idx ON break_glass (due_at) WHERE closed_at IS NULL;
