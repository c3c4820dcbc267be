package dossier_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
)

func feed(rows []dossier.PublishRow) string {
	var out []string
	for _, p := range rows {
		out = append(out, p.Crate+" "+p.Num)
	}
	return strings.Join(out, ", ")
}

func TestPublishes(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	page := func(f dossier.PublishFilter) dossier.Page[dossier.PublishRow] {
		t.Helper()
		return must(r.Publishes(t.Context(), f)).Rows
	}
	all := page(dossier.PublishFilter{Limit: 400})
	equal(t, "statements", r.count.n.Load(), 1)
	hides(t, "feed", all)
	equal(t, "all", spaced(len(all.Rows), all.Next == "", all.Prev), "18 true 41")
	equal(t, "by account", feed(page(dossier.PublishFilter{Account: 3}).Rows), "foo 1.2.0, evil 0.1.0")
	equal(t, "by method", feed(page(dossier.PublishFilter{Method: "github"}).Rows), "teamwork 1.0.0")
	equal(t, "yanked since", feed(page(dossier.PublishFilter{Yanked: true}).Rows), "gone-bad 0.1.0, foo 1.0.0")
	equal(t, "by prefix", feed(page(dossier.PublishFilter{Prefix: "FO"}).Rows), "foo 1.2.0, foo 1.1.0, foo 1.0.0")
	equal(t, "since", feed(page(dossier.PublishFilter{Since: crateNow.AddDate(0, -1, 0)}).Rows), "foo 1.2.0, evil 0.1.0")
	foo := page(dossier.PublishFilter{Prefix: "foo", Limit: 1})
	equal(t, "marks", marks(foo.Rows[0].Marks), "first with this token, first in 2 y 9 mo, first by this account, publisher locked")
	equal(t, "silence", foo.Rows[0].Silence, crateNow.AddDate(0, 0, -1).Truncate(24*time.Hour).Sub(time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)))
	equal(t, "credential", foo.Rows[0].Credential, "token 4 x")
	seen := 0
	for before, n := "", 0; n == 0 || before != ""; n++ {
		p := page(dossier.PublishFilter{Limit: 5, Before: number(before)})
		seen += len(p.Rows)
		before = p.Next
	}
	equal(t, "pages", seen, 18)
	_, err := r.Publishes(t.Context(), dossier.PublishFilter{Method: "pigeon"})
	equal(t, "method", cratewarden.KindOf(err), cratewarden.Invalid)
	_, err = r.Publishes(t.Context(), dossier.PublishFilter{Since: crateNow, Until: crateNow})
	equal(t, "times", cratewarden.KindOf(err), cratewarden.Invalid)
}

func number(key string) int32 {
	if key == "" {
		return 0
	}
	return int32(must(strconv.Atoi(key)))
}

func TestPublishesInDump(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{} })
	for _, p := range must(r.Publishes(t.Context(), dossier.PublishFilter{})).Rows.Rows {
		if p.MethodLabel != cratewarden.NotInDump || p.Credential != "" || strings.Contains(marks(p.Marks), "method") {
			t.Errorf("%s %s: %s %s %s", p.Crate, p.Num, p.MethodLabel, p.Credential, marks(p.Marks))
		}
	}
	for _, method := range []string{"token", "session", "github", "gitlab", "account", "unknown"} {
		rows := must(r.Publishes(t.Context(), dossier.PublishFilter{Method: method})).Rows
		equal(t, method, spaced(rows.Absent, len(rows.Rows)), cratewarden.NotInDump+" 0")
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	ask := func(text string) *dossier.SearchResult {
		t.Helper()
		return must(r.Search(t.Context(), mirror.Query{Text: text, Mail: true}))
	}
	for text, want := range map[string]string{
		"foo": "crate foo", "user:alice": "account alice", "foo@1.2": "version foo@1.2.0", "team:acme": "team github:acme:core",
		"mistake": "deleted mistake", "token:laptop": "token token 1 s•••••••••••••••••••••", "sha:a5a5a5a5": "version foo@1.2.0",
	} {
		found := ask(text)
		if len(found.Hits) == 0 || spaced(found.Hits[0].Kind, found.Hits[0].Label) != want {
			t.Errorf("%s finds %+v", text, found.Hits)
		}
		hides(t, "search for "+text, found.Hits)
	}
	found := ask("eve.private@mailcove.example")
	equal(t, "by mail", spaced(len(found.Hits), found.Hits[0].Label), "1 eve")
	hides(t, "hits by mail", found.Hits)
	equal(t, "nothing", len(ask("no such thing at all").Hits), 0)
	equal(t, "statements", r.count.n.Load(), 0)
	for _, text := range []string{alicesToken, "token:" + runsToken, "x" + evesToken[:33] + " y"} {
		d, err := r.Search(t.Context(), mirror.Query{Text: text})
		if d != nil || cratewarden.KindOf(err) != cratewarden.Invalid || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("a token is searched for: %v", err)
		}
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, func(c *dossier.Config) { c.Label = "the test registry" })
	d := must(r.Home(t.Context()))
	equal(t, "statements", r.count.n.Load(), 5)
	hides(t, "home", d)
	equal(t, "totals", spaced(d.Registry, d.Crates, d.Versions, d.Accounts, d.Mirror.Ready), "the test registry 16 18 8 true")
	equal(t, "recent", spaced(len(d.Recent), d.Recent[1].Crate, marks(d.Recent[2].Marks)), "12 evil new crate, default")
	equal(t, "deleted", d.Deleted[0].Name+d.Unread(), "mistake")
	dump := peopleRig(t, func(c *dossier.Config) { c.Dump = &dossier.DumpSource{File: "db-dump.tar.gz"} })
	d = must(dump.Home(t.Context()))
	equal(t, "dump", spaced(d.Dump.File, d.Jobs.Absent)+d.Unread(), "db-dump.tar.gz not in the public dump")
}

// TestHomeWithoutDatabase: the page that says what is wrong must answer when
// the registry's database is what is wrong.
func TestHomeWithoutDatabase(t *testing.T) {
	t.Parallel()
	nobody := must(pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable"))
	t.Cleanup(nobody.Close)
	r := peopleRig(t, func(c *dossier.Config) { c.Mirror, c.Registry = readyMirror(t, c.Registry), nobody })
	d := must(r.Home(t.Context()))
	equal(t, "the mirror answers", spaced(d.Crates, d.Versions, d.Accounts, d.Mirror.Ready), "16 18 8 true")
	for what, absent := range map[string]string{
		"downloads": d.DownloadsAbsent, "recent": d.RecentAbsent, "deleted": d.DeletedAbsent, "jobs": d.Jobs.Absent, "rows of jobs": d.Jobs.Rows.Absent, "in a word": d.Unread(),
	} {
		if !strings.Contains(absent, "The database does not answer") {
			t.Errorf("%s: %q", what, absent)
		}
	}
	equal(t, "no list is null", spaced(d.Recent != nil, d.Deleted != nil, d.Jobs.Types != nil), "true true true")
}
