package incident_test

import (
	"bytes"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident"
)

func tracking(t *testing.T, d incident.Draft) advisory.CSAFTracking {
	t.Helper()
	c, err := advisory.ParseCSAF(d.Body)
	if err != nil {
		t.Fatal(err)
	}
	return c.Document.Tracking
}

func (r *writingRoom) correct(d incident.Draft, o incident.CorrectOrder) incident.Draft {
	r.t.Helper()
	c, err := r.Correct(r.t.Context(), responder(), d.ID, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// Each correction of a document has the history of all that was published before
// it, whatever became of the facts in between, and goes on from what went out.
func TestCorrectionsHaveTheWholeHistory(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	for _, f := range []advisory.Format{advisory.CSAF20, advisory.CSAF21} {
		r.facts(func(s *advisory.Sheet) { s.UsedInTheWild, s.UseNote = nil, "" })
		r.make()
		first := r.send(r.approve(r.one(f, ""), ""), "to the coordination body")
		r.make()
		if now := r.one(f, ""); now.Made != "" || now.ID != first.ID {
			t.Errorf("%s: without news another text stands beside what went out", f)
		}
		r.facts(func(s *advisory.Sheet) {
			used := true
			s.UsedInTheWild, s.UseNote = &used, "Logs show 2,285 downloads."
			s.AsOf = s.AsOf.AddDate(0, 0, 1)
		})
		second := r.correct(first, incident.CorrectOrder{Reason: "The logs were read.", Public: "There is evidence of use."})
		if tr := tracking(t, second); tr.Version != "2" || len(tr.History) != 2 || tr.History[0] != tracking(t, first).History[0] || tr.History[1].Summary != "There is evidence of use." || !strings.Contains(second.Body, "Logs show") {
			t.Errorf("%s: %+v", f, tr)
		}
		r.facts(func(s *advisory.Sheet) { s.Analysis = "One more paragraph."; s.AsOf = s.AsOf.AddDate(0, 0, 1) })
		r.make() // the correction was touched by nobody, and has the news
		second = r.one(f, "")
		if tr := tracking(t, second); !strings.Contains(second.Body, "One more paragraph.") || len(tr.History) != 2 || tr.Version != "2" {
			t.Errorf("%s: %+v", f, tr)
		}
		second = r.send(r.approve(second, ""), "to the coordination body")
		third := r.correct(second, incident.CorrectOrder{Reason: "A word was wrong."})
		if tr := tracking(t, third); tr.Version != "3" || len(tr.History) != 3 || tr.History[2].Summary != "Texts or figures corrected." || tr.InitialRelease != tracking(t, first).InitialRelease || third.Edited {
			t.Errorf("%s: %+v", f, tr)
		}
		third = r.approve(third, "")
		for _, p := range third.Problems {
			if p.Severe {
				t.Errorf("%s: %+v", f, p)
			}
		}
		if _, err := r.Correct(t.Context(), responder(), first.ID, incident.CorrectOrder{Reason: "Once more."}); cratewarden.KindOf(err) != cratewarden.Conflict {
			t.Errorf("%s: a second line of corrections: %v", f, err)
		}
	}
	for _, text := range []string{"Ask ada@private.example.", "Thanks, @ada.", strings.Repeat("x", 400)} {
		_, err := r.Correct(t.Context(), responder(), r.one(advisory.CSAF20, "").ID, incident.CorrectOrder{Reason: "A word.", Public: text})
		if k := cratewarden.KindOf(err); k != cratewarden.Invalid && k != cratewarden.TooLarge {
			t.Errorf("%q goes into a public history: %v", text, err)
		}
	}
}

// A correction of an advisory that has a number keeps it, and its patch changes
// that file; without a number no patch adds the advisory a second time.
func TestCorrectionsOfNumberedAdvisories(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	known := r.send(r.approve(r.one(advisory.RustSec, "arraykit"), ""), "https://advisories.example/RUSTSEC-2026-0260.html")
	unknown := r.send(r.approve(r.one(advisory.RustSec, "proc-makro1"), ""), "https://advisories.example/new")
	record := r.send(r.approve(r.one(advisory.OSV, "arraykit"), ""), "https://records.example/MAL-2026-14336")
	r.facts(func(s *advisory.Sheet) {
		s.Behaviour = "A build script sends files away."
		s.AsOf = s.AsOf.AddDate(0, 0, 1)
	})
	c := r.approve(r.correct(known, incident.CorrectOrder{Reason: "It sends files."}), "")
	if !strings.Contains(c.Body, `id = "RUSTSEC-2026-0260"`) || !strings.Contains(c.Body, `date = "2026-08-20"`) || !strings.Contains(c.Body, "sends files") || c.Path != "crates/arraykit/RUSTSEC-2026-0260.md" {
		t.Errorf("%s\n%s", c.Path, c.Body)
	}
	patch, err := r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.RustSec})
	if err != nil || !bytes.Contains(patch, []byte("--- a/crates/arraykit/RUSTSEC-2026-0260.md")) || bytes.Contains(patch, []byte("new file")) || !bytes.Contains(patch, []byte("Subject: [PATCH] Correct 1 advisory")) {
		t.Errorf("%s %v", patch, err)
	}
	other := r.approve(r.correct(unknown, incident.CorrectOrder{Reason: "It sends files."}), "")
	_, err = r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.RustSec})
	wantKind(t, "an advisory a second time", err, cratewarden.Conflict)
	other, err = r.EditDraft(t.Context(), editor(), other.ID, other.Revision, strings.Replace(other.Body, "RUSTSEC-0000-0000", "RUSTSEC-2026-0261", 1))
	if err != nil || other.Path != "crates/proc-makro1/RUSTSEC-2026-0261.md" {
		t.Fatalf("%s %v", other.Path, err)
	}
	r.approve(other, "")
	if patch, err = r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.RustSec}); err != nil || !bytes.Contains(patch, []byte("Correct 2 advisories")) {
		t.Errorf("%s %v", patch, err)
	}
	was, err := advisory.ParseOSV(record.Body)
	if err != nil {
		t.Fatal(err)
	}
	cr := r.approve(r.correct(record, incident.CorrectOrder{Reason: "It sends files."}), "")
	if now, err := advisory.ParseOSV(cr.Body); err != nil || now.ID != "MAL-2026-14336" || now.Published != was.Published || now.Modified <= was.Modified || cr.Path != "osv/malicious/crates.io/arraykit/MAL-2026-14336.json" {
		t.Errorf("%s %+v %v", cr.Path, now, err)
	}
	_, err = r.Patch(t.Context(), r.id, incident.PatchOrder{Format: advisory.OSV})
	wantKind(t, "a patch of a record that a robot changed", err, cratewarden.Conflict)
}

// What a person wrote into a text that went out stays in its correction while the
// facts are the same.
func TestCorrectionsKeepEdits(t *testing.T) {
	t.Parallel()
	r := newWritingRoom(t)
	r.make()
	r.to(incident.Removed)
	d := r.one(advisory.CSAF20, "")
	d, err := r.EditDraft(t.Context(), editor(), d.ID, d.Revision, strings.Replace(d.Body, "sends environment variables away", "sends the environment away", 1))
	if err != nil {
		t.Fatal(err)
	}
	c := r.correct(r.send(r.approve(d, ""), "to the coordination body"), incident.CorrectOrder{Reason: "A word was wrong."})
	if tr := tracking(t, c); !strings.Contains(c.Body, "sends the environment away") || tr.Version != "2" || len(tr.History) != 2 {
		t.Errorf("%+v\n%s", tr, c.Body)
	}
}
