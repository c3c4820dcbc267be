package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/telemetry"
)

// publicPrefix is where the ledger's public files are, when switched on.
const publicPrefix = "/public-ledger/"

// publicFiles are what strangers may read of a ledger; *ledger.Log is one.
type publicFiles interface {
	Public(ctx context.Context, path string) (content []byte, settled bool, err error)
}

// publicLedger serves the ledger's signed heads and hashes to everybody, for
// whoever wants to notice if its past were rewritten. It is switched on with
// "serve --public-ledger" and has no entries.
func publicLedger(files publicFiles, limit limiter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if ok, wait := limit("request", clientAddress(r)); !ok {
			w.Header().Set("Retry-After", fmt.Sprint(math.Ceil(max(wait, time.Second).Seconds())))
			http.Error(w, "That was asked too often. Wait and try again.", http.StatusTooManyRequests)
			return
		}
		content, settled, err := files.Public(r.Context(), r.PathValue("path"))
		switch err = pg.Map(err); {
		case cratewarden.KindOf(err) == cratewarden.NotFound:
			http.Error(w, cratewarden.MessageOf(err), http.StatusNotFound)
			return
		case err != nil:
			telemetry.Add(r.Context(), slog.String("err", err.Error()))
			http.Error(w, "The ledger cannot be read now.", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=30")
		if settled {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		_, _ = w.Write(content) // who goes away needs none
	})
}
