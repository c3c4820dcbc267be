package content

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const readmePath = "README.md"

func (c *crate) readme() string {
	if c.spec.Traits.Skeleton {
		return "# " + c.spec.Name + "\n"
	}
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "# %s\n\n%s.\n\n", c.spec.Name, strings.TrimSuffix(oneLine(c.spec.Description), "."))
	if c.spec.Payload != NoPayload {
		b.WriteString("```text\n" + Marker + "\n```\n\n")
	}
	if c.hasLibrary() {
		major, _, _ := strings.Cut(c.spec.Version, "+")
		_, _ = fmt.Fprintf(&b, "## Use\n\n```toml\n[dependencies]\n%s = %q\n```\n\n", c.spec.Name, major)
	}
	switch c.spec.Kind {
	case Library, LibraryAndBinary:
		if c.spec.Payload != HelperOnly {
			b.WriteString("```rust\n" + c.replacer().Replace(c.theme.usage) + "\n```\n\n")
		}
	case ProcMacro:
		_, _ = fmt.Fprintf(&b, "```rust\n#[derive(%s::%s)]\nstruct Example {\n    field: u8,\n}\n```\n\n", c.lib, c.typ)
	case Binary:
		_, _ = fmt.Fprintf(&b, "## Run\n\n```text\n%s --help\n```\n\n", c.spec.Name)
	}
	if len(c.spec.Features) > 0 {
		b.WriteString("## Features\n\n")
		for _, name := range slices.Sorted(maps.Keys(c.spec.Features)) {
			_, _ = fmt.Fprintf(&b, "- `%s`\n", name)
		}
		b.WriteString("\n")
	}
	if c.spec.RustVersion != "" {
		_, _ = fmt.Fprintf(&b, "Needs Rust %s or newer.\n\n", c.spec.RustVersion)
	}
	if c.spec.Repository != "" {
		_, _ = fmt.Fprintf(&b, "Source and issues: [repository](%s).\n\n", c.spec.Repository)
	}
	_, _ = fmt.Fprintf(&b, "## License\n\n%s\n", c.spec.License)
	return b.String()
}

// changelog counts releases instead of naming them, since a spec knows only
// its own version.
func (c *crate) changelog() string {
	changes := []string{
		"Say more in error messages", "Accept empty input", "Fewer allocations when nothing changes", "Fix an overflow with very large input",
		"Document what happens at the limits", "More tests for odd input", "Raise a default that was too low", "Mark getters `const`", "Tidy the examples",
	}
	var b strings.Builder
	b.WriteString("# Changes\n")
	last := min(c.spec.Generation, maxHistory)
	for g := last; g >= 0; g-- {
		_, _ = fmt.Fprintf(&b, "\n## Release %d\n\n", g+1)
		if g == 0 {
			b.WriteString("- First release\n")
			break
		}
		d := newDice(c.seed, fmt.Sprint("changes ", g))
		for _, change := range some(d, changes, d.between(1, 3)) {
			b.WriteString("- " + change + "\n")
		}
	}
	return b.String()
}

// licenses adds the files that the expression asks for.
func (c *crate) licenses() {
	year := 2016 + newDice(c.seed, "year").n(9)
	if strings.Contains(c.spec.License, "MIT") {
		c.add("LICENSE-MIT", fmt.Sprintf(`MIT License

Copyright (c) %d The %s Developers

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
`, year, c.spec.Name))
	}
	if strings.Contains(c.spec.License, "Apache-2.0") {
		c.add("LICENSE-APACHE", "Licensed under the Apache License, Version 2.0. The full text is at\nhttps://www.apache.org/licenses/LICENSE-2.0\n")
	}
	if _, ok := c.files["LICENSE-MIT"]; !ok && !strings.Contains(c.spec.License, "Apache-2.0") {
		c.add("LICENSE", fmt.Sprintf("Copyright (c) %d The %s Developers\n\nSPDX-License-Identifier: %s\n", year, c.spec.Name, oneLine(c.spec.License)))
	}
}
