package dossier

import (
	"context"
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/registry"
)

// diffChoices is how many other versions a comparison offers.
const diffChoices = 500

// Diff compares a version's archive with that of another version, or with the
// one published before it when against is empty. When either cannot be read,
// or there is none before, Absent says so. The errors are NotFound for crate
// or either version, Invalid for a version against itself, and those of the
// database.
func (s *Service) Diff(ctx context.Context, name, num, against string) (*Diff, error) {
	crate, row, err := s.findVersion(ctx, name, num)
	if err != nil {
		return nil, err
	}
	others, err := s.reader.Numbers(ctx, crate.ID, "", diffChoices)
	if err != nil {
		return nil, err
	}
	out := &Diff{Crate: crate.Name, New: row.Num, Files: []DiffFile{}, Marks: []Mark{}, Dependencies: []DependencyChange{}}
	out.Others = slices.DeleteFunc(others, func(other string) bool { return other == row.Num })
	if against == "" {
		against = row.Previous
	}
	if against == "" {
		out.Absent = fmt.Sprintf("%s is the first version of %s, so there is none before it to compare with.", row.Num, crate.Name)
		return out, nil
	}
	before, err := s.reader.Version(ctx, crate.ID, against)
	switch {
	case cratewarden.KindOf(err) == cratewarden.NotFound:
		return nil, cratewarden.Errorf(cratewarden.NotFound, "The crate %s has no version %s to compare with.", crate.Name, archive.Visible(clip(against, 150)))
	case err != nil:
		return nil, err
	case before.ID == row.ID:
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Choose another version to compare %s with.", row.Num)
	}
	out.Old = before.Num
	return out, s.compare(ctx, out, before, row)
}

func (s *Service) compare(ctx context.Context, out *Diff, before, after registry.Version) error {
	var sides [2]storedArchive
	for i, v := range []registry.Version{before, after} {
		sides[i] = storedAt(out.Crate, v.Num, v.SHA256)
		if err := sides[i].read(ctx, s); err != nil {
			text, err := s.absentFile(ctx, err)
			out.Absent = fmt.Sprintf("The archive of %s cannot be read. %s", v.Num, text)
			return err
		}
		if !sides[i].matches() {
			out.Problems = append(out.Problems, ArchiveProblem{Kind: "checksum", Grave: true,
				Text: fmt.Sprintf("The stored file of %s is not the one that was published: its SHA-256 differs from the database's.", v.Num)})
		}
	}
	found := archive.Compare(sides[0].archive, sides[1].archive, archive.DiffLimits{})
	out.Same, out.Incomplete = found.Same, found.Incomplete
	out.Problems = append(out.Problems, problemRows(sides[1].archive.Problems)...)
	if sides[0].archive.Manifest == nil || sides[1].archive.Manifest == nil {
		out.incomplete("A manifest could not be read, so dependencies are not compared.")
	}
	for _, m := range found.Marks {
		out.Marks = append(out.Marks, Mark{m.Sentence, diffTone(m.Kind)})
	}
	paint := painter{service: s, before: sides[0].archive, after: sides[1].archive, left: diffColourBytes}
	for i := range found.Changes {
		if i == diffFiles {
			out.incomplete(fmt.Sprintf("Only the first %s of %s files that differ are shown.", cratewarden.Thousands(diffFiles), cratewarden.Thousands(len(found.Changes))))
			break
		}
		out.Files = append(out.Files, paint.file(ctx, &found.Changes[i]))
	}
	var err error
	out.Dependencies, err = s.dependencyChanges(ctx, found.Dependencies, after)
	return err
}

// diffFiles is how many files of a comparison are shown.
const diffFiles = 3000

func (d *Diff) incomplete(sentence string) {
	if d.Incomplete != "" {
		d.Incomplete += " "
	}
	d.Incomplete += sentence
}

// diffTone is bad for what attacks have in common, warn for what deserves a
// look.
func diffTone(kind archive.MarkKind) string {
	switch kind {
	case archive.MarkBuildScriptAdded, archive.MarkBinary, archive.MarkHidden, archive.MarkOriginal, archive.MarkProblems, archive.MarkProcMacro:
		return "bad"
	case archive.MarkBuildScriptChanged, archive.MarkDependencyAdded, archive.MarkDependencyRenamed, archive.MarkExecutable,
		archive.MarkLinks, archive.MarkVCSAbsent, archive.MarkVCSSame, archive.MarkVCSDirty:
		return "warn"
	}
	return ""
}

// dependencyChanges adds how old each crate depended on was when the newer
// version was published, which the archives do not tell.
func (s *Service) dependencyChanges(ctx context.Context, list []archive.DependencyChange, after registry.Version) ([]DependencyChange, error) {
	names := make([]string, 0, len(list))
	for _, c := range list {
		if c.New != nil {
			names = append(names, c.New.Name)
		}
	}
	born, err := s.reader.Births(ctx, names)
	if err != nil {
		return nil, err
	}
	out := []DependencyChange{}
	for _, c := range list {
		change := dependencyChange(c)
		if c.New != nil {
			if at, known := born[cratewarden.CanonName(c.New.Name)]; known {
				change.Age = after.CreatedAt.Sub(at)
				change.Young = change.Age < youngCrate
			}
		}
		out = append(out, change)
	}
	return out, nil
}

func dependencyChange(c archive.DependencyChange) DependencyChange {
	now, out := c.New, DependencyChange{Change: "changed"}
	switch {
	case c.Old == nil:
		out.Change = "added"
	case c.New == nil:
		now, out.Change = c.Old, "removed"
	}
	out.Crate, out.Kind = archive.Visible(clip(now.Name, 200)), string(now.Kind)
	if c.Old != nil {
		out.Old = archive.Visible(clip(c.Old.Req, 200))
	}
	if c.New != nil {
		out.New = archive.Visible(clip(c.New.Req, 200))
	}
	return out
}
