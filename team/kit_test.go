package team_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/team"
	"cratewarden/telemetry/logtest"
)

// api is a server with the team API's documents, which a test may change.
type api struct {
	*httptest.Server
	mu       sync.Mutex
	docs     map[string]string
	override http.HandlerFunc // answers instead
	requests atomic.Int64
}

func serve(t *testing.T) *api {
	t.Helper()
	a := &api{docs: map[string]string{}}
	root := filepath.Join("testdata", "v1")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		a.docs["/v1"+strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(root))] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Server = httptest.NewServer(http.HandlerFunc(a.answer))
	t.Cleanup(a.Close)
	return a
}

func (a *api) answer(w http.ResponseWriter, r *http.Request) {
	a.requests.Add(1)
	a.mu.Lock()
	override, text, there := a.override, a.docs[r.URL.Path], false
	_, there = a.docs[r.URL.Path]
	a.mu.Unlock()
	switch {
	case override != nil:
		override(w, r)
	case !there:
		http.NotFound(w, r)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	}
}

func (a *api) set(path, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.docs["/v1/"+path] = text
}

func (a *api) replace(path, old, new string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.docs["/v1/"+path] = strings.ReplaceAll(a.docs["/v1/"+path], old, new)
}

func (a *api) instead(h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.override = h
}

// clock is a time that stands until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// store is a setting in memory.
type store struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (s *store) Setting(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.values[name]; ok {
		return v, nil
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "never set")
}

func (s *store) Set(_ context.Context, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[name] = value
	return nil
}

// mapping is how crates.io might give roles.
func mapping() []team.Source {
	return []team.Source{
		{Permission: "crates_io_admin", Roles: []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder}},
		{Team: "crates-io", Roles: []cratewarden.Role{cratewarden.Responder, cratewarden.Remover}},
		{Team: "crates-io-on-call", Roles: []cratewarden.Role{cratewarden.Viewer}, OnCall: true},
	}
}

func open(t *testing.T, cfg team.Config) *team.Reader {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = logtest.Logger(t)
	}
	r, err := team.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fresh(t *testing.T, r *team.Reader) team.Snapshot {
	t.Helper()
	s, err := r.Fresh(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// words gives who has what, a line for each person.
func words(s team.Snapshot) string {
	var b strings.Builder
	for _, m := range s.Members {
		b.WriteString(m.Key() + " " + m.Name)
		for _, g := range m.Grants {
			b.WriteString(" | " + string(g.Role) + " by " + g.Source)
		}
		if m.OnCall {
			b.WriteString(" | on call")
		}
		b.WriteString("\n")
	}
	return b.String()
}
