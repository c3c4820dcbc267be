package web

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// TestPlanRoutes asks every address of plans with both methods: what changes
// something answers to POST alone, and no GET changes anything.
func TestPlanRoutes(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	s := planServer(t, f, responder)
	const id = "/plans/p07applied"
	for _, c := range []struct {
		path      string
		get, post int
	}{
		{"/plans", 200, 400}, {"/plans/new", 200, 404}, {"/plans/batch", 200, 200}, {"/plans/propose", 200, 200}, {"/plans/propose?what=undo-since", 200, 200}, {id, 200, 405}, {"/plans/p01reviewed/edit", 200, 400}, {id + "/effect.json", 200, 405}, {id + "/live", 200, 405}, {"/plans/p08undone/events", 200, 405},
		{id + "/leave-out", 405, 400}, {id + "/review", 405, 303}, {id + "/approve", 405, 400}, {id + "/apply", 405, 400}, {id + "/undo", 405, 400}, {id + "/discard", 405, 303}, {id + "/settle", 405, 400}, {id + "/seal", 405, 303}, {id + "/follow-ups/8", 405, 400},
		{"/plans/none", 404, 405}, {"/plans/none/live", 404, 405}, {"/plans/none/events", 404, 405}, {"/plans/none/effect.json", 404, 405}, {"/plans/p00draft/effect.json", 404, 405}, {id + "/edit", 409, 400}, {id + "/follow-ups/999", 405, 404}, {id + "/follow-ups/x", 405, 400}, {"/plans/none/edit", 404, 400},
	} {
		before := len(f.changes())
		if answer := ask(s, "GET", c.path, nil); answer.StatusCode != c.get {
			t.Errorf("GET %s: %d, want %d", c.path, answer.StatusCode, c.get)
		}
		if calls := f.changes(); len(calls) != before {
			t.Errorf("GET %s changed something: %v", c.path, calls[before:])
		}
		want := c.post
		if answer := ask(s, "POST", c.path, post(url.Values{})); answer.StatusCode != want && !(want == 404 && answer.StatusCode == 405) {
			t.Errorf("POST %s: %d, want %d", c.path, answer.StatusCode, want)
		}
		before = len(f.changes())
		foreign := ask(s, "POST", c.path, func(r *http.Request) {
			post(url.Values{"which": {"all"}, "kept": {"yes"}, "do": {"retry"}, "digest": {ledger.Digest{7}.String()}})(r)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://evil.example")
		})
		if calls := f.changes(); foreign.StatusCode != http.StatusForbidden || len(calls) != before {
			t.Errorf("POST %s from another site: %d, %v", c.path, foreign.StatusCode, calls[before:])
		}
	}
}

// TestPlanDoes sends every form as the page makes it, and looks at what the
// engine was asked.
func TestPlanDoes(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	s := planServer(t, f, responder)
	digest := ledger.Digest{7}.String()
	for _, c := range []struct {
		path string
		form url.Values
		want string
		to   string
	}{
		{"/plans/p00draft/review", nil, "review p00draft", "/plans/p00draft"},
		{"/plans/p90second/approve", url.Values{"digest": {digest}}, "approve p90second p1 " + digest, "/plans/p90second"},
		{"/plans/p92typed/apply", url.Values{"digest": {digest}, "typed": {" 3 "}, "key": {"k"}}, `apply p92typed " 3 " true`, "/plans/p92typed"},
		{"/plans/p07applied/undo", url.Values{"which": {"ticked"}, "step": {"1", "3"}, "key": {"k"}}, "undo p07applied [1 3] true", "/plans/p07applied"},
		{"/plans/p07applied/undo", url.Values{"which": {"all"}, "step": {"1"}, "key": {"k"}}, "undo p07applied [] true", "/plans/p07applied"},
		{"/plans/p00draft/discard", nil, "discard p00draft", "/plans/p00draft"},
		{"/plans/p06unknown/settle", url.Values{"kept": {"no"}}, "settle p06unknown false", "/plans/p06unknown"},
		{"/plans/p06unknown/settle", url.Values{"kept": {"yes"}}, "settle p06unknown true", "/plans/p06unknown"},
		{"/plans/p07applied/follow-ups/8", url.Values{"do": {"retry"}}, "retry 8", "/plans/p07applied"},
		{"/plans/p07applied/follow-ups/8", url.Values{"do": {"give-up"}, "reason": {" the bucket is gone "}}, "give up 8 the bucket is gone", "/plans/p07applied"},
		{"/plans/p00draft/leave-out", url.Values{"step": {"2"}, "revision": {"2"}}, "edit p00draft 2 2 Yank arraykit 0.3.10 and what it pulled in", "/plans/p00draft"},
	} {
		before := len(f.changes())
		answer := ask(s, "POST", c.path, post(c.form))
		calls := f.changes()[before:]
		if answer.StatusCode != http.StatusSeeOther || len(calls) != 1 || calls[0] != c.want || answer.Header.Get("Location") != c.to {
			t.Errorf("%s %v: %d to %q, asked %q, want %q", c.path, c.form, answer.StatusCode, answer.Header.Get("Location"), calls, c.want)
		}
	}
}

