package notify

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

var added = Notice{Kind: "passkey.added", To: []string{"p1"}, Title: "Ada added a passkey", Text: "It is called “laptop”.", Path: "/me", Plan: "p12"}

// What is rolled back is never told; what commits is, once, by each channel that
// takes it.
func TestTellIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	urgent, other := hook(r), hook(r)
	urgent.ID, urgent.UrgentOnly = "urgent", true
	other.ID, other.Kinds = "other", []string{"break-glass*", "approval.wanted"}
	b := start(t, Config{Channels: []Channel{hook(r), urgent, other}})
	stop := errors.New("stop")
	if err := pg.InTx(t.Context(), b.db, func(tx pgx.Tx) error {
		if err := b.Tell(t.Context(), tx, added); err != nil {
			t.Error(err)
		}
		return stop
	}); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	b.sweep(t)
	if got := r.requests(); len(got) != 0 {
		t.Fatalf("told what did not happen: %v", got)
	}
	b.tell(t, added)
	b.tell(t, Notice{Kind: "break-glass.review", Title: "Review", Urgent: true})
	b.sweep(t)
	b.sweep(t)
	if got := r.requests(); len(got) != 4 {
		t.Errorf("%d messages, want 1 and 3", len(got))
	}
	for _, d := range b.rows(t) {
		if d.State != Sent || d.Tries != 1 || d.SentAt == nil || d.Problem != "" {
			t.Errorf("%+v", d)
		}
	}
}

// What no channel takes stands in the list, so that nobody believes it was sent.
func TestNoChannel(t *testing.T) {
	t.Parallel()
	b := start(t, Config{})
	b.tell(t, added)
	b.sweep(t)
	if d := b.only(t); d.Channel != "none" || d.State != GivenUp || d.Problem == "" {
		t.Errorf("%+v", d)
	}
}

// A receiver that is down is asked again after longer and longer waits, with the
// same id, until it is given up for all to see.
func TestTriesAgainAndGivesUp(t *testing.T) {
	t.Parallel()
	r := receive(t, status(http.StatusInternalServerError))
	b := start(t, Config{Channels: []Channel{hook(r)}, Tries: 4})
	b.tell(t, added)
	var waits []time.Duration
	for range 3 {
		b.sweep(t)
		b.sweep(t) // not due: nothing
		d := b.only(t)
		if d.State != Failed || d.NextAt == nil || !strings.Contains(d.Problem, "500") {
			t.Fatalf("%+v", d)
		}
		waits = append(waits, d.NextAt.Sub(b.clock.now()))
		b.clock.pass(waits[len(waits)-1])
	}
	b.sweep(t)
	if d := b.only(t); d.State != GivenUp || d.Tries != 4 || d.NextAt != nil {
		t.Errorf("%+v", d)
	}
	if waits[0] != 30*time.Second || waits[1] != time.Minute || waits[2] != 2*time.Minute || waitAfter(50) != time.Hour {
		t.Errorf("waits %v", waits)
	}
	b.clock.pass(48 * time.Hour)
	b.sweep(t)
	got := r.requests()
	if len(got) != 4 {
		t.Errorf("%d requests", len(got))
	}
	for _, q := range got {
		if id := q.header.Get("Webhook-Id"); id != got[0].header.Get("Webhook-Id") || id != q.header.Get("Idempotency-Key") || len(id) < 20 {
			t.Errorf("the id changes between tries: %q", id)
		}
	}
}

