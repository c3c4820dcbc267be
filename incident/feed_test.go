package incident_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident"
)

func (r *writingRoom) feed() (incident.Feed, advisory.Feed) {
	r.t.Helper()
	r.mu.Lock()
	r.now = r.now.Add(time.Minute) // what was made before is old
	r.mu.Unlock()
	f, err := r.Feed(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	var parsed advisory.Feed
	if err := json.Unmarshal(f.JSON, &parsed); err != nil {
		r.t.Fatal(err)
	}
	return f, parsed
}

func TestFeedTellsWhatWasSent(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	if f, parsed := r.feed(); len(parsed.Entries) != 0 || len(f.Sigs) != 1 || len(f.Sigs[0].Sig) != ed25519.SignatureSize {
		t.Fatalf("%s", f.JSON)
	}
	r.to(incident.Removed)
	approved := r.approve(r.one(advisory.RustSec, "arraykit"), "")
	if _, parsed := r.feed(); len(parsed.Entries) != 0 {
		t.Fatal("an advisory that was not sent is on the feed")
	}
	sent := r.send(approved, "https://advisories.example/RS-2026-0001")
	r.send(r.approve(r.one(advisory.RustSec, "proc-makro1"), ""), "https://advisories.example/RS-2026-0002")
	f, parsed := r.feed()
	if len(parsed.Entries) != 2 {
		t.Fatalf("%s", f.JSON)
	}
	e := parsed.Entries[1]
	if e.Crate != "arraykit" || e.ID != r.id+"/arraykit" || len(e.Versions) != 1 || e.Versions[0] != "0.3.10" || e.Whole || e.Reason != advisory.ReasonCompromised ||
		len(e.Advisories) != 1 || e.Advisories[0] != "https://advisories.example/RS-2026-0001" || e.At.Format("15:04:05") != "08:41:40" {
		t.Errorf("%+v", e)
	}
	if !parsed.Entries[0].Whole || parsed.Entries[0].Crate != "proc-makro1" {
		t.Errorf("%+v", parsed.Entries[0])
	}
	block, _ := pem.Decode(f.PublicKeys)
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if err := advisory.VerifyFeed(key.(ed25519.PublicKey), f.JSON, f.Sigs[0].Sig); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"kernelsmith", "kernelsmyth", "second-smith", "rob", "Rob Responder", "edi", "Ada"} {
		if strings.Contains(string(f.JSON), `"`+name) || strings.Contains(string(f.Atom), ">"+name) || strings.Contains(string(f.JSON), "Responder") {
			t.Errorf("the feed names %s", name)
		}
	}
	if again, _ := r.feed(); string(again.JSON) != string(f.JSON) || string(again.Sigs[0].Sig) != string(f.Sigs[0].Sig) {
		t.Error("asked twice, it is another")
	}
	if _, err := r.Withdraw(t.Context(), responder(), sent.ID, incident.DraftOrder{Revision: sent.Revision, Reason: "It was wrong."}); err != nil {
		t.Fatal(err)
	}
	if _, parsed := r.feed(); len(parsed.Entries) != 1 || parsed.Entries[0].Crate != "proc-makro1" {
		t.Errorf("a withdrawn advisory is on the feed: %+v", parsed.Entries)
	}
	if _, err := r.db.Exec(t.Context(), `UPDATE incident SET drill = 'august'`); err != nil {
		t.Fatal(err)
	}
	if _, parsed := r.feed(); len(parsed.Entries) != 0 {
		t.Error("a drill is on the feed")
	}
}

func TestFeedIsOffWithoutAKey(t *testing.T) {
	t.Parallel()
	_, err := incident.New(incident.Config{}).Feed(t.Context())
	wantKind(t, "without a key", err, cratewarden.NotFound)
}

// Rows that no feed may tell do not keep the rest from being told.
func TestFeedOutlivesHostileRows(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RS-2026-0001")
	if _, err := r.db.Exec(t.Context(), `INSERT INTO incident_takedown SELECT incident, 'somebody@private.example', versions, whole, reason, taken_at, changed_at FROM incident_takedown;
		INSERT INTO incident_draft (incident, format, crate, path, body, made, state, owner, owner_name, made_at, changed_at)
			SELECT incident, 'rustsec', 'somebody@private.example', 'x', 'x', 'x', 'sent', 'x', 'x', now(), now() FROM incident_takedown LIMIT 1`); err != nil {
		t.Fatal(err)
	}
	if _, parsed := r.feed(); len(parsed.Entries) != 1 {
		t.Errorf("%+v", parsed.Entries)
	}
}
