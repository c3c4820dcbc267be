package main

import (
	"context"
	"sync/atomic"
	"time"

	"cratewarden/action"
	"cratewarden/dossier"
	"cratewarden/pg"
)

// heldFresh is how long what is held is taken for known; heldFew is up to how
// many held versions all of them are kept in memory.
const (
	heldFresh = 2 * time.Second
	heldFew   = 500
)

// heldLook answers pages that ask what is held. Nearly always nothing is, or a
// few versions are: then one read every two seconds serves all pages. With
// many held, a crate's are read when its page asks.
type heldLook struct {
	read  func(ctx context.Context, crate string) ([]action.HeldVersion, error)
	clock func() time.Time

	turn chan struct{} // has a place for who reads or writes what follows
	all  []dossier.Hold
	many bool
	at   time.Time // when all was read; zero for never

	old atomic.Bool // something was held or let go since
}

// renew has all who ask from now on get what is held by now.
func (l *heldLook) renew() { l.old.Store(true) }

func newHeldLook(read func(context.Context, string) ([]action.HeldVersion, error)) *heldLook {
	return &heldLook{read: read, clock: time.Now, turn: make(chan struct{}, 1)}
}

// held gives what is held of a crate, or of all for "".
func (l *heldLook) held(ctx context.Context, crate string) ([]dossier.Hold, error) {
	all, many, err := l.known(ctx, crate == "")
	switch {
	case err != nil || len(all) == 0 || crate == "":
		return all, err
	case many:
		list, err := l.read(ctx, crate)
		return holdsOf(list), err
	}
	var out []dossier.Hold
	for _, h := range all {
		if h.Crate == crate {
			out = append(out, h)
		}
	}
	return out, nil
}

// known gives all that is held, as of at most heldFresh ago. Where many are
// held, a crate's page needs to know no more than that; it takes an older
// answer rather than reading them all.
func (l *heldLook) known(ctx context.Context, every bool) ([]dossier.Hold, bool, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, false, pg.Map(ctx.Err())
	}
	fresh := heldFresh
	if l.many && !every {
		fresh = time.Minute
	}
	if now := l.clock(); l.old.Swap(false) || l.at.IsZero() || now.Sub(l.at) >= fresh {
		list, err := l.read(ctx, "")
		if err != nil {
			l.at = time.Time{} // what is kept may be older than a change
			return nil, false, err
		}
		l.all, l.many, l.at = holdsOf(list), len(list) > heldFew, now
	}
	return l.all, l.many, nil
}

func holdsOf(list []action.HeldVersion) []dossier.Hold {
	out := make([]dossier.Hold, len(list))
	for i, h := range list {
		out[i] = dossier.Hold{ID: h.ID, Crate: h.Crate, Num: h.Num, Plan: h.Plan, Since: h.HeldAt, Files: string(h.Files)}
	}
	return out
}
