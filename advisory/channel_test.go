package advisory

import (
	"slices"
	"strings"
	"testing"
)

func TestChannelsFollowThePolicy(t *testing.T) {
	t.Parallel()
	of := func(change func(*Sheet)) map[Format]bool {
		s := outgoing()
		change(&s)
		out := map[Format]bool{}
		for _, a := range Channels(s) {
			if a.Why == "" {
				t.Errorf("%s has no reason", a.Channel)
			}
			for _, f := range a.Formats {
				out[f] = out[f] || a.Do
			}
		}
		return out
	}
	for _, c := range []struct {
		name   string
		change func(*Sheet)
		do     []Format
		not    []Format
	}{
		{"evidence of use", func(*Sheet) {}, []Format{RustSec, OSV, Blog, MailLocked, MailCoOwner, MailDependents, MailReporter, AbuseIdentity, AbuseHoster, AmIAffected, List, CSAF20, Status, Zulip}, nil},
		{"no evidence of use", func(s *Sheet) { s.UsedInTheWild = ptr(false) }, []Format{RustSec, OSV}, []Format{Blog}},
		{"use not known", func(s *Sheet) { s.UsedInTheWild = nil }, []Format{RustSec, OSV}, []Format{Blog}},
		{"policy case", func(s *Sheet) { s.Verdict = "policy" }, []Format{MailLocked}, []Format{RustSec, OSV, Blog, CSAF20}},
		{"no campaign", func(s *Sheet) { s.Campaign, s.Severity = nil, "high" }, []Format{RustSec}, []Format{CSAF20, CSAF21}},
		{"red", func(s *Sheet) { s.TLP = "RED" }, nil, []Format{CSAF20}},
		{"not gone yet", func(s *Sheet) {
			s.Crates[0].Bad[0].Held, s.Crates[0].Bad[0].Removed = at("0001-01-01 00:00:00"), at("0001-01-01 00:00:00")
		}, nil, []Format{MailDependents}},
		{"nobody found it", func(s *Sheet) { s.Finder = nil }, nil, []Format{MailReporter}},
		{"no effect", func(s *Sheet) { s.EffectOnUsers = "" }, nil, []Format{Status}},
		{"nobody locked", func(s *Sheet) { s.Accounts = nil }, nil, []Format{MailLocked, AbuseIdentity}},
	} {
		got := of(c.change)
		for _, f := range c.do {
			if !got[f] {
				t.Errorf("%s: %s is not advised", c.name, f)
			}
		}
		for _, f := range c.not {
			if got[f] {
				t.Errorf("%s: %s is advised", c.name, f)
			}
		}
	}
	var covered []Format
	for _, a := range Channels(outgoing()) {
		covered = append(covered, a.Formats...)
	}
	for _, f := range Formats() {
		if !slices.Contains(covered, f) {
			t.Errorf("no channel has the form %s", f)
		}
	}
}

func TestOccasions(t *testing.T) {
	t.Parallel()
	s := outgoing()
	if got := Occasions(s); !slices.Equal(got, Formats()) {
		t.Errorf("harm: %v", got)
	}
	s.Verdict = "policy"
	for _, f := range Occasions(s) {
		if f == RustSec || f == OSV || f == Blog || f == AmIAffected {
			t.Errorf("a policy case gives occasion for %s", f)
		}
	}
	if !slices.Contains(Occasions(s), MailLocked) {
		t.Error("locked people of a policy case are not told")
	}
	docs, err := Documents(s, MailLocked, MailCoOwner, MailReporter, Zulip)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if strings.Contains(d.Text, "harm") || strings.Contains(d.Text, "malicious") {
			t.Errorf("a policy case is told as an attack: %s", d.Text)
		}
	}
}
