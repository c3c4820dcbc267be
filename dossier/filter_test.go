package dossier_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"cratewarden"
	"cratewarden/dossier"
)

// walk reads a list to its end and gives its rows in words.
func walk[T any](t *rapid.T, ask func(after string) (dossier.Page[T], error), word func(T) string) []string {
	var out []string
	for after, n := "", 0; ; n++ {
		page, err := ask(after)
		if err != nil || page.Absent != "" || n > 2000 {
			t.Fatalf("page %d: %v %s", n, err, page.Absent)
		}
		for _, row := range page.Rows {
			out = append(out, word(row))
		}
		if after = page.Next; after == "" {
			return out
		}
	}
}

func same(t *rapid.T, what string, got, want []string) {
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got %d rows, want %d:\n%s\n\n%s", what, len(got), len(want), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func keep[T any](rows []T, passes func(T) bool, word func(T) string) (out []string) {
	for _, row := range rows {
		if passes(row) {
			out = append(out, word(row))
		}
	}
	return out
}

func drawn(t *rapid.T, label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

func anyMethod(t *rapid.T) string {
	return drawn(t, "method", "", "token", "session", "github", "gitlab", "account", "unknown")
}

func starts(name, prefix string) bool {
	return strings.HasPrefix(cratewarden.CanonName(name), cratewarden.CanonName(prefix))
}

func versionInWords(v dossier.VersionRow) string { return v.Crate + " " + v.Num + " " + marks(v.Marks) }

// TestFilteredListsAreTheWholeListsFiltered pages through every list of the
// demo with any filter and page size. What comes must be what passes of the
// whole list, in its order, each row once and with the same marks.
func TestFilteredListsAreTheWholeListsFiltered(t *testing.T) {
	t.Parallel()
	r := demoRig(t)
	ctx := t.Context()
	names := func(sql string) []string {
		return must(pgx.CollectRows(must(r.pool.Query(ctx, sql)), pgx.RowTo[string]))
	}
	motley, used := names(motleyCrates), names(usedCrates)
	t.Run("versions", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { versionsProperty(ctx, rt, r, motley) }) })
	t.Run("dependents", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { dependentsProperty(ctx, rt, r, used) }) })
	t.Run("publishes", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { publishesProperty(ctx, rt, r) }) })
	t.Run("crates", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { ownedProperty(ctx, rt, r) }) })
	t.Run("deleted", func(t *testing.T) { rapid.Check(t, func(rt *rapid.T) { deletedProperty(ctx, rt, r) }) })
}

// motleyCrates are those whose versions differ most.
const motleyCrates = `
SELECT c.name FROM crates c JOIN versions v ON v.crate_id = c.id GROUP BY c.id
ORDER BY bool_or(v.yanked)::int + bool_or(v.trustpub_data IS NOT NULL)::int + bool_or(v.num LIKE '%-%')::int + count(DISTINCT v.published_by) DESC, count(*) DESC, c.id LIMIT 6`

// usedCrates are used by so many that one page holds them, and in every way.
const usedCrates = `
SELECT c.name FROM crates c JOIN dependencies d ON d.crate_id = c.id JOIN versions v ON v.id = d.version_id GROUP BY c.id
HAVING count(DISTINCT v.crate_id) < 500 ORDER BY count(DISTINCT d.kind) DESC, count(DISTINCT v.crate_id) DESC, c.id LIMIT 6`

