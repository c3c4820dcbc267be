package main

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/evidence"
	"cratewarden/pg"
)

// apart refuses an evidence store that is one of the registry's own: whoever
// may write there could destroy a crate and its evidence together, and the
// registry would serve what is held.
func apart(store string, others ...string) error {
	for _, other := range others {
		if store != "" && other != "" && (within(store, other) || within(other, store)) {
			return cratewarden.Errorf(cratewarden.Refused, "The evidence store must not be the registry's own storage, nor lie in it. Give --evidence a folder or a bucket of its own.")
		}
	}
	return nil
}

// within says whether one address of a store lies in another, or is the same.
func within(inner, outer string) bool {
	key := func(spec string) string {
		if strings.Contains(spec, "://") {
			base, _, _ := strings.Cut(spec, "?")
			return strings.TrimRight(base, "/") + "/"
		}
		dir, err := filepath.Abs(spec)
		if err != nil {
			return spec
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		return strings.TrimRight(dir, "/") + "/"
	}
	return strings.HasPrefix(key(inner), key(outer))
}

// openEvidence makes the service of evidence and, if storage allows it, the
// vault of held files. Without a store there is neither; a console that changes
// nothing still shows what was sealed.
func (p *parts) openEvidence(ctx context.Context, cfg consoleConfig, console *pgxpool.Pool) error {
	store := cfg.acting.evidence
	if store == nil {
		return nil
	}
	// Sealing reads whole tables in one snapshot and must not take the pages'
	// connections meanwhile.
	source, err := p.pool(ctx, pg.Config{URL: cfg.registry, ReadOnly: true, MaxConns: 3})
	if err != nil {
		return err
	}
	p.evidence = evidence.New(evidence.Config{Registry: source, Console: console, Ledger: p.signer.ledger, Static: cfg.static, Index: cfg.index, Store: store, Logger: cfg.log})
	vault := evidence.Vault{Static: cfg.static, Store: store}
	switch err := vault.Writable(ctx); cratewarden.KindOf(err) {
	case "":
		p.vault = vault
	case cratewarden.Refused:
		cfg.log.Warn("versions are held by yank alone", "why", cratewarden.MessageOf(err))
	default:
		return err
	}
	return nil
}

// seals gives the engine its evidence and its vault. What is not there stays
// nil: an interface that holds a nil pointer would look as if it were.
func (p *parts) seals(conf *action.Config) {
	if p.evidence != nil {
		conf.Evidence = p.evidence
	}
	if p.vault != nil {
		conf.Vault = p.vault
	}
}
