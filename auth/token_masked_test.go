package auth_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cratewarden/auth"
)

// Others see that a token is bound to networks and has a name, and neither.
func TestAPITokenAsOthersSeeIt(t *testing.T) {
	t.Parallel()
	own := auth.APIToken{ID: "t1", Name: "Ann's laptop", Networks: []string{"192.0.2.7/32", "2001:db8::1/128"}}
	got := own.Masked()
	if diff := cmp.Diff(auth.APIToken{ID: "t1", Name: "A•••••••••••", Networks: []string{"•••.•••.•••.•••", "••••:••••:••••"}}, got); diff != "" {
		t.Error(diff)
	}
	if own.Networks[0] != "192.0.2.7/32" {
		t.Error("the owner's own was changed")
	}
}
