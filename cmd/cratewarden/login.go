package main

import (
	"io"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
)

type loginCmd struct {
	asking
}

// Help gives examples.
func (loginCmd) Help() string {
	return `Examples:

  cratewarden login --server https://console.example
  cratewarden login --as bo          in a demo

It prints an address and a code. Open the address in any browser, on any
machine, sign in there, and type the code. The session lasts for some hours and
is kept in a file that only you can read (CRATEWARDEN_TOKEN_FILE names another).
It opens nothing by itself.`
}

// Run signs in as a new session, and ends the one before.
func (c loginCmd) Run(e env) error {
	cl, err := client.New(c.Server)
	if err != nil {
		return err
	}
	s := &terminalUser{asking: c.asking, e: e, c: cl, ring: keyring(), name: cl.Origin()}
	if s.ring == nil {
		return noKeyring()
	}
	if err := cl.Use("x"); err != nil { // say so before anybody goes to a browser
		return err
	}
	if _, err := s.ring.Get(s.name); err != nil {
		return err
	}
	in, err := s.begin()
	if err != nil {
		return err
	}
	before, err := s.ring.Get(s.name)
	if err != nil {
		return err
	}
	if err := s.keep(in); err != nil {
		return err
	}
	if before.Token != "" && cl.Use(before.Token) == nil {
		_ = cl.Plain().SignOut(e.ctx) // it may have ended long ago
	}
	return show(e, c.asking, &signedInNow{in.Person.ID, in.Person.Name, in.Session.ID, in.Session.End.UTC().Format("2006-01-02T15:04:05Z")}, func(w io.Writer, n *signedInNow) {
		say(w, "Signed in as %s until %s UTC.", inert(n.Name), when(in.Session.End))
	})
}

// signedInNow is what is printed of a new session: never its token.
type signedInNow struct {
	Person  string `json:"person"`
	Name    string `json:"name"`
	Session string `json:"session"`
	End     string `json:"end"`
}

func (s *terminalUser) begin() (*api.SignedIn, error) {
	if s.c.Loopback() {
		if in, err := s.c.PretendSignIn(s.e.ctx, s.As); err == nil {
			s.name = demoName(s.c.Origin(), s.As)
			return in, nil
		} else if s.As != "" && cratewarden.KindOf(err) != cratewarden.Unsigned {
			return nil, err
		}
	}
	d, err := s.c.BeginDevice(s.e.ctx)
	if err != nil {
		return nil, err
	}
	say(s.e.stderr, "  open         %s", inert(d.URL))
	say(s.e.stderr, "  with code    %s", inert(d.Code))
	say(s.e.stderr, "Waiting until %s UTC; stop with Ctrl-C.", d.Expires.UTC().Format("15:04"))
	return s.c.AwaitDevice(s.e.ctx, d)
}

type logoutCmd struct {
	asking
}

// Run ends the session on the server, and forgets it here whatever the server
// says.
func (c logoutCmd) Run(e env) error {
	cl, err := client.New(c.Server)
	if err != nil {
		return err
	}
	s, err := c.signer(e, cl)
	if err != nil {
		return err
	}
	if s.kept.Token == "" {
		return cratewarden.Errorf(cratewarden.NotFound, "You are not signed in to %s here.", cl.Origin())
	}
	if err := cl.Use(s.kept.Token); err != nil {
		return err
	}
	ended := cl.Plain().SignOut(e.ctx)
	if err := s.ring.Drop(s.name); err != nil {
		return err
	}
	if ended != nil && cratewarden.KindOf(ended) != cratewarden.Unsigned {
		return cratewarden.Wrap(ended, cratewarden.KindOf(ended), "The session is forgotten here, but the console could not be told: %s End it on the page of your sessions.", cratewarden.MessageOf(ended))
	}
	say(e.stdout, "Signed out.")
	return nil
}
