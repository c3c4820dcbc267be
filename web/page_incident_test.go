package web

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/incident"
)

var _ Incidents = (*incident.Service)(nil)

// TestIncidentForms sends every form of a case and looks at what is asked of the
// keeper and where it leads.
func TestIncidentForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path  string
		form  url.Values
		asked string
		leads string
	}{
		{"/incidents", url.Values{"subjects": {"arraykit@0.3.10\naccount:42 attacker"}, "kind": {"malicious-update"}, "severity": {"high"}, "note": {"a report"}}, `open p1 "Malicious update: arraykit 0.3.10" malicious-update high 2 "a report"`, "/incidents/INC-120"},
		{"/incidents/INC-119/change", url.Values{"set.verdict": {"malicious"}, "was.verdict": {""}, "set.severity": {"high"}, "was.severity": {"high"}, "reason": {"decoded"}, "then": {"propose"}}, `decide p1 INC-119 map[verdict:malicious] was map[verdict:] "decoded"`, "/incidents/INC-119/proposal"},
		{"/incidents/INC-119/change", url.Values{"set.lead": {"p1"}, "was.lead": {""}}, `decide p1 INC-119 map[lead:p1] was map[lead:] ""`, "/incidents/INC-119"},
		{"/incidents/INC-118/state", url.Values{"state": {"sealed"}, "reason": {"it is"}}, `move INC-118 sealed "it is"`, "/incidents/INC-118"},
		{"/incidents/INC-118/notes", url.Values{"body": {"one\r\ntwo"}}, `note INC-118 "one\ntwo"`, "/incidents/INC-118#notes"},
		{"/incidents/INC-118/subjects", url.Values{"op": {"remove"}, "subject": {"version:arraykit@0.3.10"}}, `remove INC-118 version arraykit@0.3.10`, "/incidents/INC-118#subjects"},
		{"/incidents/INC-118/tasks/seal", url.Values{"op": {"hold"}, "from": {"p2"}}, `hold INC-118 seal`, "/incidents/INC-118#task-seal"},
		{"/incidents/INC-118/tasks/seal", url.Values{"op": {"skip"}, "why": {"not needed"}}, `skip INC-118 seal "not needed"`, "/incidents/INC-118#task-seal"},
		{"/incidents/INC-118/tasks", url.Values{"title": {"Learn"}, "after": {"yes"}}, `task INC-118 "Learn" true`, "/incidents/INC-118/after"},
		{"/incidents/INC-118/proposal", url.Values{"step": {"0:x", "2:y"}, "title": {"T"}, "public": {"P"}, "internal": {"I"}, "seen": {"5eed"}}, `draft INC-118 [0 2] "T" "P" "I" 5eed`, "/plans/p00draft"},
		{"/incidents/INC-118/proposal", url.Values{"of": {"remove"}, "step": {"1:x"}}, `draft removal INC-118 [1] ""`, "/plans/p00draft"},
		{"/incidents/INC-118/figures", url.Values{"of": {"arraykit@0.3.10"}, "what": {"downloads"}, "value": {"2,285"}, "method": {"logs"}, "query": {"q"}}, `figure INC-118 downloads arraykit 0.3.10 2285 "q" false`, "/incidents/INC-118/figures"},
		{"/incidents/INC-118/texts", url.Values{"form": {"text"}, "t.summary": {"New."}, "rev.summary": {"2"}, "sum.summary": {textSum("An account was taken over.")}, "t.trigger": {""}, "sum.trigger": {textSum("")}}, `text INC-118 summary 2 "New."`, "/incidents/INC-118/figures#texts"},
		{"/incidents/INC-118/drafts", url.Values{"format": {"rustsec"}}, `make INC-118 [rustsec]`, "/incidents/INC-118/drafts"},
		{"/incidents/INC-118/drafts/1", url.Values{"revision": {"3"}, "body": {"# a\r\n\r\nb\r\n"}}, "edit 1 3 \"# a\\n\\nb\\n\"", "/incidents/INC-118/drafts/1"},
		{"/incidents/INC-118/drafts/1/approve", url.Values{"revision": {"3"}, "reason": {"so be it"}}, `approve 1 3 "so be it"`, "/incidents/INC-118/drafts/1"},
		{"/incidents/INC-118/drafts/approve", url.Values{"draft": {"3"}, "revision.3": {"3"}}, `approve 3 3 ""`, "/incidents/INC-118/drafts"},
		{"/incidents/INC-118/drafts/5/send", url.Values{"revision": {"3"}, "where": {"the stream"}, "via": {"channels"}}, `send 5 3 "the stream" channels`, "/incidents/INC-118/drafts/5"},
		{"/incidents/INC-118/drafts/4/correct", url.Values{"reason": {"wrong time"}}, `correct 4 "wrong time"`, "/incidents/INC-118/drafts/4"},
		{"/incidents/INC-118/drafts/3/withdraw", url.Values{"reason": {""}}, `withdraw 3 ""`, "/incidents/INC-118/drafts/3"},
		{"/incidents/INC-118/override", url.Values{"reason": {"it is used"}}, `override INC-118 "it is used"`, "/incidents/INC-118/drafts"},
		{"/incidents/INC-118/after", url.Values{"item": {"review"}, "op": {"done"}}, `done INC-118 review ""`, "/incidents/INC-118/after"},
		{"/incidents/INC-118/merge", url.Values{"into": {"INC-119"}, "reason": {"one matter"}}, `merge INC-118 INC-119 "one matter"`, "/incidents/INC-120"},
		{"/incidents/INC-118/split", url.Values{"title": {"Two"}, "reason": {"two matters"}, "s.account:9185": {"yes"}}, `split INC-118 "Two" [{account 9185 }]`, "/incidents/INC-120"},
		{"/incidents/INC-104/reopen", url.Values{"reason": {"again"}}, `reopen INC-104 "again"`, "/incidents/INC-120"},
		{"/drills", url.Values{"drill": {"august"}}, `drill august`, "/incidents/INC-120"},
	} {
		k := sampleCases().fill(t)
		answer := ask(incidentServer(t, k, responder, func(c *Config) { c.Registry.Kind = Demo }), "POST", c.path, post(c.form))
		if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || got != c.leads {
			t.Errorf("%s leads to %d %q: %s", c.path, answer.StatusCode, got, body(t, answer))
		}
		if calls := k.called(); !slices.Equal(calls, []string{c.asked}) {
			t.Errorf("%s asked %q, not %q", c.path, calls, c.asked)
		}
	}
}

