package content

import (
	"crypto/sha256"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"cratewarden"
)

// Build makes the archive of a spec. The error kind is Invalid when name or
// version could not be published.
func Build(spec Spec) (Package, error) {
	if !cratewarden.ValidName(spec.Name) {
		return Package{}, cratewarden.Errorf(cratewarden.Invalid, "No crate can be called %q.", spec.Name)
	}
	if !plausibleVersion(spec.Version) {
		return Package{}, cratewarden.Errorf(cratewarden.Invalid, "%q is not a version such as 1.2.3.", spec.Version)
	}
	c := newCrate(spec)
	c.sources()
	c.extras()
	c.payload()
	readme := c.readme()
	c.add(readmePath, readme)
	c.add("Cargo.toml", c.manifest())
	c.add("Cargo.toml.orig", c.original())
	if spec.Traits.Lockfile || c.hasProgram() {
		c.add("Cargo.lock", c.lockfile())
	}
	archive, err := pack(spec.Name+"-"+spec.Version+"/", c.files)
	if err != nil {
		return Package{}, err
	}
	p := Package{
		Archive: archive, SHA256: sha256.Sum256(archive), Size: int64(len(archive)),
		HasLib: c.hasLibrary(), License: c.spec.License, Description: c.spec.Description, Edition: c.spec.Edition,
		ReadmePath: readmePath, Readme: readme, ReadmeHTML: RenderMarkdown(readme),
		LineCounts: countLines(c.files), Files: slices.Sorted(maps.Keys(c.files)),
	}
	if p.HasLib {
		p.LibName = c.lib
	}
	if c.hasProgram() {
		p.BinNames = []string{spec.Name}
	}
	return p, nil
}

// newCrate fills in the defaults. They depend only on the seed, never on the
// version, so that a crate keeps its character.
func newCrate(spec Spec) *crate {
	c := &crate{seed: spec.Seed, files: map[string][]byte{}, lib: strings.ReplaceAll(spec.Name, "-", "_")}
	if c.seed == 0 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(spec.Name))
		c.seed = h.Sum64()
	}
	d := newDice(c.seed, "character")
	topic := spec.Topic
	if topic < Parser || topic > Logging {
		topic = Parser + Topic(d.n(topics))
	}
	c.theme = themeOf(topic)
	c.typ = pick(d, c.theme.types)
	about := pick(d, c.theme.about)
	if spec.Description == "" {
		spec.Description = about
	}
	if spec.License == "" {
		spec.License = "MIT OR Apache-2.0"
	}
	if spec.Edition == "" {
		spec.Edition = "2021"
	}
	if spec.Payload == HelperOnly {
		spec.Kind = Library
	}
	c.spec = spec
	return c
}

func (c *crate) hasLibrary() bool { return c.spec.Kind != Binary }

func (c *crate) hasProgram() bool {
	return c.spec.Kind == Binary || c.spec.Kind == LibraryAndBinary
}

// plausibleVersion keeps out what could not be part of a path; whether the
// parts are in order is the caller's business.
func plausibleVersion(v string) bool {
	core, _, _ := strings.Cut(v, "+")
	core, _, _ = strings.Cut(core, "-")
	if strings.Count(core, ".") != 2 || len(v) > 150 {
		return false
	}
	for number := range strings.SplitSeq(core, ".") {
		if number == "" || strings.Trim(number, "0123456789") != "" {
			return false
		}
	}
	return !strings.Contains(v, "..") && !strings.ContainsFunc(v, func(r rune) bool {
		return r > 'z' || !isAlnum(byte(r)) && r != '.' && r != '-' && r != '+'
	})
}
