package incident_test

import (
	"testing"

	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// Incidents in which somebody's account, token or workflow is in other hands.
func TestProposalForStolenWays(t *testing.T) {
	t.Parallel()
	w := newTown(t, stolenWays)
	leaked := w.ids["careless"]*10 + 2
	runShapes(t, w, map[string]shape{
		"one bad version of an old crate": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{version("oldgold@1.6.0")},
			ticks: append(w.contain("oldhand"), hold("oldgold@1.6.0")...), offers: hold("oldsilver@1.5.0"), advise: []string{"oldgold"}},
		"the same, from the account": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{w.account("oldhand")},
			ticks: w.contain("oldhand"), offers: hold("oldgold@1.6.0", "oldsilver@1.5.0")},
		"a workflow": {Kind: incident.MaliciousUpdate, Verdict: incident.Malicious, start: []ledger.Subject{version("flowlib@2.0.1")},
			ticks: append(hold("flowlib@2.0.1"), "publisher.suspend github9101"), offers: append(hold("flowcli@2.0.1"), "publisher.suspend github9102", "publisher.suspend github9103"),
			advise: []string{"flowlib"}, notes: []string{"flow/flow"}},
		"a leaked token": {Kind: incident.LeakedToken, Verdict: incident.Malicious, start: []ledger.Subject{action.TokenSubject(leaked), version("leaky@1.9.0")},
			ticks:  append(hold("leaky@1.9.0"), "token.revoke "+action.TokenSubject(leaked).ID, "version.unyank leaky@1.2.0", "version.unyank leaky@1.3.0", "version.unyank leaky@1.4.0"),
			offers: w.contain("careless"), advise: []string{"leaky"}},
		"a leaked token, from the version": {Kind: incident.LeakedToken, start: []ledger.Subject{version("leaky@1.9.0")},
			ticks:  append(hold("leaky@1.9.0"), "token.revoke "+action.TokenSubject(leaked).ID, "version.unyank leaky@1.2.0", "version.unyank leaky@1.3.0", "version.unyank leaky@1.4.0"),
			offers: w.contain("careless"), advise: []string{"leaky"}},
		"more than a token leaked": {Kind: incident.LeakedToken, Verdict: incident.Malicious, start: []ledger.Subject{version("leaky@1.9.0"), version("leaky-tools@0.9.0")},
			ticks:  append(append(w.contain("careless"), hold("leaky@1.9.0", "leaky-tools@0.9.0")...), "version.unyank leaky@1.2.0", "version.unyank leaky@1.3.0", "version.unyank leaky@1.4.0"),
			offers: []string{}, advise: []string{"leaky", "leaky-tools"}},
		"a token instead of the workflow": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{action.CrateSubject("axle")},
			ticks: append(w.contain("axler", "axlehelp"), hold("axle@1.3.1", "plain-crypto-axle@4.2.0")...), offers: []string{}, advise: []string{"axle", "plain-crypto-axle"}},
	})
}

