package incident

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/action"
	"cratewarden/advisory"
	consoledb "cratewarden/console"
	"cratewarden/evidence"
	"cratewarden/jobs"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

// idle is an engine without plans for the workers.
type idle struct{ jobs.Engine }

func (idle) Recover(context.Context) (action.Recovery, error) { return action.Recovery{}, nil }
func (idle) WatchTombstones(context.Context) (int, error)     { return 0, nil }
func (idle) RemindReviews(context.Context) (int, error)       { return 0, nil }

// later is evidence that is sealed in the course of a test.
type later struct {
	Evidence
	mu   sync.Mutex
	page evidence.Page
}

func (l *later) List(context.Context, evidence.Filter) (evidence.Page, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.page, nil
}

func (l *later) seal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.page.Bundles = []evidence.Bundle{{Plan: "p1", SealedAt: time.Now().UTC()}}
}

const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// hook is somebody else's program that takes our webhooks and believes only what
// is signed.
type hook struct {
	*httptest.Server
	t      *testing.T
	mu     sync.Mutex
	bodies []string
	titles []string
}

func newHook(t *testing.T) *hook {
	h := &hook{t: t}
	h.Server = httptest.NewServer(http.HandlerFunc(h.take))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) take(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(hookSecret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(r.Header.Get("Webhook-Id") + "." + r.Header.Get("Webhook-Timestamp") + "." + string(body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("Webhook-Signature") != want {
		h.t.Errorf("a message is not signed: %s", body)
	}
	var m struct {
		Type string
		Data struct{ Title, Link string }
	}
	if err := json.Unmarshal(body, &m); err != nil || !strings.HasPrefix(m.Data.Link, "https://console.example/incidents/INC-") {
		h.t.Errorf("%v: %s", err, body)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bodies, h.titles = append(h.bodies, string(body)), append(h.titles, m.Type+" "+m.Data.Title)
}

// waits until something was told.
func (h *hook) waits(want string) {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		h.mu.Lock()
		found, all := slices.Contains(h.titles, want), strings.Join(h.titles, "\n")
		h.mu.Unlock()
		switch {
		case found:
			return
		case time.Now().After(deadline):
			h.t.Fatalf("no webhook says %q; they said:\n%s", want, all)
		}
	}
}

// Every change of state of a case, by a person or by the record, goes out as a
// signed webhook by the workers, and what goes out has nothing that somebody
// wrote.
func TestStatesGoOutAsWebhooks(t *testing.T) {
	t.Parallel()
	db := pgtest.Database(t, pgtest.Template{Name: "queue", Build: func(ctx context.Context, conn *pgx.Conn) error {
		url := conn.Config().ConnString()
		if _, err := consoledb.Migrate(ctx, url); err != nil {
			return err
		}
		pool, err := pg.Open(ctx, pg.Config{URL: url})
		if err != nil {
			return err
		}
		defer pool.Close()
		return jobs.Migrate(ctx, pool)
	}})
	h, ctx := newHook(t), t.Context()
	queue, err := jobs.NewQueue(db)
	if err != nil {
		t.Fatal(err)
	}
	notices, err := notify.New(notify.Config{Console: db, Origin: "https://console.example", Label: "test", Enqueue: queue.EnqueueNoticeTx, Logger: logtest.Logger(t),
		Channels: []notify.Channel{{ID: "board", Type: notify.Webhook, URL: h.URL, Taking: notify.Taking{Kinds: []string{"incident.*"}}, Secrets: func() ([]string, error) { return []string{hookSecret}, nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	workers, err := jobs.New(jobs.Config{Pool: db, Engine: idle{}, Notices: notices, Logger: logtest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- workers.Run(running) }()
	t.Cleanup(func() { stop(); <-done })

	k := newKitOn(t, db, func(c *Config) { c.Tell, c.Evidence = notices.Tell, &later{} })
	const private = "Marmalade"
	why := private + " wrote to " + strings.ToLower(private) + "@mail.example"
	i, err := k.Open(ctx, k.ada, Opening{Title: "The " + private + " affair", Kind: CompromisedOwner, Note: why,
		Subjects: []Subject{sub("version", "arraykit@0.3.10", "carrier")}})
	k.must(err)
	is := func(state State) {
		t.Helper()
		h.waits("incident.state Incident " + i.ID + " is " + string(state) + " (TLP:AMBER)")
	}
	_, err = k.Decide(ctx, k.bo, i.ID, Change{Set: map[Field]string{VerdictField: "malicious", LeadField: "ada"}, Was: map[Field]string{VerdictField: "", LeadField: ""}, Reason: why})
	k.must(err)
	h.waits("incident.verdict Incident " + i.ID + ": the verdict is malicious (TLP:AMBER)")
	is(Triaged)
	k.engine.apply(t, i.ID, "p1", "version.hold", action.Hold{VersionRef: versionRef("arraykit", "0.3.10")})
	k.must(k.SyncAll(ctx))
	is(Contained)
	k.cfg.Evidence.(*later).seal()
	k.must(k.SyncAll(ctx))
	is(Sealed)
	k.engine.apply(t, i.ID, "p2", "version.delete", action.DeleteVersion{VersionRef: versionRef("arraykit", "0.3.10")})
	k.must(k.SyncAll(ctx))
	is(Removed)
	k.exec(`INSERT INTO incident_draft (incident, format, path, body, made, owner, owner_name, state, sent_at, made_at, changed_at) VALUES (1, $1, 'a', 'x', 'x', 'bo', 'Bo', 'sent', now(), now(), now())`, advisory.RustSec)
	k.must(k.SyncAll(ctx))
	is(Communicated)
	_, err = k.Move(ctx, k.bo, i.ID, Closed, why)
	k.must(err)
	is(Closed)
	_, err = k.Move(ctx, k.bo, i.ID, Reviewed, why)
	k.must(err)
	is(Reviewed)
	before := h.count("is triaged (TLP:AMBER)")
	_, err = k.Reopen(ctx, k.bo, i.ID, why)
	k.must(err)
	for deadline := time.Now().Add(30 * time.Second); h.count("is triaged (TLP:AMBER)") == before; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the reopening did not go out")
		}
	}
	_, err = k.AddSubjects(ctx, k.bo, i.ID, []Subject{sub("crate", "twin", "payload")})
	k.must(err)
	part, err := k.Split(ctx, k.bo, i.ID, SplitOrder{Title: private, Reason: why, Subjects: []ledger.Subject{crate("twin")}})
	k.must(err)
	h.waits("incident.opened Incident " + part.ID + " was opened: compromised-owner, medium (TLP:AMBER)")
	_, err = k.Merge(ctx, k.bo, part.ID, i.ID, why)
	k.must(err)
	h.waits("incident.state Incident " + part.ID + " is merged (TLP:AMBER)")

	h.mu.Lock()
	defer h.mu.Unlock()
	for _, body := range h.bodies {
		if strings.Contains(strings.ToLower(body), strings.ToLower(private)) {
			t.Errorf("what somebody wrote goes out: %s", body)
		}
	}
}

func (h *hook) count(part string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, x := range h.titles {
		if strings.HasSuffix(x, part) {
			n++
		}
	}
	return n
}
