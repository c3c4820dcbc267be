package dossier

import (
	"context"
	"fmt"

	"cratewarden"
	"cratewarden/archive"
)

// shownLines is how many lines of a file are shown at most; a page of more is
// of no use to anybody.
const shownLines = 20_000

// File gives one file of a version's archive as coloured lines, or a note that
// says why there are none. The path is one of Files. When the archive cannot
// be read, Absent says why. The errors are NotFound for crate, version or path,
// and those of the database.
func (s *Service) File(ctx context.Context, name, num, path string) (*File, error) {
	crate, row, err := s.findVersion(ctx, name, num)
	if err != nil {
		return nil, err
	}
	stored := storedAt(crate.Name, row.Num, row.SHA256)
	out := &File{Crate: crate.Name, Num: row.Num, Lines: []SourceLine{}}
	if err := stored.read(ctx, s); err != nil {
		out.Absent, err = s.absentFile(ctx, err)
		return out, err
	}
	found := fileAt(stored.archive, path)
	if found == nil {
		return nil, cratewarden.Errorf(cratewarden.NotFound,
			"The archive of %s %s has no readable file “%s”. Choose one from its list of files.", crate.Name, row.Num, archive.Visible(clip(path, 200)))
	}
	out.File, out.Twin = fileRow(found), twin(stored.archive, found.Path)
	if found.Kind == archive.Binary {
		out.Note = fmt.Sprintf("Not shown: a binary file (%s, %s bytes).", archive.Visible(found.Magic), cratewarden.Thousands(found.Size))
		return out, nil
	}
	content, kept := stored.archive.Open(found.Path)
	if !kept {
		if content, err = stored.extract(ctx, s, found.Path); err != nil {
			out.Note, err = s.absentFile(ctx, err)
			return out, err
		}
	}
	s.paint(ctx, out, found, content)
	return out, nil
}

// fileAt finds a file by its path, or by the path as the list shows it.
func fileAt(a *archive.Archive, path string) *archive.File {
	if f := a.File(path); f != nil {
		return f
	}
	for i := range a.Files {
		if f := &a.Files[i]; archive.Visible(f.Path) == path {
			return f
		}
	}
	return nil
}

// twin is the manifest to read beside a manifest: what cargo made of it, or
// what it was made from.
func twin(a *archive.Archive, path string) string {
	other := map[string]string{"Cargo.toml": "Cargo.toml.orig", "Cargo.toml.orig": "Cargo.toml"}[path]
	if other == "" || a.File(other) == nil {
		return ""
	}
	return other
}

func (s *Service) paint(ctx context.Context, out *File, f *archive.File, content []byte) {
	text := archive.Decode(content, f.Encoding)
	coloured := s.colour.Colour(ctx, f.Path, text)
	out.Language, out.Note = coloured.Language, coloured.Note
	for _, line := range coloured.Lines[:min(len(coloured.Lines), shownLines)] {
		out.Lines = append(out.Lines, sourceLine(line))
	}
	out.Truncated = int64(len(out.Lines)) < f.Lines
	if len(coloured.Lines) > shownLines {
		out.Note = fmt.Sprintf("Only the first %s lines are shown.", cratewarden.Thousands(shownLines))
	}
}

func sourceLine(line archive.Line) SourceLine {
	out := make(SourceLine, len(line))
	for i, span := range line {
		out[i] = Span(span)
	}
	return out
}
