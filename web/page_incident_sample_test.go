package web

import (
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/incident/related"
	"cratewarden/ledger"
)

// sampleCases are the attack of August in the middle of the morning, a case that
// nobody leads, one that is over, and a drill.
func sampleCases() *keeper {
	at := func(minutes int) time.Time { return deskTime.Add(time.Duration(minutes-60) * time.Minute) }
	ada, bo := incident.Person{ID: responder.ID, Name: responder.Name}, incident.Person{ID: "p2", Name: "Bo Remover"}
	reported := at(-5)
	entry := int64(48213)
	subject := func(kind, id, label, role, why string) incident.Subject {
		return incident.Subject{Subject: ledger.Subject{Kind: kind, ID: id}, Label: label, Role: role, Why: why, By: ada, At: at(3)}
	}
	august := incident.Incident{ID: "INC-118", Title: "Stolen account republishes arraykit", Kind: incident.CompromisedOwner, State: incident.Contained, Verdict: incident.Compromised, Severity: incident.Critical, TLP: incident.Amber,
		Lead: ada, Campaigns: []string{"aug-2026"}, Source: "publishes feed", Revision: 9, OpenedBy: ada, OpenedAt: at(0), ReportedAt: &reported, ChangedAt: at(40), Also: []string{"INC-117"},
		Subjects: []incident.Subject{
			subject("version", "arraykit@0.3.10", "", "payload", "reported; 5 good versions yanked around it"),
			subject("version", "internkit@0.8.7", "", "payload", "same token, 19 min later, same new dependency"),
			subject("crate", "proc-makro1", "", "carrier", "the dropper; name near proc-macro2"),
			subject("account", "184", "kumart", "compromised", "published the bad versions"),
			subject("account", "9185", "kernelsmyth", "attacker", "owns the dropper; login near kernelsmith"),
		},
		Texts: []incident.Text{{Field: "summary", Body: "An account was taken over.", Revision: 2, By: ada, At: at(20)}}}
	unled := incident.Incident{ID: "INC-119", Title: "Wave of names like serde", Kind: incident.Typosquat, State: incident.Reported, Severity: incident.High, TLP: incident.Amber, OpenedBy: bo, OpenedAt: at(30), ChangedAt: at(30),
		Subjects: []incident.Subject{subject("crate", "serd-e", "", "", "")}}
	closedAt := at(-2000)
	over := incident.Incident{ID: "INC-104", Title: "120 crates with nothing in them", Kind: incident.Squatting, State: incident.Closed, Verdict: incident.PolicyCase, Severity: incident.Low, TLP: incident.Green, Lead: bo, OpenedBy: bo, OpenedAt: at(-4000), ChangedAt: closedAt, ClosedAt: &closedAt}
	drill := incident.Incident{ID: "INC-120", Title: "Drill: the attack of August", Kind: incident.CompromisedOwner, State: incident.Triaged, Verdict: incident.Malicious, Severity: incident.High, TLP: incident.Amber, Lead: bo, Drill: "august", OpenedBy: bo, OpenedAt: at(50), ChangedAt: at(55)}
	task := func(place int, item, title, help, action string, state incident.TaskState) incident.Task {
		return incident.Task{Item: item, Place: place, Title: title, Help: help, Action: action, State: state}
	}
	tasks := []incident.Task{
		task(1, "lead", "Somebody leads", "", "", incident.TaskDone),
		task(2, "contain", "Contain the account and every door", "lock, tokens, publishers, invitations", "account.contain", incident.TaskDone),
		task(3, "seal", "Seal the evidence", "files, rows and hashes, before anything is deleted", "#plans", incident.TaskOpen),
		task(4, "remove", "Remove the payload, the dropper last", "", "version.delete", incident.TaskOpen),
		task(5, "abuse", "Tell the identity provider", "", "/incidents/{id}/drafts", incident.TaskSkipped),
		task(6, "review", "Plan the review", "", "", incident.TaskOpen),
	}
	tasks[0].By, tasks[1].Why, tasks[1].Ledger, tasks[1].At = "Ada", "plan p07applied", &entry, &reported
	tasks[2].Holder, tasks[3].Holder = bo, ada
	tasks[4].Why, tasks[4].By = "it told us", "Bo Remover"
	tasks[5].After = true
	plan := func(word string, minutes int) incident.Standing {
		return incident.Standing{Word: word, At: at(minutes), Plan: "p07applied", From: "plan"}
	}
	locked := plan("locked", 11)
	locked.Until = at(3000)
	k := &keeper{stands: map[string]incident.Standing{"version:arraykit@0.3.10": plan("held", 11), "version:internkit@0.8.7": {Word: "yanked", From: "registry"}, "crate:proc-makro1": plan("1 version deleted, 2 versions held", 12), "account:184": locked, "account:9185": {Word: "not locked", Bad: true, From: "registry"}},
		wake: make(chan struct{}, 1), cases: []incident.Incident{drill, unled, august, over}, here: []incident.Present{{Person: ada}, {Person: bo}},
		steps: []incident.Step{{State: incident.Sealed, Ready: true, Why: "A bundle of the case is sealed."}, {State: incident.Removed, Why: "No plan of the case deleted anything yet."}, {State: incident.Triaged, Back: true}},
		tasks: map[string][]incident.Task{"INC-118": tasks},
		events: map[string][]incident.Event{"INC-118": {
			{ID: 1, At: at(0), By: ada, Kind: incident.OpenedEvent},
			{ID: 2, At: at(4), By: ada, Kind: incident.NoteEvent, Body: "A researcher wrote at 07:46: the build script fetches a file.\nWe have seen the same in internkit.", Ledger: &entry},
			{ID: 3, At: at(8), By: ada, Kind: incident.StateEvent, Details: map[string]string{"from": "reported", "to": "triaged"}},
			{ID: 4, At: at(11), By: incident.Person{Name: "the console"}, Kind: incident.StateEvent, Details: map[string]string{"from": "triaged", "to": "contained"}, Ledger: &entry},
			{ID: 5, At: at(14), By: bo, Kind: incident.NoteEvent, Body: ""},
		}},
		files: map[string][]incident.File{"INC-118": {{ID: 3, Name: "build-script decoded.txt", Bytes: 18_233, By: ada, At: at(9)}}},
	}
	return k
}