// Each answer a receiver may give, and what it makes of the message.
func TestAnswers(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	elsewhere := receive(t, nil)
	b := start(t, Config{Channels: []Channel{hook(r)}})
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		state   State
		problem string
		wait    time.Duration
	}{
		"taken": {status(http.StatusAccepted), Sent, "", 0},
		"busy":  {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "600"); w.WriteHeader(429) }, Failed, "asks for a pause", 10 * time.Minute},
		"very busy": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "9999999")
			w.WriteHeader(503)
		}, Failed, "asks for a pause", 30 * time.Second},
		"a day": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(503)
		}, Failed, "asks for a pause", time.Hour},
		"unwanted":  {status(http.StatusGone), GivenUp, "never take", 0},
		"forbidden": {status(http.StatusForbidden), Failed, "secret is wrong", 30 * time.Second},
		"redirect": {func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, elsewhere.URL, http.StatusTemporaryRedirect)
		}, Failed, "redirect", 30 * time.Second},
		"cut off": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Failed, "could not be reached", 30 * time.Second},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			for range 200 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, Sent, "", 0},
		"huge refusal": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(strings.Repeat("topsecret ada@private.example ", 1<<16)))
		}, Failed, "status 500", 30 * time.Second},
	} {
		r.answers(c.answer)
		b.tell(t, added)
		b.sweep(t)
		d := b.rows(t)[0]
		if d.State != c.state || !strings.Contains(d.Problem, c.problem) || c.wait != 0 && d.NextAt.Sub(b.clock.now()) != c.wait {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if len(elsewhere.requests()) != 0 {
		t.Error("a redirect was followed")
	}
	for what, text := range map[string]string{"log": b.log.String(), "rows": dump(t, b)} {
		for _, private := range []string{"topsecret", signing, "whsec", "private.example"} {
			if strings.Contains(text, private) {
				t.Errorf("the %s holds %q", what, private)
			}
		}
	}
}

// dump is everything that the tables of notices hold.
func dump(t *testing.T, b bench) string {
	t.Helper()
	var text string
	if err := b.db.QueryRow(t.Context(), `SELECT coalesce(string_agg(n::text || d::text, E'\n'), '') FROM notice n JOIN delivery d ON d.notice = n.id`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

// A receiver that never answers is left after a while.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	r := receive(t, func(http.ResponseWriter, *http.Request) { <-end })
	t.Cleanup(func() { close(end) })
	client := outgoing(nil)
	client.Timeout = 200 * time.Millisecond
	c := &webhook{hook(r), client, cratewarden.SystemClock}
	err := c.send(t.Context(), message{Notice: added, key: "k"})
	if why, ok := errors.AsType[*trouble](err); !ok || why.final || !strings.Contains(why.problem, "in time") || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("%v", err)
	}
}

// Of many workers at one message exactly one sends it.
func TestManyWorkersAtOne(t *testing.T) {
	t.Parallel()
	r := receive(t, func(http.ResponseWriter, *http.Request) { time.Sleep(50 * time.Millisecond) })
	b := start(t, Config{Channels: []Channel{hook(r)}})
	b.tell(t, added)
	id := b.only(t).ID
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := b.Deliver(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(r.requests()); n != 1 || b.only(t).State != Sent {
		t.Errorf("sent %d times: %+v", n, b.only(t))
	}
}

// A worker that dies between sending and marking leaves the message to another
// once its lease is over. The receiver has it twice, with the same id.
func TestCrashBetweenSendingAndMarking(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	b := start(t, Config{Channels: []Channel{hook(r)}})
	b.tell(t, added)
	id := b.only(t).ID
	dead := *b.Service
	dead.reached = func(step string) {
		if step == "sent" {
			panic(step)
		}
	}
	func() {
		defer func() { _ = recover() }()
		_ = dead.Deliver(t.Context(), id)
	}()
	if d := b.only(t); d.State != Sending {
		t.Fatalf("%+v", d)
	}
	b.sweep(t) // still the dead one's
	if n := len(r.requests()); n != 1 {
		t.Fatalf("sent %d times", n)
	}
	if _, err := b.db.Exec(t.Context(), `UPDATE delivery SET leased_until = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	b.sweep(t)
	got := r.requests()
	if d := b.only(t); d.State != Sent || d.Tries != 2 || len(got) != 2 || got[0].header.Get("Webhook-Id") != got[1].header.Get("Webhook-Id") {
		t.Errorf("%+v, %d requests", d, len(got))
	}
}

// A worker that comes back after its lease does not overwrite what the next one
// did.
func TestLateWorkerChangesNothing(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	b := start(t, Config{Channels: []Channel{hook(r)}})
	b.tell(t, added)
	id := b.only(t).ID
	late := *b.Service
	late.reached = func(step string) {
		if step != "taken up" {
			return
		}
		if _, err := b.db.Exec(t.Context(), `UPDATE delivery SET leased_until = now() - interval '1 second'`); err != nil {
			t.Error(err)
		}
		b.sweep(t)
		r.answers(status(http.StatusInternalServerError))
	}
	if err := late.Deliver(t.Context(), id); err == nil {
		t.Error("the late one's try did not fail")
	}
	if d := b.only(t); d.State != Sent || d.Tries != 2 {
		t.Errorf("%+v", d)
	}
}

// With a queue, Tell hands over and Sweep finds what was lost; what was handed
// over lately it leaves.
func TestSweepEnqueues(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	queue := map[int64]int{}
	r := receive(t, status(http.StatusInternalServerError))
	b := start(t, Config{Channels: []Channel{hook(r)}, Enqueue: func(_ context.Context, _ pgx.Tx, id int64, _ time.Time) error {
		mu.Lock()
		defer mu.Unlock()
		queue[id]++
		return nil
	}})
	b.tell(t, added)
	id := b.only(t).ID
	b.clock.pass(2 * time.Minute)
	b.sweep(t)
	if queue[id] != 1 || len(r.requests()) != 0 {
		t.Fatalf("handed over %d times", queue[id])
	}
	lost := func() {
		if _, err := b.db.Exec(t.Context(), `UPDATE delivery SET queued_at = now() - interval '5 minutes'`); err != nil {
			t.Fatal(err)
		}
		b.sweep(t)
	}
	lost()
	b.sweep(t)
	if queue[id] != 2 {
		t.Fatalf("handed over %d times", queue[id])
	}
	if err := b.Deliver(t.Context(), id); err == nil {
		t.Error("a failed try is no error")
	}
	if lost(); queue[id] != 3 { // by the failed try; not due yet, so not by Sweep
		t.Errorf("handed over %d times", queue[id])
	}
	b.clock.pass(5 * time.Minute)
	if lost(); queue[id] != 4 {
		t.Errorf("handed over %d times", queue[id])
	}
}

// A process that is told to end records nothing of a try that it cut off.
func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan struct{})
	r := receive(t, func(http.ResponseWriter, *http.Request) { cancel(); <-end })
	t.Cleanup(func() { close(end) })
	b := start(t, Config{Channels: []Channel{hook(r)}})
	b.tell(t, added)
	if err := b.Deliver(ctx, b.only(t).ID); err == nil {
		t.Error("no error")
	}
	if d := b.only(t); d.State != Sending || d.Problem != "" {
		t.Errorf("%+v", d)
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	r := receive(t, status(http.StatusInternalServerError))
	b := start(t, Config{Channels: []Channel{hook(r)}})
	by := ledger.Entry{Actor: ledger.Actor{ID: "p2", Name: "Bo"}, Session: "s1"}
	b.tell(t, added)
	id := b.only(t).ID
	b.sweep(t)
	d, err := b.Resend(t.Context(), id, by) // it waits for its next try: now
	if err != nil || d.ID != id || d.NextAt.After(b.clock.now()) {
		t.Errorf("%+v %v", d, err)
	}
	r.answers(nil)
	b.sweep(t)
	if d := b.only(t); d.State != Sent {
		t.Errorf("%+v", d)
	}
	d, err = b.Resend(t.Context(), id, by) // it is sent: a copy
	if err != nil || d.ID == id || d.AgainOf != id || d.AskedBy != "p2" || d.State != Waiting || d.Notice != b.rows(t)[1].Notice {
		t.Errorf("%+v %v", d, err)
	}
	if again, err := b.Resend(t.Context(), id, by); err != nil || again.ID != d.ID {
		t.Errorf("a second click makes a second copy: %+v %v", again, err)
	}
	b.sweep(t)
	got := r.requests()
	if len(got) != 3 || got[1].header.Get("Webhook-Id") == got[2].header.Get("Webhook-Id") {
		t.Errorf("%d requests", len(got))
	}
	if _, err := b.Resend(t.Context(), 4711, by); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("%v", err)
	}
	page, err := b.cfg.Ledger.List(t.Context(), ledger.Filter{Action: "notice.resend"})
	if err != nil || len(page.Entries) != 3 {
		t.Fatalf("%+v %v", page, err)
	}
	if e := page.Entries[0]; e.Actor.ID != "p2" || e.Session != "s1" || e.Plan != "p12" || e.Details["channel"] != "hook" || e.Details["delivery"] != strconv.FormatInt(id, 10) {
		t.Errorf("%+v", e)
	}
	b.cfg.Ledger = nil
	if _, err := b.Resend(t.Context(), id, by); cratewarden.KindOf(err) != cratewarden.Unavailable || len(b.rows(t)) != 2 {
		t.Errorf("without a ledger: %v", err)
	}
}

// What went to nobody goes by the channels of today.
func TestResendOfWhatWentToNobody(t *testing.T) {
	t.Parallel()
	b := start(t, Config{})
	by := ledger.Entry{Actor: ledger.Actor{ID: "p2"}}
	b.tell(t, added)
	id := b.only(t).ID
	if _, err := b.Resend(t.Context(), id, by); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("%v", err)
	}
	r := receive(t, nil)
	cfg := b.cfg
	cfg.Channels = []Channel{hook(r)}
	var err error
	if b.Service, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Resend(t.Context(), id, by); err != nil {
		t.Error(err)
	}
	b.sweep(t)
	if len(r.requests()) != 1 {
		t.Error("it was not sent")
	}
}

// A channel that the settings lost gives its messages up, and says so.
func TestLostChannel(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	b := start(t, Config{Channels: []Channel{hook(r)}})
	b.tell(t, added)
	cfg := b.cfg
	cfg.Channels = nil
	var err error
	if b.Service, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	b.sweep(t)
	if d := b.only(t); d.State != GivenUp || !strings.Contains(d.Problem, "not in the settings") {
		t.Errorf("%+v", d)
	}
}

func TestTest(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	c := hook(r)
	c.Kinds = []string{"break-glass"}
	b := start(t, Config{Channels: []Channel{c}, Origin: "https://console.example"})
	by := ledger.Entry{Actor: ledger.Actor{ID: "p2", Name: "Bo"}}
	if d, err := b.Test(t.Context(), "hook", by); err != nil || d.Kind != "test" || d.AskedBy != "p2" {
		t.Errorf("%+v %v", d, err)
	}
	b.sweep(t)
	if got := r.requests(); len(got) != 1 || !strings.Contains(got[0].body, "Test message by Bo") || !strings.Contains(got[0].body, "https://console.example/notices") {
		t.Errorf("%+v", got)
	}
	if _, err := b.Test(t.Context(), "other", by); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("%v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	r := receive(t, nil)
	b := start(t, Config{Channels: []Channel{hook(r)}})
	for range 5 {
		b.tell(t, added)
	}
	b.tell(t, Notice{Kind: "break-glass", Title: "Glass"})
	for name, c := range map[string]struct {
		f    Filter
		rows int
		next bool
	}{
		"all": {Filter{}, 6, false}, "kind": {Filter{Kind: "break-glass"}, 1, false}, "plan": {Filter{Plan: "p12"}, 5, false}, "state": {Filter{State: Sent}, 0, false},
		"waiting": {Filter{State: Waiting, Channel: "hook"}, 6, false}, "channel": {Filter{Channel: "mail"}, 0, false}, "person": {Filter{Person: "p1"}, 0, false},
		"first": {Filter{Limit: 4}, 4, true}, "second": {Filter{Limit: 4, Before: b.rows(t)[3].ID}, 2, false},
	} {
		p, err := b.List(t.Context(), c.f)
		if err != nil || len(p.Rows) != c.rows || (p.Next != 0) != c.next {
			t.Errorf("%s: %d rows, next %d, %v", name, len(p.Rows), p.Next, err)
		}
	}
	for _, f := range []Filter{{Limit: 501}, {Limit: -1}, {Before: -1}} {
		if _, err := b.List(t.Context(), f); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if _, err := b.Get(t.Context(), 4711); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("%v", err)
	}
}
