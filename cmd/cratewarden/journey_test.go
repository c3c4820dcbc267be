package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"cratewarden/demo"
	"cratewarden/web/webtest"
)

// site is the real program on the demo registry, as a browser sees it.
func site(t *testing.T) *webtest.Site {
	t.Helper()
	return &webtest.Site{URL: demoAddress(t)}
}

// body is the page's text as a person reads it.
func body(p *webtest.Page) string { return webtest.Eval[string](p, "document.body.innerText") }

func wantText(t *testing.T, p *webtest.Page, texts ...string) {
	t.Helper()
	have := body(p)
	for _, text := range texts {
		if !strings.Contains(have, text) {
			t.Errorf("%s does not say %q", webtest.Eval[string](p, "location.pathname"), text)
		}
	}
}

// TestJourneyFromAReport is the first look of a responder at night: a report
// names a crate; with the keyboard to its page, to the newest version, to what
// changed, to the dropper's build script, to the account.
func TestJourneyFromAReport(t *testing.T) {
	t.Parallel()
	p := site(t).Open(t, "/")
	p.Look(1440, "light")
	p.Press("/")
	p.Press("arraykit" + kb.Enter)
	p.Wait("main h1")
	if path := webtest.Eval[string](p, "location.pathname"); path != "/crates/arraykit" {
		p.Click(`main a[href="/crates/arraykit"]`)
		p.Wait(".verdict")
	}
	wantText(t, p, "arraykit", "14 versions")
	p.Click(`main a[href="/crates/arraykit/0.3.10"]`)
	p.Wait(".matrix")
	wantText(t, p, "Published with API token", "yanked 5 other versions", "macro-loom1")
	p.Click(`main a[href="/crates/arraykit/0.3.10/diff"]`)
	p.Wait(".diff")
	wantText(t, p, "macro-loom1", "Cargo.toml")
	p.Go("/crates/macro-loom1/1.0.87/files/build.rs")
	wantText(t, p, "fn main")
	p.Go("/crates/arraykit/0.3.10")
	p.Click(`main a[href^="/accounts/"]`)
	p.Wait("main h1")
	wantText(t, p, "mirelund", "Tokens")
}

// Everything that matters must be reachable when scripts are off: the search
// box is a form, lists are links.
func TestJourneyWithoutScripts(t *testing.T) {
	t.Parallel()
	p := site(t).Open(t, "/about")
	p.Scripts(false)
	p.Go("/search?q=arraykit")
	p.Click(`main a[href="/crates/arraykit"]`)
	p.Wait(".verdict")
	p.Click(`main a[href="/crates/arraykit/0.3.10"]`)
	p.Wait(".matrix")
}

// A pasted credential is answered and neither kept in the page nor in the
// address.
func TestJourneyOfALeakedToken(t *testing.T) {
	t.Parallel()
	p := site(t).Open(t, "/tokens")
	p.Click(`main [name="token"]`)
	p.Press(demo.DemoAPIToken)
	p.Click(`main form button`)
	p.Wait(".verdict")
	wantText(t, p, "saltmarsh")
	html := webtest.Eval[string](p, "document.documentElement.outerHTML + location.href")
	if strings.Contains(html, demo.DemoAPIToken) {
		t.Error("the plaintext is in the page or its address")
	}
}

// pictured are the pages whose pictures stand under docs/, and all are held to
// the accessibility rules at two widths and in both schemes.
func pictured() map[string]string {
	return map[string]string{
		"home":             "/",
		"search":           "/search?q=array",
		"publishes":        "/publishes",
		"crate":            "/crates/arraykit",
		"crate-versions":   "/crates/arraykit/versions",
		"crate-dependents": "/crates/arraykit/dependents",
		"version":          "/crates/arraykit/0.3.10",
		"version-files":    "/crates/macro-loom1/1.0.87/files",
		"file":             "/crates/macro-loom1/1.0.87/files/build.rs",
		"diff":             "/crates/macro-loom1/1.0.87/diff",
		"account":          "/accounts?login=mirelund",
		"squatter":         "/accounts?login=nameharvest",
		"names":            "/names?q=arraykit",
		"tokens":           "/tokens",
		"jobs":             "/jobs",
		"status":           "/status",
		"about":            "/about",
		"missing":          "/crates/no-such-crate-at-all",
	}
}

func TestJourneyEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	s := site(t)
	for name, path := range pictured() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.Open(t, "/about")
			if name == "missing" {
				p.Expect("404")
			}
			p.Go(path)
			look := p.Fits
			if name == "crate" || name == "version" {
				look = p.Screenshot // the docs show two pages in every dress
			}
			p.Screenshot(name, 1440, "light")
			p.CheckAxe()
			look(name, 390, "dark")
			p.CheckAxe()
			look(name, 1440, "dark")
		})
	}
}
