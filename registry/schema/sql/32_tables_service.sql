-- Trusted publishing, the job queue, the CDN queue and the bookkeeping of migrations.

CREATE TABLE trustpub_configs_github (
    id                  serial,
    created_at          timestamptz NOT NULL DEFAULT now(),
    crate_id            integer NOT NULL,
    repository_owner    varchar NOT NULL,
    repository_owner_id integer NOT NULL,
    repository_name     varchar NOT NULL,
    workflow_filename   varchar NOT NULL,
    environment         varchar
);

CREATE TABLE trustpub_configs_gitlab (
    id                serial,
    created_at        timestamptz NOT NULL DEFAULT now(),
    crate_id          integer NOT NULL,
    namespace         varchar NOT NULL,
    namespace_id      varchar,
    project           varchar NOT NULL,
    workflow_filepath varchar NOT NULL,
    environment       varchar
);

CREATE TABLE trustpub_tokens (
    id            bigserial,
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    hashed_token  bytea NOT NULL,
    crate_ids     integer[] NOT NULL,
    trustpub_data jsonb
);

CREATE TABLE trustpub_used_jtis (
    id         bigserial,
    jti        varchar NOT NULL,
    used_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);

CREATE TABLE background_jobs (
    id         bigserial,
    job_type   text NOT NULL,
    data       jsonb NOT NULL,
    retries    integer NOT NULL DEFAULT 0,
    last_retry timestamptz NOT NULL DEFAULT timestamp '1970-01-01 00:00:00',
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    priority   smallint NOT NULL DEFAULT 0
);

CREATE TABLE cloudfront_invalidation_queue (
    id           bigserial,
    path         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    distribution text NOT NULL DEFAULT 'index'
);

CREATE TABLE processed_log_files (
    path varchar NOT NULL,
    time timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE __diesel_schema_migrations (
    version varchar(50) PRIMARY KEY,
    run_on  timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO __diesel_schema_migrations (version) VALUES ('20260730140000');
