package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/blob/blobtest"
)

// writable is every store that keeps all the promises.
func writable(t *testing.T) map[string]func(t *testing.T) blob.Store {
	return map[string]func(t *testing.T) blob.Store{
		"folder": func(t *testing.T) blob.Store {
			return open(t, "file://"+t.TempDir(), blob.Config{Scratch: true})
		},
		"folder, synced": func(t *testing.T) blob.Store { return open(t, t.TempDir(), blob.Config{}) },
		"bucket": func(t *testing.T) blob.Store {
			_, url := blobtest.NewS3(t)
			return openBucket(t, "s3://shelf?endpoint="+url)
		},
		"bucket, prefix": func(t *testing.T) blob.Store {
			_, url := blobtest.NewS3(t)
			return openBucket(t, "s3://shelf/some/place?endpoint="+url)
		},
	}
}

func open(t *testing.T, spec string, cfg blob.Config) blob.Store {
	t.Helper()
	s, err := blob.Open(t.Context(), spec, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := s.(io.Closer); ok {
		t.Cleanup(func() { _ = c.Close() })
	}
	return s
}

func openBucket(t *testing.T, spec string) blob.Store {
	env := map[string]string{"AWS_ACCESS_KEY_ID": blobtest.KeyID, "AWS_SECRET_ACCESS_KEY": blobtest.Secret}
	return open(t, spec, blob.Config{Getenv: func(k string) string { return env[k] }})
}

func put(t *testing.T, s blob.Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(content), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s blob.Store, key string) string {
	t.Helper()
	r, info, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if info.Size != int64(len(content)) || info.Key != key {
		t.Errorf("Get(%q): info %+v for %d bytes", key, info, len(content))
	}
	return string(content)
}

func wantKind(t *testing.T, err error, want cratewarden.Kind) {
	t.Helper()
	if got := cratewarden.KindOf(err); got != want {
		t.Errorf("error kind %q, want %q (%v)", got, want, err)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	for name, make := range writable(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for what, check := range map[string]func(*testing.T, blob.Store){
				"round trip": checkRoundTrip, "overwrite": checkOverwrite, "missing": checkMissing, "invalid keys": checkInvalid,
				"list": checkList, "move": checkMove, "failing reader": checkFailingReader, "given up": checkGivenUp, "race": checkRace,
			} {
				t.Run(what, func(t *testing.T) { t.Parallel(); check(t, make(t)) })
			}
		})
	}
}

const oddKey = "crates/foo/foo-1.0.0-rc.1+build 7.crate"

func checkRoundTrip(t *testing.T, s blob.Store) {
	for _, key := range []string{"a", "crates/foo/foo-1.0.0.crate", oddKey, "readmes/ö/%41.html"} {
		put(t, s, key, "content of "+key)
		if got := get(t, s, key); got != "content of "+key {
			t.Errorf("Get(%q) = %q", key, got)
		}
		info, err := s.Stat(t.Context(), key)
		if err != nil || info.Size != int64(len("content of "+key)) || info.ETag == "" || info.ModTime.IsZero() || info.Key != key {
			t.Errorf("Stat(%q) = %+v, %v", key, info, err)
		}
	}
	put(t, s, "empty", "")
	if got := get(t, s, "empty"); got != "" {
		t.Errorf("empty object holds %q", got)
	}
	// A stream that cannot be rewound, and a content type.
	stream := io.MultiReader(strings.NewReader("one "), strings.NewReader("two"))
	if err := s.Put(t.Context(), "x.json", stream, blob.PutOptions{ContentType: "application/json"}); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Stat(t.Context(), "x.json"); err != nil || info.ContentType != "application/json" {
		t.Errorf("Stat = %+v, %v", info, err)
	}
	opts := blob.PutOptions{ContentType: "text/x", CacheControl: "public,max-age=5", Metadata: map[string]string{"cache-tags": "a,b"}}
	if err := s.Put(t.Context(), "headers.json", strings.NewReader(""), opts); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"headers.json", "moved.json"} {
		info, err := s.Stat(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		want := opts
		if !info.Headers {
			want = blob.PutOptions{ContentType: "application/json"}
		}
		if diff := cmp.Diff(want, blob.PutOptions{ContentType: info.ContentType, CacheControl: info.CacheControl, Metadata: info.Metadata}); diff != "" {
			t.Errorf("headers of %s (-want +got):\n%s", key, diff)
		}
		if key == "headers.json" {
			wantKind(t, s.Move(t.Context(), key, "moved.json"), "")
		}
	}
	if got := get(t, s, "x.json"); got != "one two" {
		t.Errorf("stream stored as %q", got)
	}
}

