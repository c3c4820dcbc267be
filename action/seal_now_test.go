package action

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
)

// holdsNow gives what a bundle was asked to hold, as kind:name, and accounts by number.
func (s *storeKit) holdsNow(b evidence.Bundle) (out []string) {
	s.t.Helper()
	service, ok := s.kit.cfg.Evidence.(*evidence.Service)
	if !ok {
		s.t.Fatal("no service")
	}
	shown, err := service.Show(s.t.Context(), b.Digest)
	if err != nil {
		s.t.Fatal(err)
	}
	if report, err := service.Verify(s.t.Context(), b.Digest); err != nil || !report.OK() {
		s.t.Errorf("%v %s", err, report.String())
	}
	for _, c := range shown.Manifest.Subjects.Crates {
		if c.Whole {
			out = append(out, "crate:"+c.Name)
		}
	}
	for _, v := range shown.Manifest.Subjects.Versions {
		if v.Asked {
			out = append(out, "version:"+v.Crate+"@"+v.Num)
		}
	}
	for _, a := range shown.Manifest.Subjects.Accounts {
		if a.Asked {
			out = append(out, AccountSubject(a.ID, "").ID)
		}
	}
	return out
}

// Names in any spelling are sealed, under a key once and never again.
func TestSealNow(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	before := s.tables()
	account := s.who.RegistryUser
	o := SealOrder{Accounts: []int32{account}, Incident: "INC-9", Reason: "typosquatting"}
	if err := o.Add(strings.ToUpper(strings.ReplaceAll(v.Crate, "-", "_")) + "@" + v.Version + "\n\n# nothing\narraykit"); err != nil {
		t.Fatal(err)
	}
	b, err := s.SealNow(t.Context(), s.who, o, "k1")
	if err != nil || b.Again || b.Incident != "INC-9" || b.Reason != "typosquatting" || b.Actor.ID != s.who.ID || b.Plan != "" {
		t.Fatalf("%+v %v", b, err)
	}
	s.same(before, s.tables())
	holds := s.holdsNow(b)
	for _, want := range []string{"crate:arraykit", "version:" + v.Crate + "@" + v.Version, AccountSubject(account, "").ID} {
		if !slices.Contains(holds, want) {
			t.Errorf("%s is not among %v", want, holds)
		}
	}
	notes := s.entries(ledger.Note)
	// What was sealed is gone by now; the key still gives the same answer.
	s.exec(`DELETE FROM crates WHERE name = $1`, v.Crate)
	again, err := s.SealNow(t.Context(), s.who, o, "k1")
	if err != nil || again.Digest != b.Digest || !again.Again || s.entries(ledger.Note) != notes {
		t.Errorf("the same key: %v %v, %d entries, were %d", again.Digest, err, s.entries(ledger.Note), notes)
	}
	_, err = s.SealNow(t.Context(), s.who, SealOrder{Crates: []string{"arraykit"}}, "k1")
	wantKind(t, err, cratewarden.Conflict)
	_, err = s.SealNow(t.Context(), s.who, o, "k2")
	wantKind(t, err, cratewarden.NotFound)
	if !strings.Contains(cratewarden.MessageOf(err), "@"+v.Version) {
		t.Errorf("it does not say what is gone: %v", err)
	}
	// A key is one person's; a key of a plan is none of a seal.
	if other, err := s.SealNow(t.Context(), s.second, SealOrder{Crates: []string{"arraykit"}}, "k1"); err != nil || other.Digest == b.Digest {
		t.Errorf("%v", err)
	}
	if _, err := s.Draft(t.Context(), s.who, Order{Steps: steps(t, "version.yank", m{"crate": "arraykit", "version": "0.3.4"})}, "k1"); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("a plan under the key of a seal: %v", err)
	}
}

// Sealing that broke off can be asked for again under its key.
func TestSealNowGoesOnAfterTrouble(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	lost := errors.New("lost")
	s.reached = func(place string) {
		if place == "after seal" {
			panic(lost)
		}
	}
	o := SealOrder{Crates: []string{"ArrayKit"}, Versions: []VersionRef{{"arraykit", "0.3.4"}}}
	func() {
		defer func() {
			if recover() != any(lost) {
				t.Error("the place was not reached")
			}
		}()
		_, _ = s.SealNow(t.Context(), s.who, o, "k")
	}()
	s.reached = func(string) {}
	b, err := s.SealNow(t.Context(), s.who, o, "k")
	if err != nil || !b.Again {
		t.Fatalf("%+v %v", b, err)
	}
	if n := s.number(`SELECT count(*) FROM crates WHERE name = 'arraykit'`); n != 1 {
		t.Fatal("the demo lost a crate")
	}
	var n int
	if err := s.kit.console.QueryRow(t.Context(), `SELECT count(*) FROM evidence_bundle`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d bundles, %v", n, err)
	}
}

