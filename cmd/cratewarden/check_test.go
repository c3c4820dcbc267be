package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/check"
	"cratewarden/registry/schema"
)

// The owner of a complete registry may do everything; the session of the
// command itself must not make it look otherwise.
func TestCheckRegistryTellsTheOwnersRights(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, pgtest.Template{Name: "registry", Build: schema.Create})
	var out bytes.Buffer
	if err := run(t.Context(), []string{"check-registry", "--registry-url", url, "--json"}, nil, &out, &out); err != nil {
		t.Fatal(err)
	}
	var report check.Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	for _, c := range check.Capabilities() {
		if c != check.Jobs && !report.Can(c) {
			t.Errorf("the owner cannot %s: %s", c, out.String())
		}
	}
}

// A name that is no role is an error, not an empty script that does nothing.
func TestGrantsForNobodyAreRefused(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]cratewarden.Kind{"public": cratewarden.Invalid, strings.Repeat("a", 64): cratewarden.Invalid, "reader": ""} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{"check-registry", "--grants", role}, nil, &out, &out); cratewarden.KindOf(err) != want {
			t.Errorf("%s: %v", role, err)
		}
	}
}
