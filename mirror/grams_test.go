package mirror

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLikeIsExact compares with a count over all names: skipping the commonest
// grams must lose nobody and change no score.
func TestLikeIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.StringMatching(`[abc_]{1,12}`)
		names := rapid.SliceOfN(name, 1, 60).Draw(r, "names")
		q := name.Draw(r, "q")
		least := rapid.SampledFrom([]float32{0.1, 0.3, 0.5, 1}).Draw(r, "least")
		within := rapid.SampledFrom([]lengths{anyLength, {len(q) - 2, len(q) + 2}, {3, 3}, {-1, 0}}).Draw(r, "lengths")
		want := map[uint32]float32{}
		asked := gramsOf(q, nil)
		for i, n := range names {
			shared := float32(0)
			for _, g := range gramsOf(n, nil) {
				if slices.Contains(asked, g) {
					shared++
				}
			}
			score := shared / (float32(len(asked)+len(n)+1) - shared)
			inside := len(n) >= within.low && len(n) <= within.high
			if shared > 0 && inside && score >= least && shared >= least*float32(len(asked)) {
				want[uint32(i)] = score
			}
		}
		got := indexOf(names).like(q, least, len(names), within)
		if len(got) != len(want) {
			r.Fatalf("%q among %q: got %v, want %v", q, names, got, want)
		}
		for _, a := range got {
			if want[a.entry] != a.score {
				r.Fatalf("%q: got %v, want %v", q, a, want[a.entry])
			}
		}
	})
}
