package related

import (
	"cmp"
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/mirror"
)

// Find answers a question. While the mirror loads the error is Unavailable. It
// writes nothing and takes no lock.
func (f *Finder) Find(ctx context.Context, q Question) (Answer, error) {
	m := f.cfg.Mirror
	for _, part := range []mirror.Part{mirror.PartCrates, mirror.PartAccounts, mirror.PartOwners, mirror.PartNames, mirror.PartVersions, mirror.PartDependencies} {
		if m == nil || !m.Ready(part) {
			return Answer{}, cratewarden.Errorf(cratewarden.Unavailable, "The console is still reading the registry (%s); what is related is found as soon as that is done.", part)
		}
	}
	h := newHunt(m, q.Blame)
	h.update, h.clock = q.Update, f.clock()
	if !m.Ready(mirror.PartActions) {
		h.note("The record of yanks and tokens is not there: yanks that the attack made are not found.")
	}
	h.seed(q.Subjects)
	h.run()
	if f.cfg.Files != nil {
		h.compareFiles(ctx, f.cfg.Files)
	}
	a := h.answer()
	a.FreshAt = m.Status().FreshAt
	if err := ctx.Err(); err != nil {
		return a, err
	}
	if f.cfg.Reader != nil {
		return a, exact(ctx, f.cfg.Reader, &a)
	}
	return a, nil
}

// sameArchive gives other versions whose archive is the same byte for byte.
func (h *hunt) sameArchive(v mirror.Version) (ids []int32) {
	if v.SHA256 == [32]byte{} {
		return nil
	}
	for _, hit := range h.m.Search(context.Background(), mirror.Query{Text: "sha:" + hex.EncodeToString(v.SHA256[:]), Limit: 50}).Hits {
		if hit.Kind == mirror.HitVersion && hit.ID != v.ID {
			ids = append(ids, hit.ID)
		}
	}
	return ids
}

// answer puts together what was found.
func (h *hunt) answer() Answer {
	a := Answer{Depends: map[int32][]int32{}}
	h.tokens, h.left, h.offered = h.badTokens(), map[int32]int{}, map[int32]int{}
	since := h.since()
	for _, n := range h.nearest(since) {
		if !n.ticked && !n.start && h.idle(n, since) {
			continue
		}
		s := h.describe(n, since)
		a.Subjects = append(a.Subjects, s)
		if n.kind == versionKind {
			a.Depends[n.id] = h.inside(n.id)
		}
	}
	a.Subjects = append(a.Subjects, h.restore(since)...)
	for _, id := range slices.Sorted(maps.Keys(h.left)) {
		if _, known := since[id]; !known {
			h.note("%s published %d more versions in the last %s. Name those that are bad.", h.login(id), h.left[id], cratewarden.Span(campaign))
			continue
		}
		h.note("%s published %d more versions in the %s after, which show no sign of the attack. If they must go too, undo what the account did since %s.", h.login(id), h.left[id], cratewarden.Span(campaign), moment(since[id]))
	}
	a.Notes = h.notes
	slices.SortStableFunc(a.Subjects, func(x, y Subject) int { return rank(x) - rank(y) })
	return a
}

func rank(s Subject) int {
	switch {
	case s.Start:
		return 0
	case s.Strength == Tick:
		return 1
	}
	return 2
}

// nearest gives all candidates, the versions of an account in the order in which
// they follow its first bad one, or the newest first if none is known.
func (h *hunt) nearest(since map[int32]time.Time) []*node {
	list := slices.Clone(h.order)
	far := func(n *node) time.Duration {
		if n.kind != versionKind || n.ticked {
			return 0
		}
		v, _ := h.m.Version(n.id)
		if began, ok := since[v.Publisher]; ok {
			return max(1, v.CreatedAt.Sub(began))
		}
		return max(1, h.clock.Sub(v.CreatedAt))
	}
	slices.SortStableFunc(list, func(a, b *node) int { return cmp.Compare(far(a), far(b)) })
	return list
}

