package web

import (
	"context"
	"runtime"
	"time"

	"cratewarden"
)

// turns lets only so many pages be made at the same time, first come first
// served: one more than there are processors, since each waits for the database
// now and then. Twenty pages made at once on two processors take twenty times as long
// each, and the unlucky far longer; made in turn they take as long on average
// and nobody is overtaken. A page that takes long, because it waits for
// storage or for a slow question, gives its place up, so that pages that wait
// for something else never keep the quick ones waiting.
type turns struct {
	places chan struct{}
	hold   time.Duration
}

// turnHold is how long a page keeps its place at most.
const turnHold = 100 * time.Millisecond

func newTurns() *turns {
	return &turns{places: make(chan struct{}, runtime.GOMAXPROCS(0)+1), hold: turnHold}
}

// take waits for a place and gives what ends the turn. The error says that the
// visitor's time was over before.
func (t *turns) take(ctx context.Context) (leave func(), err error) {
	select {
	case t.places <- struct{}{}: // those who wait on a channel are served in order
	default:
		select {
		case t.places <- struct{}{}:
		case <-ctx.Done():
			return nil, cratewarden.Wrap(ctx.Err(), cratewarden.Unavailable, "Too many pages are asked for at the same time. Try again in a moment.")
		}
	}
	over := time.AfterFunc(t.hold, func() { <-t.places })
	return func() {
		if over.Stop() {
			<-t.places
		}
	}, nil
}
