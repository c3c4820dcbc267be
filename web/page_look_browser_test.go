package web

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"cratewarden/dossier"
	"cratewarden/mirror"
	"cratewarden/web/webtest"
)

// pictureName is what a picture of an address is called.
func pictureName(path string) string {
	if path == "/" {
		path = "home"
	}
	return "look-" + strings.Trim(strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-", "+", "-", ":", "-").Replace(path), "-")
}

// TestLookPagesInABrowser looks at every page wide and narrow, in both colours;
// the browser must have nothing to complain about, and axe neither.
func TestLookPagesInABrowser(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	site := webtest.Serve(t, deskServer(t, d))
	p := site.Open(t, "/")
	for _, path := range []string{"/", "/search", "/search?q=log", "/search?q=nothing", "/publishes", "/names", "/names?q=logfern", "/tokens", "/jobs", "/accounts/184", "/accounts/184?view=tokens",
		"/accounts/184?view=publishers", "/accounts/184/crates", "/accounts/184/publishes", "/accounts?login=kumart", "/accounts?login=nobody", "/teams/1", "/status"} {
		p.Go(path)
		for _, look := range []struct {
			width  int64
			scheme string
		}{{390, "light"}, {1440, "dark"}, {1440, "light"}} {
			p.Screenshot(pictureName(path), look.width, look.scheme)
			// The colours differ by scheme, the rest by width.
			if look.width == 1440 && look.scheme == "dark" {
				continue
			}
			for _, v := range p.Axe() {
				t.Errorf("%s at %d %s: axe: %s", path, look.width, look.scheme, v)
			}
		}
	}
	p.Look(1440, "dark")
	for _, path := range []string{"/", "/search?q=log", "/publishes", "/names?q=logfern", "/jobs", "/accounts/184"} {
		p.Go(path)
		p.CheckAxe()
	}
}

// TestHostileListsInABrowser shows evil texts to a real browser, which must not
// complain, run anything, or be pushed sideways.
func TestHostileListsInABrowser(t *testing.T) {
	t.Parallel()
	site := webtest.Serve(t, deskServer(t, hostileDesk(true)))
	p := site.Open(t, "/")
	for _, path := range []string{"/", "/search?q=log", "/publishes?live=off", "/names?q=a", "/jobs", "/accounts/184", "/accounts?login=x", "/teams/1", "/status"} {
		p.Go(path)
		p.Screenshot("evil-"+pictureName(path), 390, "light")
		p.Screenshot("evil-"+pictureName(path), 1440, "dark")
		p.CheckAxe()
	}
}

// TestFromSearchToResult goes from the search box to a crate with keys alone,
// and once more through the palette.
func TestFromSearchToResult(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	d.found.Hits = []mirror.Hit{{Kind: mirror.HitAccount, ID: 184, Label: "arrays", Reason: "the login starts with it"}, {Kind: mirror.HitCrate, ID: 1, Label: "arraykit", Detail: "67,855,062 downloads", Reason: "the name starts with “array”"}}
	p := webtest.Serve(t, deskServer(t, d)).Open(t, "/")
	p.Press("/")
	p.Press("array" + kb.Enter)
	eventually(t, p, "location.pathname + location.search", "/search?q=array")
	eventually(t, p, "document.readyState", "complete")
	p.Press("j")
	eventually(t, p, focused, "arrays")
	p.Press("j")
	eventually(t, p, focused, "arraykit")
	p.Press(kb.Enter)
	eventually(t, p, "location.pathname + document.readyState", "/crates/arraykitcomplete")
	p.Ctrl("k")
	p.Press("array")
	later(t, p, `document.querySelector("#palette-found a") !== null`)
	p.CheckAxe()
	p.Press(kb.ArrowDown)
	p.Press(kb.Enter)
	eventually(t, p, "location.pathname", "/accounts/184")
	p.Go("/search")
	p.Click(".ask input")
	p.Press("arraykit" + kb.Enter)
	eventually(t, p, "location.pathname", "/crates/arraykit")
}

// TestPaletteAsksWhatWasTypedEarly types into the palette before htmx knows it,
// as fast fingers do on a slow machine.
func TestPaletteAsksWhatWasTypedEarly(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.found.Hits = []mirror.Hit{{Kind: mirror.HitCrate, ID: 1, Label: "arraykit", Detail: "67,855,062 downloads", Reason: "the name starts with “array”"}}
	p := webtest.Serve(t, deskServer(t, d)).Open(t, "/")
	later(t, p, `document.querySelector("#palette-input").hasAttribute("data-htmx-powered")`)
	p.Ctrl("k")
	webtest.Eval[bool](p, `(() => {
		const known = document.querySelector("#palette-input"), unknown = known.cloneNode();
		unknown.removeAttribute("data-htmx-powered");
		unknown.value = "array";
		known.replaceWith(unknown);
		htmx.process(unknown.form);
		return true;
	})()`)
	later(t, p, `document.querySelector("#palette-found a")?.textContent.includes("arraykit") === true`)
}

// later waits longer than eventually, for what a page does every few seconds.
func later(t *testing.T, p *webtest.Page, expression string) {
	t.Helper()
	for range 80 {
		if webtest.Eval[bool](p, expression) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("never came true: %s", expression)
}

// TestFeedFollows leaves the feed open until a version arrives.
func TestFeedFollows(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	p := webtest.Serve(t, deskServer(t, d)).Open(t, "/publishes")
	newest := digits(d.feed.Rows.Rows[0].ID + 1)
	later(t, p, `document.querySelectorAll(".arrived tr").length === 1`)
	later(t, p, `document.querySelector(".follow").getAttribute("hx-get").includes("after=`+newest+`")`)
	if !webtest.Eval[bool](p, `document.querySelector(".feed tbody tr").textContent.includes("99.0.0")`) {
		t.Error("what arrived is not the first row")
	}
	p.CheckAxe()
	p.Screenshot("look-arrived", 1440, "light")
	p.Click(`a[href="/publishes?live=off"]`)
	eventually(t, p, `document.querySelectorAll(".follow").length`, "0")
}

// TestHomeRenewsItself opens the console before the mirror is there.
func TestHomeRenewsItself(t *testing.T) {
	t.Parallel()
	loading, whole := &desk{}, sampleDesk(t)
	loading.home.Mirror.Parts = []mirror.PartStatus{{Part: mirror.PartCrates, State: "loading", Rows: 1200}, {Part: mirror.PartVersions, State: "waiting"}}
	loading.home.Jobs = dossier.Jobs{}
	s := deskServer(t, &turn{loading: loading, desk: whole})
	p := webtest.Serve(t, s).Open(t, "/")
	p.Screenshot("look-home-loading", 1440, "light")
	p.CheckAxe()
	later(t, p, `document.body.textContent.includes("append-log") && !document.querySelector(".again")`)
}

// turn answers with a loading home first.
type turn struct {
	*desk
	loading *desk
	asked   int
}

// Home is loading when it is asked for the first time.
func (t *turn) Home(ctx context.Context) (*dossier.Home, error) {
	t.mu.Lock()
	t.asked++
	first := t.asked == 1
	t.mu.Unlock()
	if first {
		return t.loading.Home(ctx)
	}
	return t.desk.Home(ctx)
}
