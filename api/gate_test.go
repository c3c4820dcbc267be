package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/telemetry/logtest"
)

// anyAuth is every other question: its embedded nil panics.
type anyAuth = Auth

// porter knows people by their tokens and forbids some acts.
type porter struct {
	anyAuth
	people map[string]auth.Visitor // by token
	denies map[string]error        // by act
	err    error
	mu     sync.Mutex
	saw    []*http.Request
	acts   []string
}

func (p *porter) Visit(r *http.Request, _ auth.From) (auth.Visitor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saw = append(p.saw, r)
	if p.err != nil {
		return auth.Visitor{}, p.err
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if v, ok := p.people[token]; ok {
		return v, nil
	}
	return auth.Visitor{}, cratewarden.Errorf(cratewarden.Unsigned, "The token %s is not known.", token)
}

func (p *porter) May(_ context.Context, _ auth.Visitor, act string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acts = append(p.acts, act)
	return p.denies[act]
}

// ada lets the token "good" in as Ada, who may do all.
func ada() *porter {
	return &porter{people: map[string]auth.Visitor{"good": {Person: auth.Person{ID: "ada", Name: "Ada"}, Session: auth.Session{ID: "s1"},
		Actor: action.Actor{ID: "ada", Name: "Ada", Session: "s1", Roles: []cratewarden.Role{cratewarden.Responder}}}}}
}

func denied(rules ...string) error {
	d := &access.Denied{Act: "x"}
	for _, r := range rules {
		d.Denials = append(d.Denials, access.Denial{Rule: r, Why: "Why " + r + ".", Remedy: "Remedy " + r + "."})
	}
	return d
}

func problemIn(t *testing.T, rec *httptest.ResponseRecorder) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
	return p
}

// Whoever is not known gets one and the same answer, whatever he brought and
// wherever he knocked: on operations, the description, and addresses that do
// not exist.
func TestStrangersGetOneAnswer(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	for path := range map[string]int{"/home": 0, "/crates/a": 0, "/openapi.json": 0, "/openapi.yaml": 0, "/schemas/Problem.json": 0, "/nothing": 0, "/plans/p1/rows": 0, "/crates/a/b/c/d": 0} {
		first, p := "", ada()
		h := New(Config{Dossiers: &fake{}, Auth: p, Log: slog.New(slog.NewTextHandler(&log, nil))})
		for what, set := range map[string]func(h http.Header){
			"nothing":     func(http.Header) {},
			"wrong":       func(h http.Header) { h.Set("Authorization", "Bearer s3cret-wrong") },
			"other":       func(h http.Header) { h.Set("Authorization", "Bearer cwd_s3cret") },
			"basic":       func(h http.Header) { h.Set("Authorization", "Basic Z29vZDpnb29k") },
			"bare":        func(h http.Header) { h.Set("Authorization", "good") },
			"two":         func(h http.Header) { h["Authorization"] = []string{"Bearer good", "Bearer good"} },
			"spaces":      func(h http.Header) { h.Set("Authorization", "Bearer good good") },
			"huge":        func(h http.Header) { h.Set("Authorization", "Bearer "+strings.Repeat("s3cret", 4000)) },
			"cookie":      func(h http.Header) { h.Set("Cookie", "__Host-cratewarden=good; cratewarden=good") },
			"controls":    func(h http.Header) { h.Set("Authorization", "Bearer go\x01od") },
			"proxy":       func(h http.Header) { h.Set("Proxy-Authorization", "Bearer good") },
			"by override": func(h http.Header) { h.Set("X-Original-URL", "/api/v1/device") },
		} {
			rec := httptest.NewRecorder()
			req := httptest.NewRequest("GET", Prefix+path+"?access_token=good", nil)
			set(req.Header)
			h.ServeHTTP(rec, req)
			if rec.Code != http.StatusUnauthorized || problemIn(t, rec).Kind != cratewarden.Unsigned || rec.Header().Get("WWW-Authenticate") != challenge {
				t.Errorf("%s with %s: %d %v %s", path, what, rec.Code, rec.Header(), rec.Body)
			}
			if first == "" {
				first = rec.Body.String()
			}
			if rec.Body.String() != first || len(p.acts) != 0 {
				t.Errorf("%s with %s: another answer: %s, acts %v", path, what, rec.Body, p.acts)
			}
		}
	}
	if strings.Contains(log.String(), "s3cret") {
		t.Errorf("the log has a token: %s", log.String())
	}
}

