package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/auth"
)

// The variables below are read here and are never flags: arguments stand in the
// shell's history and in the list of processes.
const (
	tokenVariable     = "CRATEWARDEN_TOKEN"          // an API token
	tokenFileVariable = "CRATEWARDEN_API_TOKEN_FILE" // a file with one
	keyringVariable   = "CRATEWARDEN_TOKEN_FILE"     // where sessions are kept
	serverVariable    = "CRATEWARDEN_SERVER"
)

// client asks the console, signed in as whoever the surroundings say: an API
// token, a session that "login" kept, or in a demo one of its people.
func (a asking) client(e env) (*client.Client, error) {
	c, err := client.New(a.Server)
	if err != nil {
		return nil, err
	}
	token, err := a.automation(c)
	if err != nil || token != "" {
		return c, orUse(c, token, err)
	}
	s, err := a.signer(e, c)
	if err != nil {
		return nil, err
	}
	c.On(s.signIn, s.stepUp)
	return c, c.Use(s.kept.Token)
}

func orUse(c *client.Client, token string, err error) error {
	if err != nil {
		return err
	}
	return c.Use(token)
}

// automation gives the API token of the surroundings, "" for none. It belongs to
// the console that the surroundings name, and goes to no other that somebody
// types.
func (a asking) automation(c *client.Client) (token string, err error) {
	token = strings.TrimSpace(os.Getenv(tokenVariable))
	if file := os.Getenv(tokenFileVariable); token == "" && file != "" {
		if token, err = client.ReadToken(file); err != nil {
			return "", err
		}
	}
	if token == "" {
		return "", nil
	}
	if its, err := client.Origin(os.Getenv(serverVariable)); err != nil || its != c.Origin() {
		return "", cratewarden.Errorf(cratewarden.Refused, "The API token of %s or %s goes only to the console that %s names. Set it too, or unset the token.", tokenVariable, tokenFileVariable, serverVariable)
	}
	return token, nil
}

// terminalUser keeps a person at a terminal signed in to one console.
type terminalUser struct {
	asking
	e    env
	c    *client.Client
	ring *client.Keyring // nil where there is no place for one
	name string          // in the ring
	kept client.Kept
}

// keyring is where sessions are kept; nil for somebody without a home.
func keyring() *client.Keyring {
	if path := os.Getenv(keyringVariable); path != "" {
		return client.OpenKeyring(path)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	if _, err := os.Stat(home); err != nil {
		return nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return nil
	}
	return client.OpenKeyring(filepath.Join(dir, "cratewarden", "sessions.json"))
}

func noKeyring() error {
	return cratewarden.Errorf(cratewarden.Unavailable, "There is no folder to keep a session in. Name a file in %s.", keyringVariable)
}

// demoName is where one of a demo's people is kept.
func demoName(origin, person string) string {
	if person == "" {
		person = "ada"
	}
	return origin + "#" + person
}

// signer finds the session that was kept: that of "login", or in a demo that of
// whoever is meant.
func (a asking) signer(e env, c *client.Client) (*terminalUser, error) {
	s := &terminalUser{asking: a, e: e, c: c, ring: keyring(), name: c.Origin()}
	if s.ring == nil {
		return s, nil
	}
	for _, name := range []string{c.Origin(), demoName(c.Origin(), a.As)} {
		if a.As != "" && name == c.Origin() {
			continue
		}
		kept, err := s.ring.Get(name)
		if err != nil {
			return nil, err
		}
		if s.name = name; kept.Token != "" {
			s.kept = kept
			return s, nil
		}
	}
	return s, nil
}

// signIn looks whether another program was given a newer token meanwhile, and
// else asks a console on this machine whether it is a demo. The API of any other
// knows no such question.
func (s *terminalUser) signIn(ctx context.Context, refused string) (string, error) {
	if s.ring != nil {
		if now, err := s.ring.Get(s.name); err == nil && now.Token != "" && now.Token != refused {
			s.kept = now
			return now.Token, nil
		}
	}
	if !s.c.Loopback() {
		return "", nil
	}
	in, err := s.c.PretendSignIn(ctx, s.As)
	if err != nil {
		if k := cratewarden.KindOf(err); s.As != "" && (k == cratewarden.Invalid || k == cratewarden.NotFound) {
			return "", err // a demo that has nobody of that name
		}
		return "", nil
	}
	s.note("In this demo you are %s.", inert(in.Person.Name))
	s.name = demoName(s.c.Origin(), s.As)
	_ = s.keep(in) // without it the next command signs in again
	return in.Token, nil
}

// note tells somebody at a terminal; scripts need not know.
func (s *terminalUser) note(format string, args ...any) {
	if terminal(s.e.stderr) {
		say(s.e.stderr, format, args...)
	}
}

func keptOf(in *api.SignedIn) client.Kept {
	return client.Kept{Token: in.Token, Person: in.Person.Name, Session: in.Session.ID, End: in.Session.End}
}

func (s *terminalUser) keep(in *api.SignedIn) error {
	s.kept = keptOf(in)
	if s.ring == nil {
		return noKeyring()
	}
	return s.ring.Put(s.name, s.kept)
}

// stepUp has the person confirm exactly what was refused, in a browser, and
// waits. A demo takes it at once.
func (s *terminalUser) stepUp(ctx context.Context, r *client.Refusal) (string, error) {
	about := *r.Problem.About
	if s.c.Loopback() {
		if in, err := s.c.PretendStepUp(ctx, about); err == nil {
			_ = s.keep(in)
			return in.Token, nil
		}
	}
	if s.NoWait {
		return "", nil
	}
	d, err := s.c.AskStepUp(ctx, about)
	if err != nil {
		return "", err
	}
	say(s.e.stderr, "%s", inert(r.Problem.Detail))
	say(s.e.stderr, "  to confirm   %s", s.words(ctx, about))
	say(s.e.stderr, "  open         %s", inert(d.URL))
	say(s.e.stderr, "  with code    %s", inert(d.Code))
	say(s.e.stderr, "Waiting until %s UTC; stop with Ctrl-C.", d.Expires.UTC().Format("15:04"))
	in, err := s.c.AwaitStepUp(ctx, d)
	if err != nil {
		return "", err
	}
	if err := s.keep(in); err != nil {
		say(s.e.stderr, "%s Until then you are signed in for this command alone.", cratewarden.MessageOf(err))
	}
	return in.Token, nil
}

// words say what is confirmed, with the plan's title, so that nobody confirms
// another than he means.
func (s *terminalUser) words(ctx context.Context, about auth.About) string {
	if about.Purpose == "" {
		return "that it is you, for changes in the next minutes"
	}
	text := fmt.Sprintf("%s plan %s", about.Purpose, about.Plan)
	if v, err := s.c.Plain().Plan(ctx, about.Plan); err == nil {
		text += " “" + v.Plan.Title + "”"
	}
	if about.Digest != nil {
		text += ", review " + about.Digest.String()[:16] + "…"
	}
	return inert(text)
}

// left is how long something still lasts.
func left(t time.Time) string {
	if d := time.Until(t); d > 0 {
		return "in " + cratewarden.Span(d)
	}
	return "over"
}
