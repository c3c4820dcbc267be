package dossier

import (
	"context"
	"errors"
	"sync"
	"time"
)

// share lets people who ask for the same thing within a moment have one answer:
// those who come while it is made wait for it, and those who come soon after
// get it again. What it gives is shared, so nobody may change it.
type share[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]*shared[V]
}

type shared[V any] struct {
	begun time.Time
	done  chan struct{} // closed when value and err are set
	value V
	err   error
}

// shareMost bounds how many answers are kept at the same time; one of a large
// account takes about a megabyte.
const shareMost = 64

// get gives the answer for a key, read at most age ago. Errors are not
// kept. The one who reads goes on for the others when its own visitor is
// gone, until its own deadline.
func (s *share[K, V]) get(ctx context.Context, key K, age time.Duration, read func(context.Context) (V, error)) (V, error) {
	s.mu.Lock()
	e := s.kept[key]
	if e != nil && time.Since(e.begun) < age {
		s.mu.Unlock()
		select {
		case <-e.done:
			return e.value, e.err
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
	e = &shared[V]{begun: time.Now(), done: make(chan struct{}), err: errors.New("the reading of a shared answer ended early")}
	full := len(s.kept) >= shareMost
	if s.kept == nil {
		s.kept = map[K]*shared[V]{}
	}
	s.kept[key] = e
	s.mu.Unlock()
	// Also when read panics: the others must not wait for ever.
	defer func() {
		close(e.done)
		if e.err != nil || full {
			s.forget(key, e)
			return
		}
		time.AfterFunc(time.Until(e.begun.Add(age)), func() { s.forget(key, e) })
	}()
	alone := context.WithoutCancel(ctx)
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		alone, cancel = context.WithDeadline(alone, end)
		defer cancel()
	}
	e.value, e.err = read(alone)
	return e.value, e.err
}

// peek gives an answer that is there already; it does not wait for one.
func (s *share[K, V]) peek(key K, age time.Duration) (value V, ok bool) {
	s.mu.Lock()
	e := s.kept[key]
	s.mu.Unlock()
	if e == nil || time.Since(e.begun) >= age {
		return value, false
	}
	select {
	case <-e.done:
		return e.value, e.err == nil
	default:
		return value, false
	}
}

// drop has everybody who asks from now on get a new answer.
func (s *share[K, V]) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = nil
}

func (s *share[K, V]) forget(key K, e *shared[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[key] == e {
		delete(s.kept, key)
	}
}