func versionsProperty(ctx context.Context, t *rapid.T, r crateRig, crates []string) {
	name := drawn(t, "crate", crates...)
	whole := must(r.CrateVersions(ctx, name, dossier.VersionFilter{Limit: 500})).Rows
	publisher := whole[rapid.IntRange(0, len(whole)-1).Draw(t, "of")].Publisher
	f := dossier.VersionFilter{Method: anyMethod(t), State: drawn(t, "state", "", "live", "yanked"), Pre: drawn(t, "pre", "", "only", "without"), Num: drawn(t, "num", "", "0.", "v1")}
	if publisher != nil && rapid.Bool().Draw(t, "by") {
		f.Publisher = "@" + strings.ToUpper(publisher.Login)
	}
	f.Limit = rapid.IntRange(1, 30).Draw(t, "limit")
	want := keep(whole, func(v dossier.VersionRow) bool {
		pre := slices.ContainsFunc(v.Marks, func(m dossier.Mark) bool { return m.Text == "pre-release" })
		return (f.Method == "" || f.Method == string(v.Method)) && (f.State == "" || v.Yanked == (f.State == "yanked")) && (f.Pre == "" || pre == (f.Pre == "only")) &&
			strings.HasPrefix(v.Num, strings.TrimPrefix(f.Num, "v")) && (f.Publisher == "" || v.Publisher != nil && v.Publisher.Login == publisher.Login)
	}, versionInWords)
	same(t, fmt.Sprintf("%s %+v", name, f), walk(t, func(after string) (dossier.Page[dossier.VersionRow], error) {
		f.After = after
		return r.CrateVersions(ctx, name, f)
	}, versionInWords), want)
}

func dependentsProperty(ctx context.Context, t *rapid.T, r crateRig, crates []string) {
	name := drawn(t, "crate", crates...)
	whole := must(r.CrateDependents(ctx, name, dossier.DependentFilter{Limit: 500}))
	f := dossier.DependentFilter{Kind: drawn(t, "kind", "", "normal", "build", "dev"), Default: rapid.Bool().Draw(t, "default"), Prefix: drawn(t, "prefix", "", "a", "S", "log-", "zz"), Limit: rapid.IntRange(1, 60).Draw(t, "limit")}
	word := func(d dossier.DependentRow) string { return fmt.Sprintf("%+v", d) }
	want := keep(whole.Top, func(d dossier.DependentRow) bool {
		return (f.Kind == "" || f.Kind == d.Kind) && (!f.Default || d.Default) && starts(d.Crate, f.Prefix)
	}, word)
	if whole.Next != "" {
		t.Fatalf("%s has more dependents than one page holds", name)
	}
	same(t, fmt.Sprintf("%s %+v", name, f), walk(t, func(after string) (dossier.Page[dossier.DependentRow], error) {
		f.After = after
		d, err := r.CrateDependents(ctx, name, f)
		if d != nil && (d.Matching != len(want) || d.AnyVersion != whole.AnyVersion || d.Default != whole.Default) {
			t.Fatalf("counts %d %d %d, want %d %d %d", d.Matching, d.AnyVersion, d.Default, len(want), whole.AnyVersion, whole.Default)
		}
		return dossier.Page[dossier.DependentRow]{Section: d.Section, Rows: d.Top, Next: d.Next}, err
	}, word), want)
}

// loginID is the account of a login of the demo.
func loginID(ctx context.Context, t *rapid.T, r crateRig) int32 {
	return must(r.AccountsByLogin(ctx, drawn(t, "login", "mirelund", "saltmarsh", "nameharvest")))[0].ID
}

func publishesProperty(ctx context.Context, t *rapid.T, r crateRig) {
	id := loginID(ctx, t, r)
	whole := must(r.AccountPublishes(ctx, id, dossier.AccountPublishFilter{Limit: 400})).Rows
	f := dossier.AccountPublishFilter{Method: anyMethod(t), State: drawn(t, "state", "", "live", "yanked"), Prefix: drawn(t, "prefix", "", "a", "ARRAY", "zz"), Limit: rapid.IntRange(1, 60).Draw(t, "limit")}
	want := keep(whole, func(v dossier.VersionRow) bool {
		return (f.Method == "" || f.Method == string(v.Method)) && (f.State == "" || v.Yanked == (f.State == "yanked")) && starts(v.Crate, f.Prefix)
	}, versionInWords)
	same(t, fmt.Sprintf("%d %+v", id, f), walk(t, func(after string) (dossier.Page[dossier.VersionRow], error) {
		f.After = after
		return r.AccountPublishes(ctx, id, f)
	}, versionInWords), want)
}

