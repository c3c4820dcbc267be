package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/incident"
	"cratewarden/telemetry/logtest"
)

// restOfCases is every other question about incidents; the nil in it panics.
type restOfCases = Incidents

// caseKeeper answers a few questions about incidents and keeps what it was asked.
type caseKeeper struct {
	restOfCases
	who    action.Actor
	open   incident.Opening
	change incident.Change
	ticked []int
	texts  incident.DraftTexts
	name   string
	size   int
	mu     sync.Mutex
	events []incident.Event
	wake   chan struct{}
	asked  atomic.Int32 // for events
	err    error
}

func (k *caseKeeper) inc() incident.Incident {
	return incident.Incident{ID: "INC-7", Title: "t", Lead: incident.Person{ID: "ada", Name: "Ada"}}
}

func (k *caseKeeper) Open(_ context.Context, who action.Actor, o incident.Opening) (incident.Incident, error) {
	k.who, k.open = who, o
	return k.inc(), k.err
}

func (k *caseKeeper) Incident(context.Context, string) (incident.Incident, error) {
	return k.inc(), k.err
}

func (k *caseKeeper) Next(context.Context, incident.Incident) ([]incident.Step, error) {
	return nil, nil
}

func (k *caseKeeper) Tasks(context.Context, string) ([]incident.Task, error) { return nil, nil }

func (k *caseKeeper) Files(context.Context, string) ([]incident.File, error) { return nil, nil }

func (k *caseKeeper) Decide(_ context.Context, _ action.Actor, _ string, c incident.Change) (incident.Incident, error) {
	k.change = c
	return k.inc(), k.err
}

func (k *caseKeeper) Draft(_ context.Context, _ action.Actor, _ string, ticked []int, texts incident.DraftTexts, _ string) (action.Plan, error) {
	k.ticked, k.texts = ticked, texts
	return (&planner{}).plan(), k.err
}

func (k *caseKeeper) Attach(_ context.Context, _ action.Actor, _, name string, content io.Reader) (incident.File, error) {
	n, err := io.Copy(io.Discard, content)
	k.name, k.size = name, int(n)
	return incident.File{ID: 3, Name: name}, errors.Join(err, k.err)
}

func (k *caseKeeper) OpenFile(context.Context, string, int64) (incident.File, []byte, error) {
	return incident.File{Name: "../a\"b\r\nX: y.html"}, []byte("<script>"), k.err
}

func (k *caseKeeper) happen(e incident.Event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.events = append(k.events, e)
}

func (k *caseKeeper) Events(_ context.Context, _ string, after int64, _ int) (out []incident.Event, _ error) {
	k.asked.Add(1)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, e := range k.events {
		if e.ID > after {
			out = append(out, e)
		}
	}
	return out, k.err
}

func (k *caseKeeper) Watch(context.Context, string, string, action.Actor) (<-chan struct{}, func() []incident.Present) {
	return k.wake, func() []incident.Present {
		return []incident.Present{{Person: incident.Person{ID: "bo", Name: "Bo"}}}
	}
}

func incidents(t *testing.T, k *caseKeeper) http.Handler {
	return New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Incidents: k, Plans: &planner{}, Auth: ada()})
}

