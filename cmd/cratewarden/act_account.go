package main

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api/client"
)

// account turns a login into an id; several accounts may have had one, and then
// the person must say which.
func account(e env, d doing, who string) (int32, error) {
	if id, err := strconv.ParseInt(who, 10, 32); err == nil {
		return int32(id), nil
	}
	c, err := d.client(e)
	if err != nil {
		return 0, err
	}
	found, err := client.Get[candidates](e.ctx, c, url.Values{"login": {who}}, "accounts")
	switch {
	case err != nil:
		return 0, err
	case len(found.Rows) == 0:
		return 0, cratewarden.Errorf(cratewarden.NotFound, "No account has or had the login %s.", inert(who))
	case len(found.Rows) > 1:
		var ids []string
		for _, p := range found.Rows {
			ids = append(ids, num(p.ID)+" ("+inert(p.Login)+")")
		}
		return 0, cratewarden.Errorf(cratewarden.Conflict, "Several accounts have or had the login %s; name one by its id: %s.", inert(who), strings.Join(ids, ", "))
	}
	return found.Rows[0].ID, nil
}

// moment reads a time, or a span before now such as 90m.
func moment(text string) (time.Time, error) {
	if span, err := time.ParseDuration(text); err == nil && span > 0 {
		return time.Now().UTC().Add(-span).Truncate(time.Second), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, cratewarden.Errorf(cratewarden.Invalid, "%s is no time. Write 2026-08-20T16:00:00Z, or a span before now such as 90m.", inert(text))
}

// lockFlags are the terms of a lock.
type lockFlags struct {
	Message string `required:"" help:"Why, in words that the locked person reads."`
	Until   string `placeholder:"TIME" help:"When the lock ends by itself; without it, never."`
}

func (l lockFlags) until() (any, error) {
	if l.Until == "" {
		return "", nil
	}
	return moment(l.Until)
}

type lockCmd struct {
	doing
	lockFlags
	Who string `arg:"" placeholder:"LOGIN" help:"Login, or account id."`
}

// Run locks.
func (c lockCmd) Run(e env) error {
	id, err := account(e, c.doing, c.Who)
	if err != nil {
		return err
	}
	until, err := c.until()
	if err != nil {
		return err
	}
	return carry(e, c.doing, step("account.lock", "account", id, "reason", c.Message, "until", until))
}

type unlockCmd struct {
	doing
	Who string `arg:"" placeholder:"LOGIN" help:"Login, or account id."`
}

// Run unlocks.
func (c unlockCmd) Run(e env) error {
	id, err := account(e, c.doing, c.Who)
	if err != nil {
		return err
	}
	return carry(e, c.doing, step("account.unlock", "account", id))
}

type revokeCmd struct {
	doing
	Tokens []int32 `arg:"" optional:"" placeholder:"TOKEN" help:"Numbers of API tokens."`
	Of     string  `placeholder:"LOGIN" help:"All tokens of this account instead."`
}

// Run revokes.
func (c revokeCmd) Run(e env) error {
	if (c.Of == "") == (len(c.Tokens) == 0) {
		return cratewarden.Errorf(cratewarden.Invalid, "Name either tokens by their numbers, or an account with --of.")
	}
	if c.Of != "" {
		id, err := account(e, c.doing, c.Of)
		if err != nil {
			return err
		}
		return carry(e, c.doing, step("token.revoke_where", "account", id))
	}
	var steps [][]byte
	for _, t := range c.Tokens {
		steps = append(steps, step("token.revoke", "token", t))
	}
	return carry(e, c.doing, steps...)
}
