package demo

import "slices"

// action is one row of version_owner_actions.
type action struct {
	at      instant
	version int32
	user    int32
	token   int32 // -1: browser session
	kind    uint8 // 0 publish, 1 yank, 2 unyank
}

// makeActions yanks some versions and writes the audit log in the order of
// time.
func (r *Registry) makeActions() {
	for i := range r.versions {
		if v := &r.versions[i]; v.how == byToken || v.how == bySession {
			r.act(action{v.at, int32(i), v.by, v.token, 0})
		}
	}
	for i := range r.crates {
		c := &r.crates[i]
		if c.script != nil {
			r.yankScripted(c)
			continue
		}
		d := throw(c.draws, streamYank)
		all := !c.hub && d.chance(0.008)
		for _, v := range c.version {
			if all || d.chance(0.022) {
				r.yank(&d, c, v, all)
			}
		}
	}
	slices.SortStableFunc(r.actions, func(a, b action) int { return int(max(min(a.at-b.at, 1), -1)) })
}

// act logs an action, unless it was before there was a log.
func (r *Registry) act(a action) {
	if a.at < r.ago(auditKept) || a.user < 0 {
		return
	}
	if a.token >= 0 {
		t := &r.tokens[a.token]
		t.used = max(t.used, a.at)
	}
	r.actions = append(r.actions, a)
}

// yank yanks one version the way somebody did: its owner, an administrator
// through the site, or the command line, which leaves no row.
func (r *Registry) yank(d *dice, c *crate, index int32, all bool) {
	v := &r.versions[index]
	when := v.at + instant(d.skewed(2, 1.8)*float64(day))
	if all {
		when = r.newest(c).at + 20*day + instant(d.below(int(hour)))
	}
	if when > r.now-3*hour {
		return
	}
	v.yanked, v.touched = true, when
	a := action{at: when, version: index, user: c.owner, token: -1, kind: 1}
	switch x := d.part(); {
	case x < 0.06:
		return
	case x < 0.10:
		a.user = 20
	case x < 0.7 && v.token >= 0 && r.mayYank(v.token, when):
		a.user, a.token = r.tokens[v.token].owner, v.token
	}
	r.act(a)
	if !all && d.chance(0.12) {
		a.at, a.kind = when+instant(d.between(2, 3000))*minute, 2
		if a.at < r.now-2*hour && (a.token < 0 || r.mayYank(a.token, a.at)) {
			v.yanked, v.touched = false, a.at
			r.act(a)
		}
	}
}

func (r *Registry) mayYank(token int32, when instant) bool {
	t := &r.tokens[token]
	return (t.expires == 0 || when < t.expires) && (t.legacy || slices.Contains(t.rights, "yank"))
}

func (r *Registry) yankScripted(c *crate) {
	last := r.newest(c)
	lured := instant(0)
	for _, index := range c.version {
		v := &r.versions[index]
		a := action{version: index, user: c.owner, token: -1, kind: 1}
		switch c.script.releases[v.ord].yank {
		case "old":
			a.at = r.ago(5*year) + 19*hour
			a.token = r.people[c.owner].tokens[0]
		case "lure":
			a.at = last.at + 10*second + lured
			a.token = last.token
			lured += 430 * second / 1000
		case "self":
			a.at = v.at + hour
		default:
			continue
		}
		v.yanked, v.touched = true, a.at
		r.act(a)
	}
}
