package action

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/demo"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(crashVariable); text != "" {
		if err := die(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(logtest.Main(func() int { return pgtest.Main(m) }))
}

func consoleTemplate() pgtest.Template {
	return pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}}
}

// made is one demo registry for all tests of the binary.
var made = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Crates: 600, Archives: -1, Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
})

func registryTemplate() pgtest.Template {
	return pgtest.Template{Name: "registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		if err := made().Load(ctx, conn); err != nil {
			return err
		}
		// A few days of downloads do for these tests, which compare whole tables.
		if _, err := conn.Exec(ctx, `DELETE FROM version_downloads WHERE date < '2026-11-20'`); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `VACUUM FULL version_downloads`)
		return err
	}}
}

// smallTemplate is a registry of a few dozen crates with everything around
// them, for tests that compare all tables again and again. It is newer than we
// are: every table has a column that nobody here knows, and one table is new.
func smallTemplate() pgtest.Template {
	whole := registryTemplate()
	return pgtest.Template{Name: "small", From: &whole, Build: func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, `
			DELETE FROM crates WHERE id NOT IN (
				(SELECT id FROM crates ORDER BY id LIMIT 15)
				UNION (SELECT crate_id FROM trustpub_configs_github ORDER BY crate_id LIMIT 6)
				UNION (SELECT crate_id FROM trustpub_configs_gitlab ORDER BY crate_id LIMIT 3)
				UNION (SELECT crate_id FROM crate_owner_invitations ORDER BY crate_id LIMIT 6)
				UNION (SELECT crate_id FROM versions WHERE yanked ORDER BY id LIMIT 5)
				UNION (SELECT id FROM crates WHERE name IN ('arraykit', 'internkit')));
			DELETE FROM version_downloads`); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `
			CREATE TABLE newer_than_us (crate_id int REFERENCES crates ON DELETE CASCADE, note text);
			INSERT INTO newer_than_us SELECT id, 'kept' FROM crates;
			DO $$ DECLARE name text; BEGIN
				FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
					EXECUTE format('ALTER TABLE %I ADD COLUMN newer_column text', name);
				END LOOP;
			END $$`)
		if err == nil {
			_, err = conn.Exec(ctx, `VACUUM FULL version_downloads, versions, dependencies`)
		}
		return err
	}}
}

// anybody believes everybody.
type anybody struct{}

func (anybody) Current(_ context.Context, who Actor) (Actor, error)           { return who, nil }
func (anybody) Consented(context.Context, Actor, string, ledger.Digest) error { return nil }

// boundless finds no plan wide or heavy.
func boundless() access.Policy {
	return access.Policy{Crates: 1e6, Versions: 1e6, Accounts: 1e6, Downloads: 1e15, Budget: 1e9}
}

// uninvolved is the condition of accounts that have no part in any crate.
const uninvolved = `NOT EXISTS (SELECT FROM crate_owners o WHERE o.owner_id = users.id AND o.owner_kind = 0)
	AND NOT EXISTS (SELECT FROM crate_owner_invitations i WHERE i.invited_user_id = users.id)`

// kit is an engine on a demo registry and a console database of its own.
type kit struct {
	*Engine
	t        testing.TB
	registry *pgxpool.Pool
	console  *pgxpool.Pool
	who      Actor
	second   Actor
}

func newKit(t testing.TB, change ...func(*Config)) *kit {
	t.Helper()
	return newKitOn(t, registryTemplate(), change...)
}

func newKitOn(t testing.TB, registry pgtest.Template, change ...func(*Config)) *kit {
	t.Helper()
	private, _, err := ledger.GenerateKey("action.test/log")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, registry: pgtest.Database(t, registry), console: pgtest.Database(t, consoleTemplate())}
	// Who may do what has tests of its own; these are about what is done.
	// A machine that stands still makes no plan too long.
	cfg := Config{Hold: time.Minute, Logger: logtest.Logger(t), Registry: k.registry, Console: k.console, Ledger: ledger.New(ledger.Config{DB: k.console, Keys: keys}), Guard: anybody{},
		Policy: boundless()}
	for _, c := range change {
		c(&cfg)
	}
	k.Engine = New(cfg)
	all := []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Platform, cratewarden.Policy}
	k.who = Actor{ID: "ada", Name: "Ada", RegistryUser: int32(k.number(`SELECT min(id) FROM users WHERE is_admin AND ` + uninvolved)), Roles: all, Session: "s1"}
	k.second = Actor{ID: "bo", Name: "Bo", RegistryUser: int32(k.number(`SELECT max(id) FROM users WHERE ` + uninvolved)), Roles: all, Session: "s2"}
	if k.who.RegistryUser == 0 {
		k.who.RegistryUser = int32(k.number(`SELECT min(id) FROM users WHERE ` + uninvolved))
	}
	if k.who.RegistryUser == 0 || k.second.RegistryUser == 0 || k.who.RegistryUser == k.second.RegistryUser {
		t.Fatal("the registry has no two accounts without a part in any crate")
	}
	return k
}

// number gives one number from the registry.
func (k *kit) number(sql string, args ...any) (n int64) {
	k.t.Helper()
	if err := k.registry.QueryRow(k.t.Context(), `SELECT coalesce((`+sql+`), 0)::bigint`, args...).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

func (k *kit) exec(sql string, args ...any) {
	k.t.Helper()
	if _, err := k.registry.Exec(k.t.Context(), sql, args...); err != nil {
		k.t.Fatal(err)
	}
}

// steps writes steps from pairs of kind and parameters.
func steps(t testing.TB, pairs ...any) (out []StepText) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		var fields map[string]any
		text, err := json.Marshal(pairs[i+1])
		if err == nil {
			err = json.Unmarshal(text, &fields)
		}
		if err != nil {
			t.Fatal(err)
		}
		fields["do"] = pairs[i]
		if text, err = json.Marshal(fields); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}