func ownedProperty(ctx context.Context, t *rapid.T, r crateRig) {
	ask := r.AccountCrates
	id := loginID(ctx, t, r)
	if rapid.Bool().Draw(t, "team") {
		ask, id = r.TeamCrates, rapid.Int32Range(1, 5).Draw(t, "id")
	}
	f := dossier.OwnedFilter{State: drawn(t, "state", "", "live", "all-yanked", "empty"), Prefix: drawn(t, "prefix", "", "a", "S", "zz"), Former: rapid.Bool().Draw(t, "former"), Limit: rapid.IntRange(1, 60).Draw(t, "limit")}
	whole := must(ask(ctx, id, dossier.OwnedFilter{Former: f.Former, Limit: 500})).Rows
	word := func(c dossier.OwnedCrate) string { return c.Name }
	want := keep(whole, func(c dossier.OwnedCrate) bool {
		state := map[string]bool{"": true, "live": c.Versions > 0 && !c.AllYanked, "all-yanked": c.AllYanked, "empty": c.Empty}
		return state[f.State] && starts(c.Name, f.Prefix)
	}, word)
	same(t, fmt.Sprintf("%d %+v", id, f), walk(t, func(after string) (dossier.Page[dossier.OwnedCrate], error) {
		// The keys of former crates lead on by themselves.
		f.After, f.Former = after, f.Former && after == ""
		page, err := ask(ctx, id, f)
		if page.Total != len(want) {
			t.Fatalf("total %d, want %d", page.Total, len(want))
		}
		return page, err
	}, word), want)
}

func deletedProperty(ctx context.Context, t *rapid.T, r crateRig) {
	whole := must(r.Names(ctx, dossier.NameFilter{Kind: "deleted", Limit: 500})).Deleted.Rows
	f := dossier.NameFilter{Kind: "deleted", Available: drawn(t, "available", "", "yes", "no"), Limit: rapid.IntRange(1, 20).Draw(t, "limit")}
	word := func(d dossier.DeletedName) string { return fmt.Sprint(d.Name, d.DeletedAt) }
	want := keep(whole, func(d dossier.DeletedName) bool { return f.Available == "" || d.Available == (f.Available == "yes") }, word)
	same(t, fmt.Sprintf("%+v", f), walk(t, func(after string) (dossier.Page[dossier.DeletedName], error) {
		f.After = after
		n, err := r.Names(ctx, f)
		return n.Deleted, err
	}, word), want)
}

// TestFilterCostsNoStatement holds filtered lists to the statements of whole
// ones.
func TestFilterCostsNoStatement(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	ctx := t.Context()
	for what, ask := range map[string][2]func() error{
		"versions": {func() error { _, err := r.CrateVersions(ctx, "foo", dossier.VersionFilter{}); return err },
			func() error {
				_, err := r.CrateVersions(ctx, "foo", dossier.VersionFilter{Method: "token", State: "live", Publisher: "alice", Num: "1", Pre: "without"})
				return err
			}},
		"dependents": {func() error { _, err := r.CrateDependents(ctx, "foo", dossier.DependentFilter{}); return err },
			func() error {
				_, err := r.CrateDependents(ctx, "foo", dossier.DependentFilter{Kind: "dev", Default: true, Prefix: "e"})
				return err
			}},
		"publishes": {func() error { _, err := r.AccountPublishes(ctx, 5, dossier.AccountPublishFilter{}); return err },
			func() error {
				_, err := r.AccountPublishes(ctx, 5, dossier.AccountPublishFilter{Method: "account", State: "live", Prefix: "grab"})
				return err
			}},
		"crates": {func() error { _, err := r.AccountCrates(ctx, 5, dossier.OwnedFilter{}); return err },
			func() error {
				_, err := r.AccountCrates(ctx, 5, dossier.OwnedFilter{State: "empty", Prefix: "grab"})
				return err
			}},
		"team": {func() error { _, err := r.TeamCrates(ctx, 1, dossier.OwnedFilter{}); return err },
			func() error {
				_, err := r.TeamCrates(ctx, 1, dossier.OwnedFilter{State: "live", Former: true})
				return err
			}},
		"names": {func() error { _, err := r.Names(ctx, dossier.NameFilter{}); return err },
			func() error { _, err := r.Names(ctx, dossier.NameFilter{Available: "no"}); return err }},
	} {
		var took [2]int64
		for i := range ask {
			before := r.count.n.Load()
			if err := ask[i](); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			took[i] = int64(r.count.n.Load()) - int64(before)
		}
		equal(t, what, took[1], took[0])
	}
}

