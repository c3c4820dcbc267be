package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
	"cratewarden/web"
	"cratewarden/web/webtest"
)

// canary runs if anything of it is taken for markup, and leaves an element that
// is found if it is taken for markup but kept from running.
const canary = `"><img data-canary src=x onerror=canary=1><script data-canary>canary=1</script><a data-canary href="javascript:canary=1" hx-get="/x" autofocus onfocus=canary=1>{{.}}`

// sown is a registry in which everything that people may write is markup.
func sown() pgtest.Template {
	return pgtest.Template{Name: "sown", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		for _, sql := range []string{
			`INSERT INTO users (id, gh_login, name, gh_id, username, created_at, account_lock_reason, account_lock_until) VALUES (1, $1, $1, 101, $1, '2026-01-01Z', $1, '2030-01-01Z')`,
			`INSERT INTO oauth_github (account_id, user_id, encrypted_token, login) VALUES (101, 1, '', $1)`,
			`INSERT INTO emails (user_id, email, verified) VALUES (1, $1 || '@example.com', true)`,
			`INSERT INTO teams (id, login, name, github_id, org_id) VALUES (1, 'github:' || $1, $1, 7, 8)`,
			`INSERT INTO crates (id, name, created_at, updated_at, description, repository, homepage, documentation, readme) VALUES (1, $1, '2026-01-01Z', '2026-11-01Z', $1, 'https://x.example/' || $1, 'javascript:' || $1, $1, $1)`,
			`INSERT INTO versions (id, crate_id, num, num_no_build, created_at, updated_at, crate_size, published_by, tar_sha256, yanked, yank_message, license, features, trustpub_data, bin_names)
				VALUES (1, 1, '1.0.0', '1.0.0', '2026-11-01Z', '2026-11-01Z', 9, 1, decode(repeat('a1', 32), 'hex'), true, $1, $1, json_build_object($1, json_build_array($1))::jsonb,
					json_build_object('provider', 'github', 'repository', $1, 'run_id', $1, 'sha', $1)::jsonb, ARRAY[$1])`,
			`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_at, created_by, updated_at) VALUES (1, 1, 0, '2026-01-01Z', 1, '2026-01-01Z'), (1, 1, 1, '2026-01-01Z', 1, '2026-01-01Z')`,
			`INSERT INTO api_tokens (id, user_id, token, name, created_at, crate_scopes) VALUES (1, 1, decode(repeat('02', 32), 'hex'), $1, '2026-01-01Z', ARRAY[$1])`,
			`INSERT INTO versions_published_by (version_id, email) VALUES (1, $1 || '@example.com')`,
			`INSERT INTO reserved_crate_names (name) VALUES ($1 || 'reserved')`,
			`INSERT INTO background_jobs (job_type, data, priority, retries) VALUES ($1, json_build_object('name', $1)::jsonb, 1, 9)`,
		} {
			args := []any{canary}
			if !strings.Contains(sql, "$1") {
				args = nil
			}
			if _, err := conn.Exec(ctx, strings.ReplaceAll(sql, "$1", "$1::text"), args...); err != nil {
				return err
			}
		}
		return nil
	}}
}

// TestAttackMarkupEverywhere opens every page of a console whose registry,
// people, plans, notices and ledger are named and described like markup.
func TestAttackMarkupEverywhere(t *testing.T) {
	t.Parallel()
	people := "people:\n- {name: Ada, github_id: 1, roles: [platform, responder, remover]}\n- {name: 'Bo <img data-canary src=x onerror=canary=1>', github_id: 2, roles: [viewer]}\n"
	m := newMatrix(t, sown(), people, func(in *signInConfig) {
		in.channels = []notify.Channel{{ID: "ops", Type: notify.Webhook, URL: "https://hook.invalid/", Secrets: func() ([]string, error) { return []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, nil }}}
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.parts.mirror.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	for end := time.Now().Add(20 * time.Second); !m.parts.mirror.Status().Ready && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	m.signIn(t, "2", auth.BrowserSession)
	p := m.sow(t)
	browser := m.stepUp(t, m.signIn(t, "ada", auth.BrowserSession), auth.About{})
	cookie := m.parts.entrance.auth.Cookie(browser)
	site := webtest.Serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.AddCookie(cookie)
		m.handler.ServeHTTP(w, r)
	}))
	tab := site.Open(t, "/about")
	tab.Expect("404")
	tab.Expect("400")
	tab.Expect("503") // the ledger has no key to prove with
	seen := 0
	for _, path := range m.every(t, p) {
		tab.Go(path)
		if ran := webtest.Eval[bool](tab, `typeof canary !== "undefined" || document.querySelector("[data-canary], [onerror], [onfocus], [href^='javascript:']") !== null`); ran {
			t.Errorf("%s: what people wrote became markup", path)
		}
		if webtest.Eval[bool](tab, `document.body.textContent.includes("data-canary")`) {
			seen++
		}
		if webtest.Eval[bool](tab, `document.querySelector("main") !== null`) {
			tab.CheckAxe()
		}
	}
	if seen < 15 {
		t.Errorf("only %d pages show what people wrote: the test proves little", seen)
	}
}

