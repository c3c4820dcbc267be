package related

import (
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// growBurst finds the flood that a crate is part of.
func (h *hunt) growBurst(n *node, crate, account int32) bool {
	flood := h.flood(crate, account)
	if flood == nil {
		return false
	}
	for _, o := range flood {
		h.sure(key{crateKind, o.ID}, n, "flood", h.floodText(flood, account), floodFacts(flood, o)...)
	}
	return true
}

func (h *hunt) floodText(flood []mirror.Crate, account int32) string {
	took := flood[len(flood)-1].CreatedAt.Sub(flood[0].CreatedAt)
	return fmt.Sprintf("One of %d crates that %s made within %s, small, left alone since, and used by nobody.", len(flood), h.login(account), cratewarden.Span(took))
}

func floodFacts(flood []mirror.Crate, c mirror.Crate) []Fact {
	return []Fact{fact("crates", len(flood)), fact("first", flood[0].CreatedAt), fact("last", flood[len(flood)-1].CreatedAt), fact("made", c.CreatedAt)}
}

// flood gives the many crates that one account made within two days, small,
// left alone since, and used by nobody, if a crate is one of them.
func (h *hunt) flood(crate, account int32) []mirror.Crate {
	hollow, known := h.hollows[account]
	if !known {
		for v := range h.published(account, time.Time{}) {
			if c, ok := h.m.CrateRow(v.CrateID); ok && h.firstOf(v) && h.hollow(c) {
				hollow = append(hollow, c)
			}
		}
		slices.SortFunc(hollow, func(a, b mirror.Crate) int { return a.CreatedAt.Compare(b.CreatedAt) })
		h.hollows[account] = hollow
	}
	if run := around(hollow, crate); len(run) >= burstLeast {
		return run
	}
	return nil
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
