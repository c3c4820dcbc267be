package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"cratewarden/registry"
)

func ids(jobs []registry.Job) string {
	var out []string
	for _, j := range jobs {
		out = append(out, fmt.Sprint(j.ID))
	}
	return strings.Join(out, " ")
}

func TestCrateJobs(t *testing.T) {
	t.Parallel()
	r := reader(t)
	jobs := ok[[]registry.Job](t)(r.CrateJobs(t.Context(), 1, "Foo-Bar", 10))
	check(t, "by name in any spelling, crate and version", ids(jobs), "1 2 3")
	check(t, "the crate it speaks of", jobs[2].Crate, "Foo-Bar")
	check(t, "parked for ever", jobs[2].LastRetry.Year(), 9999)
}

func TestJobStates(t *testing.T) {
	t.Parallel()
	r := reader(t)
	// A worker runs job 1: it holds the row, and nothing but a read may tell.
	tx, err := r.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM background_jobs WHERE id = 1 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	want := map[registry.JobState]string{
		registry.JobAny: "1 2 4 5 3", registry.JobRunning: "1", registry.JobWaiting: "4", registry.JobFailing: "2 5",
		registry.JobStuck: "2", registry.JobParked: "3", registry.JobUnknown: "4",
	}
	known := []string{"sync_to_git_index", "update_default_version", "analyze_crate_file", "dump_db"}
	for state, list := range want {
		jobs := ok[[]registry.Job](t)(r.Jobs(t.Context(), registry.JobQuery{State: state, Known: known}))
		check(t, "state "+string(state), ids(jobs), list)
	}
	counts := ok[[]registry.JobCount](t)(r.JobCounts(t.Context()))
	check(t, "types", len(counts), 5)
	for _, c := range counts {
		check(t, c.Type+" running", c.Running, map[bool]int{true: 1}[c.Type == "sync_to_git_index"])
		check(t, c.Type+" poison", c.Poison, map[bool]int{true: 1}[c.Type == "dump_db"])
	}
	// The worker fails without changing the row; its lock must not linger.
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	jobs := ok[[]registry.Job](t)(r.Jobs(t.Context(), registry.JobQuery{State: registry.JobRunning}))
	check(t, "running after the worker died", ids(jobs), "")
}

func TestJobPagesAndLargePayload(t *testing.T) {
	t.Parallel()
	r := reader(t)
	_, err := r.Pool.Exec(t.Context(), `INSERT INTO background_jobs (id, job_type, data, priority) VALUES (9, 'render_and_upload_readme', jsonb_build_object('text', repeat('x', 100000)), 50)`)
	if err != nil {
		t.Fatal(err)
	}
	page := ok[[]registry.Job](t)(r.Jobs(t.Context(), registry.JobQuery{Limit: 2}))
	check(t, "first page and one more", ids(page), "1 2 9")
	page = ok[[]registry.Job](t)(r.Jobs(t.Context(), registry.JobQuery{AfterPriority: 80, AfterID: 2, Limit: 2}))
	check(t, "second page and one more", ids(page), "9 4 5")
	if len(page[0].Data) > 1000 || !strings.Contains(string(page[0].Data), "100012") {
		t.Errorf("large payload came as %d bytes: %.80s", len(page[0].Data), page[0].Data)
	}
	check(t, "by type", ids(ok[[]registry.Job](t)(r.Jobs(t.Context(), registry.JobQuery{Type: "mystery"}))), "4")
}

func TestNames(t *testing.T) {
	t.Parallel()
	r := reader(t)
	ctx := t.Context()
	gone := ok[registry.NameRecord](t)(r.Name(ctx, "GONE-WARE"))
	check(t, "both spellings reserve it", len(gone.Reserved), 2)
	lost := ok[registry.NameRecord](t)(r.Name(ctx, "lost"))
	check(t, "blocked for ever", lost.Deleted[0].AvailableAt.Year(), 9999)
	check(t, "nobody known", lost.Deleted[0].DeletedBy == nil, true)
	list := ok[[]registry.ReservedName](t)(r.Reserved(ctx, "gone", "", 10))
	check(t, "upper case first in C order", list[0].Name+" "+list[0].Twins[0], "Gone_Ware gone-ware")
	check(t, "wildcards are text", len(ok[[]registry.ReservedName](t)(r.Reserved(ctx, "1%", "", 10))), 0)
	check(t, "percent itself", len(ok[[]registry.ReservedName](t)(r.Reserved(ctx, "100%", "", 10))), 1)
	deleted := ok[[]registry.DeletedName](t)(r.Deleted(ctx, "", nil, registry.DeletedKey{}, 1))
	check(t, "newest deletion", deleted[0].Name, "Lost")
	after := registry.DeletedKey{DeletedAt: deleted[0].DeletedAt, ID: deleted[0].ID}
	check(t, "next", ok[[]registry.DeletedName](t)(r.Deleted(ctx, "", nil, after, 1))[0].Name, "foo_bar")
	check(t, "usernames", len(ok[[]registry.ReservedName](t)(r.ReservedUsernames(ctx, "", "", 5))), 0)
}