// Incidents made of new crates and of new people.
func TestProposalForNewNames(t *testing.T) {
	t.Parallel()
	w := newTown(t, newNames)
	squats := append(w.contain("qkorv", "mbaldwin", "tzuluu"), hold("seriallize-it@0.1.0", "serialize-itt@0.1.0", "serialise-it@0.1.0")...)
	slow := append(w.contain("slowguy"), hold("slowpoison@0.1.0", "slowpoison@0.2.0", "slowpoison@0.3.0", "slowpoison@0.4.0")...)
	shapes := map[string]shape{
		"dependency confusion": {Kind: incident.Typosquat, Verdict: incident.Malicious, start: []ledger.Subject{action.CrateSubject("acme-billing-core")},
			ticks: append(w.contain("depconf"), hold("acme-billing-core@99.0.0", "acme-auth-internal@99.0.0")...), offers: []string{"crate.hold acme-ledger"}, advise: []string{"acme-billing-core", "acme-auth-internal"}},
		"a crate that lay there": {Kind: incident.Typosquat, Verdict: incident.Malicious, start: []ledger.Subject{action.CrateSubject("slowpoison")},
			ticks: slow, offers: []string{}, advise: []string{"slowpoison"}},
		"a genuine crate, bad lately": {Kind: incident.MaliciousUpdate, Verdict: incident.Malicious, start: []ledger.Subject{action.CrateSubject("smallring")},
			offers: hold("smallring@0.4.0"), notes: []string{"Name the bad versions"}},
		"a genuine crate, bad version named": {Kind: incident.MaliciousUpdate, Verdict: incident.Malicious, start: []ledger.Subject{version("smallring@0.4.0")},
			ticks: append(w.contain("smallguy"), hold("smallring@0.4.0")...), offers: []string{}, advise: []string{"smallring"}},
	}
	for _, start := range []string{"seriallize-it", "serialize-itt", "serialise-it"} {
		shapes["typosquats by many, from "+start] = shape{Kind: incident.Typosquat, Verdict: incident.Malicious, start: []ledger.Subject{action.CrateSubject(start)},
			ticks: squats, offers: []string{}, advise: []string{"seriallize-it", "serialize-itt", "serialise-it"}}
	}
	runShapes(t, w, shapes)
	t.Run("markup", func(t *testing.T) {
		w.check(t, shape{Kind: incident.Typosquat, Verdict: incident.Malicious, start: []ledger.Subject{action.CrateSubject("mark-up")},
			ticks: append(w.contain("marker"), hold("mark-up@99.0.0", `<img src=x onerror=alert(1)>@99.0.0`)...), advise: []string{"mark-up", `<img src=x onerror=alert(1)>`}})
	})
}

// Incidents in which good people stand in the middle.
func TestProposalAmongGoodPeople(t *testing.T) {
	t.Parallel()
	w := newTown(t, goodPeople)
	runShapes(t, w, map[string]shape{
		"a helper that many use": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{version("midlib@3.1.0")},
			ticks:  append(w.contain("midowner", "helpful"), hold("tinyhelp@1.0.0", "midlib@3.1.0")...),
			offers: hold("taken-takera@1.1.0", "taken-takerb@1.1.0", "taken-takerc@1.1.0", "taken-takerd@1.1.0", "taken-takere@1.1.0", "taken-takerf@1.1.0", "taken-takerg@1.1.0", "taken-takerh@1.1.0", "taken-too-takera@1.1.0", "taken-too-takerb@1.1.0"),
			advise: []string{"tinyhelp", "midlib"}, notes: []string{"took tinyhelp up"}},
		"a maintainer who was invited": {Kind: incident.MaliciousUpdate, Verdict: incident.Malicious, start: []ledger.Subject{version("trustly@4.0.1")},
			ticks: append(w.contain("newmaint"), "version.hold trustly@4.0.1", "owner.remove trustly "+w.account("newmaint").ID), offers: []string{"owner.remove trustly-util " + w.account("newmaint").ID}, advise: []string{"trustly"}},
		"yanked by its owner": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{version("slippery@1.5.0"), version("slippery@1.5.1"), version("slippery@1.5.2")},
			ticks: append(w.contain("honest"), hold("slippery@1.5.0", "slippery@1.5.1", "slippery@1.5.2")...), offers: hold("slippery@1.5.3"), advise: []string{"slippery"}},
		"yanked by its owner, one named": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{version("slippery@1.5.0")},
			ticks: append(w.contain("honest"), hold("slippery@1.5.0")...), offers: hold("slippery@1.5.1", "slippery@1.5.2", "slippery@1.5.3"), advise: []string{"slippery"}},
		"one bad and forty good": {Kind: incident.CompromisedOwner, Verdict: incident.Compromised, start: []ledger.Subject{version("prolific-ca@2.0.0")},
			ticks: append(w.contain("prolific"), hold("prolific-ca@2.0.0")...), advise: []string{"prolific-ca"}},
	})
}
