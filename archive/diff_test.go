package archive_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cratewarden/archive"
	"cratewarden/archive/archivetest"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func crate(t *testing.T, version, more string, files map[string]string, vcs string) *archive.Archive {
	t.Helper()
	files = maps.Clone(files)
	if vcs != "" {
		files[".cargo_vcs_info.json"] = `{"git":{"sha1":"` + vcs + `"},"path_in_vcs":""}`
	}
	files["Cargo.toml"] = archivetest.Manifest("victim", version, more)
	if _, ok := files["Cargo.toml.orig"]; !ok {
		files["Cargo.toml.orig"] = files["Cargo.toml"]
	}
	return read(t, archivetest.Crate("victim", version, files), "victim-"+version)
}

// The pair has the shape of a takeover: a new dependency that the original
// manifest lacks, a payload in a new build script, a binary, hidden text.
func attack(t *testing.T) (before, after *archive.Archive) {
	lines := func(changed string) string {
		var b strings.Builder
		for i := range 30 {
			if i == 12 {
				b.WriteString(changed)
			}
			fmt.Fprintf(&b, "// line %d\n", i)
		}
		return b.String()
	}
	before = crate(t, "1.0.0", "[dependencies]\nserde = \"1\"\nold = \"0.1\"\n", map[string]string{
		"src/lib.rs": lines("fn good() {}\n"), "src/moved.rs": "pub fn moved() {}\n", "gone.txt": "gone\n",
		"same.txt": "same\n", "empty.txt": "", "min.js": strings.Repeat("x", 3000),
	}, "aaaa")
	after = crate(t, "1.0.1", "[lib]\nproc-macro = true\n[dependencies]\nserde = \"1.0.2\"\n[build-dependencies]\nhelper = \"2\"\n[target.'cfg(unix)'.dependencies]\nlibc = { package = \"libc-next\", version = \"0.2\" }\n", map[string]string{
		"src/lib.rs": lines("fn bad() {} // \u202ehidden\n"), "src/elsewhere/moved.rs": "pub fn moved() {}\n",
		"same.txt": "same\n", "other-empty.txt": "", "min.js": strings.Repeat("y", 3000), "empty.txt": "",
		"build.rs": "fn main() {\n    // inert\n}", "data.bin": "\x7fELF\x02\x01",
		"Cargo.toml.orig": archivetest.Manifest("victim", "1.0.1", "[lib]\nproc-macro = true\n[dependencies]\nserde = \"1.0.2\"\n"),
	}, "")
	return before, after
}

func TestCompareGolden(t *testing.T) {
	t.Parallel()
	before, after := attack(t)
	d := archive.Compare(before, after, archive.DiffLimits{})
	golden(t, "attack.txt", printDiff(d))
	golden(t, "attack-reversed.txt", printDiff(archive.Compare(after, before, archive.DiffLimits{})))
}

