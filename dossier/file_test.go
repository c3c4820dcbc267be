package dossier_test

import (
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/dossier"
)

// storedLab is the lab with the archives of its last two versions.
func storedLab(t testing.TB) crateRig {
	t.Helper()
	r := labRig(t, nil)
	before, after := labFiles()
	r.store(t, "lab", "0.5.0", before)
	r.store(t, "lab", "0.6.0", after)
	return r
}

func TestFiles(t *testing.T) {
	t.Parallel()
	r := storedLab(t)
	f := must(r.Files(t.Context(), "LAB", "0.6.0", dossier.FileFilter{}))
	var rows []string
	for _, row := range f.Rows {
		rows = append(rows, row.Path+" ["+marks(row.Marks)+"]")
	}
	equal(t, "rows", strings.Join(rows, "\n"), "Cargo.toml []\nCargo.toml.orig []\nbuild.rs [build script]\nsrc/lib.rs [hidden characters]\ntool.bin [binary]")
	equal(t, "facts", spaced(f.Absent, f.BuildScript, f.ProcMacro, f.Commit, f.Key), "build.rs false  crates/lab/lab-0.6.0.crate")
	equal(t, "the file is the recorded one", f.SHA256, f.Recorded)
	equal(t, "notes", strings.Join(f.ManifestNotes, "|"), "The normal dependency newborn is in Cargo.toml but not in Cargo.toml.orig.")
	equal(t, "claimed", must(r.Files(t.Context(), "lab", "0.5.0", dossier.FileFilter{})).Commit, "0123456789abcdef0123456789abcdef01234567")
}

func TestFilesAbsent(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	f := must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{}))
	equal(t, "missing", f.Absent, "The storage has no file crates/lab/lab-0.6.0.crate; the registry stores one for every version.")
	equal(t, "what the database says stays", spaced(f.Size, f.Recorded[:4], len(f.Rows)), "100 2626 0")
	equal(t, "file", must(r.File(t.Context(), "lab", "0.6.0", "src/lib.rs")).Absent, f.Absent)
	equal(t, "diff", must(r.Diff(t.Context(), "lab", "0.6.0", "")).Absent, "The archive of 0.5.0 cannot be read. "+strings.ReplaceAll(f.Absent, "0.6.0", "0.5.0"))
	must(0, r.static.Close())
	closed := must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{}))
	equal(t, "storage that does not answer", closed.Absent != "" && !strings.Contains(closed.Absent, "/tmp"), true)
	without := labRig(t, func(c *dossier.Config) { c.Static = nil })
	equal(t, "no storage", must(without.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{})).Absent, "No storage is configured for archives, so the file cannot be read.")
	_, err := r.Files(t.Context(), "lab", "9.9.9", dossier.FileFilter{})
	equal(t, "unknown version", cratewarden.KindOf(err), cratewarden.NotFound)
}

// TestFilesOfAReplacedObject holds that the cache does not show the old
// archive, and that another file than the published one is told.
func TestFilesOfAReplacedObject(t *testing.T) {
	t.Parallel()
	r := storedLab(t)
	equal(t, "sound", len(must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{})).Problems), 0)
	r.put(t, r.static, "crates/lab/lab-0.6.0.crate", packed(t, "lab-0.6.0", map[string]string{"Cargo.toml": "[package]\nname = \"lab\"\nversion = \"0.6.0\"\n"}))
	f := must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{}))
	equal(t, "files", len(f.Rows), 1)
	equal(t, "problem", f.Problems[0].Kind, "checksum")
	equal(t, "version", strings.Contains(marks(r.version(t, "lab", "0.6.0").Marks), "SHA-256 differs"), true)
}

func TestHostileArchive(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	r.store(t, "lab", "0.6.0", map[string]string{
		"!../../etc/passwd": "root", "!/absolute": "x", "Cargo.toml": "[package", "src/\u202egnp.rs": "fn x() {}", "src/a.rs": "\x1b[31mred",
	})
	f := must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{}))
	kinds := map[string]bool{}
	for _, p := range f.Problems {
		kinds[p.Kind] = true
	}
	for _, want := range []string{"traversal", "absolute_path", "bad_manifest", "odd_name"} {
		equal(t, want, kinds[want], true)
	}
	equal(t, "name made visible", f.Rows[2].Path, "src/⟨U+202E⟩gnp.rs")
	for _, path := range []string{"src/\u202egnp.rs", "src/⟨U+202E⟩gnp.rs"} {
		equal(t, "opened as "+path, len(must(r.File(t.Context(), "lab", "0.6.0", path)).Lines), 1)
	}
	_, err := r.File(t.Context(), "lab", "0.6.0", "../../etc/passwd")
	equal(t, "outside", cratewarden.KindOf(err), cratewarden.NotFound)
	v := r.version(t, "lab", "0.6.0")
	equal(t, "version says so", strings.Contains(marks(v.Marks), "something is wrong with the archive"), true)
	if err := r.static.Put(t.Context(), "crates/lab/lab-0.6.0.crate", strings.NewReader("no gzip"), blob.PutOptions{Overwrite: true}); err != nil {
		t.Fatal(err)
	}
	f = must(r.Files(t.Context(), "lab", "0.6.0", dossier.FileFilter{}))
	equal(t, "no archive at all", spaced(f.Absent, len(f.Rows), len(f.Problems) >= 2), "0 true")
}

