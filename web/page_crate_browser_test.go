package web

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"cratewarden/web/webtest"
)

// TestDossiersInTheBrowser looks at every view of a crate and a version: no
// complaint of the browser, nothing for axe, no sideways scrolling.
func TestDossiersInTheBrowser(t *testing.T) {
	t.Parallel()
	page := webtest.Serve(t, dossierServer(t, sampleShelf(t))).Open(t, "/crates/arraykit")
	paths := append(views("arraykit", "0.3.10"), "/crates/macro-loom1/1.0.87/files/build.rs", "/crates/macro-loom1/1.0.87/files/Cargo.toml?beside=1", "/crates/macro-loom1/1.0.87/diff", "/crates/macro-loom1/1.0.87/files")
	// Between them these hold every part in every tone.
	dark := map[string]bool{"/crates/arraykit": true, "/crates/arraykit/0.3.10": true, "/crates/macro-loom1/1.0.87/files/build.rs": true, "/crates/macro-loom1/1.0.87/diff": true}
	for _, path := range paths {
		page.Go(path)
		name := "dossier" + strings.NewReplacer("/crates", "", "/", "-", "?", "-", "=", "-").Replace(path)
		page.Screenshot(name, 1440, "light")
		page.CheckAxe()
		page.Screenshot(name, 390, "light")
		page.CheckAxe()
		if dark[path] {
			page.Screenshot(name, 1440, "dark")
			page.CheckAxe()
		}
	}
}

// TestHostileDossiersInTheBrowser shows the same for evil texts: nothing runs,
// and even then no page is wider than a phone.
func TestHostileDossiersInTheBrowser(t *testing.T) {
	t.Parallel()
	page := webtest.Serve(t, dossierServer(t, hostileShelf(true))).Open(t, "/crates/evil")
	for _, path := range append(views("evil", "1.0.0"), "/crates/evil/1.0.0/files/x") {
		page.Go(path)
		page.Screenshot("hostile"+strings.ReplaceAll(path, "/", "-"), 390, "light")
		if n := webtest.Eval[int](page, `document.querySelectorAll("main script, main img").length`); n > 0 {
			t.Errorf("%s: %d elements came out of a text", path, n)
		}
	}
}

// TestReadingByKeyboard walks from a crate to a changed line without a mouse.
func TestReadingByKeyboard(t *testing.T) {
	t.Parallel()
	page := webtest.Serve(t, dossierServer(t, sampleShelf(t))).Open(t, "/crates/arraykit/versions")
	page.Press("j")
	eventually(t, page, focused, "0.3.10")
	page.Press(kb.Enter)
	eventually(t, page, "location.pathname", "/crates/arraykit/0.3.10")
	page.Go("/crates/macro-loom1/1.0.87/files/build.rs#L6")
	eventually(t, page, `document.querySelector("tr:target").id`, "L6")
}
