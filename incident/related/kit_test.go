package related

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/action"
	"cratewarden/demo"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg/pgtest"
	"cratewarden/registry"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

// number is a setting of the environment, for a larger or another registry.
func number(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

var madeAt = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// made is one demo registry for all tests.
var made = sync.OnceValue(func() *demo.Registry {
	return demo.Generate(demo.Options{Crates: number("CRATEWARDEN_RELATED_CRATES", 900), Seed: uint64(number("CRATEWARDEN_RELATED_SEED", 1)), Archives: -1, Now: madeAt})
})

func demoTemplate() pgtest.Template {
	return pgtest.Template{Name: "related", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return made().Load(ctx, conn)
	}}
}

// kit is a finder on the demo registry.
type kit struct {
	*Finder
	t testing.TB
	m *mirror.Mirror
}

func newKit(t testing.TB, change ...string) *kit {
	t.Helper()
	pool := pgtest.Database(t, demoTemplate())
	for _, sql := range change {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	m := mirror.New(mirror.Config{Registry: pool, Logger: logtest.Logger(t)})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	for deadline := time.Now().Add(60 * time.Second); !m.Status().Ready; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the mirror does not load")
		}
	}
	return &kit{New(Config{Mirror: m, Reader: registry.New(registry.Config{Pool: pool}), Clock: func() time.Time { return madeAt.Add(time.Hour) }}), t, m}
}

func (k *kit) find(blame Blame, start ...ledger.Subject) Answer {
	k.t.Helper()
	a, err := k.Find(k.t.Context(), Question{Blame: blame, Subjects: start})
	if err != nil {
		k.t.Fatal(err)
	}
	return a
}

func version(r demo.Release) ledger.Subject { return action.VersionSubject(r.Crate, r.Version) }

func account(a demo.Account) ledger.Subject { return action.AccountSubject(a.UserID, "") }

// chosen gives what passes a filter, as "kind id", sorted.
func chosen(a Answer, pass func(Subject) bool) []string {
	out := map[string]bool{}
	for _, s := range a.Subjects {
		if pass(s) {
			out[s.Kind+" "+s.ID] = true
		}
	}
	return slices.Sorted(maps.Keys(out))
}

func held(s Subject) bool     { return s.Strength == Tick && s.Kind == "version" && !s.Restore }
func restored(s Subject) bool { return s.Strength == Tick && s.Restore }
func blamed(s Subject) bool   { return s.Strength == Tick && s.Kind == "account" }

func releases(list []demo.Release) (out []string) {
	for _, r := range list {
		out = append(out, "version "+r.Crate+"@"+r.Version)
	}
	slices.Sort(out)
	return out
}

func accounts(list []demo.Account) (out []string) {
	for _, a := range list {
		out = append(out, fmt.Sprint("account ", a.UserID))
	}
	slices.Sort(out)
	return out
}

func (k *kit) same(what string, got, want []string) {
	k.t.Helper()
	missing := slices.DeleteFunc(slices.Clone(want), func(x string) bool { return slices.Contains(got, x) })
	extra := slices.DeleteFunc(slices.Clone(got), func(x string) bool { return slices.Contains(want, x) })
	if len(missing)+len(extra) > 0 {
		k.t.Errorf("%s: missing %v, too much %v", what, missing, extra)
	}
}

// told prints an answer for a person.
func told(a Answer) (text string) {
	for _, s := range a.Subjects {
		text += fmt.Sprintf("\n%s %s %s start=%v restore=%v whole=%v payload=%v", s.Strength, s.Kind, s.ID+" "+s.Name, s.Start, s.Restore, s.Whole, s.Payload)
		for _, r := range s.Reasons {
			text += fmt.Sprintf("\n    %s(%d): %s", r.Rule, r.Weight, r.Text)
		}
	}
	for _, n := range a.Notes {
		text += "\nnote: " + n
	}
	return text
}

type demoAccount = demo.Account

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

type mirrorVersion = mirror.Version
