-- Who is who: people, their sessions, passkeys and tokens. Of every secret only
-- a SHA-256 is kept.

CREATE TABLE person (
    id text PRIMARY KEY,
    name text NOT NULL,
    registry_user integer,
    registry_login text NOT NULL DEFAULT '',
    mail text NOT NULL DEFAULT '', -- verified by the sign-in provider; for notices
    member jsonb NOT NULL DEFAULT '{}', -- the list's entry, as last read
    listed boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz
);

-- A provider's own id of an account, which never changes hands.
CREATE TABLE identity (
    provider text NOT NULL,
    subject text NOT NULL,
    person text NOT NULL REFERENCES person (id),
    login text NOT NULL DEFAULT '',
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz,
    PRIMARY KEY (provider, subject)
);
CREATE INDEX identity_person_idx ON identity (person);

-- A sign-in under way at a provider: lives for minutes and is used once.
CREATE TABLE sign_in (
    state bytea PRIMARY KEY, -- SHA-256 of the state
    browser bytea NOT NULL, -- SHA-256 of the cookie of the browser that began it
    provider text NOT NULL,
    nonce text NOT NULL,
    verifier text NOT NULL, -- PKCE
    back text NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE session (
    id text PRIMARY KEY, -- public
    token bytea NOT NULL UNIQUE,
    person text NOT NULL REFERENCES person (id),
    kind text NOT NULL CHECK (kind IN ('browser', 'program')),
    provider text NOT NULL,
    subject text NOT NULL, -- of the identity that signed in: the session ends when the list unlinks it
    address text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    idle_end timestamptz NOT NULL,
    end_at timestamptz NOT NULL,
    stepped_up_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    ended_why text
);
CREATE INDEX session_ended_idx ON session (ended_at);
CREATE INDEX session_person_idx ON session (person, created_at DESC);

CREATE TABLE passkey (
    id bytea PRIMARY KEY,
    person text NOT NULL REFERENCES person (id),
    name text NOT NULL,
    credential jsonb NOT NULL, -- public key, counter, attestation
    cloned boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    removed_at timestamptz
);
CREATE INDEX passkey_person_idx ON passkey (person) WHERE removed_at IS NULL;

CREATE TABLE enrolment (
    code bytea PRIMARY KEY,
    person text NOT NULL REFERENCES person (id),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- A question to an authenticator, and once answered the consent it gave. What
-- somebody agreed to outlives the session, so there is no reference to it.
CREATE TABLE ceremony (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('register', 'step-up')),
    session text NOT NULL,
    person text NOT NULL REFERENCES person (id),
    question jsonb NOT NULL, -- the challenge and what it takes
    purpose text NOT NULL DEFAULT '',
    plan text NOT NULL DEFAULT '',
    digest bytea CHECK (octet_length(digest) = 32),
    passkey bytea, -- that answered
    answer bytea, -- as it came, signed: its hash is in the ledger
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL, -- of the question; once answered, of the consent
    answered_at timestamptz
);
CREATE INDEX ceremony_session_idx ON ceremony (session, answered_at DESC);
CREATE INDEX ceremony_open_idx ON ceremony (expires_at) WHERE answered_at IS NULL;
CREATE INDEX ceremony_passkey_idx ON ceremony (passkey);

CREATE TABLE api_token (
    id text PRIMARY KEY,
    token bytea NOT NULL UNIQUE,
    person text NOT NULL REFERENCES person (id),
    name text NOT NULL,
    roles text[] NOT NULL,
    acts text[] NOT NULL DEFAULT '{}',
    networks cidr[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    used_from text NOT NULL DEFAULT '',
    revoked_at timestamptz,
    revoked_by text
);
CREATE INDEX api_token_person_idx ON api_token (person);

-- A program's wish that its person confirms something in the browser.
CREATE TABLE ask (
    id text PRIMARY KEY,
    secret bytea NOT NULL UNIQUE, -- that the program polls with
    code text NOT NULL, -- that page and terminal show
    session text REFERENCES session (id), -- that asks for a step-up; none for a sign-in
    person text REFERENCES person (id), -- whose step-up, or who answered a sign-in
    answered_in text REFERENCES session (id), -- the browser's session that said yes
    purpose text NOT NULL DEFAULT '',
    plan text NOT NULL DEFAULT '',
    digest bytea,
    address text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'given', 'denied', 'used')),
    polled_at timestamptz
);
CREATE UNIQUE INDEX ask_code_idx ON ask (code) WHERE state = 'waiting';

-- Codes that people typed wrong: whoever guesses must wait.
CREATE TABLE wrong_code (
    person text NOT NULL REFERENCES person (id),
    at timestamptz NOT NULL
);
CREATE INDEX wrong_code_person_idx ON wrong_code (person, at);

-- The newest list of people that any process took over into the table person.
CREATE TABLE roster (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    read_at timestamptz NOT NULL
);
