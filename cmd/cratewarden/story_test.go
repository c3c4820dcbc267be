package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cratewarden/demo"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// TestStories runs the scripts below testdata/script, each the story of one
// command as a person at a terminal lives it.
func TestStories(t *testing.T) {
	t.Parallel()
	address, records := demoAddress(t), ledgerConsole(t)
	registry := pgtest.Template{Name: "registry", Build: schema.Create}
	empty := pgtest.Template{Name: "empty"}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			t := env.T().(testing.TB)
			env.Setenv("CRATEWARDEN_SERVER", address)
			env.Setenv("LEDGER_SERVER", records.address)
			env.Setenv("LEDGER_TOKEN", records.token)
			env.Setenv("RECORDS", records.console)
			if err := os.WriteFile(filepath.Join(env.WorkDir, "records.key.pub"), records.public, 0o600); err != nil {
				return err
			}
			env.Setenv("REGISTRY", pgtest.URL(t, registry))
			env.Setenv("EMPTY", pgtest.URL(t, empty))
			env.Setenv("CONSOLE", pgtest.URL(t, empty))
			env.Setenv("INC", opened(t, address))
			env.Setenv("TZ", "UTC")
			env.Setenv(printedVariable, os.Getenv(printedVariable))
			env.Setenv(keyringVariable, filepath.Join(env.WorkDir, "sessions.json"))
			sample, err := os.ReadFile(filepath.Join("..", "..", "registry", "dump", "testdata", "small.tar.gz"))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(env.WorkDir, "small.tar.gz"), sample, 0o600); err != nil {
				return err
			}
			write := func(name, text string) error {
				return os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text), 0o600)
			}
			if err := write("token.txt", demo.DemoAPIToken+"\n"); err != nil {
				return err
			}
			return write("publisher.txt", demo.DemoPublisherToken+"\n")
		},
	})
}

// opened gives an open case of a console for what stories do there, the same for
// all.
func opened(t testing.TB, address string) string {
	t.Helper()
	var out, trouble bytes.Buffer
	args := []string{"incident", "new", "What the stories do", "--kind", "service", "--about", "lanewise", "--key", "stories", "--server", address, "--as", "ada", "--json"}
	err := run(t.Context(), args, strings.NewReader(""), &out, &trouble)
	id := regexp.MustCompile(`INC-\d+`).FindString(out.String())
	if err != nil || id == "" {
		t.Fatalf("%v\n%s%s", err, &out, &trouble)
	}
	return id
}
