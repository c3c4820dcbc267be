package main

import (
	"io"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
)

type evidenceSealCmd struct {
	asking
	Specs    []string `arg:"" optional:"" placeholder:"NAME[@VERSION]" help:"Crates, with all their versions, or versions; \"-\" reads them from standard input, one in a line."`
	Account  []string `placeholder:"LOGIN" help:"Accounts too, by login or number; may be given more than once."`
	Incident string   `placeholder:"ID" help:"The incident it belongs to."`
	Reason   string   `help:"Why, for colleagues only."`
	Key      string   `placeholder:"TEXT" env:"-" help:"For scripts that try again: the same key gives the same bundle."`
}

// Help gives examples.
func (evidenceSealCmd) Help() string {
	return `Examples:

  cratewarden evidence seal arraykit kernelsmyth@1.0.0 --incident INC-7
  cratewarden evidence seal --account mirelund --reason "stolen session"
  cratewarden evidence seal - <names.txt

Nothing in the registry changes. When the same was sealed before for the same
incident and nothing has changed since, that bundle is the answer.`
}

// Run seals.
func (c evidenceSealCmd) Run(e env) error {
	o, err := c.order(e)
	if err != nil {
		return err
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	key := c.Key
	if key == "" {
		key = client.NewKey()
	}
	sealed, err := cl.SealEvidence(e.ctx, api.EvidenceOrder(o), key)
	if err != nil {
		return err
	}
	return show(e, c.asking, sealed, printSealed)
}

// maxPasted bounds what is read from standard input; the console takes less.
const maxPasted = 4 << 20

func (c evidenceSealCmd) order(e env) (action.SealOrder, error) {
	o := action.SealOrder{Incident: c.Incident, Reason: c.Reason}
	text := strings.Join(c.Specs, "\n")
	if text == "-" {
		pasted, err := io.ReadAll(io.LimitReader(e.stdin, maxPasted))
		if err != nil {
			return o, cratewarden.Wrap(err, cratewarden.Invalid, "Standard input cannot be read.")
		}
		text = string(pasted)
	}
	if err := o.Add(text); err != nil {
		return o, err
	}
	for _, who := range c.Account {
		id, err := account(e, doing{asking: c.asking}, who)
		if err != nil {
			return o, err
		}
		o.Accounts = append(o.Accounts, id)
	}
	return o, nil
}

func printSealed(w io.Writer, s *api.EvidenceSealed) {
	b := s.Bundle
	say(w, "Evidence bundle %s", b.Digest)
	if s.Again {
		say(w, "It was sealed before; no new one was made.")
	}
	fact(w, "Holds", holds(b.Holds))
	fact(w, "Incident", b.Incident)
	fact(w, "Why", b.Reason)
	fact(w, "Parts", num(b.Parts)+", "+num(b.Bytes)+" bytes, read back and proven")
	fact(w, "Ledger", "entry "+num(b.Ledger))
	say(w, "To prove it again: cratewarden evidence verify %s", b.Digest)
}