func printDiff(d *archive.Diff) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s → %s, %d files the same %s\n", d.OldRoot, d.NewRoot, d.Same, d.Incomplete)
	for _, m := range d.Marks {
		fmt.Fprintf(&b, "! %s [%s] %s\n", m.Kind, m.Path, m.Sentence)
	}
	for _, c := range d.Dependencies {
		fmt.Fprintf(&b, "dependency %s → %s\n", printDependency(c.Old), printDependency(c.New))
	}
	for _, c := range d.Changes {
		fmt.Fprintf(&b, "\n%s %s +%d -%d %s\n", c.Kind, c.Path, c.AddedLines, c.DeletedLines, c.NotShown)
		if c.Kind == archive.FileRenamed {
			fmt.Fprintf(&b, "from %s\n", c.Old.Path)
		}
		for _, h := range c.Hunks {
			fmt.Fprintf(&b, "@@ -%d,%d +%d,%d @@\n", h.OldStart, h.OldLines, h.NewStart, h.NewLines)
			for _, l := range h.Lines {
				fmt.Fprintf(&b, "%4d %4d %s %s", l.Old, l.New, map[archive.LineOp]string{archive.Context: " ", archive.Added: "+", archive.Deleted: "-"}[l.Op], printSpans(archive.Spans(l.Text)))
				if l.NoEOL {
					b.WriteString(" (no newline)")
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

func printDependency(d *archive.Dependency) string {
	if d == nil {
		return "none"
	}
	return fmt.Sprintf("%s %s %s %s [%s]", d.Kind, d.Key, d.Name, d.Req, d.Target)
}

func TestCompareSame(t *testing.T) {
	t.Parallel()
	before, _ := attack(t)
	d := archive.Compare(before, before, archive.DiffLimits{})
	if len(d.Changes)+len(d.Dependencies) > 0 || len(d.Marks) != 1 || d.Marks[0].Kind != archive.MarkVCSSame {
		t.Errorf("%s", printDiff(d))
	}
}

func TestExecutableBit(t *testing.T) {
	t.Parallel()
	at := func(mode int64) *archive.Archive {
		return read(t, sound().FileMode("run", "x", mode).Crate(), "evil-1.0.0")
	}
	d := archive.Compare(at(0o644), at(0o755), archive.DiffLimits{})
	if len(d.Changes) != 1 || d.Changes[0].NotShown != "" || !slices.ContainsFunc(d.Marks, func(m archive.Mark) bool { return m.Kind == archive.MarkExecutable }) {
		t.Errorf("%s", printDiff(d))
	}
}

func TestCompareLimits(t *testing.T) {
	t.Parallel()
	files := func(word string) map[string]string {
		out := map[string]string{"large": strings.Repeat(word+"\n", 200_000), "lines": strings.Repeat(word[:1]+"\n", 30_000), "long": strings.Repeat(word, 1000)}
		for i := range 30 {
			out[fmt.Sprintf("many/%02d", i)] = strings.Repeat(word+"\n", 500)
		}
		return out
	}
	before := crate(t, "1.0.0", "", files("before"), "")
	after := crate(t, "1.0.1", "", files("after"), "")
	d := archive.Compare(before, after, archive.DiffLimits{})
	total, said := 0, map[string]string{}
	for _, c := range d.Changes {
		for _, h := range c.Hunks {
			total += len(h.Lines)
		}
		said[c.Path] = c.NotShown
	}
	if total > 20_000 || total < 18_000 {
		t.Errorf("%d lines shown", total)
	}
	for path, want := range map[string]string{
		"large": "Too large to compare line by line (1.3 MiB).", "lines": "Too many lines to compare (30,000).",
		"long": "Minified or generated: a line has 6,000 bytes.", "many/29": "Not shown: the change has 1,000 lines, more than are left for this comparison. Open the file to compare it alone.",
	} {
		if said[path] != want {
			t.Errorf("%s: %q", path, said[path])
		}
	}
}

// Whatever the two texts, the hunks applied to the old one give the new one.
func TestHunksApply(t *testing.T) {
	t.Parallel()
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a\n", "b\n", "c\n", "\n", "d", "é\r\n"}), 0, 40).Draw(t, "lines"), "")
	})
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		hunks, why := archive.CompareText(before, after, archive.DiffLimits{Context: rapid.IntRange(1, 4).Draw(t, "context")})
		if why != "" {
			t.Fatal(why)
		}
		if got := apply(t, before, hunks); got != after {
			t.Fatalf("%q + %v = %q, want %q", before, hunks, got, after)
		}
	})
}

func apply(t *rapid.T, before string, hunks []archive.Hunk) string {
	old := slices.Collect(strings.Lines(before))
	var out []string
	at := 0
	for _, h := range hunks {
		start := h.OldStart - 1
		if h.OldLines == 0 {
			start++
		}
		out = append(out, old[at:start]...)
		at = start
		for _, l := range h.Lines {
			text := l.Text + "\n"
			if l.NoEOL {
				text = l.Text
			}
			if l.Op != archive.Added {
				if l.Old != at+1 || old[at] != text {
					t.Fatalf("line %d of the old text is %q, hunk says %+v", at+1, old[at], l)
				}
				at++
			}
			if l.Op != archive.Deleted {
				out = append(out, text)
				if l.New != len(out) {
					t.Fatalf("new line %d numbered %d", len(out), l.New)
				}
			}
		}
	}
	return strings.Join(append(out, old[at:]...), "")
}
