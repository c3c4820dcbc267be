package advisory

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cratewarden"
)

// shell runs a script in a folder with a home of its own.
func shell(t *testing.T, script, home, dir string, args ...string) (out, errs string, code int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "am-i-affected.sh")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", append([]string{path}, args...)...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), code
}

func put(t *testing.T, text string, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func lockOf(pairs ...string) string {
	out := "version = 4\n"
	for n := 0; n < len(pairs); n += 2 {
		out += "\n[[package]]\nname = \"" + pairs[n] + "\"\nversion = \"" + pairs[n+1] + "\"\nsource = \"registry+https://harbor.example/index\"\n"
	}
	return out
}

func TestAmIAffectedFindsAndSpares(t *testing.T) {
	t.Parallel()
	s := outgoing()
	sum := sha256.Sum256([]byte("bad archive"))
	s.Crates[0].Bad[0].SHA256 = hex.EncodeToString(sum[:])
	s.Crates[1].Bad[0].SHA256 = ""
	docs, err := Documents(s, AmIAffected)
	if err != nil {
		t.Fatal(err)
	}
	script := docs[0].Text
	home, work := t.TempDir(), t.TempDir()
	put(t, lockOf("arraykit", "0.3.9", "my-arraykit", "0.3.10", "append-log", "0.1.90"), work, "good", "Cargo.lock")
	put(t, "good", home, ".cargo/registry/cache/harbor-1/arraykit-0.3.9.crate")
	out, errs, code := shell(t, script, home, work)
	if code != 0 || out != "Nothing found.\n" || errs != "" {
		t.Fatalf("a clean machine: %d %q %q", code, out, errs)
	}

	put(t, "other content", home, ".cargo/registry/cache/other-2/arraykit-0.3.10.crate")
	if out, _, code = shell(t, script, home, work); code != 0 || !strings.Contains(out, "same name, other content  arraykit 0.3.10") {
		t.Fatalf("a crate of that name from elsewhere: %d %q", code, out)
	}

	put(t, "bad archive", home, ".cargo/registry/cache/harbor-1/arraykit-0.3.10.crate")
	put(t, "x", home, ".cargo/registry/src/harbor-1/proc-makro1-1.0.107/Cargo.toml")
	put(t, "no hash known", home, ".cargo/registry/cache/harbor-1/append-log-0.1.9.crate")
	put(t, lockOf("serde", "1.0.0", "append-log", "0.1.9"), work, "a b'c$(touch pwned)=d", "Cargo.lock")
	put(t, lockOf("proc-makro1", "1.0.106"), work, "x=y", "Cargo.lock")
	put(t, lockOf("arraykit", "0.3.10"), work, "esc\x1b[31m\rape", "Cargo.lock")
	out, _, code = shell(t, script, home, work)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, want := range []string{
		"FETCHED  arraykit 0.3.10  ", "FETCHED  append-log 0.1.9  ", "UNPACKED proc-makro1 1.0.107  ",
		"LOCKED   append-log 0.1.9  ./a b'c$(touch pwned)=d/Cargo.lock", "LOCKED   proc-makro1 1.0.106  ./x=y/Cargo.lock", "LOCKED   arraykit 0.3.10  ./esc[31mape/Cargo.lock",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %q", want, out)
		}
	}
	if code != 1 || len(lines) != 7 {
		t.Errorf("%d, %d lines: %q", code, len(lines), out)
	}
	if found, _ := filepath.Glob(filepath.Join(work, "*", "pwned")); len(found) > 0 || exists(filepath.Join(work, "pwned")) {
		t.Error("a folder's name was run")
	}
	if out, _, code = shell(t, script, t.TempDir(), work, "x=y"); code != 1 || out != "LOCKED   proc-makro1 1.0.106  ./x=y/Cargo.lock\n" {
		t.Errorf("a folder named x=y: %d %q", code, out)
	}
	if _, errs, code = shell(t, script, t.TempDir(), work, "absent"); code != 2 || !strings.Contains(errs, "There is no folder ./absent") {
		t.Errorf("nothing to look at: %d %q", code, errs)
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// The short commands of posts and mails do what they say.
func TestTheShortCommandsWork(t *testing.T) {
	t.Parallel()
	files, lock, err := checkCommands(outgoing())
	if err != nil {
		t.Fatal(err)
	}
	home, work := t.TempDir(), t.TempDir()
	put(t, "x", home, ".cargo/registry/cache/harbor-1/proc-makro1-1.0.107.crate")
	put(t, "x", home, ".cargo/registry/cache/harbor-1/proc-makro1-1.0.105.crate")
	put(t, lockOf("arraykit", "0.3.10", "arraykit", "0.3.9", "xarraykit", "0.3.10"), work, "Cargo.lock")
	if out, errs, code := shell(t, files, home, work); code != 0 || !strings.HasSuffix(out, "/proc-makro1-1.0.107.crate\n") || strings.Count(out, "\n") != 1 {
		t.Errorf("%d %q %q", code, out, errs)
	}
	if out, errs, code := shell(t, lock, home, work); code != 0 || out != "arraykit 0.3.10\n" {
		t.Errorf("%d %q %q", code, out, errs)
	}
}

func TestHostileNamesAreRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Sheet){
		func(s *Sheet) { s.Crates[0].Name = "a'; rm -rf ~ #" },
		func(s *Sheet) { s.Crates[0].Name = "$(id)" },
		func(s *Sheet) { s.Crates[0].Name = "a\nb" },
		func(s *Sheet) { s.Crates[0].Name = "../../etc" },
		func(s *Sheet) { s.Crates[0].Name = "" },
		func(s *Sheet) { s.Crates[0].Bad[0].Num = "1.0.0' ." },
		func(s *Sheet) { s.Crates[0].Bad[0].Num = "1.0.0\n2.0.0" },
		func(s *Sheet) { s.Crates[0].Bad[0].Num = "1" },
		func(s *Sheet) { s.Crates[0].Bad[0].SHA256 = strings.Repeat("g", 64) },
		func(s *Sheet) { s.Crates[0].Bad[0].SHA256 = "'" },
	} {
		s := outgoing()
		change(&s)
		for _, f := range []Format{AmIAffected, Blog, MailDependents} {
			docs, err := Documents(s, f)
			if cratewarden.KindOf(err) != cratewarden.Invalid {
				t.Errorf("%s of %q %q: %v %v", f, s.Crates[0].Name, s.Crates[0].Bad[0].Num, err, docs)
			}
		}
	}
}

// Titles and registry names get into the script's comments only.
func TestHostileTextsDoNotRun(t *testing.T) {
	t.Parallel()
	s := hostile()
	s.Title = "a\ntouch pwned\n'; touch pwned; $(touch pwned) `touch pwned` {{list}}"
	docs, err := Documents(s, AmIAffected)
	if err != nil {
		t.Fatal(err)
	}
	home, work := t.TempDir(), t.TempDir()
	put(t, lockOf("serde", "1.0.0"), work, "Cargo.lock")
	if out, errs, code := shell(t, docs[0].Text, home, work); code != 0 || out != "Nothing found.\n" || exists(filepath.Join(work, "pwned")) {
		t.Errorf("%d %q %q", code, out, errs)
	}
}
