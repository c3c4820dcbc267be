package incident_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/blob"
	"cratewarden/demo"
	"cratewarden/dossier"
	"cratewarden/evidence"
	"cratewarden/incident"
	"cratewarden/incident/playbook"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

// played is one demo registry for all tests that play its situations.
var played = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Crates: 700, Archives: -1, Now: time.Now().UTC().Truncate(time.Second)})
})

// stage is a whole console on the demo registry: mirror, engine, vault and
// evidence, with two people.
type stage struct {
	*incident.Service
	t        testing.TB
	registry *pgxpool.Pool
	console  *pgxpool.Pool
	engine   *action.Engine
	mirror   *mirror.Mirror
	story    demo.Situations
	ada, bo  action.Actor
	store    func() // fills the registry's storage, which only applying takes
}

type trusting struct{}

func (trusting) Current(_ context.Context, who action.Actor) (action.Actor, error) { return who, nil }
func (trusting) Consented(context.Context, action.Actor, string, ledger.Digest) error {
	return nil
}

func newStage(t testing.TB, change ...func(*incident.Config)) *stage {
	t.Helper()
	k := &stage{t: t, story: played().Situations}
	k.registry = pgtest.Database(t, pgtest.Template{Name: "stage", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return played().Load(ctx, conn)
	}})
	console := pgtest.Database(t, pgtest.Template{Name: "stageconsole", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}})
	k.console = console
	static, index, vault := k.folder(), k.folder(), k.folder()
	k.store = func() { k.must(played().Store(t.Context(), static, index)) }
	log := ledger.New(ledger.Config{DB: console})
	k.mirror = mirror.New(mirror.Config{Registry: k.registry, Logger: logtest.Logger(t), PollEvery: 50 * time.Millisecond, SweepEvery: 200 * time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.mirror.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	reader := registry.New(registry.Config{Pool: k.registry})
	proof := evidence.New(evidence.Config{Registry: k.registry, Console: console, Ledger: log, Static: static, Index: index, Store: vault})
	k.engine = action.New(action.Config{
		Hold:     time.Minute, // a machine that stands still makes no plan too long
		Registry: k.registry, Console: console, Ledger: log, Static: static, Index: index, Vault: evidence.Vault{Static: static, Store: vault},
		Evidence: proof, Reader: reader, Mirror: k.mirror, Guard: trusting{}, Logger: logtest.Logger(t),
		Policy: access.Policy{Crates: 1e6, Versions: 1e6, Accounts: 1e6, Downloads: 1e15, Budget: 1e9},
	})
	k.people(console)
	books, err := playbook.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	cfg := incident.Config{
		Console: console, Ledger: log, Engine: k.engine, Mirror: k.mirror, Reader: reader, Evidence: proof, Playbooks: books, Demo: &k.story, Logger: logtest.Logger(t),
		Dossiers: dossier.New(dossier.Config{Registry: k.registry, Mirror: k.mirror, Static: static, Index: index, Logger: logtest.Logger(t)}),
	}
	for _, c := range change {
		c(&cfg)
	}
	k.Service = incident.New(cfg)
	for deadline := time.Now().Add(time.Minute); !k.mirror.Status().Ready; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the mirror does not load")
		}
	}
	return k
}

func (k *stage) folder() blob.Store {
	k.t.Helper()
	f, err := blob.OpenFolder(k.t.TempDir(), true)
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = f.Close() })
	return f
}

func (k *stage) people(console *pgxpool.Pool) {
	k.t.Helper()
	all := []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor}
	const idle = ` FROM users u WHERE NOT EXISTS (SELECT FROM crate_owners o WHERE o.owner_id = u.id AND o.owner_kind = 0)
		AND NOT EXISTS (SELECT FROM crate_owner_invitations i WHERE i.invited_user_id = u.id)`
	for i, id := range []string{"ada", "bo"} {
		var account int32
		if err := k.registry.QueryRow(k.t.Context(), `SELECT `+[]string{"min", "max"}[i]+`(u.id)`+idle).Scan(&account); err != nil {
			k.t.Fatal(err)
		}
		who := action.Actor{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], RegistryUser: account, Roles: all, Session: "s-" + id}
		if _, err := console.Exec(k.t.Context(), `INSERT INTO person (id, name) VALUES ($1, $2)`, who.ID, who.Name); err != nil {
			k.t.Fatal(err)
		}
		*[]*action.Actor{&k.ada, &k.bo}[i] = who
	}
}

