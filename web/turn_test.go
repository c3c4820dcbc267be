package web

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cratewarden"
)

// Pages are made first come first served, so many at a time and no more.
func TestPagesAreMadeInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := &turns{places: make(chan struct{}, 2), hold: time.Hour}
		var mu sync.Mutex
		var served []int
		for i := range 6 {
			go func() {
				leave, err := line.take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				served = append(served, i)
				mu.Unlock()
				time.Sleep(time.Minute)
				leave()
			}()
			synctest.Wait() // they come one after the other
		}
		if len(served) != 2 {
			t.Errorf("%d at once", len(served))
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for i, who := range served {
			if len(served) != 6 || who/2 != i/2 {
				t.Fatalf("served in the order %v", served)
			}
		}
	})
}

// A page that takes long keeps nobody waiting, and giving up is said.
func TestASlowPageGivesItsPlaceUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := &turns{places: make(chan struct{}, 1), hold: turnHold}
		slow, err := line.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), turnHold/2)
		defer cancel()
		if _, err := line.take(short); cratewarden.KindOf(err) != cratewarden.Unavailable {
			t.Errorf("waiting in vain gives %v", err)
		}
		begin := time.Now()
		next, err := line.take(t.Context())
		if err != nil || time.Since(begin) > turnHold {
			t.Errorf("waited %v: %v", time.Since(begin), err)
		}
		slow() // its place was given up before; this must not free another
		if len(line.places) != 1 {
			t.Errorf("%d places are taken", len(line.places))
		}
		next()
	})
}

// All places are free again after pages that failed or panicked.
func TestEveryPageLeaves(t *testing.T) {
	t.Parallel()
	s := serverWith(t, Config{}, route{pattern: "GET /fails", handle: func(http.ResponseWriter, *http.Request) error {
		return cratewarden.Errorf(cratewarden.Internal, "No.")
	}}, route{pattern: "GET /panics", handle: func(http.ResponseWriter, *http.Request) error { panic("oh") }})
	for range 2 * cap(s.turns.places) {
		ask(s, "GET", "/fails", nil)
		ask(s, "GET", "/panics", nil)
	}
	if n := len(s.turns.places); n != 0 {
		t.Errorf("%d places are still taken", n)
	}
}
