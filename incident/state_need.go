package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/ledger"
)

// facts are what ledger, plans and evidence show of a case, read at one moment.
type facts struct {
	acts    []actFact // of applied plans, in the order in which they were applied
	bundles []bundleFact
	drafts  []draftFact
	figures map[string]time.Time // confirmed, by what was counted
	notes   bool
	open    int // tasks that are to be done before closing
	// undone are the steps of applied plans that were undone since, each with what
	// undid it.
	undone []actFact
	// published are the bad publishes that were ever seen of the case's crates, as
	// versions in one spelling, by crate.
	published map[string][]string
}

// actFact is one step of an applied plan that was not undone, or one of the two
// things that end what a step did without any plan: see ends.
type actFact struct {
	kind     string // of the catalogue
	subjects []ledger.Subject
	until    time.Time // the end of a lock; zero is none
	proof
}

// What ends the work of a step without a plan.
const (
	lockEnded = "account.lock-ended" // the lock's time is over
	backAgain = "version.back-again" // a deleted number is in the registry again
)

type bundleFact struct{ proof }

type draftFact struct {
	format string
	state  string
	proof
}

// proof is where something is shown.
type proof struct {
	plan   string
	ledger *int64
	at     time.Time
}

// Groups of acts.
func contains(kind string) bool {
	switch kind {
	case "version.hold", "crate.hold", "account.contain", "account.lock", "token.revoke", "token.revoke_where",
		"publisher.suspend", "publisher.revoke_token", "name.block", "name.reserve", "owner.remove", "version.yank":
		return true
	}
	return deletes(kind)
}

func deletes(kind string) bool { return kind == "version.delete" || kind == "crate.delete" }

func restores(kind string) bool {
	return letsGo(kind) || kind == "version.unyank" || kind == "name.unreserve"
}

// letsGo says that an act takes a hold, a lock or a containment back.
func letsGo(kind string) bool {
	switch kind {
	case "version.release", "crate.release", "account.release", "account.unlock":
		return true
	}
	return false
}

// needsOf says of each state what it needs and whether that is shown.
func needsOf(i Incident, f facts) map[State]need {
	out := map[State]need{
		Triaged: {met: i.Verdict != Undecided, hard: true, why: "The verdict is " + string(i.Verdict) + "."},
	}
	if i.Verdict == Undecided {
		out[Triaged] = need{hard: true, why: "There is no verdict yet."}
	}
	idle := i.Verdict == Benign || i.Verdict == ServiceCase
	needless := need{needless: true, why: "Nothing to do: the verdict is " + string(i.Verdict) + "."}
	for state, find := range map[State]func(Incident, facts) need{Contained: needContained, Sealed: needSealed, Removed: needRemoved, Communicated: needCommunicated} {
		out[state] = find(i, f)
		if idle && !out[state].met && (state != Communicated || i.Verdict == Benign) {
			out[state] = needless
		}
	}
	if i.Verdict == Benign {
		out[Removed] = needRestored(f)
	}
	out[Closed] = need{met: f.open == 0, why: "No task is open."}
	if f.open > 0 {
		out[Closed] = need{why: cratewarden.Amount(f.open, "task is", "tasks are") + " open."}
	}
	out[Reviewed] = needReviewed(f)
	return out
}

// Roles of subjects that must be dealt with.
func badRole(role string) bool {
	return slices.Contains([]string{"payload", "carrier", "attacker", "compromised"}, role)
}

func (i Incident) with(kinds []string, role func(string) bool) (out []Subject) {
	for _, s := range i.Subjects {
		if slices.Contains(kinds, s.Kind) && role(s.Role) {
			out = append(out, s)
		}
	}
	return out
}

func nameOf(s Subject) string {
	switch {
	case s.Kind == "account" && s.Label != "":
		return "account " + s.Label
	case s.Kind == "account" || s.Kind == "token":
		return s.Kind + " " + s.ID
	}
	return s.ID
}

// some lists names, the first few.
func some(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + fmt.Sprintf(" and %d more", len(names)-3)
	}
	return strings.Join(names, ", ")
}

// stops says that an act keeps a bad thing of a kind from doing harm. A yank does
// not: whoever has a lock file goes on to download it.
func stops(kind string) bool { return contains(kind) && kind != "version.yank" }

func lastOf(acts []actFact, counts func(string) bool) (p proof, any bool) {
	for _, a := range acts {
		if counts(a.kind) {
			any = true
			if a.at.After(p.at) || p.plan == "" {
				p = a.proof
			}
		}
	}
	return p, any
}

