package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// A database address is never shown, whatever is wrong with it: somebody pasted
// a password into it.
func TestPasswordsAreNotShown(t *testing.T) {
	t.Parallel()
	dump := filepath.Join("..", "..", "registry", "dump", "testdata", "small.tar.gz")
	for _, address := range []string{
		"user:s3cret", "s3cret", "mysql://u:s3cret@h/x", "postgres://u:s3cret word@h/x", "postgres://u:s3cret@[::bad/x",
		"postgres://u:s3cret%zz@h/x", "postgres://u:s3cret@127.0.0.1:1/x", "host=/nowhere password=s3cret", "host=h password='s3cret",
	} {
		for _, args := range [][]string{
			{"import", "--dump", dump, "--registry-url", address},
			{"check-registry", "--registry-url", address},
			{"migrate", "--console-url", address},
			{"serve", "--addr", "127.0.0.1:0", "--registry-url", address, "--console-url", address},
		} {
			var out bytes.Buffer
			err := run(t.Context(), args, strings.NewReader(""), &out, &out)
			if code := explain(err, &out); code != 2 && code != 6 {
				t.Errorf("%s %s: exit code %d", args[0], address, code)
			}
			if strings.Contains(out.String(), "s3cret") {
				t.Errorf("%s shows the password: %s", args[0], out.String())
			}
		}
	}
}
