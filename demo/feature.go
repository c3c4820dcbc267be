package demo

import (
	"slices"
	"strings"
)

func underscored(s string) string { return strings.ReplaceAll(s, "-", "_") }

// cutBuild parts "-rc.1+5" into "-rc.1" and "5".
func cutBuild(tail string) (pre, build string, found bool) { return strings.Cut(tail, "+") }

var featurePool = []string{"alloc", "serialize", "derive", "full", "unstable", "rayon", "simd", "tls", "compression", "tracing", "testing", "nightly", "large-tables", "0x20"}

// featureNames are the plain features of a crate, the same in all its
// versions; half of the crates have none.
func featureNames(c *crate) []string {
	d := throw(c.draws, streamFeature)
	if !c.hub && d.chance(0.5) {
		return nil
	}
	names := []string{"std"}
	for range d.below(5) {
		if f := pick(&d, featurePool); !slices.Contains(names, f) {
			names = append(names, f)
		}
	}
	return names
}

// features is the feature table of a version: plain ones, "dep:" and "?/" for
// optional dependencies, and a default.
func (r *Registry) features(v *version, deps []dependency) map[string][]string {
	c := &r.crates[v.crate]
	if c.script != nil {
		return nil
	}
	names := featureNames(c)
	table := map[string][]string{}
	for i, f := range names {
		table[f] = []string{}
		if i == 1 {
			table[f] = []string{"std"}
		}
	}
	if len(names) > 0 {
		table["default"] = []string{"std"}
	}
	modern := v.at > r.ago(4*year)
	for i := range deps {
		dep := &deps[i]
		if !dep.optional || dep.kind != 0 {
			continue
		}
		key := dep.rename
		if key == "" {
			key = r.crates[dep.crate].name
		}
		if _, taken := table["with-"+key]; taken {
			continue
		}
		switch {
		case !modern:
			table["with-"+key] = []string{key}
		case len(dep.features) > 0 && len(names) > 0:
			table["with-"+key] = []string{"dep:" + key}
			table["std"] = append(table["std"], key+"?/"+dep.features[0])
		default:
			table["with-"+key] = []string{"dep:" + key}
		}
	}
	return table
}
