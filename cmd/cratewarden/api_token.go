package main

import (
	"io"
	"os"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/auth"
)

type apiTokenCmd struct {
	List   apiTokenListCmd   `cmd:"" default:"withargs" help:"List your API tokens."`
	New    apiTokenNewCmd    `cmd:"" help:"Make an API token for a program."`
	Revoke apiTokenRevokeCmd `cmd:"" help:"Revoke API tokens."`
}

type apiTokenListCmd struct {
	asking
	Person string `env:"-" placeholder:"ID" help:"Somebody else's."`
}

// Run lists.
func (c apiTokenListCmd) Run(e env) error {
	path := []string{"api-tokens"}
	if c.Person != "" {
		path = []string{"people", c.Person, "api-tokens"}
	}
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.APITokenList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "TOKEN|NAME|STATE|ROLES|ACTS|FROM|LAST USED", l.Rows, func(t auth.APIToken) []string {
			used := "never"
			if t.Used != nil {
				used = when(*t.Used)
			}
			return []string{t.ID, t.Name, tokenState(t), roleList(t.Roles), orElse(strings.Join(t.Acts, " "), "all"), orElse(strings.Join(t.Networks, " "), "anywhere"), used}
		})
	}, path...)
}

func tokenState(t auth.APIToken) string {
	switch {
	case t.Revoked != nil:
		return "revoked " + when(*t.Revoked)
	case time.Now().After(t.Expires):
		return "expired " + when(t.Expires)
	}
	return "until " + when(t.Expires)
}

type apiTokenNewCmd struct {
	asking
	Name    string   `arg:"" help:"What it is for, in your words."`
	Role    []string `required:"" env:"-" placeholder:"ROLE" help:"Roles of yours that it has."`
	Act     []string `env:"-" placeholder:"ACT" help:"The only acts that it may do, such as look or plan.draft; all that tokens may when left out."`
	Network []string `env:"-" placeholder:"CIDR" help:"Address ranges that it may come from; any when left out."`
	Days    int      `env:"-" default:"30" help:"Days until it expires, 90 at most."`
	To      string   `env:"-" placeholder:"FILE" help:"Write the token to this new file, for you alone, instead of printing it."`
}

// Help gives examples.
func (apiTokenNewCmd) Help() string {
	return `Examples:

  cratewarden api-token new "nightly report" --role viewer --act look --act look.ledger --days 7 --to token.txt
  CRATEWARDEN_SERVER=https://console.example CRATEWARDEN_API_TOKEN_FILE=token.txt cratewarden ledger list

The token is shown once and kept nowhere. It can never approve as the second
person, nor do what cannot be undone.`
}

// Run makes one. The file is made first: a token that cannot be kept would be
// lost.
func (c apiTokenNewCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	var out *os.File
	if c.To != "" {
		if out, err = os.OpenFile(c.To, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
			return cratewarden.Wrap(err, cratewarden.Conflict, "The file %s cannot be made, or is there already.", c.To)
		}
		defer func() { _ = out.Close() }()
	}
	o := auth.TokenOrder{Name: c.Name, Acts: c.Act, Networks: c.Network, Days: c.Days}
	for _, r := range c.Role {
		o.Roles = append(o.Roles, cratewarden.Role(r))
	}
	made, err := cl.MakeAPIToken(e.ctx, o)
	if err != nil {
		if out != nil {
			_ = os.Remove(c.To)
		}
		return err
	}
	if out == nil {
		return show(e, c.asking, made, printMade)
	}
	if _, err := io.WriteString(out, made.Secret+"\n"); err != nil {
		_ = cl.RevokeAPIToken(e.ctx, made.APIToken.ID)
		return cratewarden.Wrap(err, cratewarden.Unavailable, "The file %s cannot be written, so the token was revoked.", c.To)
	}
	made.Secret = ""
	return show(e, c.asking, made, func(w io.Writer, m *api.MadeToken) {
		say(w, "API token %s is in %s, until %s UTC.", m.APIToken.ID, inert(c.To), when(m.APIToken.Expires))
	})
}

func printMade(w io.Writer, m *api.MadeToken) {
	say(w, "%s", m.Secret)
	say(w, "API token %s, until %s UTC. It is not shown again.", m.APIToken.ID, when(m.APIToken.Expires))
}

type apiTokenRevokeCmd struct {
	asking
	IDs []string `arg:"" name:"id" placeholder:"TOKEN" help:"Ids, as the list shows them; never the tokens themselves."`
}

// Run revokes each.
func (c apiTokenRevokeCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	for _, id := range c.IDs {
		if strings.HasPrefix(id, "cwd_") {
			return cratewarden.Errorf(cratewarden.Invalid, "That is a token itself, which now stands in your shell's history. Name it by its id, which \"cratewarden api-token list\" shows, and revoke it soon.")
		}
		if err := cl.RevokeAPIToken(e.ctx, id); err != nil {
			return err
		}
		say(e.stdout, "API token %s is revoked.", inert(id))
	}
	return nil
}
