package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/blob/blobtest"
	"cratewarden/console"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

// fixture: crate 1 "victim" (versions 1, 2) and crate 2 "user" (3, 4) depend on
// each other; crate 3 "apart" has nothing to do with them. Two tables and two
// columns are newer than the contract.
const fixture = `
INSERT INTO users (gh_login, gh_id, username, name) VALUES ('one', 1, 'one', 'Ona Realname'), ('two', 2, 'two', 'Tu Realname'), ('six', 6, 'six', 'Far Away');
INSERT INTO emails (user_id, email, token) VALUES (1, 'one@example.com', 'mailsecret1'), (2, 'two@example.com', 'mailsecret2'), (3, 'six@example.com', 'mailsecret3');
INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES (1, 1, 'oauthsecret', 'one');
INSERT INTO teams (login, github_id, org_id) VALUES ('github:a:b', 1, 1), ('github:c:d', 2, 2);
INSERT INTO publish_limit_buckets (user_id, tokens) VALUES (1, 1);
INSERT INTO publish_rate_overrides (user_id, burst) VALUES (1, 1);
INSERT INTO api_tokens (user_id, token, name) VALUES (1, 'apisecret', 'laptop'), (3, 'apisecret3', 'far');
INSERT INTO keywords (keyword) VALUES ('k');
INSERT INTO categories (category, slug) VALUES ('C', 'c');
INSERT INTO reserved_crate_names (name) VALUES ('somebody');
INSERT INTO crates (name) VALUES ('victim'), ('user'), ('apart');
INSERT INTO crates_keywords (crate_id, keyword_id) VALUES (1, 1), (2, 1);
INSERT INTO crates_categories (crate_id, category_id) VALUES (1, 1), (2, 1);
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0), (1, 1, 1), (2, 1, 0), (3, 3, 0);
INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, expires_at, token) VALUES (2, 1, 1, 'infinity', 'invitesecret'), (2, 1, 2, 'infinity', 'invitesecret2');
INSERT INTO follows (user_id, crate_id) VALUES (1, 1), (1, 2), (3, 1), (3, 3);
INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by, features, created_at)
	SELECT c, n, split_part(n, '+', 1), 1, sha256(convert_to('archive ' || c || n, 'UTF8')), p, '{"std": []}', '2026-01-01'::timestamptz + n2 * interval '1 hour'
	FROM (VALUES (1, '1.0.0', 1, 1), (1, '2.0.0+b1', 1, 2), (2, '1.0.0', 2, 3), (2, '2.0.0', NULL, 4), (3, '1.0.0', 3, 5)) v (c, n, p, n2);
INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features)
	SELECT v, c, '*', false, true, '{}' FROM (VALUES (3, 1), (4, 1), (2, 2), (5, 2)) d (v, c);
INSERT INTO version_downloads (version_id, date, downloads) SELECT v, current_date - d, 10 FROM generate_series(1, 5) v, generate_series(1, 3) d;
INSERT INTO readme_renderings (version_id) SELECT generate_series(1, 5);
INSERT INTO versions_published_by (version_id, email) SELECT generate_series(1, 4), 'published@example.com';
INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action) SELECT generate_series(1, 4), 1, 1, 0;
INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename) SELECT generate_series(1, 2), 'o', 1, 'r', 'w.yml';
INSERT INTO trustpub_configs_gitlab (crate_id, namespace, project, workflow_filepath) SELECT generate_series(1, 2), 'n', 'p', 'w.yml';
INSERT INTO trustpub_tokens (expires_at, hashed_token, crate_ids) VALUES ('infinity', 'trustsecret', '{1,2}'), ('infinity', 'trustsecret3', '{3}');
INSERT INTO deleted_crates (name, created_at, deleted_at, deleted_by, available_at) VALUES ('VICTIM', now(), now(), 2, 'infinity'), ('apart', now(), now(), 2, now());
INSERT INTO background_jobs (job_type, data) VALUES ('sync_to_git_index', '{"krate": "Victim"}'), ('analyze_crate_file', '{"version_id": 1}'),
	('update_default_version', '{"crate_id": 1}'), ('bulk_sync_to_git_index', '{"crate_names": ["x", "victim"]}'), ('squash_index', 'null'),
	('invalidate_cdns', '{"paths": ["crates/victim/victim-1.0.0.crate"]}'), ('invalidate_cdns', '{"paths": ["/og-images/victim.png"]}'),
	('invalidate_cdns', '{"paths": [], "cache_tags": ["release:victim@9.9.9"]}'), ('delete_crate_from_storage', '{"name": "VICTIM"}'),
	('generate_og_image', '{"crate_name": "victim", "invalidate_cdns": true}'), ('invalidate_cdns', '{"paths": ["crates/apart/apart-1.crate"], "cache_tags": ["crate:apart"]}'), ('sync_to_git_index', '{"krate": "apart"}');
CREATE TABLE version_sboms (id serial PRIMARY KEY, version_id int NOT NULL REFERENCES versions ON DELETE CASCADE, body text, upload_token text);
CREATE TABLE sbom_parts (sbom_id int REFERENCES version_sboms ON DELETE CASCADE, "odd name" text);
INSERT INTO version_sboms (version_id, body, upload_token) VALUES (1, 'bill one', 'newsecret'), (5, 'bill five', 'newsecret5');
INSERT INTO sbom_parts SELECT id, 'part of ' || body FROM version_sboms;
ALTER TABLE versions ADD COLUMN built_on text DEFAULT 'machine-x', ADD COLUMN signing_secret text DEFAULT 'columnsecret';
REFRESH MATERIALIZED VIEW recent_crate_downloads;`

