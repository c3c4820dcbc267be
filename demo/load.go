package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// searchTrigger builds a crate's search vector. It is the one trigger kept
// awake while rows are loaded, since its result cannot be made outside.
const searchTrigger = "trigger_crates_tsvector_update"

// reservedByDemo are names nobody may take, besides those that every registry
// starts with.
var (
	reservedByDemo  = []string{"registry-admin", "official-support", "cargo-login-helper", "rust_security_update"}
	reservedPersons = []string{"registry-team", "security-response", "rust-admin"}
)

// Load writes the whole registry into a database that has the registry's
// schema and no crates yet, in one transaction: it is there completely or not
// at all. Triggers and foreign keys sleep meanwhile (the rows are made so that
// they hold), which only a superuser may ask for, as the demo's own server
// lets us be.
//
// Errors: Conflict when there are crates already, Refused without the right
// to put triggers to sleep.
func (r *Registry) Load(ctx context.Context, conn *pgx.Conn) error {
	if r.trouble != nil {
		return r.trouble
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := r.prepare(ctx, tx); err != nil {
			return err
		}
		for _, t := range tables() {
			if err := r.copyTable(ctx, tx, t); err != nil {
				return fmt.Errorf("demo: load %s: %w", t.name, err)
			}
		}
		return r.finish(ctx, tx)
	})
	return pg.Map(err)
}

func (r *Registry) step(name string) { r.opts.Progress(Event{Step: name}) }

func (r *Registry) prepare(ctx context.Context, tx pgx.Tx) error {
	var full bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM crates)").Scan(&full); err != nil {
		return err
	}
	if full {
		return cratewarden.Errorf(cratewarden.Conflict, "This registry has crates already. The demo is only loaded into an empty one.")
	}
	if _, err := tx.Exec(ctx, "SET LOCAL session_replication_role = replica"); err != nil {
		return cratewarden.Wrap(err, cratewarden.Refused, "Loading the demo needs a database superuser, because triggers sleep while rows are loaded.")
	}
	_, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; SET LOCAL synchronous_commit = off; SET LOCAL maintenance_work_mem = '256MB'; ALTER TABLE crates ENABLE ALWAYS TRIGGER "+searchTrigger)
	return err
}

// copyTable streams a table's rows as they are made; memory stays the same
// whatever their number.
func (r *Registry) copyTable(ctx context.Context, tx pgx.Tx, t table) error {
	r.step(t.name)
	in, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := r.stream(t, out, func(n int64) { r.opts.Progress(Event{Step: t.name, Done: n}) })
		out.CloseWithError(err)
	}()
	_, err := tx.Conn().PgConn().CopyFrom(ctx, in, "COPY "+t.name+" ("+t.columns+") FROM STDIN")
	in.CloseWithError(io.ErrClosedPipe) // on failure the maker must not wait for a reader
	<-done
	return err
}

// finish makes what the sleeping triggers would have made, and wakes them.
func (r *Registry) finish(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, "ALTER TABLE crates ENABLE TRIGGER "+searchTrigger); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "SET LOCAL session_replication_role = origin"); err != nil {
		return err
	}
	if err := r.reserveNames(ctx, tx); err != nil {
		return err
	}
	var names []string
	for _, t := range tables() {
		names = append(names, t.name)
	}
	if err := r.analyze(ctx, tx, names); err != nil {
		return err
	}
	r.step("reverse dependencies")
	const most = 20_000
	for from := 1; from <= len(r.crates); from += most {
		if _, err := tx.Exec(ctx, `SELECT rebuild_reverse_dependencies(array_agg(id)) FROM crates WHERE id >= $1 AND id < $2 HAVING count(*) > 0`, from, from+most); err != nil {
			return fmt.Errorf("demo: reverse dependencies: %w", err)
		}
	}
	r.step("recent downloads")
	if _, err := tx.Exec(ctx, `REFRESH MATERIALIZED VIEW recent_crate_downloads`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM metadata`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO metadata (total_downloads) SELECT coalesce(sum(downloads), 0) FROM crate_downloads`); err != nil {
		return err
	}
	if err := advanceSequences(ctx, tx); err != nil {
		return err
	}
	return r.analyze(ctx, tx, []string{"metadata", "reverse_dependencies", "recent_crate_downloads"})
}

// analyze tells the planner what is there. It comes before the questions that
// loading asks too: without it they take many times as long.
func (r *Registry) analyze(ctx context.Context, tx pgx.Tx, names []string) error {
	r.step("statistics")
	_, err := tx.Exec(ctx, "ANALYZE "+strings.Join(names, ", "))
	return err
}

// reserveNames adds the reserved names, with the registry's own checks awake.
func (r *Registry) reserveNames(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `INSERT INTO reserved_crate_names (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, reservedByDemo); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO reserved_usernames (username) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, reservedPersons); err != nil {
		return err
	}
	var clash *string
	if err := tx.QueryRow(ctx, `SELECT min(c.name) FROM crates c JOIN reserved_crate_names n ON canon_crate_name(n.name) = canon_crate_name(c.name)`).Scan(&clash); err != nil {
		return err
	}
	if clash != nil {
		return cratewarden.Errorf(cratewarden.Conflict, "The demo has a crate called %s, which this registry reserves. Choose another seed.", *clash)
	}
	return nil
}

// sequences are those of the tables we wrote ids into.
var sequences = [][2]string{
	{"api_tokens", "api_tokens_id_seq"}, {"background_jobs", "background_jobs_id_seq"}, {"categories", "categories_id_seq"},
	{"cloudfront_invalidation_queue", "cloudfront_invalidation_queue_id_seq"}, {"deleted_crates", "deleted_crates_id_seq"},
	{"dependencies", "dependencies_id_seq"}, {"emails", "emails_id_seq"}, {"keywords", "keywords_id_seq"}, {"crates", "packages_id_seq"},
	{"teams", "teams_id_seq"}, {"trustpub_configs_github", "trustpub_configs_github_id_seq"}, {"trustpub_configs_gitlab", "trustpub_configs_gitlab_id_seq"},
	{"trustpub_tokens", "trustpub_tokens_id_seq"}, {"trustpub_used_jtis", "trustpub_used_jtis_id_seq"}, {"users", "users_id_seq"},
	{"version_owner_actions", "version_owner_actions_id_seq"}, {"versions", "versions_id_seq"},
}

func advanceSequences(ctx context.Context, tx pgx.Tx) error {
	for _, s := range sequences {
		if _, err := tx.Exec(ctx, fmt.Sprintf("SELECT setval('%s', (SELECT coalesce(max(id), 1) FROM %s))", s[1], s[0])); err != nil {
			return fmt.Errorf("demo: sequence %s: %w", s[1], err)
		}
	}
	return nil
}