// TestIncidentLosesNothing makes everything fail because of somebody else, and
// looks for what was typed.
func TestIncidentLosesNothing(t *testing.T) {
	t.Parallel()
	k := sampleCases().fill(t)
	k.err = cratewarden.Errorf(cratewarden.Conflict, "Somebody was faster.")
	k.plan = ""
	s := incidentServer(t, k, responder)
	const typed = "typed with care & <thought>"
	const shows = "typed with care &amp; &lt;thought&gt;"
	for path, form := range map[string]url.Values{
		"/incidents": {"title": {typed}, "note": {typed}, "subjects": {"serde"}}, "/incidents/INC-118/notes": {"body": {typed}}, "/incidents/INC-118/subjects": {"subjects": {"serde"}, "why": {typed}},
		"/incidents/INC-118/tasks": {"title": {typed}}, "/incidents/INC-119/change": {"set.verdict": {"malicious"}, "was.verdict": {""}, "reason": {typed}, "then": {"stay"}},
		"/incidents/INC-118/change": {"form": {"detail"}, "set.title": {typed}, "was.title": {"x"}}, "/incidents/INC-118/state": {"state": {"sealed"}, "reason": {typed}},
		"/incidents/INC-118/proposal": {"step": {"0:x"}, "public": {typed}}, "/incidents/INC-118/figures": {"form": {"figure"}, "of": {"arraykit@0.3.10"}, "value": {"1"}, "method": {typed}},
		"/incidents/INC-118/texts": {"form": {"text"}, "t.summary": {typed}, "rev.summary": {"1"}, "sum.summary": {"old"}}, "/incidents/INC-118/drafts/1": {"revision": {"1"}, "body": {typed}}, "/incidents/INC-118/drafts/1/approve": {"form": {"approve"}, "reason": {typed}},
		"/incidents/INC-118/drafts/send": {"draft": {"5"}, "where": {typed}}, "/incidents/INC-118/override": {"reason": {typed}}, "/incidents/INC-118/merge": {"form": {"merge"}, "into": {"INC-119"}, "reason": {typed}},
		"/incidents/INC-118/split": {"form": {"split"}, "title": {typed}, "s.account:184": {"yes"}}, "/incidents/INC-104/reopen": {"form": {"reopen"}, "reason": {typed}},
	} {
		answer := ask(s, "POST", path, post(form))
		if text := body(t, answer); answer.StatusCode != http.StatusConflict || !strings.Contains(text, shows) || !strings.Contains(text, "Somebody was faster.") {
			t.Errorf("%s: %d; typed %t, said %t", path, answer.StatusCode, strings.Contains(text, shows), strings.Contains(text, "Somebody was faster."))
		}
	}
}

