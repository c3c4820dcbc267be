package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cratewarden/telemetry/logtest"
)

// printedVariable names the folder that keeps what commands of stories print.
const printedVariable = "CRATEWARDEN_TEST_PRINTED"

// watched is the program as stories run it: it prints as ever, and leaves a copy
// with the tests.
func watched() {
	dir, err := os.MkdirTemp(os.Getenv(printedVariable), "")
	if err != nil {
		panic(err) // or stories would run unread
	}
	copied := func(name string, to io.Writer) io.Writer {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			panic(err)
		}
		return &copyTo{to, file}
	}
	if err := os.WriteFile(filepath.Join(dir, "args"), []byte(strings.Join(os.Args[1:], " ")), 0o600); err != nil {
		panic(err)
	}
	os.Exit(program(os.Args[1:], os.Stdin, copied("out", os.Stdout), copied("err", os.Stderr)))
}

// copyTo writes to the first and tells how that went; the copy is for the tests.
type copyTo struct{ first, second io.Writer }

func (c *copyTo) Write(p []byte) (int, error) {
	_, _ = c.second.Write(p)
	return c.first.Write(p)
}

// reveals says whether a command's very purpose is to print something private:
// what is masked elsewhere, with its opening in the ledger, or a secret in the
// moment of its making. Only its standard output may hold it.
func reveals(args string) bool {
	return strings.HasPrefix(args, "user ") && strings.Contains(args, " --open") ||
		strings.HasPrefix(args, "evidence open ") || strings.HasPrefix(args, "api-token new ")
}

// printedIsPrivate searches what all commands of all stories printed, logs
// included, and gives the exit code of the tests.
func printedIsPrivate(dir string, to io.Writer) (code int) {
	commands, err := os.ReadDir(dir)
	if err != nil {
		panic(err)
	}
	for _, c := range commands {
		args := read(dir, c.Name(), "args")
		var printed logtest.Watch
		_, _ = printed.Write(withoutOwnWords(read(dir, c.Name(), "err")))
		if !reveals(string(args)) {
			_, _ = printed.Write(read(dir, c.Name(), "out"))
		}
		code = max(code, printed.Judge(to, fmt.Sprintf("lines of %q", args)))
	}
	return code
}

// withoutOwnWords leaves out the refusals that quote what their reader has just
// typed, which tell where the address is that must go.
func withoutOwnWords(text []byte) (rest []byte) {
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("cratewarden: The public reason holds the ")) {
			rest = append(rest, line...)
		}
	}
	return rest
}

// The search must find what it is there for.
func TestPrintedIsSearched(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args, out, err string
		code           int
	}{
		"nothing":                {"crate serde", "serde 1.0.200", "", 0},
		"an address":             {"crate serde", "jane@example.net", "", 1},
		"an address in a log":    {"user 7 --open", "", "level=WARN msg=failed mail=jane@example.net", 1},
		"opened on the record":   {"user 7 --open --reason x", "jane@example.net", "", 0},
		"a secret":               {"people", "cwd_0123456789abcdefghijklmnop", "", 1},
		"a secret as it is made": {"api-token new ci", "cwd_0123456789abcdefghijklmnop", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "1"), 0o700); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"args": c.args, "out": c.out, "err": c.err} {
				if err := os.WriteFile(filepath.Join(dir, "1", file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := printedIsPrivate(dir, io.Discard); got != c.code {
				t.Errorf("code %d, want %d", got, c.code)
			}
		})
	}
}

func read(path ...string) []byte {
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil && !os.IsNotExist(err) {
		panic(err)
	}
	return bytes.TrimSpace(text)
}
