package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"cratewarden/action"
)

func TestPlanFiles(t *testing.T) {
	t.Parallel()
	text, err := parsePlan([]byte("title: t\nsteps:\n- {do: version.yank, crate: 7zip, version: 1.0}\n- {do: name.block, name: a, until: 2027-01-01}\n- {do: token.revoke, token: 12}\n- {do: crate.trustpub_only, crate: a, on: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{"crate":"7zip","do":"version.yank","version":"1.0"}`, `{"do":"name.block","name":"a","until":"2027-01-01T00:00:00Z"}`,
		`{"do":"token.revoke","token":12}`, `{"crate":"a","do":"crate.trustpub_only","on":true}`}
	for i, w := range want {
		if got := string(text.Steps[i]); got != w {
			t.Errorf("%s, want %s", got, w)
		}
	}
	if _, err := action.NewCatalogue().Decode(text.Steps); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "steps: 7", "a: b", "steps: []\nsteps: []", "x: &a [1]\nsteps: [*a]", "steps: [\n", strings.Repeat("[", 40) + strings.Repeat("]", 40)} {
		if _, err := parsePlan([]byte(bad)); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

func FuzzPlanFiles(f *testing.F) {
	f.Add([]byte("title: t\nsteps:\n- {do: version.yank, crate: a, version: 1.0}\n"))
	f.Add([]byte(`{"steps":[{"do":"job.enqueue","type":"dump_db","data":{"schema":null}}]}`))
	f.Add([]byte("a: !!binary aGVsbG8=\n? [x]\n: y\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if text, err := parsePlan(raw); err == nil {
			_, _ = action.NewCatalogue().Decode(text.Steps)
		}
	})
}

// A demo's visitor chooses whom to be; nobody else is looked at, and on a real
// registry no header or cookie makes anybody somebody else.
func TestWhoActs(t *testing.T) {
	t.Parallel()
	two := []action.Actor{{ID: "ada"}, {ID: "bo"}}
	ask := func(path, header, cookie string) *http.Request {
		r := httptest.NewRequest("GET", path, nil)
		if header != "" {
			r.Header.Set("X-Cratewarden-Person", header)
		}
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: personCookie, Value: cookie})
		}
		return r
	}
	for _, c := range []struct {
		people people
		r      *http.Request
		want   string
	}{
		{people{}, ask("/api/v1/me", "ada", "ada"), ""},
		{people{list: two}, ask("/api/v1/me", "bo", "bo"), "ada"},
		{people{two, true}, ask("/plans", "", ""), "ada"},
		{people{two, true}, ask("/plans", "", "bo"), "bo"},
		{people{two, true}, ask("/plans", "bo", ""), "ada"},
		{people{two, true}, ask("/api/v1/me", "bo", ""), "bo"},
		{people{two, true}, ask("/plans", "", "eve"), "ada"},
	} {
		if got := c.people.who(c.r).ID; got != c.want {
			t.Errorf("%s: %q, want %q", c.r.URL, got, c.want)
		}
	}
}

func TestChooseAPerson(t *testing.T) {
	t.Parallel()
	h := people{[]action.Actor{{ID: "ada", Name: "Ada"}, {ID: "bo", Name: "<Bo>"}}, true}.handler()
	post := func(values url.Values, origin string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "http://127.0.0.1:8420/demo/person", strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	w := post(url.Values{"person": {"bo"}, "back": {"/plans/p1"}}, "http://127.0.0.1:8420")
	cookie := w.Header().Get("Set-Cookie")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/plans/p1" || !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "SameSite=Strict") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, away := range []string{"//evil.example", "https://evil.example", `/\evil.example`, ""} {
		if w := post(url.Values{"person": {"bo"}, "back": {away}}, ""); w.Header().Get("Location") != "/" {
			t.Errorf("%q leads to %s", away, w.Header().Get("Location"))
		}
	}
	if w := post(url.Values{"person": {"eve"}}, ""); w.Code != http.StatusUnprocessableEntity || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := post(url.Values{"person": {"bo"}}, "http://evil.example"); w.Code != http.StatusForbidden {
		t.Errorf("another origin: %d", w.Code)
	}
	page := httptest.NewRecorder()
	h.ServeHTTP(page, httptest.NewRequest("GET", "/demo/person", nil))
	if page.Code != 200 || strings.Contains(page.Body.String(), "<Bo>") || !strings.Contains(page.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %s", page.Code, page.Body)
	}
}
