package check_test

import (
	"strings"
	"testing"

	"cratewarden/registry/check"
)

// The lists of rights are law for whoever reviews them, so they stand in files that a change shows in.
func TestGrants(t *testing.T) {
	t.Parallel()
	golden(t, "reader.golden", check.Grants("reader", check.ReadOnly))
	golden(t, "warden.golden", check.Grants("warden", check.Acting))
}

func TestGrantsQuoteTheRole(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ role, want string }{
		{`reader`, ` TO "reader";`},
		{`Reader`, ` TO "Reader";`},
		{`x"; DROP TABLE crates; --`, ` TO "x""; DROP TABLE crates; --";`},
		{`current_user`, ` TO "current_user";`},
	} {
		for _, line := range strings.Split(strings.TrimSpace(check.Grants(row.role, check.Acting)), "\n") {
			if !strings.HasSuffix(line, row.want) {
				t.Errorf("%q ends otherwise than %q", line, row.want)
			}
		}
	}
	for _, role := range []string{"", "public", strings.Repeat("r", 64), "a\x00b"} {
		if text := check.Grants(role, check.Acting); !strings.HasPrefix(text, "--") || strings.Count(text, "\n") != 1 {
			t.Errorf("role %q gave %q", role, text)
		}
	}
}