func registryTemplate() pgtest.Template {
	return pgtest.Template{Name: "registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, fixture)
		return err
	}}
}

func consoleTemplate() pgtest.Template {
	return pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := console.Migrate(ctx, conn.Config().ConnString())
		return err
	}}
}

// bench is a service with everything under it.
type bench struct {
	*Service
	registry, console      *pgxpool.Pool
	log                    *ledger.Log
	static, index, storage blob.Store
	logs                   *slog.Logger
}

func folder(t testing.TB) blob.Store {
	t.Helper()
	f, err := blob.OpenFolder(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func bucket(t testing.TB) (blob.Store, *blobtest.S3) {
	t.Helper()
	fake, url := blobtest.NewS3(t)
	env := map[string]string{"AWS_ACCESS_KEY_ID": blobtest.KeyID, "AWS_SECRET_ACCESS_KEY": blobtest.Secret}
	s, err := blob.Open(t.Context(), "s3://shelf?endpoint="+url, blob.Config{Getenv: func(k string) string { return env[k] }})
	if err != nil {
		t.Fatal(err)
	}
	return s, fake
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{
		registry: pgtest.Database(t, registryTemplate()), console: pgtest.Database(t, consoleTemplate()),
		static: folder(t), index: folder(t), storage: folder(t), logs: logtest.Logger(t),
	}
	b.log = ledger.New(ledger.Config{DB: b.console})
	b.make(b.storage)
	for key, content := range staticFiles() {
		put(t, b.static, key, content)
	}
	put(t, b.index, "vi/ct/victim", "stored index line\n")
	return b
}

// make builds the service over another evidence store.
func (b *bench) make(store blob.Store) {
	b.Service = New(Config{Registry: b.registry, Console: b.console, Ledger: b.log, Static: b.static, Index: b.index, Store: store, Logger: b.logs})
}

func staticFiles() map[string]string {
	return map[string]string{
		"crates/victim/victim-1.0.0.crate":    "archive 11.0.0",
		"crates/victim/victim-2.0.0+b1.crate": "not what the row says",
		"crates/victim/victim-1.0.0.zip":      "zip",
		"crates/victim/left-over.bin":         "of a version deleted long ago",
		"readmes/victim/victim-1.0.0.html":    "<script>alert(1)</script>",
		"og-images/victim.png":                "picture",
		"rss/crates/victim.xml":               "feed",
		"crates/apart/apart-1.0.0.crate":      "nobody asked for this",
	}
}

func put(t testing.TB, s blob.Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(content), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s blob.Store, key string) string {
	t.Helper()
	text, err := readAll(t.Context(), s, key, 1<<20)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return string(text)
}

func someone() ledger.Actor { return ledger.Actor{ID: "p1", Name: "Kit"} }

func request() Request {
	return Request{Crates: []int32{1}, Plan: "P1", Incident: "I1", Reason: "deletion", Actor: someone(), Session: "s1"}
}

func (b *bench) seal(t testing.TB, r Request) Bundle {
	t.Helper()
	bundle, err := b.Seal(t.Context(), r)
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return bundle
}

func (b *bench) verify(t testing.TB, d ledger.Digest) Report {
	t.Helper()
	r, err := b.Verify(t.Context(), d)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return r
}

// open reads a part, whoever it is about.
func (b *bench) open(t testing.TB, d ledger.Digest, name string) string {
	t.Helper()
	r, _, err := b.OpenPart(t.Context(), d, name, ledger.Entry{Actor: someone()})
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return string(text)
}

func exec(t testing.TB, db *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func wantKind(t testing.TB, err error, want cratewarden.Kind) {
	t.Helper()
	if got := cratewarden.KindOf(err); got != want {
		t.Errorf("error kind %q, want %q (%v)", got, want, err)
	}
}

func (b *bench) entries(t testing.TB) []ledger.Entry {
	t.Helper()
	p, err := b.log.List(t.Context(), ledger.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return p.Entries
}

// keys lists what a store has under a prefix.
func keys(t testing.TB, s blob.Store, prefix string) []string {
	t.Helper()
	var out []string
	for info, err := range blob.All(t.Context(), s, prefix) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, info.Key)
	}
	return out
}

// contents is a whole store.
func contents(t testing.TB, s blob.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, key := range keys(t, s, "") {
		out[key] = get(t, s, key)
	}
	return out
}

func hexSum(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func sum(content string) ledger.Digest { return sha256.Sum256([]byte(content)) }
