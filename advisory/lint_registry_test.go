package advisory

import (
	"slices"
	"testing"
)

// A document of another registry must not speak in the name of crates.io because
// a setting was forgotten.
func TestLintWantsTheRegistrysAddress(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{CSAF20, CSAF21} {
		for address, want := range map[string]bool{"": true, "https://registry.example": false} {
			s := Sheet{Verdict: "malicious", Registry: Registry{Name: "another", URL: address}}
			found := slices.ContainsFunc(LintDocument(s, Document{Format: format, Text: "{}"}), func(p Problem) bool { return p.Rule == "registry-address-missing" && p.Severe })
			if found != want {
				t.Errorf("%s with the address %q: %t", format, address, found)
			}
		}
	}
}