func checkOverwrite(t *testing.T, s blob.Store) {
	put(t, s, "k", "first")
	wantKind(t, s.Put(t.Context(), "k", strings.NewReader("second"), blob.PutOptions{}), cratewarden.Conflict)
	if got := get(t, s, "k"); got != "first" {
		t.Errorf("refused Put changed the object to %q", got)
	}
	if err := s.Put(t.Context(), "k", strings.NewReader("third"), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "k"); got != "third" {
		t.Errorf("Put with Overwrite left %q", got)
	}
}

func checkMissing(t *testing.T, s blob.Store) {
	put(t, s, "crates/foo/x", "")
	for _, key := range []string{"nothing", "crates", "crates/foo", "crates/foo/x/y", "crates/bar/x", strings.Repeat("n", 300)} {
		_, _, err := s.Get(t.Context(), key)
		wantKind(t, err, cratewarden.NotFound)
		_, err = s.Stat(t.Context(), key)
		wantKind(t, err, cratewarden.NotFound)
		wantKind(t, s.Move(t.Context(), key, "elsewhere"), cratewarden.NotFound)
		wantKind(t, s.Delete(t.Context(), key), "")
	}
	wantKind(t, s.Delete(t.Context(), "crates/foo/x"), "")
	_, err := s.Stat(t.Context(), "crates/foo/x")
	wantKind(t, err, cratewarden.NotFound)
}

func checkInvalid(t *testing.T, s blob.Store) {
	put(t, s, "fine", "")
	for _, key := range []string{"", ".", "..", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a\x00b", "a\nb", "\xff", ".cratewarden-x", "a/.cratewarden-x", strings.Repeat("x/", 600) + "x"} {
		_, _, err := s.Get(t.Context(), key)
		wantKind(t, err, cratewarden.Invalid)
		_, err = s.Stat(t.Context(), key)
		wantKind(t, err, cratewarden.Invalid)
		wantKind(t, s.Put(t.Context(), key, strings.NewReader(""), blob.PutOptions{}), cratewarden.Invalid)
		wantKind(t, s.Move(t.Context(), key, "b"), cratewarden.Invalid)
		wantKind(t, s.Move(t.Context(), "fine", key), cratewarden.Invalid)
		wantKind(t, s.Delete(t.Context(), key), cratewarden.Invalid)
	}
	_, err := s.List(t.Context(), "../", "", 0)
	wantKind(t, err, cratewarden.Invalid)
}

func checkList(t *testing.T, s blob.Store) {
	keys := []string{"a", "b/c", "b/c-d", "b/ca/x", "b-/y", "b.x", "b/d+1", "crates/foo/foo-1", "crates/foo-bar/foo-bar-1", "crates/foo_/z", "é"}
	for _, k := range keys {
		put(t, s, k, k)
	}
	slices.Sort(keys)
	listed := func(prefix, after string, limit int) []string {
		t.Helper()
		page, err := s.List(t.Context(), prefix, after, limit)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, i := range page {
			if i.Size != int64(len(i.Key)) || i.ModTime.IsZero() || i.ContentType != "" {
				t.Errorf("listed as %+v", i)
			}
			got = append(got, i.Key)
		}
		return got
	}
	starts := []string{"", "a", "b", "b/", "b/c", "b/c/", "crates/foo", "crates/foo/", "zzz", "é"}
	for _, prefix := range starts {
		for _, after := range append(slices.Clone(keys), starts...) {
			want := []string{}
			for _, k := range keys {
				if strings.HasPrefix(k, prefix) && k > after {
					want = append(want, k)
				}
			}
			if diff := cmp.Diff(want, listed(prefix, after, 0)); diff != "" {
				t.Errorf("List(%q, %q) (-want +got):\n%s", prefix, after, diff)
			}
			if len(want) > 2 {
				if diff := cmp.Diff(want[:2], listed(prefix, after, 2)); diff != "" {
					t.Errorf("List(%q, %q, 2) (-want +got):\n%s", prefix, after, diff)
				}
			}
		}
	}
	var all []string
	for info, err := range blob.All(t.Context(), s, "b") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	if diff := cmp.Diff(listed("b", "", 0), all); diff != "" {
		t.Error(diff)
	}
}

