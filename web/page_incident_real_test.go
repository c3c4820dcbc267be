package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestIncidentPagesOnTheRealKeeper takes a case from report to close through the
// pages, on a keeper with a database of its own and neither engine nor mirror:
// what they would show is said to be missing.
func TestIncidentPagesOnTheRealKeeper(t *testing.T) {
	t.Parallel()
	s, _ := caseServer(t)
	send := func(path string, form url.Values) string {
		t.Helper()
		answer := ask(s, "POST", path, post(form))
		if answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", path, answer.StatusCode, body(t, answer))
		}
		return answer.Header.Get("Location")
	}
	at := send("/incidents", url.Values{"subjects": {"arraykit@0.3.10"}, "kind": {"malicious-update"}, "severity": {"high"}, "tlp": {"AMBER"}, "key": {"k1"}})
	if again := send("/incidents", url.Values{"subjects": {"arraykit@0.3.10"}, "kind": {"malicious-update"}, "severity": {"high"}, "tlp": {"AMBER"}, "key": {"k1"}, "anyway": {"yes"}}); again != at || at != "/incidents/INC-1" {
		t.Errorf("the same form twice leads to %q and %q", at, again)
	}
	if like := ask(s, "POST", "/incidents", post(url.Values{"subjects": {"arraykit@0.3.10"}, "kind": {"typosquat"}, "severity": {"low"}, "tlp": {"AMBER"}, "key": {"k2"}})); like.StatusCode != http.StatusConflict || !strings.Contains(body(t, like), "Open another one anyway") {
		t.Errorf("a second case about the same is not hinted at: %d", like.StatusCode)
	}
	send(at+"/change", url.Values{"set.lead": {responder.ID}, "was.lead": {""}})
	send(at+"/change", url.Values{"set.verdict": {"benign"}, "was.verdict": {""}, "then": {"stay"}, "reason": {"nothing in it"}})
	send(at+"/notes", url.Values{"body": {"A note <b>."}})
	send(at+"/subjects", url.Values{"op": {"add"}, "subjects": {"internkit@0.8.7"}, "role": {"related"}, "why": {"same token"}})
	send(at+"/tasks", url.Values{"title": {"Ask the reporter"}})
	send(at+"/texts", url.Values{"form": {"text"}, "t.summary": {"Nothing happened."}, "rev.summary": {"0"}, "sum.summary": {textSum("")}})
	page := body(t, ask(s, "GET", at, nil))
	for _, want := range []string{"verdict: benign", "A note &lt;b&gt;.", "nothing in it", "internkit 0.8.7", "same token", "Ask the reporter", "Lead: ", "Ada", "Close the case"} {
		if !strings.Contains(page, want) {
			t.Errorf("the case does not show %q", want)
		}
	}
	clash := ask(s, "POST", at+"/change", post(url.Values{"form": {"detail"}, "set.title": {"My title"}, "was.title": {"An old one"}}))
	if text := body(t, clash); clash.StatusCode != http.StatusConflict || !strings.Contains(text, "My title") || !strings.Contains(text, "Somebody else changed this meanwhile") {
		t.Errorf("two titles: %d", clash.StatusCode)
	}
	for _, path := range []string{"", "/timeline", "/proposal", "/figures", "/drafts", "/after", "/change", "/join", "/timeline?format=md"} {
		if answer := ask(s, "GET", at+path, nil); answer.StatusCode != http.StatusOK {
			t.Errorf("%s%s: %d %s", at, path, answer.StatusCode, body(t, answer))
		}
	}
	send(at+"/state", url.Values{"state": {"closed"}, "reason": {"nothing in it"}})
	send(at+"/reopen", url.Values{"reason": {"a second report"}})
	for _, path := range []string{"/incidents", "/incidents?state=all&format=csv", "/incidents/months", "/"} {
		if answer := ask(s, "GET", path, nil); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
}
