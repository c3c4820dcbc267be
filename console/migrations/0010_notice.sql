-- What people are told, and each way by which they are. Nothing private stands
-- here: mail addresses are masked, and the secrets of channels are in the
-- configuration only.

CREATE TABLE notice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    people text[] NOT NULL DEFAULT '{}', -- ids of those to tell by mail
    roles text[] NOT NULL DEFAULT '{}', -- and everybody with one of these
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    path text NOT NULL DEFAULT '', -- of the console
    plan text NOT NULL DEFAULT '',
    urgent boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL
);

-- One message to one channel, or by mail to one person. A mail without a person
-- stands for all who are still to be looked up in the list of people.
CREATE TABLE delivery (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice bigint NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    channel text NOT NULL, -- its id in the configuration
    person text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '', -- of the person, then
    masked text NOT NULL DEFAULT '', -- the mail address, to be recognised only
    key text NOT NULL UNIQUE, -- receivers tell a repeated message by it
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'failed', 'given up')),
    tries integer NOT NULL DEFAULT 0,
    problem text NOT NULL DEFAULT '',
    again_of bigint REFERENCES delivery (id) ON DELETE SET NULL, -- sent once more on somebody's wish
    asked_by text NOT NULL DEFAULT '', -- whose
    next_at timestamptz NOT NULL, -- of the next try
    leased_until timestamptz, -- while a worker sends; after it, the worker died
    queued_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL,
    sent_at timestamptz
);
CREATE INDEX delivery_notice_idx ON delivery (notice);
CREATE INDEX delivery_open_idx ON delivery (next_at) WHERE state IN ('waiting', 'sending', 'failed');
CREATE INDEX delivery_person_idx ON delivery (person, id DESC) WHERE person <> '';
