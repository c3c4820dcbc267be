package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/team"
)

// people reads the list and says who has which role and what is lacking.
func (p *patient) people(ctx context.Context) {
	if p.signIn == nil {
		return
	}
	const about = "list of people"
	settings, err := p.signIn.signIn()
	var reader *team.Reader
	if err == nil {
		reader, err = team.New(ctx, settings.team)
	}
	if err != nil {
		p.say(wrong, about, "Correct people in the settings of sign-in.", "%s", cratewarden.MessageOf(err))
		return
	}
	list, err := reader.Fresh(ctx, 0)
	if err != nil {
		p.say(wrong, about, "Make the list readable: without it nobody can change anything.", "%s", strings.TrimSuffix(list.Problem, "."))
		return
	}
	p.say(fine, about, "", "%d people, from the %s", len(list.Members), list.Source)
	for _, role := range everyRole() {
		if names := holders(list, role); len(names) > 0 {
			p.say(fine, "role "+string(role), "", "%d: %s", len(names), shorten(names))
		}
	}
	for _, note := range list.Notes {
		p.say(weak, about, "", "%s", strings.TrimSuffix(note, "."))
	}
	p.enough(list)
	p.reachable(list)
}

// holders are the names of those with any of the roles.
func holders(list team.Snapshot, roles ...cratewarden.Role) []string {
	var names []string
	for _, m := range list.Members {
		if slices.ContainsFunc(roles, m.Has) {
			names = append(names, m.Name)
		}
	}
	return names
}

func shorten(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ")
}

// enough says whether there are people for everything that must be done.
func (p *patient) enough(list team.Snapshot) {
	approve, _ := access.Of("plan.approve")
	if n := len(holders(list, approve.Roles...)); n < 2 {
		p.say(wrong, "second person", "Give another person one of the roles "+access.RoleList(approve.Roles)+".",
			"only %d people could approve a plan, so nothing that takes a second person can be done", n)
	} else {
		p.say(fine, "second person", "", "%d people could approve a plan", n)
	}
	switch removers := holders(list, cratewarden.Remover); len(removers) {
	case 0:
		p.say(weak, "removers", "Give two people the role remover.", "nobody may delete anything")
	case 1:
		p.say(weak, "removers", "Give a second person the role remover.", "%s is the only one: nobody else may delete or approve a deletion", removers[0])
	}
	if len(holders(list, cratewarden.Responder)) == 0 {
		p.say(weak, "responders", "Give somebody the role responder.", "nobody may contain an incident")
	}
	if len(holders(list, cratewarden.Platform)) == 0 {
		p.say(weak, "platform", "Give somebody the role platform, or use cratewarden passkey enrol on the server.", "nobody may give out codes for first passkeys")
	}
	if list.KnowsOnCall && !slices.ContainsFunc(list.Members, func(m team.Member) bool { return m.OnCall }) {
		p.say(weak, "on call", "Check people.on_call.", "the list tells who is on call, and it is nobody: break-glass is refused to everybody")
	}
}

// reachable names those who are listed but could not sign in anywhere.
func (p *patient) reachable(list team.Snapshot) {
	gitHub := false
	ids := map[string]bool{}
	for _, one := range p.signIn.Providers {
		gitHub = gitHub || one.ID == "github"
		ids[one.ID] = true
	}
	var out []string
	for _, m := range list.Members {
		linked := slices.ContainsFunc(m.Identities, func(i team.Identity) bool { return ids[i.Provider] })
		if !linked && (m.GitHubID == 0 || !gitHub) {
			out = append(out, m.Name)
		}
	}
	if len(out) > 0 {
		p.say(weak, "list of people", "Link an account of theirs at one of the providers, or take them off the list.", "no account to sign in with is known of %s", shorten(out))
	}
}
