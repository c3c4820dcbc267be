package check_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/registry/check"
)

func excess(t *testing.T, conn *pgx.Conn, mode check.Mode) []string {
	t.Helper()
	list, err := check.Excess(t.Context(), conn, mode)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The least grants leave nothing over; anything more is named.
func TestExcess(t *testing.T) {
	t.Parallel()
	for _, mode := range []check.Mode{check.ReadOnly, check.Acting} {
		owner, conn := connectAs(t, mode)
		if got := excess(t, conn, mode); len(got) > 0 {
			t.Errorf("the least grants of mode %d: %q", mode, got)
		}
		role := quotedRole(t, conn)
		exec(t, owner, `GRANT UPDATE (name) ON crates TO `+role+`; GRANT DELETE ON users TO `+role+`; GRANT SELECT (encrypted_token) ON oauth_github TO `+role+`; ALTER ROLE `+role+` CREATEDB`)
		want := []string{"it may make databases", "it may update crates (name)", "it may read oauth_github (encrypted_token)", "it may delete from users"}
		if diff := cmp.Diff(want, excess(t, conn, mode)); diff != "" {
			t.Errorf("mode %d (-want +got):\n%s", mode, diff)
		}
	}
	_, warden := connectAs(t, check.Acting)
	if got := strings.Join(excess(t, warden, check.ReadOnly), "\n"); !strings.Contains(got, "it may delete from crates") {
		t.Errorf("an acting role that is only to read: %s", got)
	}
}

func TestExcessOfOwnersAndSuperusers(t *testing.T) {
	t.Parallel()
	if got := excess(t, connect(t), check.Acting); !slices.Contains(got, "it is a superuser of the server") {
		t.Errorf("the test's own superuser: %q", got)
	}
	owner, conn := connectAs(t, check.Acting)
	role := quotedRole(t, conn)
	exec(t, owner, `ALTER TABLE crates OWNER TO `+role)
	if got := excess(t, conn, check.Acting); !slices.Contains(got, "it owns 1 of the registry's tables, such as crates") {
		t.Errorf("an owner: %q", got)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := check.Excess(t.Context(), conn, check.Acting); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Errorf("closed: %v", err)
	}
}
