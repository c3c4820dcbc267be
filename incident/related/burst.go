package related

import (
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/mirror"
)

// growBurst finds the flood that a crate is part of: many crates that one
// account made within two days, small, left alone since, and used by nobody.
func (h *hunt) growBurst(n *node, crate, account int32) bool {
	c, ok := h.m.CrateRow(crate)
	if !ok {
		return false
	}
	var hollow []mirror.Crate
	for v := range h.published(account, c.CreatedAt.Add(-burstWithin)) {
		if v.CreatedAt.Sub(c.CreatedAt) > burstWithin || !h.firstOf(v) {
			continue
		}
		if o, ok := h.m.CrateRow(v.CrateID); ok && h.hollow(o) {
			hollow = append(hollow, o)
		}
	}
	slices.SortFunc(hollow, func(a, b mirror.Crate) int { return a.CreatedAt.Compare(b.CreatedAt) })
	flood := around(hollow, crate)
	if len(flood) < burstLeast {
		return false
	}
	took := flood[len(flood)-1].CreatedAt.Sub(flood[0].CreatedAt)
	for _, o := range flood {
		k := key{crateKind, o.ID}
		if known := h.nodes[k]; known != nil && known.ticked && slices.ContainsFunc(known.links, func(r Reason) bool { return r.Rule == "flood" }) {
			continue
		}
		h.sure(k, n, "flood", fmt.Sprintf("One of %d crates that %s made within %s, small, left alone since, and used by nobody.", len(flood), h.login(account), cratewarden.Span(took)),
			fact("crates", len(flood)), fact("first", flood[0].CreatedAt), fact("last", flood[len(flood)-1].CreatedAt), fact("made", o.CreatedAt))
	}
	return true
}

// around gives the longest run of crates within the time of a flood that holds
// a certain crate; list is by time.
func around(list []mirror.Crate, crate int32) (best []mirror.Crate) {
	first := 0
	for i := range list {
		for list[i].CreatedAt.Sub(list[first].CreatedAt) > burstWithin {
			first++
		}
		run := list[first : i+1]
		if len(run) > len(best) && slices.ContainsFunc(run, func(c mirror.Crate) bool { return c.ID == crate }) {
			best = run
		}
	}
	return best
}

func (h *hunt) hollow(c mirror.Crate) bool {
	versions := h.m.Versions(c.ID)
	if len(versions) == 0 || len(versions) > burstVersions || slices.ContainsFunc(versions, func(v mirror.Version) bool { return v.Size > burstBytes }) {
		return false
	}
	for range h.m.DependentVersions(c.ID) {
		return false
	}
	return true
}
