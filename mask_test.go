package cratewarden

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMaskMail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "paula@mailcove.example": "p••••@•••••.example", "p@a.io": "p••••@•••••.io", "Ünal@host.DE": "Ü••••@•••••.de",
		"no address": "••••", "@host.org": "•••••@•••••.org", "odd\"@\"x@host.org": "o••••@•••••.org", "a@localhost": "a••••@•••••",
		"root@127.0.0.1": "r••••@•••••", "\xff@x.org": "•••••@•••••.org",
	} {
		if got := MaskMail(in); got != want {
			t.Errorf("MaskMail(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever the address, neither its local part nor its host may be read.
func TestMaskMailHides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringMatching(`[a-z][a-z0-9.+]{2,12}`).Draw(t, "local")
		host := rapid.StringMatching(`[a-z0-9-]{3,12}(\.[a-z0-9]{2,5})?`).Draw(t, "host")
		masked := MaskMail(local + "@" + host + ".example")
		if strings.Contains(masked, local[:3]) || strings.Contains(masked, strings.Split(host, ".")[0]) {
			t.Fatalf("%s@%s.example became %s", local, host, masked)
		}
	})
}

func TestMaskName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "laptop": "l•••••", "Ü": "Ü", "<b>": "•••", strings.Repeat("x", 90): "x" + strings.Repeat("•", 24),
	} {
		if got := MaskName(in); got != want {
			t.Errorf("MaskName(%q) = %q, want %q", in, got, want)
		}
	}
}
