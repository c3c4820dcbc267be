package incident

import (
	"context"
	"maps"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
)

// axe cuts a connection before the statement with some number, as the end of
// the process or of the network would.
type axe struct{ left atomic.Int64 }

func (a *axe) fall(conn *pgx.Conn) {
	if a.left.Add(-1) == 0 {
		_ = conn.PgConn().Conn().Close()
	}
}

func (a *axe) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	a.fall(conn)
	return ctx
}
func (*axe) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (a *axe) TraceBatchStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	a.fall(conn)
	return ctx
}
func (*axe) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*axe) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// Cut before any statement, each write leaves nothing at all, neither rows nor
// an entry of the ledger, until it leaves everything.
func TestAWriteThatIsCutLeavesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, consoleTemplate())
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	a := &axe{}
	cfg.ConnConfig.Tracer = a
	cut, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Close()
	plain, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	k := newKitOn(t, plain)
	other := New(Config{Console: cut, Ledger: ledger.New(ledger.Config{DB: cut}), Playbooks: k.cfg.Playbooks, Logger: k.log})
	i := k.judged(Malicious)
	second := k.opened()
	task := k.anItem()
	for name, do := range map[string]func(context.Context, action.Actor) error{
		"open": func(ctx context.Context, who action.Actor) error {
			_, err := other.Open(ctx, who, Opening{Title: "New", Subjects: []Subject{sub("crate", "a", "")}, Note: "first", Key: "k1"})
			return err
		},
		"decide": func(ctx context.Context, who action.Actor) error {
			_, err := other.Decide(ctx, who, i.ID, Change{Set: map[Field]string{LeadField: "ada", KindField: "flood"}, Was: map[Field]string{LeadField: "", KindField: string(i.Kind)}, Reason: "x"})
			return err
		},
		"note": func(ctx context.Context, who action.Actor) error {
			_, err := other.Note(ctx, who, i.ID, "a note", "k2")
			return err
		},
		"text": func(ctx context.Context, who action.Actor) error {
			_, err := other.WriteText(ctx, who, second.ID, "summary", 0, "text")
			return err
		},
		"task": func(ctx context.Context, who action.Actor) error {
			_, err := other.Done(ctx, who, second.ID, task, "")
			return err
		},
		"file": func(ctx context.Context, who action.Actor) error {
			_, err := other.Attach(ctx, who, second.ID, "a.txt", strings.NewReader("x"))
			return err
		},
		"split": func(ctx context.Context, who action.Actor) error {
			if _, err := k.AddSubjects(t.Context(), who, second.ID, []Subject{sub("crate", "b", ""), sub("crate", "c", "")}); err != nil {
				return err
			}
			_, err := other.Split(ctx, who, second.ID, SplitOrder{Title: "part", Subjects: []ledger.Subject{crate("b")}, Reason: "apart", Key: "k3"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { k.cutEverywhere(t, a, do) })
	}
	t.Run("merge", func(t *testing.T) {
		k.cutEverywhere(t, a, func(ctx context.Context, who action.Actor) error {
			_, err := other.Merge(ctx, who, second.ID, i.ID, "same")
			return err
		})
	})
}

// cutEverywhere cuts before the first statement, the second, and so on, until
// the write gets through.
func (k *kit) cutEverywhere(t *testing.T, a *axe, do func(context.Context, action.Actor) error) {
	a.left.Store(0)
	defer a.left.Store(0)
	for n := int64(1); n < 200; n++ {
		before := k.everything()
		if n == 1 {
			before = nil // what a test prepares is written then
		}
		a.left.Store(n)
		err := do(t.Context(), k.ada)
		after := k.everything()
		if err == nil {
			if maps.Equal(before, after) {
				t.Error("it left nothing although it succeeded")
			}
			if n < 6 {
				t.Errorf("it got through when cut before statement %d: nothing was cut", n)
			}
			t.Logf("cut before each of %d statements, and nothing was left", n-1)
			return
		}
		if before != nil && !maps.Equal(before, after) {
			for table := range after {
				if before[table] != after[table] {
					t.Errorf("cut before statement %d, %s changed", n, table)
				}
			}
		}
	}
	t.Error("it never got through")
}

// everything is a digest of each table that cases write.
func (k *kit) everything() map[string]string {
	k.t.Helper()
	out := map[string]string{}
	for _, table := range []string{"incident", "incident_event", "incident_subject", "incident_text", "incident_task", "incident_file", "incident_draft", "request", "ledger_entry", "notice"} {
		var digest string
		if err := k.db.QueryRow(k.t.Context(), `SELECT count(*) || ' ' || coalesce(md5(string_agg(x::text, '|' ORDER BY x::text)), '') FROM `+table+` x`).Scan(&digest); err != nil {
			k.t.Fatal(err)
		}
		out[table] = digest
	}
	return out
}