func TestIncidentsThroughTheInterface(t *testing.T) {
	t.Parallel()
	k := &caseKeeper{}
	h := incidents(t, k)
	rec := posted(h, "/incidents", "k1", `{"title":"t","kind":"typosquat","subjects":[{"kind":"version","id":"a@1.0.0","role":"payload"}]}`)
	if rec.Code != 200 || k.open.Key != "k1" || k.who.ID != "ada" || k.open.Subjects[0].ID != "a@1.0.0" || k.open.Subjects[0].Role != "payload" {
		t.Fatalf("%d %s %+v", rec.Code, rec.Body, k)
	}
	if !strings.Contains(rec.Body.String(), `"tasks":[]`) || !strings.Contains(rec.Body.String(), `"id":"INC-7"`) {
		t.Error(rec.Body)
	}
	// Whoever names nothing of what they saw takes the fields as they are.
	rec = posted(h, "/incidents/INC-7/decide", "k2", `{"set":{"lead":"bo"}}`)
	if rec.Code != 200 || k.change.Was[incident.LeadField] != "ada" || k.change.Set[incident.LeadField] != "bo" {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, k.change)
	}
	rec = posted(h, "/incidents/INC-7/decide", "k3", `{"set":{"lead":"bo"},"was":{"lead":""}}`)
	if rec.Code != 200 || k.change.Was[incident.LeadField] != "" {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, k.change)
	}
	// Steps are counted from 1 by people and programs, none mean the ticked ones.
	rec = posted(h, "/incidents/INC-7/plan", "k4", `{"steps":[1,3],"seen":"ab","public":"p"}`)
	if rec.Code != 200 || fmt.Sprint(k.ticked) != "[0 2]" || k.texts.Seen != "ab" || k.texts.Public != "p" {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, k)
	}
	if rec = posted(h, "/incidents/INC-7/plan", "k5", `{}`); rec.Code != 200 || k.ticked != nil {
		t.Errorf("%d %s %+v", rec.Code, rec.Body, k.ticked)
	}
}

// What two people wrote at the same time comes back whole.
func TestClashNamesBothTexts(t *testing.T) {
	t.Parallel()
	clash := &incident.Clash{Fields: []incident.FieldClash{{Field: incident.VerdictField, Was: "", Now: "malicious", Wanted: "benign", By: incident.Person{Name: "Bo"}}}}
	rec := posted(incidents(t, &caseKeeper{err: cratewarden.Wrap(clash, cratewarden.Conflict, "Bo was first.")}), "/incidents/INC-7/decide", "k", `{"set":{"verdict":"benign"},"was":{"verdict":""}}`)
	var p Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if rec.Code != http.StatusConflict || len(p.Clash) != 1 || p.Clash[0].Now != "malicious" || p.Clash[0].By.Name != "Bo" {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// A stranger's file is saved and never shown, whatever its name is.
func TestFilesOfIncidentsAreInert(t *testing.T) {
	t.Parallel()
	k := &caseKeeper{}
	h := incidents(t, k)
	attach := func(size int) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		req := httptest.NewRequest("POST", Prefix+"/incidents/INC-7/files?name=a.bin", bytes.NewReader(make([]byte, size)))
		req.Header.Set("Content-Type", "application/octet-stream")
		req.Header.Set("Idempotency-Key", "k")
		req.Header.Set("Authorization", "Bearer good")
		h.ServeHTTP(rec, req)
		return rec
	}
	if rec := attach(incident.MaxFile); rec.Code != 200 || k.name != "a.bin" || k.size != incident.MaxFile {
		t.Errorf("%d %.200s %s %d", rec.Code, rec.Body, k.name, k.size)
	}
	k.size = 0
	if rec := attach(incident.MaxFile + 1); rec.Code != http.StatusRequestEntityTooLarge || k.size != 0 {
		t.Errorf("%d %.200s %d", rec.Code, rec.Body, k.size)
	}
	rec := asked(h, "GET", "/incidents/INC-7/files/3", "good", "")
	head := rec.Header()
	if rec.Code != 200 || head.Get("Content-Type") != "application/octet-stream" || head.Get("Content-Disposition") != `attachment; filename="_a_b__X__y.html"` ||
		head.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(head.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%d %v", rec.Code, head)
	}
}

// A program that waits is answered when something happens, and else in time.
func TestEventsWait(t *testing.T) {
	t.Parallel()
	k := &caseKeeper{wake: make(chan struct{}, 1), events: []incident.Event{{ID: 4, Kind: "opened"}}}
	h := incidents(t, k)
	var l EventList
	read := func(query string) time.Duration {
		t.Helper()
		begin := time.Now()
		rec := asked(h, "GET", "/incidents/INC-7/events?"+query, "good", "")
		l = EventList{}
		if err := json.Unmarshal(rec.Body.Bytes(), &l); err != nil || rec.Code != 200 {
			t.Fatalf("%d %s %v", rec.Code, rec.Body, err)
		}
		return time.Since(begin)
	}
	if read("wait=20"); len(l.Rows) != 1 || l.Next != 4 || len(l.Present) != 1 || l.Present[0].ID != "bo" {
		t.Errorf("%+v", l)
	}
	if took := read("after=4&wait=1"); len(l.Rows) != 0 || l.Next != 4 || took < time.Second {
		t.Errorf("%+v after %v", l, took)
	}
	done := make(chan time.Duration)
	go func() { done <- read("after=4&wait=30") }()
	// The channel holds one: the event is there before anybody is woken.
	k.happen(incident.Event{ID: 9, Kind: "note"})
	k.wake <- struct{}{}
	if took := <-done; len(l.Rows) != 1 || l.Next != 9 || took > 15*time.Second {
		t.Errorf("%+v after %v", l, took)
	}
	if rec := asked(h, "GET", "/incidents/INC-7/events?wait=31", "good", ""); rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", rec.Code)
	}
}

