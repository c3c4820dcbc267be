package mirror

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// benchCrates is the size of the registry for the benchmarks; the yardstick is
// 230000, which makes 1.8 million versions and 14 million dependencies.
func benchCrates() int {
	if n, err := strconv.Atoi(os.Getenv("CRATEWARDEN_BENCH_CRATES")); err == nil && n > 0 {
		return n
	}
	return 20_000
}

// synthetic fills bare tables of the registry's schema inside the server, in
// about the proportions of the largest registry: $1 is the number of crates, $2
// a list of words for names. Keys, indexes and triggers come afterwards.
var synthetic = []string{
	`INSERT INTO users (id, gh_login, username, name, gh_id, created_at)
		SELECT i, l, l, initcap(l) || ' Person', i + 5000, now() - i * interval '2 minutes'
		FROM generate_series(1, $1) i, LATERAL (SELECT ($2)[1 + i % cardinality($2)] || CASE WHEN i > cardinality($2) THEN '-' || ($2)[1 + i / cardinality($2)] ELSE '' END l) w`,
	`INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) SELECT gh_id, id, '', gh_login FROM users WHERE $1 > 0 AND $2 IS NOT NULL`,
	`INSERT INTO emails (id, user_id, email, verified, token) SELECT id, id, gh_login || '@mail' || id % 5000 || '.example', id % 10 > 0, ''
		FROM users WHERE $1 > 0 AND $2 IS NOT NULL`,
	`INSERT INTO crates (id, name, created_at, updated_at, description, repository, textsearchable_index_col)
		SELECT i, CASE WHEN i <= cardinality($2) THEN ($2)[i] ELSE ($2)[1 + i % cardinality($2)] || CASE WHEN i % 3 = 0 THEN '_' ELSE '-' END || ($2)[1 + i / cardinality($2)] END,
			now() - interval '1 day' - ($1 - i) * interval '15 minutes', now() - interval '1 day' - ($1 - i) * interval '1 minute', md5(i::text) || md5((i + 1)::text),
			'https://code.example/org' || i % 9000 || '/repo' || i, ''
		FROM generate_series(1, $1) i WHERE cardinality($2) > 0`,
	`INSERT INTO crate_downloads (crate_id, downloads) SELECT i, (9e9 / i)::bigint FROM generate_series(1, $1) i WHERE $2 IS NOT NULL`,
	`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, updated_at, created_by, deleted)
		SELECT i, 1 + (i::bigint * i + k * 7919) % ($1 / 4), 0, now() - interval '1 year', now() - interval '1 year', NULL, k = 2
		FROM generate_series(1, $1) i, generate_series(0, 2) k WHERE k <= i % 2 AND $2 IS NOT NULL`,
	`INSERT INTO api_tokens (id, user_id, token, name, created_at, endpoint_scopes)
		SELECT i, 1 + (i - 1) % ($1 / 4), sha256(i::text::bytea), 'token ' || i % 1000, now() - interval '1 year', CASE WHEN i % 2 = 0 THEN ARRAY['publish-update'] END
		FROM generate_series(1, $1 / 2) i WHERE $2 IS NOT NULL`,
	`INSERT INTO versions (id, crate_id, num, num_no_build, created_at, updated_at, crate_size, published_by, tar_sha256, semver_ord_v2, yanked, downloads, trustpub_data, description, license)
		SELECT id, i, num, num, now() - interval '1 day' - (($1 * 8) - id) * interval '90 seconds', now(), 1000 + id % 100000,
			CASE WHEN id % 10 > 0 THEN 1 + (i::bigint * i) % ($1 / 4) END, sha256(id::text::bytea), '\x01', id % 19 = 0, id % 1000,
			CASE WHEN id % 10 = 0 THEN jsonb_build_object('provider', 'github', 'repository', 'org' || i % 9000 || '/repo' || i, 'run_id', id::text, 'sha', 'ab') END,
			md5(id::text) || md5((id + 1)::text), 'MIT OR Apache-2.0'
		FROM (SELECT i, (row_number() OVER (ORDER BY k, i))::int id, k / 30 || '.' || k % 30 || '.' || i % 4 num
			FROM generate_series(1, $1) i, LATERAL generate_series(1, 1 + i % 9 + CASE WHEN i % 50 = 0 THEN 120 WHEN i % 997 = 0 THEN 400 ELSE 0 END) k) v WHERE $2 IS NOT NULL`,
	`INSERT INTO default_versions (crate_id, version_id, num_versions) SELECT crate_id, max(id), count(*) FROM versions WHERE $1 > 0 AND $2 IS NOT NULL GROUP BY crate_id`,
	`INSERT INTO version_owner_actions (id, version_id, user_id, api_token_id, action, time)
		SELECT (row_number() OVER (ORDER BY id))::int, id, published_by, CASE WHEN id % 4 > 0 THEN published_by END, 0, created_at
		FROM versions WHERE published_by IS NOT NULL AND id > $1 / 2 AND $2 IS NOT NULL`,
	`INSERT INTO dependencies (id, version_id, crate_id, req, optional, default_features, features, kind)
		SELECT (row_number() OVER ())::int, v.id, 1 + floor(($1 - 1) * power(random(), 4))::int, '^' || (v.id + k) % 5 || '.' || (v.id * k) % 40 || '.' || k, k % 4 = 3, true, '{}',
			CASE WHEN k % 6 = 5 THEN 2 WHEN k % 9 = 8 THEN 1 ELSE 0 END
		FROM versions v, LATERAL generate_series(1, v.id % 17) k WHERE $2 IS NOT NULL`,
	`INSERT INTO deleted_crates (id, name, created_at, deleted_at, available_at) SELECT i, 'gone-' || ($2)[1 + i % cardinality($2)] || i, now(), now(), now() FROM generate_series(1, $1 / 10) i`,
}

