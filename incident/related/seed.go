package related

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden/ledger"
	"cratewarden/mirror"
)

const ruleStart = "named"

// seed begins with what the case names.
func (h *hunt) seed(list []ledger.Subject) {
	for _, s := range list {
		if s.Kind == "account" {
			h.named++
		}
	}
	for _, s := range list {
		switch s.Kind {
		case "version":
			h.seedVersion(s.ID)
		case "crate":
			h.seedCrate(s.ID)
		case "account":
			h.seedNumber(s, h.seedAccount)
		case "token":
			h.seedNumber(s, h.seedToken)
		}
	}
}

func (h *hunt) seedNumber(s ledger.Subject, seed func(id int32) bool) {
	if id, err := strconv.ParseInt(s.ID, 10, 32); err != nil || !seed(int32(id)) {
		h.note("The registry has no %s %s.", s.Kind, s.ID)
	}
}

// begin ticks what the case names.
func (h *hunt) begin(k key) *node {
	n := h.sure(k, nil, ruleStart, "Named in the case.")
	if n != nil {
		n.start = true
	}
	return n
}

func (h *hunt) seedVersion(id string) {
	name, num, _ := strings.Cut(id, "@")
	c, ok := h.m.CrateByName(name)
	if ok {
		for _, v := range h.versions(c.ID) {
			if v.Num == num {
				h.begin(key{versionKind, v.ID})
				return
			}
		}
	}
	h.note("The registry has no version %s; it may have been deleted.", id)
}

// seedCrate takes a crate whose whole life is the attack as it is. Of one with
// a past it looks for the versions that are unlike its past.
func (h *hunt) seedCrate(name string) {
	c, ok := h.m.CrateByName(name)
	if !ok {
		h.note("The registry has no crate %s; it may have been deleted.", name)
		return
	}
	versions := h.versions(c.ID)
	if len(versions) == 0 {
		return
	}
	h.takeAtWord(c, versions)
	if newest := versions[0]; h.wholly(newest) {
		h.begin(key{crateKind, c.ID})
		return
	}
	found := false
	for _, v := range versions {
		if versions[0].CreatedAt.Sub(v.CreatedAt) > campaign {
			break
		}
		n := h.link(key{versionKind, v.ID}, nil, ruleStart, "A recent version of a crate that the case names.")
		found = found || n != nil && n.ticked
	}
	if !found {
		h.note("%s has a past, and no recent version of it shows a sign of an attack. Name the bad versions.", c.Name)
	}
}

// seedAccount takes an account that came for the attack as bad. Of one with a
// past the versions decide, since cases name people who are imitated, too, unless
// the verdict is that it was taken over and it is the only one named.
func (h *hunt) seedAccount(id int32) bool {
	if _, ok := h.m.Account(id); !ok {
		return false
	}
	k := key{accountKind, id}
	newest := h.m.PublishedBy(id, 0, 1)
	recent := len(newest) > 0 && h.newcomer(id, newest[0].CreatedAt)
	switch {
	case h.blame == Squat:
		h.link(k, nil, ruleStart, "Named in the case.")
		h.seedSquatter(id)
	case recent || h.blame == TakenOver && h.named == 1:
		h.begin(k)
	default:
		if n := h.link(k, nil, ruleStart, "Named in the case."); n != nil {
			h.lately(n)
		}
		h.run()
		if n := h.nodes[k]; n != nil && !n.ticked {
			h.note("%s has a past, and nothing that it published lately shows a sign of an attack.", h.login(id))
		}
	}
	if n := h.nodes[k]; n != nil {
		n.start = true
	}
	return true
}

func (h *hunt) seedSquatter(id int32) {
	for _, v := range h.m.PublishedBy(id, 0, mostPublishes) {
		if h.firstOf(v) && h.growBurst(nil, v.CrateID, id) {
			return
		}
	}
	h.offerHollow(h.nodes[key{accountKind, id}], id, true)
}

func (h *hunt) seedToken(id int32) bool {
	t, ok := h.m.Token(id)
	if !ok {
		return false
	}
	n := h.begin(key{tokenKind, id})
	if _, ok := h.m.Account(t.UserID); !ok {
		return true
	}
	list := h.m.PublishedWithToken(id, 1)
	for _, v := range list {
		h.aroundToken(n, v.CreatedAt)
	}
	h.link(key{accountKind, t.UserID}, n, "owns-token", "The token that the case names is theirs.")
	return true
}

// aroundToken follows a token to what it published around a time.
func (h *hunt) aroundToken(n *node, at time.Time) {
	for _, v := range h.m.PublishedWithToken(n.id, mostPublishes) {
		if v.CreatedAt.Sub(at).Abs() <= campaign {
			h.link(key{versionKind, v.ID}, n, "same-token", "Published with a token that is in other hands.", fact("published", v.CreatedAt))
		}
	}
}

func (h *hunt) growToken(n *node) {
	n.grown = true
	for _, at := range n.anchors {
		h.aroundToken(n, at)
	}
}

// takeAtWord believes the case that a crate is bad from its first version on,
// however long ago that was: whoever made it had published nothing before, nobody
// else published or uses it, and it is not said to have been good once. Some such
// crates lay there for months.
func (h *hunt) takeAtWord(c mirror.Crate, versions []mirror.Version) {
	first := versions[len(versions)-1]
	if h.blame != Malicious || h.update || first.Publisher == 0 || c.Downloads >= popularLeast || h.m.PublishedByCount(first.Publisher) > newcomerMost {
		return
	}
	if slices.ContainsFunc(versions, func(v mirror.Version) bool { return v.Publisher != first.Publisher }) {
		return
	}
	for _, v := range h.m.PublishedBy(first.Publisher, 0, newcomerMost) {
		if first.CreatedAt.Sub(v.CreatedAt) > campaign {
			return
		}
	}
	for d := range h.m.DependentVersions(c.ID) {
		if v, ok := h.m.Version(d.VersionID); ok && v.Publisher != first.Publisher {
			return
		}
	}
	h.made[c.ID], h.newcomers[first.Publisher] = true, true
}

// wholly says whether a version's crate is bad from the start if the version
// is: all of it came within the time of one campaign, by one hand.
func (h *hunt) wholly(v mirror.Version) bool {
	if h.made[v.CrateID] {
		return true
	}
	versions := h.versions(v.CrateID)
	if len(versions) == 0 {
		return false
	}
	first := versions[len(versions)-1]
	return versions[0].CreatedAt.Sub(first.CreatedAt) <= campaign && !slices.ContainsFunc(versions, func(o mirror.Version) bool {
		return o.Publisher != v.Publisher
	})
}

// firstOf says whether a version made its crate.
func (h *hunt) firstOf(v mirror.Version) bool {
	ids := h.m.VersionIDs(v.CrateID)
	return len(ids) > 0 && slices.Min(ids) == v.ID
}

// newcomer says whether an account published nothing before a campaign that
// was going on at a time.
func (h *hunt) newcomer(account int32, at time.Time) bool {
	if known, ok := h.newcomers[account]; ok {
		return known
	}
	is := h.isNewcomer(account, at)
	h.newcomers[account] = is
	return is
}

func (h *hunt) isNewcomer(account int32, at time.Time) bool {
	a, ok := h.m.Account(account)
	if !ok || !a.CreatedAt.IsZero() && at.Sub(a.CreatedAt) > 2*campaign {
		return false
	}
	if h.m.PublishedByCount(account) > newcomerMost {
		return false
	}
	list := h.m.PublishedBy(account, 0, newcomerMost)
	return len(list) > 0 && at.Sub(list[len(list)-1].CreatedAt) <= campaign
}
