package main

import (
	"io"
	"strings"

	"cratewarden/access"
	"cratewarden/api"
	"cratewarden/auth"
)

type peopleCmd struct {
	asking
	ID string `arg:"" optional:"" placeholder:"ID" help:"Show this one."`
}

// Run lists people, or shows one.
func (c peopleCmd) Run(e env) error {
	if c.ID != "" {
		return fetch(e, c.asking, nil, printOne, "people", c.ID)
	}
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.PeopleList) {
		say(w, "From %s, read %s UTC", inert(orElse(l.Source, "nowhere")), when(l.ReadAt))
		if l.Trouble != "" {
			say(w, "It could not be read again since: %s", inert(l.Trouble))
		}
		if l.Refused {
			say(w, "It is too old: nothing can be changed until it can be read.")
		}
		printTable(w, "ID|NAME|ROLES|ON CALL|PASSKEYS|LAST SEEN", l.Rows, func(p auth.Person) []string {
			roles := grants(p)
			if !p.Listed {
				roles = "not on the list"
			}
			return []string{p.ID, p.Name, roles, map[bool]string{true: "yes"}[p.OnCall], num(p.Passkeys), when(p.SeenAt)}
		})
	}, "people")
}

// grants names each role once, however many teams give it.
func grants(p auth.Person) string {
	var roles []string
	seen := map[string]bool{}
	for _, g := range p.Roles {
		if r := string(g.Role); !seen[r] {
			seen[r], roles = true, append(roles, r)
		}
	}
	return orElse(strings.Join(roles, ", "), "none")
}

func printOne(w io.Writer, p *auth.Person) {
	say(w, "%s", inert(p.Name))
	fact(w, "Id", p.ID)
	if !p.Listed {
		fact(w, "Listed", "no: may not sign in")
	}
	for _, g := range p.Roles {
		fact(w, string(g.Role), "by "+g.Source)
	}
	for _, i := range p.Identities {
		fact(w, "Signs in with", i.Provider+" "+i.Subject+" "+i.Login)
	}
	fact(w, "Registry account", orElse(p.RegistryLogin, "none"))
	fact(w, "Passkeys", num(p.Passkeys))
	fact(w, "Last seen", when(p.SeenAt))
}

type rulesCmd struct {
	asking
	Act  string `arg:"" optional:"" help:"Explain this one, such as plan.apply."`
	Mine bool   `help:"Only what you may do."`
}

// Run prints the table.
func (c rulesCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.RuleList) {
		var rows []api.RuleRow
		for _, r := range l.Rows {
			if (c.Act == "" || r.Act == c.Act) && (!c.Mine || r.May) {
				rows = append(rows, r)
			}
		}
		if c.Act != "" && len(rows) == 1 {
			printRule(w, rows[0])
			return
		}
		printTable(w, "ACT|YOU|ROLES|PASSKEY|ALSO", rows, func(r api.RuleRow) []string {
			return []string{r.Act, yesNo(r.May), orElse(roleList(r.Roles), "all"), r.StepUp, also(r)}
		})
	}, "rules")
}

func also(r api.RuleRow) string {
	var words []string
	for _, c := range []struct {
		is   bool
		word string
	}{{r.SecondPerson, "second person"}, {r.Incident, "incident"}, {r.Recusal, "no part in it"}, {r.OnCall, "on call"}, {r.Token, "API tokens too"}} {
		if c.is {
			words = append(words, c.word)
		}
	}
	return strings.Join(words, ", ")
}

func printRule(w io.Writer, r api.RuleRow) {
	say(w, "%s: %s", r.Act, r.Title)
	fact(w, "Roles", roleList(r.Roles))
	fact(w, "Passkey", r.StepUp)
	fact(w, "Also", also(r))
	fact(w, "You may", yesNo(r.May))
	for _, d := range r.Denials {
		if d.Rule != access.RuleStepUp || r.May { // it would not help those who lack more
			fact(w, "  because", d.Why+" "+d.Remedy)
		}
	}
}
