package evidence

import (
	"errors"
	"strings"
	"testing"

	"cratewarden/blob"
	"cratewarden/blob/blobtest"
)

// Whatever write it dies at, sealing leaves nothing that a bundle names, no
// entry, and no obstacle: the next Seal makes a whole bundle.
func TestSealDiesAtEveryWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	counting := blobtest.FailAt(b.storage, 0)
	b.make(counting)
	b.cfg.Workers = 1
	r := Request{Crates: []int32{1}, Actor: someone(), Plan: "count"}
	b.seal(t, r)
	writes := counting.Calls()
	if writes < 20 {
		t.Fatalf("only %d writes", writes)
	}
	for n := int64(1); n <= writes; n++ {
		for _, late := range []bool{false, true} {
			// A fresh store: otherwise the parts would be there already.
			store := folder(t)
			failing := blobtest.FailAt(store, n)
			failing.Late = late
			b.make(failing)
			b.cfg.Workers = 1
			r.Plan = "P" + itoa(n) + map[bool]string{true: "late"}[late]
			before := len(b.entries(t))
			if _, err := b.Seal(t.Context(), r); !errors.Is(err, blobtest.ErrFailed) {
				t.Fatalf("write %d: sealed over a dead store: %v", n, err)
			}
			page, err := b.List(t.Context(), Filter{Plan: r.Plan})
			if err != nil || len(page.Bundles) != 0 || len(b.entries(t)) != before {
				t.Fatalf("write %d: half a bundle is recorded: %+v %v", n, page, err)
			}
			b.make(store)
			bundle := b.seal(t, r)
			if report := b.verify(t, bundle.Digest); !report.OK() || int64(len(keys(t, store, partPrefix))) > writes+10 {
				t.Fatalf("write %d: %s", n, report.String())
			}
		}
	}
	t.Logf("%d writes, each failed before and after it was done", writes)
}

// If the record cannot be written, the bundle does not exist.
func TestSealWithoutRecordIsNoBundle(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	exec(t, b.console, `ALTER TABLE evidence_subject ADD CONSTRAINT no CHECK (name <> 'victim')`)
	if _, err := b.Seal(t.Context(), request()); err == nil {
		t.Fatal("sealed without a record")
	}
	page, err := b.List(t.Context(), Filter{})
	if err != nil || len(page.Bundles) != 0 || len(b.entries(t)) != 0 {
		t.Errorf("%+v %v", page, err)
	}
	exec(t, b.console, `ALTER TABLE evidence_subject DROP CONSTRAINT no`)
	if r := b.verify(t, b.seal(t, request()).Digest); !r.OK() {
		t.Error(r.String())
	}
}

// A part that rotted in the store is mended by sealing again.
func TestSealMendsItsStore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	part, _ := bundle.Manifest.Part("static/crates/victim/victim-1.0.0.crate")
	key := contentKey(partPrefix, part.SHA256)
	put(t, b.storage, key, "rotten")
	if r := b.verify(t, bundle.Digest); r.OK() {
		t.Fatal("not found")
	}
	if again := b.seal(t, request()); !again.Again {
		t.Error("made another bundle")
	}
	if r := b.verify(t, bundle.Digest); !r.OK() {
		t.Error(r.String())
	}
}

// vaultCase is a registry's store and a vault.
type vaultCase struct {
	static, store blob.Store
	opts          blob.PutOptions
}

func vaultCases(t *testing.T) map[string]func() vaultCase {
	opts := blob.PutOptions{ContentType: "application/gzip", CacheControl: "public,max-age=31536000,immutable", Metadata: map[string]string{"cache-tags": "crate:x,release:x@1"}}
	s3 := func() blob.Store { s, _ := bucket(t); return s }
	return map[string]func() vaultCase{
		"folders": func() vaultCase { return vaultCase{folder(t), folder(t), blob.PutOptions{}} },
		"buckets": func() vaultCase { return vaultCase{s3(), s3(), opts} },
		"mixed":   func() vaultCase { return vaultCase{s3(), folder(t), opts} },
	}
}