// reviewed makes and reviews a plan of the steps.
func (k *kit) reviewed(pairs ...any) (Plan, *Effect) {
	k.t.Helper()
	p, err := k.Draft(k.t.Context(), k.who, Order{Title: "test", Public: "public words", Internal: "inside words", Steps: steps(k.t, pairs...)}, "")
	if err != nil {
		k.t.Fatal(err)
	}
	p, effect, err := k.Review(k.t.Context(), k.who, p.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return p, effect
}

// blocked makes a plan that its review must block, and gives the guards' codes.
func (k *kit) blocked(pairs ...any) string {
	k.t.Helper()
	p, effect := k.reviewed(pairs...)
	if !p.Blocked {
		k.t.Fatalf("not blocked: %+v", effect.Guards)
	}
	var codes []string
	for _, g := range effect.Blocks() {
		codes = append(codes, g.Code)
	}
	return strings.Join(codes, " ")
}

// consent agrees to everything that a reviewed plan asks for.
func (k *kit) consent(p Plan) (Plan, Consent) {
	k.t.Helper()
	if p.NeedsApproval {
		var err error
		if p, err = k.Approve(k.t.Context(), k.second, p.ID, *p.Digest); err != nil {
			k.t.Fatal(err)
		}
	}
	return p, Consent{Digest: *p.Digest, Typed: p.Confirm}
}

// applied makes, reviews and applies a plan, and checks that its effect is
// what its review showed.
func (k *kit) applied(pairs ...any) (Plan, *Effect) {
	k.t.Helper()
	p, preview := k.reviewed(pairs...)
	return k.apply(p, preview)
}

func (k *kit) apply(p Plan, preview *Effect) (Plan, *Effect) {
	k.t.Helper()
	p, yes := k.consent(p)
	p, err := k.Apply(k.t.Context(), k.who, p.ID, yes, "")
	if err != nil || p.State != Applied {
		k.t.Fatalf("apply: %v, %s, %s, %+v", err, p.State, p.Problem, p.Differences)
	}
	effect, err := k.Effect(k.t.Context(), p)
	if err != nil {
		k.t.Fatal(err)
	}
	if a, b := shape(preview), shape(effect); a != b {
		k.t.Errorf("the effect is not what the review showed:\n%s\n%s", a, b)
	}
	return p, effect
}

// shape is everything in an effect that a review and its apply must share,
// derived rows too.
func shape(f *Effect) string {
	var b strings.Builder
	for _, r := range f.Rows {
		s := r.Steady()
		text, _ := json.Marshal(s)
		fmt.Fprintf(&b, "%s\n", text)
	}
	fmt.Fprintf(&b, "%v\n%v\n%v\n%v\n%v", f.Tallies, jobNames(f.Jobs), f.Guards, f.Files, f.Public)
	return b.String()
}

// undone makes, reviews and applies the plan that undoes another.
func (k *kit) undone(p Plan, which ...int) Plan {
	k.t.Helper()
	u, err := k.Undo(k.t.Context(), k.who, p.ID, which, "")
	if err != nil {
		k.t.Fatal(err)
	}
	u, preview, err := k.Review(k.t.Context(), k.who, u.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	if u.Blocked {
		k.t.Fatalf("undo is blocked: %+v", preview.Blocks())
	}
	u, _ = k.apply(u, preview)
	return u
}

// tables is the whole registry as text by table, without what may differ after
// an undo: the queue of jobs, times that triggers set, the registry's own
// record of yanks, which only grows, tokens of invitations, which are secrets we
// never read, and numbers given by sequences. It is called hundreds of times, so
// the server adds up hashes of rows, which needs no sorting.
func (k *kit) tables() map[string]string {
	k.t.Helper()
	ctx := k.t.Context()
	rows, err := k.registry.Query(ctx, `SELECT quote_literal(relname) || ' AS name, count(*) AS n, sum(hash_record_extended(ROW(' ||
			string_agg(quote_ident(attname) || CASE WHEN atttypid IN ('tsvector'::regtype, 'ltree'::regtype) THEN '::text' ELSE '' END, ', ' ORDER BY attnum) || '), 0)) AS h FROM ' || quote_ident(relname)
		FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
		WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT IN ('background_jobs', 'version_owner_actions')
			AND attname NOT IN ('updated_at', 'token_generated_at') AND (relname, attname) <> ('crate_owner_invitations', 'token')
		GROUP BY relname`)
	if err != nil {
		k.t.Fatal(err)
	}
	each, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		k.t.Fatal(err)
	}
	if rows, err = k.registry.Query(ctx, `SELECT name, concat_ws(' ', n, h) FROM (SELECT `+strings.Join(each, ` UNION ALL SELECT `)+`) t`); err != nil {
		k.t.Fatal(err)
	}
	out, name, text := map[string]string{}, "", ""
	if _, err := pgx.ForEachRow(rows, []any{&name, &text}, func() error { out[name] = text; return nil }); err != nil {
		k.t.Fatal(err)
	}
	return out
}

// same reports tables that differ.
func (k *kit) same(before, after map[string]string) {
	k.t.Helper()
	for name := range before {
		if before[name] != after[name] {
			k.t.Errorf("table %s is not as it was", name)
		}
	}
}

// identity applies the steps, undoes them, and checks that the registry is as
// it was before.
func (k *kit) identity(pairs ...any) *Effect {
	k.t.Helper()
	before := k.tables()
	p, effect := k.applied(pairs...)
	k.undone(p)
	k.same(before, k.tables())
	return effect
}