// TestPlanSaysWhatWentWrong shows that a refusal is the plan's page with the
// reason and with what was typed.
func TestPlanSaysWhatWentWrong(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	s := planServer(t, f, responder)
	f.err = cratewarden.Errorf(cratewarden.Refused, "To apply this plan, type exactly: 3")
	form := url.Values{"digest": {ledger.Digest{7}.String()}, "typed": {"three <b>"}, "key": {"k"}}
	answer := ask(s, "POST", "/plans/p92typed/apply", post(form))
	text := body(t, answer)
	if answer.StatusCode != http.StatusForbidden || !strings.Contains(text, "type exactly: 3") || !strings.Contains(text, `value="three &lt;b&gt;"`) || !strings.Contains(text, "Yank arraykit 0.3.10") {
		t.Errorf("%d:\n%s", answer.StatusCode, text)
	}
	f.err = cratewarden.Errorf(cratewarden.Conflict, "The registry changed since the review.")
	if answer := ask(s, "POST", "/plans/p04stale/apply", post(form)); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("a plan that became stale is not shown as such: %d", answer.StatusCode)
	}
	for path, says := range map[string]string{"/plans/p92typed/approve": "which review", "/plans/p07applied/undo": "Tick the steps", "/plans/p00draft/leave-out": "Tick the steps", "/plans/p06unknown/settle": "Say whether"} {
		answer := ask(s, "POST", path, post(url.Values{}))
		if text := body(t, answer); answer.StatusCode != http.StatusBadRequest || !strings.Contains(text, says) {
			t.Errorf("%s: %d without %q", path, answer.StatusCode, says)
		}
	}
	big := ask(s, "POST", "/plans/p92typed/apply", post(url.Values{"typed": {strings.Repeat("x", 2<<20)}}))
	if big.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: %d", big.StatusCode)
	}
}

// TestPlanGreysWithReasons looks at the buttons of plans in several states and
// for several people.
func TestPlanGreysWithReasons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   string
		who  action.Actor
		has  []string
		lack []string
	}{
		{"p00draft", responder, []string{"Review it first.", `form="review">Review</button>`, `action="/plans/p00draft/discard"`}, []string{"Apply the plan</button></div>"}},
		{"p01reviewed", responder, []string{`form="apply">Apply</button>`, "Review again", "It would change 7 rows and order 3 jobs."}, []string{"Review it first."}},
		{"p01reviewed", looker, []string{"Cleo has none of these roles", "Plans are made by responders"}, []string{`form="apply"`, `form="review"`}},
		{"p90second", colleague, []string{"You wrote it; somebody else must approve it.", "A second person must approve it.", "<code class=\"copyable\">proc-makro1</code>"}, []string{"<button class=\"button\">Approve</button>"}},
		{"p90second", responder, []string{"<button class=\"button\">Approve</button>", "Seal the evidence</button>", "Cannot be undone", "gone for good"}, nil},
		{"p91blocked", responder, []string{"A check forbids it.", "The registry has no version macro-loom1 1.0.87.", "forbids it: "}, []string{`form="apply">`}},
		{"p92typed", responder, []string{`name="typed"`, `href="#confirm">Apply…</a>`}, []string{"A second person must approve it."}},
		{"p04stale", responder, []string{"yanked was false at the review and is true now.", "Review it again.", `form="review">Review again</button>`}, []string{`form="apply">`}},
		{"p06unknown", responder, []string{"The registry kept it", "Compare its rows"}, []string{`form="apply">`}},
		{"p07applied", responder, []string{`form="undo" name="step" value="1"`, "Retry now", "1 follow-up failed", "#19", "entry #17"}, []string{`form="apply">`}},
		{"p07applied", looker, []string{"Undo</button><span class=\"why\">"}, []string{`value="ticked"`, `value="retry"`}},
		{"p08undone", responder, []string{"everything in it has been put back"}, nil},
		{"p09discarded", responder, []string{"It was put away"}, []string{`action="/plans/p09discarded/apply"`}},
	} {
		text := body(t, ask(planServer(t, samplePlans(t), c.who), "GET", "/plans/"+c.id, nil))
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s for %s lacks %q", c.id, c.who.Name, want)
			}
		}
		for _, bad := range c.lack {
			if strings.Contains(text, bad) {
				t.Errorf("%s for %s has %q", c.id, c.who.Name, bad)
			}
		}
	}
}

