package access

import (
	"slices"
	"sync"

	"cratewarden"
)

// Public is the act of routes that anybody may ask for before signing in.
const Public = "public"

// Sets of roles that rows share.
func everyRole() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor, cratewarden.Platform, cratewarden.Auditor}
}

func actingRoles() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Platform}
}

func roles(r ...cratewarden.Role) []cratewarden.Role { return r }

// Table gives every rule: what changes the registry first, in the order of the
// catalogue, then what the console itself does. What is not here nobody may do.
func Table() []Rule { return slices.Clone(rules().list) }

// ruleSet is the table with its rows by act.
type ruleSet struct {
	list []Rule
	by   map[string]Rule
}

// rules makes the table once: every page asks it many times.
var rules = sync.OnceValue(func() ruleSet {
	list := allRules()
	by := make(map[string]Rule, len(list))
	for _, r := range list {
		by[r.Act] = r
	}
	return ruleSet{list, by}
})

func allRules() []Rule {
	return slices.Concat(versionRules(), crateRules(), ownerRules(), accountRules(), nameRules(), jobRules(), planRules(), lookRules(), incidentRules(), ownRules(), peopleRules())
}

// Of finds the rule of an act. The zero rule, which Decide denies to everybody,
// goes with false.
func Of(act string) (Rule, bool) {
	r, ok := rules().by[act]
	return r, ok
}

// change is a row of an act that puts something in the registry right, and that
// undo takes back: an API token may do it, too.
func change(act, title string, weight int) Rule {
	return Rule{Act: act, Title: title, Roles: roles(cratewarden.Responder), StepUp: Bound, Weight: weight, Recusal: true, Incident: true, Token: true}
}

// final is a row of an act that destroys.
func final(act, title string, weight int) Rule {
	return Rule{Act: act, Title: title, Roles: roles(cratewarden.Remover), StepUp: Bound, SecondPerson: true, Weight: weight, Recusal: true, Incident: true}
}

func versionRules() []Rule {
	return []Rule{
		change("version.yank", "Yank a version", 1),
		change("version.unyank", "Unyank a version", 1),
		change("version.hold", "Hold a version", 2),
		change("version.release", "Release a held version", 2),
		final("version.delete", "Delete a version", 20),
	}
}

func crateRules() []Rule {
	limits := change("crate.limits", "Set a crate's limits", 1)
	limits.Roles, limits.Incident = roles(cratewarden.Platform), false
	only := change("crate.trustpub_only", "Trusted publishing only", 2)
	only.Incident = false
	return []Rule{
		change("crate.hold", "Hold a crate", 5),
		change("crate.release", "Release a held crate", 5),
		only,
		limits,
		final("crate.delete", "Delete a crate", 40),
	}
}

func ownerRules() []Rule {
	return []Rule{
		change("owner.add", "Add an owner", 5),
		change("owner.invite", "Invite an owner", 2),
		change("owner.add_team", "Add a team", 5),
		change("owner.remove", "Remove an owner", 5),
		change("owner.cancel_invitation", "Cancel an invitation", 1),
	}
}

func accountRules() []Rule {
	revoke := change("publisher.revoke_token", "Revoke a publish token", 1)
	revoke.Token = false // not put back by undo
	rate, clear := change("account.rate_limit", "Set a rate limit", 1), change("account.rate_limit_clear", "Clear a rate limit", 1)
	rate.Incident, clear.Incident = false, false
	return []Rule{
		change("account.lock", "Lock an account", 5),
		change("account.unlock", "Unlock an account", 5),
		change("account.unverify_email", "Unverify a mail address", 5),
		rate,
		clear,
		change("account.contain", "Contain an account", 10),
		change("account.release", "Release a contained account", 10),
		change("token.revoke", "Revoke an API token", 1),
		change("token.revoke_where", "Revoke API tokens by condition", 20),
		change("publisher.suspend", "Suspend a trusted publisher", 2),
		revoke,
	}
}

func nameRules() []Rule {
	list := []Rule{
		change("name.reserve", "Reserve a crate name", 1),
		change("name.unreserve", "Free a reserved name", 1),
		change("name.block", "Block a deleted name until a date", 1),
		change("name.reserve_username", "Reserve a user name", 2),
	}
	for i := range list {
		list[i].Incident = false
	}
	return list
}

// jobRules are about the registry's machinery: nobody has a part in it, and a
// job that a worker took up is not taken back, so no token may order one.
func jobRules() (list []Rule) {
	for _, row := range [][2]string{
		{"job.resync_index", "Write a crate's index files again"},
		{"job.default_version", "Choose a crate's default version again"},
		{"job.invalidate", "Make the caches forget files"},
		{"job.rerender_readme", "Render a version's README again"},
		{"job.retry", "Retry a job now"},
		{"job.park", "Park a job"},
		{"job.enqueue", "Queue a job"},
	} {
		list = append(list, Rule{Act: row[0], Title: row[1], Roles: roles(cratewarden.Platform), StepUp: Bound, Weight: 1})
	}
	return list
}

