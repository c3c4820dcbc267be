package related

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/mirror"
)

// dependents gives the versions that depend on a crate, if it was young when
// they came, each once. Dependencies for tests only do not count.
func (h *hunt) dependents(crate int32) (out []mirror.Version) {
	c, ok := h.m.CrateRow(crate)
	if !ok {
		return nil
	}
	left := mostDependents
	seen := map[int32]bool{}
	for d := range h.m.DependentVersions(crate) {
		if left--; left < 0 {
			break
		}
		if d.Kind == 2 || seen[d.VersionID] {
			continue
		}
		seen[d.VersionID] = true
		if v, ok := h.m.Version(d.VersionID); ok && v.CreatedAt.Sub(c.CreatedAt) <= young && v.CreatedAt.After(c.CreatedAt) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b mirror.Version) int { return int(a.ID) - int(b.ID) })
	return out
}

// judgeCrate looks for the marks of a crate that was made for an attack. A
// crate with a past is not judged: its bad versions are.
func (h *hunt) judgeCrate(id int32) (out []Reason) {
	versions := h.versions(id)
	if len(versions) == 0 {
		return nil
	}
	newest, first := versions[0], versions[len(versions)-1]
	if !h.wholly(newest) {
		return nil
	}
	if flood := h.flood(id, first.Publisher); flood != nil {
		c, _ := h.m.CrateRow(id)
		out = append(out, conduct("flood", strong, h.floodText(flood, first.Publisher), floodFacts(flood, c)...))
	}
	if h.blame == Squat {
		return out // nothing else matters, and names cost time
	}
	if r := h.imitates(id); r != nil {
		out = append(out, *r)
	}
	if first.Publisher != 0 {
		if h.newcomer(first.Publisher, newest.CreatedAt) {
			out = append(out, conduct("newcomer", weak, fmt.Sprintf("Its publisher %s had published nothing before.", h.login(first.Publisher)), fact("first publish", first.CreatedAt)))
		}
		if r := h.loginImitates(first.Publisher); r != nil {
			out = append(out, *r)
		}
	}
	for _, v := range versions[:min(len(versions), mostLooked)] {
		for _, r := range h.judgeVersion(v.ID) {
			if r.Rule == "young-dependency" || r.Rule == "coordinated" {
				out = appendOnce(out, r)
			}
		}
	}
	if r := h.pulledByMany(id); r != nil {
		out = append(out, *r)
	}
	if r := h.takenAtOnce(id); r != nil {
		out = append(out, *r)
	}
	if major, _, _ := strings.Cut(first.Num, "."); len(major) < 4 || len(major) > 8 || len(major) > 4 && len(major) < 8 {
		if n, err := strconv.Atoi(major); err == nil && n >= internal {
			out = append(out, conduct("high-number", weak, fmt.Sprintf("Its first version is %s: such a number goes before a company's own package of the same name.", first.Num)))
		}
	}
	return out
}

// takers gives who gave their crates a dependency on a crate while it was young,
// strangers to it.
func (h *hunt) takers(id int32) (publishers []int32) {
	for _, v := range h.dependents(id) {
		if v.Publisher != 0 && !slices.Contains(publishers, v.Publisher) && !h.together(v.CrateID, id) {
			publishers = append(publishers, v.Publisher)
		}
	}
	return publishers
}

// crowded says whether so many who are not new took a young crate up that it is
// one that people use. To have taken it up says nothing then.
func (h *hunt) crowded(id int32) bool {
	n, known := h.crowds[id]
	if !known {
		for _, p := range h.takers(id) {
			if c, ok := h.m.CrateRow(id); ok && !h.isNewcomer(p, c.CreatedAt) {
				n++
			}
		}
		h.crowds[id] = n
	}
	if n < crowd {
		return false
	}
	h.note("%d accounts that are not new took %s up while it was younger than %s, so taking it up counts for nothing here. Look at some of them, and name those that are bad.", n, h.crateName(id), cratewarden.Span(young))
	return true
}

// takenAtOnce says that a crate was taken up by one stranger only, and as soon
// as it was there.
func (h *hunt) takenAtOnce(id int32) *Reason {
	c, _ := h.m.CrateRow(id)
	list := h.dependents(id)
	if len(h.takers(id)) != 1 || list[0].CreatedAt.Sub(c.CreatedAt) > takenAtOnce {
		return nil
	}
	r := conduct("taken-at-once", weak, fmt.Sprintf("It was %s old when one stranger gave a crate a dependency on it, and nobody else did.", cratewarden.Span(list[0].CreatedAt.Sub(c.CreatedAt))))
	return &r
}

func appendOnce(list []Reason, r Reason) []Reason {
	if slices.ContainsFunc(list, func(x Reason) bool { return x.Rule == r.Rule }) {
		return list
	}
	return append(list, r)
}