func checkMove(t *testing.T, s blob.Store) {
	put(t, s, oddKey, "bytes")
	if err := s.Move(t.Context(), oddKey, "vault/case 1/x+y"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Stat(t.Context(), oddKey)
	wantKind(t, err, cratewarden.NotFound)
	if got := get(t, s, "vault/case 1/x+y"); got != "bytes" {
		t.Errorf("moved object holds %q", got)
	}
	put(t, s, "other", "BYTES")
	wantKind(t, s.Move(t.Context(), "other", "vault/case 1/x+y"), cratewarden.Conflict)
	if get(t, s, "other") != "BYTES" || get(t, s, "vault/case 1/x+y") != "bytes" {
		t.Error("a refused Move changed an object")
	}
	// What a crash between the two halves of a Move leaves.
	put(t, s, oddKey, "bytes")
	wantKind(t, s.Move(t.Context(), oddKey, "vault/case 1/x+y"), "")
	_, err = s.Stat(t.Context(), oddKey)
	wantKind(t, err, cratewarden.NotFound)
	wantKind(t, s.Move(t.Context(), "other", "other"), "")
	if got := get(t, s, "other"); got != "BYTES" {
		t.Errorf("Move onto itself left %q", got)
	}
}

func checkFailingReader(t *testing.T, s blob.Store) {
	put(t, s, "old", "old")
	for _, key := range []string{"new", "old"} {
		half := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("cable pulled")))
		wantKind(t, s.Put(t.Context(), key, half, blob.PutOptions{Overwrite: true}), cratewarden.Unavailable)
	}
	_, err := s.Stat(t.Context(), "new")
	wantKind(t, err, cratewarden.NotFound)
	if got := get(t, s, "old"); got != "old" {
		t.Errorf("failed Put left %q", got)
	}
	if page, err := s.List(t.Context(), "", "", 0); err != nil || len(page) != 1 {
		t.Errorf("failed Puts left %v, %v", page, err)
	}
}

func checkGivenUp(t *testing.T, s blob.Store) {
	put(t, s, "k", "content")
	r, _, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = s.Get(ctx, "k")
	wantKind(t, err, cratewarden.Canceled)
	_, err = s.List(ctx, "", "", 0)
	wantKind(t, err, cratewarden.Canceled)
	wantKind(t, s.Put(ctx, "k2", strings.NewReader(""), blob.PutOptions{}), cratewarden.Canceled)
	wantKind(t, s.Delete(ctx, "k"), cratewarden.Canceled)
	late, cancel := context.WithTimeout(t.Context(), -1)
	defer cancel()
	wantKind(t, s.Move(late, "k", "k2"), cratewarden.Timeout)
	if got := get(t, s, "k"); got != "content" {
		t.Errorf("object is now %q", got)
	}
}

func checkRace(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			content := bytes.Repeat([]byte(fmt.Sprint(i)), 1000)
			errs[i] = s.Put(t.Context(), "dir/one", bytes.NewReader(content), blob.PutOptions{})
		})
	}
	wg.Wait()
	winner := -1
	for i, err := range errs {
		if err == nil && winner >= 0 {
			t.Fatalf("both %d and %d won", winner, i)
		} else if err == nil {
			winner = i
		} else {
			wantKind(t, err, cratewarden.Conflict)
		}
	}
	if winner < 0 || get(t, s, "dir/one") != strings.Repeat(fmt.Sprint(winner), 1000) {
		t.Errorf("winner %d does not own the content", winner)
	}
}
