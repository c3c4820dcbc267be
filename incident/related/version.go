package related

import (
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// gained is a dependency that a version has and the one before it had not, on
// a stranger's crate that was young then.
type gained struct {
	crate mirror.Crate
	req   string
	age   string
	first bool // the version is its crate's first
}

// before gives the version published before v, false when v is the first.
func (h *hunt) before(v mirror.Version) (mirror.Version, bool) {
	list := h.m.Versions(v.CrateID)
	i := slices.IndexFunc(list, func(o mirror.Version) bool { return o.ID == v.ID })
	if i < 0 || i+1 >= len(list) {
		return mirror.Version{}, false
	}
	return list[i+1], true
}

// gains finds the young strangers that a version newly depends on.
func (h *hunt) gains(v mirror.Version) (out []gained) {
	past, has := h.before(v)
	var old map[int32]bool
	for _, d := range h.m.Dependencies(v.ID) {
		c, ok := h.m.CrateRow(d.CrateID)
		age := v.CreatedAt.Sub(c.CreatedAt)
		if !ok || d.Kind == 2 || age < 0 || age > young || slices.ContainsFunc(out, func(g gained) bool { return g.crate.ID == c.ID }) {
			continue
		}
		if has && old == nil {
			old = map[int32]bool{}
			for _, o := range h.m.Dependencies(past.ID) {
				old[o.CrateID] = true
			}
		}
		if old[c.ID] || h.together(v.CrateID, c.ID) {
			continue
		}
		out = append(out, gained{c, d.Requirement, cratewarden.Span(age), !has})
	}
	return out
}

// together says whether two crates have, or had, an owner in common, or a
// publisher: a split of one's own crate is no news.
func (h *hunt) together(a, b int32) bool {
	if a == b {
		return true
	}
	mine := map[mirror.Owner]bool{}
	for _, o := range h.m.Owners(a) {
		mine[mirror.Owner{OwnerID: o.OwnerID, Team: o.Team}] = true
	}
	for _, o := range h.m.Owners(b) {
		if mine[mirror.Owner{OwnerID: o.OwnerID, Team: o.Team}] {
			return true
		}
	}
	return false
}

// judgeVersion looks for the marks of a version that its owner did not make.
func (h *hunt) judgeVersion(id int32) (out []Reason) {
	v, ok := h.m.Version(id)
	if !ok {
		return nil
	}
	for i, g := range h.gains(v) {
		weight := weak
		if i > 0 { // two are what one is
			weight = 0
		}
		out = append(out, conduct("young-dependency", weight, fmt.Sprintf("It newly depends on %s, which was %s old and belongs to somebody else.", g.crate.Name, g.age),
			fact("requirement", g.crate.Name+" "+g.req), fact(g.crate.Name+" made", g.crate.CreatedAt)))
		if n := h.alongside(v, g.crate.ID); n > 1 {
			out = append(out, conduct("coordinated", strong, fmt.Sprintf("Its publisher gave %d crates this dependency within %s.", n, cratewarden.Span(coordinated)), fact("crates", n)))
		}
	}
	if past, has := h.before(v); has {
		quiet := v.CreatedAt.Sub(past.CreatedAt)
		if quiet > silence {
			out = append(out, conduct("silence", weak, fmt.Sprintf("It came after %s without a version.", cratewarden.Span(quiet)), fact("version before", past.Num), fact("published", past.CreatedAt)))
		}
		if v.Token != 0 && !h.usedBefore(v) {
			// Whoever comes back after a year has a new token: both together say no
			// more than one.
			r := conduct("new-token", weak, "Its token had never published this crate before.")
			if quiet > silence {
				r.Weight = 0
			}
			out = append(out, r)
		}
	}
	if n := len(h.yanksAround(v)); n >= yankedLeast {
		out = append(out, conduct("yanks", strong, fmt.Sprintf("Its publisher yanked %d older versions around it, which steers people to it.", n), fact("yanked", n)))
	}
	return out
}

// alongside counts the crates to which v's publisher gave the same dependency
// at about the same time.
func (h *hunt) alongside(v mirror.Version, target int32) int {
	crates := map[int32]bool{}
	for _, o := range h.dependents(target) {
		if v.Publisher != 0 && o.Publisher == v.Publisher && o.CreatedAt.Sub(v.CreatedAt).Abs() <= coordinated {
			crates[o.CrateID] = true
		}
	}
	return len(crates)
}

func (h *hunt) usedBefore(v mirror.Version) bool {
	return slices.ContainsFunc(h.m.Versions(v.CrateID), func(o mirror.Version) bool { return o.ID < v.ID && o.Token == v.Token })
}

// yanksAround gives the older versions of v's crate that its publisher yanked
// at about the time of the publish.
func (h *hunt) yanksAround(v mirror.Version) (ids []int32) {
	if v.Publisher == 0 {
		return nil
	}
	for _, a := range h.yanks(v.Publisher) {
		if a.Time.Sub(v.CreatedAt).Abs() > yankedWithin {
			continue
		}
		o, ok := h.m.Version(a.VersionID)
		if ok && o.CrateID == v.CrateID && o.CreatedAt.Before(v.CreatedAt) && !slices.Contains(ids, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// growVersion follows a bad version to its publisher, its crate, and what it
// pulls in.
func (h *hunt) growVersion(n *node) {
	v, ok := h.m.Version(n.id)
	if !ok {
		return
	}
	if h.wholly(v) {
		h.sure(key{crateKind, v.CrateID}, n, "whole-crate", "All of this crate's life lies within "+cratewarden.Span(campaign)+" around the bad version, and one account published all of it.")
	}
	h.publisher(n, v)
	for _, g := range h.gains(v) {
		text := fmt.Sprintf("%s %s newly depends on it; it was %s old then.", h.crateName(v.CrateID), v.Num, g.age)
		if d := h.link(key{crateKind, g.crate.ID}, n, "helper", text, fact("requirement", g.req), fact("made", g.crate.CreatedAt)); d != nil {
			d.payload = true
		}
	}
	for _, o := range h.sameArchive(v) {
		h.link(key{versionKind, o}, n, "same-archive", "Its archive is the same, byte for byte.", fact("SHA-256", fmt.Sprintf("%x", v.SHA256)))
	}
}

// publisher follows a bad version to whoever published it.
func (h *hunt) publisher(n *node, v mirror.Version) {
	if v.Publisher == 0 {
		from := v.Origin
		if from == "" {
			from = "an unknown place"
		}
		h.note("%s %s was published by trusted publishing from %s. The registry does not record on whose behalf; look at the repository.", h.crateName(v.CrateID), v.Num, from)
		return
	}
	text := fmt.Sprintf("Published %s %s.", h.crateName(v.CrateID), v.Num)
	follow := h.sure
	if h.blame == Squat {
		follow = h.link
	}
	a := follow(key{accountKind, v.Publisher}, n, "publisher", text, fact("published", v.CreatedAt))
	if a == nil {
		return
	}
	near := func(at time.Time) bool { return at.Sub(v.CreatedAt).Abs() < pulled }
	if !slices.ContainsFunc(a.anchors, near) { // a day more or less says nothing new
		a.anchors = append(a.anchors, v.CreatedAt)
		if a.grown {
			h.aroundAnchor(a, v.CreatedAt)
		}
	}
}
