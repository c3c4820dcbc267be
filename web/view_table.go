package web

// Table is a list. On a phone each row becomes a card with the column's name
// before each value.
type Table struct {
	Caption string // read aloud; shown when the table has no card heading
	Columns []Column
	Rows    []Row
	Empty   Empty // shown instead of a table without rows
}

// Linked says whether something in the table can have the focus. A table that is
// too wide and holds nothing of the kind must take the focus itself, or keys
// alone could not scroll it.
func (t Table) Linked() bool {
	for _, row := range t.Rows {
		for _, cell := range row.Cells {
			for _, s := range cell {
				if s.Kind == "link" && local(s.URL) {
					return true
				}
			}
		}
	}
	return false
}

// Column is a column's heading. With a SortURL it is a link that sorts.
type Column struct {
	Label   string
	Num     bool // numbers, aligned at the right
	SortURL string
	Sorted  string // "ascending" or "descending" when the list is sorted by it
}

// Row is a line of a table.
type Row struct {
	Cells []Phrase
	Tone  Tone // Bad and Warn mark the row at its edge; a cell says why in words
}

// Pager leads through a list by key, so that new rows do not shift the pages.
type Pager struct {
	Newer, Older string // addresses; empty where the list ends
	Back, Forth  string // words on the two; "Newer" and "Older" when empty
	Shown        string // such as "50 of 1,842 versions"
	CSV, JSON    string // addresses of the same list for machines; may be empty
	Of           string // which list, on a page with several
}

// Filter is a form that narrows a list. Its fields go into the address.
type Filter struct {
	Action string // address of the list, without query
	Fields []Field
	Reset  string  // address of the list without filters; empty when none is set
	Keep   []Field // fields that the form must not lose, such as the sorting
	Button string  // the word on the button; "Filter" when empty
}

// Field is one field of a filter: free text, or a choice when it has options.
type Field struct {
	Name    string
	Label   string
	Value   string
	Hint    string
	Options []Option
}

// Option is a choice of a field.
type Option struct{ Value, Label string }
