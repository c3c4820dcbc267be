package web

import (
	"strings"

	"cratewarden/dossier"
)

// narrowing are the fields by which a reader narrows a list. Their names and
// values go into the form, into every address that leads through the list, and
// into those of its files, so that none of these shows other rows.
type narrowing []Field

// pairs are the fields as an address has them.
func (n narrowing) pairs() []any {
	var out []any
	for _, x := range n {
		out = append(out, x.Name, x.Value)
	}
	return out
}

// set says whether anything is narrowed.
func (n narrowing) set() bool {
	for _, x := range n {
		if x.Value != "" {
			return true
		}
	}
	return false
}

// filtered puts the form above a list of a card, and the page size into it where
// the list is longer than a page. The fields that are kept choose the list
// itself. A list of one row needs no form.
func (c *Card) filtered(n narrowing, here string, f *fields, rows int, kept ...Field) {
	asked := f.values.Get("limit")
	long := c.Pager.Older != "" || c.Pager.Newer != "" || asked != ""
	if c.Table == nil || !n.set() && !long && rows < 2 {
		return
	}
	form := &Filter{Action: here, Fields: n, Keep: kept}
	if long {
		form.Fields = append(append([]Field{}, n...), Field{Name: "limit", Label: "Rows on a page", Value: asked, Options: rowChoices(asked)})
	}
	if n.set() || asked != "" {
		form.Reset = address(here, narrowing(kept).pairs()...)
	}
	if n.set() {
		c.Table.Empty = Empty{Title: "Nothing passes the filter", Text: "Choose another one, or take it away.", Action: Link{"Show the whole list", form.Reset}}
	}
	c.Filter = form
}

// rowChoices are the page sizes that a reader may choose, with one that stands
// in the address already.
func rowChoices(asked string) []Option {
	out := []Option{{"", "50"}, {"100", "100"}, {"200", "200"}, {"500", "500"}}
	for _, o := range out {
		if o.Value == asked {
			return out
		}
	}
	return append(out, Option{asked, visible(asked)})
}

// options are the words of a choice; each is a word of the address and one for
// people, divided by a colon.
func options(words ...string) []Option {
	out := []Option{{"", "any"}}
	for _, w := range words {
		value, label, ok := strings.Cut(w, ":")
		if !ok {
			label = value
		}
		out = append(out, Option{value, label})
	}
	return out
}

// pick reads a choice from the address.
func (f *fields) pick(x *Field) string {
	var words []string
	for _, o := range x.Options[1:] {
		words = append(words, o.Value)
	}
	x.Value = f.choice(x.Name, words...)
	return x.Value
}

func (f *fields) methodField() Field {
	x := Field{Name: "method", Label: "Method", Options: []Option{{"", "any"}}}
	for _, m := range methods() {
		x.Options = append(x.Options, Option{string(m), m.Label()})
	}
	f.pick(&x)
	return x
}

func (f *fields) choiceField(name, label string, words ...string) Field {
	x := Field{Name: name, Label: label, Options: options(words...)}
	f.pick(&x)
	return x
}

// flagField is a choice between everything and only what has a quality.
func (f *fields) flagField(name, label, only string) Field {
	return Field{Name: name, Label: label, Options: options("true:" + only), Value: trueField(f.flag(name))}
}

func (f *fields) textField(name, label, hint string, most int) Field {
	return Field{Name: name, Label: label, Hint: hint, Value: f.text(name, most)}
}

func (f *fields) prefixField() Field {
	return f.textField("prefix", "Crate name starts with", "serde", 64)
}

func (f *fields) stateField() Field { return f.choiceField("state", "State", "live", "yanked") }

// readVersions are the fields of a crate's versions.
func readVersions(f *fields) (dossier.VersionFilter, narrowing) {
	n := narrowing{f.methodField(), f.stateField(), f.textField("publisher", "Publisher", "login", 100), f.textField("num", "Number starts with", "1.2", 160),
		f.choiceField("pre", "Pre-releases", "only:only these", "without:without them")}
	return dossier.VersionFilter{Method: n[0].Value, State: n[1].Value, Publisher: n[2].Value, Num: n[3].Value, Pre: n[4].Value}, n
}

func readDependents(f *fields) (dossier.DependentFilter, narrowing) {
	n := narrowing{f.choiceField("kind", "Kind", "normal", "build", "dev"), f.flagField("default", "Depending version", "its default version"), f.prefixField()}
	return dossier.DependentFilter{Kind: n[0].Value, Default: n[1].Value != "", Prefix: n[2].Value}, n
}

func readAccountPublishes(f *fields) (dossier.AccountPublishFilter, narrowing) {
	n := narrowing{f.methodField(), f.stateField(), f.prefixField()}
	return dossier.AccountPublishFilter{Method: n[0].Value, State: n[1].Value, Prefix: n[2].Value}, n
}

func readOwned(f *fields) (dossier.OwnedFilter, narrowing) {
	n := narrowing{f.choiceField("state", "State", "live:live: not all yanked", "all-yanked:all versions yanked", "empty:empty by default version"), f.prefixField()}
	return dossier.OwnedFilter{State: n[0].Value, Prefix: n[1].Value, Former: formerAsked(f)}, n
}

// passing says beside a list of crates how many pass a filter; without one the
// list has all of them, which its own note says.
func (c *Card) passing(n narrowing, page dossier.Page[dossier.OwnedCrate]) {
	if n.set() && page.Absent == "" {
		c.Note = shown(len(page.Rows), page.Total, "crate") + " · filtered"
	}
}

// formerAsked says whether the list of former crates is asked for: by its name
// in the address, or by one of its keys, which begin with the same letter.
func formerAsked(f *fields) bool {
	return f.flag("former") || strings.HasPrefix(f.values.Get("after"), "f")
}

func readFiles(f *fields) (dossier.FileFilter, narrowing) {
	n := narrowing{f.choiceField("kind", "Kind", "text", "binary"), f.flagField("marked", "Marks", "only marked files")}
	return dossier.FileFilter{Kind: n[0].Value, Marked: n[1].Value != ""}, n
}
