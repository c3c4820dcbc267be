package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/dossier"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

const slowRegistry = `
INSERT INTO users (id, gh_login, gh_id, username) VALUES (1, 'alice', 101, 'alice');
INSERT INTO teams (id, login, github_id, org_id) VALUES (1, 'github:acme:core', 7, 8);
INSERT INTO crates (id, name) VALUES (1, 'foo');
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0);
INSERT INTO versions (id, crate_id, num, num_no_build, crate_size, published_by, tar_sha256) VALUES (1, 1, '1.0.0', '1.0.0', 9, 1, decode(repeat('cc', 32), 'hex'));`

// slowConsole is a console on a registry of which somebody holds some tables
// for himself, so that every question for them runs into the time limit that
// the database itself keeps.
func slowConsole(t *testing.T, limits pg.Config, held string) *httptest.Server {
	t.Helper()
	pool := pgtest.Database(t, pgtest.Template{Name: "slow", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, slowRegistry)
		return err
	}})
	limits.URL = pool.Config().ConnString()
	registry, err := pg.Open(t.Context(), limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(registry.Close)
	holder, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = holder.Rollback(context.Background()) })
	if _, err := holder.Exec(t.Context(), "LOCK TABLE "+held+" IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	m := mirror.New(mirror.Config{Registry: registry})
	h, err := handler(consoleConfig{label: "slow registry", kind: "test", log: log},
		&parts{mirror: m, dossiers: dossier.New(dossier.Config{Registry: registry, Mirror: m, Logger: log}), signer: &signer{ledger: ledger.New(ledger.Config{DB: registry})}}, registry, nil)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func fetched(t *testing.T, url string) (status int, kind, text string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Content-Type"), string(body)
}

// TestTimeLimitOfTheDatabase asks for every list in a page, as a file, in the
// interface and at the terminal, while the database stops the question: each
// says that, with its own status, and none shows the statement.
func TestTimeLimitOfTheDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		limits pg.Config
		says   string
	}{
		{"statement", pg.Config{StatementTimeout: 40 * time.Millisecond, LockTimeout: time.Minute}, "The database stopped this question because it took too long. Narrow it and try again."},
		{"lock", pg.Config{StatementTimeout: time.Minute, LockTimeout: 40 * time.Millisecond}, "Somebody else holds the rows this needs. Try again in a moment."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := slowConsole(t, c.limits, "versions, users, teams, deleted_crates, reserved_crate_names, reserved_usernames, background_jobs").URL
			for _, path := range []string{"/crates/foo", "/crates/foo/versions?state=live&method=token", "/crates/foo/versions?format=csv", "/crates/foo/dependents?kind=dev", "/crates/foo/1.0.0",
				"/accounts/1", "/accounts?login=alice", "/teams/1", "/teams/1/crates?state=empty", "/names", "/names?kind=deleted&available=no&format=csv", "/jobs"} {
				status, _, text := fetched(t, url+path)
				if status != http.StatusGatewayTimeout || !strings.Contains(text, c.says) || strings.Contains(text, "SELECT") || strings.Contains(text, "57014") {
					t.Errorf("%s: %d\n%s", path, status, text)
				}
			}
			for _, path := range []string{"/crates/foo", "/crates/foo/versions?state=live&publisher=alice", "/crates/foo/dependents", "/accounts/1", "/teams/1/crates", "/names?kind=deleted", "/jobs"} {
				status, kind, text := fetched(t, url+api.Prefix+path)
				var p api.Problem
				if err := json.Unmarshal([]byte(text), &p); err != nil || status != http.StatusGatewayTimeout || kind != "application/problem+json" || p.Kind != cratewarden.Timeout || p.Detail != c.says {
					t.Errorf("%s: %d %s\n%s", path, status, kind, text)
				}
			}
			for _, args := range [][]string{{"crate", "foo", "--list", "versions", "--state", "live"}, {"team", "1", "--list", "crates"}, {"names", "--kind", "deleted"}, {"jobs"}} {
				var stdout, stderr bytes.Buffer
				code := explain(run(t.Context(), append(args, "--server", url), strings.NewReader(""), &stdout, &stderr), &stderr)
				if code != 6 || stdout.Len() > 0 || stderr.String() != "cratewarden: "+c.says+"\n" {
					t.Errorf("%v: exit code %d, %q, %q", args, code, &stdout, &stderr)
				}
			}
		})
	}
}

// TestLateSectionIsMissingAlone: what a crate's page can do without is replaced
// by the sentence, and the rest is shown.
func TestLateSectionIsMissingAlone(t *testing.T) {
	t.Parallel()
	url := slowConsole(t, pg.Config{StatementTimeout: 700 * time.Millisecond, LockTimeout: time.Minute}, "version_downloads").URL
	status, _, text := fetched(t, url+"/crates/foo")
	if status != http.StatusOK || !strings.Contains(text, "The database stopped this question because it took too long.") || !strings.Contains(text, "1.0.0") {
		t.Errorf("%d\n%s", status, text)
	}
}