const heldKey = "crates/x/x-1.0.0+b 1.crate"

// TestVaultDiesAtEveryCall stops Take and PutBack at every call to either
// store, before and after it was done, and repeats them.
func TestVaultDiesAtEveryCall(t *testing.T) {
	t.Parallel()
	for name, make := range vaultCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			crashes := 0
			for which := range 2 {
				for n := int64(1); ; n++ {
					took, back := false, false
					for _, late := range []bool{false, true} {
						c := make()
						took = dieTaking(t, c, which, n, late) || took
						back = dieBringing(t, c, which, n, late) || back
					}
					crashes += 4
					if !took && !back {
						break
					}
				}
			}
			t.Logf("%d runs", crashes)
		})
	}
}

// over puts a failing store over one of the two.
func over(c vaultCase, which int, n int64, late bool) Vault {
	wrap := func(s blob.Store) blob.Store {
		f := blobtest.FailAt(s, n)
		f.Reads, f.Late = true, late
		return f
	}
	if which == 0 {
		return Vault{Static: wrap(c.static), Store: c.store}
	}
	return Vault{Static: c.static, Store: wrap(c.store)}
}

// nowhere says that the object's bytes are in neither store.
func nowhere(t *testing.T, c vaultCase, content string) bool {
	t.Helper()
	for _, s := range []blob.Store{c.static, c.store} {
		for _, text := range contents(t, s) {
			if text == content {
				return false
			}
		}
	}
	return true
}

func dieTaking(t *testing.T, c vaultCase, which int, n int64, late bool) (died bool) {
	t.Helper()
	const content = "the bytes of an archive"
	if err := c.static.Put(t.Context(), heldKey, strings.NewReader(content), c.opts); err != nil {
		t.Fatal(err)
	}
	_, err := over(c, which, n, late).Take(t.Context(), heldKey)
	died = err != nil
	if died && !errors.Is(err, blobtest.ErrFailed) {
		t.Fatalf("call %d: %v", n, err)
	}
	if nowhere(t, c, content) {
		t.Fatalf("call %d: lost", n)
	}
	taken, err := Vault{c.static, c.store}.Take(t.Context(), heldKey)
	if err != nil || taken.SHA256.String() != hexSum(content) || taken.Bytes != int64(len(content)) {
		t.Fatalf("call %d, again: %+v %v", n, taken, err)
	}
	if got := keys(t, c.static, ""); len(got) != 0 {
		t.Fatalf("call %d: still there: %v", n, got)
	}
	if nowhere(t, c, content) {
		t.Fatalf("call %d: lost at the second try", n)
	}
	return died
}

func dieBringing(t *testing.T, c vaultCase, which int, n int64, late bool) (died bool) {
	t.Helper()
	const content = "the bytes of an archive"
	taken, err := Vault{c.static, c.store}.Take(t.Context(), heldKey)
	if err != nil {
		t.Fatal(err)
	}
	err = over(c, which, n, late).PutBack(t.Context(), taken)
	died = err != nil
	if died && !errors.Is(err, blobtest.ErrFailed) {
		t.Fatalf("call %d: %v", n, err)
	}
	if nowhere(t, c, content) {
		t.Fatalf("call %d: lost", n)
	}
	for range 2 {
		if err := (Vault{c.static, c.store}).PutBack(t.Context(), taken); err != nil {
			t.Fatalf("call %d, again: %v", n, err)
		}
	}
	checkBack(t, c, content)
	return died
}

func checkBack(t *testing.T, c vaultCase, content string) {
	t.Helper()
	info, err := c.static.Stat(t.Context(), heldKey)
	if err != nil || get(t, c.static, heldKey) != content {
		t.Fatalf("not put back: %v", err)
	}
	if info.Headers && (info.ContentType != c.opts.ContentType || info.CacheControl != c.opts.CacheControl || info.Metadata["cache-tags"] != c.opts.Metadata["cache-tags"]) {
		t.Fatalf("other headers: %+v", info)
	}
}