// Only the token goes to whoever looks people up: a browser's cookie stays
// outside, so no page can make a browser ask in its user's name.
func TestOnlyTheBearerCounts(t *testing.T) {
	t.Parallel()
	p := ada()
	rec := httptest.NewRecorder()
	req := httptest.NewRequest("GET", Prefix+"/crates/a", nil)
	req.Header.Set("Cookie", "__Host-cratewarden=other")
	req.Header.Set("Authorization", "bearer good")
	New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Auth: p}).ServeHTTP(rec, req)
	if rec.Code != 200 || len(p.saw) != 1 || p.saw[0].Header.Get("Cookie") != "" || len(p.saw[0].Cookies()) != 0 {
		t.Errorf("%d %s %v", rec.Code, rec.Body, p.saw)
	}
	// Trouble of ours is no refusal.
	p = ada()
	p.err = cratewarden.Errorf(cratewarden.Unavailable, "The database is down.")
	if rec := asked(New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Auth: p}), "GET", "/crates/a", "good", ""); rec.Code != 503 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func asked(h http.Handler, method, path, token, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(method, Prefix+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", "k")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	h.ServeHTTP(rec, req)
	return rec
}

// Every operation asks the rules for its own act before anything else happens.
func TestEveryOperationAsksTheRules(t *testing.T) {
	t.Parallel()
	p := ada()
	h := New(Config{Log: logtest.Logger(t), Auth: p, Pretend: true}) // nothing else is there: what got past the rules would panic
	for pattern, act := range acts(Config{Auth: p, Pretend: true}) {
		if act == public {
			continue
		}
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{name}", "1", "{num}", "1", "{id}", "1", "{index}", "1", "{digest}", "1", "{schema}", "x").Replace(path)
		p.acts, p.denies = nil, map[string]error{act: denied(access.RuleRole)}
		rec := asked(h, method, path, "good", "")
		if rec.Code != http.StatusForbidden || len(p.acts) != 1 || p.acts[0] != act || problemIn(t, rec).Rule != access.RuleRole {
			t.Errorf("%s (%s): %d %v %s", pattern, act, rec.Code, p.acts, rec.Body)
		}
	}
}

// An operation that forgot its act does not start.
func TestOperationsWithoutAnActPanic(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	a := build(mux, Config{})
	huma.Register(a, huma.Operation{OperationID: "forgotten", Method: "GET", Path: Prefix + "/forgotten"}, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	defer func() {
		if v := recover(); v == nil || !strings.Contains(v.(string), "forgotten") {
			t.Errorf("panic: %v", v)
		}
	}()
	newGate(Config{}, a)
}

// A refusal names the rule, what would satisfy it and, when a passkey would,
// exactly what is to be confirmed.
func TestRefusalsSayWhatWouldHelp(t *testing.T) {
	t.Parallel()
	digest := strings.Repeat("ab", 32)
	p := ada()
	p.denies = map[string]error{"plan.apply": denied(access.RuleStepUp, access.RuleIncident), "plan.draft": denied(access.RuleStepUp)}
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{}, Auth: p})
	got := problemIn(t, asked(h, "POST", "/plans/p7/apply", "good", `{"digest":"`+digest+`","typed":"x"}`))
	if got.Rule != access.RuleStepUp || got.Remedy != "Remedy step-up." || len(got.Denials) != 2 || got.About == nil || got.About.Purpose != "apply" || got.About.Plan != "p7" || got.About.Digest.String() != digest {
		t.Errorf("%+v %+v", got, got.About)
	}
	got = problemIn(t, asked(h, "POST", "/plans", "good", `{"steps":[]}`))
	if got.Rule != access.RuleStepUp || got.About == nil || *got.About != (auth.About{}) {
		t.Errorf("%+v %+v", got, got.About)
	}
	// The same from deeper inside, where the body was read.
	h = New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{err: denied(access.RuleStepUp)}, Auth: ada()})
	got = problemIn(t, asked(h, "POST", "/plans/p7/apply", "good", `{"digest":"`+digest+`"}`))
	if got.Status != 403 || got.About == nil || got.About.Digest.String() != digest || got.About.Purpose != "apply" {
		t.Errorf("%+v %+v", got, got.About)
	}
	// A session that ended meanwhile is a 401 with a challenge, wherever it shows.
	h = New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{err: cratewarden.Errorf(cratewarden.Unsigned, "Ended.")}, Auth: ada()})
	rec := asked(h, "POST", "/plans/p7/apply", "good", `{"digest":"`+digest+`"}`)
	if rec.Code != 401 || rec.Header().Get("WWW-Authenticate") != challenge || problemIn(t, rec).Detail != "Ended." {
		t.Errorf("%d %v %s", rec.Code, rec.Header(), rec.Body)
	}
}