func text(lines []dossier.SourceLine) string {
	var out strings.Builder
	for _, line := range lines {
		for _, span := range line {
			out.WriteString(span.Text)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestFile(t *testing.T) {
	t.Parallel()
	r := storedLab(t)
	lib := must(r.File(t.Context(), "lab", "0.6.0", "src/lib.rs"))
	equal(t, "language", lib.Language, "rust")
	equal(t, "text with the hidden character named", text(lib.Lines), "//! A crate.\npub fn one() -> u8 {\n    2 // U+202E not one\n}\n")
	equal(t, "coloured", lib.Lines[0][0].Class != "", true)
	manifest := must(r.File(t.Context(), "lab", "0.6.0", "Cargo.toml"))
	equal(t, "twin", manifest.Twin, "Cargo.toml.orig")
	binary := must(r.File(t.Context(), "lab", "0.6.0", "tool.bin"))
	equal(t, "binary", spaced(binary.Note, len(binary.Lines)), "Not shown: a binary file (ELF, 10 bytes). 0")
	_, err := r.File(t.Context(), "lab", "0.6.0", "nope\u202e")
	equal(t, "unknown", cratewarden.MessageOf(err), "The archive of lab 0.6.0 has no readable file “nope⟨U+202E⟩”. Choose one from its list of files.")
}

// TestLargeFile reads a file that the cache does not keep a second time, and
// cuts it.
func TestLargeFile(t *testing.T) {
	t.Parallel()
	r := labRig(t, nil)
	r.store(t, "lab", "0.6.0", map[string]string{
		"Cargo.toml": "[package]\nname = \"lab\"\nversion = \"0.6.0\"\n",
		"large.txt":  strings.Repeat("a line of a large file\n", 100_000), "huge.txt": strings.Repeat("x\n", 9<<20), "many.txt": strings.Repeat("y\n", 30_000),
	})
	large := must(r.File(t.Context(), "lab", "0.6.0", "large.txt"))
	equal(t, "large", spaced(len(large.Lines), large.Truncated, large.Note), "20000 true Only the first 20,000 lines are shown.")
	huge := must(r.File(t.Context(), "lab", "0.6.0", "huge.txt"))
	equal(t, "huge", spaced(len(huge.Lines), strings.HasPrefix(huge.Note, "The file “huge.txt” has 18 MiB; at most 16 MiB are shown.")), "0 true")
	many := must(r.File(t.Context(), "lab", "0.6.0", "many.txt"))
	equal(t, "many", spaced(len(many.Lines), many.Truncated), "20000 true")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	r := storedLab(t)
	before := r.count.n.Load()
	d := must(r.Diff(t.Context(), "lab", "0.6.0", ""))
	equal(t, "statements", r.count.n.Load()-before, 5)
	equal(t, "sides", spaced(d.Old, d.New, d.Absent, d.Same, len(d.Others), d.Others[0]), "0.5.0 0.6.0  0 5 0.5.0")
	var changed []string
	for _, f := range d.Files {
		changed = append(changed, spaced(f.Change, f.Path, f.Added, f.Deleted))
	}
	equal(t, "files", strings.Join(changed, "\n"), "removed .cargo_vcs_info.json 0 1\nchanged Cargo.toml 4 2\nchanged Cargo.toml.orig 2 2\nadded build.rs 1 0\nchanged src/lib.rs 1 1\nadded tool.bin 0 0")
	var deps []string
	for _, c := range d.Dependencies {
		deps = append(deps, spaced(c.Change, c.Crate, c.Old, c.New, c.Age, c.Young))
	}
	equal(t, "dependencies", strings.Join(deps, "\n"), "added newborn  0.1 24h0m0s true\nchanged older 1 2 113002h0m0s false")
	all := marks(d.Marks)
	for _, want := range []string{"The crate has a build script now (build.rs)", "New normal dependency newborn 0.1.", "New binary file tool.bin", "no longer claims a git commit"} {
		if !strings.Contains(all, want) {
			t.Errorf("no mark %q in %s", want, all)
		}
	}
	for _, line := range d.Files[4].Hunks[0].Lines {
		if line.Op == "add" {
			equal(t, "hidden character named", text([]dossier.SourceLine{line.Spans}), "    2 // U+202E not one\n")
			equal(t, "coloured", len(line.Spans) > 2, true)
		}
	}
}

func TestDiffAgainst(t *testing.T) {
	t.Parallel()
	r := storedLab(t)
	back := must(r.Diff(t.Context(), "lab", "0.5.0", "0.6.0"))
	equal(t, "backwards", spaced(back.Old, back.New, back.Files[0].Change), "0.6.0 0.5.0 added")
	first := must(r.Diff(t.Context(), "lab", "0.1.0", ""))
	equal(t, "first", first.Absent, "0.1.0 is the first version of lab, so there is none before it to compare with.")
	for against, kind := range map[string]cratewarden.Kind{"7.7.7": cratewarden.NotFound, "0.6.0": cratewarden.Invalid} {
		_, err := r.Diff(t.Context(), "lab", "0.6.0", against)
		equal(t, against, cratewarden.KindOf(err), kind)
	}
}
