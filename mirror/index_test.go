package mirror

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// rowOf finds what a binary search finds, whatever the gaps.
func TestRowOf(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		id := rapid.OneOf(rapid.Int32Range(-2, 40), rapid.Int32())
		ids := rapid.SliceOfDistinct(id, func(n int32) int32 { return n }).Draw(r, "ids")
		slices.Sort(ids)
		for _, ask := range append(rapid.SliceOf(id).Draw(r, "asked"), ids...) {
			at, found := rowOf(ids, ask)
			wantAt, want := slices.BinarySearch(ids, ask)
			if found != want || found && at != wantAt {
				r.Fatalf("%d in %v: %d %v, want %d %v", ask, ids, at, found, wantAt, want)
			}
		}
	})
}