// TestFilterRefusesUnknownWords shows that a word that a list does not have is
// never taken for "everything".
func TestFilterRefusesUnknownWords(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	ctx, long := t.Context(), strings.Repeat("x", 161)
	for _, f := range []dossier.VersionFilter{{Method: "magic"}, {State: "all-yanked"}, {Pre: "yes"}, {Num: long}, {Publisher: long}} {
		_, err := r.CrateVersions(ctx, "foo", f)
		equal(t, fmt.Sprintf("%+v", f), cratewarden.KindOf(err), cratewarden.Invalid)
	}
	for _, f := range []dossier.DependentFilter{{Kind: "kind 3"}, {Prefix: long}} {
		_, err := r.CrateDependents(ctx, "foo", f)
		equal(t, fmt.Sprintf("%+v", f), cratewarden.KindOf(err), cratewarden.Invalid)
	}
	for _, f := range []dossier.AccountPublishFilter{{Method: "Token"}, {State: "empty"}, {Prefix: long}} {
		_, err := r.AccountPublishes(ctx, 5, f)
		equal(t, fmt.Sprintf("%+v", f), cratewarden.KindOf(err), cratewarden.Invalid)
	}
	for _, f := range []dossier.OwnedFilter{{State: "yanked"}, {Prefix: long}} {
		_, err := r.AccountCrates(ctx, 5, f)
		equal(t, fmt.Sprintf("%+v", f), cratewarden.KindOf(err), cratewarden.Invalid)
		_, err = r.TeamCrates(ctx, 1, f)
		equal(t, fmt.Sprintf("team %+v", f), cratewarden.KindOf(err), cratewarden.Invalid)
	}
	for _, f := range []dossier.NameFilter{{Available: "perhaps"}, {Kind: "reserved", Available: "yes"}} {
		_, err := r.Names(ctx, f)
		equal(t, fmt.Sprintf("%+v", f), cratewarden.KindOf(err), cratewarden.Invalid)
	}
	_, err := r.Files(ctx, "foo", "1.0.0", dossier.FileFilter{Kind: "image"})
	equal(t, "files", cratewarden.KindOf(err), cratewarden.Invalid)
	equal(t, "sentence", cratewarden.MessageOf(err), "There is no such kind of file. Choose text or binary.")
}

// TestMethodsAreNotInADump: a dump leaves out how versions were published, so
// a filter for it says that and does not answer "none".
func TestMethodsAreNotInADump(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	equal(t, "versions", must(r.CrateVersions(t.Context(), "foo", dossier.VersionFilter{Method: "token"})).Absent, cratewarden.NotInDump)
	equal(t, "publishes", must(r.AccountPublishes(t.Context(), 1, dossier.AccountPublishFilter{Method: "token"})).Absent, cratewarden.NotInDump)
	equal(t, "yanked ones", len(must(r.CrateVersions(t.Context(), "foo", dossier.VersionFilter{State: "yanked"})).Rows), 1)
}

// TestFilesFiltered lists part of an archive and says how much there is.
func TestFilesFiltered(t *testing.T) {
	t.Parallel()
	r := storedLab(t)
	for f, want := range map[dossier.FileFilter]string{{Kind: "binary"}: "tool.bin", {Marked: true}: "build.rs src/lib.rs tool.bin", {Kind: "text", Marked: true}: "build.rs src/lib.rs"} {
		files := must(r.Files(t.Context(), "lab", "0.6.0", f))
		got := keep(files.Rows, func(dossier.ArchiveFile) bool { return true }, func(x dossier.ArchiveFile) string { return x.Path })
		equal(t, fmt.Sprintf("%+v", f), strings.Join(got, " "), want)
		equal(t, "all", files.Total, len(must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{})).Rows))
	}
}
