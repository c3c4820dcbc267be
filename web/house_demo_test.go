package web

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cratewarden/access"
	"cratewarden/auth"
)

// plainBrowser sends forms as a browser without scripts does.
type plainBrowser struct {
	t    *testing.T
	base string
	http http.Client
	at   string // where the last answer came from
	text string
}

func newPlainBrowser(t *testing.T, base string) *plainBrowser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &plainBrowser{t: t, base: base, http: http.Client{Jar: jar}}
}

func (b *plainBrowser) took(answer *http.Response, err error) int {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.text = answer.Request.URL.Path, string(text)
	return answer.StatusCode
}

func (b *plainBrowser) get(path string) int {
	b.t.Helper()
	return b.took(b.http.Get(b.base + path))
}

func (b *plainBrowser) post(path string, form url.Values) int {
	b.t.Helper()
	return b.took(b.http.PostForm(b.base+path, form))
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// fields are the hidden fields of the form that leads to a path.
func (b *plainBrowser) fields(action string) url.Values {
	b.t.Helper()
	_, form, found := strings.Cut(b.text, `action="`+action+`"`)
	if !found {
		b.t.Fatalf("%s has no form to %s", b.at, action)
	}
	form, _, _ = strings.Cut(form, "</form>")
	out := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		out.Add(m[1], strings.NewReplacer("&#34;", `"`, "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&").Replace(m[2]))
	}
	return out
}

// pretends presses “Confirm as …” and goes on to where the form leads.
func (b *plainBrowser) pretends() {
	b.t.Helper()
	if !strings.Contains(b.text, "Confirm as Ada") {
		b.t.Fatalf("%s does not ask to confirm: %s", b.at, shorten(b.text, 3000))
	}
	form := b.fields("/step-up")
	form.Set("confirm.pretend", "yes")
	b.post("/step-up", form)
}

// TestDemoWithoutScripts goes through a demo by plain forms: one click to be
// somebody, one to confirm, and what was typed travels along.
func TestDemoWithoutScripts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, access.Policy{}, func(c *auth.Config) { c.Pretend = true })
	b := newPlainBrowser(t, h.site.URL)
	b.get("/plans?state=open")
	reads(t, "the sign-in", b.text, "Be one of these people", "Ada", "Bo", `name="back" value="/plans?state=open"`)
	b.post("/sign-in", url.Values{"person": {h.list.Members[0].Key()}, "back": {"/plans"}})
	if b.at != "/plans" {
		t.Fatalf("signed in at %s", b.at)
	}
	reads(t, "the list", b.text, "as Ada", "!Changes are allowed")
	draft := url.Values{"op": {"make"}, "do": {"version.yank"}, "p.crate": {"arraykit"}, "p.version": {"0.3.4"}, "p.message": {"bad “build” & <more>"}, "no-incident": {"yes"}, "internal": {"one\r\ntwo"}, "public": {"Broken."}, "key": {newKey()}}
	b.post("/plans", draft)
	b.pretends()
	plan := b.at
	reads(t, "the plan", b.text, "Changes are allowed", "one\ntwo", "Broken.")
	if !strings.HasPrefix(plan, "/plans/p") {
		t.Fatalf("the plan is at %s: %s", plan, shorten(b.text, 2000))
	}
	b.post(plan+"/review", nil)
	apply := b.fields(plan + "/apply")
	b.post(plan+"/apply", apply)
	reads(t, "the confirmation", b.text, "Apply the plan “Yank arraykit 0.3.4”", "digest <code>")
	b.pretends()
	reads(t, "the plan", b.text, "It changed 2 rows")
	// The same confirmation is worth nothing for another plan.
	draft.Set("p.version", "0.3.3")
	draft.Set("key", newKey())
	b.post("/plans", draft)
	other := b.at
	b.post(other+"/review", nil)
	apply = b.fields(other + "/apply")
	if status := b.post(other+"/apply", apply); status != http.StatusForbidden || !strings.Contains(b.text, "Confirm it is you") {
		t.Errorf("another plan was applied with the old confirmation: %d", status)
	}
	if status := b.post("/step-up/drop", url.Values{"back": {"/plans"}}); status != http.StatusOK || strings.Contains(b.text, "Changes are allowed") {
		t.Errorf("%d at %s", status, b.at)
	}
	b.post("/sign-out", nil)
	if b.get(plan); b.at != "/sign-in" {
		t.Errorf("signed out, and still at %s", b.at)
	}
}
