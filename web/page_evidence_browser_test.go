package web

import (
	"testing"

	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/web/webtest"
)

// TestEvidencePagesInABrowser verifies a bundle with the button and looks at
// every page wide and narrow, in both colours, with harmless and with hostile
// names; the browser must have nothing to complain about, and axe neither.
func TestEvidencePagesInABrowser(t *testing.T) {
	t.Parallel()
	v := newVault(t)
	whole, damaged := v.seal(t, evidence.Request{Crates: []int32{1}, Plan: "P-1", Incident: "I-1", Reason: "typosquatting"}), v.seal(t, evidence.Request{Crates: []int32{2}})
	p := webtest.Serve(t, evidenceServer(t, v, func(c *Config) { c.Ledger, c.Auth = v.book, as(responder) })).Open(t, "/")
	p.Go(evidenceURL(whole.Digest))
	p.Click(`form[action$="/verify"] button`)
	eventually(t, p, "document.readyState + !!document.body?.textContent.includes('were as they were sealed')", "completetrue")
	_, key := v.part(t, damaged, "rows/crates.jsonl")
	v.put(t, v.store, key, "changed")
	if _, err := v.Check(t.Context(), damaged.Digest, ledger.Entry{Actor: ada}); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"list": "/evidence", "empty": "/evidence?plan=x", "whole": evidenceURL(whole.Digest), "damaged": evidenceURL(damaged.Digest)} {
		p.Go(path)
		looks(t, p, "evidence-"+name)
	}
	p = webtest.Serve(t, evidenceServer(t, evilVault{})).Open(t, "/")
	for name, path := range map[string]string{"list": "/evidence", "bundle": evidenceURL(evilBundle().Digest)} {
		p.Go(path)
		looks(t, p, "evil-evidence-"+name)
	}
	p = webtest.Serve(t, deskServer(t, sampleDesk(t))).Open(t, "/evidence")
	looks(t, p, "evidence-none")
}

// looks pictures a page wide and narrow in both colours, and asks axe each
// time.
func looks(t *testing.T, p *webtest.Page, name string) {
	t.Helper()
	for _, look := range []struct {
		width  int64
		scheme string
	}{{390, "light"}, {390, "dark"}, {1440, "dark"}, {1440, "light"}} {
		p.Screenshot(name, look.width, look.scheme)
		for _, v := range p.Axe() {
			t.Errorf("%s at %d %s: axe: %s", name, look.width, look.scheme, v)
		}
	}
}
