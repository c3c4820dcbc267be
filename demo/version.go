package demo

import (
	"math"
	"slices"
	"strings"

	"cratewarden/demo/content"
)

// method is how a version was published.
type method uint8

const (
	byToken method = iota
	bySession
	byGitHub
	byGitLab
	byAccount // before the audit log: the account only
	byNobody  // before accounts were stored with versions
)

// version is what is kept in memory of one version. Its id is its index plus
// one; ids follow the time of publishing.
type version struct {
	at        instant
	touched   instant // last yank or unyank; 0 for none
	num       number
	crate     int32
	ord       int32 // 0 for the crate's first
	by        int32 // person; -1 if not stored
	token     int32 // token; -1 for none
	how       method
	yanked    bool
	downloads int64
}

// release is one version written down by hand in a script.
type release struct {
	num   string
	at    instant
	by    int32  // -1: the crate's owner
	token string // name of the token; empty: the usual way
	deps  []dependency
	yank  string // "old": by its owner a month later; "lure": by the attacker
	inert content.Payload
}

func (r *Registry) makeVersions() {
	total := 0
	for i := range r.crates {
		total += r.crates[i].count
	}
	r.versions = make([]version, 0, total)
	for i := range r.crates {
		c := &r.crates[i]
		if c.script != nil {
			r.scripted(int32(i), c)
			continue
		}
		r.walked(int32(i), c)
	}
	slices.SortFunc(r.versions, func(a, b version) int {
		switch {
		case a.at != b.at:
			return int(max(min(a.at-b.at, 1), -1))
		case a.crate != b.crate:
			return int(a.crate - b.crate)
		}
		return int(a.ord - b.ord)
	})
	for i := range r.versions {
		c := &r.crates[r.versions[i].crate]
		c.version = append(c.version, int32(i))
	}
}

func (r *Registry) scripted(index int32, c *crate) {
	for n, rel := range c.script.releases {
		by := rel.by
		if by < 0 {
			by = c.owner
		}
		r.versions = append(r.versions, version{at: rel.at, num: parseNumber(rel.num), crate: index, ord: int32(n), by: by, token: -1})
	}
}

// walked makes the versions of an ordinary crate: dense at first, then at the
// pace of its maintainers, until they lose interest or today.
func (r *Registry) walked(index int32, c *crate) {
	d := throw(c.draws, streamRelease)
	end := c.created + instant(math.Pow(d.part(), 0.8)*float64(r.now-c.created))
	if c.hub || d.chance(0.3) {
		end = max(c.created, r.now-instant(d.skewed(25, 1.6)*float64(day)))
	}
	w := walk{d: &d}
	last := r.now - 100*minute
	previous := c.created
	count := min(c.count, 1+int((r.now-c.created)/(5*day))) // young crates have few
	for n := range count {
		when, by := c.created, c.owner
		if n > 0 {
			share := math.Pow(float64(n)/float64(max(count-1, 1)), 1.25)
			near := c.created + instant(share*float64(end-c.created))
			if c.partner >= 0 && n > 2 && d.chance(0.35) {
				by = c.partner
			}
			when = r.people[by].moment(&d, near)
			if when <= previous {
				when = previous + instant(d.between(9, 600))*minute
			}
		}
		if when > last {
			break
		}
		r.versions = append(r.versions, version{at: when, num: w.next(), crate: index, ord: int32(n), by: by, token: -1})
		previous = when
	}
}

// newest is the crate's version with the latest publish.
func (r *Registry) newest(c *crate) *version { return &r.versions[c.version[len(c.version)-1]] }

// newestAt is the index of the version a maintainer would depend on at an
// instant: the newest release published by then, a pre-release only if there
// is nothing else.
func (r *Registry) newestAt(c *crate, t instant) int32 {
	n, _ := slices.BinarySearchFunc(c.version, t+1, func(v int32, t instant) int {
		return int(max(min(r.versions[v].at-t, 1), -1))
	})
	for i := n - 1; i >= 0; i-- {
		if !r.versions[c.version[i]].num.pre() {
			return c.version[i]
		}
	}
	return c.version[max(n-1, 0)]
}

// best is the index of the default version by the registry's rule: not yanked
// first, releases before pre-releases, highest number, highest id (contract
// actions.md section 14).
func (r *Registry) best(c *crate) int32 {
	return slices.MaxFunc(c.version, func(a, b int32) int {
		x, y := &r.versions[a], &r.versions[b]
		if x.yanked != y.yanked {
			return truth(y.yanked) - truth(x.yanked)
		}
		if x.num.pre() != y.num.pre() {
			return truth(y.num.pre()) - truth(x.num.pre())
		}
		if order := strings.Compare(string(x.num.order()), string(y.num.order())); order != 0 {
			return order
		}
		return int(a - b)
	})
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