func needContained(i Incident, f facts) need {
	last, any := lastOf(f.acts, stops)
	bad := append(i.badThings(f), i.with([]string{"account", "token"}, badRole)...)
	if len(bad) == 0 {
		if !any {
			return need{why: "No applied plan of this case contains anything.", lacks: []string{anything}}
		}
		return need{met: true, why: "Plan " + last.plan + " contained it.", proof: last}
	}
	p, rest := i.covered(bad, f.acts, stops, letsGo)
	if rest = i.notGivenBack(rest, f); len(rest) > 0 {
		why := "Not contained by a plan of this case: " + some(namesOf(rest)) + "."
		if !any {
			why = "No applied plan of this case contains anything. " + why
		}
		return need{why: why, lacks: keysOf(rest)}
	}
	return need{met: true, why: "Plan " + p.plan + " contained it.", proof: p}
}

func needSealed(_ Incident, f facts) need {
	if len(f.bundles) == 0 {
		return need{why: "No evidence of this case is sealed."}
	}
	return need{met: true, why: cratewarden.Amount(len(f.bundles), "evidence bundle is", "evidence bundles are") + " sealed.", proof: f.bundles[0].proof}
}

func needRemoved(i Incident, f facts) need {
	things := []string{"crate", "version"}
	bad := i.badThings(f)
	good := i.with(things, func(role string) bool { return role == "restore" })
	last, any := lastOf(f.acts, func(kind string) bool { return deletes(kind) || restores(kind) })
	switch {
	case !any && len(i.with(things, func(string) bool { return true })) == 0:
		return need{needless: true, why: "No crate and no version is a subject, so nothing is to be removed."}
	case !any && len(bad)+len(good) == 0:
		return need{why: "No applied plan of this case removes or restores anything.", lacks: []string{anything}}
	}
	gone, left := i.covered(bad, f.acts, deletes, letsGo)
	here, away := i.covered(good, f.acts, restores, contains)
	held := stillHeld(f.acts)
	lacks := append(append(keysOf(left), keysOf(away)...), held...)
	switch {
	case !any:
		return need{why: "No applied plan of this case removes or restores anything.", lacks: lacks}
	case len(left) > 0:
		return need{why: "Not deleted by a plan of this case: " + some(namesOf(left)) + ".", lacks: lacks}
	case len(away) > 0:
		return need{why: "Not restored by a plan of this case: " + some(namesOf(away)) + ".", lacks: lacks}
	case len(held) > 0:
		return need{why: "Only held by a plan of this case: " + some(held) + ". Delete it, or release it.", lacks: lacks}
	}
	for _, p := range []proof{gone, here} {
		if p.plan != "" && p.at.After(last.at) {
			last = p
		}
	}
	return need{met: true, why: "Plan " + last.plan + " removed what was bad and restored what was good.", proof: last}
}

// stillHeld gives what the case's plans hold and neither deleted nor released
// since: nobody decided yet whether it is bad, whatever part it was given.
func stillHeld(acts []actFact) (out []string) {
	d := dealtOf(acts)
	for n, a := range acts {
		if a.kind != "version.hold" && a.kind != "crate.hold" {
			continue
		}
		for _, s := range a.subjects {
			if !slices.ContainsFunc(d.with(s), func(later int) bool {
				return later > n && (deletes(acts[later].kind) || letsGo(acts[later].kind))
			}) {
				out = append(out, s.ID)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func needCommunicated(i Incident, f facts) need {
	if i.Verdict == PolicyCase {
		return need{needless: true, why: "A case of policy takes no advisory."}
	}
	var waiting []string
	var last draftFact
	sent := 0
	for _, d := range f.drafts {
		advisory := d.format == string(advisory.RustSec) || d.format == string(advisory.OSV)
		switch {
		case !advisory && i.Verdict != ServiceCase, d.state == "withdrawn":
		case d.state == "sent" || d.state == "corrected":
			if sent++; d.at.After(last.at) {
				last = d
			}
		case advisory:
			waiting = append(waiting, d.format)
		}
	}
	what := "advisory was"
	if i.Verdict == ServiceCase {
		what = "notice was"
	}
	switch {
	case len(waiting) > 0:
		return need{why: cratewarden.Amount(len(waiting), "advisory is", "advisories are") + " not sent yet."}
	case sent == 0:
		return need{why: "No " + what + " sent yet."}
	}
	return need{met: true, why: cratewarden.Amount(sent, what, strings.Replace(strings.Replace(what, "advisory was", "advisories were", 1), "notice was", "notices were", 1)) + " sent.", proof: last.proof}
}

func needReviewed(f facts) need {
	for _, d := range f.drafts {
		if d.format == string(advisory.PostMortem) && d.state != "withdrawn" && d.state != "draft" {
			return need{met: true, why: "The post-mortem is approved.", proof: d.proof}
		}
	}
	return need{why: "No post-mortem is approved."}
}