// planRules are the life of a plan. The rules of a plan's steps come on top
// when it is approved, applied or settled.
func planRules() []Rule {
	emergency := roles(cratewarden.Responder, cratewarden.Remover)
	return []Rule{
		{Act: "plan.draft", Title: "Make a plan", Roles: actingRoles(), StepUp: Recent, Token: true},
		{Act: "plan.edit", Title: "Change a plan's text", Roles: actingRoles(), StepUp: Recent, Token: true},
		{Act: "plan.review", Title: "Review a plan", Roles: actingRoles(), StepUp: Recent, Token: true},
		{Act: "plan.discard", Title: "Discard a plan", Roles: actingRoles(), StepUp: Recent, Token: true},
		{Act: "plan.undo", Title: "Undo a step of a plan", Roles: actingRoles(), StepUp: Recent, Weight: 1, Recusal: true, Token: true},
		{Act: "plan.approve", Title: "Approve a plan as the second person", Roles: actingRoles(), StepUp: Bound},
		{Act: "plan.apply", Title: "Apply a plan", Roles: actingRoles(), StepUp: Bound, Token: true},
		{Act: "plan.settle", Title: "Settle a plan whose outcome is unknown", Roles: actingRoles(), StepUp: Recent},
		{Act: "plan.follow-up", Title: "Try work after a plan again, or give it up", Roles: actingRoles(), StepUp: Recent},
		{Act: "plan.break-glass", Title: "Apply a plan without the second person", Roles: emergency, StepUp: Bound, OnCall: true},
		{Act: "plan.review-break-glass", Title: "Judge afterwards that the second person was left out", Roles: roles(cratewarden.Responder, cratewarden.Remover, cratewarden.Platform), StepUp: Recent},
	}
}

func lookRules() []Rule {
	acting := roles(cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Platform, cratewarden.Auditor)
	return []Rule{
		{Act: "look", Title: "Look at crates, accounts, jobs and storage", Roles: everyRole(), Token: true},
		{Act: "look.token", Title: "Look tokens up", Roles: roles(cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Platform, cratewarden.Auditor), Token: true},
		{Act: "look.plan", Title: "Look at plans", Roles: everyRole(), Token: true},
		{Act: "look.evidence", Title: "List evidence", Roles: roles(cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Platform, cratewarden.Auditor), Token: true},
		{Act: "look.ledger", Title: "Read the ledger", Roles: roles(cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Platform, cratewarden.Auditor), Token: true},
		{Act: "look.people", Title: "See who may do what", Roles: everyRole(), Token: true},
		{Act: "personal.open", Title: "Open a masked address or token name", Roles: roles(cratewarden.Responder, cratewarden.Remover), StepUp: Recent, Incident: true},
		{Act: "evidence.open", Title: "Open sealed evidence", Roles: roles(cratewarden.Responder, cratewarden.Remover, cratewarden.Auditor), StepUp: Recent},
		{Act: "evidence.export", Title: "Take sealed evidence out of the console", Roles: roles(cratewarden.Responder, cratewarden.Remover, cratewarden.Auditor), StepUp: Recent},
		{Act: "evidence.seal", Title: "Seal evidence", Roles: actingRoles(), StepUp: Recent},
		{Act: "notice.look", Title: "See which notices went out", Roles: acting, Token: false},
		{Act: "notice.resend", Title: "Send a notice again", Roles: roles(cratewarden.Platform, cratewarden.Editor, cratewarden.Responder), StepUp: Recent},
		{Act: "metrics.read", Title: "Read the console's metrics", Roles: roles(cratewarden.Platform, cratewarden.Viewer), Token: true},
	}
}

// incidentRules are the life of a case. What it does to the registry is a plan,
// and goes by the rules of plans.
func incidentRules() []Rule {
	workers := roles(cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Editor, cratewarden.Platform)
	leaders := roles(cratewarden.Responder, cratewarden.Remover, cratewarden.Policy, cratewarden.Platform)
	writers := roles(cratewarden.Editor, cratewarden.Responder, cratewarden.Remover)
	return []Rule{
		{Act: "incident.look", Title: "Look at incidents", Roles: everyRole(), Token: true},
		{Act: "incident.open", Title: "Open an incident", Roles: workers, StepUp: Recent, Token: true},
		{Act: "incident.note", Title: "Note, attach, link and tick in an incident", Roles: workers, StepUp: Recent, Token: true},
		{Act: "incident.decide", Title: "Judge, lead, move, join and part incidents", Roles: leaders, StepUp: Recent},
		{Act: "incident.propose", Title: "See what the console proposes to do", Roles: actingRoles(), Token: true},
		{Act: "incident.draft", Title: "Write what an incident's notices say", Roles: writers, StepUp: Recent, Token: true},
		{Act: "incident.publish", Title: "Approve, send and correct an incident's notices", Roles: writers, StepUp: Recent},
		{Act: "incident.drill", Title: "Start and score a drill on a made-up registry", Roles: actingRoles(), StepUp: Recent},
	}
}

// ownRules are about one's own rights. Giving one up takes nothing, so that
// nothing delays it.
func ownRules() []Rule {
	return []Rule{
		{Act: Public, Title: "Sign in, and ask whether the console is up"},
		{Act: "own.session", Title: "See and end one's own sessions"},
		{Act: "own.step-up", Title: "Confirm with a passkey, and drop it"},
		{Act: "own.passkey", Title: "Add, name or remove one's own passkeys", StepUp: Recent},
		{Act: "own.api-token", Title: "Make one's own API tokens", StepUp: Recent},
		{Act: "own.api-token-revoke", Title: "Revoke one's own API tokens"},
	}
}

func peopleRules() []Rule {
	platform := roles(cratewarden.Platform)
	return []Rule{
		{Act: "person.end-session", Title: "End another person's session", Roles: platform, StepUp: Recent},
		{Act: "person.enrol", Title: "Give a person the code for the first passkey", Roles: platform, StepUp: Recent},
		{Act: "person.revoke-token", Title: "Revoke another person's API token", Roles: platform, StepUp: Recent},
		{Act: "person.erase", Title: "Erase a person's data from the console", Roles: platform, StepUp: Bound, SecondPerson: true, Weight: 20},
	}
}
