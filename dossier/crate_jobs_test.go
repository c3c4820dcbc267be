package dossier_test

import (
	"fmt"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/dossier"
)

func jobLines(page dossier.Page[dossier.Job]) string {
	var out []string
	for _, j := range page.Rows {
		out = append(out, fmt.Sprintf("%d %s", j.ID, j.State))
	}
	return strings.Join(out, ", ")
}

func TestJobs(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	tx := must(r.pool.Begin(t.Context()))
	must(tx.Exec(t.Context(), `SELECT FROM background_jobs WHERE id = 6 FOR UPDATE`))
	defer func() { _ = tx.Rollback(t.Context()) }()
	jobs := must(r.Jobs(t.Context(), dossier.JobFilter{}))
	equal(t, "states", jobLines(jobs.Rows), "1 waiting, 2 failing, 4 unknown type, 5 failing, 6 running, 3 parked")
	byID := map[int64]dossier.Job{}
	for _, j := range jobs.Rows.Rows {
		byID[j.ID] = j
	}
	equal(t, "what for", byID[1].For, "writes one crate to the git index: Foo-Bar")
	if !strings.Contains(byID[1].Note, "remove its index entry") {
		t.Errorf("an index job in another spelling: %q", byID[1].Note)
	}
	equal(t, "next try", byID[2].NextTry.Format("15:04"), "12:06")
	equal(t, "poison has no next try", byID[5].NextTry.IsZero(), true)
	equal(t, "nobody takes it", strings.HasPrefix(byID[4].Note, "No worker takes jobs of this type"), true)
	equal(t, "alarm", jobs.Alarm, "1 job of type dump_db has 32 or more retries: its whole queue stands still until the row is reset. "+
		"The registry's monitor would page: 1 job waited more than 15 minutes (update_default_version 1).")
	equal(t, "all types are explained", len(jobs.Types), 34)
}

func TestJobFilters(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	for _, c := range []struct {
		filter dossier.JobFilter
		want   string
	}{
		{dossier.JobFilter{State: "failing"}, "2 failing, 5 failing"},
		{dossier.JobFilter{State: "stuck"}, "2 failing"},
		{dossier.JobFilter{State: "parked"}, "3 parked"},
		{dossier.JobFilter{State: "unknown type"}, "4 unknown type"},
		{dossier.JobFilter{Type: "dump_db"}, "5 failing"},
		{dossier.JobFilter{Crate: "foo-bar"}, "1 waiting, 2 failing, 3 parked"},
		{dossier.JobFilter{Crate: "lost"}, "6 waiting"},
		{dossier.JobFilter{Crate: "foo-bar", State: "parked"}, "3 parked"},
		{dossier.JobFilter{Limit: 1, After: "80.2"}, "4 unknown type"},
	} {
		equal(t, fmt.Sprintf("%+v", c.filter), jobLines(must(r.Jobs(t.Context(), c.filter)).Rows), c.want)
	}
	for _, bad := range []dossier.JobFilter{{State: "odd"}, {After: "80"}, {After: "a.b"}} {
		_, err := r.Jobs(t.Context(), bad)
		equal(t, fmt.Sprintf("%+v", bad), cratewarden.KindOf(err), cratewarden.Invalid)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	ctx := t.Context()
	all := must(r.Names(ctx, dossier.NameFilter{Limit: 2}))
	equal(t, "reserved page", spaced(len(all.Reserved.Rows), all.Reserved.Next != ""), "2 true")
	equal(t, "newest deletion first", all.Deleted.Rows[0].DeletedAt.Year(), 2026)
	next := must(r.Names(ctx, dossier.NameFilter{Kind: "deleted", After: all.Deleted.Next}))
	equal(t, "last deletion", spaced(next.Deleted.Rows[0].Name, next.Deleted.Rows[0].Available, next.Deleted.Next), "foo_bar true")
	equal(t, "other lists are empty", len(next.Reserved.Rows)+len(next.Usernames.Rows), 0)
	gone := must(r.Names(ctx, dossier.NameFilter{Query: "Gone-w"}))
	equal(t, "both spellings", gone.Reserved.Rows[0].Name+" "+gone.Reserved.Rows[0].Twin, "Gone_Ware gone-ware")
	equal(t, "the prefix itself is free", gone.Answer.Free, true)
	for name, free := range map[string]bool{"foo.bar": false, "foo-bar": false, "gone_ware": false, "lost": false, "later": false, "fresh-name": true} {
		answer := must(r.NameAnswer(ctx, name))
		equal(t, name, answer.Free, free)
		if answer.Truth == "" {
			t.Errorf("%s: no sentence", name)
		}
	}
	taken := must(r.NameAnswer(ctx, "FOO_BAR"))
	equal(t, "taken by", taken.Crate+spaced(len(taken.History.Deleted)), "Foo-Bar1")
	for _, bad := range []dossier.NameFilter{{After: "x"}, {Kind: "odd"}, {Kind: "deleted", After: "x"}} {
		_, err := r.Names(ctx, bad)
		equal(t, fmt.Sprintf("%+v", bad), cratewarden.KindOf(err), cratewarden.Invalid)
	}
}

func TestDependentsFromTheTablePage(t *testing.T) {
	t.Parallel()
	r := newCrateRig(t, nil)
	must(r.pool.Exec(t.Context(), `INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features) SELECT v, 2, '^1', false, true, '{}' FROM unnest(ARRAY[5]) v`))
	first := must(r.CrateDependents(t.Context(), "helper", dossier.DependentFilter{Limit: 1}))
	equal(t, "first", spaced(first.Top[0].Crate, first.Next != "", first.Table), "user-one true 2")
	second := must(r.CrateDependents(t.Context(), "helper", dossier.DependentFilter{After: first.Next, Limit: 1}))
	equal(t, "second", second.Top[0].Crate+second.Next, "Foo-Bar")
	_, err := r.CrateDependents(t.Context(), "helper", dossier.DependentFilter{After: "zzz"})
	equal(t, "foreign key", cratewarden.KindOf(err), cratewarden.Invalid)
}
