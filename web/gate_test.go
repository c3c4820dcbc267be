package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/auth"
)

// guarded is a server with one page and one form behind the gate; ran counts how
// often their handlers ran.
func guarded(t *testing.T, d *doorman, change ...func(*Config)) (s *Server, ran *[]string) {
	t.Helper()
	ran = &[]string{}
	cfg := Config{Auth: d}
	for _, c := range change {
		c(&cfg)
	}
	note := func(w http.ResponseWriter, r *http.Request) error {
		_ = r.ParseForm()
		*ran = append(*ran, r.Method+" "+r.PostForm.Get("title")+r.PostForm.Get("token"))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return serverWith(t, cfg, route{pattern: "GET /seen", act: "look", handle: note},
		route{pattern: "POST /made", act: "plan.draft", handle: note, limit: "search", secret: []string{"token"}},
		route{pattern: "POST /bound/{id}", act: "plan.apply", purpose: "apply", handle: note}), ran
}

func send2(s *Server, path string, form url.Values, change func(*http.Request)) *http.Response {
	r := httptest.NewRequest("POST", "http://127.0.0.1:8420"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func TestRoutesNeedAnAct(t *testing.T) {
	t.Parallel()
	s := &Server{cfg: Config{}.withDefaults()}
	err := s.build(pageInventory(), templateFiles, route{pattern: "GET /open", handle: s.about})
	if err == nil || !strings.Contains(err.Error(), "GET /open") {
		t.Errorf("a route without an act starts: %v", err)
	}
}

func TestNobodyIsLedToTheSignIn(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.out = true
	s, ran := guarded(t, d)
	answer := ask(s, "GET", "/seen?a=1&b=%2F", nil)
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || to != "/sign-in?back=%2Fseen%3Fa%3D1%26b%3D%252F" {
		t.Errorf("%d to %q", answer.StatusCode, to)
	}
	if answer := ask(s, "GET", "/no/such/page", nil); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("nobody learns which pages there are: %d", answer.StatusCode)
	}
	for header, value := range map[string]string{"HX-Request": "true", "Accept": "text/event-stream"} {
		if answer := ask(s, "GET", "/seen", func(r *http.Request) { r.Header.Set(header, value) }); answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("with %s: %d", header, answer.StatusCode)
		}
	}
	answer = send2(s, "/made?x=1", url.Values{"title": {"a <b> \"title\""}, "step": {"1", "2"}, "token": {"cio-secret"}}, nil)
	text := body(t, answer)
	if answer.StatusCode != http.StatusUnauthorized || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %q", answer.StatusCode, answer.Header.Get("Cache-Control"))
	}
	for _, want := range []string{`action="/made?x=1"`, `name="carried" value="step=1&amp;step=2&amp;title=a&#43;%3Cb%3E&#43;%22title%22"`, "One field is not kept"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(text, "cio-secret") {
		t.Error("a pasted secret is shown again")
	}
	if len(*ran) > 0 {
		t.Errorf("handlers ran: %v", *ran)
	}
}

func TestFrameTellsNobodyAnything(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.out, d.providers = true, []auth.ProviderConfig{{ID: "github", Name: "GitHub"}}
	s, _ := guarded(t, d, func(c *Config) {
		c.Registry.Label = "example registry"
		c.Freshness = func() Freshness { return Freshness{Problem: "mirror trouble"} }
	})
	text := body(t, ask(s, "GET", "/sign-in?back=/plans", nil))
	for _, bad := range []string{"mirror trouble", `href="/about"`, `name="q"`, "Sign out"} {
		if strings.Contains(text, bad) {
			t.Errorf("the sign-in shows %q", bad)
		}
	}
	for _, want := range []string{"example registry", "Sign in with GitHub", `name="back" value="/plans"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the sign-in lacks %q", want)
		}
	}
}

func TestGateAsksBeforeTheHandler(t *testing.T) {
	t.Parallel()
	d := as(looker)
	d.refuse["plan.draft"] = &access.Denied{Act: "plan.draft", Denials: []access.Denial{{Rule: access.RuleRole, Why: "It takes a <role>.", Remedy: "Ask Ada."}, {Rule: access.RuleStepUp, Why: "Changes take a passkey."}}}
	s, ran := guarded(t, d)
	answer := send2(s, "/made", url.Values{"title": {"x"}}, nil)
	text := body(t, answer)
	if answer.StatusCode != http.StatusForbidden || !strings.Contains(text, "It takes a &lt;role&gt;.") || !strings.Contains(text, "Ask Ada.") || !strings.Contains(text, "<code>role</code>") {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	if len(*ran) > 0 || !slices.Contains(d.asked, "plan.draft") {
		t.Errorf("ran %v, asked %v", *ran, d.asked)
	}
}

func TestStepUpCarriesTheFormAlong(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.refuse["plan.draft"] = needsStepUp("plan.draft")
	s, ran := guarded(t, d)
	answer := send2(s, "/made?x=1", url.Values{"title": {"mine"}, "token": {"cio-secret"}}, nil)
	text := body(t, answer)
	for _, want := range []string{"Confirm it is you", `name="confirm.to" value="/made?x=1"`, `name="confirm.ceremony" value="c1"`, `name="carried" value="title=mine"`, `data-passkey="get"`, "userVerification"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if answer.StatusCode != http.StatusForbidden || strings.Contains(text, "cio-secret") || strings.Contains(text, "Confirm as") || len(*ran) > 0 {
		t.Errorf("%d, ran %v", answer.StatusCode, *ran)
	}
	form := url.Values{"confirm.to": {"/made?x=1"}, "confirm.post": {"yes"}, "confirm.ceremony": {"c1"}, "confirm.answer": {`{"id":"k"}`}, "carried": {"title=mine"}}
	answer = send2(s, "/step-up", form, nil)
	if answer.StatusCode != http.StatusTemporaryRedirect || answer.Header.Get("Location") != "/made?x=1" {
		t.Errorf("%d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	if c := answer.Cookies(); len(c) != 1 || c[0].Value != "rotated" || c[0].Name != "__Host-cratewarden" {
		t.Errorf("cookies %v", c)
	}
	if got := d.called(); !slices.Contains(got, `answer c1 {"id":"k"}`) {
		t.Errorf("asked %v", got)
	}
	// The same body goes on to the form, as a browser does with 307.
	if answer = send2(s, "/made?x=1", form, nil); answer.StatusCode != http.StatusNoContent || !slices.Equal(*ran, []string{"POST mine"}) {
		t.Errorf("%d, ran %v", answer.StatusCode, *ran)
	}
}

func TestStepUpThatFailsKeepsTheForm(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.stepUp = cratewarden.Errorf(cratewarden.Refused, "The authenticator did not check who you are.")
	s, _ := guarded(t, d)
	answer := send2(s, "/step-up", url.Values{"confirm.to": {"/made"}, "confirm.post": {"yes"}, "confirm.ceremony": {"c1"}, "confirm.answer": {"{}"}, "carried": {"title=mine&token=cio-secret"}}, nil)
	text := body(t, answer)
	if answer.StatusCode != http.StatusForbidden || !strings.Contains(text, "did not check who you are") || !strings.Contains(text, `name="carried" value="title=mine"`) || strings.Contains(text, "cio-secret") || len(answer.Cookies()) > 0 {
		t.Errorf("%d %s", answer.StatusCode, text)
	}
	if answer := send2(s, "/step-up", url.Values{"confirm.to": {"/made"}, "confirm.post": {"yes"}, "confirm.ceremony": {"c1"}, "confirm.pretend": {"yes"}}, nil); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("pretending outside of a demo: %d", answer.StatusCode)
	}
}

func TestStepUpLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s, ran := guarded(t, as(responder))
	for _, to := range []string{"https://evil.example/made", "//evil.example/made", "/\\evil.example", "/step-up\r\nX: y", "/nowhere", "/sign-out", "javascript:alert(1)", ""} {
		answer := send2(s, "/step-up", url.Values{"confirm.to": {to}, "confirm.post": {"yes"}, "confirm.answer": {"{}"}}, nil)
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%q gives %d to %q", to, answer.StatusCode, answer.Header.Get("Location"))
		}
		answer = send2(s, "/step-up", url.Values{"confirm.to": {to}, "confirm.answer": {"{}"}}, nil)
		if at := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") || strings.Contains(at, "evil") {
			t.Errorf("%q leads to %q", to, at)
		}
	}
	if len(*ran) > 0 {
		t.Error(*ran)
	}
}

func TestBoundStepUpTakesTheDigest(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.refuse["plan.apply"] = needsStepUp("plan.apply")
	s, _ := guarded(t, d, func(c *Config) { c.Pretend = true })
	digest := strings.Repeat("ab", 32)
	text := body(t, send2(s, "/bound/p7", url.Values{"digest": {digest}, "typed": {"3"}}, nil))
	for _, want := range []string{`name="confirm.purpose" value="apply"`, `name="confirm.plan" value="p7"`, `name="confirm.digest" value="` + digest + `"`, `&amp;typed=3"`, "Confirm as Ada"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	answer := send2(s, "/step-up", url.Values{"confirm.to": {"/bound/p7"}, "confirm.post": {"yes"}, "confirm.purpose": {"apply"}, "confirm.plan": {"p7"}, "confirm.digest": {digest}, "carried": {"digest=" + digest + "&typed=3"}, "confirm.pretend": {"yes"}}, nil)
	if c := answer.Cookies(); answer.StatusCode != http.StatusTemporaryRedirect || len(c) != 1 || c[0].Value != "rotated" {
		t.Errorf("%d %v", answer.StatusCode, c)
	}
	if got := d.called(); !slices.Equal(got, []string{"ask apply p7", "pretend step-up apply p7"}) {
		t.Errorf("asked %q", got)
	}
	if answer := send2(s, "/bound/p7", url.Values{"digest": {"xyz"}}, nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("after the step-up: %d", answer.StatusCode)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var asked []string
	no := map[string]bool{}
	s, ran := guarded(t, as(responder), func(c *Config) {
		c.Limit = func(kind, key string) (bool, time.Duration) {
			asked = append(asked, kind+" "+key)
			return !no[key], 90 * time.Second
		}
		c.ClientAddress = func(*http.Request) string { return "203.0.113.7" }
	})
	if answer := send2(s, "/made", nil, nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("within the limit: %d", answer.StatusCode)
	}
	for _, key := range []string{"203.0.113.7", "person p1"} {
		no[key] = true
		answer := send2(s, "/made", nil, nil)
		if text := body(t, answer); answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") != "90" || !strings.Contains(text, "Wait 1 min 30 s") {
			t.Errorf("%s: %d %q", key, answer.StatusCode, answer.Header.Get("Retry-After"))
		}
		no[key] = false
	}
	if len(*ran) != 1 || !slices.Contains(asked, "search 203.0.113.7") {
		t.Errorf("ran %v, asked %v", *ran, asked)
	}
}

func TestLocalViewerOnlyLooks(t *testing.T) {
	t.Parallel()
	ran := 0
	count := func(http.ResponseWriter, *http.Request) error { ran++; return nil }
	s := serverWith(t, Config{}, route{pattern: "GET /x", act: "look", handle: count}, route{pattern: "POST /x", act: "plan.draft", handle: count}, route{pattern: "GET /y", act: "evidence.open", handle: count})
	for want, got := range map[int]int{200: ask(s, "GET", "/x", nil).StatusCode, 403: ask(s, "POST", "/x", nil).StatusCode} {
		if want != got {
			t.Errorf("%d, not %d", got, want)
		}
	}
	if got := ask(s, "GET", "/y", nil).StatusCode; got != 403 || ran != 1 {
		t.Errorf("%d, ran %d", got, ran)
	}
	if text := body(t, ask(s, "GET", "/about", nil)); strings.Contains(text, "local viewer") || strings.Contains(text, "Sign out") {
		t.Error("a console without sign-in names a person")
	}
}

// TestComposingTakesNoPasskey: only the button that makes a plan is the act; a
// value that nobody knows is, too.
func TestComposingTakesNoPasskey(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	d.refuse["plan.draft"] = needsStepUp("plan.draft")
	d.refuse["plan.edit"] = needsStepUp("plan.edit")
	s, f := staff(t, d)
	for _, path := range []string{"/plans", "/plans/batch", "/plans/propose", "/plans/p00draft/edit"} {
		for _, op := range []string{"", "make", "other", "make:1", "Look", "add,make"} {
			if text := body(t, send2(s, path, url.Values{"op": {op}}, nil)); !strings.Contains(text, "Confirm it is you") {
				t.Errorf("%s with op=%q passes", path, op)
			}
		}
	}
	for path, op := range map[string]string{"/plans": "choose", "/plans/batch": "look", "/plans/p00draft/edit": "drop:9"} {
		if text := body(t, send2(s, path, url.Values{"op": {op, "make"}}, nil)); strings.Contains(text, "Confirm it is you") {
			t.Errorf("%s with op=%q takes a passkey", path, op)
		}
	}
	if calls := f.changes(); len(calls) > 0 {
		t.Errorf("changed %q", calls)
	}
}

// TestRoutesAreListed: the table that others cross with every visitor is whole.
func TestRoutesAreListed(t *testing.T) {
	t.Parallel()
	s, _ := staff(t, staffed(responder))
	for _, rt := range s.Routes() {
		if rt.Act == "" || rt.Pattern == "" {
			t.Errorf("%+v", rt)
		}
		rule, _ := access.Of(rt.Act)
		if method, _, _ := strings.Cut(rt.Pattern, " "); method == "POST" && rule.StepUp == access.NoStepUp && !slices.Contains([]string{access.Public, "own.session", "own.step-up", "own.api-token-revoke", "look.token", "look.evidence"}, rt.Act) {
			t.Errorf("%s changes something without a passkey", rt.Pattern)
		}
	}
}

// TestStepUpBeforeAPage goes on to the page, such as a download, and not to a form.
func TestStepUpBeforeAPage(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.refuse["look"] = needsStepUp("look")
	s, ran := guarded(t, d)
	text := body(t, ask(s, "GET", "/seen?a=1", nil))
	reads(t, "the page", text, "Confirm it is you", `name="confirm.to" value="/seen?a=1"`, "!confirm.post")
	answer := send2(s, "/step-up", url.Values{"confirm.to": {"/seen?a=1"}, "confirm.ceremony": {"c1"}, "confirm.answer": {"{}"}}, nil)
	if answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != "/seen?a=1" || len(*ran) > 0 {
		t.Errorf("%d to %q, ran %v", answer.StatusCode, answer.Header.Get("Location"), *ran)
	}
}

// TestForeignFormsDoNothing: whatever another site's page sends stops before
// anybody is asked who it is.
func TestForeignFormsDoNothing(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, f := staff(t, d, func(c *Config) { c.Pretend = true })
	for _, rt := range s.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if method != "POST" {
			continue
		}
		path = strings.NewReplacer("{id}", "p1", "{digest}", "00", "{provider}", "github", "{session}", "s2", "{token}", "t1", "{ceremony}", "c2", "{follow}", "7", "{channel}", "c").Replace(path)
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			answer := send2(s, path, url.Values{"person": {"7"}}, func(r *http.Request) { r.Header.Set(header, value) })
			if answer.StatusCode != http.StatusForbidden || len(answer.Cookies()) > 0 {
				t.Errorf("%s with %s: %d", path, header, answer.StatusCode)
			}
		}
	}
	if calls := append(d.called(), f.changes()...); len(calls) > 0 || len(d.asked) > 0 {
		t.Errorf("asked %q %q", calls, d.asked)
	}
}

