package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/demo"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// madeRegistry is a small made-up registry.
func madeRegistry() pgtest.Template {
	return pgtest.Template{Name: "made", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		return demo.Generate(demo.Options{Crates: 600, Archives: -1, Now: time.Now()}).Load(ctx, conn)
	}}
}

// answer is what the interface says to one request about a plan.
type answer struct {
	action.Plan `json:"plan"`
	Rule        string           `json:"rule"`
	Kind        cratewarden.Kind `json:"kind"`
	Denials     []access.Denial  `json:"denials"`
	Detail      string           `json:"detail"`
}

// words say what came of it: the plan's state, or what stood in the way.
func (a answer) words() string {
	if a.Kind == "" {
		return string(a.State)
	}
	var rules []string
	for _, d := range a.Denials {
		if !slices.Contains(rules, d.Rule) {
			rules = append(rules, d.Rule)
		}
	}
	switch {
	case rules != nil:
		return "refused: " + strings.Join(rules, "+")
	case a.Rule != "":
		return "refused: " + a.Rule
	}
	return string(a.Kind) + ": " + a.Detail
}

// post asks the interface as somebody.
func (m *matrix) post(t *testing.T, in auth.SignedIn, path string, body any) answer {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:8420/api/v1/"+path, bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	m.keys++
	r.Header.Set("Idempotency-Key", fmt.Sprint("key", m.keys))
	m.show(r, in)
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	return a
}

// yank drafts and reviews a plan that yanks versions.
func (m *matrix) yank(t *testing.T, who auth.SignedIn, versions ...[2]string) answer {
	t.Helper()
	var steps []map[string]string
	for _, v := range versions {
		steps = append(steps, map[string]string{"do": "version.yank", "crate": v[0], "version": v[1]})
	}
	p := m.post(t, who, "plans", map[string]any{"title": "a plan", "public": "Malware.", "steps": steps})
	if p.ID == "" {
		t.Fatal(p.words())
	}
	reviewed := m.post(t, who, "plans/"+p.ID+"/review", map[string]any{})
	if reviewed.Digest == nil {
		t.Fatal(reviewed.words())
	}
	return reviewed
}

// with signs somebody in who has confirmed something.
func (m *matrix) with(t *testing.T, who string, about auth.About) auth.SignedIn {
	t.Helper()
	return m.stepUp(t, m.signIn(t, who, auth.ProgramSession), about)
}

func about(purpose string, p answer) auth.About {
	return auth.About{Purpose: purpose, Plan: p.ID, Digest: p.Digest}
}

// target is a crate of the made-up registry with enough versions, its owner's
// GitHub number, and numbers of people who have no part in anything.
type target struct {
	crate    string
	versions []string
	owner    int64
	others   []int64
}

