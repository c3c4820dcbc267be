package main

import (
	"strings"
	"testing"

	"cratewarden/action"
)

func TestPlanFiles(t *testing.T) {
	t.Parallel()
	text, err := parsePlan([]byte("title: t\nsteps:\n- {do: version.yank, crate: 7zip, version: 1.0}\n- {do: name.block, name: a, until: 2027-01-01}\n- {do: token.revoke, token: 12}\n- {do: crate.trustpub_only, crate: a, on: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`{"crate":"7zip","do":"version.yank","version":"1.0"}`, `{"do":"name.block","name":"a","until":"2027-01-01T00:00:00Z"}`,
		`{"do":"token.revoke","token":12}`, `{"crate":"a","do":"crate.trustpub_only","on":true}`}
	for i, w := range want {
		if got := string(text.Steps[i]); got != w {
			t.Errorf("%s, want %s", got, w)
		}
	}
	if _, err := action.NewCatalogue().Decode(text.Steps); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "steps: 7", "a: b", "steps: []\nsteps: []", "x: &a [1]\nsteps: [*a]", "steps: [\n", strings.Repeat("[", 40) + strings.Repeat("]", 40)} {
		if _, err := parsePlan([]byte(bad)); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

func FuzzPlanFiles(f *testing.F) {
	f.Add([]byte("title: t\nsteps:\n- {do: version.yank, crate: a, version: 1.0}\n"))
	f.Add([]byte(`{"steps":[{"do":"job.enqueue","type":"dump_db","data":{"schema":null}}]}`))
	f.Add([]byte("a: !!binary aGVsbG8=\n? [x]\n: y\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if text, err := parsePlan(raw); err == nil {
			_, _ = action.NewCatalogue().Decode(text.Steps)
		}
	})
}
