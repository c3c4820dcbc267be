package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestActingStories runs the scripts below testdata/act on a demo of their own,
// because they change it.
func TestActingStories(t *testing.T) {
	t.Parallel()
	own := demoConsole{crates: "600"}
	own.start()
	if own.err != nil {
		t.Fatalf("demo: %v", own.err)
	}
	t.Cleanup(own.stop)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "act"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("CRATEWARDEN_SERVER", own.address)
			env.Setenv("INC", opened(env.T().(testing.TB), own.address))
			env.Setenv("TZ", "UTC")
			env.Setenv(printedVariable, os.Getenv(printedVariable))
			env.Setenv(keyringVariable, filepath.Join(env.WorkDir, "sessions.json"))
			return nil
		},
	})
}
