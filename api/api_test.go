package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
	"cratewarden/telemetry/logtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fake answers two questions; the embedded nil interface panics on any other,
// which the test of hostile input relies on not happening.
type fake struct {
	Dossiers
	err   error
	asked mirror.Query
}

func (f *fake) Crate(_ context.Context, name string) (*dossier.Crate, error) {
	return &dossier.Crate{Name: name}, f.err
}

func (f *fake) Search(_ context.Context, q mirror.Query) (*dossier.SearchResult, error) {
	f.asked = q
	return &dossier.SearchResult{Query: q.Text}, f.err
}

func (f *fake) Token(_ context.Context, plain string) (*dossier.TokenLookup, error) {
	return &dossier.TokenLookup{Truth: "unknown"}, f.err
}

func ask(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	h.ServeHTTP(rec, req)
	return rec
}

// The document is a promise to programs: a change must be seen in review.
func TestOpenAPIDocumentIsGolden(t *testing.T) {
	t.Parallel()
	raw, err := Document(Config{})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, raw, "", " "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	const file = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Error("the OpenAPI document changed; look at the change and run go test ./api -update")
	}
	rec := ask(New(Config{Log: logtest.Logger(t), Dossiers: &fake{}}), "GET", Prefix+"/openapi.json", "")
	var served struct{ OpenAPI string }
	if err := json.Unmarshal(rec.Body.Bytes(), &served); err != nil || rec.Code != 200 || !strings.HasPrefix(served.OpenAPI, "3.1") {
		t.Errorf("served document: %d, version %q, %v", rec.Code, served.OpenAPI, err)
	}
}

func TestErrorsAreProblemsWithoutCauses(t *testing.T) {
	t.Parallel()
	secret := errors.New("pq: SELECT secret")
	for kind, status := range statuses() {
		f := &fake{err: cratewarden.Wrap(secret, kind, "Say %s in words.", kind)}
		rec := ask(New(Config{Log: logtest.Logger(t), Dossiers: f}), "GET", Prefix+"/crates/x", "")
		var p Problem
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if rec.Code != status || p.Kind != kind || p.Detail != "Say "+string(kind)+" in words." || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %+v %s", kind, rec.Code, p, rec.Header().Get("Content-Type"))
		}
	}
	rec := ask(New(Config{Log: logtest.Logger(t), Dossiers: &fake{err: secret}}), "GET", Prefix+"/crates/x", "")
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "SELECT") {
		t.Errorf("unforeseen: %d %s", rec.Code, rec.Body)
	}
}

func TestBadInputIsRefusedInWords(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}})
	for _, c := range []struct {
		method, target, body string
		want                 int
	}{
		{"GET", "/accounts/x", "", 422},
		{"GET", "/accounts/0", "", 422},
		{"GET", "/accounts/99999999999", "", 422},
		{"GET", "/search", "", 422},
		{"GET", "/search?q=" + strings.Repeat("a", 500), "", 422},
		{"GET", "/crates/x/versions?limit=100000", "", 422},
		{"GET", "/publishes?since=yesterday", "", 422},
		{"GET", "/publishes?method=magic", "", 422},
		{"GET", "/nothing", "", 404},
		{"POST", "/crates/x", "", 405},
		{"POST", "/token-lookup", "{", 400},
		{"POST", "/token-lookup", `{"token": "` + strings.Repeat("x", 100_000) + `"}`, 413},
	} {
		rec := ask(h, c.method, Prefix+c.target, c.body)
		if rec.Code != c.want {
			t.Errorf("%s %.40s: %d, want %d: %s", c.method, c.target, rec.Code, c.want, rec.Body)
		}
		if rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %.40s: may be cached", c.method, c.target)
		}
	}
}

func TestAnswersAndDefaults(t *testing.T) {
	t.Parallel()
	f := &fake{}
	h := New(Config{Log: logtest.Logger(t), Dossiers: f})
	rec := ask(h, "GET", Prefix+"/crates/Foo-Bar", "")
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), `"name":"Foo-Bar"`) {
		t.Errorf("crate: %d %s", rec.Code, rec.Body)
	}
	if ask(h, "GET", Prefix+"/search?q=user:x", ""); f.asked.Text != "user:x" || f.asked.Limit != 30 {
		t.Errorf("asked %+v", f.asked)
	}
}

// The fake's nil methods panic; the asker gets a problem and no trace of it.
func TestPanicBecomesAProblem(t *testing.T) {
	t.Parallel()
	rec := ask(New(Config{Log: logtest.Logger(t), Dossiers: &fake{}}), "GET", Prefix+"/home", "")
	if rec.Code != 500 || strings.Contains(rec.Body.String(), "goroutine") || !strings.Contains(rec.Body.String(), `"kind":"internal"`) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// A form on another site must not be able to send a request in our name.
func TestOtherOriginsMayNotPost(t *testing.T) {
	t.Parallel()
	req := httptest.NewRequest("POST", Prefix+"/token-lookup", strings.NewReader(`{"token":"x"}`))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	rec := httptest.NewRecorder()
	New(Config{Log: logtest.Logger(t), Dossiers: &fake{}}).ServeHTTP(rec, req)
	if rec.Code != http.StatusForbidden {
		t.Errorf("cross-site post: %d", rec.Code)
	}
}

// Whatever is wrong, a program gets a problem document, never text.
func TestUnknownAddressesAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}})
	for _, c := range []struct {
		method, target, origin string
		status                 int
		kind                   cratewarden.Kind
	}{
		{"GET", Prefix + "/nothing", "", http.StatusNotFound, cratewarden.NotFound},
		{"GET", Prefix + "/crates/a/b/c/d", "", http.StatusNotFound, cratewarden.NotFound},
		{"DELETE", Prefix + "/crates/a", "", http.StatusMethodNotAllowed, cratewarden.Invalid},
		{"GET", Prefix + "/token-lookup", "", http.StatusMethodNotAllowed, cratewarden.Invalid},
		{"POST", Prefix + "/token-lookup", "https://evil.example", http.StatusForbidden, cratewarden.Refused},
	} {
		rec := httptest.NewRecorder()
		req := httptest.NewRequest(c.method, c.target, strings.NewReader("{}"))
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		h.ServeHTTP(rec, req)
		var p Problem
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
			t.Errorf("%s %s: %v: %s", c.method, c.target, err, rec.Body)
		}
		if rec.Code != c.status || p.Status != c.status || p.Kind != c.kind || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %+v", c.method, c.target, rec.Code, p)
		}
		if c.status == http.StatusMethodNotAllowed && rec.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", c.method, c.target)
		}
	}
}

// The cause of a failure is in the log under the id the asker sees, and
// nowhere else.
func TestCausesAreLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	h := New(Config{Dossiers: &fake{err: errors.New("the secret cause")}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	rec := ask(h, "GET", Prefix+"/crates/a", "")
	if rec.Code != http.StatusInternalServerError || strings.Contains(rec.Body.String(), "secret") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if !strings.Contains(log.String(), "the secret cause") {
		t.Errorf("log: %s", log.String())
	}
}
