package main

import (
	"log/slog"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// Who serves a real registry lets people act by a flag only.
func TestServeActsWhenItIsTold(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, pgtest.Template{Name: "registry", Build: schema.Create})
	log := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	none, err := actingOptions{}.acting(t.Context(), url, log)
	if err != nil || !strings.Contains(none.why, "--act") || none.may {
		t.Errorf("%+v %v", none, err)
	}
	if _, err := (actingOptions{Act: true, LongestHold: -1}).acting(t.Context(), url, log); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("%v", err)
	}
	may, err := actingOptions{Act: true}.acting(t.Context(), url, log)
	if err != nil || !may.may || may.why != "" {
		t.Errorf("%+v %v", may, err)
	}
}
