package related

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/mirror"
)

// yanks gives what an account yanked, the newest first. It is read once for a
// question: each version of it is judged by them.
func (h *hunt) yanks(account int32) []mirror.Action {
	list, known := h.yanked[account]
	if !known {
		for _, a := range h.m.Actions(account, 0, mostActs) {
			if a.Kind == mirror.ActionYank {
				list = append(list, a)
			}
		}
		h.yanked[account] = list
	}
	return list
}

// published walks over what an account published since a time, the newest
// first.
func (h *hunt) published(account int32, since time.Time) iter.Seq[mirror.Version] {
	list, known := h.works[account]
	if !known {
		list = h.m.PublishedBy(account, 0, mostPublishes)
		slices.SortStableFunc(list, func(a, b mirror.Version) int { return b.CreatedAt.Compare(a.CreatedAt) })
		h.works[account] = list
	}
	return func(yield func(mirror.Version) bool) {
		for _, v := range list {
			if v.CreatedAt.Before(since) || !yield(v) {
				return
			}
		}
	}
}

// judgeAccount looks for the marks of an account that was made for an attack.
func (h *hunt) judgeAccount(id int32) (out []Reason) {
	list := h.m.PublishedBy(id, 0, newcomerMost)
	if len(list) == 0 || !h.newcomer(id, list[0].CreatedAt) {
		return nil
	}
	out = append(out, conduct("newcomer", weak, "It had published nothing before.", fact("first publish", list[len(list)-1].CreatedAt)))
	if r := h.loginImitates(id); r != nil {
		out = append(out, *r)
	}
	seen := map[int32]bool{}
	for _, v := range list {
		if seen[v.CrateID] || len(seen) == mostLooked {
			continue
		}
		seen[v.CrateID] = true
		for _, r := range h.judgeCrate(v.CrateID) {
			if r.Rule != "newcomer" && r.Rule != "login" {
				r.Text = "Of its crate " + h.crateName(v.CrateID) + ": " + r.Text
				out = appendOnce(out, r)
			}
		}
	}
	return out
}

// loginImitates says whether a login is easily taken for that of somebody
// whose crates are far more used.
func (h *hunt) loginImitates(id int32) *Reason {
	a, ok := h.m.Account(id)
	if !ok || !h.ask() {
		return nil
	}
	var own int64
	for _, o := range h.m.Owned(id, false) {
		if c, ok := h.m.CrateRow(o.CrateID); ok && !o.Deleted {
			own += c.Downloads
		}
	}
	for _, l := range h.m.LookalikeAccounts(a.Login, 12) {
		o, ok := h.m.Account(l.ID)
		if !ok || l.ID == id || l.Downloads < popularOwner || l.Downloads < popularTimes*max(own, 1) || o.ID > id || !slip(a.Login, o.Login) {
			continue
		}
		r := conduct("login", strong, fmt.Sprintf("The login %s is easily taken for %s, whose crates were downloaded %s times (%s).", a.Login, l.Name, cratewarden.Thousands(l.Downloads), l.Reason),
			fact("downloads of its crates", own), fact("downloads of "+l.Name+"'s", l.Downloads))
		return &r
	}
	return nil
}

// growAccount follows an account to what else it published and, if it came
// for the attack, to accounts that came with it.
func (h *hunt) growAccount(n *node) {
	n.grown = true
	if len(n.anchors) == 0 {
		h.lately(n)
	}
	for _, at := range n.anchors {
		h.aroundAnchor(n, at)
	}
}

// lately follows an account of which nothing bad is known to what it did last.
func (h *hunt) lately(n *node) {
	for _, v := range h.m.PublishedBy(n.id, 0, 1) {
		if !h.newcomer(n.id, v.CreatedAt) {
			h.link(key{versionKind, v.ID}, n, "same-account", h.login(n.id)+" published it last.", fact("published", v.CreatedAt))
		}
		h.aroundAnchor(n, v.CreatedAt)
	}
}

// aroundAnchor follows an account to what it did around a time.
func (h *hunt) aroundAnchor(n *node, at time.Time) {
	if h.newcomer(n.id, at) {
		h.newcomersCrates(n, at)
		h.companions(n, at)
		return
	}
	for v := range h.published(n.id, at.Add(-campaign)) {
		if v.CreatedAt.Sub(at) > campaign {
			continue
		}
		if v.CreatedAt.Equal(at) {
			continue // where we come from
		}
		text := fmt.Sprintf("%s published it %s.", h.login(n.id), apart(v.CreatedAt.Sub(at)))
		h.link(key{versionKind, v.ID}, n, "same-account", text, fact("published", v.CreatedAt))
	}
}

func apart(d time.Duration) string {
	if d < 0 {
		return cratewarden.Span(-d) + " before"
	}
	return cratewarden.Span(d) + " after"
}

func (h *hunt) newcomersCrates(n *node, at time.Time) {
	if h.blame == Squat {
		return
	}
	for v := range h.published(n.id, at.Add(-campaign)) {
		if v.CreatedAt.Sub(at) > campaign {
			continue
		}
		if h.nodes[key{crateKind, v.CrateID}] == nil && h.wholly(v) {
			h.link(key{crateKind, v.CrateID}, n, "same-account", fmt.Sprintf("%s, who had published nothing before, made it.", h.login(n.id)), fact("published", v.CreatedAt))
		}
	}
}

// companions finds accounts that came for the same attack: with the same rare
// mail domain, or with nearly the same login.
func (h *hunt) companions(n *node, at time.Time) {
	a, ok := h.m.Account(n.id)
	if !ok {
		return
	}
	if a.MailDomain != "" {
		if list := h.m.SameMailDomain(n.id, rareDomain+1); len(list) <= rareDomain {
			for _, o := range list {
				if h.cameWith(a, o, at) {
					h.link(key{accountKind, o.ID}, n, "mail-domain", fmt.Sprintf("%d accounts have a mail address at this domain, and it came within %s of %s.", len(list)+1, cratewarden.Span(joinedTogether), a.Login), fact("accounts at the domain", len(list)+1), fact("made", o.CreatedAt))
				}
			}
		}
	}
	if !h.ask() {
		return
	}
	for _, l := range h.m.LookalikeAccounts(a.Login, 20) {
		if o, ok := h.m.Account(l.ID); ok && o.ID != a.ID && h.cameWith(a, o, at) {
			h.link(key{accountKind, o.ID}, n, "near-login", fmt.Sprintf("Its login %s is nearly %s (%s), and it came within %s of it.", o.Login, a.Login, l.Reason, cratewarden.Span(joinedTogether)), fact("made", o.CreatedAt))
		}
	}
}

// cameWith says whether an account came at about the same time as another, as
// far as the registry records that: by its making, or by its first publish.
func (h *hunt) cameWith(a, o mirror.Account, at time.Time) bool {
	if !a.CreatedAt.IsZero() && !o.CreatedAt.IsZero() {
		return a.CreatedAt.Sub(o.CreatedAt).Abs() <= joinedTogether
	}
	list := h.m.PublishedBy(o.ID, 0, newcomerMost)
	return len(list) > 0 && len(list) < newcomerMost && list[len(list)-1].CreatedAt.Sub(at).Abs() <= joinedTogether
}