// pulledByMany says that accounts that have nothing to do with one another gave
// their crates the same young dependency within a day.
func (h *hunt) pulledByMany(id int32) *Reason {
	list := h.dependents(id)
	for i, v := range list {
		publishers := []int32{}
		for _, o := range list[i:] {
			if o.Publisher != 0 && o.CreatedAt.Sub(v.CreatedAt).Abs() <= pulled && !slices.Contains(publishers, o.Publisher) && !h.together(o.CrateID, id) {
				publishers = append(publishers, o.Publisher)
			}
		}
		if len(publishers) > 1 {
			weight := strong
			if h.crowded(id) { // or it became known in a day
				weight = weak
			}
			r := conduct("pulled-by-many", weight, fmt.Sprintf("Within %s, %d accounts gave their crates a dependency on it while it was younger than %s.", cratewarden.Span(pulled), len(publishers), cratewarden.Span(young)),
				fact("accounts", len(publishers)), fact("first", v.CreatedAt))
			return &r
		}
	}
	return nil
}

// imitates says whether a crate's name is easily taken for that of an older one
// that is far more used and belongs to somebody else.
func (h *hunt) imitates(id int32) *Reason {
	if r, known := h.imitation[id]; known {
		return r
	}
	h.imitation[id] = nil
	c, ok := h.m.CrateRow(id)
	if !ok || !h.ask() {
		return nil
	}
	for _, l := range h.m.LookalikeCrates(c.Name, 12) {
		o, ok := h.m.CrateRow(l.ID)
		if !ok || l.ID == id || l.Downloads < popularLeast || l.Downloads < popularTimes*max(c.Downloads, 1) || c.CreatedAt.Sub(o.CreatedAt) < olderBy || !slip(c.Name, l.Name) || h.together(id, l.ID) {
			continue
		}
		r := conduct("imitates", strong, fmt.Sprintf("Its name is easily taken for %s, which was downloaded %s times (%s).", l.Name, cratewarden.Thousands(l.Downloads), l.Reason),
			fact("downloads", c.Downloads), fact("downloads of "+l.Name, l.Downloads), fact(l.Name+" made", o.CreatedAt))
		h.imitation[id], h.targets[id] = &r, l.ID
		return &r
	}
	return nil
}

// sameTarget follows a crate that imitates another to those that came at about
// the same time with a name that is easily taken for the same one: who squats
// misspellings takes several, and needs not do so by one account.
func (h *hunt) sameTarget(n *node) {
	target, ok := h.targets[n.id]
	if !ok || !h.ask() {
		return
	}
	c, _ := h.m.CrateRow(n.id)
	for _, l := range h.m.LookalikeCrates(h.crateName(target), 50) {
		o, ok := h.m.CrateRow(l.ID)
		if !ok || o.ID == c.ID || o.CreatedAt.Sub(c.CreatedAt).Abs() > campaign || h.together(o.ID, target) || h.imitates(o.ID) == nil {
			continue
		}
		h.link(key{crateKind, o.ID}, n, "same-target", fmt.Sprintf("Its name, too, is easily taken for %s, and it came within %s of %s.", h.crateName(target), cratewarden.Span(campaign), c.Name), fact("made", o.CreatedAt))
	}
}

// ask takes one of the questions for look-alikes, which cost milliseconds.
func (h *hunt) ask() bool {
	if h.alike--; h.alike < 0 {
		h.note("More than %d names were to be compared; the rest was not.", mostAlike)
		return false
	}
	return true
}

// growCrate follows a crate that is bad as a whole to its versions, and to
// everybody who gained it as a dependency.
func (h *hunt) growCrate(n *node) {
	versions := h.versions(n.id)
	if h.blame == Squat {
		for _, v := range versions {
			if v.Publisher != 0 {
				h.link(key{accountKind, v.Publisher}, n, "publisher", fmt.Sprintf("Published %s.", h.crateName(n.id)))
				if !h.growBurst(n, n.id, v.Publisher) {
					h.offerHollow(n, v.Publisher, false)
				}
			}
		}
		return
	}
	for _, v := range versions {
		h.sure(key{versionKind, v.ID}, n, "whole-crate", "A version of a crate that is bad from its first version on.", fact("published", v.CreatedAt))
	}
	h.sameTarget(n)
	for _, v := range h.dependents(n.id) {
		if !slices.ContainsFunc(h.gains(v), func(g gained) bool { return g.crate.ID == n.id }) {
			continue
		}
		n.payload = true
		text := fmt.Sprintf("It gained a dependency on %s.", h.crateName(n.id))
		if h.wholly(v) {
			h.link(key{crateKind, v.CrateID}, n, "pulls-in", text, fact("version", v.Num), fact("published", v.CreatedAt))
		} else {
			h.link(key{versionKind, v.ID}, n, "pulls-in", text, fact("published", v.CreatedAt))
		}
	}
}