// sow writes markup wherever people write in the console itself, and gives a
// plan.
func (m *matrix) sow(t *testing.T) (plan string) {
	t.Helper()
	who := m.with(t, "ada", auth.About{})
	p := m.post(t, who, "plans", map[string]any{"title": canary, "internal": canary, "public": "Malware.", "steps": []map[string]string{{"do": "version.unyank", "crate": canary, "version": "1.0.0"}}})
	if p.ID == "" {
		t.Fatal(p.words())
	}
	m.post(t, who, "plans/"+p.ID+"/review", map[string]any{})
	v, err := m.visitor(t.Context(), who)
	if err == nil {
		_, _, err = m.parts.entrance.auth.MakeAPIToken(t.Context(), v, auth.TokenOrder{Name: canary[:90], Roles: v.Actor.Roles[:1], Days: 1})
	}
	if err == nil {
		err = pg.InTx(t.Context(), m.parts.own, func(tx pgx.Tx) error {
			_, err := m.parts.signer.ledger.Append(t.Context(), tx, ledger.Entry{Kind: ledger.Note, Action: "test.note", Actor: ledger.Actor{ID: "u", Name: canary}, Incident: "I-1",
				Subjects: []ledger.Subject{{Kind: "crate", ID: canary, Name: canary}}, Details: map[string]string{"what": canary}, Reasons: &ledger.Reasons{Internal: canary}})
			if err != nil {
				return err
			}
			return m.parts.entrance.Tell(t.Context(), tx, notify.Notice{Kind: "test", Title: canary, Text: canary, Path: "/people"})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	m.exec(t, `INSERT INTO break_glass (plan, digest, person, actor, reason, demands, at, due_at)
		VALUES ($1, decode(repeat('00', 32), 'hex'), 'u', json_build_object('id', 'u', 'name', $2::text), $2, json_build_array(json_build_object('rule', 'wide', 'why', $2::text)), now(), now())`, p.ID, canary)
	return p.ID
}

// every gives an address of every page that is read, with what was sown.
func (m *matrix) every(t *testing.T, plan string) (out []string) {
	t.Helper()
	site, err := web.New(m.site)
	if err != nil {
		t.Fatal(err)
	}
	var person string
	if err := m.parts.own.QueryRow(t.Context(), `SELECT id FROM person WHERE name LIKE 'Bo%'`).Scan(&person); err != nil {
		t.Fatal(err)
	}
	crate := url.PathEscape(canary)
	for _, rt := range site.Routes() {
		method, path, _ := strings.Cut(rt.Pattern, " ")
		if method != http.MethodGet || strings.HasSuffix(path, ".json") || strings.HasSuffix(path, "/events") || strings.HasPrefix(path, "/ledger/checkpoint") || strings.HasPrefix(path, "/static") {
			continue // no pages
		}
		id := "1"
		switch {
		case strings.HasPrefix(path, "/plans"):
			id = plan
		case strings.HasPrefix(path, "/people"):
			id = person
		}
		path = strings.NewReplacer("{$}", "", "{id}", id, "{name}", crate, "{num}", "1.0.0", "{path...}", crate, "{index}", "3", "{digest}", strings.Repeat("00", 32), "{provider}", "none").Replace(path)
		out = append(out, path)
	}
	q := url.QueryEscape(canary)
	return append(out, "/search?q="+q, "/search?q=img", "/ledger?q="+q, "/names?q="+q, "/accounts?login="+q, "/plans/new?kind=version.delete&crate="+q, "/publishes?live=off", "/open?what=mail&subject=1", "/nowhere/"+crate, "/device?code="+q, "/sign-in?back=/"+q)
}