// idle says that a candidate says nothing: a version that its account published
// before the attack began, or long after, or with another credential and not
// right then. Of an account of which nothing bad is known, what it published
// lately says something. What is left out is counted.
func (h *hunt) idle(n *node, since map[int32]time.Time) bool {
	if n.kind != versionKind || slices.ContainsFunc(n.links, func(r Reason) bool { return r.Rule != "same-account" && r.Rule != "same-token" }) {
		return false
	}
	v, _ := h.m.Version(n.id)
	began, ok := since[v.Publisher]
	switch {
	case !ok && (!h.suspected(v) || h.clock.Sub(v.CreatedAt) > campaign), v.CreatedAt.Before(began):
		return true
	case h.offered[v.Publisher] < mostOffers && (!ok || h.follows(v)):
		h.offered[v.Publisher]++
		return false
	}
	h.left[v.Publisher]++
	return true
}

// suspected says whether the account or token that published a version is held
// to be in other hands.
func (h *hunt) suspected(v mirror.Version) bool {
	for _, k := range []key{{accountKind, v.Publisher}, {tokenKind, v.Token}} {
		if n := h.nodes[k]; n != nil && n.ticked {
			return true
		}
	}
	return false
}

// follows says whether a version came so soon after a bad one, by the same
// credential or by another, that it may be one.
func (h *hunt) follows(v mirror.Version) bool {
	near := alone
	if slices.Contains(h.tokens[v.Publisher], v.Token) {
		near = sameToken
	}
	n := h.nodes[key{accountKind, v.Publisher}]
	return n != nil && slices.ContainsFunc(n.anchors, func(at time.Time) bool { return v.CreatedAt.Sub(at).Abs() <= near })
}

// since says when the attacker's first act was, for each account that was
// taken over: its first bad publish, or what the same token yanked in the day
// before it.
func (h *hunt) since() map[int32]time.Time {
	out := map[int32]time.Time{}
	for _, n := range h.order {
		v, ok := h.m.Version(n.id)
		if n.kind != versionKind || !n.ticked || !ok || v.Publisher == 0 {
			continue
		}
		if t, known := out[v.Publisher]; !known || v.CreatedAt.Before(t) {
			out[v.Publisher] = v.CreatedAt
		}
	}
	for account, first := range out {
		began := first
		for _, act := range h.yanks(account) {
			if first.Sub(act.Time) <= yankedWithin && act.Token != 0 && slices.Contains(h.tokens[account], act.Token) && act.Time.Before(began) {
				began = act.Time
			}
		}
		out[account] = began
	}
	return out
}

// badTokens are those that published bad versions, by account; 0 is a session.
func (h *hunt) badTokens() map[int32][]int32 {
	out := map[int32][]int32{}
	for _, n := range h.order {
		v, ok := h.m.Version(n.id)
		if n.kind != versionKind || !n.ticked || !ok {
			continue
		}
		h.uses[v.Token]++
		if !slices.Contains(out[v.Publisher], v.Token) {
			out[v.Publisher] = append(out[v.Publisher], v.Token)
		}
	}
	return out
}

// inside gives the crates found on which a version depends.
func (h *hunt) inside(version int32) (crates []int32) {
	for _, d := range h.m.Dependencies(version) {
		if d.Kind != 2 && !slices.Contains(crates, d.CrateID) {
			crates = append(crates, d.CrateID)
		}
	}
	return crates
}

func (h *hunt) describe(n *node, since map[int32]time.Time) Subject {
	s := Subject{Subject: h.subject(n.key), Strength: Offer, Start: n.start, Reasons: slices.Concat(n.links, n.conduct)}
	if n.ticked {
		s.Strength = Tick
	}
	switch n.kind {
	case versionKind:
		v, _ := h.m.Version(n.id)
		s.fill(h, v)
		others := h.uses[v.Token]
		if n.ticked {
			others--
		}
		if v.Token != 0 && others > 0 {
			s.Reasons = append(s.Reasons, Reason{Rule: "same-token", Text: "Published with the same token as another bad version.", From: action.TokenSubject(v.Token)})
		}
	case crateKind:
		c, _ := h.m.CrateRow(n.id)
		s.Crate, s.CrateID, s.At, s.Payload = c.Name, c.ID, c.CreatedAt, n.payload
		s.Whole = h.blame == Squat || h.whole(n.id)
	case accountKind:
		a, _ := h.m.Account(n.id)
		s.Account, s.At = n.id, a.CreatedAt
		if t, ok := since[n.id]; ok {
			s.Since, s.TakenOver = &t, !h.newcomer(n.id, t)
		}
	case tokenKind:
		t, _ := h.m.Token(n.id)
		s.Token, s.Account, s.At = n.id, t.UserID, t.CreatedAt
	}
	s.Role = h.role(n, s)
	return s
}

