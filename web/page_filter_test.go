package web

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cratewarden/dossier"
	"cratewarden/web/webtest"
)

// noted is a source that remembers the last filter it was asked with.
type noted struct {
	*desk
	shelf *shelf
	mu    sync.Mutex
	last  any
}

func (n *noted) note(f any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = f
}

func (n *noted) Crate(ctx context.Context, name string) (*dossier.Crate, error) {
	return n.shelf.Crate(ctx, name)
}

func (n *noted) Version(ctx context.Context, name, num string) (*dossier.Version, error) {
	return n.shelf.Version(ctx, name, num)
}

func (n *noted) Files(ctx context.Context, name, num string, f dossier.FileFilter) (*dossier.Files, error) {
	return n.shelf.Files(ctx, name, num, f)
}

func (n *noted) File(ctx context.Context, name, num, path string) (*dossier.File, error) {
	return n.shelf.File(ctx, name, num, path)
}

// CrateVersions has one page of rows and a key for more; nothing was published
// by "nobody".
func (n *noted) CrateVersions(ctx context.Context, name string, f dossier.VersionFilter) (dossier.Page[dossier.VersionRow], error) {
	n.note(f)
	if f.Publisher == "nobody" {
		return dossier.Page[dossier.VersionRow]{Total: -1}, nil
	}
	return n.shelf.CrateVersions(ctx, name, f)
}

func (n *noted) CrateDependents(ctx context.Context, name string, f dossier.DependentFilter) (*dossier.Dependents, error) {
	n.note(f)
	out, err := n.shelf.CrateDependents(ctx, name, f)
	out.Next, out.Matching = "5.5", 321
	return out, err
}

func (n *noted) AccountPublishes(ctx context.Context, id int32, f dossier.AccountPublishFilter) (dossier.Page[dossier.VersionRow], error) {
	n.note(f)
	page, err := n.desk.AccountPublishes(ctx, id, f)
	page.Next = "77"
	return page, err
}

func (n *noted) owned(f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error) {
	n.note(f)
	page := n.account.Crates
	page.Next = "f5.5"
	return page, nil
}

func (n *noted) AccountCrates(_ context.Context, _ int32, f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error) {
	return n.owned(f)
}

func (n *noted) TeamCrates(_ context.Context, _ int32, f dossier.OwnedFilter) (dossier.Page[dossier.OwnedCrate], error) {
	return n.owned(f)
}

func (n *noted) Names(ctx context.Context, f dossier.NameFilter) (*dossier.Names, error) {
	n.note(f)
	return n.desk.Names(ctx, f)
}

func filterServer(t *testing.T) (*Server, *noted) {
	n := &noted{desk: sampleDesk(t), shelf: sampleShelf(t)}
	return deskServer(t, n), n
}

// filteredPaths are lists with every filter set, and what must be on the page.
func filteredPaths() map[string][]string {
	return map[string][]string{
		"/crates/arraykit/versions?method=token&state=live&publisher=mirelund&num=0.3&pre=without": {
			`href="/crates/arraykit/versions?after=3.3&amp;method=token&amp;num=0.3&amp;pre=without&amp;publisher=mirelund&amp;state=live"`, `format=csv&amp;method=token&amp;num=0.3`,
			`href="/api/v1/crates/arraykit/versions?method=token&amp;num=0.3&amp;pre=without&amp;publisher=mirelund&amp;state=live"`,
			`<option value="token" selected>`, `<option value="live" selected>`, `name="num" value="0.3"`, `href="/crates/arraykit/versions">Clear`},
		"/crates/arraykit/dependents?kind=build&default=true&prefix=a&limit=7": {
			`after=5.5&amp;default=true&amp;kind=build&amp;limit=7&amp;prefix=a`, `/api/v1/crates/arraykit/dependents?default=true&amp;kind=build&amp;limit=7&amp;prefix=a`, "of 321", `<option value="7" selected>`},
		"/accounts/184/publishes?method=github&state=yanked&prefix=log": {
			`/accounts/184/publishes?after=77&amp;method=github&amp;prefix=log&amp;state=yanked`, `/api/v1/accounts/184/publishes?method=github&amp;prefix=log&amp;state=yanked`, `/accounts/184/publishes?format=csv&amp;method=github`},
		"/accounts/184/crates?state=all-yanked&prefix=log": {`/accounts/184/crates?after=f5.5&amp;prefix=log&amp;state=all-yanked`, `<option value="all-yanked" selected>`, "8 crates · filtered"},
		"/accounts/184/crates?after=f3.3&state=empty":      {`href="/accounts/184/crates?former=true&amp;state=empty"`, `<input type="hidden" name="former" value="true">`, "Crates owned before", `href="/accounts/184/crates?former=true">Clear`},
		"/teams/1/crates?state=live&former=1":              {`/teams/1/crates?after=f5.5&amp;former=true&amp;state=live`, `/api/v1/teams/1/crates?former=true&amp;state=live`, "Crates owned before"},
		"/names?kind=deleted&available=no&q=log":           {`/names?available=no&amp;format=csv&amp;kind=deleted&amp;q=log`, `/api/v1/names?available=no&amp;kind=deleted&amp;q=log`, `<input type="hidden" name="q" value="log">`},
		"/crates/macro-loom1/1.0.87/files?kind=text&marked=true": {
			`/crates/macro-loom1/1.0.87/files/build.rs?kind=text&amp;marked=true`, `/crates/macro-loom1/1.0.87/files?format=csv&amp;kind=text&amp;marked=true`, `/api/v1/crates/macro-loom1/versions/1.0.87/files?kind=text&amp;marked=true`},
	}
}

