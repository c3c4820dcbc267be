package demo

import (
	"fmt"
	"strings"
)

// team is a group at GitHub that owns crates.
type team struct {
	org, name string
	githubID  int32
	orgID     int32
}

func (t *team) login() string { return strings.ToLower("github:" + t.org + ":" + t.name) }

// ownership is one row of crate_owners.
type ownership struct {
	crate, owner int32
	team         bool
	by           int32 // who added them, -1 if not known
	since        instant
	changed      instant
	gone         bool
}

// makeOwners founds the teams and gives some accounts one.
func (r *Registry) makeOwners() {
	d := r.throw(streamTeam)
	for i := range max(14, len(r.crates)/90) {
		org := pick(&d, r.words.stems) + pick(&d, []string{"", "", "-rs", "-labs", "works", "-oss", "systems"})
		t := team{org: org, name: pick(&d, []string{"maintainers", "core", "publishers", "rust", "release", "owners"}), githubID: 2_000_000 + int32(i)*37, orgID: 30_000_000 + int32(i)*911}
		r.teams = append(r.teams, t)
	}
	seen := map[string]int{}
	for i := range r.teams {
		t := &r.teams[i]
		if seen[t.login()]++; seen[t.login()] > 1 {
			t.org += fmt.Sprint(seen[strings.ToLower("github:"+t.org+":"+t.name)])
		}
	}
	for i := range r.people {
		if p := &r.people[i]; !p.cast && p.login != genuineOwner && d.chance(0.16) {
			p.org = int32(d.below(len(r.teams)))
		}
	}
	for i := range r.crates {
		c := &r.crates[i]
		if p := &r.people[c.owner]; p.org >= 0 && c.repo != "" && d.chance(0.8) {
			c.org = p.org
		}
	}
}

// house is whose repository a crate lives in.
func (r *Registry) house(c *crate) string {
	if c.org >= 0 {
		return r.teams[c.org].org
	}
	return r.people[c.owner].login
}

func (r *Registry) repository(c *crate) string {
	if c.repo == "" {
		return ""
	}
	return "https://code.example/" + r.house(c) + "/" + c.repo
}

// owners gives the rows of crate_owners of one crate.
func (r *Registry) owners(index int32) []ownership {
	c := &r.crates[index]
	d := throw(c.draws, streamOwner)
	by := c.owner
	if c.created < r.ago(9*year) {
		by = -1
	}
	out := []ownership{{crate: index, owner: c.owner, by: by, since: c.created, changed: c.created}}
	seen := map[int32]bool{c.owner: true}
	add := func(person int32, since instant, gone bool) {
		if seen[person] || since >= r.now-2*hour || since < r.people[person].joined {
			return
		}
		seen[person] = true
		o := ownership{crate: index, owner: person, by: c.owner, since: since, changed: since, gone: gone}
		if gone {
			o.changed = since + instant(d.part()*float64(r.now-since))
		}
		out = append(out, o)
	}
	if c.partner >= 0 {
		since := c.created + 3*hour
		if len(c.version) > 2 {
			since = r.versions[c.version[2]].at
		}
		add(c.partner, since, false)
	}
	if c.script == nil {
		for d.chance(0.06) {
			gone := d.chance(0.6)
			add(int32(len(famous)+d.early(len(r.people)-len(famous)-castSize)), c.created+instant(d.part()*float64(r.now-c.created)), gone)
		}
	}
	if c.org >= 0 {
		out = append(out, ownership{crate: index, owner: c.org, team: true, by: c.owner, since: c.created + 2*minute, changed: c.created + 2*minute})
		if c.script == nil && d.chance(0.01) { // nobody left but a team
			out[0].gone, out[0].changed = true, min(r.newest(c).at+40*day, r.now-day)
		}
	}
	return out
}
