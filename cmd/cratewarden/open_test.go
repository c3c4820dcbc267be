package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/api/client"
	"cratewarden/dossier"
)

// dataDir is a fresh folder that the private server's user can reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(memory(), "cratewarden-open-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// A dump is imported the first time and found the second; what it leaves out
// is said, in the interface that page and command line share.
func TestOpenImportsOnceAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	sample := filepath.Join("..", "..", "registry", "dump", "testdata", "small.tar.gz")
	var imported time.Time
	for round := range 2 {
		address, stop, err := background("open", sample, "--addr", "127.0.0.1:0", "--data", dir)
		if err != nil {
			t.Fatal(err)
		}
		c, err := client.New(address)
		if err != nil {
			t.Fatal(err)
		}
		home, err := client.Get[dossier.Home](t.Context(), c, nil, "home")
		if err != nil || home.Dump == nil || home.Dump.File != "small.tar.gz" {
			t.Fatalf("home: %+v, %v", home, err)
		}
		if round == 0 {
			imported = home.Dump.ImportedAt
		} else if !home.Dump.ImportedAt.Equal(imported) {
			t.Errorf("imported again at %v, first at %v", home.Dump.ImportedAt, imported)
		}
		jobs, err := client.Get[dossier.Jobs](t.Context(), c, nil, "jobs")
		if err != nil || jobs.Absent == "" {
			t.Errorf("the job queue of a dump says nothing of its absence: %+v, %v", jobs, err)
		}
		var out bytes.Buffer
		err = run(t.Context(), []string{"jobs", "--csv", "--server", address}, strings.NewReader(""), &out, io.Discard)
		if explain(err, io.Discard) != 6 || out.Len() > 0 {
			t.Errorf("CSV of a list that a dump lacks: %q, %v", out.String(), err)
		}
		stop()
	}
}

// Two consoles cannot use one folder, and the second says so.
func TestSecondProgramOnAFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	sample := filepath.Join("..", "..", "registry", "dump", "testdata", "small.tar.gz")
	_, stop, err := background("open", sample, "--addr", "127.0.0.1:0", "--data", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	_, stop2, err := background("open", sample, "--addr", "127.0.0.1:0", "--data", dir)
	stop2()
	if explain(err, os.Stderr) != 5 {
		t.Errorf("second program: %v, want exit code 5", err)
	}
}

// A dump is another when its file changed, or for a folder any file in it.
func TestIdentify(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "data", "crates.csv")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-time.Hour)
	seen := map[dumpMark]bool{}
	for i, text := range []string{"id", "id", "id,name"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, dump := range []string{dir, file} {
			mark, err := identify(dump)
			if err != nil || seen[mark] {
				t.Errorf("%s, change %d: %+v, %v", dump, i, mark, err)
			}
			seen[mark] = true
			if again, _ := identify(dump); again != mark {
				t.Errorf("%s: another without a change: %+v, %+v", dump, mark, again)
			}
		}
	}
	if _, err := identify(filepath.Join(dir, "nowhere")); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("missing dump: %v", err)
	}
}