// words makes pronounceable words, always the same ones.
func words(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	const consonants, vowels = "bcdfghjklmnpqrstvwxz", "aeiou"
	seen, list := map[string]bool{}, []string{}
	for len(list) < n {
		var b []byte
		for range 2 + r.IntN(2) {
			b = append(b, consonants[r.IntN(len(consonants))], vowels[r.IntN(len(vowels))])
			if r.IntN(3) == 0 {
				b = append(b, consonants[r.IntN(len(consonants))])
			}
		}
		if w := string(b); !seen[w] {
			seen[w], list = true, append(list, w)
		}
	}
	return list
}

func synthesize(ctx context.Context, url string, crates int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	many := func(sql string) error {
		_, err := conn.PgConn().Exec(ctx, sql).ReadAll()
		return err
	}
	if err := many(`SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'; SELECT setseed(0.5);` + schema.PreData()); err != nil {
		return err
	}
	list := words(700)
	typed := strings.NewReplacer("$1", "$1::int", "$2", "$2::text[]")
	for _, sql := range synthetic {
		sql = typed.Replace(sql)
		if _, err := conn.Exec(ctx, sql, crates, list); err != nil {
			return fmt.Errorf("%.40s: %w", sql, err)
		}
	}
	if err := many(schema.PostData()); err != nil {
		return err
	}
	if err := many(`VACUUM ANALYZE`); err != nil {
		return err
	}
	return many(`CHECKPOINT`)
}

// bench is the synthetic registry with its loaded mirror, made once.
var bench struct {
	once   sync.Once
	err    error
	pool   *pgxpool.Pool
	mirror *Mirror
	crates int
	load   time.Duration
	early  time.Duration // until search answers for crates and accounts
}

func benchMirror(b *testing.B) (*Mirror, *pgxpool.Pool) {
	b.Helper()
	bench.once.Do(func() { bench.err = makeBench(b) })
	if bench.err != nil {
		b.Fatal(bench.err)
	}
	return bench.mirror, bench.pool
}

func makeBench(b *testing.B) error {
	ctx := context.Background()
	server := pgtest.Server(b)
	admin, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close(ctx) }()
	if _, err := admin.Exec(ctx, `CREATE DATABASE bench TEMPLATE template0`); err != nil {
		return err
	}
	began := time.Now()
	bench.crates = benchCrates()
	if err := synthesize(ctx, server.URL("bench"), bench.crates); err != nil {
		return err
	}
	b.Logf("%d crates made in %v", bench.crates, time.Since(began).Round(time.Second))
	if bench.pool, err = pg.Open(ctx, pg.Config{URL: server.URL("bench"), StatementTimeout: 10 * time.Minute}); err != nil {
		return err
	}
	return loadBench(ctx)
}

func loadBench(ctx context.Context) error {
	m := New(Config{Registry: bench.pool})
	began := time.Now()
	if err := m.begin(ctx); err != nil {
		return err
	}
	go func() {
		for !m.Ready(PartNames) {
			time.Sleep(time.Millisecond)
		}
		bench.early = time.Since(began)
	}()
	if err := m.load(ctx); err != nil {
		return err
	}
	bench.load, bench.mirror = time.Since(began), m
	return nil
}