// TestIncidentFiles attaches a file beyond the bound of forms and takes one out,
// which must be for saving only.
func TestIncidentFiles(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	s := incidentServer(t, k, responder)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, _ := w.CreateFormFile("file", "../../x.html")
	_, _ = part.Write(bytes.Repeat([]byte("x"), 3<<20))
	_ = w.Close()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8420/incidents/INC-118/files", &form)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	if calls := k.called(); answer.Code != http.StatusSeeOther || !slices.Equal(calls, []string{"attach INC-118 x.html 3145728"}) {
		t.Errorf("%d %q", answer.Code, calls)
	}
	if again := ask(s, "POST", "/incidents/INC-118/files", post(url.Values{})); again.StatusCode != http.StatusBadRequest || !strings.Contains(body(t, again), "Choose the file again") {
		t.Errorf("a form without its file: %d", again.StatusCode)
	}
	out := ask(s, "GET", "/incidents/INC-118/files/3", nil)
	if h := out.Header; h.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a file is given out as %v", h)
	}
}

// TestIncidentEvents follows a case: what somebody else does arrives, part by
// part, and who looks.
func TestIncidentEvents(t *testing.T) {
	t.Parallel()
	k := sampleCases()
	s := incidentServer(t, k, responder)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	r := httptest.NewRequest("GET", "http://127.0.0.1:8420/incidents/INC-118/events?have=a.b.c.d", nil).WithContext(ctx)
	w := httptest.NewRecorder()
	go func() {
		time.Sleep(700 * time.Millisecond)
		k.mu.Lock()
		k.tasks["INC-118"][2].State = incident.TaskDone
		k.mu.Unlock()
		k.wake <- struct{}{}
		time.Sleep(700 * time.Millisecond)
		cancel()
	}()
	s.ServeHTTP(w, r)
	text := w.Body.String()
	if got := w.Header().Get("Content-Type"); got != "text/event-stream" {
		t.Fatalf("%s: %s", got, text)
	}
	for part, times := range map[string]int{"event: state": 1, "event: subjects": 1, "event: notes": 1, "event: tasks": 2, "Bo Remover": 1} {
		if n := strings.Count(text, part); n < times || strings.HasPrefix(part, "event") && n != times {
			t.Errorf("%q came %d times, not %d", part, n, times)
		}
	}
}

// TestIncidentGreys looks at the pages as somebody who may only look.
func TestIncidentGreys(t *testing.T) {
	t.Parallel()
	k := sampleCases().fill(t)
	s := incidentServer(t, k, looker, func(c *Config) {
		door := as(looker)
		for _, act := range []string{"incident.note", "incident.decide", "incident.draft", "incident.publish", "incident.open"} {
			door.refuse[act] = refusedFor(act)
		}
		c.Auth = door
	})
	for path, lacks := range map[string]string{"/incidents/INC-118": `value="done"`, "/incidents/INC-119": `>Take over</button></form>`, "/incidents/INC-118/drafts": `value="approve"`, "/incidents/INC-118/drafts/1": `>Save the text</button></div></form></section>x`, "/incidents": `href="/incidents/new"`} {
		text := body(t, ask(s, "GET", path, nil))
		if strings.Contains(text, lacks) || !strings.Contains(text, "aria-disabled") {
			t.Errorf("%s offers %s to somebody who may not", path, lacks)
		}
	}
}

// TestIncidentFilters holds that the address decides the list and its files.
func TestIncidentFilters(t *testing.T) {
	t.Parallel()
	s := incidentServer(t, sampleCases().fill(t), responder)
	for path, says := range map[string][2]string{
		"/incidents": {"INC-119", "INC-104"}, "/incidents?state=all": {"INC-104", "INC-120"}, "/incidents?drills=only": {"INC-120", "“"}, "/incidents?kind=typosquat": {"INC-119", "INC-118<"}, "/incidents?unled=true": {"INC-119", "INC-118 "},
		"/incidents?format=csv&state=all": {"INC-104,120 crates", "<"}, "/incidents?format=json": {`"id": "INC-119"`, "<html"}, "/incidents/months?format=csv&kind=each": {"2026-11,typosquat,4,1", "<"}, "/incidents/INC-118/timeline?format=md": {"timeline of INC-118 as md", "<"},
	} {
		answer := ask(s, "GET", path, nil)
		if text := body(t, answer); answer.StatusCode != http.StatusOK || !strings.Contains(text, says[0]) || strings.Contains(text, says[1]) {
			t.Errorf("%s: %d; has %t, lacks %t", path, answer.StatusCode, strings.Contains(text, says[0]), !strings.Contains(text, says[1]))
		}
	}
	if answer := ask(s, "GET", "/incidents?state=nonsense", nil); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("a state that is none: %d", answer.StatusCode)
	}
}