// TestPlanEvents follows a plan until nothing is open any more.
func TestPlanEvents(t *testing.T) {
	t.Parallel()
	f := samplePlans(t)
	site := httptest.NewServer(planServer(t, f, responder))
	defer site.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", site.URL+"/plans/p07applied/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("type %q", got)
	}
	var events []string
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	text := ""
	for lines.Scan() {
		text += lines.Text() + "\n"
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			if events = append(events, name); len(events) == 1 {
				f.mu.Lock()
				done := slices.Clone(f.follow["p07applied"])
				for i := range done {
					done[i].State = action.FollowDone
				}
				f.follow["p07applied"] = done
				f.mu.Unlock()
			}
		}
	}
	if want := []string{"live", "live", "end"}; !slices.Equal(events, want) || !strings.Contains(text, "3 of 3 pieces settled") {
		t.Errorf("events %q:\n%s", events, text)
	}
}

// TestPlansWithoutEngine shows that nothing can be changed then, and why.
func TestPlansWithoutEngine(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.Dossiers = sampleShelf(t)
	s := deskServer(t, d, func(c *Config) { c.ReadOnly = "This is a copy." })
	if answer := ask(s, "GET", "/plans", nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("plans without an engine: %d", answer.StatusCode)
	}
	for _, path := range []string{"/crates/arraykit", "/crates/arraykit/0.3.10", "/accounts/184"} {
		text := body(t, ask(s, "GET", path, nil))
		if !strings.Contains(text, `<p class="small why">This is a copy.</p>`) || strings.Contains(text, `href="/plans`) {
			t.Errorf("%s offers what cannot be done", path)
		}
	}
}

// TestActsOnRows looks at the acts beside rows, for somebody who may do them,
// for somebody who may not, and where nothing can be done.
func TestActsOnRows(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/accounts/184?view=tokens":     "/plans/new?do=token.revoke&amp;token=",
		"/accounts/184?view=publishers": "/plans/new?do=publisher.suspend&amp;id=",
		"/crates/arraykit/owners":       "/plans/new?account=",
		"/jobs":                         "/plans/new?do=job.retry&amp;id=",
		"/names?q=logfern":              "/plans/new?do=name.reserve&amp;name=logfern",
		"/crates/arraykit/0.3.10":       "/plans/new?crate=arraykit&amp;do=version.hold&amp;version=0.3.10",
	} {
		if text := body(t, ask(planServer(t, samplePlans(t), responder), "GET", path, nil)); !strings.Contains(text, want) {
			t.Errorf("%s lacks %s", path, want)
		}
		text := body(t, ask(planServer(t, samplePlans(t), looker), "GET", path, nil))
		if strings.Contains(text, `"/plans/new`) || !strings.Contains(text, "Cleo has none of these roles") {
			t.Errorf("%s: acts for somebody without a role, or no reason", path)
		}
	}
	// Each role greys what belongs to others.
	platform := action.Actor{ID: "p4", Name: "Dot", Roles: []cratewarden.Role{cratewarden.Platform}}
	text := body(t, ask(planServer(t, samplePlans(t), platform), "GET", "/crates/arraykit", nil))
	if !strings.Contains(text, "do=crate.limits") || strings.Contains(text, "do=version.yank") || !strings.Contains(text, "It takes the role responder, which Dot does not have.") {
		t.Error("the menu does not follow the roles")
	}
}

// TestPlanList filters, pages and exports.
func TestPlanList(t *testing.T) {
	t.Parallel()
	s := planServer(t, samplePlans(t), responder)
	for path, want := range map[string]int{"/plans": 13, "/plans?state=open": 10, "/plans?state=draft": 1, "/plans?state=reviewed": 3, "/plans?author=p2": 6, "/plans?incident=INC-118": 13, "/plans?incident=x": 0, "/plans?limit=4": 4, "/plans?before=p03applying": 3} {
		text := body(t, ask(s, "GET", path, nil))
		if got := strings.Count(text, `<td data-label="Plan">`); got != want {
			t.Errorf("%s lists %d plans, want %d", path, got, want)
		}
		if want == 0 && !strings.Contains(text, "No plan passes the filter") {
			t.Errorf("%s does not say why it is empty", path)
		}
	}
	if text := body(t, ask(s, "GET", "/plans?limit=4&state=open", nil)); !strings.Contains(text, `rel="next" href="/plans?before=p`) || !strings.Contains(text, "/api/v1/plans?limit=4&amp;state=open") {
		t.Error("a full page does not lead on")
	}
	for _, path := range []string{"/plans?state=x", "/plans?subject=serde", "/plans?limit=501", "/plans?format=xml"} {
		if answer := ask(s, "GET", path, nil); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	file := ask(s, "GET", "/plans?format=csv&state=applied", nil)
	if text := body(t, file); file.Header.Get("Content-Type") != "text/csv; charset=utf-8" || strings.Count(text, "\n") != 2 || strings.Contains(text, "night shift") || !strings.Contains(text, "p07applied,applied") {
		t.Errorf("the file:\n%s", text)
	}
}
