package dossier

import (
	"context"
	"slices"

	"cratewarden/archive"
)

// diffColourBytes is how much text is coloured for one comparison, both sides
// together; further files are shown plain.
const diffColourBytes = 512 << 10

// painter turns changes of archives into what a page shows.
type painter struct {
	service       *Service
	before, after *archive.Archive
	left          int
}

func (p *painter) file(ctx context.Context, c *archive.Change) DiffFile {
	out := DiffFile{Change: string(c.Kind), Path: archive.Visible(c.Path), Added: c.AddedLines, Deleted: c.DeletedLines, Note: c.NotShown}
	if c.Old != nil {
		out.OldSize, out.Marks = c.Old.Size, fileMarks(c.Old)
		if c.Old.Path != c.Path {
			out.OldPath = archive.Visible(c.Old.Path)
		}
	}
	if c.New != nil {
		out.NewSize, out.Marks = c.New.Size, fileMarks(c.New)
	}
	if len(c.Hunks) == 0 {
		return out
	}
	before, after := p.lines(ctx, p.before, c.Old), p.lines(ctx, p.after, c.New)
	for _, h := range c.Hunks {
		hunk := DiffHunk{OldStart: h.OldStart, OldLines: h.OldLines, NewStart: h.NewStart, NewLines: h.NewLines, Lines: []DiffLine{}}
		for _, line := range h.Lines {
			hunk.Lines = append(hunk.Lines, DiffLine{
				Op: string(line.Op), Old: line.Old, New: line.New, NoEOL: line.NoEOL, Spans: spans(line, before, after),
			})
		}
		out.Hunks = append(out.Hunks, hunk)
	}
	return out
}

// lines are a whole file coloured, since a line alone does not tell whether it
// is within a comment; none when that would cost too much.
func (p *painter) lines(ctx context.Context, a *archive.Archive, f *archive.File) []archive.Line {
	if f == nil || f.Size > int64(p.left) {
		return nil
	}
	content, kept := a.Open(f.Path)
	if !kept {
		return nil
	}
	p.left -= len(content)
	return p.service.colour.Colour(ctx, f.Path, archive.Decode(content, f.Encoding)).Lines
}

// spans gives a line of a hunk in colour where the coloured file has the same
// text at its number, else plain.
func spans(line archive.DiffLine, before, after []archive.Line) SourceLine {
	plain := archive.Spans(line.Text)
	number, from := line.New, after
	if line.Op == archive.Deleted {
		number, from = line.Old, before
	}
	if number > 0 && number <= len(from) && sameText(from[number-1], plain) {
		return sourceLine(from[number-1])
	}
	return sourceLine(plain)
}

func sameText(a, b archive.Line) bool { return slices.Equal(textOf(a), textOf(b)) }

// textOf tells named characters from characters that look like their names.
func textOf(line archive.Line) []byte {
	var text []byte
	for _, span := range line {
		if span.Class == archive.OddClass {
			text = append(text, 0)
		}
		text = append(text, span.Text...)
	}
	return text
}
