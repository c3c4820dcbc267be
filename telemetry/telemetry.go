// Package telemetry is how the running program tells its operators what it
// does: structured logs, one request id that stands on the page, in the answer
// and in the log, Prometheus metrics, and the two health addresses. It never
// logs a query string, a header or a body, because people paste secrets and
// addresses into those.
package telemetry

import (
	"io"
	"log/slog"
)

// NewLogger writes lines for people when to a terminal and JSON otherwise. No
// mail address, IP address or secret is ever in one.
func NewLogger(w io.Writer, terminal bool, level slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if terminal {
		return slog.New(Veil(slog.NewTextHandler(w, opts)))
	}
	return slog.New(Veil(slog.NewJSONHandler(w, opts)))
}
