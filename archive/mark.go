package archive

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DependencyChange is one dependency that came, went or changed. Old is nil
// for a new one, New for a removed one.
type DependencyChange struct{ Old, New *Dependency }

// dependencyChanges pairs dependencies by kind, target and key. A manifest that
// is missing or unreadable gives none, since all would look new or gone.
func dependencyChanges(before, after *Manifest) []DependencyChange {
	if before == nil || after == nil {
		return nil
	}
	var out []DependencyChange
	olds := map[dependencyPlace]*Dependency{}
	for i := range before.Dependencies {
		olds[before.Dependencies[i].at()] = &before.Dependencies[i]
	}
	for i := range after.Dependencies {
		now := &after.Dependencies[i]
		old := olds[now.at()]
		delete(olds, now.at())
		switch {
		case old == nil:
			out = append(out, DependencyChange{nil, now})
		case old.Name != now.Name || old.Req != now.Req || old.Registry != now.Registry || old.Optional != now.Optional ||
			old.DefaultFeatures != now.DefaultFeatures || !slices.Equal(old.Features, now.Features):
			out = append(out, DependencyChange{old, now})
		}
	}
	for i := range before.Dependencies {
		if old := &before.Dependencies[i]; olds[old.at()] != nil {
			out = append(out, DependencyChange{old, nil})
		}
	}
	return out
}

// MarkKind names something in a difference that a reviewer should look at.
type MarkKind string

// The kinds of mark, in the order in which they are listed.
const (
	MarkBuildScriptAdded   MarkKind = "build_script_added"
	MarkBuildScriptChanged MarkKind = "build_script_changed"
	MarkBuildScriptRemoved MarkKind = "build_script_removed"
	MarkProcMacro          MarkKind = "became_proc_macro"
	MarkProcMacroGone      MarkKind = "no_longer_proc_macro"
	MarkLinks              MarkKind = "native_links"
	MarkDependencyAdded    MarkKind = "dependency_added"
	MarkDependencyRenamed  MarkKind = "dependency_renamed"
	MarkDependencyRemoved  MarkKind = "dependency_removed"
	MarkBinary             MarkKind = "binary_added"
	MarkExecutable         MarkKind = "executable_added"
	MarkHidden             MarkKind = "hidden_characters"
	MarkOriginal           MarkKind = "original_differs"
	MarkVCSChanged         MarkKind = "vcs_commit_changed"
	MarkVCSSame            MarkKind = "vcs_commit_same"
	MarkVCSAbsent          MarkKind = "vcs_absent"
	MarkVCSDirty           MarkKind = "vcs_dirty"
	MarkProblems           MarkKind = "new_problems"
)

// Mark is one thing to look at. Path is the file's, if it is about one; the
// sentence is safe to print.
type Mark struct {
	Kind     MarkKind
	Path     string
	Sentence string
}

type marker struct{ list []Mark }

func (m *marker) add(kind MarkKind, path, format string, args ...any) {
	m.list = append(m.list, Mark{kind, path, fmt.Sprintf(format, args...)})
}

func marks(before, after *Archive, d *Diff) []Mark {
	var m marker
	m.scripts(before, after)
	m.manifest(before.Manifest, after.Manifest)
	m.dependencies(d.Dependencies)
	m.files(d.Changes)
	m.original(before, after)
	m.vcs(before.VCS, after.VCS)
	m.problems(before, after)
	return m.list
}

func (m *marker) scripts(before, after *Archive) {
	was, is := before.BuildScripts(), after.BuildScripts()
	for _, path := range is {
		now, old := after.File(path), before.File(path)
		switch {
		case !slices.Contains(was, path) && len(was) > 0:
			m.add(MarkBuildScriptChanged, path, "The build script is now %s; it was %s.", shown(path), shown(strings.Join(was, ", ")))
		case !slices.Contains(was, path):
			m.add(MarkBuildScriptAdded, path, "The crate has a build script now (%s): code that runs when anybody builds it.", shown(path))
		case now != nil && (old == nil || now.SHA256 != old.SHA256):
			m.add(MarkBuildScriptChanged, path, "The build script %s changed.", shown(path))
		}
	}
	if len(is) == 0 && len(was) > 0 {
		m.add(MarkBuildScriptRemoved, was[0], "The crate no longer has a build script.")
	}
}

