-- Crates, their versions and what hangs on them.

-- The table was once called packages; its sequence kept the name.
CREATE SEQUENCE packages_id_seq AS integer;

CREATE TABLE crates (
    id                       integer NOT NULL DEFAULT nextval('packages_id_seq'),
    name                     varchar NOT NULL,
    updated_at               timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at               timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    description              varchar,
    homepage                 varchar,
    documentation            varchar,
    readme                   varchar,
    textsearchable_index_col tsvector NOT NULL,
    repository               varchar,
    max_upload_size          integer,
    max_features             smallint,
    trustpub_only            boolean NOT NULL DEFAULT false
);

ALTER SEQUENCE packages_id_seq OWNED BY crates.id;

CREATE TABLE versions (
    id              serial,
    crate_id        integer NOT NULL,
    num             varchar NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    created_at      timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    downloads       integer NOT NULL DEFAULT 0,
    features        jsonb NOT NULL DEFAULT '{}',
    yanked          boolean NOT NULL DEFAULT false,
    license         varchar,
    crate_size      integer NOT NULL,
    published_by    integer,
    links           varchar,
    rust_version    varchar,
    has_lib         boolean,
    bin_names       text[],
    yank_message    text,
    num_no_build    varchar NOT NULL,
    edition         text,
    description     text,
    homepage        text,
    documentation   text,
    repository      text,
    categories      text[] NOT NULL DEFAULT ARRAY[]::text[],
    keywords        text[] NOT NULL DEFAULT ARRAY[]::text[],
    linecounts      jsonb,
    trustpub_data   jsonb,
    lib_name        text,
    semver_ord_v2   bytea NOT NULL,
    tar_sha256      bytea NOT NULL,
    zip_sha256      bytea,
    zip_json_sha256 bytea,
    CONSTRAINT versions_zip_json_sha256_len CHECK (octet_length(zip_json_sha256) = 32),
    CONSTRAINT versions_zip_sha256_len CHECK (octet_length(zip_sha256) = 32)
);

-- Old rows may break these two; every new or changed row is held to them.
ALTER TABLE versions ADD CONSTRAINT versions_num_max_length CHECK (char_length(num) <= 150) NOT VALID;
ALTER TABLE versions ADD CONSTRAINT versions_tar_sha256_len CHECK (octet_length(tar_sha256) = 32) NOT VALID;

CREATE TABLE default_versions (
    crate_id     integer NOT NULL,
    version_id   integer NOT NULL,
    num_versions integer
);

CREATE TABLE dependencies (
    id               serial,
    version_id       integer NOT NULL,
    crate_id         integer NOT NULL,
    req              varchar NOT NULL,
    optional         boolean NOT NULL,
    default_features boolean NOT NULL,
    features         text[] NOT NULL,
    target           varchar,
    kind             integer NOT NULL DEFAULT 0,
    explicit_name    varchar
);

CREATE TABLE reverse_dependencies (
    target_crate_id     integer NOT NULL,
    dependent_crate_id  integer NOT NULL,
    version_id          integer NOT NULL,
    dependency_id       integer NOT NULL,
    dependent_downloads bigint NOT NULL DEFAULT 0
);

CREATE TABLE categories (
    id          serial,
    category    varchar NOT NULL,
    slug        varchar NOT NULL,
    description varchar NOT NULL DEFAULT '',
    crates_cnt  integer NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    path        ltree NOT NULL
);

CREATE TABLE keywords (
    id         serial,
    keyword    text NOT NULL,
    crates_cnt integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE crates_categories (
    crate_id    integer NOT NULL,
    category_id integer NOT NULL
);

CREATE TABLE crates_keywords (
    crate_id   integer NOT NULL,
    keyword_id integer NOT NULL
);

CREATE TABLE crate_downloads (
    crate_id  integer NOT NULL,
    downloads bigint NOT NULL DEFAULT 0
);

CREATE TABLE version_downloads (
    version_id integer NOT NULL,
    downloads  integer NOT NULL DEFAULT 1,
    counted    integer NOT NULL DEFAULT 0,
    date       date NOT NULL DEFAULT CURRENT_DATE,
    processed  boolean NOT NULL DEFAULT false
);

CREATE TABLE readme_renderings (
    version_id  integer NOT NULL,
    rendered_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE versions_published_by (
    version_id integer NOT NULL,
    email      varchar NOT NULL
);

CREATE TABLE version_owner_actions (
    id           serial,
    version_id   integer NOT NULL,
    user_id      integer NOT NULL,
    api_token_id integer,
    action       integer NOT NULL,
    time         timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE metadata (
    total_downloads bigint NOT NULL
);

CREATE TABLE deleted_crates (
    id           serial,
    name         varchar NOT NULL,
    created_at   timestamptz NOT NULL,
    deleted_at   timestamptz NOT NULL,
    deleted_by   integer,
    message      varchar,
    available_at timestamptz NOT NULL
);

CREATE TABLE reserved_crate_names (
    name text NOT NULL
);