// TestIdlePagesStayIdle: a page that renews itself does not keep its session
// alive, and stops when the session ends.
func TestIdlePagesStayIdle(t *testing.T) {
	t.Parallel()
	d := staffed(responder)
	s, _ := staff(t, d)
	for header, quiet := range map[string]bool{"HX-Request": true, "X-Other": false} {
		ask(s, "GET", "/plans/p02approved/live", func(r *http.Request) { r.Header.Set(header, "true") })
		if d.from.Quiet != quiet {
			t.Errorf("%s: quiet %t", header, d.from.Quiet)
		}
	}
	answer := make(chan *http.Response)
	go func() { answer <- ask(s, "GET", "/plans/p02approved/events", nil) }()
	time.Sleep(100 * time.Millisecond)
	d.mu.Lock()
	d.out = true
	d.mu.Unlock()
	select {
	case <-answer:
	case <-time.After(10 * time.Second):
		t.Error("the plan is still followed after the session ended")
	}
}

// TestWithoutAPasskeyThereIsAWayOn: adding one in another tab loses nothing.
func TestWithoutAPasskeyThereIsAWayOn(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.refuse["plan.draft"], d.noKeys = needsStepUp("plan.draft"), true
	s, _ := guarded(t, d)
	reads(t, "the page", body(t, send2(s, "/made?x=1", url.Values{"title": {"mine"}}, nil)), "You have no passkey.", `formaction="/made?x=1"`, `name="carried" value="title=mine"`, "Add a passkey, in another tab")
}
