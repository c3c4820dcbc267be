package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/registry/change"
	"cratewarden/telemetry/logtest"
)

// rest is every other question: its embedded nil panics. The name hides that the
// interface has a method of its own name.
type rest = Plans

// planner answers a few questions about plans and keeps what it was asked; the
// embedded nil interface panics on any other.
type planner struct {
	rest
	who   action.Actor
	order action.Order
	key   string
	yes   action.Consent
	err   error
}

func (p *planner) Plans(context.Context, action.PlanFilter) ([]action.Plan, error) {
	return []action.Plan{p.plan()}, p.err
}

func (p *planner) Catalogue() *action.Catalogue { return action.NewCatalogue() }

func (p *planner) plan() action.Plan {
	return action.Plan{ID: "p1", State: action.Draft, Steps: []action.StepText{json.RawMessage(`{"do":"version.yank","crate":"a","version":"1.0.0"}`)}}
}

func (p *planner) Plan(context.Context, string) (action.Plan, error) { return p.plan(), p.err }

func (p *planner) Draft(_ context.Context, who action.Actor, o action.Order, key string) (action.Plan, error) {
	p.who, p.order, p.key = who, o, key
	return p.plan(), p.err
}

func (p *planner) Review(_ context.Context, who action.Actor, _ string) (action.Plan, *action.Effect, error) {
	p.who = who
	return p.plan(), p.fact(), p.err
}

func (p *planner) fact() *action.Effect {
	return &action.Effect{Steps: 1, Seen: map[string]string{"versions/1": "x"}, Rows: []change.Row{{Step: 1, Table: "versions", Key: "1",
		Before: change.Columns{"yanked": json.RawMessage("false")}, After: change.Columns{"yanked": json.RawMessage("true")}}}}
}

func (p *planner) Effect(context.Context, action.Plan) (*action.Effect, error) {
	return p.fact(), p.err
}

func (p *planner) Apply(_ context.Context, who action.Actor, _ string, yes action.Consent, key string) (action.Plan, error) {
	p.who, p.yes, p.key = who, yes, key
	return p.plan(), p.err
}

func posted(h http.Handler, path, key, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("POST", Prefix+path, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	req.Header.Set("Authorization", "Bearer good")
	h.ServeHTTP(rec, req)
	return rec
}

func TestPlansThroughTheInterface(t *testing.T) {
	t.Parallel()
	p := &planner{}
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: p, Auth: ada()})
	rec := posted(h, "/plans", "k1", `{"title":"t","steps":[{"do":"version.yank","crate":"a","version":"1.0.0"}]}`)
	if rec.Code != 200 || p.key != "k1" || p.who.ID != "ada" || string(p.order.Steps[0]) != `{"do":"version.yank","crate":"a","version":"1.0.0"}` {
		t.Fatalf("%d %s %+v", rec.Code, rec.Body, p)
	}
	if !strings.Contains(rec.Body.String(), `"sentences":["Yank a 1.0.0"]`) {
		t.Error(rec.Body)
	}
	rec = posted(h, "/plans/p1/review", "k2", "")
	if rec.Code != 200 || strings.Contains(rec.Body.String(), "seen") || !strings.Contains(rec.Body.String(), `"yanked":true`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	digest := strings.Repeat("ab", 32)
	rec = posted(h, "/plans/p1/apply", "k3", `{"digest":"`+digest+`","typed":"5"}`)
	if rec.Code != 200 || p.yes.Typed != "5" || p.yes.Digest.String() != digest || p.key != "k3" {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, p)
	}
	rows := asked(h, "GET", "/plans/p1/rows", "good", "")
	if rows.Code != 200 || rows.Header().Get("Content-Type") != "application/x-ndjson" || strings.Count(rows.Body.String(), "\n") != 1 {
		t.Errorf("%d %v %s", rows.Code, rows.Header(), rows.Body)
	}
	if brief := asked(h, "GET", "/plans/p1/effect?brief=true", "good", ""); brief.Code != 200 || strings.Contains(brief.Body.String(), "yanked") {
		t.Errorf("%d %s", brief.Code, brief.Body)
	}
	kinds := asked(h, "GET", "/kinds", "good", "")
	if kinds.Code != 200 || !strings.Contains(kinds.Body.String(), `"name":"job.enqueue"`) {
		t.Errorf("%d %.200s", kinds.Code, kinds.Body)
	}
}

