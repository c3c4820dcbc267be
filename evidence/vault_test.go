package evidence

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"cratewarden"
	"cratewarden/blob"
)

func TestVaultRefuses(t *testing.T) {
	t.Parallel()
	web, err := blob.OpenWeb("https://static.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	readOnly := Vault{Static: web, Store: folder(t)}
	wantKind(t, readOnly.Writable(ctx), cratewarden.Refused)
	_, err = readOnly.Take(ctx, heldKey)
	wantKind(t, err, cratewarden.Refused)
	wantKind(t, readOnly.PutBack(ctx, Taken{Key: heldKey}), cratewarden.Refused)
	wantKind(t, Vault{Store: folder(t)}.Writable(ctx), cratewarden.Refused)
	wantKind(t, Vault{Static: folder(t)}.Writable(ctx), cratewarden.Unavailable)

	v := Vault{Static: folder(t), Store: folder(t)}
	wantKind(t, v.Writable(ctx), "")
	_, err = v.Take(ctx, heldKey)
	wantKind(t, err, cratewarden.NotFound)
	_, err = v.Take(ctx, "../out")
	wantKind(t, err, cratewarden.Invalid)
	if n := len(contents(t, v.Store)) + len(contents(t, v.Static)); n != 0 {
		t.Errorf("%d objects left", n)
	}
}

// What was published under the key meanwhile is never written over.
func TestPutBackDoesNotClobber(t *testing.T) {
	t.Parallel()
	v := Vault{Static: folder(t), Store: folder(t)}
	put(t, v.Static, heldKey, "good")
	taken, err := v.Take(t.Context(), heldKey)
	if err != nil {
		t.Fatal(err)
	}
	put(t, v.Static, heldKey, "evil")
	wantKind(t, v.PutBack(t.Context(), taken), cratewarden.Conflict)
	if got := get(t, v.Static, heldKey); got != "evil" {
		t.Errorf("now %q", got)
	}
	// Holding the other one as well loses neither.
	second, err := v.Take(t.Context(), heldKey)
	if err != nil || second.SHA256 == taken.SHA256 {
		t.Fatalf("%+v %v", second, err)
	}
	if err := v.PutBack(t.Context(), taken); err != nil || get(t, v.Static, heldKey) != "good" {
		t.Errorf("first one back: %v", err)
	}
	if got := get(t, v.Store, contentKey(heldPrefix, second.SHA256)); got != "evil" {
		t.Errorf("second one: %q", got)
	}
}

// A vault whose copy was changed gives nothing back.
func TestVaultCopyChanged(t *testing.T) {
	t.Parallel()
	v := Vault{Static: folder(t), Store: folder(t)}
	put(t, v.Static, heldKey, "good")
	taken, err := v.Take(t.Context(), heldKey)
	if err != nil {
		t.Fatal(err)
	}
	put(t, v.Store, contentKey(heldPrefix, taken.SHA256), "evil")
	wantKind(t, v.PutBack(t.Context(), taken), cratewarden.Conflict)
	_, err = v.Take(t.Context(), heldKey)
	wantKind(t, err, cratewarden.Conflict)
	if err := v.Store.Delete(t.Context(), contentKey(heldPrefix, taken.SHA256)); err != nil {
		t.Fatal(err)
	}
	wantKind(t, v.PutBack(t.Context(), taken), cratewarden.NotFound)
	if n := len(keys(t, v.Static, "")); n != 0 {
		t.Errorf("%d objects put back", n)
	}
}

// After it is put back, the key is the registry's: the vault forgets it.
func TestVaultForgetsWhatIsBack(t *testing.T) {
	t.Parallel()
	v := Vault{Static: folder(t), Store: folder(t)}
	put(t, v.Static, heldKey, "good")
	taken, err := v.Take(t.Context(), heldKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.PutBack(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	if err := v.Static.Delete(t.Context(), heldKey); err != nil {
		t.Fatal(err)
	}
	_, err = v.Take(t.Context(), heldKey)
	wantKind(t, err, cratewarden.NotFound)
	// Whoever still has the receipt can restore it: the bytes are kept.
	if err := v.PutBack(t.Context(), taken); err != nil || get(t, v.Static, heldKey) != "good" {
		t.Errorf("with the receipt: %v", err)
	}
}

// meddling does something when an object is put.
type meddling struct {
	blob.Store
	do func()
}

func (m meddling) Put(ctx context.Context, key string, content io.Reader, opts blob.PutOptions) error {
	m.do()
	return m.Store.Put(ctx, key, content, opts)
}

func TestTakeNoticesANewObject(t *testing.T) {
	t.Parallel()
	static := folder(t)
	put(t, static, heldKey, "good")
	v := Vault{Static: static, Store: meddling{folder(t), func() { put(t, static, heldKey, "published just now") }}}
	_, err := v.Take(t.Context(), heldKey)
	wantKind(t, err, cratewarden.Conflict)
	if got := get(t, static, heldKey); got != "published just now" {
		t.Errorf("now %q", got)
	}
}

// One content under many keys is in the vault once and goes back to each.
func TestVaultSharesContent(t *testing.T) {
	t.Parallel()
	v := Vault{Static: folder(t), Store: folder(t)}
	var all []Taken
	for _, key := range strings.Fields("a b c/d") {
		put(t, v.Static, key, "same")
		taken, err := v.Take(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, taken)
	}
	if n := len(keys(t, v.Store, heldPrefix)); n != 1 {
		t.Errorf("%d copies", n)
	}
	for _, taken := range all {
		if err := v.PutBack(t.Context(), taken); err != nil || get(t, v.Static, taken.Key) != "same" {
			t.Errorf("%s: %v", taken.Key, err)
		}
	}
}

// Deleting what is held needs the evidence of its files as well.
func TestSealFindsHeldFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const key = "crates/victim/victim-1.0.0.crate"
	v := Vault{Static: b.static, Store: b.storage}
	taken, err := v.Take(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	bundle := b.seal(t, request())
	part, ok := bundle.Manifest.Part("static/" + key)
	if !ok || !part.Held || b.open(t, bundle.Digest, part.Name) != "archive 11.0.0" {
		t.Errorf("%v %+v", ok, part)
	}
	if err := b.storage.Delete(t.Context(), contentKey(heldPrefix, taken.SHA256)); err != nil {
		t.Fatal(err)
	}
	bundle = b.seal(t, request())
	if i := slices.Index(bundle.Manifest.Missing, Missing{"static/" + key, key, true}); i < 0 {
		t.Errorf("missing: %v", bundle.Manifest.Missing)
	}
}

// Buckets keep headers, and several people may seal the same at once.
func TestSealWithBucketsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	store, _ := bucket(t)
	static, _ := bucket(t)
	opts := blob.PutOptions{ContentType: "application/gzip", CacheControl: "public,max-age=1", Metadata: map[string]string{"cache-tags": "crate:victim"}}
	if err := static.Put(t.Context(), "crates/victim/victim-1.0.0.crate", strings.NewReader("x"), opts); err != nil {
		t.Fatal(err)
	}
	b.static = static
	b.make(store)
	var wg sync.WaitGroup
	bundles, errs := make([]Bundle, 3), make([]error, 3)
	for i := range bundles {
		wg.Go(func() { bundles[i], errs[i] = b.Seal(t.Context(), request()) })
	}
	wg.Wait()
	for i, bundle := range bundles {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		part, _ := bundle.Manifest.Part("static/crates/victim/victim-1.0.0.crate")
		if part.ContentType != opts.ContentType || part.CacheControl != opts.CacheControl || part.Metadata["cache-tags"] != "crate:victim" || part.Claimed == nil {
			t.Errorf("%+v", part)
		}
		if r := b.verify(t, bundle.Digest); !r.OK() {
			t.Error(r.String())
		}
	}
}

// What is forgotten is not given for something else that has the key later.
func TestVaultForgetsWhenTold(t *testing.T) {
	t.Parallel()
	v := Vault{Static: folder(t), Store: folder(t)}
	put(t, v.Static, heldKey, "bad")
	if _, err := v.Take(t.Context(), heldKey); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := v.Forget(t.Context(), heldKey); err != nil {
			t.Fatal(err)
		}
	}
	_, err := v.Take(t.Context(), heldKey)
	wantKind(t, err, cratewarden.NotFound)
}
