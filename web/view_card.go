package web

// Card is a section with a heading and whatever it has to show, in the order of
// the fields; what is empty is left out. Most sections of the dossiers are cards.
type Card struct {
	ID    string // for links to the section
	Title string
	Code  string // the part of the title in the fixed-width face, such as a path
	Note  string // quiet words beside the title
	More  Link   // a link beside the title, shown when it has a text

	Notices []Notice
	Text    Phrase
	Facts   []Fact
	List    []Fact // facts as lines, for long values in a narrow place
	Guards  []Guard
	Chart   *Stacked
	Bars    *Bars
	Matrix  *Matrix
	Filter  *Filter
	Table   *Table
	Events  []Event
	Gaps    []string // what is not known, at the end of a list
	Empty   Empty    // shown when it has a title
	Fold    string   // a word behind which the table waits, when it is long and seldom read
	Pager   *Pager
}

// missing is a card whose content cannot be shown, with the reason.
func (c Card) missing(why string) Card {
	return Card{ID: c.ID, Title: c.Title, Notices: []Notice{Missing("Not shown", why)}}
}