// Every POST that concerns plans wants a key, and says so in words.
func TestEveryChangeWantsAKey(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{}, Auth: ada()})
	raw, err := Document(Config{})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Act         string `json:"x-act"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{
		"/plans": `{"steps":[]}`, "/evidence": `{"crates":["a"]}`, "/plans/1/edit": `{"revision":1,"steps":[]}`, "/plans/1/approve": `{"digest":"a"}`, "/plans/1/apply": `{"digest":"a"}`,
		"/plans/1/undo": `{}`, "/plans/1/settle": `{"committed":true}`, "/plans/1/break-glass": `{"digest":"a","reason":"r"}`, "/break-glass/1/close": `{"verdict":"justified","note":"n"}`, "/follow-ups/1/give-up": `{"reason":"r"}`, "/batch": `{"text":"a"}`,
		"/batch/order": `{"kind":"a","lines":[]}`, "/proposals/contain": `{"reason":"r"}`, "/proposals/undo-since": `{"from":"2026-08-20T16:00:00Z"}`,
		"/incidents": `{"title":"t","kind":"typosquat"}`, "/incidents/similar": `{"subjects":[]}`, "/incidents/1/decide": `{"set":{}}`, "/incidents/1/move": `{"state":"triaged"}`,
		"/incidents/1/merge": `{"into":"INC-2","reason":"r"}`, "/incidents/1/split": `{"title":"t","subjects":[],"reason":"r"}`, "/incidents/1/reopen": `{"reason":"r"}`, "/incidents/1/unlock": `{"reason":"r"}`,
		"/incidents/1/erase": `{"reason":"r"}`, "/incidents/1/subjects": `{"subjects":[{"kind":"crate","id":"a"}]}`, "/incidents/1/subjects/remove": `{"kind":"crate","id":"a"}`, "/incidents/1/subjects/role": `{"kind":"crate","id":"a"}`,
		"/incidents/1/notes": `{"text":"t"}`, "/incidents/1/texts/summary": `{"text":"t"}`, "/incidents/1/tasks": `{"title":"t"}`, "/incidents/1/tasks/x": `{"do":"done"}`, "/incidents/1/files": `{}`,
		"/incidents/1/figures": `{"what":"downloads","crate":"a","value":1,"method":"m"}`, "/incidents/1/plan": `{}`, "/incidents/1/removal": `{}`, "/incidents/1/drafts": `{}`, "/incidents/1/drafts/ask": `{}`,
		"/drafts/1/edit": `{"revision":1,"text":"t"}`, "/drafts/1/approve": `{"revision":1}`, "/drafts/1/send": `{"revision":1}`, "/drafts/1/correct": `{"reason":"r"}`, "/drafts/1/withdraw": `{"revision":1}`,
		"/drills": `{"name":"august"}`, "/incidents/1/follows": `{"title":"t","holder":"a","due":"2026-12-01T00:00:00Z"}`, "/incidents/1/follows/x": `{}`,
	}
	n := 0
	for path, methods := range doc.Paths {
		// Looking up a token and verifying a bundle change nothing in the registry.
		op, posts := methods["post"]
		if !posts || strings.HasSuffix(path, "/token-lookup") || strings.HasSuffix(path, "/verify") || strings.HasSuffix(path, "/open") {
			// Opening what is masked is recorded as often as it is shown.
			continue
		}
		// Of rights it is the same whether they end once or twice, and a secret is
		// never shown again, whatever the key. A copy of a message that is still to
		// be sent is not made twice.
		if family, _, _ := strings.Cut(op.Act, "."); family == public || family == "own" || family == "person" || family == "notice" {
			continue
		}
		n++
		path = strings.TrimPrefix(strings.NewReplacer("{id}", "1", "{draft}", "1", "{item}", "x", "{field}", "summary").Replace(path), Prefix)
		address := path
		if strings.HasSuffix(path, "/files") {
			address += "?name=a"
		}
		rec := posted(h, address, "", bodies[path])
		if rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), "Idempotency-Key is missing") {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if n < 15 {
		t.Errorf("only %d", n)
	}
}

func TestNothingChangesWithoutAnEngine(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, ReadOnly: "A public dump is a copy."})
	rec := posted(h, "/plans", "k", `{"steps":[]}`)
	if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), "A public dump is a copy.") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestProblemsOfPlansKeepTheirKinds(t *testing.T) {
	t.Parallel()
	for kind, status := range map[cratewarden.Kind]int{cratewarden.Conflict: 409, cratewarden.Refused: 403, cratewarden.Invalid: 422, cratewarden.TooLarge: 413, cratewarden.Timeout: 504} {
		h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{err: cratewarden.Errorf(kind, "Words.")}, Auth: ada()})
		rec := posted(h, "/plans/p1/apply", "k", `{"digest":"`+ledger.Digest{}.String()+`"}`)
		if rec.Code != status || !strings.Contains(rec.Body.String(), "Words.") || !strings.Contains(rec.Body.String(), string(kind)) {
			t.Errorf("%s: %d %s", kind, rec.Code, rec.Body)
		}
	}
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{}, Auth: ada()})
	if rec := posted(h, "/plans/p1/apply", "k", `{"digest":"zz"}`); rec.Code != 422 || !strings.Contains(rec.Body.String(), "64 hexadecimal digits") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}
