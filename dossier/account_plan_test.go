package dossier_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/dossier"
)

// asked keeps every statement with its values.
type asked struct {
	mu   sync.Mutex
	list []statement
}

type statement struct {
	sql  string
	args []any
}

func (a *asked) keep(sql string, args []any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, statement{sql, args})
}

func (a *asked) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	a.keep(d.SQL, d.Args)
	return ctx
}
func (a *asked) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (a *asked) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (a *asked) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	a.keep(d.SQL, d.Args)
}
func (a *asked) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// smallTables may be read whole: they have no fitting index and hold what is
// open or happened seldom.
var smallTables = map[string]bool{
	"crate_owner_invitations": true, "trustpub_configs_github": true, "trustpub_configs_gitlab": true, "trustpub_tokens": true,
	"deleted_crates": true, "background_jobs": true, "metadata": true,
}

var scanned = regexp.MustCompile(`Seq Scan on (\w+)`)

// No statement may need to read a large table whole. With sequential scans made
// dear, the planner takes one only where no index will do.
func TestNoLargeTableIsScanned(t *testing.T) {
	t.Parallel()
	log := &asked{}
	r := peopleRig(t, func(c *dossier.Config) {
		cfg := c.Registry.Config()
		cfg.ConnConfig.Tracer = log
		c.Registry = must(pgxpool.NewWithConfig(t.Context(), cfg))
		t.Cleanup(c.Registry.Close)
	})
	ctx := t.Context()
	_, _ = r.account(t, 1), r.account(t, 5)
	_, _ = must(r.AccountsByLogin(ctx, "bob")), must(r.AccountCrates(ctx, 5, dossier.OwnedFilter{Limit: 5}))
	_, _ = must(r.AccountPublishes(ctx, 5, dossier.AccountPublishFilter{Limit: 5})), must(r.Team(ctx, 1))
	_, _ = must(r.CrateVersions(ctx, "foo", dossier.VersionFilter{Method: "token", Publisher: "alice", Num: "1"})), must(r.CrateDependents(ctx, "foo", dossier.DependentFilter{Kind: "dev", Prefix: "e"}))
	_ = must(r.AccountCrates(ctx, 5, dossier.OwnedFilter{State: "empty", Prefix: "grab"}))
	_, _ = must(r.Token(ctx, alicesToken)), must(r.Token(ctx, runsToken))
	_, _ = must(r.Publishes(ctx, dossier.PublishFilter{})), must(r.Home(ctx))
	conn := must(r.pool.Acquire(ctx))
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SET enable_seqscan = off`); err != nil {
		t.Fatal(err)
	}
	for _, s := range log.list {
		rows := must(conn.Query(ctx, "EXPLAIN "+s.sql, s.args...))
		plan := strings.Join(must(pgx.CollectRows(rows, pgx.RowTo[string])), "\n")
		for _, line := range strings.Split(plan, "\n") {
			found := scanned.FindStringSubmatch(line)
			if found != nil && !smallTables[found[1]] {
				t.Errorf("%s is read whole:\n%s\n%s", found[1], s.sql, plan)
			}
		}
	}
	if len(log.list) < 30 {
		t.Errorf("only %d statements were seen", len(log.list))
	}
}

// BenchmarkAccount opens the accounts of the demo one after the other and
// prints the slowest in a hundred.
func BenchmarkAccount(b *testing.B) {
	r := demoRig(b)
	var times []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		if _, err := r.Account(b.Context(), int32(i%300+1)); err == nil {
			times = append(times, time.Since(start))
		}
	}
	b.ReportMetric(percentile(times, 50), "p50-ms")
	b.ReportMetric(percentile(times, 99), "p99-ms")
}

func percentile(times []time.Duration, p int) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return float64(times[min(len(times)-1, len(times)*p/100)].Microseconds()) / 1000
}
