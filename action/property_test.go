package action

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Apply then undo leaves every table as before, whatever the plan; and the
// effect of an apply is what its review showed.
func TestUndoIsTheInverse(t *testing.T) {
	t.Parallel()
	k := newKitOn(t, smallTemplate())
	things := k.sample()
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "plan"), 1))
		list := randomSteps(t, r, things, 12)
		if len(list) == 0 {
			return
		}
		before := k.tables()
		p, err := k.Draft(t.Context(), k.who, Order{Title: "random", Steps: list}, "")
		if err != nil {
			rt.Fatal(err)
		}
		p, preview, err := k.Review(t.Context(), k.who, p.ID)
		if err != nil {
			rt.Fatal(err)
		}
		if p.Blocked {
			k.same(before, k.tables()) // a review changes nothing, whatever it finds
			return
		}
		p, _ = k.apply(p, preview)
		k.undone(p)
		k.same(before, k.tables())
	})
}
