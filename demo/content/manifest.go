package content

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// key is the name under which the manifest lists a dependency.
func (d Dependency) key() string {
	if d.Rename != "" {
		return d.Rename
	}
	return d.Name
}

// manifest is Cargo.toml as packing rewrites it: every target named, every
// dependency a table of its own.
func (c *crate) manifest() string {
	w := &toml{}
	w.line("# Rewritten when this package was made. Cargo.toml.orig is the file")
	w.line("# as its authors keep it.")
	w.line("")
	c.packageTable(w, true)
	c.targetTables(w)
	c.dependencyTables(w, true)
	c.featureTable(w)
	return w.b.String()
}

// original is Cargo.toml as a person would write it.
func (c *crate) original() string {
	w := &toml{}
	c.packageTable(w, false)
	if c.spec.Kind == ProcMacro {
		w.table("lib")
		w.line("proc-macro = true")
	}
	c.featureTable(w)
	c.dependencyTables(w, false)
	return w.b.String()
}

func (c *crate) packageTable(w *toml, full bool) {
	s := c.spec
	w.table("package")
	w.text("edition", s.Edition)
	w.text("rust-version", s.RustVersion)
	w.text("name", s.Name)
	w.text("version", s.Version)
	w.list("authors", s.Authors)
	if full {
		if _, ok := c.files["build.rs"]; ok {
			w.text("build", "build.rs")
		} else {
			w.line("build = false")
		}
		w.line("autolib = false\nautobins = false\nautoexamples = false\nautotests = false\nautobenches = false")
	}
	w.text("description", s.Description)
	w.text("homepage", s.Homepage)
	w.text("documentation", s.Documentation)
	w.text("readme", readmePath)
	w.list("keywords", s.Keywords)
	w.list("categories", s.Categories)
	w.text("license", s.License)
	w.text("repository", s.Repository)
	w.text("links", s.Links)
}

func (c *crate) targetTables(w *toml) {
	if c.hasLibrary() {
		w.table("lib")
		w.text("name", c.lib)
		w.text("path", "src/lib.rs")
		if c.spec.Kind == ProcMacro {
			w.line("proc-macro = true")
		}
	}
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		name := strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".rs")
		table := ""
		switch {
		case path == "src/main.rs":
			table, name = "bin", c.spec.Name
		case !strings.HasSuffix(path, ".rs"):
		case strings.HasPrefix(path, "src/bin/"):
			table = "bin"
		case strings.HasPrefix(path, "examples/"):
			table = "example"
		case strings.HasPrefix(path, "tests/") && strings.Count(path, "/") == 1:
			table = "test"
		case strings.HasPrefix(path, "benches/"):
			table = "bench"
		}
		if table != "" {
			w.array(table)
			w.text("name", name)
			w.text("path", path)
		}
	}
}

func (c *crate) dependencyTables(w *toml, full bool) {
	sections := []string{"dependencies", "build-dependencies", "dev-dependencies"}
	groups := map[string][]Dependency{}
	for _, d := range c.spec.Dependencies {
		section := sections[map[DependencyKind]int{BuildDependency: 1, DevDependency: 2}[d.Kind]]
		if d.Target != "" {
			section = "target." + quote(d.Target) + "." + section
		}
		groups[section] = append(groups[section], d)
	}
	for _, section := range slices.Sorted(maps.Keys(groups)) {
		if !full {
			w.table(section)
		}
		for _, d := range slices.SortedFunc(slices.Values(groups[section]), func(a, b Dependency) int { return strings.Compare(a.key(), b.key()) }) {
			if full {
				w.table(section + "." + bare(d.key()))
				w.b.WriteString(strings.Join(d.parts(), "\n") + "\n")
			} else if parts := d.parts(); len(parts) == 1 {
				w.text(bare(d.key()), d.Req)
			} else {
				w.line(bare(d.key()) + " = { " + strings.Join(parts, ", ") + " }")
			}
		}
	}
}

func (d Dependency) parts() []string {
	parts := []string{"version = " + quote(d.Req)}
	if d.Optional {
		parts = append(parts, "optional = true")
	}
	if d.NoDefaultFeatures {
		parts = append(parts, "default-features = false")
	}
	if len(d.Features) > 0 {
		parts = append(parts, "features = "+quoteList(d.Features))
	}
	if d.Rename != "" {
		parts = append(parts, "package = "+quote(d.Name))
	}
	return parts
}

func (c *crate) featureTable(w *toml) {
	if len(c.spec.Features) == 0 {
		return
	}
	w.table("features")
	for _, name := range slices.Sorted(maps.Keys(c.spec.Features)) {
		w.line(bare(name) + " = " + quoteList(c.spec.Features[name]))
	}
}

// lockfile is Cargo.lock with every dependency at the least version its
// requirement names.
func (c *crate) lockfile() string {
	type locked struct{ name, version string }
	list := []locked{{c.spec.Name, c.spec.Version}}
	for _, d := range c.spec.Dependencies {
		list = append(list, locked{d.Name, leastVersion(d.Req)})
	}
	slices.SortFunc(list, func(a, b locked) int { return strings.Compare(a.name+"\x00"+a.version, b.name+"\x00"+b.version) })
	list = slices.Compact(list)
	w := &toml{}
	w.line("# Written by a tool. Do not edit it by hand.")
	w.line("version = 4")
	for _, l := range list {
		w.array("package")
		w.text("name", l.name)
		w.text("version", l.version)
		if l.name != c.spec.Name {
			w.text("source", "registry+https://index.registry.invalid/")
			w.text("checksum", hexSum([]byte(l.name+l.version)))
		} else if names := c.lockedNames(); len(names) > 0 {
			w.line("dependencies = [\n" + join(names, "\n", " %q,") + "\n]")
		}
	}
	return w.b.String()
}

func (c *crate) lockedNames() []string {
	var names []string
	for _, d := range c.spec.Dependencies {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leastVersion reads the first number of a requirement and fills it up to
// three parts.
func leastVersion(req string) string {
	start := strings.IndexFunc(req, func(r rune) bool { return r >= '0' && r <= '9' })
	if start < 0 {
		return "1.0.0"
	}
	number := req[start:]
	if end := strings.IndexAny(number, ", <>=^~*"); end >= 0 {
		number = strings.TrimSuffix(number[:end], ".")
	}
	for strings.Count(strings.SplitN(number, "-", 2)[0], ".") < 2 {
		number += ".0"
	}
	return number
}

// toml writes the few forms of TOML that a manifest needs.
type toml struct{ b strings.Builder }

func (w *toml) line(s string) { w.b.WriteString(s + "\n") }

func (w *toml) table(name string) {
	if w.b.Len() > 0 && !strings.HasSuffix(w.b.String(), "\n\n") {
		w.line("")
	}
	w.line("[" + name + "]")
}

func (w *toml) array(name string) { w.table("[" + name + "]") }

func (w *toml) text(key, value string) {
	if value != "" {
		w.line(key + " = " + quote(value))
	}
}

func (w *toml) list(key string, values []string) {
	if len(values) > 0 {
		w.line(key + " = " + quoteList(values))
	}
}

func quoteList(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = quote(v)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// quote writes a TOML basic string. Go's quoting differs only in the escapes
// for control characters.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < 0x20 || r == 0x7f:
			_, _ = fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

func bare(key string) string {
	plain := !strings.ContainsFunc(key, func(r rune) bool {
		return r != '-' && r != '_' && (r > 'z' || !strconv.IsPrint(r) || !isAlnum(byte(r)))
	})
	if plain && key != "" {
		return key
	}
	return quote(key)
}

func isAlnum(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}