func (m *matrix) target(t *testing.T, url string) (x target) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	err = conn.QueryRow(t.Context(), `SELECT c.name, min(g.account_id), array_agg(DISTINCT v.num)
		FROM crates c JOIN versions v ON v.crate_id = c.id AND NOT v.yanked
		JOIN crate_owners o ON o.crate_id = c.id AND o.owner_kind = 0 AND NOT o.deleted JOIN oauth_github g ON g.user_id = o.owner_id
		JOIN crate_downloads d ON d.crate_id = c.id AND d.downloads < 100000
		GROUP BY c.id HAVING count(DISTINCT v.num) >= 12 ORDER BY c.id LIMIT 1`).Scan(&x.crate, &x.owner, &x.versions)
	if err == nil {
		err = conn.QueryRow(t.Context(), `SELECT array_agg(account_id) FROM (SELECT account_id FROM oauth_github g
			WHERE NOT EXISTS (SELECT FROM crate_owners o WHERE o.owner_kind = 0 AND o.owner_id = g.user_id)
			  AND NOT EXISTS (SELECT FROM crate_owner_invitations i WHERE i.invited_user_id = g.user_id) ORDER BY user_id LIMIT 7) x`).Scan(&x.others)
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestMatrixOfPlans takes plans through the interface as everybody who must not
// apply or approve them, and in the end as those who may.
func TestMatrixOfPlans(t *testing.T) {
	t.Parallel()
	registry := madeRegistry()
	m := newMatrix(t, registry, onePerRole(""), func(in *signInConfig) {
		in.policy = access.Policy{Versions: 3, Budget: 4}
	})
	x := m.target(t, m.registry)
	line := func(name string, id int64, role cratewarden.Role) string {
		return fmt.Sprintf("- {name: %s, github_id: %d, roles: [%s]}\n", name, id, role)
	}
	people := "people:\n" + line("Ann", x.others[0], cratewarden.Responder) + line("Owen", x.owner, cratewarden.Responder) +
		line("Tim", x.others[2], cratewarden.Responder) + line("Vic", x.others[3], cratewarden.Viewer)
	m.write(t, people+line("Ben", x.others[1], cratewarden.Responder))
	m.fresh(t)
	var out strings.Builder
	note := func(what string, a answer) { fmt.Fprintf(&out, "%-78s %s\n", what, a.words()) }
	v := func(n int) [2]string { return [2]string{x.crate, x.versions[n]} }
	apply := func(who auth.SignedIn, p answer) answer {
		return m.post(t, who, "plans/"+p.ID+"/apply", map[string]any{"digest": p.Digest})
	}
	approve := func(who auth.SignedIn, p answer) answer {
		return m.post(t, who, "plans/"+p.ID+"/approve", map[string]any{"digest": p.Digest})
	}

	ann := m.with(t, "ann", auth.About{})
	one, other := m.yank(t, ann, v(0)), m.yank(t, ann, v(1))
	note("a small plan is applied by its author, who confirmed nothing with a passkey", apply(m.signIn(t, "ann", auth.ProgramSession), one))
	note("… who confirmed, but not this plan", apply(ann, one))
	note("… who confirmed another plan", apply(m.with(t, "ann", about("apply", other)), one))
	note("… who confirmed to approve it", apply(m.with(t, "ann", about("approve", one)), one))
	note("… by a viewer who confirmed it", apply(m.with(t, "vic", about("apply", one)), one))
	note("… by another responder, whose account the registry would record", apply(m.with(t, "tim", about("apply", one)), one))
	owens := m.yank(t, m.with(t, "owen", auth.About{}), v(10))
	note("… his own plan by a responder who owns the crate", apply(m.with(t, "owen", about("apply", owens)), owens))
	note("… by its author's API token", apply(auth.SignedIn{Token: m.token(t, ann)}, other))
	note("… by its author, who confirmed it", apply(m.with(t, "ann", about("apply", one)), one))

	tim := m.with(t, "tim", auth.About{})
	first, second, third := m.yank(t, tim, v(2), v(3)), m.yank(t, tim, v(4), v(5)), m.yank(t, tim, v(6))
	note("half of an hour's budget is used", apply(m.with(t, "tim", about("apply", first)), first))
	note("the other half", apply(m.with(t, "tim", about("apply", second)), second))
	note("one more within the hour", apply(m.with(t, "tim", about("apply", third)), third))

	wide := m.yank(t, ann, v(7), v(8), v(9))
	note("a wide plan is applied without a second person", apply(m.with(t, "ann", about("apply", wide)), wide))
	note("… approved by its author", approve(m.with(t, "ann", about("approve", wide)), wide))
	note("… by an owner of the crate", approve(m.with(t, "owen", about("approve", wide)), wide))
	note("… by a viewer", approve(m.with(t, "vic", about("approve", wide)), wide))
	ben := m.with(t, "ben", auth.About{})
	note("… by a responder who confirmed something else", approve(ben, wide))
	note("… by that responder's API token", approve(auth.SignedIn{Token: m.token(t, ben)}, wide))
	note("… by that responder, who confirmed it", approve(m.with(t, "ben", about("approve", wide)), wide))
	m.write(t, people)
	m.fresh(t)
	note("the approver is taken off the list; the author applies", apply(m.with(t, "ann", about("apply", wide)), wide))
	note("… and the approver's session asks again", approve(ben, wide))
	m.write(t, people+line("Ben", x.others[1], cratewarden.Responder))
	m.fresh(t)
	note("the approver is on the list again, and approves", approve(m.with(t, "ben", about("approve", wide)), wide))
	note("the author applies", apply(m.with(t, "ann", about("apply", wide)), wide))
	compareGolden(t, filepath.Join("testdata", "matrix_plans.txt"), out.String())
}

// token makes an API token of whoever is signed in.
func (m *matrix) token(t *testing.T, in auth.SignedIn) string {
	t.Helper()
	v, err := m.visitor(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	plain, _, err := m.parts.entrance.auth.MakeAPIToken(t.Context(), v, auth.TokenOrder{Name: "matrix", Roles: []cratewarden.Role{cratewarden.Responder}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
