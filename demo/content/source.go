package content

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed rust
var rust embed.FS

// template gives an embedded source; a missing one is a mistake in this
// package that its tests find at once.
func template(name string) string {
	text, err := rust.ReadFile("rust/" + name + ".rs")
	if err != nil {
		panic(err)
	}
	return string(text)
}

// crate is a package while it is being made.
type crate struct {
	spec  Spec
	seed  uint64
	theme theme
	lib   string // library name
	typ   string // main type

	modules []*module
	spare   []string // nouns not yet used
	bumps   int      // how often a constant was raised
	grown   int      // modules added by generations

	files map[string][]byte
}

func (c *crate) add(path, text string) { c.files[path] = []byte(text) }

// replacer fills the places of a template that are the same all over a crate.
func (c *crate) replacer() *strings.Replacer {
	d := newDice(c.seed, "constants")
	return strings.NewReplacer(
		"@lib@", c.lib, "@Type@", c.typ, "@noun@", c.theme.nouns[0], "@Description@", oneLine(c.spec.Description),
		"@K1@", fmt.Sprint(1<<d.between(5, 10)),
		"@K2@", fmt.Sprint(d.between(4, 9)*10+8*c.bumps),
		"@K3@", fmt.Sprint(d.between(2, 6)+c.bumps%3),
	)
}

// sources fills in everything below src.
// skeleton is the source of a library in which nothing has been written.
const skeleton = `pub fn add(left: u64, right: u64) -> u64 {
    left + right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_works() {
        assert_eq!(add(2, 2), 4);
    }
}
`

func (c *crate) sources() {
	if c.spec.Traits.Skeleton {
		c.add("src/lib.rs", skeleton)
		return
	}
	d := newDice(c.seed, "shape")
	if c.spec.Payload == HelperOnly {
		c.add("src/lib.rs", c.helperRoot())
		return
	}
	if c.spec.Kind != ProcMacro {
		c.coreModules()
	}
	used := map[string]bool{"lib": true, "main": true}
	for _, m := range c.modules {
		used[m.name] = true
	}
	nouns := append(some(d, c.theme.nouns, len(c.theme.nouns)), some(d, commonNouns(), 30)...)
	c.spare = slices.DeleteFunc(nouns, func(n string) bool {
		taken := used[n]
		used[n] = true
		// These are words of the language.
		return taken || n == "break" || n == "macro"
	})
	count := map[Size]int{Small: d.n(2), Medium: d.between(4, 7), Large: d.between(15, 22)}[c.spec.Size]
	for _, noun := range c.spare[:min(count, len(c.spare))] {
		c.addPart(noun)
	}
	c.spare = c.spare[min(count, len(c.spare)):]
	if len(c.modules) == 0 {
		c.addPart(c.spare[0])
		c.spare = c.spare[1:]
	}
	c.evolve()
	fill := c.replacer()
	for _, m := range c.modules {
		c.add(m.path, fill.Replace(m.finish()))
	}
	c.roots(fill)
}

func (c *crate) coreModules() {
	entries, err := rust.ReadDir("rust/" + c.theme.folder)
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".rs")
		text := template(c.theme.folder + "/" + name)
		// The module with the main type always comes, the other in two of
		// three crates or when there is room.
		if strings.Contains(text, "pub struct @Type@") || c.spec.Size != Small || newDice(c.seed, name).n(3) > 0 {
			c.modules = append(c.modules, &module{name: name, path: "src/" + name + ".rs", code: text})
		}
	}
}

func (c *crate) addPart(noun string) {
	c.modules = append(c.modules, &module{name: noun, path: "src/" + noun + ".rs", code: c.part(noun)})
}

// roots writes lib.rs, main.rs and src/bin, which name the modules.
func (c *crate) roots(fill *strings.Replacer) {
	switch c.spec.Kind {
	case Binary:
		c.add("src/main.rs", c.program(c.moduleLines("mod")))
		return
	case ProcMacro:
		mods := "#![allow(dead_code)]\n\n" + c.moduleLines("mod")
		root := strings.Replace(template("procmacro/lib"), "use proc_macro", mods+"\nuse proc_macro", 1)
		c.add("src/lib.rs", fill.Replace(strings.Replace(root, "//%edits\n", "", 1)))
		return
	case LibraryAndBinary:
		c.add("src/bin/"+c.spec.Name+".rs", c.program(""))
	}
	c.add("src/lib.rs", fill.Replace(c.libraryRoot()))
}

func (c *crate) libraryRoot() string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "//! %s.\n//!\n//! ```\n", strings.TrimSuffix(oneLine(c.spec.Description), "."))
	for line := range strings.Lines(c.theme.usage) {
		b.WriteString("//! " + strings.TrimSuffix(line, "\n") + "\n")
	}
	b.WriteString("//! ```\n\n")
	if c.spec.Traits.NoStd {
		b.WriteString("#![cfg_attr(not(any(test, feature = \"std\")), no_std)]\n")
	}
	b.WriteString("#![warn(missing_debug_implementations)]\n\n")
	b.WriteString(c.moduleLines("pub mod"))
	for _, m := range c.modules {
		if strings.Contains(m.code, "pub struct @Type@") {
			b.WriteString("\npub use crate::" + m.name + "::@Type@;\n")
		}
	}
	if names := c.dependencyNames(); len(names) > 0 {
		b.WriteString("\n#[doc(hidden)]\npub mod __private {\n" + lines(names, "    pub use %s;") + "\n}\n")
	}
	if c.spec.Traits.CSources {
		_, _ = fmt.Fprintf(&b, "\nextern \"C\" {\n    /// Sums bytes; see csrc/%[1]s.c.\n    pub fn %[1]s_sum(data: *const u8, len: usize) -> u32;\n}\n", c.lib)
	}
	return b.String()
}

func (c *crate) moduleLines(keyword string) string {
	names := make([]string, len(c.modules))
	for i, m := range c.modules {
		names[i] = m.name
	}
	slices.Sort(names)
	return lines(names, keyword+" %s;") + "\n"
}

// dependencyNames are the dependencies that the library can always name.
func (c *crate) dependencyNames() []string {
	var names []string
	for _, d := range c.spec.Dependencies {
		if d.Kind == NormalDependency && !d.Optional && d.Target == "" {
			names = append(names, strings.ReplaceAll(d.key(), "-", "_"))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// program is the source of a program that tells about itself.
func (c *crate) program(mods string) string {
	if mods != "" {
		mods = "#![allow(dead_code)]\n\n" + mods + "\n"
	}
	return fmt.Sprintf(`//! %s

%suse std::env;
use std::process::ExitCode;

const USAGE: &str = "usage: %s [--version] [FILE]...";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if args.iter().any(|arg| arg == "--version") {
        println!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        return ExitCode::SUCCESS;
    }
    match args.first() {
        Some(file) => println!("{file}: {} arguments", args.len()),
        None => eprintln!("{USAGE}"),
    }
    ExitCode::SUCCESS
}
`, oneLine(c.spec.Description), mods, c.spec.Name)
}

// oneLine keeps foreign text from breaking out of a comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
