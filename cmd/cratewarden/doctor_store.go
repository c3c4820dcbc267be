package main

import (
	"context"
	"os"
	"time"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// signing looks at the ledger's keys and how far it is signed.
func (p *patient) signing(ctx context.Context) {
	const about = "ledger"
	if p.serve.LedgerKey == "" && os.Getenv("CRATEWARDEN_LEDGER_KEY") == "" {
		p.say(weak, about, "Make a key with \"cratewarden ledger key\" and give it with --ledger-key.", "it is not signed: whoever has power over the database could change it unnoticed")
		return
	}
	keys, err := serveKeys(p.serve.LedgerKey)
	if err != nil {
		p.say(wrong, about, "Give the keys that \"cratewarden ledger key\" made, one in a line.", "%s", cratewarden.MessageOf(err))
		return
	}
	if p.console == nil {
		return
	}
	var there bool
	if err := p.console.QueryRow(ctx, `SELECT to_regclass('ledger_entry') IS NOT NULL`).Scan(&there); err != nil || !there {
		p.say(fine, about, "", "there is a key, and nothing to sign yet")
		return
	}
	state, err := ledger.New(ledger.Config{DB: p.console, Keys: keys}).State(ctx)
	switch {
	case err != nil:
		p.say(wrong, about, "Run cratewarden ledger verify.", "%s", cratewarden.MessageOf(pg.Map(err)))
	case state.Head.Note == nil && state.Size > 0:
		p.say(weak, about, "Start serve with the key; it signs by itself.", "none of its %d entries is signed", state.Size)
	case state.Size > 0 && !state.Covered() && p.clock().Sub(state.SignedAt) > 5*time.Minute:
		p.say(weak, about, "Start serve with the key; it signs by itself.", "%d of its %d entries are signed, the last at %s UTC", state.Head.Size, state.Size, state.SignedAt.UTC().Format("2006-01-02 15:04"))
	default:
		p.say(fine, about, "", "there is a key, and %d entries are signed", state.Head.Size)
	}
}

// stores opens the storages, and makes sure that evidence is apart.
func (p *patient) stores(ctx context.Context) {
	for _, one := range []struct{ about, spec, flag, without string }{
		{"storage of archives", p.serve.Storage, "--storage", "no archive can be read, held or deleted"},
		{"storage of the index", p.serve.IndexStorage, "--index-storage", "the index cannot be compared or repaired"},
		{"evidence", p.serve.Evidence, "--evidence", "nothing can be sealed, and so nothing irreversible done"},
	} {
		if one.spec == "" {
			p.say(weak, one.about, "Give "+one.flag+".", "none is named: %s", one.without)
			continue
		}
		store, err := openStore(ctx, one.spec)
		if err == nil {
			err = readable(ctx, store)
		}
		if cratewarden.KindOf(err) == cratewarden.Refused {
			p.say(weak, one.about, "Let the console list and read it, so that what is missing can be told from what is refused.", "%s", cratewarden.MessageOf(err))
			continue
		}
		if err != nil {
			p.say(wrong, one.about, "Check "+one.flag+".", "%s", cratewarden.MessageOf(err))
			continue
		}
		if one.flag == "--evidence" {
			if err := apart(p.serve.Evidence, p.serve.Storage, p.serve.IndexStorage); err != nil {
				p.say(wrong, one.about, "Give --evidence a folder or a bucket of its own.", "it lies in the registry's own storage")
				continue
			}
		}
		p.say(fine, one.about, "", "it can be read")
	}
}

// readable asks a storage for something. Whether it can be written is not tried:
// what is written there once stays.
func readable(ctx context.Context, store blob.Store) error {
	_, _, err := store.Get(ctx, "cratewarden-doctor")
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil
	}
	return err
}

// notices says whether anybody is told of what happens.
func (p *patient) notices(context.Context) {
	if p.signIn == nil {
		return
	}
	const about = "notices"
	n := p.signIn.Notices
	if n.Mail.Host == "" && len(n.Channels) == 0 {
		p.say(weak, about, "Name a mail server or a channel in notices.", "they go nowhere: changed passkeys, wanted approvals and broken glass are seen only on pages")
		return
	}
	p.say(fine, about, "", "%d channels, mail: %s", len(n.Channels), map[bool]string{true: "yes", false: "no"}[n.Mail.Host != ""])
}
