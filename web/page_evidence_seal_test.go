package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/web/webtest"
)

// sealServer has a real store of evidence and an engine that writes down what
// it is asked.
func sealServer(t testing.TB, who action.Actor) (*Server, *planner) {
	t.Helper()
	f := samplePlans(t)
	v := newVault(t)
	f.sealed = v.seal(t, evidence.Request{Crates: []int32{1}}).Digest
	return planServer(t, f, who, func(c *Config) { c.Evidence = v }), f
}

// TestSealForm seals what is typed, and keeps what was typed when refused.
func TestSealForm(t *testing.T) {
	t.Parallel()
	s, f := sealServer(t, responder)
	if text := body(t, ask(s, "GET", "/evidence", nil)); !strings.Contains(text, `<form class="compose stack" id="seal" method="post"`) || !strings.Contains(text, "Sealed bundles") || !strings.Contains(text, `href="#seal"`) {
		t.Error("the list has no form")
	}
	form := url.Values{"key": {"k"}, "lines": {"arraykit\r\n# none\r\nkernelsmyth@1.0.0"}, "accounts": {"184, 185"}, "incident": {" INC-7 "}, "reason": {"stolen\r\nsession"}}
	answer := ask(s, "POST", "/evidence", post(form))
	want := `seal now {"crates":["arraykit"],"versions":[{"crate":"kernelsmyth","version":"1.0.0"}],"accounts":[184,185],"incident":"INC-7","reason":"stolen\nsession"} true`
	if calls := f.changes(); answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != evidenceURL(f.sealed) || len(calls) != 1 || calls[0] != want {
		t.Fatalf("%d %s %v", answer.StatusCode, answer.Header.Get("Location"), calls)
	}
	f.err = cratewarden.Errorf(cratewarden.NotFound, "arraykit: The registry has no crate of this name.")
	answer = ask(s, "POST", "/evidence", post(form))
	text := body(t, answer)
	for _, want := range []string{"has no crate of this name", "kernelsmyth@1.0.0</textarea>", "184, 185</textarea>", `value="INC-7"`, "session</textarea>"} {
		if !strings.Contains(text, want) {
			t.Errorf("refused, and %q is lost", want)
		}
	}
	if answer.StatusCode != http.StatusNotFound || strings.Contains(text, `name="key" value="k"`) {
		t.Errorf("%d, or the key of before", answer.StatusCode)
	}
	f.err = nil
	for what, x := range map[string][2]string{"lines": {"a b c", "neither a name"}, "accounts": {"nobody", "no account has this login"}, "key": {"", "not whole"}} {
		bad := url.Values{"key": {"k"}, "lines": {"arraykit"}}
		bad.Set(what, x[0])
		if answer := ask(s, "POST", "/evidence", post(bad)); answer.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, answer), x[1]) {
			t.Errorf("%s: %d", what, answer.StatusCode)
		}
	}
	if len(f.changes()) != 2 {
		t.Errorf("%v", f.changes())
	}
}

// TestSealIsOffered: the dossiers lead to the form filled in and to the bundles
// that are there; who may not seal is told why.
func TestSealIsOffered(t *testing.T) {
	t.Parallel()
	s, _ := sealServer(t, responder)
	for page, want := range map[string][]string{
		"/crates/arraykit":                       {`href="/evidence?seal=arraykit">Seal evidence…`, `href="/evidence?subject=crate%3Aarraykit">Sealed evidence of this crate`},
		"/crates/arraykit/0.3.10":                {`href="/evidence?seal=arraykit%400.3.10">Seal evidence…`, `href="/evidence?subject=version%3Aarraykit%400.3.10">Sealed evidence of this version`},
		"/accounts/184":                          {`href="/evidence?account=184">Seal evidence…`},
		"/evidence?seal=arraykit%400.3.10,serde": {"arraykit@0.3.10\nserde</textarea>"},
		"/evidence?account=184":                  {"184</textarea>"},
	} {
		text := body(t, ask(s, "GET", page, nil))
		for _, x := range want {
			if !strings.Contains(text, x) {
				t.Errorf("%s lacks %s", page, x)
			}
		}
	}
	bare := planServer(t, samplePlans(t), responder)
	text := body(t, ask(bare, "GET", "/crates/arraykit", nil))
	if strings.Contains(text, "Sealed evidence") || !strings.Contains(text, "No evidence store is configured") {
		t.Error("without a store there is a line, or no reason")
	}
	viewer, _ := sealServer(t, action.Actor{ID: "v", Name: "Vi", Roles: []cratewarden.Role{cratewarden.Viewer}})
	text = body(t, ask(viewer, "GET", "/evidence?seal=arraykit", nil))
	if strings.Contains(text, `id="seal"`) || !strings.Contains(text, "has none of these roles") || !strings.Contains(text, "Sealed bundles") {
		t.Error("a viewer is not told why")
	}
	only := evidenceServer(t, newVault(t))
	if answer := ask(only, "POST", "/evidence", post(url.Values{"key": {"k"}, "lines": {"a"}})); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("without an engine: %d", answer.StatusCode)
	}
}

// TestHostileSealFormIsInert fills the form with an attacker's text.
func TestHostileSealFormIsInert(t *testing.T) {
	t.Parallel()
	s, f := sealServer(t, responder)
	f.err = cratewarden.Errorf(cratewarden.Refused, "%s", evil)
	for _, answer := range []*http.Response{
		ask(s, "GET", "/evidence?account=x&seal="+url.QueryEscape(evil), nil),
		ask(s, "POST", "/evidence", post(url.Values{"key": {"k"}, "lines": {"arraykit"}, "incident": {evil}, "reason": {evil}})),
	} {
		text := body(t, answer)
		for _, bad := range []string{"<script>", "<img", "ZgotmplZ"} {
			if strings.Contains(text, bad) {
				t.Errorf("%d lets %q through", answer.StatusCode, bad)
			}
		}
	}
}

// TestSealInABrowser goes from a crate's menu to the form and seals.
func TestSealInABrowser(t *testing.T) {
	t.Parallel()
	s, f := sealServer(t, responder)
	p := webtest.Serve(t, s).Open(t, "/crates/arraykit")
	p.Click(`.actmenu summary`)
	p.Click(`.actmenu a[href="/evidence?seal=arraykit"]`)
	eventually(t, p, `document.readyState + (document.querySelector("#seal-lines")?.value || "")`, "completearraykit")
	looks(t, p, "evidence-seal")
	p.Click(`#seal button`)
	eventually(t, p, `document.readyState + location.pathname`, "complete"+evidenceURL(f.sealed))
	if calls := f.changes(); len(calls) != 1 || !strings.Contains(calls[0], `{"crates":["arraykit"]}`) {
		t.Errorf("%v", calls)
	}
	p.Go("/evidence")
	looks(t, p, "evidence-list-form")
}
