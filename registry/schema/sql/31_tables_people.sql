-- Accounts, teams, ownership and tokens.

CREATE TABLE users (
    id                    serial,
    gh_login              varchar NOT NULL,
    name                  varchar,
    gh_id                 integer NOT NULL,
    account_lock_reason   varchar,
    account_lock_until    timestamptz,
    is_admin              boolean NOT NULL DEFAULT false,
    publish_notifications boolean NOT NULL DEFAULT true,
    username              varchar NOT NULL,
    created_at            timestamptz DEFAULT now()
);

CREATE TABLE emails (
    id                 serial,
    user_id            integer NOT NULL,
    email              varchar NOT NULL,
    verified           boolean NOT NULL DEFAULT false,
    token              text NOT NULL DEFAULT random_string(26),
    token_generated_at timestamptz
);

CREATE TABLE oauth_github (
    account_id      bigint NOT NULL,
    user_id         integer NOT NULL,
    encrypted_token bytea NOT NULL,
    login           varchar NOT NULL,
    avatar          varchar,
    last_sync       timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00'
);

CREATE TABLE teams (
    id        serial,
    login     varchar NOT NULL,
    github_id integer NOT NULL,
    name      varchar,
    avatar    varchar,
    org_id    integer NOT NULL,
    CONSTRAINT teams_login_lowercase_ck CHECK (login = lower(login))
);

CREATE TABLE crate_owners (
    crate_id            integer NOT NULL,
    owner_id            integer NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_by          integer,
    deleted             boolean NOT NULL DEFAULT false,
    updated_at          timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    owner_kind          integer NOT NULL,
    email_notifications boolean NOT NULL DEFAULT true
);

CREATE TABLE crate_owner_invitations (
    invited_user_id    integer NOT NULL,
    invited_by_user_id integer NOT NULL,
    crate_id           integer NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    token              text NOT NULL DEFAULT random_string(26),
    expires_at         timestamptz NOT NULL
);

CREATE TABLE follows (
    user_id  integer NOT NULL,
    crate_id integer NOT NULL
);

CREATE TABLE api_tokens (
    id                     serial,
    user_id                integer NOT NULL,
    token                  bytea NOT NULL,
    name                   varchar NOT NULL,
    created_at             timestamptz NOT NULL DEFAULT now(),
    last_used_at           timestamptz,
    revoked                boolean NOT NULL DEFAULT false,
    crate_scopes           text[],
    endpoint_scopes        text[],
    expired_at             timestamptz,
    expiry_notification_at timestamptz
);

CREATE TABLE publish_limit_buckets (
    user_id     integer NOT NULL,
    tokens      integer NOT NULL,
    last_refill timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    action      integer NOT NULL DEFAULT 0
);

CREATE TABLE publish_rate_overrides (
    user_id    integer NOT NULL,
    burst      integer NOT NULL,
    expires_at timestamptz,
    action     integer NOT NULL DEFAULT 0
);

CREATE TABLE reserved_usernames (
    username text NOT NULL
);
