package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cratewarden/action"
)

func TestHeldLookReadsSeldom(t *testing.T) {
	t.Parallel()
	now, asked := time.Unix(1e9, 0), []string{}
	var list []action.HeldVersion
	var fail error
	l := newHeldLook(func(_ context.Context, crate string) (out []action.HeldVersion, err error) {
		asked = append(asked, crate)
		for _, h := range list {
			if crate == "" || crate == h.Crate {
				out = append(out, h)
			}
		}
		return out, fail
	})
	l.clock = func() time.Time { return now }
	expect := func(what, crate string, n int, reads ...string) {
		t.Helper()
		asked = []string{}
		got, err := l.held(t.Context(), crate)
		if !errors.Is(err, fail) || len(got) != n || fmt.Sprint(asked) != fmt.Sprint(reads) {
			t.Errorf("%s: %d held, %v, read %q", what, len(got), err, asked)
		}
	}
	fail = errors.New("away")
	expect("a failure is told", "a", 0, "")
	expect("and not kept", "a", 0, "")
	fail = nil
	expect("nothing is held", "a", 0, "")
	list = append(list, action.HeldVersion{ID: 1, Crate: "a", Num: "1.0.0", Plan: "p", Files: action.FilesHeld, HeldAt: now})
	expect("known to be nothing", "a", 0)
	now = now.Add(heldFresh)
	expect("read again", "a", 1, "")
	expect("of another crate nothing", "b", 0)
	list = nil
	l.renew()
	expect("let go a moment ago", "a", 0, "")
	fail = errors.New("away")
	l.renew()
	expect("what is known is too old", "a", 0, "")
	expect("and stays so", "a", 0, "")
	fail = nil
	list = append(list, action.HeldVersion{ID: 1, Crate: "a", Num: "1.0.0", Plan: "p", Files: action.FilesHeld, HeldAt: now})
	expect("held again", "a", 1, "")
	expect("all", "", 1)
	for i := range heldFew {
		list = append(list, action.HeldVersion{ID: int32(i + 2), Crate: "c", Plan: "p"})
	}
	now = now.Add(heldFresh)
	expect("too many to look through", "a", 1, "", "a")
	now = now.Add(10 * time.Second)
	expect("one crate only", "c", heldFew, "c")
	expect("all again", "", heldFew+1, "")
	if h := l.all[0]; h.ID != 1 || h.Crate != "a" || h.Num != "1.0.0" || h.Plan != "p" || h.Files != "held" || h.Since.IsZero() {
		t.Errorf("%+v", h)
	}
}
