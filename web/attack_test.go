package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// stuck is a client that takes nothing until it is let go.
type stuck struct {
	*httptest.ResponseRecorder
	writing, goOn chan struct{}
}

func (s stuck) WriteHeader(status int) {
	close(s.writing)
	<-s.goOn
	s.ResponseRecorder.WriteHeader(status)
}

// Whoever is slow to take an answer, or sends the rest of a body slowly before it
// can be given, holds no place among the pages being made.
func TestAttackSlowReaders(t *testing.T) {
	t.Parallel()
	s, _ := guarded(t, as(responder))
	s.turns = &turns{places: make(chan struct{}, 1), hold: time.Hour}
	slow := stuck{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	var all sync.WaitGroup
	all.Go(func() { s.ServeHTTP(slow, httptest.NewRequest("GET", "http://127.0.0.1:8420/about", nil)) })
	<-slow.writing
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", "http://127.0.0.1:8420/about", nil))
	if w.Code != http.StatusOK {
		t.Errorf("somebody else waits: %d", w.Code)
	}
	close(slow.goOn)
	all.Wait()
	if len(s.turns.places) != 0 {
		t.Error("a place was not given back")
	}
}

// untouched is a body that nobody may read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("a stranger's body was read")
	return 0, io.EOF
}

// A form that a stranger sends slowly would hold a place among the pages that are
// made, so it is only read from an address that did not send many.
func TestAttackSlowFormsOfStrangers(t *testing.T) {
	t.Parallel()
	d := as(responder)
	d.out = true
	over := false
	var asked []string
	s, ran := guarded(t, d, func(c *Config) {
		c.Limit = func(kind, key string) (bool, time.Duration) {
			asked = append(asked, kind+" "+key)
			return !over, 7 * time.Second
		}
	})
	send := func(method, path string, body io.Reader) *http.Response {
		r := httptest.NewRequest(method, "http://127.0.0.1:8420"+path, body)
		r.RemoteAddr = "203.0.113.7:1"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Result()
	}
	if got := send("POST", "/bound/p1", nil); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d", got.StatusCode)
	}
	over = true
	if got := send("POST", "/bound/p1", untouched{t}); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "7" {
		t.Errorf("%d, wait %q", got.StatusCode, got.Header.Get("Retry-After"))
	}
	if got := send("GET", "/seen", nil); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a page: %d", got.StatusCode)
	}
	if want := []string{"unsigned 203.0.113.7", "unsigned 203.0.113.7", "request 203.0.113.7"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
	if len(*ran) != 0 {
		t.Errorf("handlers ran: %q", *ran)
	}
}
