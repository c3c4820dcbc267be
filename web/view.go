package web

import "time"

// The structs below are what the parts in part/*.html show. A page's struct
// holds them; doc.go says in a line what each is for.

// Link is a link to a page of this console.
type Link struct{ Text, URL string }

// Badge is a word or two in a coloured pill.
type Badge struct {
	Tone  Tone
	Text  string
	Title string // the long form; may be empty
}

// Head is the top of a page: where we are, what it is, its state, what can be done.
type Head struct {
	Crumbs  []Link
	Title   string
	Code    string // the part of the title in the fixed-width face, such as a version
	Badges  []Badge
	Actions []Action
	Menu    *Menu  // what can be done to the subject; nil for nothing
	Lead    Phrase // a line under the badges; may be empty
	Small   Phrase // a small line under that; may be empty
}

// Action is a button at the top right.
type Action struct {
	Label   string
	URL     string
	Primary bool
	Danger  bool
	Refused string // why it cannot be done now; greys the button and is shown
}

// Tab is one of a page's views.
type Tab struct {
	Label   string
	URL     string
	Count   string // written by Num; empty when there is nothing to count
	Badge   Badge  // a mark that asks for attention; shown when it has a text
	Current bool
}

// Fact is a label with its value.
type Fact struct {
	Label string
	Value Phrase
	Note  string
	Badge Badge // shown when it has a text
}

// Notice is a box that says something about the page or one section of it.
type Notice struct {
	Tone  Tone
	Title string
	Text  Phrase
}

// Missing is the notice for a section that cannot be shown, with the reason in
// words, such as cratewarden.NotInDump.
func Missing(what, why string) Notice {
	return Notice{Tone: Info, Title: what + ": " + why}
}

// Empty is what a list says when nothing is in it: that it is known to be empty,
// and what that means.
type Empty struct {
	Title  string
	Text   string
	Action Link // shown when it has a text
}

// Verdict is the one sentence that answers the page's question.
type Verdict struct {
	Tone Tone   // Plain, Good, Warn or Bad
	Word string // what the colour means, in a word
	Text Phrase
}

// Guard is a check or a finding: a mark with a word, a line, and a reason.
type Guard struct {
	Tone Tone
	Word string // what the mark means: ok, warning, failed
	Text Phrase
	Note Phrase
}

// Event is one thing that happened.
type Event struct {
	At     time.Time
	Tone   Tone
	Word   string // what the mark means; may be empty with a plain tone
	Text   Phrase
	Source string // where the fact comes from; may be empty
}

// Matrix compares one thing with those before it, newest first: a row per fact,
// a column per version. Changed cells are marked against the quiet ones.
type Matrix struct {
	Caption string
	Columns []Link
	Rows    []MatrixRow
}

// MatrixRow is one fact across the columns.
type MatrixRow struct {
	Label string
	Cells []MatrixCell
}

// MatrixCell is one fact of one column. It is marked when it differs from what
// was usual before.
type MatrixCell struct {
	Text    string
	Changed bool
	Title   string
}

// Palette is the answer to what was typed into the palette.
type Palette struct {
	Query  string
	Groups []PaletteGroup
}

// PaletteGroup is a kind of thing that was found.
type PaletteGroup struct {
	Label string
	Items []PaletteItem
}

// PaletteItem is one thing that was found, and why it matched.
type PaletteItem struct {
	Title, Detail, Why, URL string
	Badge                   Badge
}