// Whoever lost the right while they waited hears nothing more.
func TestWaitingEndsWithTheRight(t *testing.T) {
	t.Parallel()
	k := &caseKeeper{wake: make(chan struct{}, 1)}
	p := ada()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Incidents: k, Plans: &planner{}, Auth: p})
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- asked(h, "GET", "/incidents/INC-7/events?wait=30", "good", "") }()
	for k.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	p.mu.Lock()
	p.people = map[string]auth.Visitor{}
	p.mu.Unlock()
	k.happen(incident.Event{ID: 9, Kind: "note", Body: "for colleagues"})
	k.wake <- struct{}{}
	if rec := <-done; rec.Code != http.StatusUnauthorized || strings.Contains(rec.Body.String(), "colleagues") {
		t.Errorf("the session ended, and: %d %s", rec.Code, rec.Body)
	}
}

// Those who wait are few: each of them is woken by whatever happens.
func TestWaitersAreFew(t *testing.T) {
	t.Parallel()
	k := &caseKeeper{wake: make(chan struct{}, 1)}
	h := incidents(t, k)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	ask := func(ctx context.Context, query string) int {
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(ctx, "GET", Prefix+"/incidents/INC-7/events?"+query, nil)
		req.Header.Set("Authorization", "Bearer good")
		h.ServeHTTP(rec, req)
		return rec.Code
	}
	var all sync.WaitGroup
	for range waitersMost {
		all.Go(func() { ask(ctx, "wait=30") })
	}
	for deadline := time.Now().Add(10 * time.Second); k.asked.Load() < waitersMost; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d wait", k.asked.Load())
		}
	}
	if code := ask(ctx, "wait=1"); code != http.StatusServiceUnavailable {
		t.Errorf("one too many: %d", code)
	}
	if code := ask(ctx, ""); code != http.StatusOK {
		t.Errorf("not waiting: %d", code)
	}
	leave()
	all.Wait()
	k.happen(incident.Event{ID: 9})
	if code := ask(t.Context(), "wait=1"); code != http.StatusOK {
		t.Errorf("after they left: %d", code)
	}
}

func TestWithoutIncidentsTheirQuestionsAreUnavailable(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Auth: ada()})
	n := 0
	for pattern, act := range acts(Config{}) {
		method, path, _ := strings.Cut(pattern, " ")
		if method != "GET" || act != "incident.look" && act != "incident.propose" || path == "/playbooks" {
			continue
		}
		n++
		path = strings.NewReplacer("{id}", "INC-1", "{draft}", "1", "{file}", "1").Replace(path)
		if rec := asked(h, method, path, "good", ""); rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), "keeps no incidents") {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if n < 15 {
		t.Errorf("only %d", n)
	}
}
