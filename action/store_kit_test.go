package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/demo"
	"cratewarden/evidence"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/files"
	"cratewarden/registry/schema"
)

// packed is a demo registry with real archives.
var packed = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Crates: 600, Archives: 1, Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
})

func packedTemplate() pgtest.Template {
	return pgtest.Template{Name: "registry-packed", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		if err := packed().Load(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `DELETE FROM version_downloads WHERE date < '2026-11-20'`)
		return err
	}}
}

// storeKit is a kit with the registry's storage, a vault and evidence in
// folders, and a clock that the test moves.
type storeKit struct {
	*kit
	static, index, store blob.Store
	now                  time.Time
	reached              func(string)
}

func newStoreKit(t testing.TB, more ...func(*Config)) *storeKit {
	t.Helper()
	s := &storeKit{static: folder(t), index: folder(t), store: folder(t), now: time.Now(), reached: func(string) {}}
	if err := packed().Store(t.Context(), s.static, s.index); err != nil {
		t.Fatal(err)
	}
	registry := pgtest.Database(t, packedTemplate())
	s.kit = newKit(t, func(c *Config) {
		c.Registry = registry
		c.Static, c.Index = s.static, s.index
		c.Vault = evidence.Vault{Static: s.static, Store: s.store}
		c.Clock = func() time.Time { return s.now }
		c.Reached = func(place string) { s.reached(place) }
		for _, m := range more {
			m(c)
		}
		c.Evidence = evidence.New(evidence.Config{Registry: c.Registry, Console: c.Console, Ledger: c.Ledger, Static: c.Static, Index: s.index, Store: s.store})
	})
	s.registry = registry
	s.exec(`DELETE FROM background_jobs`)
	s.who.RegistryUser = int32(s.number(`SELECT min(id) FROM users`))
	s.second.RegistryUser = int32(s.number(`SELECT max(id) FROM users`))
	return s
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

// victim is a version of a crate with archives that has several versions and on
// which nobody depends.
func (s *storeKit) victim() VersionRef {
	s.t.Helper()
	for _, name := range packed().PackedCrates() {
		var ref VersionRef
		err := s.kit.registry.QueryRow(s.t.Context(), `SELECT c.name, v.num FROM crates c JOIN default_versions d ON d.crate_id = c.id JOIN versions v ON v.id = d.version_id
			WHERE c.name = $1 AND NOT v.yanked AND (SELECT count(*) FROM versions o WHERE o.crate_id = c.id AND NOT o.yanked) > 1
			  AND EXISTS (SELECT FROM readme_renderings r WHERE r.version_id = v.id)
			  AND NOT EXISTS (SELECT FROM dependencies x WHERE x.crate_id = c.id)`, name).Scan(&ref.Crate, &ref.Version)
		if err == nil {
			return ref
		}
	}
	s.t.Fatal("the demo has no crate to work on")
	return VersionRef{}
}

// contents is every object of a store by key, as a hash.
func contents(t testing.TB, store blob.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for info, err := range blob.All(t.Context(), store, "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := store.Get(t.Context(), info.Key)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		_ = body.Close()
		sum := sha256.Sum256(text)
		out[info.Key] = hex.EncodeToString(sum[:])
	}
	return out
}

func sameContents(t testing.TB, want, got map[string]string) {
	t.Helper()
	for key := range union(want, got) {
		if want[key] != got[key] {
			t.Errorf("object %s: %q, want %q", key, got[key], want[key])
		}
	}
}

// runSyncJobs does what the registry's worker would: it writes the index files
// of all crates named in its queue, and empties the queue of these jobs.
func (s *storeKit) runSyncJobs() {
	s.t.Helper()
	ctx := s.t.Context()
	rows, err := s.kit.registry.Query(ctx, `DELETE FROM background_jobs WHERE job_type IN ('sync_to_sparse_index', 'sync_to_git_index') RETURNING data ->> 'krate'`)
	if err != nil {
		s.t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, name := range names {
		s.syncIndex(name)
	}
}

func (s *storeKit) syncIndex(name string) {
	s.t.Helper()
	text, key := s.indexFile(name), files.IndexPath(name)
	err := s.index.Delete(s.t.Context(), key)
	if len(text) > 0 {
		err = s.index.Put(s.t.Context(), key, bytes.NewReader(text), blob.PutOptions{Overwrite: true})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// indexFile makes a file from the demo's own: yanks and deletions are carried
// over, which is all that the acts here change.
func (s *storeKit) indexFile(name string) []byte {
	s.t.Helper()
	lines, err := files.ParseIndex(bytes.NewReader(packed().IndexFile(name)), files.Limits{})
	if err != nil {
		s.t.Fatal(err)
	}
	var out []files.Line
	for _, l := range lines {
		var yanked bool
		var deps []string
		err := s.kit.registry.QueryRow(s.t.Context(), `SELECT v.yanked, ARRAY(SELECT c2.name::text FROM dependencies d JOIN crates c2 ON c2.id = d.crate_id WHERE d.version_id = v.id)
			FROM crates c JOIN versions v ON v.crate_id = c.id WHERE c.name = $1 AND v.num = $2`, name, l.Vers).Scan(&yanked, &deps)
		if err == pgx.ErrNoRows {
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		l.Yanked = yanked
		var kept []files.Dep
		for _, d := range l.Deps {
			for _, there := range deps {
				if d.Crate() == there {
					kept = append(kept, d)
					break
				}
			}
		}
		l.Deps = kept
		out = append(out, l)
	}
	return files.EncodeIndex(out)
}

// work does all follow-ups until none is left; the registry's worker runs
// between rounds.
func (s *storeKit) work() {
	s.t.Helper()
	for range 20 {
		list, err := s.FollowUps(s.t.Context(), "")
		if err != nil {
			s.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		for _, f := range list {
			if err := s.Work(s.t.Context(), f.ID); err != nil && f.Kind != "index.check" {
				s.t.Fatalf("%s: %v", f.Kind, err)
			}
		}
		s.runSyncJobs()
		s.now = s.now.Add(2 * time.Hour)
	}
	s.t.Fatal("follow-ups never end")
}

// destroyed applies a plan that destroys something, with its evidence.
func (s *storeKit) destroyed(pairs ...any) (Plan, *Effect) {
	s.t.Helper()
	p, preview := s.reviewed(pairs...)
	if p.Blocked {
		s.t.Fatalf("blocked: %+v", preview.Blocks())
	}
	p, err := s.Seal(s.t.Context(), s.who, p.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.apply(p, preview)
}

// jobs counts the registry's jobs of a type.
func (k *kit) jobs(kind string) int64 {
	return k.number(`SELECT count(*) FROM background_jobs WHERE job_type = $1`, kind)
}

// counts is the number of rows of every table.
func (k *kit) counts() map[string]int64 {
	out := map[string]int64{}
	for name := range k.tables() {
		out[name] = k.number(`SELECT count(*) FROM ` + pgx.Identifier{name}.Sanitize())
	}
	out["version_owner_actions"] = k.number(`SELECT count(*) FROM version_owner_actions`)
	return out
}

// accounted checks that the effect tells of every row that is gone or new.
func (k *kit) accounted(before, after map[string]int64, f *Effect) {
	k.t.Helper()
	told := map[string]int64{}
	for _, r := range f.Rows {
		switch {
		case r.Before == nil:
			told[r.Table]++
		case r.After == nil:
			told[r.Table]--
		}
	}
	for _, c := range f.Tallies {
		told[c.Table] += c.After - c.Before
	}
	for name := range before {
		if after[name]-before[name] != told[name] {
			k.t.Errorf("table %s: %d rows more, the effect tells of %d", name, after[name]-before[name], told[name])
		}
	}
}

// ended checks that every intent in the ledger has its outcome and every
// follow-up is done.
func (s *storeKit) ended() {
	s.t.Helper()
	var open, undone int
	err := s.kit.console.QueryRow(s.t.Context(), `SELECT
		(SELECT count(*) FROM ledger_entry i WHERE i.body::jsonb ->> 'kind' = 'intent' AND (SELECT count(*) FROM ledger_entry o
			WHERE o.body::jsonb ->> 'kind' = 'outcome' AND (o.body::jsonb ->> 'refers')::bigint = i.index) <> 1),
		(SELECT count(*) FROM follow_up WHERE state <> 'done')`).Scan(&open, &undone)
	if err != nil || open > 0 || undone > 0 {
		s.t.Errorf("%d intents without exactly one outcome, %d follow-ups not done, %v", open, undone, err)
	}
}

func decodeResult[T any](t testing.TB, f FollowUp) (out T) {
	t.Helper()
	if err := json.Unmarshal(f.Result, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func wantKind(t testing.TB, err error, want cratewarden.Kind) {
	t.Helper()
	if got := cratewarden.KindOf(err); got != want {
		t.Errorf("error kind %q, want %q (%v)", got, want, err)
	}
}

func hexOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}