// TestFiltersStay shows that a filter goes into the form, the next page, and
// both files of the list.
func TestFiltersStay(t *testing.T) {
	t.Parallel()
	s, _ := filterServer(t)
	for path, wants := range filteredPaths() {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		for _, want := range wants {
			if answer.StatusCode != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("%s: %d without %s", path, answer.StatusCode, want)
			}
		}
	}
}

// TestFiltersAreAsked shows how an address is read, in a page and as a file.
func TestFiltersAreAsked(t *testing.T) {
	t.Parallel()
	s, n := filterServer(t)
	for path, want := range map[string]any{
		"/crates/arraykit/versions?method=token&state=yanked&publisher=x&num=1.&pre=only&after=3.3&limit=9": dossier.VersionFilter{After: "3.3", Limit: 9, Method: "token", State: "yanked", Publisher: "x", Num: "1.", Pre: "only"},
		"/crates/arraykit/dependents?kind=dev&default=1&prefix=a":                                           dossier.DependentFilter{Limit: 50, Kind: "dev", Default: true, Prefix: "a"},
		"/accounts/184/publishes?method=session&state=live&prefix=b":                                        dossier.AccountPublishFilter{Limit: 50, Method: "session", State: "live", Prefix: "b"},
		"/accounts/184/crates?state=live":                                                                   dossier.OwnedFilter{Limit: 50, State: "live"},
		"/teams/1/crates?prefix=c&after=f3.3":                                                               dossier.OwnedFilter{After: "f3.3", Limit: 50, Prefix: "c", Former: true},
		"/names?kind=deleted&available=yes":                                                                 dossier.NameFilter{Kind: "deleted", Available: "yes", Limit: 50},
	} {
		if _ = body(t, ask(s, "GET", path, nil)); n.last != want {
			t.Errorf("%s was read as %+v", path, n.last)
		}
	}
	for path, want := range map[string]string{"/crates/macro-loom1/1.0.87/files?format=csv&marked=true": "build.rs", "/crates/arraykit/versions?format=csv&publisher=nobody": "crate,version"} {
		if text := body(t, ask(s, "GET", path, nil)); !strings.Contains(text, want) || strings.Contains(text, "README") || strings.Contains(text, "arraykit,") {
			t.Errorf("%s holds\n%s", path, text)
		}
	}
}

// TestFiltersRefuse shows that a word nobody knows is a page that says so.
func TestFiltersRefuse(t *testing.T) {
	t.Parallel()
	s, _ := filterServer(t)
	for path, says := range map[string]string{
		"/crates/arraykit/versions?method=magic": "must be one of token, session", "/crates/arraykit/versions?state=gone": "must be one of live, yanked", "/crates/arraykit/versions?pre=yes": "must be one of only, without",
		"/crates/arraykit/versions?publisher=" + strings.Repeat("x", 101): "100 bytes at most", "/crates/arraykit/dependents?kind=test": "must be one of normal, build, dev", "/crates/arraykit/dependents?default=maybe": "true or false",
		"/accounts/184/publishes?state=empty": "must be one of live, yanked", "/accounts/184/crates?state=yanked": "must be one of live, all-yanked, empty", "/teams/1/crates?state=x": "must be one of", "/teams/1/crates?former=x": "true or false",
		"/names?kind=deleted&available=maybe": "must be one of yes, no", "/names?available=yes": "kind=deleted", "/names?kind=reserved&available=yes": "kind=deleted", "/crates/macro-loom1/1.0.87/files?kind=image": "must be one of text, binary",
	} {
		answer := ask(s, "GET", path, nil)
		if text := body(t, answer); answer.StatusCode != http.StatusBadRequest || !strings.Contains(text, says) {
			t.Errorf("%s: %d without %q", path, answer.StatusCode, says)
		}
	}
}

// TestFilterWithoutRows leaves the way back open.
func TestFilterWithoutRows(t *testing.T) {
	t.Parallel()
	s, _ := filterServer(t)
	for path, back := range map[string]string{"/crates/arraykit/versions?publisher=nobody": `href="/crates/arraykit/versions"`, "/crates/macro-loom1/1.0.87/files/build.rs?kind=binary": `href="/crates/macro-loom1/1.0.87/files/build.rs"`} {
		text := body(t, ask(s, "GET", path, nil))
		if !strings.Contains(text, "passes the filter") || !strings.Contains(text, back) || !strings.Contains(text, `<form class="filter"`) {
			t.Errorf("%s has no way back", path)
		}
	}
}

// TestFiltersInTheBrowser looks at every filtered list, wide and at the width
// of a phone, and uses one form without a script.
func TestFiltersInTheBrowser(t *testing.T) {
	t.Parallel()
	s, _ := filterServer(t)
	page := webtest.Serve(t, s).Open(t, "/about")
	for path := range filteredPaths() {
		name, _, _ := strings.Cut(path, "?")
		page.Go(path)
		page.Screenshot("filter"+strings.ReplaceAll(name, "/", "-"), 1440, "light")
		page.CheckAxe()
		page.Screenshot("filter"+strings.ReplaceAll(name, "/", "-"), 390, "dark")
		page.CheckAxe()
	}
	page.Go("/crates/arraykit/versions?publisher=nobody")
	page.Screenshot("filter-none", 390, "light")
	page.CheckAxe()
	page.Look(1440, "light")
	page.Scripts(false)
	page.Go("/crates/arraykit/versions?state=live")
	page.Click(`.filter button`)
	eventually(t, page, `new URLSearchParams(location.search).get("state")`, "live")
}
