package advisory

import (
	"slices"
	"testing"
)

// What everybody, communities or the whole team read is held against the mark of
// the case, and what goes to a few is advised against.
func TestLintHoldsTextsAgainstTheLabel(t *testing.T) {
	t.Parallel()
	severe := map[string][]Format{
		"CLEAR": nil, "clear": nil,
		"GREEN":        {RustSec, OSV, CSAF20, CSAF21, Blog, Status, AmIAffected, List},
		"AMBER":        {RustSec, OSV, CSAF20, CSAF21, Blog, Status, AmIAffected, List, MailDependents},
		"AMBER+STRICT": {RustSec, OSV, CSAF20, CSAF21, Blog, Status, AmIAffected, List, MailDependents},
		"RED":          {RustSec, OSV, CSAF20, CSAF21, Blog, Status, AmIAffected, List, MailDependents, Zulip},
		"purple":       {RustSec, OSV, CSAF20, CSAF21, Blog, Status, AmIAffected, List, MailDependents, Zulip},
	}
	advice := map[string][]Format{
		"AMBER+STRICT": {AbuseIdentity, AbuseHoster},
		"RED":          {MailLocked, MailCoOwner, MailReporter, AbuseIdentity, AbuseHoster, PostMortem},
		"purple":       {MailLocked, MailCoOwner, MailReporter, AbuseIdentity, AbuseHoster, PostMortem},
	}
	for label := range severe {
		s := outgoing()
		s.TLP = label
		for _, d := range written(t, s) {
			var rules []bool
			for _, p := range LintDocument(s, d) {
				if p.Rule == "tlp-above-clear" || p.Rule == "tlp-too-wide" {
					rules = append(rules, p.Severe)
				}
			}
			var want []bool
			if slices.Contains(severe[label], d.Format) {
				want = []bool{true}
			}
			if slices.Contains(advice[label], d.Format) {
				want = []bool{false}
			}
			if !slices.Equal(rules, want) {
				t.Errorf("TLP:%s, %s: %v, want %v", label, d.Format, rules, want)
			}
		}
	}
}
