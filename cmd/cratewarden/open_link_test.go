package main

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/auth"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// mailed is a registry with one version that was published under a mail address.
func mailed(ctx context.Context, db *pgx.Conn) error {
	if err := schema.Create(ctx, db); err != nil {
		return err
	}
	_, err := db.Exec(ctx, `
INSERT INTO users (gh_login, gh_id, username, name) VALUES ('one', 1, 'one', 'One');
INSERT INTO crates (name) VALUES ('lettered');
INSERT INTO crate_owners (crate_id, owner_id, owner_kind) VALUES (1, 1, 0);
INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by) VALUES (1, '1.0.0', '1.0.0', 1, sha256('archive'), 1);
INSERT INTO versions_published_by (version_id, email) VALUES (1, 'then@private.example');`)
	return err
}

var openLink = regexp.MustCompile(`href="(/open\?[^"]+)"`)

// TestLinksOpenWhatIsMasked follows the links that pages offer to masked
// addresses, to the value and its entry in the ledger. Who may not open one is
// offered none, and does not get there by the address either.
func TestLinksOpenWhatIsMasked(t *testing.T) {
	t.Parallel()
	people := onePerRole("") + "- {name: ada, github_id: 50, roles: [responder, platform]}\n"
	m := newMatrix(t, pgtest.Template{Name: "mailed", Build: mailed}, people, nil)
	ada := m.stepUp(t, m.signIn(t, "ada", auth.BrowserSession), auth.About{})
	editor := m.signIn(t, "editor", auth.BrowserSession)
	session, err := m.parts.entrance.auth.PretendSignIn(t.Context(), "editor", auth.BrowserSession, auth.From{Address: "203.0.113.77"})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ path, holds, value string }{
		"the address of a publish": {"/crates/lettered/1.0.0", "what=publish-mail", "then@private.example"},
		"where somebody's sat":     {"/people/" + session.Session.Person, session.Session.ID, "203.0.113.77"},
	} {
		page := m.do(t, ada, http.MethodGet, c.path, nil, nil)
		link := ""
		for _, found := range openLink.FindAllStringSubmatch(page.Body.String(), -1) {
			if address := html.UnescapeString(found[1]); strings.Contains(address, c.holds) {
				link = address
			}
		}
		if link == "" || strings.Contains(page.Body.String(), c.value) {
			t.Errorf("%s: page %d, no link or not masked", what, page.Code)
			continue
		}
		if form := m.do(t, ada, http.MethodGet, link, nil, nil); form.Code != http.StatusOK || strings.Contains(form.Body.String(), c.value) {
			t.Errorf("%s: the form answers %d, or shows it", what, form.Code)
		}
		at, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		form := at.Query()
		form.Set("reason", "to write to the owner")
		form.Set("incident", "none")
		post := func(in auth.SignedIn) (int, string) {
			answer := m.do(t, in, http.MethodPost, "/open", strings.NewReader(form.Encode()), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin") })
			text, _ := io.ReadAll(answer.Body)
			return answer.Code, string(text)
		}
		if code, text := post(ada); code != http.StatusOK || !strings.Contains(text, c.value) || !strings.Contains(text, "of the ledger") {
			t.Errorf("%s: opening answers %d\n%s", what, code, text)
		}
		if code, text := post(editor); code != http.StatusForbidden || strings.Contains(text, c.value) {
			t.Errorf("%s: an editor gets %d", what, code)
		}
		if openLink.MatchString(m.do(t, editor, http.MethodGet, c.path, nil, nil).Body.String()) {
			t.Errorf("%s: an editor is offered to open it", what)
		}
	}
}