func (m *marker) manifest(before, after *Manifest) {
	if before == nil || after == nil {
		return
	}
	switch {
	case after.ProcMacro && !before.ProcMacro:
		m.add(MarkProcMacro, after.LibPath, "The crate became a procedural macro: code that runs when anybody builds a crate that uses it.")
	case before.ProcMacro && !after.ProcMacro:
		m.add(MarkProcMacroGone, "", "The crate is no longer a procedural macro.")
	}
	if before.Links != after.Links {
		m.add(MarkLinks, "", "The native library it links changed from “%s” to “%s”.", shown(before.Links), shown(after.Links))
	}
}

func (m *marker) dependencies(list []DependencyChange) {
	for _, c := range list {
		switch {
		case c.Old == nil:
			m.add(MarkDependencyAdded, "", "New %s dependency %s %s%s.", c.New.Kind, shown(c.New.Name), shown(c.New.Req), where(c.New))
		case c.New == nil:
			m.add(MarkDependencyRemoved, "", "The %s dependency %s %s%s is gone.", c.Old.Kind, shown(c.Old.Name), shown(c.Old.Req), where(c.Old))
		case c.Old.Name != c.New.Name:
			m.add(MarkDependencyRenamed, "", "The %s dependency %s is now the crate %s %s; it was %s.", c.New.Kind, shown(c.New.Key), shown(c.New.Name), shown(c.New.Req), shown(c.Old.Name))
		}
	}
}

func where(d *Dependency) string {
	if d.Target == "" {
		return ""
	}
	return " on " + shown(d.Target)
}

func (m *marker) files(list []Change) {
	for _, c := range list {
		now, old := c.New, c.Old
		if now == nil {
			continue
		}
		fresh := c.Kind != FileRenamed && (old == nil || old.Kind != Binary)
		if now.Kind == Binary && fresh {
			m.add(MarkBinary, c.Path, "New binary file %s (%s, %s).", shown(c.Path), now.Magic, size(now.Size))
		}
		if now.Executable() && (old == nil || !old.Executable()) {
			m.add(MarkExecutable, c.Path, "%s is marked executable.", shown(c.Path))
		}
		if n := now.Bidi + now.Invisible; n > 0 && (old == nil || n > old.Bidi+old.Invisible) {
			m.add(MarkHidden, c.Path, "%s has %s.", shown(c.Path), plural(n, "invisible or text-reordering character"))
		}
	}
}

// original tells what the newer archive's two manifests disagree on and the
// older one's did not.
func (m *marker) original(before, after *Archive) {
	known := before.ManifestDifferences()
	for _, sentence := range after.ManifestDifferences() {
		if !slices.Contains(known, sentence) {
			m.add(MarkOriginal, "Cargo.toml.orig", "%s", sentence)
		}
	}
	if before.File("Cargo.toml.orig") != nil && after.File("Cargo.toml.orig") == nil {
		m.add(MarkOriginal, "Cargo.toml.orig", "Cargo.toml.orig, which cargo always writes, is gone.")
	}
}

func (m *marker) vcs(before, after *VCSInfo) {
	const path = ".cargo_vcs_info.json"
	switch {
	case after == nil && before != nil:
		m.add(MarkVCSAbsent, path, "The uploader no longer claims a git commit; the version before did.")
	case after == nil:
		m.add(MarkVCSAbsent, path, "The uploader claims no git commit.")
	case before == nil:
		m.add(MarkVCSChanged, path, "The uploader now claims git commit %s.", shown(after.Commit))
	case before.Commit != after.Commit:
		m.add(MarkVCSChanged, path, "The claimed git commit went from %s to %s.", shown(before.Commit), shown(after.Commit))
	default:
		m.add(MarkVCSSame, path, "Both versions claim the same git commit %s.", shown(after.Commit))
	}
	if after != nil && after.Dirty {
		m.add(MarkVCSDirty, path, "The uploader's tree had changes that were not committed.")
	}
	if before != nil && after != nil && before.PathInVCS != after.PathInVCS {
		m.add(MarkVCSChanged, path, "The claimed folder in the repository went from “%s” to “%s”.", shown(before.PathInVCS), shown(after.PathInVCS))
	}
}

func (m *marker) problems(before, after *Archive) {
	known := map[ProblemKind]bool{}
	for _, p := range before.Problems {
		known[p.Kind] = true
	}
	fresh := map[ProblemKind]int{}
	for _, p := range after.Problems {
		if !known[p.Kind] {
			fresh[p.Kind]++
		}
	}
	if len(fresh) == 0 {
		return
	}
	kinds := make([]string, 0, len(fresh))
	for kind := range fresh {
		kinds = append(kinds, strings.ReplaceAll(string(kind), "_", " "))
	}
	slices.SortFunc(kinds, cmp.Compare[string])
	m.add(MarkProblems, "", "The archive has problems that the version before did not have: %s.", strings.Join(kinds, ", "))
}