// Without sign-in everybody may look and nobody may change anything.
func TestWithoutSignInEverybodyOnlyLooks(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Plans: &planner{}, ReadOnly: "This is a copy."})
	if rec := ask(h, "GET", Prefix+"/crates/a", ""); rec.Code != 200 {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := posted(h, "/plans", "k", `{"steps":[]}`); rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), "This is a copy.") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// Who asks too often is told when to come back, before anything is looked up.
func TestLimits(t *testing.T) {
	t.Parallel()
	var counted []string
	full := ""
	p := ada()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Auth: p, ClientAddress: func(*http.Request) string { return "10.0.0.9" }, Limit: func(kind, key string) (bool, time.Duration) {
		counted = append(counted, kind+" "+key)
		return kind != full, 1500 * time.Millisecond
	}})
	for _, c := range []struct {
		full, path, token string
		status            int
		counted           string
	}{
		{"", "/search?q=a", "good", 200, "request 10.0.0.9,person person ada,search person ada"},
		{"", "/search?q=a", "bad", 401, "request 10.0.0.9,unsigned 10.0.0.9"},
		{"request", "/search?q=a", "good", 429, "request 10.0.0.9"},
		{"unsigned", "/search?q=a", "bad", 429, "request 10.0.0.9,unsigned 10.0.0.9"},
		{"person", "/crates/a", "good", 429, "request 10.0.0.9,person person ada"},
		{"search", "/crates/a/blast", "good", 429, "request 10.0.0.9,person person ada,search person ada"},
		{"search", "/search?q=a", "good", 429, "request 10.0.0.9,person person ada,search person ada"},
	} {
		counted, full = nil, c.full
		rec := asked(h, "GET", c.path, c.token, "")
		if rec.Code != c.status || strings.Join(counted, ",") != c.counted {
			t.Errorf("%+v: %d %v", c, rec.Code, counted)
		}
		if c.status == 429 {
			if got := problemIn(t, rec); rec.Header().Get("Retry-After") != "2" || got.Rule != "rate" || !strings.Contains(got.Detail, "2 s") {
				t.Errorf("%+v: %v %+v", c, rec.Header(), got)
			}
		}
	}
}

