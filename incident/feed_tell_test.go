package incident_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
)

func (r *writingRoom) follow() {
	r.t.Helper()
	if err := r.FollowFeed(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// still makes the facts say that a crate's bad versions can be downloaded.
func (r *writingRoom) still(crate string, change func(*advisory.Version)) {
	r.facts(func(s *advisory.Sheet) {
		s.Crates = slices.Clone(s.Crates)
		for i := range s.Crates {
			if c := &s.Crates[i]; c.Name == crate {
				c.Bad = slices.Clone(c.Bad)
				for j := range c.Bad {
					change(&c.Bad[j])
				}
			}
		}
	})
}

// An advisory that was sent before the removal is on the feed once the removal is
// on record, and leaves it when what was taken down is let go again; the feed's
// time only grows.
func TestFeedFollowsTheRecord(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	there := func(v *advisory.Version) { v.Held, v.Removed = time.Time{}, time.Time{} }
	r.still("arraykit", there)
	r.make()
	if _, err := r.Override(t.Context(), responder(), r.id, "The press has it already."); err != nil {
		t.Fatal(err)
	}
	r.send(r.approve(r.one(advisory.RustSec, "arraykit"), "It is known already."), "https://advisories.example/RS-2026-0001")
	r.follow()
	if f, parsed := r.feed(); len(parsed.Entries) != 0 {
		t.Fatalf("what can be downloaded is told as taken down: %s", f.JSON)
	}
	removed := time.Date(2026, 8, 20, 9, 50, 0, 0, time.UTC)
	r.still("arraykit", func(v *advisory.Version) { v.Removed = removed })
	r.to(incident.Removed)
	r.follow()
	_, parsed := r.feed()
	if len(parsed.Entries) != 1 || parsed.Entries[0].ID != r.id+"/arraykit" || !slices.Equal(parsed.Entries[0].Versions, []string{"0.3.10"}) || !parsed.Entries[0].At.Equal(removed) {
		t.Fatalf("%+v", parsed.Entries)
	}
	before := parsed.Updated
	if _, err := r.Note(t.Context(), responder(), r.id, "A note changes nothing of it.", ""); err != nil {
		t.Fatal(err)
	}
	r.follow()
	if _, again := r.feed(); !again.Updated.Equal(before) || len(again.Entries) != 1 {
		t.Errorf("nothing of it changed, but it says %s after %s", again.Updated, before)
	}
	r.still("arraykit", there)
	if _, err := r.Note(t.Context(), responder(), r.id, "The hold was let go.", ""); err != nil {
		t.Fatal(err)
	}
	r.follow()
	if _, gone := r.feed(); len(gone.Entries) != 0 || !gone.Updated.After(before) {
		t.Errorf("what was let go is on the feed: %+v, %s after %s", gone.Entries, gone.Updated, before)
	}
	r.still("arraykit", func(v *advisory.Version) { v.Removed = removed })
	if _, err := r.Note(t.Context(), responder(), r.id, "It is gone again.", ""); err != nil {
		t.Fatal(err)
	}
	other := incident.New(r.settings()) // of a process that has seen nothing yet
	if err := other.FollowFeed(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, back := r.feed(); len(back.Entries) != 1 {
		t.Errorf("%+v", back.Entries)
	}
}

// A deleted crate whose name somebody has by now is not called bad as a whole: its
// versions stay named.
func TestFeedSparesANameThatIsTakenAgain(t *testing.T) {
	t.Parallel()
	var sheet advisory.Sheet
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	k := newStage(t, withWords, func(c *incident.Config) {
		c.Clock = func() time.Time { return time.Unix(0, clock.Load()).UTC() }
		c.Facts = func(_ context.Context, id string) (advisory.Sheet, error) { sheet.Incident = id; return sheet, nil }
	})
	name := k.story.August.Hold[0].Crate
	now, ok := k.mirror.CrateByName(name)
	if !ok {
		t.Fatal("the demo lacks " + name)
	}
	sheet = factsOfTest()
	sheet.Crates = sheet.Crates[1:]
	sheet.Crates[0].Name = name
	when := time.Now()
	for day, whole := range map[int]bool{1: true, -1: false} { // removed after, or before it came
		when = when.Add(10 * time.Second) // the feed is kept for a moment
		clock.Store(when.UnixNano())
		i := k.open(incident.CompromisedOwner, incident.Compromised, action.VersionSubject(name, k.story.August.Hold[0].Version))
		i, err := k.Decide(t.Context(), k.ada, i.ID, incident.Change{Set: map[incident.Field]string{incident.TLPField: "CLEAR"}, Was: map[incident.Field]string{incident.TLPField: string(i.TLP)}})
		k.must(err)
		at := now.CreatedAt.AddDate(0, 0, day).UTC().Truncate(time.Second)
		v := &sheet.Crates[0].Bad[0]
		v.Published, v.Removed = at.Add(-time.Hour), at
		sheet.RemovedAt, sheet.AsOf = &at, at.AddDate(0, 0, 3)
		_, err = k.Move(t.Context(), k.ada, i.ID, incident.Removed, "done by hand in this test")
		k.must(err)
		list, err := k.Make(t.Context(), k.ada, i.ID, []advisory.Format{advisory.RustSec})
		k.must(err)
		d, err := k.Approve(t.Context(), k.bo, list[0].ID, incident.DraftOrder{Revision: list[0].Revision, Reason: "Whatever the lint finds."})
		k.must(err)
		_, err = k.Send(t.Context(), k.bo, d.ID, incident.SendOrder{Revision: d.Revision, Where: "https://advisories.example/1"})
		k.must(err)
		f, err := k.Feed(t.Context())
		k.must(err)
		if got := bytes.Contains(f.JSON, []byte(`"id": "`+i.ID+"/"+name+`"`)); !got {
			t.Fatalf("%s", f.JSON)
		}
		_, entry, _ := bytes.Cut(f.JSON, []byte(`"id": "`+i.ID+"/"))
		if entry, _, _ = bytes.Cut(entry, []byte("}")); bytes.Contains(entry, []byte(`"whole_crate": true`)) != whole {
			t.Errorf("removed %d days after the name came: %s", day, entry)
		}
	}
}

// While one key takes the other's place both sign the same bytes, and readers find
// each by its name.
func TestFeedIsSignedByTwoKeys(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	next := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, 32))
	cfg := r.settings()
	cfg.FeedKeys = []ed25519.PrivateKey{next}
	f, err := incident.New(cfg).Feed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rest := f.PublicKeys
	for _, private := range []ed25519.PrivateKey{cfg.FeedKey, next} {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil || !private.Public().(ed25519.PublicKey).Equal(public) {
			t.Errorf("%v %v", public, err)
		}
		sig, err := f.By(advisory.FeedKeyID(public.(ed25519.PublicKey)))
		if err == nil {
			err = advisory.VerifyFeed(public.(ed25519.PublicKey), f.JSON, sig)
		}
		if err != nil {
			t.Error(err)
		}
	}
	if sig, err := f.By(""); err != nil || !bytes.Equal(sig, f.Sigs[0].Sig) || advisory.VerifyFeed(cfg.FeedKey.Public().(ed25519.PublicKey), f.JSON, sig) != nil {
		t.Errorf("the signature without a name is not that of the first key: %v", err)
	}
	if _, err := f.By("0123456789abcdef"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Error(err)
	}
}

// Ten thousand takedowns are made, signed and told in one order within a moment,
// whatever the order of the rows; Atom tells the newest.
func TestFeedOfTenThousand(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RS-2026-0001")
	if _, err := r.db.Exec(t.Context(), `
		INSERT INTO incident_takedown SELECT incident, 'flood-' || n, '{1.0.0,1.0.1}', true, 'flood', taken_at - (n % 7) * interval '1 s', changed_at FROM incident_takedown, generate_series(1, 10100) n WHERE crate = 'arraykit' ORDER BY random();
		INSERT INTO incident_draft (incident, format, crate, path, body, made, state, owner, owner_name, made_at, changed_at, sent_at, sent_where)
			SELECT incident, 'rustsec', crate, 'x', 'x', 'x', 'sent', 'x', 'x', now(), changed_at, changed_at, 'https://advisories.example/' || crate FROM incident_takedown WHERE reason = 'flood';
		ANALYZE incident_takedown; ANALYZE incident_draft`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	f, parsed := r.feed()
	took := time.Since(began)
	if len(parsed.Entries) != 10000 || bytes.Count(f.Atom, []byte("<entry>")) != 1000 || len(f.JSON) > 8<<20 {
		t.Errorf("%d entries in %d bytes, %d in Atom", len(parsed.Entries), len(f.JSON), bytes.Count(f.Atom, []byte("<entry>")))
	}
	for i := 1; i < len(parsed.Entries); i++ {
		a, b := parsed.Entries[i-1], parsed.Entries[i]
		if a.At.Before(b.At) || a.At.Equal(b.At) && a.ID >= b.ID {
			t.Fatalf("%s stands before %s", a.ID, b.ID)
		}
	}
	if again, _ := r.feed(); !bytes.Equal(again.JSON, f.JSON) || !bytes.Equal(again.Atom, f.Atom) {
		t.Error("asked twice, it is another")
	}
	t.Logf("10,000 takedowns: %d KiB of JSON, %d KiB of Atom, made in %s", len(f.JSON)>>10, len(f.Atom)>>10, took.Round(time.Millisecond))
	if took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}