func (k *stage) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err, cratewarden.MessageOf(err))
	}
}

func (k *stage) exec(sql string, args ...any) {
	k.t.Helper()
	_, err := k.registry.Exec(k.t.Context(), sql, args...)
	k.must(err)
}

// open opens a case of a kind with a verdict.
func (k *stage) open(kind incident.Kind, v incident.Verdict, subjects ...ledger.Subject) incident.Incident {
	k.t.Helper()
	o := incident.Opening{Title: "case", Kind: kind}
	for _, s := range subjects {
		o.Subjects = append(o.Subjects, incident.Subject{Subject: s})
	}
	i, err := k.Open(k.t.Context(), k.ada, o)
	k.must(err)
	if v != incident.Undecided {
		i, err = k.Decide(k.t.Context(), k.ada, i.ID, incident.Change{Set: map[incident.Field]string{incident.VerdictField: string(v)}, Was: map[incident.Field]string{incident.VerdictField: ""}})
		k.must(err)
	}
	return i
}

func (k *stage) propose(i incident.Incident) incident.Proposal {
	k.t.Helper()
	p, err := k.Propose(k.t.Context(), i.ID)
	k.must(err)
	return p
}

// apply reviews, approves and applies a plan, and waits until the mirror has
// seen what it did.
func (k *stage) apply(p action.Plan) action.Plan {
	k.t.Helper()
	p, effect, err := k.engine.Review(k.t.Context(), k.ada, p.ID)
	k.must(err)
	if p.Blocked {
		k.t.Fatalf("blocked: %+v", effect.Guards)
	}
	if p.Irreversible {
		p, err = k.engine.Seal(k.t.Context(), k.ada, p.ID)
		k.must(err)
	}
	if p.NeedsApproval {
		p, err = k.engine.Approve(k.t.Context(), k.bo, p.ID, *p.Digest)
		k.must(err)
	}
	p, err = k.engine.Apply(k.t.Context(), k.ada, p.ID, action.Consent{Digest: *p.Digest, Typed: p.Confirm}, "")
	k.must(err)
	if p.State != action.Applied {
		k.t.Fatalf("%s: %s", p.State, p.Problem)
	}
	k.must(k.mirror.Refresh(k.t.Context()))
	return p
}

// acts gives the ticked, or all, steps of a kind as they name their subject.
func acts(p incident.Proposal, kind string, all bool) (out []string) {
	for _, s := range p.Steps {
		var do struct {
			Do, Crate, Version string
			Account            int32
		}
		_ = json.Unmarshal(s.Do, &do) // what is no step fails the comparison
		if do.Do != kind || !all && !s.Ticked {
			continue
		}
		switch {
		case do.Account != 0:
			out = append(out, fmt.Sprint(do.Account))
		case do.Version != "":
			out = append(out, do.Crate+"@"+do.Version)
		default:
			out = append(out, do.Crate)
		}
	}
	return out
}

func names(list []demo.Release) (out []string) {
	for _, r := range list {
		out = append(out, r.Crate+"@"+r.Version)
	}
	return out
}

func numbers(list []demo.Account) (out []string) {
	for _, a := range list {
		out = append(out, fmt.Sprint(a.UserID))
	}
	return out
}

// equalSets compares without order.
func (k *stage) equalSets(what string, got, want []string) {
	k.t.Helper()
	missing := slices.DeleteFunc(slices.Clone(want), func(x string) bool { return slices.Contains(got, x) })
	extra := slices.DeleteFunc(slices.Clone(got), func(x string) bool { return slices.Contains(want, x) })
	if len(missing)+len(extra) > 0 || len(got) != len(want) {
		k.t.Errorf("%s: %d for %d, missing %v, too much %v", what, len(got), len(want), missing, extra)
	}
}

type demoAccount = demo.Account

func ids(list []demo.Release) (out []int32) {
	for _, r := range list {
		out = append(out, r.VersionID)
	}
	return out
}
