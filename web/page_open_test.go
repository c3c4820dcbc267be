package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/opening"
	"cratewarden/registry"
	"cratewarden/telemetry/logtest"
)

const privateMail = "one@private.example"

// opener is a console on a real ledger and registry, where masked data can be
// opened. Whatever it logs, no line may be private.
func opener(t testing.TB, d *doorman) (*Server, *vault, *logtest.Log) {
	t.Helper()
	v, log := newVault(t), logtest.New(t)
	s := evidenceServer(t, v, func(c *Config) {
		c.Auth, c.Ledger, c.Log = d, v.book.Log, log.Logger()
		c.Openings = opening.New(opening.Config{Registry: registry.New(registry.Config{Pool: v.registry}), Console: v.book.db, Ledger: v.book.Log, Evidence: v.Service})
	})
	return s, v, log
}

func asResponder() *doorman {
	return as(action.Actor{ID: "ada", Name: "Ada", Roles: []cratewarden.Role{cratewarden.Responder}, Session: "s1"})
}

func TestOpenPage(t *testing.T) {
	t.Parallel()
	s, v, log := opener(t, asResponder())
	answer := ask(s, "GET", "/open?what=mail&subject=1", nil)
	reads(t, "the form", body(t, answer), `action="/open"`, `name="what" value="mail"`, `name="subject" value="1"`, `name="reason"`, "!"+privateMail, "!aria-disabled")
	form := url.Values{"what": {"mail"}, "subject": {"1"}, "reason": {"short"}}
	answer = send2(s, "/open", form, nil)
	if text := body(t, answer); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("without a reason: %d", answer.StatusCode)
	} else {
		reads(t, "the form again", text, "at least 10 letters", "short", "!"+privateMail)
	}
	form.Set("reason", "to write to the owner")
	answer = send2(s, "/open", form, nil)
	text := body(t, answer)
	reads(t, "the answer", text, privateMail, `href="/ledger/0"`, "Shown once")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Location") != "" || strings.Contains(text, "<form class=\"pad stack\"") {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	// Colleagues see who, when and why, never what; on the form and by the filter.
	for _, path := range []string{"/open?what=mail&subject=1", "/ledger?kind=opening&subject=account:1", "/ledger/0"} {
		reads(t, path, body(t, ask(s, "GET", path, nil)), "Ada", "!"+privateMail)
	}
	reads(t, "the reason", body(t, ask(s, "GET", "/open?what=mail&subject=1", nil)), "to write to the owner")
	page, err := v.book.List(t.Context(), ledger.Filter{})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Kind != ledger.Opening || page.Entries[0].Session != "s1" {
		t.Errorf("%+v %v", page, err)
	}
	log.Secret(privateMail)
	if !strings.Contains(log.String(), "POST /open") {
		t.Error("nothing was logged: the test of the log proves nothing")
	}
}

// GET never opens, foreign pages never do, and nobody without the rule.
func TestOpenPageIsGuarded(t *testing.T) {
	t.Parallel()
	d := asResponder()
	s, v, _ := opener(t, d)
	form := url.Values{"what": {"mail"}, "subject": {"1"}, "reason": {"to write to the owner"}}
	if text := body(t, ask(s, "GET", "/open?"+form.Encode(), nil)); strings.Contains(text, privateMail) {
		t.Error("GET opens")
	}
	if answer := send2(s, "/open", form, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); answer.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %d", answer.StatusCode)
	}
	d.refuse["personal.open"] = &access.Denied{Act: "personal.open", Denials: []access.Denial{{Rule: access.RuleRole, Why: "It takes the role responder or remover."}}}
	for _, f := range []url.Values{form, {}} {
		answer := send2(s, "/open", f, nil)
		if text := body(t, answer); answer.StatusCode != http.StatusForbidden || strings.Contains(text, privateMail) {
			t.Errorf("refused: %d", answer.StatusCode)
		}
	}
	reads(t, "the form", body(t, ask(s, "GET", "/open?what=mail&subject=1", nil)), "It takes the role responder or remover.", `aria-disabled="true"`)
	// Even if the gate were open, the service asks again.
	delete(d.refuse, "personal.open")
	d.visitor.Actor.Roles = []cratewarden.Role{cratewarden.Policy}
	if text := body(t, send2(s, "/open", form, nil)); strings.Contains(text, privateMail) {
		t.Error("policy sees mail addresses")
	}
	page, err := v.book.List(t.Context(), ledger.Filter{Kind: ledger.Opening})
	if err != nil || len(page.Entries) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	if local := evidenceServer(t, v, func(c *Config) { c.Auth, c.Openings = nil, opening.New(opening.Config{}) }); ask(local, "GET", "/open?what=mail&subject=1", nil).StatusCode != http.StatusNotFound {
		t.Error("a console without sign-in offers to open")
	}
}

func TestOpenPartOfABundle(t *testing.T) {
	t.Parallel()
	s, v, log := opener(t, asResponder())
	b := v.seal(t, evidence.Request{Users: []int32{1}, Incident: "I-1", Reason: "test"})
	open := address("/open", "what", "part", "subject", b.Digest.String(), "part", "rows/emails.jsonl")
	reads(t, "the bundle", body(t, ask(s, "GET", evidenceURL(b.Digest), nil)), strings.ReplaceAll(open, "&", "&amp;"))
	reads(t, "the form", body(t, ask(s, "GET", open, nil)), `action="`+evidenceURL(b.Digest)+`/open"`, `value="rows/emails.jsonl"`)
	form := url.Values{"part": {"rows/emails.jsonl"}, "reason": {"x"}}
	if answer := send2(s, evidenceURL(b.Digest)+"/open", form, nil); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("without a reason: %d", answer.StatusCode)
	}
	form.Set("incident", "I-1")
	answer := send2(s, evidenceURL(b.Digest)+"/open", form, nil)
	if text := body(t, answer); !strings.Contains(text, privateMail) || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") || answer.Header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
	reads(t, "the ledger", body(t, ask(s, "GET", "/ledger?kind=opening", nil)), "Ada", "!"+privateMail)
	log.Secret(privateMail)
}
