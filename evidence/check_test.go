package evidence

import (
	"testing"

	"cratewarden"
	"cratewarden/ledger"
)

func TestCheckIsRemembered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	other := b.seal(t, Request{Versions: []int32{3}, Users: []int32{3}, Actor: someone()})
	if first := b.listed(t, bundle.Digest); first.Check != nil {
		t.Errorf("verified before anybody asked: %+v", first.Check)
	}
	_, err := b.Check(t.Context(), bundle.Digest, ledger.Entry{})
	wantKind(t, err, cratewarden.Invalid)
	_, err = b.Check(t.Context(), ledger.Digest{1}, ledger.Entry{Actor: someone()})
	wantKind(t, err, cratewarden.NotFound)

	entries := len(b.entries(t))
	check := func(wantOK bool, wantEntries int) *Check {
		t.Helper()
		r, err := b.Check(t.Context(), bundle.Digest, ledger.Entry{Actor: someone(), Session: "s9"})
		if err != nil || r.OK() != wantOK {
			t.Fatalf("%v %v", err, r.String())
		}
		got := b.listed(t, bundle.Digest).Check
		if got == nil || got.OK() != wantOK || got.Actor != someone() || got.Parts != r.Parts || got.Bytes != r.Bytes || got.Found != len(r.Findings) {
			t.Errorf("remembered %+v of %+v", got, r)
		}
		if n := len(b.entries(t)) - entries; n != wantEntries {
			t.Errorf("%d entries, want %d", n, wantEntries)
		}
		return got
	}
	check(true, 0)
	check(true, 0)
	part, _ := bundle.Manifest.Part("static/crates/victim/victim-1.0.0.crate")
	put(t, b.storage, contentKey(partPrefix, part.SHA256), "changed")
	if c := check(false, 1); len(c.Findings) != 1 || c.Findings[0].Part != part.Name || c.Findings[0].State != Changed {
		t.Errorf("findings %+v", c.Findings)
	}
	check(false, 1)
	if e := b.entries(t)[0]; e.Action != "evidence.verify" || e.Kind != ledger.Note || *e.Refers != bundle.Ledger || e.Session != "s9" || e.Details["state"] != "damaged" || e.Details["findings"] != "1" {
		t.Errorf("entry %+v", e)
	}
	put(t, b.storage, contentKey(partPrefix, part.SHA256), "archive 11.0.0")
	check(true, 2)
	if b.listed(t, other.Digest).Check != nil {
		t.Error("another bundle was verified, too")
	}
}

func TestListsSayWhatWasAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	whole := b.listed(t, b.seal(t, request()).Digest).Asked
	if len(whole) != 2 || whole[0].Kind != "crate" || whole[0].Total != 1 || whole[0].First[0] != (Subject{1, "victim"}) || whole[1].Kind != "version" || whole[1].Total != 2 || whole[1].First[1].Name != "victim@2.0.0+b1" {
		t.Errorf("whole crate: %+v", whole)
	}
	digest := b.seal(t, Request{Versions: []int32{3}, Users: []int32{3}, Actor: someone()}).Digest
	shown, err := b.Show(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range [][]Asked{b.listed(t, digest).Asked, shown.Asked} {
		if len(got) != 2 || got[0].Kind != "version" || got[0].First[0].Name != "user@1.0.0" || got[1].Kind != "account" || got[1].First[0].Name != "six" {
			t.Errorf("a version and an account: %+v", got)
		}
	}
	// Of a bundle whose manifest is gone the console still tells what it knows.
	if err := b.storage.Delete(t.Context(), manifestKey(digest)); err != nil {
		t.Fatal(err)
	}
	left, err := b.Show(t.Context(), digest)
	if wantKind(t, err, cratewarden.NotFound); left.Digest != digest || len(left.Asked) != 2 || left.Manifest != nil {
		t.Errorf("left: %+v", left)
	}
	none, err := b.Show(t.Context(), ledger.Digest{9})
	if wantKind(t, err, cratewarden.NotFound); none.Digest != (ledger.Digest{}) {
		t.Errorf("none: %+v", none)
	}
}

func (b *bench) listed(t testing.TB, digest ledger.Digest) Bundle {
	t.Helper()
	p, err := b.List(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range p.Bundles {
		if x.Digest == digest {
			return x
		}
	}
	t.Fatalf("%s is not listed", digest)
	return Bundle{}
}
