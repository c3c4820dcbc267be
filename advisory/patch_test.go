package advisory

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func git(t *testing.T, folder, input string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", args...)
	c.Dir, c.Stdin = folder, strings.NewReader(input)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "LC_ALL=C.UTF-8",
		"GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@x.example", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@x.example")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func robin() Commit {
	return Commit{Name: "Robin Responder", Mail: "robin@registry.example", Date: at("2026-08-20 12:00:00"), Subject: "Add nine advisories", Body: "Of one attack.\n\nSee the post."}
}

// git am takes what we write, and the files are there byte for byte.
func TestPatchAppliesWithGit(t *testing.T) {
	t.Parallel()
	edited := written(t, typosquat(), RustSec)[0]
	edited.Path = "crates/edited/RUSTSEC-0000-0000.md"
	edited.Text = strings.TrimSuffix(strings.ReplaceAll(edited.Text, "\n", "\r\n"), "\r\n") // as a browser sends it, without an end
	awkward := Document{Path: "crates/awkward/x.md", Text: "From me\n---\ndiff --git a/x b/x\n-- \n\n \n\ttab \n\\ No newline\n>From\nä 🦀\n"}
	short := Document{Path: "crates/short/x.md", Text: "one line"}
	for name, c := range map[string]struct {
		docs   []Document
		commit Commit
	}{
		"august": {written(t, august(), RustSec), robin()},
		"osv":    {written(t, august(), OSV), robin()},
		"nasty":  {written(t, nasty(), RustSec), Commit{Name: "Ögi, \"the\" (x) @ y", Mail: "o@x.example", Date: at("2026-08-20 12:00:00"), Subject: "Ä\nSubject: two", Body: "---\ndiff --git a/e b/e\nFrom me\n\nIndex: x\r\n-- \nend " + attack}},
		"quoted": {written(t, typosquat(), OSV), Commit{Name: "Smith, J.: x", Mail: "j@x.example", Date: at("2026-08-20 12:00:00")}},
		"edited": {[]Document{edited, awkward, short}, robin()},
	} {
		patch, err := Patch(c.docs, c.commit)
		if err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		git(t, folder, "", "init", "-q")
		git(t, folder, "", "commit", "-q", "--allow-empty", "-m", "first")
		git(t, folder, string(patch), "am", "-q")
		for _, d := range c.docs {
			got, err := os.ReadFile(filepath.Join(folder, d.Path))
			if err != nil {
				t.Fatal(err)
			}
			if want := lineFeeds(d.Text); string(got) != want {
				t.Errorf("%s, %s is\n%q, want\n%q", name, d.Path, got, want)
			}
		}
		files := strings.Fields(git(t, folder, "", "ls-files"))
		if len(files) != len(c.docs) {
			t.Errorf("%s: %d files for %d documents: %v", name, len(files), len(c.docs), files)
		}
		log := git(t, folder, "", "log", "-1", "--format=%an|%ae|%ad|%s|%B", "--date=iso-strict")
		want := author(c.commit.Name) + "|" + c.commit.Mail + "|2026-08-20T12:00:00+00:00|" + or(oneLine(c.commit.Subject), "Add advisories") + "|"
		if !strings.HasPrefix(log, want) {
			t.Errorf("%s: the commit is %q, want %q", name, log, want)
		}
		if strings.Contains(git(t, folder, "", "status", "--short"), "M") {
			t.Errorf("%s: something is left over", name)
		}
	}
}

func TestPatchGolden(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]Sheet{"typosquat": typosquat(), "august": august()} {
		for _, f := range []Format{RustSec, OSV} {
			patch, err := Patch(written(t, s, f), robin())
			if err != nil {
				t.Fatal(err)
			}
			goldenAdvisory(t, name+"/"+string(f)+".patch", string(patch))
		}
	}
}

func TestPatchRefuses(t *testing.T) {
	t.Parallel()
	good := written(t, typosquat(), RustSec)[0]
	for _, path := range []string{"", "/etc/passwd", "../x", "a/../b", "a/./b", "a//b", ".git/config", "a/.git/x", "a b", "a\nb", "a\"b", `a\b`, "a/", "ä", strings.Repeat("x", 301)} {
		d := good
		d.Path = path
		if _, err := Patch([]Document{d}, robin()); err == nil {
			t.Errorf("the path %q is taken", path)
		}
	}
	for _, text := range []string{"", " \n", "a\x00b", "a\xff", strings.Repeat("x", maxDocument+1)} {
		d := good
		d.Text = text
		if _, err := Patch([]Document{d}, robin()); err == nil {
			t.Errorf("the text %.20q is taken", text)
		}
	}
	if _, err := Patch(nil, robin()); err == nil {
		t.Error("a patch of nothing is written")
	}
	if _, err := Patch([]Document{good, good}, robin()); err == nil {
		t.Error("one path is written twice")
	}
	for _, c := range []Commit{{}, {Name: "x"}, {Mail: "x@x.example"}, {Name: "<>", Mail: "x@x.example"}, {Name: "x", Mail: "a@b@c"}, {Name: "x", Mail: "a@b.example>\nTo: c"}} {
		if _, err := Patch([]Document{good}, c); err == nil {
			t.Errorf("the author %+v is taken", c)
		}
	}
}
