package dossier

import (
	"testing"

	"cratewarden/mirror"
)

// However many pasts are kept, they take no more room than is allowed, and the
// last one is there.
func TestPastsAreBounded(t *testing.T) {
	t.Parallel()
	var k pasts
	for id := range int32(2000) {
		p := &accountPast{active: make([]mirror.Owner, 1000)}
		k.keep(id%1500, p)
		if k.kept[id%1500] != p {
			t.Fatalf("the past of %d is not kept", id)
		}
	}
	sum := 0
	for _, p := range k.kept {
		sum += p.bytes()
	}
	if sum != k.bytes || sum > pastBytes || sum < pastBytes/2 {
		t.Errorf("%d pasts take %d bytes, counted as %d", len(k.kept), sum, k.bytes)
	}
}
