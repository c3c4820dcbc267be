package client_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/api/client"
)

// A session is kept for its owner alone, beside those of other consoles, and
// replaced as a whole.
func TestKeyring(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "sessions.json")
	k := client.OpenKeyring(path)
	if one, err := k.Get("a"); err != nil || one != (client.Kept{}) {
		t.Errorf("%+v %v", one, err)
	}
	if err := k.Drop("a"); err != nil {
		t.Error(err)
	}
	end := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	for name, kept := range map[string]client.Kept{"a": {Token: "one", End: end}, "b": {Token: "two", End: end}, "old": {Token: "three", End: end.Add(-2 * time.Hour)}} {
		if err := k.Put(name, kept); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Put("a", client.Kept{Token: "rotated", Person: "Ada", Session: "s1", End: end}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "rotated", "b": "two", "old": ""} {
		if one, err := k.Get(name); err != nil || one.Token != want {
			t.Errorf("%s: %+v %v", name, one, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || dir.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", dir.Mode(), err)
	}
	if err := k.Drop("a", "b"); err != nil {
		t.Fatal(err)
	}
	if one, err := k.Get("a"); err != nil || one.Token != "" {
		t.Errorf("%+v %v", one, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".sessions-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Many programs at once lose nothing of each other's.
func TestKeyringOfManyPrograms(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sessions.json")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := client.OpenKeyring(path).Put(fmt.Sprint(i), client.Kept{Token: "t", End: time.Now().Add(time.Hour)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 20 {
		if one, err := client.OpenKeyring(path).Get(fmt.Sprint(i)); err != nil || one.Token != "t" {
			t.Errorf("%d: %+v %v", i, one, err)
		}
	}
}

// A file that others can read, a link, a folder and a damaged file are refused,
// without a word of what is in them.
func TestKeyringRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", "s3cret\n", 0o600)
	if token, err := client.ReadToken(good); err != nil || token != "s3cret" {
		t.Errorf("%q %v", token, err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]cratewarden.Kind{
		write("group", "s3cret", 0o640): cratewarden.Refused, write("all", "s3cret", 0o604): cratewarden.Refused, write("changed", "s3cret", 0o622): cratewarden.Refused,
		write("two", "s3cret s3cret", 0o600): cratewarden.Invalid, write("none", "", 0o600): cratewarden.Invalid,
		link: cratewarden.Invalid, dir: cratewarden.Refused, filepath.Join(dir, "missing"): cratewarden.NotFound,
	} {
		_, err := client.ReadToken(path)
		if cratewarden.KindOf(err) != want || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	for path, want := range map[string]cratewarden.Kind{good: cratewarden.Invalid, filepath.Join(dir, "group"): cratewarden.Refused} {
		_, err := client.OpenKeyring(path).Get("a")
		err2 := client.OpenKeyring(path).Put("a", client.Kept{Token: "other"})
		for _, err := range []error{err, err2} {
			if cratewarden.KindOf(err) != want || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: %v", filepath.Base(path), err)
			}
		}
	}
}
