package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"cratewarden/demo"
	"cratewarden/web/webtest"
)

// signedIn is done when the browser that the journeys share is signed in.
var signedIn sync.Once

// site is the real program on the demo registry, as Ada's browser sees it.
func site(t *testing.T) *webtest.Site {
	t.Helper()
	s := &webtest.Site{URL: demoAddress(t)}
	signedIn.Do(func() { become(t, s.Open(t, "/sign-in"), "Ada") })
	return s
}

// become signs in with the one click of a demo.
func become(t *testing.T, p *webtest.Page, name string) {
	t.Helper()
	presses(t, p, name)
	until(t, p, `document.querySelector("h1")?.textContent.trim() !== "Sign in"`, "true")
}

// until waits until an expression has a value on a page that is whole.
func until(t *testing.T, p *webtest.Page, expression, want string) {
	t.Helper()
	var got string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = webtest.Eval[string](p, `String(document.readyState === "complete" && `+expression+`)`); got == want {
			return
		}
	}
	t.Fatalf("%s at %s is %q, not %q; the page says: %.1500s", expression, webtest.Eval[string](p, "location.pathname"), got, want, webtest.Eval[string](p, "document.querySelector('main')?.innerText ?? ''"))
}

// presses clicks the first button or link with these words that can be seen.
func presses(t *testing.T, p *webtest.Page, words string) {
	t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button, a.button, summary")].find(e => e.textContent.trim() === %q && e.offsetParent && e.getAttribute("aria-disabled") !== "true")`, words)
	until(t, p, find+" !== undefined", "true")
	webtest.Eval[bool](p, "("+find+".click(), true)")
}

// fills writes a text into a field.
func fills(p *webtest.Page, selector, text string) {
	webtest.Eval[bool](p, fmt.Sprintf(`((e, text) => { e.value = text; e.dispatchEvent(new Event("input", {bubbles: true})); return true })(document.querySelector(%q), %q)`, selector, text))
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

// Everything that matters must be reachable when scripts are off: signing in is
// a form, so is the search box, lists are links.
func TestJourneyWithoutScripts(t *testing.T) {
	t.Parallel()
	p := (&webtest.Site{URL: demoAddress(t)}).OpenAlone(t, "/about")
	p.Scripts(false)
	p.Go("/search?q=arraykit")
	become(t, p, "Audrey") // no story lists her sessions, whose browser has a number like an address
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

// picture is a page whose picture stands under docs/.
type picture struct {
	path string
	// alone shows it to a browser that is not signed in.
	alone bool
	// then leads from the path to the page that is meant; nil for the page itself.
	then func(t *testing.T, p *webtest.Page)
	// complains is what the browser may say, such as that an answer was a refusal.
	complains string
	// dressed pages stand in the docs in two widths and colours.
	dressed bool
}

// pictured are the pages whose pictures stand under docs/, and all are held to
// the accessibility rules at two widths and in both schemes.
func pictured(d deeds) map[string]picture {
	return map[string]picture{
		"home": {path: "/", then: func(t *testing.T, p *webtest.Page) {
			wantText(t, p, "apply it without a second person", "waits for a second person", "Broken glass:") // see doDeeds
		}},
		"search":           {path: "/search?q=array"},
		"publishes":        {path: "/publishes"},
		"crate":            {path: "/crates/arraykit", dressed: true},
		"crate-versions":   {path: "/crates/arraykit/versions"},
		"crate-dependents": {path: "/crates/arraykit/dependents"},
		"version":          {path: "/crates/arraykit/0.3.10", dressed: true},
		"version-files":    {path: "/crates/macro-loom1/1.0.87/files"},
		"file":             {path: "/crates/macro-loom1/1.0.87/files/build.rs"},
		"diff":             {path: "/crates/macro-loom1/1.0.87/diff"},
		"account":          {path: "/accounts?login=mirelund"},
		"squatter":         {path: "/accounts?login=nameharvest"},
		"names":            {path: "/names?q=arraykit"},
		"tokens":           {path: "/tokens"},
		"jobs":             {path: "/jobs"},
		"status":           {path: "/status"},
		"about":            {path: "/about"},
		"missing":          {path: "/crates/no-such-crate-at-all", complains: "404"},

		"sign-in":      {path: "/sign-in", alone: true},
		"you":          {path: "/you"},
		"device":       {path: "/device"},
		"people":       {path: "/people"},
		"person":       {path: "/people/" + d.person},
		"rules":        {path: "/rules"},
		"notices":      {path: "/notices"},
		"open":         {path: "/open?what=mail&subject=" + d.account},
		"plans":        {path: "/plans"},
		"plan-form":    {path: "/plans/new?do=version.yank&crate=arraykit"},
		"plan-demands": {path: "/plans/" + d.demands, dressed: true},
		"plan-applied": {path: "/plans/" + d.applied},
		"confirm": {path: "/plans/" + d.ready, complains: "403", then: func(t *testing.T, p *webtest.Page) {
			presses(t, p, "Apply the plan")
			until(t, p, `document.querySelector("h1")?.textContent.trim()`, "Confirm it is you")
		}},
		"batch": {path: "/plans/batch?lines=avenvine@0.1.1,minimember@0.1.0,logpress-mini,allerone@0.1.0,no-such-crate", then: func(t *testing.T, p *webtest.Page) {
			presses(t, p, "Look them up")
			until(t, p, `document.body.innerText.includes("Not found")`, "true")
			if typed := webtest.Eval[string](p, `document.querySelector("#batch-lines").value`); strings.Contains(typed, "U+") {
				t.Errorf("what was typed comes back as %q", typed)
			}
		}},
		"break-glass": {path: "/break-glass/1"},
		"ledger":      {path: "/ledger"},
		"evidence":    {path: "/evidence/" + d.sealed},

		"incidents":         {path: "/incidents"},
		"incident-new":      {path: "/incidents/new?subject=crate:macro-loom1"},
		"incident":          {path: "/incidents/" + d.worked, dressed: true},
		"incident-proposal": {path: "/incidents/" + d.worked + "/proposal"},
		"incident-timeline": {path: "/incidents/" + d.worked + "/timeline"},
		"incident-facts":    {path: "/incidents/" + d.worked + "/figures"},
		"incident-drafts":   {path: "/incidents/" + d.worked + "/drafts"},
		"incident-draft":    {path: "/incidents/" + d.worked + "/drafts/" + d.draft},
		"incident-after":    {path: "/incidents/" + d.worked + "/after"},
		"incident-months":   {path: "/incidents/months"},
		"drills":            {path: "/drills"},
		"blast":             {path: "/crates/macro-loom1/blast?version=1.0.87"},
	}
}

func TestJourneyEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	s := site(t)
	doneDeeds.Do(func() { doneDeeds.deeds = doDeeds(t) })
	for name, c := range pictured(doneDeeds.deeds) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := s.Open
			if c.alone {
				open = s.OpenAlone
			}
			p := open(t, "/about")
			if c.complains != "" {
				p.Expect(c.complains)
			}
			p.Go(c.path)
			if c.then != nil {
				c.then(t, p)
			}
			look := p.Fits
			if c.dressed {
				look = p.Screenshot
			}
			p.Screenshot(name, 1440, "light")
			p.CheckAxe()
			look(name, 390, "dark")
			p.CheckAxe()
			look(name, 1440, "dark")
		})
	}
}
