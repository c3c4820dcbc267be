package related

import (
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// growBurst finds the flood that a crate is part of. One that is found has led to
// all its crates.
func (h *hunt) growBurst(n *node, crate, account int32) bool {
	if h.bursts[crate] {
		return true
	}
	flood := h.flood(crate, account)
	if flood == nil {
		return false
	}
	text := h.floodText(flood, account)
	for _, o := range flood {
		h.bursts[o.ID] = true
		h.sure(key{crateKind, o.ID}, n, "flood", text, floodFacts(flood, o)...)
	}
	return true
}

// offerHollow offers an account's crates that look as if they were squatted, if
// they did not come as a flood: those of somebody who collects names slowly, or
// sends a few. Somebody who begins has such crates, too.
// All are offered if the account itself is named, else the newest of them.
func (h *hunt) offerHollow(n *node, account int32, all bool) {
	if h.hollowed[account] {
		return
	}
	h.hollowed[account] = true
	newest := h.m.PublishedBy(account, 0, 1)
	begins := len(newest) > 0 && h.newcomer(account, newest[0].CreatedAt)
	var hollow []mirror.Crate
	for v := range h.published(account, time.Time{}) {
		if c, ok := h.m.CrateRow(v.CrateID); ok && h.firstOf(v) && h.unused(c) && (begins || h.small(c)) {
			hollow = append(hollow, c)
		}
	}
	slices.SortFunc(hollow, func(a, b mirror.Crate) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for i, c := range slices.Backward(hollow) {
		if len(hollow)-i > mostHollow && !all {
			h.note("%s made %d crates that nobody uses, of which %d are shown. Name the account to see all.", h.login(account), len(hollow), mostHollow)
			return
		}
		h.link(key{crateKind, c.ID}, n, "same-account", fmt.Sprintf("One of %d crates that %s made, left alone since, and used by nobody.", len(hollow), h.login(account)), fact("made", c.CreatedAt))
	}
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
			if c, ok := h.m.CrateRow(v.CrateID); ok && h.firstOf(v) && h.unused(c) && h.small(c) {
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
	at := slices.IndexFunc(list, func(c mirror.Crate) bool { return c.ID == crate })
	if at < 0 {
		return nil
	}
	first := 0
	for i := range list {
		for list[i].CreatedAt.Sub(list[first].CreatedAt) > burstWithin {
			first++
		}
		if run := list[first : i+1]; first <= at && at <= i && len(run) > len(best) {
			best = run
		}
	}
	return best
}

func (h *hunt) small(c mirror.Crate) bool {
	return !slices.ContainsFunc(h.versions(c.ID), func(v mirror.Version) bool { return v.Size > burstBytes })
}

// unused says that a crate was left alone after its first days, and that nobody
// depends on it.
func (h *hunt) unused(c mirror.Crate) bool {
	if n := len(h.m.VersionIDs(c.ID)); n == 0 || n > burstVersions {
		return false
	}
	for range h.m.DependentVersions(c.ID) {
		return false
	}
	return true
}