func TestSealNowRefusals(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	many := make([]string, maxLines+1)
	people := make([]int32, maxAccounts+1)
	for what, c := range map[string]struct {
		o    SealOrder
		want cratewarden.Kind
		says string
	}{
		"nothing":       {SealOrder{Reason: "x"}, cratewarden.Invalid, "Say which"},
		"no name":       {SealOrder{Crates: []string{""}}, cratewarden.Invalid, "name"},
		"no number":     {SealOrder{Versions: []VersionRef{{"arraykit", ""}}}, cratewarden.Invalid, "number"},
		"zero byte":     {SealOrder{Crates: []string{"a\x00"}}, cratewarden.Invalid, "name"},
		"too many":      {SealOrder{Crates: many}, cratewarden.TooLarge, "5000"},
		"too many of":   {SealOrder{Accounts: people}, cratewarden.TooLarge, "100"},
		"long reason":   {SealOrder{Accounts: []int32{1}, Reason: strings.Repeat("x", maxReason+1)}, cratewarden.TooLarge, "4000"},
		"long incident": {SealOrder{Accounts: []int32{1}, Incident: strings.Repeat("x", 201)}, cratewarden.TooLarge, "200"},
		"no crate":      {SealOrder{Crates: []string{"arraykit", "no-such-crate", "nor-this"}}, cratewarden.NotFound, "no-such-crate: The registry has no crate of this name."},
		"no version":    {SealOrder{Versions: []VersionRef{{"arraykit", "99.1.0"}}}, cratewarden.NotFound, "no version 99.1.0. There is 0.3."},
		"no account":    {SealOrder{Accounts: []int32{2147483647}}, cratewarden.NotFound, "2147483647"},
	} {
		_, err := s.SealNow(t.Context(), s.who, c.o, "")
		if cratewarden.KindOf(err) != c.want || !strings.Contains(cratewarden.MessageOf(err), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	fine := SealOrder{Crates: []string{"arraykit"}}
	refusals := s.entries(ledger.Refusal)
	_, err := s.SealNow(t.Context(), Actor{ID: "v", Name: "V", Roles: []cratewarden.Role{cratewarden.Viewer}}, fine, "k")
	wantKind(t, err, cratewarden.Refused)
	if s.entries(ledger.Refusal) != refusals+1 {
		t.Error("the refusal is not in the ledger")
	}
	_, err = s.SealNow(t.Context(), s.who, fine, strings.Repeat("k", maxKey+1))
	wantKind(t, err, cratewarden.Invalid)
	s.kit.cfg.Evidence = nil
	_, err = s.SealNow(t.Context(), s.who, fine, "k")
	wantKind(t, err, cratewarden.Unavailable)
	for text, says := range map[string]string{"a b c": "neither", "https://x": "address", "ok\na b c": "Line 2"} {
		var o SealOrder
		if err := o.Add(text); cratewarden.KindOf(err) != cratewarden.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Approving and discarding twice do nothing twice.
func TestAskingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	v := s.victim()
	p, _ := s.reviewed("version.delete", v.params())
	first, err := s.Approve(t.Context(), s.second, p.ID, *p.Digest)
	if err != nil || first.State != Approved {
		t.Fatal(err, first.State)
	}
	notes, refusals := s.entries(ledger.Note), s.entries(ledger.Refusal)
	again, err := s.Approve(t.Context(), s.second, p.ID, *p.Digest)
	if err != nil || len(again.Approvals) != 1 || again.State != Approved || !again.ChangedAt.Equal(first.ChangedAt) {
		t.Errorf("approved twice: %v, %d approvals", err, len(again.Approvals))
	}
	if s.entries(ledger.Note) != notes || s.entries(ledger.Refusal) != refusals {
		t.Error("approving twice is two entries")
	}
	third := s.second
	third.ID = "third"
	if more, err := s.Approve(t.Context(), third, p.ID, *p.Digest); err != nil || len(more.Approvals) != 2 {
		t.Errorf("another person: %v", err)
	}
	for range 2 {
		if p, err = s.Discard(t.Context(), s.who, p.ID); err != nil || p.State != Discarded {
			t.Errorf("%v %s", err, p.State)
		}
	}
	done, _ := s.applied("version.yank", v.params())
	_, err = s.Discard(t.Context(), s.who, done.ID)
	wantKind(t, err, cratewarden.Conflict)
	_, err = s.Settle(t.Context(), s.who, done.ID, true)
	wantKind(t, err, cratewarden.Conflict)
}
