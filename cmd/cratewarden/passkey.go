package main

import (
	"io"

	"cratewarden/api"
	"cratewarden/auth"
)

type passkeyCmd struct {
	List   passkeyListCmd   `cmd:"" default:"withargs" help:"List your passkeys."`
	Rename passkeyRenameCmd `cmd:"" help:"Name one of your passkeys."`
	Remove passkeyRemoveCmd `cmd:"" help:"Remove one of your passkeys."`
	Enrol  passkeyEnrolCmd  `cmd:"" help:"Issue the code under which somebody registers the first passkey."`
}

type passkeyListCmd struct {
	asking
	Person string `env:"-" placeholder:"ID" help:"Somebody else's."`
}

// Run lists.
func (c passkeyListCmd) Run(e env) error {
	path := []string{"passkeys"}
	if c.Person != "" {
		path = []string{"people", c.Person, "passkeys"}
	}
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.PasskeyList) {
		if len(l.Rows) == 0 {
			say(w, "  none; passkeys are added in the browser")
			return
		}
		printTable(w, "PASSKEY|NAME|ADDED|LAST USED|KIND|LOOK", l.Rows, func(p auth.Passkey) []string {
			used, look, kind := "never", "", "on one device"
			if p.Used != nil {
				used = when(*p.Used)
			}
			if p.Synced {
				kind = "copied by its maker's cloud"
			}
			if p.Cloned {
				look = "somebody may have copied it: remove it"
			}
			return []string{p.ID, p.Name, when(p.Created), used, kind, look}
		})
	}, path...)
}

type passkeyRenameCmd struct {
	asking
	ID   string `arg:"" placeholder:"PASSKEY" help:"Its id, as the list shows it."`
	Name string `arg:"" help:"The new name."`
}

// Run renames.
func (c passkeyRenameCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if err := cl.RenamePasskey(e.ctx, c.ID, c.Name); err != nil {
		return err
	}
	say(e.stdout, "The passkey is called %s now.", inert(c.Name))
	return nil
}

type passkeyRemoveCmd struct {
	asking
	ID string `arg:"" placeholder:"PASSKEY" help:"Its id, as the list shows it."`
}

// Run removes.
func (c passkeyRemoveCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if err := cl.RemovePasskey(e.ctx, c.ID); err != nil {
		return err
	}
	say(e.stdout, "The passkey is removed.")
	return nil
}

type passkeyEnrolCmd struct {
	asking
	Person     string `arg:"" placeholder:"WHO" help:"The person's id, as \"cratewarden people\" shows it; with --console-url also GitHub's number or login."`
	ConsoleURL string `help:"On the server: the console's own database. Needs no sign-in, for when nobody has a passkey yet."`
}

// Help says what comes next.
func (passkeyEnrolCmd) Help() string {
	return `For platform administrators, and with --console-url for whoever runs the
server. Give the code to the person over a way that you trust, such as in a call
in which you hear the voice: whoever has it, and the person's sign-in, becomes
the person. It works once, for a day.

Example, on the server of a new console:

  cratewarden passkey enrol --console-url postgres://console@db/cratewarden ada`
}

// Run issues the code.
func (c passkeyEnrolCmd) Run(e env) error {
	if c.ConsoleURL != "" {
		return c.onServer(e)
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	made, err := cl.IssueEnrolment(e.ctx, c.Person)
	if err != nil {
		return err
	}
	return show(e, c.asking, made, func(w io.Writer, m *api.Enrolment) {
		say(w, "%s", inert(m.Code))
		say(w, "The person types it into the page of passkeys until %s UTC. It is not shown again.", when(m.Expires))
	})
}
