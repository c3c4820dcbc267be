package incident

import (
	"fmt"
	"testing"
	"time"

	"cratewarden/ledger"
)

// A case of as many subjects as one may have is judged by its plans in the time that
// a round has for it.
func TestNeedsOfAFlood(t *testing.T) {
	t.Parallel()
	i := Incident{State: Triaged, Verdict: Malicious}
	var f facts
	at := time.Now().UTC()
	for n := range maxPerCase {
		name := fmt.Sprintf("Flood-%d", n)
		i.Subjects = append(i.Subjects, sub("version", name+"@1.0.0", "payload"))
		for _, kind := range []string{"version.hold", "version.delete"} {
			f.acts = append(f.acts, actFact{kind: kind, subjects: []ledger.Subject{versionSubject(name, "1.0.0")}, proof: proof{plan: "p", at: at}})
		}
	}
	began := time.Now()
	needs := needsOf(i, f)
	took := time.Since(began)
	t.Logf("%d subjects and %d acts: %s", len(i.Subjects), len(f.acts), took.Round(time.Millisecond))
	if !needs[Contained].met || !needs[Removed].met {
		t.Errorf("%+v", needs)
	}
	if took > 10*time.Second {
		t.Error("its work grows with the square of the case")
	}
}