// role says what part a subject has. What is bad carries something itself
// unless it only pulls in what does. Names that were squatted carry nothing.
func (h *hunt) role(n *node, s Subject) string {
	switch {
	case n.kind == accountKind && n.ticked && !s.TakenOver:
		return "attacker"
	case (n.kind == accountKind || n.kind == tokenKind) && n.ticked:
		return "compromised"
	case !n.ticked:
		return "related"
	case h.blame == Squat:
		return ""
	case n.kind == versionKind && !h.whole(s.CrateID) && h.pullsIn(n.id), h.whole(s.CrateID) && slices.ContainsFunc(h.m.VersionIDs(s.CrateID), h.pullsIn):
		return "carrier"
	}
	return "payload"
}

// pullsIn says whether a version depends on a bad crate.
func (h *hunt) pullsIn(version int32) bool {
	return slices.ContainsFunc(h.inside(version), func(on int32) bool {
		n := h.nodes[key{crateKind, on}]
		return n != nil && n.ticked
	})
}

// restore finds the good versions that taken-over accounts yanked while the
// attack went on. What a token that published something bad yanked is ticked, if
// the account's conduct shows that it was taken over: owners yank, too, when
// they publish a repair.
func (h *hunt) restore(since map[int32]time.Time) (out []Subject) {
	for _, n := range h.order {
		began, ok := since[n.id]
		if n.kind != accountKind || !n.ticked && h.blame != Leaked || !ok || h.newcomer(n.id, began) {
			continue
		}
		seen, shown := map[int32]bool{}, h.shown(n.id)
		for _, act := range h.yanks(n.id) {
			v, ok := h.m.Version(act.VersionID)
			bad := h.nodes[key{versionKind, act.VersionID}]
			during := slices.ContainsFunc(n.anchors, func(at time.Time) bool { return act.Time.Sub(at) <= yankedWithin+pulled })
			// What came since the attack began is not known to be good: its owner may
			// have yanked it to put an end to it.
			if act.Time.Before(began) || !ok || !v.Yanked || !v.CreatedAt.Before(began) || seen[v.ID] || bad != nil && bad.ticked || !during || !shown && len(seen) >= mostOffers {
				continue
			}
			if !n.ticked && !slices.Contains(h.tokens[n.id], act.Token) {
				continue // the account is its owner's
			}
			seen[v.ID] = true
			s := Subject{Subject: h.subject(key{versionKind, v.ID}), Strength: Offer, Restore: true, Role: "restore", Reasons: []Reason{{
				Rule: "yanked", From: h.subject(n.key), Text: h.login(n.id) + " yanked it since the attack began.", Facts: []Fact{fact("yanked", act.Time)}}}}
			s.fill(h, v)
			if shown && slices.Contains(h.tokens[n.id], act.Token) {
				s.Strength = Tick
				s.Reasons = append(s.Reasons, conduct("same-token", strong, "The token or session that yanked it also published a bad version."))
			}
			out = append(out, s)
		}
	}
	slices.Reverse(out)
	return out
}

// shown says whether a bad version of an account is bad by its own conduct, and
// not only by somebody's word.
func (h *hunt) shown(account int32) bool {
	return slices.ContainsFunc(h.order, func(n *node) bool {
		v, ok := h.m.Version(n.id)
		return n.kind == versionKind && ok && v.Publisher == account && n.weight >= enough
	})
}

func (s *Subject) fill(h *hunt, v mirror.Version) {
	s.Crate, s.CrateID, s.Version, s.VersionID = h.crateName(v.CrateID), v.CrateID, v.Num, v.ID
	s.Account, s.Token, s.Yanked, s.At = v.Publisher, v.Token, v.Yanked, v.CreatedAt
}

func (h *hunt) whole(crate int32) bool {
	versions := h.versions(crate)
	return len(versions) > 0 && h.wholly(versions[0])
}
