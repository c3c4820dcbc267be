package main

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/api/client"
)

type yankCmd struct {
	doing
	Specs   []string `arg:"" placeholder:"NAME@VERSION" help:"Versions."`
	Message string   `help:"Everybody can read it, next to the version."`
}

// Run yanks.
func (c yankCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.yank", "", "message", c.Message)
}

type unyankCmd struct {
	doing
	Specs []string `arg:"" placeholder:"NAME@VERSION" help:"Versions."`
}

// Run unyanks.
func (c unyankCmd) Run(e env) error { return versions(e, c.doing, c.Specs, "version.unyank", "") }

type holdCmd struct {
	doing
	Specs   []string `arg:"" placeholder:"NAME[@VERSION]" help:"Versions, or whole crates."`
	Message string   `help:"Everybody can read it, next to the version."`
}

// Run holds.
func (c holdCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.hold", "crate.hold", "message", c.Message)
}

type releaseCmd struct {
	doing
	Specs []string `arg:"" placeholder:"NAME[@VERSION]" help:"Held versions, or whole crates."`
}

// Run releases.
func (c releaseCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.release", "crate.release")
}

// versions carries out one act on each version, or another on each crate where
// a name stands alone.
func versions(e env, d doing, specs []string, one, whole string, params ...any) error {
	var steps [][]byte
	for _, spec := range specs {
		name, number, versioned := strings.Cut(spec, "@")
		if !versioned && whole != "" && name != "" {
			steps = append(steps, step(whole, append([]any{"crate", name}, params...)...))
			continue
		}
		if name == "" || number == "" {
			return cratewarden.Errorf(cratewarden.Invalid, "Write the version as NAME@VERSION, like serde@1.0.200.")
		}
		steps = append(steps, step(one, append([]any{"crate", name, "version", number}, params...)...))
	}
	return carry(e, d, steps...)
}

// account turns a login into an id; several accounts may have had one, and then
// the person must say which.
func account(e env, d doing, who string) (int32, error) {
	if id, err := strconv.ParseInt(who, 10, 32); err == nil {
		return int32(id), nil
	}
	c, err := d.client()
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

type reserveCmd struct {
	doing
	Names []string `arg:"" placeholder:"NAME" help:"Crate names."`
}

// Run reserves.
func (c reserveCmd) Run(e env) error { return eachName(e, c.doing, "name.reserve", c.Names) }

type unreserveCmd struct {
	doing
	Names []string `arg:"" placeholder:"NAME" help:"Crate names."`
}

// Run frees.
func (c unreserveCmd) Run(e env) error { return eachName(e, c.doing, "name.unreserve", c.Names) }

func eachName(e env, d doing, kind string, names []string) error {
	var steps [][]byte
	for _, n := range names {
		steps = append(steps, step(kind, "name", n))
	}
	return carry(e, d, steps...)
}

type trustpubOnlyCmd struct {
	doing
	Name string `arg:"" help:"Crate."`
	Off  bool   `help:"Let tokens publish it again."`
}

// Run sets it.
func (c trustpubOnlyCmd) Run(e env) error {
	return carry(e, c.doing, step("crate.trustpub_only", "crate", c.Name, "on", !c.Off))
}

type ownerCmd struct {
	Add    ownerAddCmd    `cmd:"" help:"Make a person an owner of a crate at once."`
	Remove ownerRemoveCmd `cmd:"" help:"Take a person off a crate's owners."`
}

type ownerOf struct {
	doing
	Name string `arg:"" help:"Crate."`
	Who  string `arg:"" placeholder:"LOGIN" help:"Login, or account id."`
}

func (c ownerOf) carry(e env, kind string) error {
	id, err := account(e, c.doing, c.Who)
	if err != nil {
		return err
	}
	return carry(e, c.doing, step(kind, "crate", c.Name, "account", id))
}

type ownerAddCmd struct{ ownerOf }

// Run adds.
func (c ownerAddCmd) Run(e env) error { return c.carry(e, "owner.add") }

type ownerRemoveCmd struct{ ownerOf }

// Run removes.
func (c ownerRemoveCmd) Run(e env) error { return c.carry(e, "owner.remove") }

type deleteCmd struct {
	Crate   deleteCrateCmd   `cmd:"" help:"Delete a crate for good; takes a second person and sealed evidence."`
	Version deleteVersionCmd `cmd:"" help:"Delete versions for good; takes a second person and sealed evidence."`
}

type deleteCrateCmd struct {
	doing
	Name    string `arg:"" help:"Crate."`
	Message string `help:"Public: it is in the registry's dump."`
}

// Run plans the deletion.
func (c deleteCrateCmd) Run(e env) error {
	return carry(e, c.doing, step("crate.delete", "crate", c.Name, "message", c.Message))
}

type deleteVersionCmd struct {
	doing
	Specs []string `arg:"" placeholder:"NAME@VERSION" help:"Versions."`
}

// Run plans the deletion.
func (c deleteVersionCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.delete", "")
}
