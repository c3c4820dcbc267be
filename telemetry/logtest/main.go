package logtest

import (
	"fmt"
	"io"
	"log/slog"
	"os"
)

// Main runs a package's tests and fails them if a line that no test took leads
// to a person or holds a secret. Parts that were given no logger write to the
// program's default one, which is ours while the tests run; so does the
// standard library's own log.
func Main(run func() int) int {
	var unasked Watch
	slog.SetDefault(slog.New(slog.NewJSONHandler(&unasked, &slog.HandlerOptions{Level: slog.LevelDebug})))
	return max(run(), unasked.Judge(os.Stderr, "lines without a logger"))
}

// Judge tells what is private of all that was written, and gives the exit code
// of the tests: 0 if nothing is.
func (w *Watch) Judge(to io.Writer, what string) int {
	lines, found := w.Found()
	for _, f := range found[:min(len(found), 20)] {
		_, _ = fmt.Fprintf(to, "not private: %s\n", f)
	}
	if len(found) == 0 {
		return 0
	}
	_, _ = fmt.Fprintf(to, "FAIL: of %d %s, %d are not private\n", lines, what, len(found))
	return 1
}
