package demo

import (
	"cmp"
	"fmt"
	"slices"
)

func peopleTables() []table {
	return []table{
		{"users", "id, gh_login, name, gh_id, account_lock_reason, account_lock_until, is_admin, publish_notifications, username, created_at", (*Registry).writeUsers},
		{"oauth_github", "account_id, user_id, encrypted_token, login, avatar, last_sync", (*Registry).writeIdentities},
		{"emails", "id, user_id, email, verified, token, token_generated_at", (*Registry).writeEmails},
		{"teams", "id, login, github_id, name, avatar, org_id", (*Registry).writeTeams},
		{"api_tokens", "id, user_id, token, name, created_at, last_used_at, revoked, crate_scopes, endpoint_scopes, expired_at, expiry_notification_at", (*Registry).writeTokens},
	}
}

// byID gives the accounts in the order of their ids.
func (r *Registry) byID() []int32 {
	order := make([]int32, len(r.people))
	for i := range r.people {
		order[r.people[i].id-1] = int32(i)
	}
	return order
}

func (r *Registry) writeUsers(w *rows) {
	for _, i := range r.byID() {
		p := &r.people[i]
		w.int(int64(p.id))
		w.text(p.registryLogin())
		w.textOrNull(p.name)
		w.int(int64(p.ghID))
		w.textOrNull(p.lock)
		w.time(p.lockEnd)
		w.bool(p.admin)
		w.bool(!p.quiet)
		w.text(p.registryLogin())
		switch {
		case p.joined > r.ago(signUpKept):
			w.time(p.joined)
		case !p.ageKnown || p.ghID < 0:
			w.null()
		default:
			w.time(p.ghSince)
		}
		w.end()
	}
}

func (r *Registry) writeIdentities(w *rows) {
	for _, i := range r.byID() {
		p := &r.people[i]
		if p.unlinked || p.ghID < 0 {
			continue
		}
		d := r.throw(streamLogin, uint64(i))
		w.int(int64(p.ghID))
		w.int(int64(p.id))
		w.bytes(d.bytes(12 + 40 + 16))
		w.text(p.login)
		if d.chance(0.03) {
			w.null()
		} else {
			w.text(fmt.Sprintf("https://avatars.example/u/%d?v=4", p.ghID))
		}
		synced := r.ago(instant(d.skewed(30, 1.3)*float64(day)) + instant(d.below(int(day))))
		w.time(max(synced, p.joined))
		w.end()
	}
}

func (r *Registry) writeEmails(w *rows) {
	id := int64(0)
	for _, i := range r.byID() {
		p := &r.people[i]
		if p.mailIs == mailNone {
			continue
		}
		d := r.throw(streamMail, uint64(i), 1)
		id++
		w.int(id)
		w.int(int64(p.id))
		w.text(p.mail)
		w.bool(p.mailIs == mailVerified)
		w.raw(d.secret(26))
		if p.joined < r.ago(8*year) {
			w.null()
		} else {
			w.time(p.joined)
		}
		w.end()
	}
}

func (r *Registry) writeTeams(w *rows) {
	for i := range r.teams {
		t := &r.teams[i]
		w.int(int64(i + 1))
		w.text(t.login())
		w.int(int64(t.githubID))
		if i%7 == 3 {
			w.null()
		} else {
			w.text(title(t.name))
		}
		w.text(fmt.Sprintf("https://avatars.example/o/%d?v=4", t.orgID))
		w.int(int64(t.orgID))
		w.end()
	}
}

func (r *Registry) writeTokens(w *rows) {
	order := make([]int32, len(r.tokens))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(r.tokens[a].id, r.tokens[b].id) })
	for _, i := range order {
		t := &r.tokens[i]
		w.int(int64(t.id))
		r.user(w, t.owner)
		w.bytes(t.hash[:])
		w.text(t.name)
		w.time(t.created)
		w.time(t.used)
		w.bool(t.revoked)
		w.arrayOrNull(t.patterns)
		if t.legacy {
			w.null()
		} else {
			w.array(t.rights)
		}
		w.time(t.expires)
		w.time(t.warned)
		if !w.end() {
			return
		}
	}
}

func (r *Registry) writeOwners(w *rows) {
	for i := range r.crates {
		if len(r.crates[i].version) == 0 {
			continue
		}
		for _, o := range r.owners(int32(i)) {
			w.int(int64(r.crates[i].id))
			if o.team {
				w.int(int64(o.owner + 1))
			} else {
				r.user(w, o.owner)
			}
			w.time(o.since)
			r.user(w, o.by)
			w.bool(o.gone)
			w.time(o.changed)
			w.int(int64(truth(o.team)))
			w.bool(true)
			if !w.end() {
				return
			}
		}
	}
}

// writeInvitations leaves some open, some expired, and one from somebody who
// is no longer an owner.
func (r *Registry) writeInvitations(w *rows) {
	for i := range r.crates {
		c := &r.crates[i]
		d := throw(c.draws, streamOwner, 5)
		if len(c.version) == 0 || c.script != nil || !d.chance(0.02) {
			continue
		}
		invited := int32(len(famous) + d.below(len(r.people)-len(famous)-castSize))
		owners, known := r.owners(int32(i)), false
		for _, o := range owners {
			known = known || !o.team && o.owner == invited && !o.gone
		}
		if known {
			continue
		}
		inviter := pick(&d, owners)
		if inviter.team {
			inviter.owner = c.owner
		}
		sent := max(r.ago(instant(d.part()*80*float64(day))), c.created+minute)
		r.user(w, invited)
		r.user(w, inviter.owner)
		w.int(int64(c.id))
		w.time(sent)
		w.raw(d.secret(26))
		w.time(sent + 30*day)
		w.end()
	}
}

func (r *Registry) writeFollows(w *rows) {
	for i := range r.people {
		d := r.throw(streamService, 1, uint64(i))
		seen := map[int]bool{}
		for range d.below(5) {
			c := d.early(len(r.crates))
			if seen[c] || len(r.crates[c].version) == 0 {
				continue
			}
			seen[c] = true
			w.int(int64(r.people[i].id))
			w.int(int64(r.crates[c].id))
			w.end()
		}
	}
}
