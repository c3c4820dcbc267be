package content

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
)

// extras adds what stands around the sources.
func (c *crate) extras() {
	t := c.spec.Traits
	if t.Skeleton {
		return
	}
	if t.BuildScript {
		c.add("build.rs", "//! Tells the sources which profile they are built with.\n\nfn main() {\n    println!(\"cargo:rerun-if-changed=build.rs\");\n    let profile = std::env::var(\"PROFILE\").unwrap_or_default();\n    println!(\"cargo:rustc-env=BUILD_PROFILE={profile}\");\n}\n")
	}
	if t.CSources {
		c.cSources()
	}
	if t.BlobFixture {
		c.files["tests/data/sample.bin"] = c.blob()
	}
	if t.OddEncodings {
		c.oddFiles()
	}
	if !t.Bare {
		c.companions()
	}
	if c.spec.VCS.SHA != "" {
		c.add(".cargo_vcs_info.json", c.vcsInfo())
	}
	c.licenses()
}

// companions are the tests, benches and examples; how many goes by size.
func (c *crate) companions() {
	c.add("CHANGELOG.md", c.changelog())
	if c.spec.Payload == HelperOnly {
		return
	}
	if c.spec.Size != Small {
		c.add(".gitignore", "/target\n")
		c.add("rustfmt.toml", "max_width = 100\nuse_small_heuristics = \"Max\"\n")
	}
	if c.spec.Kind != Library && c.spec.Kind != LibraryAndBinary {
		return
	}
	usage := indent(c.replacer().Replace(c.theme.usage))
	c.add("tests/basic.rs", "#[test]\nfn works_as_shown() {\n"+usage+"}\n")
	if c.spec.Size == Small {
		return
	}
	c.add("examples/hello.rs", "fn main() {\n"+usage+"    println!(\"done\");\n}\n")
	c.add("benches/basic.rs", "//! Run with `cargo bench`; measured by hand, without a framework.\n\nuse std::time::Instant;\n\nfn main() {\n    let start = Instant::now();\n    for _ in 0..1000 {\n        run();\n    }\n    println!(\"{:?}\", start.elapsed());\n}\n\nfn run() {\n"+usage+"}\n")
	if c.spec.Size == Large {
		for _, m := range c.modules {
			if strings.HasPrefix(m.code, "//! Numbers of each") {
				c.add("tests/"+m.name+".rs", fmt.Sprintf("use %[1]s::%[2]s;\n\n#[test]\nfn knows_some() {\n    assert!(%[2]s::%[2]s_count() > 0);\n}\n", c.lib, m.name))
			}
		}
	}
}

func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

func (c *crate) cSources() {
	c.add("csrc/"+c.lib+".h", fmt.Sprintf("#ifndef %[1]s_H\n#define %[1]s_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n/* Sums bytes without overflow. */\nuint32_t %[2]s_sum(const uint8_t *data, size_t len);\n\n#endif\n", strings.ToUpper(c.lib), c.lib))
	c.add("csrc/"+c.lib+".c", fmt.Sprintf("#include \"%[1]s.h\"\n\n/*\n * The loop is kept simple so that compilers can make it wide.\n */\nuint32_t %[1]s_sum(const uint8_t *data, size_t len) {\n    uint32_t sum = 0;\n    for (size_t i = 0; i < len; i++) {\n        sum += data[i];\n    }\n    return sum;\n}\n", c.lib))
	c.add("build.rs", fmt.Sprintf("//! Compiles the C part.\n\nfn main() {\n    println!(\"cargo:rerun-if-changed=csrc\");\n    cc::Build::new().file(\"csrc/%[1]s.c\").include(\"csrc\").compile(\"%[1]s\");\n}\n", c.lib))
}

// blob is 2 to 18 KiB without meaning that do not compress.
func (c *crate) blob() []byte {
	d := newDice(c.seed, "blob")
	out := make([]byte, d.between(2, 18)<<10)
	for i := range out {
		out[i] = byte(d.next() >> 32)
	}
	copy(out, "\x00SMPL\x01\x00\x00")
	return out
}

// oddFiles are texts that break careless viewers.
func (c *crate) oddFiles() {
	dir := "tests/data/"
	c.add(dir+"latin1.txt", "Gr\xfc\xdfe aus K\xf6ln, d\xe9j\xe0 vu\n")
	c.add(dir+"bom.txt", "\ufefffirst line after a byte order mark\n")
	c.add(dir+"crlf.txt", "one\r\ntwo\r\nthree without an end")
	c.add(dir+"mixed-ends.txt", "unix\ndos\r\nold mac\rend\n")
	c.add(dir+"bidi.rs", "// access \u202e\u2066// only for guests\u2069 \u2066\nfn guest() {}\n")
	c.add(dir+"controls.txt", "bell \x07, escape \x1b[31mred\x1b[0m, nul \x00, delete \x7f\n")
	c.add(dir+"zero-width.txt", "zero\u200bwidth, soft\u00adhyphen, c\u0301ombining\n")
	c.add(dir+"long-line.json", `{"data":"`+strings.Repeat("0123456789abcdef", 1500)+`"}`)
	c.add(dir+"empty.txt", "")
	c.add(dir+"na\u00efve n\u00e4me (1) \u540d\u524d.txt", "a path with spaces and letters beyond ASCII\n")
	c.add(dir+"<b>&quot;'.html", "<script>alert('inert')</script>\n")
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune("UTF-16, little end first\n")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	c.files[dir+"utf16.txt"] = wide
}

func (c *crate) vcsInfo() string {
	var info struct {
		Git struct {
			SHA   string `json:"sha1"`
			Dirty bool   `json:"dirty,omitempty"`
		} `json:"git"`
		Path string `json:"path_in_vcs"`
	}
	info.Git.SHA, info.Git.Dirty, info.Path = c.spec.VCS.SHA, c.spec.VCS.Dirty, c.spec.VCS.Path
	out, _ := json.MarshalIndent(info, "", "  ")
	return string(out)
}
