package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// TestPublicLedger: off unless switched on; then strangers read signed heads and
// hashes, no entries, and nothing else becomes public.
func TestPublicLedger(t *testing.T) {
	t.Parallel()
	m := newMatrix(t, pgtest.Template{Name: "registry", Build: schema.Create}, onePerRole(""), nil)
	ask := func(path string) *httptest.ResponseRecorder {
		return m.do(t, auth.SignedIn{}, http.MethodGet, path, nil, nil)
	}
	if w := ask("/public-ledger/checkpoint"); w.Code != http.StatusSeeOther {
		t.Errorf("switched off: %d", w.Code)
	}
	private, _, err := ledger.GenerateKey("matrix.example/ledger")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	m.parts.signer.ledger = ledger.New(ledger.Config{DB: m.parts.own, Keys: keys})
	m.signIn(t, "viewer", auth.BrowserSession)
	if _, err := m.parts.signer.ledger.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := m.cfg
	cfg.publicLedger = true
	if m.handler, err = handler(cfg, m.parts, m.parts.pools[0], nil); err != nil {
		t.Fatal(err)
	}
	w := ask("/public-ledger/checkpoint")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "matrix.example/ledger\n") || w.Header().Get("Cache-Control") != "public, max-age=30" {
		t.Fatalf("%d %s %v", w.Code, w.Body, w.Header())
	}
	size := strings.Split(w.Body.String(), "\n")[1]
	if w := ask("/public-ledger/tile/0/000.p/" + size); w.Code != http.StatusOK || w.Body.Len()%32 != 0 || w.Body.Len() == 0 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("hashes: %d, %d bytes, %v", w.Code, w.Body.Len(), w.Header())
	}
	for path, code := range map[string]int{
		"/public-ledger/tile/entries/000.p/" + size: 404, "/public-ledger/tile/0/000": 404, "/public-ledger/": 404, "/ledger": 303, "/ledger/0": 303, "/api/v1/ledger": 401,
	} {
		if w := ask(path); w.Code != code {
			t.Errorf("%s: %d, want %d", path, w.Code, code)
		}
	}
	if w := m.do(t, auth.SignedIn{}, http.MethodGet, "/public-ledger/checkpoint", nil, func(r *http.Request) { r.Host = "evil.example" }); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("at another host: %d", w.Code)
	}
}

type brokenFiles struct{}

func (brokenFiles) Public(context.Context, string) ([]byte, bool, error) {
	return nil, false, errors.New("the secret cause")
}

func TestPublicLedgerInTrouble(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		ok   bool
		code int
	}{"a dead database": {true, http.StatusServiceUnavailable}, "asked too often": {false, http.StatusTooManyRequests}} {
		w := httptest.NewRecorder()
		h := publicLedger(brokenFiles{}, func(string, string) (bool, time.Duration) { return row.ok, 1500 * time.Millisecond })
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/public-ledger/checkpoint", nil))
		if w.Code != row.code || strings.Contains(w.Body.String(), "secret") || !row.ok && w.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: %d %s %v", name, w.Code, w.Body, w.Header())
		}
	}
}
