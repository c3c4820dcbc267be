package web

import "html/template"

// Tree is the listing of an archive.
type Tree struct {
	Caption string
	Files   []TreeFile
}

// TreeFile is one file or folder of an archive, in the order it is shown.
type TreeFile struct {
	Depth   int // 0 at the top; deeper than 8 is drawn as 8
	Folder  bool
	Name    string
	Size    int64
	URL     string
	Current bool
	Badges  []Badge // build script, binary, added, changed
}

// Source is a file with numbered lines; each number is a link to its line.
type Source struct {
	Path  string
	Lines []SourceLine
	// Cut says how much is not shown; empty when all is.
	Cut string
	// Plain leaves out the links to lines, for the second file on a page.
	Plain bool
}

// SourceLine is a line of a file. HTML is the colourer's output, which must have
// escaped the text: it is the only markup that pages take from elsewhere.
type SourceLine struct {
	Number int
	HTML   template.HTML
	Marked bool
}

// Diff is what changed between two archives, file by file.
type Diff struct {
	Files []DiffFile
}

// DiffFile is one file's changes.
type DiffFile struct {
	ID             string // for links to it
	Path           string
	State          string // added, removed, changed
	Added, Removed int    // lines
	Hunks          []Hunk
	Note           string // why there are no lines, such as "binary file"
	Badges         []Badge
	Open           bool
}

// Hunk is a run of changed lines with what stands around them.
type Hunk struct {
	Header string
	Lines  []DiffLine
}

// DiffLine is one line of a hunk; Old or New is 0 where the line is not in
// that file.
type DiffLine struct {
	Old, New int
	Text     string
	// HTML is shown instead of Text when set, under SourceLine's condition.
	HTML template.HTML
}

// Op is "+", "-" or " ".
func (l DiffLine) Op() string {
	switch {
	case l.Old == 0:
		return "+"
	case l.New == 0:
		return "-"
	default:
		return " "
	}
}
