package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// signEvery is how often a running console signs what was appended: it bounds
// how long somebody with full power over the database could change an entry
// unnoticed.
const signEvery = 15 * time.Second

// signer signs heads while a console runs.
type signer struct {
	ledger *ledger.Log
	log    *slog.Logger
	// trouble is why the last attempt failed, a sentence for people.
	trouble atomic.Pointer[string]
}

// problem gives the sentence, empty when all is well.
func (s *signer) problem() string {
	if text := s.trouble.Load(); text != nil {
		return *text
	}
	return ""
}

// run signs at once, and whenever something was appended, until ctx is over.
func (s *signer) run(ctx context.Context) error {
	tick := time.NewTicker(signEvery)
	defer tick.Stop()
	for {
		s.sign(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sign signs if there is a key and anything new. A failure is kept for the
// pages; it ends nothing, since a responder needs the console most when
// somebody has meddled with the ledger.
func (s *signer) sign(ctx context.Context) {
	state, err := s.ledger.State(ctx)
	if !state.Keyed || err == nil && state.Covered() && s.problem() == "" {
		return
	}
	if err == nil {
		_, err = s.ledger.Head(ctx)
	}
	err = pg.Map(err)
	if err == nil || ctx.Err() != nil {
		if err == nil {
			s.trouble.Store(nil)
		}
		return
	}
	text := cratewarden.MessageOf(err)
	s.trouble.Store(&text)
	s.log.ErrorContext(ctx, "the ledger could not be signed", "err", err)
}

// last signs once more when the console has stopped and nothing is appended
// any longer.
func (s *signer) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	s.sign(ctx)
}

const (
	// folderLedger is the name of the ledger of a data folder, for ever.
	folderLedger    = "localhost/cratewarden-ledger"
	folderLedgerKey = "ledger.key"
)

// folderKeys gives the keys of a data folder's own ledger, made at the first
// start with mode 0600. Whoever can read the folder can sign: it is for trying
// out, not for proving anything to others.
func folderKeys(dir string) ([]ledger.Key, error) {
	file := filepath.Join(dir, folderLedgerKey)
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		private, _, err := ledger.GenerateKey(folderLedger)
		if err != nil {
			return nil, err
		}
		if err := writeNew(file, private+"\n"); err != nil {
			return nil, err
		}
	}
	text, err := readSmall(file)
	if err != nil {
		return nil, err
	}
	keys, err := ledger.ParseKeys(string(text))
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "The file %s is not the ledger's key any more. Put the right one there, or use another folder with --data.", file)
	}
	// The public half can always be told again, so it is written anew.
	if err := os.WriteFile(file+".pub", []byte(keys[0].Public()+"\n"), 0o600); err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "The file %s cannot be written.", file+".pub")
	}
	return keys, nil
}

// serveKeys reads the keys of a console that serves a registry: from the file,
// or the variable that holds them. Without either nothing is signed, and the
// pages say so.
func serveKeys(file string) ([]ledger.Key, error) {
	if file == "" && os.Getenv("CRATEWARDEN_LEDGER_KEY") == "" {
		return nil, nil
	}
	return signingKeys(file)
}
