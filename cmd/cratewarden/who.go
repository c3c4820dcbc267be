package main

import (
	"io"
	"strings"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/auth"
)

type whoamiCmd struct {
	asking
}

// Run says who the console thinks asks.
func (c whoamiCmd) Run(e env) error { return fetch(e, c.asking, nil, printMe, "me") }

func printMe(w io.Writer, m *api.Me) {
	say(w, "%s", inert(orElse(m.Name, "nobody")))
	fact(w, "Id", m.ID)
	fact(w, "Roles", roleList(m.Roles))
	if p := m.Person; p != nil {
		for _, g := range p.Roles {
			fact(w, "  "+string(g.Role), "by "+g.Source)
		}
		fact(w, "Registry account", orElse(p.RegistryLogin, "none"))
		fact(w, "Passkeys", num(p.Passkeys))
		if p.OnCall {
			fact(w, "On call", "yes")
		}
	}
	if s := m.SignedIn; s != nil {
		fact(w, "Session", s.ID+", since "+when(s.Created)+", until "+when(s.End)+" UTC")
		fact(w, "Changes", "take a confirmation with a passkey first")
		if m.StepUpEnd != nil {
			fact(w, "  but", "confirmed; that ends "+left(*m.StepUpEnd))
		}
	}
	if b := m.Budget; b != nil {
		fact(w, "Budget", num(b.Left)+" of "+num(b.Most)+" left this hour; beyond it a plan takes a second person")
	}
	if t := m.APIToken; t != nil {
		fact(w, "API token", t.ID+" “"+t.Name+"”, until "+when(t.Expires)+" UTC")
		fact(w, "  acts", strings.Join(t.Acts, " "))
	}
}

func roleList(roles []cratewarden.Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return orElse(strings.Join(words, ", "), "none")
}

type sessionsCmd struct {
	List sessionsListCmd `cmd:"" default:"withargs" help:"List where you are signed in."`
	End  sessionsEndCmd  `cmd:"" help:"End sessions."`
}

type sessionsListCmd struct {
	asking
	Person string `env:"-" placeholder:"ID" help:"Somebody else's, for platform administrators."`
}

// Run lists.
func (c sessionsListCmd) Run(e env) error {
	path := []string{"sessions"}
	if c.Person != "" {
		path = []string{"people", c.Person, "sessions"}
	}
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.SessionList) {
		printTable(w, "SESSION|KIND|SIGNED IN|LAST USED|ENDS|FROM|PROGRAM", l.Rows, func(s auth.Session) []string {
			kind := string(s.Kind)
			if s.Current {
				kind += " (this one)"
			}
			return []string{s.ID, kind, when(s.Created), when(s.Seen), when(s.End), s.Address, s.Agent}
		})
	}, path...)
}

type sessionsEndCmd struct {
	asking
	IDs []string `arg:"" name:"id" placeholder:"SESSION" help:"Ids, as the list shows them."`
}

// Run ends each.
func (c sessionsEndCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	for _, id := range c.IDs {
		if err := cl.EndSession(e.ctx, id); err != nil {
			return err
		}
		say(e.stdout, "Session %s has ended.", inert(id))
	}
	return nil
}
