package main

import (
	"bytes"
	"strings"
	"testing"

	"cratewarden"
)

// A person is asked for the incident; a script is told how to name one and goes on.
func TestPlansAskForAnIncident(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"inc-12\n": "INC-12", "none\n": "none", "\n": "", " INC-7 \n": "INC-7"} {
		var out bytes.Buffer
		got, err := whichIncident(env{stdin: strings.NewReader(typed), stdout: &out})
		if err != nil || got != want || !strings.Contains(out.String(), "Which incident") {
			t.Errorf("%q: %q, %v, %s", typed, got, err, &out)
		}
	}
	if _, err := whichIncident(env{stdin: strings.NewReader(""), stdout: new(bytes.Buffer)}); cratewarden.KindOf(err) != cratewarden.Canceled {
		t.Errorf("nobody there: %v", err)
	}
	for _, c := range []struct {
		d     doing
		named string
		told  bool
	}{
		{doing{}, "", true}, {doing{Yes: true}, "", true}, {doing{asking: asking{JSON: true}}, "", true}, {doing{DryRun: true}, "", false}, {doing{}, "INC-3", false}, {doing{}, "none", false},
	} {
		var told bytes.Buffer
		got, err := c.d.belongs(env{stdin: strings.NewReader("INC-9\n"), stdout: new(bytes.Buffer), stderr: &told}, c.named)
		if err != nil || got != c.named || strings.Contains(told.String(), "--incident INC-12") != c.told {
			t.Errorf("%+v %q: %q, %v, %s", c.d, c.named, got, err, &told)
		}
	}
}
