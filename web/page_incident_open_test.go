package web

import (
	"net/http"
	"strings"
	"testing"

	"cratewarden/ledger"
)

// A dossier names the open cases about its subject, in every spelling of it; the
// page after one was opened here knows it.
func TestDossiersNameOpenCases(t *testing.T) {
	t.Parallel()
	s, _ := caseServer(t)
	const notice = "An incident about this is open"
	if strings.Contains(body(t, ask(s, "GET", "/crates/arraykit", nil)), notice) {
		t.Error("a case is named before there is one")
	}
	answer := ask(s, "POST", "/incidents", post(map[string][]string{"subjects": {"arraykit@0.3.10"}, "kind": {"malicious-update"}, "severity": {"high"}, "tlp": {"AMBER"}, "key": {"k1"}}))
	if answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", answer.StatusCode, body(t, answer))
	}
	for _, path := range []string{"/crates/arraykit", "/crates/arraykit/0.3.10"} {
		if text := body(t, ask(s, "GET", path, nil)); !strings.Contains(text, notice) || !strings.Contains(text, `href="/incidents/INC-1"`) {
			t.Errorf("%s does not name the case", path)
		}
	}
	for _, x := range []ledger.Subject{{Kind: "crate", ID: "Array-Kit"}, {Kind: "crate", ID: "arraykit2"}, {Kind: "account", ID: "arraykit"}} {
		if list := s.cases.of(x); len(list) != 0 {
			t.Errorf("%v is not what the case is about: %v", x, list)
		}
	}
}
