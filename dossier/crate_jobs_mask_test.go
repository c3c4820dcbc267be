package dossier

import (
	"encoding/json"
	"testing"
)

func TestPayloadsAreMasked(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"krate":"serde"}`: `{"krate":"serde"}`, `null`: `null`, `{"version":"serde@1.0.200"}`: `{"version":"serde@1.0.200"}`,
		`{"to":"jane@example.com","n":1}`:          `{"to":"[mail address]","n":1}`,
		`{"password":"hunter2"}`:                   `"hidden: it holds personal data"`,
		`["203.0.113.9",{"a":"x at 2001:db8::1"}]`: `["[IP address]",{"a":"x at [IP address]"}]`,
	} {
		got := masked(json.RawMessage(data))
		if string(got) != want || !json.Valid(got) {
			t.Errorf("%s: %s", data, got)
		}
	}
}
