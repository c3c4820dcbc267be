package telemetry

import (
	"context"
	"fmt"
	"log/slog"

	"cratewarden"
)

// veil hides mail addresses, IP addresses and secrets in everything that is
// logged. Nobody means to log one; but causes of errors are texts of others, of
// databases, mail servers and sign-in providers, and a log goes to more people
// than the console's pages do. What is hidden is named by its kind.
type veil struct{ slog.Handler }

// Veil gives a handler before which nothing private passes.
func Veil(h slog.Handler) slog.Handler { return veil{h} }

// Handle implements slog.Handler.
func (v veil) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, cratewarden.HideTraces(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(hidden(a))
		return true
	})
	return v.Handler.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (v veil) WithAttrs(attrs []slog.Attr) slog.Handler {
	out := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		out[i] = hidden(a)
	}
	return veil{v.Handler.WithAttrs(out)}
}

// WithGroup implements slog.Handler.
func (v veil) WithGroup(name string) slog.Handler { return veil{v.Handler.WithGroup(name)} }

func hidden(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, cratewarden.HideTraces(value.String()))
	case slog.KindGroup:
		members := value.Group()
		out := make([]slog.Attr, len(members))
		for i, m := range members {
			out[i] = hidden(m)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(out...)}
	case slog.KindAny:
		text := fmt.Sprint(value.Any())
		if _, fails := value.Any().(error); fails || len(cratewarden.Traces(text)) > 0 {
			return slog.String(a.Key, cratewarden.HideTraces(text))
		}
	}
	return slog.Attr{Key: a.Key, Value: value}
}
