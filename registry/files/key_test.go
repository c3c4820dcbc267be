package files_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden/blob"
	"cratewarden/registry/files"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		files.CrateKey("Foo_bar", "1.0.0+b.1"):      "crates/Foo_bar/Foo_bar-1.0.0+b.1.crate",
		files.ZipKey("foo", "1.0.0"):                "crates/foo/foo-1.0.0.zip",
		files.ZipManifestKey("foo", "1.0.0"):        "crates/foo/foo-1.0.0.zip.json",
		files.ReadmeKey("foo", "1.0.0-rc.1"):        "readmes/foo/foo-1.0.0-rc.1.html",
		files.OGImageKey("foo"):                     "og-images/foo.png",
		files.CrateFeedKey("foo"):                   "rss/crates/foo.xml",
		files.DownloadArchiveKey("2026-11-22"):      "archive/version-downloads/2026-11-22.csv",
		files.CratePrefix("foo"):                    "crates/foo/",
		files.ReadmePrefix("foo"):                   "readmes/foo/",
		files.IndexPath(""):                         "",
		files.IndexPath("A"):                        "1/a",
		files.IndexPath("ab"):                       "2/ab",
		files.IndexPath("aBc"):                      "3/a/abc",
		files.IndexPath("Serde_Json-x"):             "se/rd/serde_json-x",
		files.EscapeKey("a/b-1.0.0+x+y"):            "a/b-1.0.0%2Bx%2By",
		files.URL("https://s.example/", "a/b+c"):    "https://s.example/a/b%2Bc",
		files.URL("https://s.example", "a"):         "https://s.example/a",
		files.CrateTag("foo"):                       "crate:foo",
		files.ReleaseTag("foo", "1.0.0+a"):          "release:foo@1.0.0+a",
		files.IndexObject("Foo").Key:                "3/f/foo",
		files.OGImageObject("foo").CacheControl:     "public,max-age=86400",
		files.CrateFeedObject("foo").ContentType:    "text/xml; charset=UTF-8",
		files.IndexObject("foo").CacheControl:       "public,max-age=600",
		files.ReadmeObject("foo", "1").CacheControl: "public,max-age=604800",
		files.CrateObject("foo", "1.0.0").Key:       "crates/foo/foo-1.0.0.crate",
		files.NewCratesFeedKey:                      "rss/crates.xml",
		files.UpdatesFeedKey:                        "rss/updates.xml",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPutOptions(t *testing.T) {
	t.Parallel()
	crate := files.CrateObject("foo", "1.0.0")
	want := blob.PutOptions{ContentType: "application/gzip", CacheControl: "public,max-age=31536000,immutable"}
	if diff := cmp.Diff(want, crate.PutOptions(false)); diff != "" {
		t.Error(diff)
	}
	want.Metadata = map[string]string{"cache-tags": "crate:foo,release:foo@1.0.0"}
	if diff := cmp.Diff(want, crate.PutOptions(true)); diff != "" {
		t.Error(diff)
	}
	if opts := files.IndexObject("foo").PutOptions(true); opts.Metadata != nil {
		t.Errorf("an index file has tags: %v", opts.Metadata)
	}
}
