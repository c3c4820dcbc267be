package blob_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/blob/blobtest"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]cratewarden.Kind{
		"":                               cratewarden.Invalid,
		"ftp://host/x":                   cratewarden.Invalid,
		"file://host/x":                  cratewarden.Invalid,
		"s3://":                          cratewarden.Invalid,
		"s3://key:secret@bucket":         cratewarden.Invalid,
		"s3://bucket?colour=red":         cratewarden.Invalid,
		"s3://bucket?region=a&region=b":  cratewarden.Invalid,
		"s3://bucket?path-style=perhaps": cratewarden.Invalid,
		"s3://bucket?endpoint=nowhere":   cratewarden.Invalid,
		"s3://bucket/../up":              cratewarden.Invalid,
		"https://user:secret@host/":      cratewarden.Invalid,
		"https://host/?q=1":              cratewarden.Invalid,
		"/nonexistent/folder":            cratewarden.Unavailable,
	} {
		_, err := blob.Open(t.Context(), spec, blob.Config{})
		if got := cratewarden.KindOf(err); got != want {
			t.Errorf("Open(%q): kind %q, want %q", spec, got, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("Open(%q) repeats the secret: %v", spec, err)
		}
	}
}

func TestWeb(t *testing.T) {
	t.Parallel()
	files := open(t, t.TempDir(), blob.Config{Scratch: true})
	put(t, files, oddKey, "bytes")
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		switch key := strings.TrimPrefix(r.URL.Path, "/base/"); key {
		case "busy":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "hidden":
			w.WriteHeader(http.StatusForbidden)
		case "slow":
			w.WriteHeader(http.StatusGatewayTimeout)
		case "cut":
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte("short"))
		default:
			content, info, err := files.Get(r.Context(), key)
			if err != nil {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			defer func() { _ = content.Close() }()
			w.Header().Set("ETag", info.ETag)
			http.ServeContent(w, r, key, info.ModTime, strings.NewReader("bytes"))
		}
	}))
	t.Cleanup(server.Close)
	s := open(t, server.URL+"/base/", blob.Config{})
	if got := get(t, s, oddKey); got != "bytes" {
		t.Errorf("got %q", got)
	}
	if want := "/base/crates/foo/foo-1.0.0-rc.1%2Bbuild%207.crate"; asked[0] != want {
		t.Errorf("asked for %s, want %s", asked[0], want)
	}
	if info, err := s.Stat(t.Context(), oddKey); err != nil || info.Size != 5 || info.ModTime.IsZero() || info.ETag == "" {
		t.Errorf("Stat = %+v, %v", info, err)
	}
	for key, want := range map[string]cratewarden.Kind{
		"busy": cratewarden.Unavailable, "hidden": cratewarden.NotFound, "missing": cratewarden.NotFound, "slow": cratewarden.Timeout, "../up": cratewarden.Invalid,
	} {
		_, _, err := s.Get(t.Context(), key)
		wantKind(t, err, want)
		_, err = s.Stat(t.Context(), key)
		wantKind(t, err, want)
	}
	r, _, err := s.Get(t.Context(), "cut")
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(r)
	wantKind(t, errors.Join(err, r.Close()), cratewarden.Unavailable)
	_, err = s.List(t.Context(), "", "", 0)
	wantKind(t, err, cratewarden.Refused)
	wantKind(t, s.Put(t.Context(), "k", strings.NewReader(""), blob.PutOptions{}), cratewarden.Refused)
	wantKind(t, s.Move(t.Context(), "k", "l"), cratewarden.Refused)
	wantKind(t, s.Delete(t.Context(), "k"), cratewarden.Refused)
}

func TestWebUnreachable(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	s := open(t, server.URL, blob.Config{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, err := s.Get(ctx, "k")
	wantKind(t, err, cratewarden.Timeout)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	_, err = open(t, gone.URL, blob.Config{}).Stat(t.Context(), "k")
	wantKind(t, err, cratewarden.Unavailable)
}

// TestFolderStaysInside puts things into the folder that an attacker with
// access to its disk would: links out of it, a pipe nobody writes to.
func TestFolderStaysInside(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "file")),
		os.Symlink(outside, filepath.Join(dir, "folder")),
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, blob.Config{})
	for _, key := range []string{"file", "folder/secret", "pipe"} {
		if _, _, err := s.Get(t.Context(), key); err == nil {
			t.Errorf("Get(%q) opened it", key)
		}
	}
	if err := s.Put(t.Context(), "folder/new", strings.NewReader("x"), blob.PutOptions{Overwrite: true}); err == nil {
		t.Error("Put wrote through a link")
	}
	if page, err := s.List(t.Context(), "", "", 0); err != nil || len(page) != 0 {
		t.Errorf("List = %v, %v", page, err)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside now holds %v, %v", entries, err)
	}
}

func TestBucketHeadersAndErrors(t *testing.T) {
	t.Parallel()
	fake, url := blobtest.NewS3(t)
	s := openBucket(t, "s3://shelf/pre?endpoint="+url)
	opts := blob.PutOptions{ContentType: "text/html", CacheControl: "public,max-age=604800", Metadata: map[string]string{"cache-tags": "crate:a"}}
	if err := s.Put(t.Context(), "a+b", strings.NewReader("x"), opts); err != nil {
		t.Fatal(err)
	}
	header := fake.Objects["pre/a+b"].Header
	if header.Get("Cache-Control") != opts.CacheControl || header.Get("Content-Type") != "text/html" || header.Get("X-Amz-Meta-Cache-Tags") != "crate:a" {
		t.Errorf("stored headers %v in %v", header, fake.Objects)
	}
	fake.Fail = []int{500, 503}
	if _, err := s.Stat(t.Context(), "a+b"); err != nil {
		t.Errorf("two passing failures were not retried: %v", err)
	}
	fake.Fail = []int{500, 500, 500}
	_, err := s.Stat(t.Context(), "a+b")
	wantKind(t, err, cratewarden.Unavailable)
	_, err = openBucket(t, "s3://elsewhere?endpoint="+url).List(t.Context(), "", "", 0)
	wantKind(t, err, cratewarden.Unavailable)

	before := len(fake.Requests)
	_, err = open(t, "s3://shelf?endpoint="+url, blob.Config{}).Stat(t.Context(), "k")
	wantKind(t, err, cratewarden.Unavailable)
	if len(fake.Requests) != before {
		t.Error("a request was sent without keys")
	}
	stranger := open(t, "s3://shelf?endpoint="+url, blob.Config{Getenv: func(string) string { return "stranger" }})
	wantKind(t, stranger.Put(t.Context(), "k", strings.NewReader(""), blob.PutOptions{}), cratewarden.Refused)
	_, err = stranger.Stat(t.Context(), "k")
	wantKind(t, err, cratewarden.Refused)
}

func TestBucketCredentialsFile(t *testing.T) {
	t.Parallel()
	_, url := blobtest.NewS3(t)
	name := filepath.Join(t.TempDir(), "credentials")
	s := open(t, "s3://shelf?endpoint="+url+"&region=eu-west-1&path-style=true", blob.Config{CredentialsFile: name})
	_, err := s.List(t.Context(), "", "", 0)
	wantKind(t, err, cratewarden.Unavailable)
	text := "[other]\naws_access_key_id = wrong\n[default]\n# comment\naws_access_key_id = " + blobtest.KeyID + "\naws_secret_access_key=" + blobtest.Secret + "\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(t.Context(), "", "", 0); err != nil {
		t.Errorf("a file that appeared later does not count: %v", err)
	}
}
