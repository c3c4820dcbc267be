package action

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Apply then undo leaves every table as before, whatever the plan; and the
// effect of an apply is what its review showed. Now and then a plan is not
// undone, so the registry wanders.
func TestUndoIsTheInverse(t *testing.T) {
	t.Parallel()
	k := newKitOn(t, smallTemplate())
	things := k.sample()
	applied := map[string]int{} // by kind
	rapid.Check(t, func(rt *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "plan"), 1))
		list := randomSteps(t, r, things, 12)
		before := k.tables()
		for len(list) > 0 {
			p, err := k.Draft(t.Context(), k.who, Order{Title: "random", Steps: list}, "")
			if err != nil {
				rt.Fatal(err)
			}
			p, preview, err := k.Review(t.Context(), k.who, p.ID)
			if err != nil {
				rt.Fatal(err)
			}
			if p.Blocked { // a review changes nothing, whatever it finds
				list = withoutBlocked(list, preview)
				continue
			}
			p, _ = k.apply(p, preview)
			if r.IntN(4) == 0 { // it stays, so that the next plan meets another registry
				before = k.tables()
				break
			}
			k.undone(p)
			for _, s := range k.decoded(p) {
				applied[s.Kind]++
			}
			break
		}
		k.same(before, k.tables())
	})
	t.Log(applied)
	if t.Failed() {
		return
	}
	var never []string // chance may leave out one or two
	for _, c := range chances() {
		if applied[c.kind] == 0 {
			never = append(never, c.kind)
		}
	}
	if len(never) > 3 {
		t.Errorf("no random plan was ever applied with any of %v", never)
	}
}

func (k *kit) decoded(p Plan) []Step {
	k.t.Helper()
	list, err := k.catalogue.Decode(p.Steps)
	if err != nil {
		k.t.Fatal(err)
	}
	return list
}

// withoutBlocked leaves out the steps that a review forbids.
func withoutBlocked(list []StepText, f *Effect) (out []StepText) {
	bad := map[int]bool{}
	for _, g := range f.Blocks() {
		bad[g.Step] = true
	}
	for i, s := range list {
		if !bad[i+1] {
			out = append(out, s)
		}
	}
	return out
}
