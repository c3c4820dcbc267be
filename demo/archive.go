package demo

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"cratewarden/demo/content"
)

// mostPackedVersions keeps crates with very many versions out of the archives
// that are made for ordinary crates, so that the time goes into many crates.
const mostPackedVersions = 14

// makeArchives makes the .crate files of all crates of the situations and of
// the most used ones.
func (r *Registry) makeArchives() {
	var versions []int32
	for _, i := range r.archivedCrates() {
		r.crates[i].packed = true
		versions = append(versions, r.crates[i].version...)
	}
	built := make([]content.Package, len(versions))
	var next, done atomic.Int64
	var wg sync.WaitGroup
	var once sync.Once
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(versions)); n = next.Add(1) - 1 {
				var err error
				if built[n], err = content.Build(r.spec(versions[n])); err != nil {
					v := &r.versions[versions[n]]
					once.Do(func() { r.trouble = fmt.Errorf("demo: archive of %s %s: %w", r.crates[v.crate].name, v.num, err) })
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	r.opts.Progress(Event{Step: "archives", Done: done.Load(), Total: int64(len(versions))})
	r.packages = make(map[int32]*content.Package, len(versions))
	for i, v := range versions {
		r.packages[v] = &built[i]
	}
}

// archivedCrates chooses whose archives are made, in the order of id.
func (r *Registry) archivedCrates() []int32 {
	var must, may []int32
	for i := range r.crates {
		switch c := &r.crates[i]; {
		case len(c.version) == 0:
		case c.script != nil && c.script.situation:
			must = append(must, int32(i))
		case c.hub || len(c.version) <= mostPackedVersions:
			may = append(may, int32(i))
		}
	}
	slices.SortFunc(may, func(a, b int32) int {
		x, y := &r.crates[a], &r.crates[b]
		return cmp.Or(truth(y.hub)-truth(x.hub), cmp.Compare(y.daily, x.daily), int(a-b))
	})
	chosen := append(must, may[:min(len(may), max(r.opts.Archives-len(must), 0))]...)
	slices.Sort(chosen)
	return chosen
}

// spec says what is in a version's archive.
func (r *Registry) spec(index int32) content.Spec {
	v := &r.versions[index]
	c := &r.crates[v.crate]
	t := &r.words.themes[c.theme]
	d := throw(c.draws, streamArchive)
	deps := r.dependencies(v)
	s := content.Spec{
		Name: c.name, Version: v.num.String(), Description: r.describe(c), License: r.license(c), Edition: r.edition(v),
		RustVersion: r.rustVersion(v), Links: linksKey(c), Repository: r.repository(c),
		Keywords: r.keywords(c), Categories: r.categories(c), Features: r.features(v, deps),
		Kind: t.kind, Topic: t.topic, Seed: c.draws | 1, Generation: int(v.ord),
	}
	if s.License == "non-standard" {
		s.License = "MIT"
	}
	if s.Edition == "" {
		s.Edition = "2015"
	}
	s.Authors = []string{r.people[c.owner].name}
	switch {
	case strings.HasSuffix(c.name, "-derive") || strings.HasSuffix(c.name, "-macros"):
		s.Kind, s.Topic = content.ProcMacro, content.Macro
	case strings.HasSuffix(c.name, "-cli") || strings.HasPrefix(c.name, "cargo-"):
		s.Kind = content.LibraryAndBinary
	}
	s.Size = pick(&d, []content.Size{content.Small, content.Small, content.Small, content.Medium, content.Medium, content.Large})
	s.Traits = content.Traits{
		BuildScript: d.chance(0.15), CSources: s.Links != "" || d.chance(0.02), BlobFixture: d.chance(0.08),
		OddEncodings: d.chance(0.05), NoStd: d.chance(0.2), Lockfile: d.chance(0.25), Bare: d.chance(0.2),
	}
	if s.Repository != "" && d.chance(0.93) {
		s.VCS = content.VCS{SHA: r.commit(index), Dirty: d.chance(0.03)}
		if c.repo != c.name {
			s.VCS.Path = "crates/" + c.name
		}
	}
	for i := range deps {
		dep := &deps[i]
		s.Dependencies = append(s.Dependencies, content.Dependency{
			Name: r.crates[dep.crate].name, Rename: dep.rename, Req: dep.req, Kind: content.DependencyKind(dep.kind),
			Target: dep.target, Optional: dep.optional, NoDefaultFeatures: dep.noDefault, Features: dep.features,
		})
	}
	if c.script != nil {
		r.direct(&s, c, v)
	}
	return s
}

// direct changes the archive of a situation's crate to what the script says.
func (r *Registry) direct(s *content.Spec, c *crate, v *version) {
	rel := &c.script.releases[v.ord]
	s.Payload = rel.inert
	s.Size, s.License, s.RustVersion, s.Features = content.Small, "MIT OR Apache-2.0", "", nil
	s.Traits = content.Traits{Bare: c.script.bare, Skeleton: c.script.skeleton}
	if c.script.files != 0 {
		// One hand made them all: the same files under many names.
		s.Seed, s.Topic, s.Kind = c.script.files, content.Text, content.Library
	}
	if c.name == dropper {
		s.Traits.BuildScript = rel.inert != content.NoPayload
	}
	if c.script.noVCS || rel.token == stolenToken {
		s.VCS = content.VCS{}
	}
}
