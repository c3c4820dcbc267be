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

// versions gives a crate's versions, the newest first. They are read once for a
// question.
func (h *hunt) versions(crate int32) []mirror.Version {
	list, known := h.numbers[crate]
	if !known {
		list = h.m.Versions(crate)
		h.numbers[crate] = list
	}
	return list
}

// before gives the version published before v, false when v is the first.
func (h *hunt) before(v mirror.Version) (mirror.Version, bool) {
	list := h.versions(v.CrateID)
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
		weight, together := weak, strong
		if h.crowded(g.crate.ID) {
			weight, together = 0, 0
		}
		if i > 0 { // two are what one is
			weight = 0
		}
		out = append(out, conduct("young-dependency", weight, fmt.Sprintf("It newly depends on %s, which was %s old and belongs to somebody else.", g.crate.Name, g.age),
			fact("requirement", g.crate.Name+" "+g.req), fact(g.crate.Name+" made", g.crate.CreatedAt)))
		if n := h.alongside(v, g.crate.ID); n > 1 {
			out = append(out, conduct("coordinated", together, fmt.Sprintf("Its publisher gave %d crates this dependency within %s.", n, cratewarden.Span(coordinated)), fact("crates", n)))
		}
	}
	way := h.otherWay(v)
	if past, has := h.before(v); has {
		quiet := v.CreatedAt.Sub(past.CreatedAt)
		if quiet > silence {
			out = append(out, conduct("silence", weak, fmt.Sprintf("It came after %s without a version.", cratewarden.Span(quiet)), fact("version before", past.Num), fact("published", past.CreatedAt)))
		}
		if v.Token != 0 && !h.usedBefore(v) {
			// Whoever comes back after a year, is a new owner or leaves the workflow has
			// a new token: both together say no more than one.
			r := conduct("new-token", weak, "Its token had never published this crate before.")
			if quiet > silence || len(way) > 0 {
				r.Weight = 0
			}
			out = append(out, r)
		}
	}
	out = append(out, way...)
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
	return slices.ContainsFunc(h.versions(v.CrateID), func(o mirror.Version) bool { return o.ID < v.ID && o.Token == v.Token })
}

// otherWay says that a version came by another hand than those before it: by an
// owner who had just joined, by a token where workflows published, or from
// another repository.
func (h *hunt) otherWay(v mirror.Version) (out []Reason) {
	c, _ := h.m.CrateRow(v.CrateID)
	for _, o := range h.m.Owners(v.CrateID) {
		age := v.CreatedAt.Sub(o.CreatedAt)
		if v.Publisher != 0 && o.OwnerID == v.Publisher && !o.Team && age >= 0 && age <= Joined && o.CreatedAt.Sub(c.CreatedAt) > Joined {
			out = append(out, conduct("new-owner", weak, fmt.Sprintf("Its publisher had become an owner %s before.", cratewarden.Span(age)), fact("owner since", o.CreatedAt), fact("made an owner by", h.login(o.CreatedBy))))
		}
	}
	list := h.versions(v.CrateID)
	i := slices.IndexFunc(list, func(o mirror.Version) bool { return o.ID == v.ID })
	if i < 0 || len(list) < i+1+workflows {
		return out
	}
	before := list[i+1 : i+1+workflows]
	one := before[0].Origin
	if one == "" || v.Origin == one || slices.ContainsFunc(before, func(o mirror.Version) bool { return o.Origin != one }) {
		return out
	}
	text := fmt.Sprintf("The %d versions before it came from %s by trusted publishing, and it did not.", workflows, one)
	if v.Origin != "" {
		text = fmt.Sprintf("It came from %s, and the %d versions before it from %s.", v.Origin, workflows, one)
	}
	return append(out, conduct("other-way", weak, text))
}

// yanksAround gives the old versions of v's crate that its publisher yanked at
// about the time of the publish. Whoever yanks new ones repairs something.
func (h *hunt) yanksAround(v mirror.Version) (ids []int32) {
	if v.Publisher == 0 {
		return nil
	}
	for _, a := range h.yanks(v.Publisher) {
		if a.Time.Sub(v.CreatedAt).Abs() > yankedWithin {
			continue
		}
		o, ok := h.m.Version(a.VersionID)
		if ok && o.CrateID == v.CrateID && v.CreatedAt.Sub(o.CreatedAt) > campaign && !slices.Contains(ids, o.ID) {
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
		h.sameOrigin(n, v)
		return
	}
	text := fmt.Sprintf("Published %s %s.", h.crateName(v.CrateID), v.Num)
	follow := h.sure
	if h.blame == Squat {
		follow = h.link
	}
	leaked := h.blame == Leaked && v.Token != 0 && !h.newcomer(v.Publisher, v.CreatedAt)
	if leaked {
		follow = h.link
		if k := h.sure(key{tokenKind, v.Token}, n, "publisher", text, fact("published", v.CreatedAt)); k != nil {
			h.anchor(k, v.CreatedAt)
		}
	}
	a := follow(key{accountKind, v.Publisher}, n, "publisher", text, fact("published", v.CreatedAt))
	if a == nil {
		return
	}
	if !slices.Contains(a.used, v.Token) {
		a.used = append(a.used, v.Token)
	}
	if leaked && len(a.used) > 1 && !a.ticked {
		a.conduct = append(a.conduct, conduct("several-ways", strong, "Bad versions were published with more than one of its tokens or sessions: it is the account that is in other hands, not a token."))
		h.tick(a)
	}
	h.anchor(a, v.CreatedAt)
}

// anchor notes when an account or token published something bad, and looks at
// what it did around.
func (h *hunt) anchor(n *node, at time.Time) {
	if slices.ContainsFunc(n.anchors, func(t time.Time) bool { return t.Sub(at).Abs() < pulled }) {
		return // a day more or less says nothing new
	}
	n.anchors = append(n.anchors, at)
	switch {
	case !n.grown:
	case n.kind == tokenKind:
		h.aroundToken(n, at)
	default:
		h.aroundAnchor(n, at)
	}
}

// sameOrigin follows a version that a workflow published to what the same
// repository published then: whoever has the one has the other.
func (h *hunt) sameOrigin(n *node, v mirror.Version) {
	if v.Origin == "" {
		return
	}
	left, shown, more := mostSiblings, 0, 0
	seen := map[int32]bool{}
	for _, owner := range h.m.Owners(v.CrateID) {
		for _, o := range h.m.Owned(owner.OwnerID, owner.Team) {
			if seen[o.CrateID] || o.Deleted || owner.Deleted {
				continue
			}
			if left--; left < 0 {
				h.note("The owners of %s have more than %d crates; not all were looked through for versions from %s.", h.crateName(v.CrateID), mostSiblings, v.Origin)
				return
			}
			seen[o.CrateID] = true
			for _, w := range h.versions(o.CrateID) {
				if w.CreatedAt.Before(v.CreatedAt.Add(-alone)) {
					break
				}
				if w.ID == v.ID || w.Origin != v.Origin || w.CreatedAt.Sub(v.CreatedAt) > campaign {
					continue
				}
				if shown++; shown > mostOffers && h.nodes[key{versionKind, w.ID}] == nil {
					more++
					continue
				}
				h.link(key{versionKind, w.ID}, n, "same-origin", fmt.Sprintf("It came from %s, too, %s.", v.Origin, apart(w.CreatedAt.Sub(v.CreatedAt))), fact("published", w.CreatedAt))
			}
		}
	}
	if more > 0 {
		h.note("%d more versions came from %s within %s. Name those that are bad.", more, v.Origin, cratewarden.Span(campaign))
	}
}
