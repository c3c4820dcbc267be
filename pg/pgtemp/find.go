package pgtemp

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"cratewarden"
)

// Oldest and Newest are the PostgreSQL major versions this program is made
// for.
const (
	Oldest = 14
	Newest = 18
)

// Named is the environment variable that names the folder of the server's
// programs, for everything that is not told one: the tests read it too.
const Named = "CRATEWARDEN_PG_BIN"

// Find gives the folder of the server's programs and their major version. It
// looks in the folder given, or else the one that Named names, or else in PATH,
// in what pg_config names, and in Debian's versioned folders, and prefers the
// newest it supports. The error is one sentence that says what to install.
func Find(given string) (string, int, error) {
	if given = cmp.Or(given, os.Getenv(Named)); given != "" {
		version, ok := serverVersion(given)
		if !ok {
			return "", 0, cratewarden.Errorf(cratewarden.Unavailable, "There is no usable PostgreSQL %d to %d (postgres and initdb) in %s.", Oldest, Newest, given)
		}
		return given, version, nil
	}
	best, bestVersion := "", 0
	for _, dir := range candidates() {
		if version, ok := serverVersion(dir); ok && version > bestVersion {
			best, bestVersion = dir, version
		}
	}
	if best == "" {
		return "", 0, cratewarden.Errorf(cratewarden.Unavailable,
			"No PostgreSQL server (version %d to %d) is installed: install the package postgresql (on Debian: apt-get install postgresql), or name its folder with --pg-bin.", Oldest, Newest)
	}
	return best, bestVersion, nil
}

func candidates() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	sort.Sort(sort.Reverse(sort.StringSlice(debian)))
	return append(dirs, debian...)
}

var versionNumber = regexp.MustCompile(`\) (\d+)`)

// serverVersion asks the program itself, since folders may be named anything.
func serverVersion(dir string) (int, bool) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, false
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0, false
	}
	match := versionNumber.FindSubmatch(out)
	if match == nil {
		return 0, false
	}
	version, err := strconv.Atoi(string(match[1]))
	return version, err == nil && version >= Oldest && version <= Newest
}
