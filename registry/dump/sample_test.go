package dump

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// sampleArchive is the made-up registry of 3,000 crates when it is there, and
// the cut-down one of this package's testdata when not.
func sampleArchive(tb testing.TB) string {
	tb.Helper()
	big := filepath.Join("..", "..", "..", "shared", "samples", "db-dump-sample.tar.gz")
	if _, err := os.Stat(big); err == nil {
		return big
	}
	tb.Log("the sample of 3,000 crates is not here; using the small one of testdata")
	return smallArchive
}

// smallArchive holds 40 crates of the sample with everything that hangs on
// them, and the users a real dump's filter leaves.
var smallArchive = filepath.Join("testdata", "small.tar.gz")

// unpack gives the folder with data/ in it.
func unpack(tb testing.TB, archive string) string {
	tb.Helper()
	dir := tb.TempDir()
	command(tb, "tar", "xzf", archive, "-C", dir)
	found, _ := filepath.Glob(filepath.Join(dir, "*", "data"))
	if len(found) != 1 {
		tb.Fatalf("%s holds no dump", archive)
	}
	return filepath.Dir(found[0])
}

func command(tb testing.TB, name string, args ...string) {
	tb.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		tb.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// program finds psql or pg_dump beside the real server binary, since the
// folder of the server may hold links to the server's programs only.
func program(tb testing.TB, bin, name string) string {
	tb.Helper()
	for _, dir := range []string{bin, filepath.Dir(resolve(filepath.Join(bin, "postgres")))} {
		if path := filepath.Join(dir, name); exists(path) {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		tb.Fatalf("%s is not installed: %v", name, err)
	}
	return path
}

func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