// What is too large is not read: not from strangers at all, and not beyond the
// bound where anybody may ask.
func TestOversizedBodies(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Auth: ada(), Pretend: true})
	for _, c := range []struct {
		path, token string
		size        int
		status      int
	}{
		{"/plans", "bad", 5 << 20, http.StatusUnauthorized},
		{"/plans", "good", 5 << 20, http.StatusRequestEntityTooLarge},
		{"/device/poll", "", 70 << 10, http.StatusRequestEntityTooLarge},
		{"/demo/sign-in", "", 70 << 10, http.StatusRequestEntityTooLarge},
		{"/api-tokens", "good", 70 << 10, http.StatusRequestEntityTooLarge},
		{"/asks", "good", 70 << 10, http.StatusRequestEntityTooLarge},
	} {
		body := &counting{left: c.size}
		req := httptest.NewRequest("POST", Prefix+c.path, body)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "k")
		req.Header.Set("Authorization", "Bearer "+c.token)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != c.status || c.token == "bad" && body.read > 0 {
			t.Errorf("%s of %d bytes with %q: %d after %d bytes: %.200s", c.path, c.size, c.token, rec.Code, body.read, rec.Body)
		}
	}
}

// counting is a body of so many spaces that knows how much of it was read.
type counting struct{ left, read int }

func (c *counting) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), c.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	c.left, c.read = c.left-n, c.read+n
	return n, nil
}

// Nobody is signed in without proof unless the console is told to be a demo.
func TestPretendingIsOffByDefault(t *testing.T) {
	t.Parallel()
	for pattern := range acts(Config{}) {
		if strings.Contains(pattern, "/demo/") {
			t.Errorf("%s exists", pattern)
		}
	}
	if rec := asked(New(Config{Log: logtest.Logger(t), Auth: ada()}), "POST", "/demo/sign-in", "bad", `{}`); rec.Code != http.StatusUnauthorized {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// The acts that anybody may do without being known are these and no others.
func TestPublicOperations(t *testing.T) {
	t.Parallel()
	var got []string
	for pattern, act := range acts(Config{Pretend: true}) {
		if act == public {
			got = append(got, pattern)
		}
	}
	slices.Sort(got)
	if want := "GET /takedowns.atom,GET /takedowns.json,GET /takedowns.json.sig,GET /takedowns.pem,POST /demo/sign-in,POST /device,POST /device/poll"; strings.Join(got, ",") != want {
		t.Errorf("%v", got)
	}
}

// A page of another origin gets nothing, even with a token that it stole.
func TestOtherOriginsMayNotUseTokens(t *testing.T) {
	t.Parallel()
	p := ada()
	h := New(Config{Log: logtest.Logger(t), Auth: p})
	for name, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
		req := httptest.NewRequest("POST", Prefix+"/sign-out", nil)
		req.Header.Set("Authorization", "Bearer good")
		req.Header.Set(name, value)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != http.StatusForbidden || len(p.acts) != 0 || rec.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v", name, rec.Code, p.acts)
		}
	}
}

// acts gives the act of every operation by its method and path below Prefix.
func acts(cfg Config) map[string]string {
	out := map[string]string{}
	for pattern, op := range newGate(cfg, build(http.NewServeMux(), cfg)).ops {
		out[strings.Replace(pattern, Prefix, "", 1)] = op.act
	}
	return out
}

type spentBudget map[string]int

func (s spentBudget) Spent(_ context.Context, person string) (int, error) { return s[person], nil }

// Whoever asks learns what is left of the budget and until when the
// confirmation lasts; nobody has less than nothing left.
func TestMeSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	p := ada()
	v := p.people["good"]
	v.Session.StepUpEnd = time.Now().Add(3 * time.Minute).UTC().Truncate(time.Second)
	p.people["good"] = v
	for spent, want := range map[int]Budget{0: {0, 50, 50}, 41: {41, 50, 9}, 70: {70, 50, 0}} {
		h := New(Config{Auth: p, Budgets: spentBudget{"ada": spent}, Policy: access.Policy{Budget: 50}, Log: logtest.Logger(t)})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, Prefix+"/me", nil)
		r.Header.Set("Authorization", "Bearer good")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		var me Me
		if err := json.Unmarshal(rec.Body.Bytes(), &me); err != nil || me.Budget == nil || *me.Budget != want || me.StepUpEnd == nil || !me.StepUpEnd.Equal(v.Session.StepUpEnd) {
			t.Errorf("after %d: %d %s", spent, rec.Code, rec.Body)
		}
	}
}