// fill adds what the tabs of the case of August show.
func (k *keeper) fill(t testing.TB) *keeper {
	at := func(minutes int) *time.Time {
		x := deskTime.Add(time.Duration(minutes-60) * time.Minute)
		return &x
	}
	clock := func(name incident.ClockName, from, to int, target time.Duration, state incident.ClockState) incident.Clock {
		c := incident.Clock{Name: name, Title: "First look to verdict", From: at(from), Target: target.Seconds(), State: state}
		if to > 0 {
			c.To, c.Seconds = at(to), float64(to-from)*60
		}
		return c
	}
	k.clocks = map[string]incident.Clocks{"INC-118": {Incident: "INC-118", Clocks: []incident.Clock{clock(incident.ReportClock, -30, 1, 0, incident.ClockMet), clock(incident.LookClock, 1, 3, 5*time.Minute, incident.ClockMet), clock(incident.VerdictClock, 3, 22, 15*time.Minute, incident.ClockLate),
		clock(incident.ContainClock, 22, 24, 5*time.Minute, incident.ClockMet), clock(incident.RemoveClock, 24, 0, 10*time.Minute, incident.ClockOverdue), clock(incident.MeasureClock, 55, 0, 30*time.Minute, incident.ClockRunning), {Name: incident.AdviseClock, Target: 3600, State: incident.ClockWaiting}, {Name: incident.ExposedClock, State: incident.ClockNone}}}}
	sum := incident.KindSum{Incidents: 4, Open: 1, Clocks: []incident.ClockSum{{Name: incident.VerdictClock, Count: 3, Median: 700, Worst: 1900, WorstOf: "INC-104", Target: 900, Late: 1}}}
	typo := sum
	typo.Kind = incident.Typosquat
	k.months = []incident.Month{{Month: "2026-10"}, {Month: "2026-11", All: sum, Kinds: []incident.KindSum{typo}}}
	entry := int64(48213)
	version := ledger.Subject{Kind: "version", ID: "arraykit@0.3.10"}
	k.moments = []incident.Moment{
		{ID: "a", At: *at(-30), Source: incident.FromRegistry, What: "publish", Sentence: "arraykit 0.3.10 was published with API token “laptop”.", Who: "kumart", Subject: version},
		{ID: "b", At: *at(-28), Source: incident.FromRegistry, What: "yank", Sentence: "arraykit 0.3.9 was yanked.", Who: "kumart", Subject: ledger.Subject{Kind: "version", ID: "arraykit@0.3.9"}},
		{ID: "c", At: *at(4), Source: incident.FromPerson, What: "note", Sentence: "Ada wrote a note.", Who: "Ada", Link: "/incidents/INC-118#notes"},
		{ID: "d", At: *at(24), Source: incident.FromPlan, What: "version.hold", Sentence: "Plan p07applied held arraykit 0.3.10.", Who: "Ada", Subject: version, Ledger: &entry},
		{ID: "e", At: *at(30), Source: incident.FromEvidence, What: "sealed", Sentence: "Evidence was sealed.", Who: "Bo Remover", Ledger: &entry},
		{ID: "f", At: *at(50), Source: incident.FromNotice, What: "mail-locked", Sentence: "A mail to kumart was sent."},
	}
	k.figures = []incident.Figure{{ID: 1, What: incident.Downloads, Crate: "arraykit", Version: "0.3.10", Figure: advisory.Figure{Value: 2285, Method: "the registry's counters", AsOf: *at(40)}},
		{ID: 2, What: incident.Downloads, Crate: "arraykit", Version: "0.3.10", Figure: advisory.Figure{Value: 1904, Method: "CDN logs, robots left out", AsOf: *at(50), Confirmed: true, Query: "select count(*)\nfrom cdn where version = '0.3.10'", By: "Ada"}, Person: incident.Person{ID: "p1", Name: "Ada"}}}
	hold := yankStep("arraykit", "0.3.10", "Held.")
	k.proposal = incident.Proposal{Incident: "INC-118", Title: "Contain the attack on arraykit", Seen: "5eed", FreshAt: deskTime, Advisories: []string{"arraykit", "internkit", "proc-makro1"}, Notes: []string{"Two crates gained the same young dependency; both are offered."},
		Steps: []incident.ProposedStep{{Do: hold, Sentence: "Yank arraykit 0.3.10.", Why: "It is named in the case, and pulls in proc-makro1.", Ticked: true, Subject: version},
			{Do: yankStep("internkit", "0.8.7", "Held."), Sentence: "Yank internkit 0.8.7.", Why: "The same token published it 19 min later with the same new dependency.", Ticked: true, Related: true},
			{Do: yankStep("tinymember", "0.1.1", "Held."), Sentence: "Yank tinymember 0.1.1.", Why: "It gained the same dependency within 3 min; nothing else speaks against it.", Related: true}},
		Subjects: []related.Subject{{Subject: version, Start: true, Role: "payload"}, {Subject: ledger.Subject{Kind: "version", ID: "internkit@0.8.7"}, Role: "payload", Reasons: []related.Reason{{Text: "Published with the same token, 19 min later."}, {Text: "Gained the same dependency, which was 5 h old."}}}}}
	k.plan = "p00draft"
	problem := []advisory.Problem{{Rule: "category-missing", Where: "arraykit", Why: "Say in which category it belongs.", Severe: true}, {Rule: "window-missing", Where: "arraykit", Why: "Name the window in which it could be downloaded."}}
	ada := incident.Person{ID: "p1", Name: "Ada"}
	draft := func(id int64, f advisory.Format, crate, to string, state incident.DraftState) incident.Draft {
		return incident.Draft{ID: id, Incident: "INC-118", Format: f, Crate: crate, Recipient: to, Path: "crates/" + crate + "/RUSTSEC-0000-0000.md", Type: "text/markdown; charset=utf-8", Body: "# " + crate + "\n\nDo not use it.\n", State: state, Revision: 3, Owner: ada, MadeAt: *at(30), ChangedAt: *at(35), Public: to == "", Checked: true, Vias: []incident.Via{incident.ByHand}}
	}
	k.drafts = []incident.Draft{draft(1, advisory.RustSec, "arraykit", "", incident.DraftOpen), draft(2, advisory.RustSec, "internkit", "", incident.DraftApproved), draft(3, advisory.OSV, "arraykit", "", incident.DraftOpen), draft(4, advisory.MailLocked, "", "kumart", incident.DraftSent), draft(5, advisory.Zulip, "", "", incident.DraftApproved), draft(6, advisory.PostMortem, "", "", incident.DraftOpen)}
	k.drafts[0].Problems, k.drafts[0].Locked, k.drafts[0].Edited, k.drafts[0].Made = problem, "Everybody reads it: it waits until the case is removed.", true, "# arraykit\n\nNewer facts.\n"
	k.drafts[1].Locked, k.drafts[1].ApprovedBy, k.drafts[1].ApprovedAt = "locked", ada, at(36)
	k.drafts[3].SentBy, k.drafts[3].SentAt, k.drafts[3].SentWhere = ada, at(40), "by mail"
	k.drafts[4].Vias = []incident.Via{incident.ByChannels, incident.ByHand}
	k.advice = []incident.Channel{{Channel: "Advisories and lists for tools", Formats: []advisory.Format{advisory.RustSec, advisory.OSV, advisory.AmIAffected, advisory.List}, Do: true, Why: "Always, by the policy of 2026-02-13."}, {Channel: "Blog post", Formats: []advisory.Format{advisory.Blog}, Why: "Only with evidence of use."}, {Channel: "Mail to locked accounts", Formats: []advisory.Format{advisory.MailLocked}, Do: true, Why: "Whoever is locked is told at once."}}
	k.recipients = []incident.Recipient{{Login: "kumart", Account: 184, Masked: "••••@••••.org", Verified: true, Note: "Open the address on the account's page."}}
	k.score = incident.DrillScore{Incident: "INC-120", Drill: "august", Started: *at(50), At: deskTime, Points: 64, Verdict: "right", Right: []incident.DrillPoint{{What: "hold arraykit 0.3.10", Took: 4 * time.Minute, Plan: "p07applied", About: "payload"}}, Missed: []incident.DrillPoint{{What: "contain kernelsmyth", About: "attacker"}},
		Times: []incident.DrillTime{{Name: "verdict", Took: 5 * time.Minute, Target: 15 * time.Minute, Met: true}, {Name: "contained", Target: 20 * time.Minute}}, Advisories: incident.DrillAdvisories{Due: 2, Written: []string{"arraykit"}, Missing: []string{"internkit"}}}
	need := func(title, link, id string, urgent bool) []incident.Need {
		return []incident.Need{{Title: title, Link: link, Incident: id, Since: at(20), Urgent: urgent, Text: "since it was opened"}}
	}
	k.needs = incident.Needs{Unled: need("INC-119 · Wave of names like serde", "/incidents/INC-119", "INC-119", true), Tasks: need("Remove the payload, the dropper last", "/incidents/INC-118#task-remove", "INC-118", false), Approvals: need("Delete the crate proc-makro1", "/plans/p01reviewed", "INC-118", false), Risen: need("tinymember 0.1.1 was deleted and is there again", "/crates/tinymember/0.1.1", "", true), Missing: []string{"Reviews of broken glass cannot be read now."}}
	return k
}

func incidentServer(t testing.TB, k *keeper, who action.Actor, change ...func(*Config)) *Server {
	t.Helper()
	return planServer(t, samplePlans(t), who, append([]func(*Config){func(c *Config) { c.Incidents = k }}, change...)...)
}
