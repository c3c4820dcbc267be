package demo

import (
	"fmt"
	"slices"
)

// dependency is one row of dependencies of one version.
type dependency struct {
	crate     int32 // index of the crate depended on
	name      string
	req       string
	kind      int16
	optional  bool
	noDefault bool
	features  []string
	target    string
	rename    string
}

// slot is a dependency over the life of a crate: from which of its versions
// on, until which, and in which style. The rows of one version are made from
// the slots when they are needed, since a large registry has too many to keep.
type slot struct {
	target      int32
	from, until int32
	kind        uint8
	style       uint8
	cfg         uint8
	optional    bool
	noDefault   bool
	renamed     bool
	featured    bool
}

var cfgs = []string{
	"cfg(windows)", "cfg(unix)", `cfg(target_arch = "wasm32")`, `cfg(target_os = "linux")`,
	`cfg(not(target_arch = "wasm32"))`, `cfg(any(target_os = "macos", target_os = "ios"))`,
	"x86_64-pc-windows-gnu", `cfg(all(unix, not(target_os = "android")))`, `cfg(target_has_atomic = "ptr")`,
}

// makeSlots wires the graph: every crate leans on a few hubs, the first of
// them far more often than the rest, and on some earlier crates.
func (r *Registry) makeSlots() {
	var hubs []int32
	rank := map[string]int32{}
	for i := range r.crates {
		if r.crates[i].hub {
			rank[r.crates[i].name] = int32(i)
		}
	}
	for _, h := range r.words.hubs {
		hubs = append(hubs, rank[h.name])
	}
	for i := range r.crates {
		if c := &r.crates[i]; c.script == nil && len(c.version) > 0 {
			r.wire(int32(i), c, hubs)
		}
	}
}

func (r *Registry) wire(index int32, c *crate, hubs []int32) {
	d := throw(c.draws, streamSlot)
	want := int(d.skewed(12.5, 0.7))
	switch {
	case c.hub:
		want = d.below(5)
	case d.chance(0.1):
		want = 0
	}
	seen := map[int32]bool{index: true}
	for range min(want, 120) {
		target := r.leanOn(&d, index, hubs)
		if target < 0 || seen[target] {
			continue
		}
		seen[target] = true
		c.slots = append(c.slots, r.newSlot(&d, c, target))
	}
	slices.SortFunc(c.slots, func(a, b slot) int {
		if a.kind != b.kind {
			return int(a.kind) - int(b.kind)
		}
		return int(a.target - b.target)
	})
}

// leanOn picks a crate to depend on, always an earlier one, or -1. Crates that
// nobody would lean on, such as those of the situations, are never picked.
func (r *Registry) leanOn(d *dice, index int32, hubs []int32) int32 {
	if index == 0 {
		return -1
	}
	target := hubs[d.early(len(hubs))]
	if d.chance(0.3) {
		target = int32(d.below(int(index)))
		if d.chance(0.6) {
			target = int32(d.early(int(index)))
		}
	}
	if t := &r.crates[target]; target >= index || t.script != nil && !t.script.popular || len(t.version) == 0 {
		return -1
	}
	return target
}

func (r *Registry) newSlot(d *dice, c *crate, target int32) slot {
	n := len(c.version)
	s := slot{target: target, until: int32(n), style: uint8(d.below(20))}
	if n > 2 && d.chance(0.45) {
		s.from = int32(d.below(n))
	}
	if n > 4 && d.chance(0.12) {
		s.until = s.from + 1 + int32(d.below(n-int(s.from)))
	}
	switch x := d.part(); {
	case x < 0.24:
		s.kind = 2
	case x < 0.30:
		s.kind = 1
	}
	if s.kind == 0 {
		s.optional = d.chance(0.2)
	}
	if d.chance(0.07) {
		s.cfg = uint8(1 + d.below(len(cfgs)))
	}
	s.noDefault, s.renamed, s.featured = d.chance(0.15), d.chance(0.02), d.chance(0.25)
	return s
}

// dependencies gives the rows of one version, in the order of their ids.
func (r *Registry) dependencies(v *version) []dependency {
	c := &r.crates[v.crate]
	if c.script != nil {
		return r.settle(c.script.releases[v.ord].deps)
	}
	out := make([]dependency, 0, len(c.slots))
	for i := range c.slots {
		if s := &c.slots[i]; s.from <= v.ord && v.ord < s.until {
			out = append(out, r.fill(c, v, s))
		}
	}
	return out
}

// settle finds the crates that a script names.
func (r *Registry) settle(deps []dependency) []dependency {
	out := slices.Clone(deps)
	for i := range out {
		if out[i].name != "" {
			out[i].crate = r.index(out[i].name)
		}
	}
	return out
}

// fill turns a slot into the row of one version. Requirements move only now
// and then, as people update their manifests in bursts.
func (r *Registry) fill(c *crate, v *version, s *slot) dependency {
	target := &r.crates[s.target]
	looked := max(s.from, v.ord-v.ord%4)
	n := r.versions[r.newestAt(target, r.versions[c.version[looked]].at)].num
	dep := dependency{crate: s.target, kind: int16(s.kind), optional: s.optional, noDefault: s.noDefault, req: requirement(n, s.style)}
	if s.cfg > 0 {
		dep.target = cfgs[s.cfg-1]
	}
	if s.renamed {
		dep.rename = underscored(target.name) + "_dep"
	}
	if s.featured {
		for _, f := range featureNames(target) {
			if (s.style+uint8(len(f)))%3 == 0 {
				dep.features = append(dep.features, f)
			}
		}
	}
	return dep
}

// requirement writes a requirement as the registry stores it, that is, as its
// semver library prints it.
func requirement(n number, style uint8) string {
	n.tail, _, _ = cutBuild(n.tail)
	switch {
	case n.tail != "" || style < 11:
		return "^" + n.String()
	case style < 14:
		return fmt.Sprintf("^%d.%d", n.major, n.minor)
	case style == 14 && n.major > 0:
		return fmt.Sprintf("^%d", n.major)
	case style == 15:
		return fmt.Sprintf("~%d.%d", n.major, n.minor)
	case style == 16:
		return "=" + n.String()
	case style == 17:
		return fmt.Sprintf(">=%d.%d, <%d", n.major, n.minor, n.major+1)
	case style == 18:
		return fmt.Sprintf(">=%d.%d.%d", n.major, n.minor, n.patch)
	}
	return "^" + n.String()
}
