package action

import (
	"strings"
	"testing"

	"cratewarden"
)

// A public reason that leads to a person is refused before there is a plan, in
// a new plan and in an edited one.
func TestPublicReasonLeadsToNobody(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	yank := steps(t, "version.yank", Yank{VersionRef: VersionRef{Crate: "arraykit", Version: "9.9.9"}})
	for _, reason := range []string{"mail jane@example.com", "jane at example dot com", "thanks @jane", "from 203.0.113.9"} {
		_, err := k.Draft(t.Context(), k.who, Order{Public: reason, Steps: yank}, "")
		if cratewarden.KindOf(err) != cratewarden.Invalid || !strings.Contains(cratewarden.MessageOf(err), "public reason") {
			t.Errorf("%q: %v", reason, err)
		}
	}
	p, err := k.Draft(t.Context(), k.who, Order{Public: "Replaced by arraykit@1.0.1.", Internal: "reported by jane@example.com", Steps: yank}, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Edit(t.Context(), k.who, p.ID, p.Revision, Order{Public: "ask jane＠example．com", Steps: yank})
	if cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Errorf("edited: %v", err)
	}
}

// So are the texts of steps that the registry itself publishes.
func TestPublicTextOfAStepLeadsToNobody(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var crate, num string
	if err := k.registry.QueryRow(t.Context(), `SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE NOT v.yanked ORDER BY v.id LIMIT 1`).Scan(&crate, &num); err != nil {
		t.Fatal(err)
	}
	ref := VersionRef{Crate: crate, Version: num}
	if got := k.blocked("version.yank", Yank{VersionRef: ref, Message: "ask jane (at) example.com"}); got != "public-text" {
		t.Errorf("guards %q", got)
	}
	if p, effect := k.reviewed("version.yank", Yank{VersionRef: ref, Message: "use " + crate + "@1.2.3"}); p.Blocked {
		t.Errorf("false alarm: %+v", effect.Guards)
	}
}
