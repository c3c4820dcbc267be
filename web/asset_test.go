package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
)

type vendored struct {
	Name, Version, License, Integrity string
	Files                             map[string]string
}

// TestVendored holds every file from elsewhere to the list of what it must be.
func TestVendored(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"static/vendor", "webtest/testdata"} {
		files := os.DirFS(folder)
		text, err := fs.ReadFile(files, "vendor.json")
		if err != nil {
			t.Fatal(err)
		}
		var list []vendored
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		known := map[string]string{}
		for _, v := range list {
			if v.Name == "" || v.Version == "" || v.License == "" || !strings.HasPrefix(v.Integrity, "sha512-") {
				t.Errorf("%s: incomplete entry %+v", folder, v)
			}
			for name, sum := range v.Files {
				known[name] = sum
			}
		}
		err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || name == "vendor.json" {
				return err
			}
			text, err := fs.ReadFile(files, name)
			if sum := sha256.Sum256(text); known[name] != hex.EncodeToString(sum[:]) {
				t.Errorf("%s/%s is not what vendor.json says (%x)", folder, name, sum)
			}
			delete(known, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for name := range known {
			t.Errorf("%s/%s is missing", folder, name)
		}
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := serverWith(t, Config{})
	for name := range bundles() {
		address, err := s.assets.url(name)
		if err != nil {
			t.Fatal(err)
		}
		plain := ask(s, "GET", address, nil)
		small := ask(s, "GET", address, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip, br") })
		if plain.StatusCode != 200 || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") || plain.Header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", name, plain.StatusCode, plain.Header)
		}
		zip, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatal(err)
		}
		unzipped, err := io.ReadAll(zip)
		if err != nil {
			t.Fatal(err)
		}
		if text := []byte(body(t, plain)); !bytes.Equal(text, unzipped) || len(text) == 0 {
			t.Errorf("%s: the compressed file is not the plain one", name)
		}
	}
	if answer := ask(s, "GET", "/static/console.css", nil); answer.StatusCode != 404 {
		t.Errorf("a file without its checksum gives %d", answer.StatusCode)
	}
	if answer := ask(s, "GET", "/static/..%2fvendor.json", nil); answer.StatusCode != 404 {
		t.Errorf("a path out of the folder gives %d", answer.StatusCode)
	}
	if _, err := s.assets.url("nothing.js"); err == nil {
		t.Error("an unknown file has an address")
	}
}
