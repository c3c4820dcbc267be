package web

import (
	"fmt"
	"strings"

	"cratewarden/action"
	"cratewarden/registry/change"
)

// planSteps are the steps with what each does to which rows.
type planSteps struct {
	Title, Note string
	List        []planStep
	Rest        []stepRows // rows that belong to no step
	Left        string     // what is not shown
	Download    string     // address of all of it
	Tick        string     // form that the ticks belong to; empty for none
}

// planStep is one step of a plan.
type planStep struct {
	N        int
	What     Phrase
	Kind     string
	Badges   []Badge
	Tickable bool
	Undone   bool
	Guards   []Guard
	Final    []string
	Rows     []stepRows
	Sum      string // how many rows of how many tables
	Open     bool
}

// stepRows are the rows of one table that a step changes.
type stepRows struct {
	Table string
	Note  string
	Rows  []deltaRow
}

// deltaRow is a row before and after; only columns that differ.
type deltaRow struct {
	Name    string
	Key     string
	What    Badge
	Derived bool
	Columns []deltaColumn
}

// deltaColumn is one column of a row. HasBefore and HasAfter say which sides
// there are.
type deltaColumn struct {
	Name                string
	Before, After       Phrase
	HasBefore, HasAfter bool
}

const (
	// stepsMost is how many steps a page shows.
	stepsMost = 500
	// stepsOpen is how many steps' rows are open from the start.
	stepsOpen = 3
)

func (s *Server) planSteps(seen *planSeen) planSteps {
	p := &seen.plan
	out := planSteps{Title: "Steps, in the order they run"}
	var finals map[int][]string
	rows := newRowBook(seen.effect)
	applied := p.State == action.Applied
	guards := guardsByStep(seen.effect)
	if seen.effect != nil {
		finals = finalsByStep(seen.effect)
		out.Download = planURL(p.ID, "effect.json")
	}
	switch {
	case applied && p.Intent != nil:
		out.Tick, out.Note = "undo", "tick what to undo"
	case p.State.Open() && len(p.Steps) > 1 && p.Undoes == "":
		out.Tick, out.Note = "leave", "tick what to leave out"
	}
	for _, step := range seen.steps[:min(len(seen.steps), stepsMost)] {
		kind, known := s.planned.catalogue.Kind(step.Kind)
		row := planStep{N: step.N, Kind: kind.Title, Guards: guards[step.N], Final: finals[step.N], Undone: seen.undone[step.N]}
		row.What = Phrase{}.Code(shorten(string(p.Steps[step.N-1]), 160)).Muted(" is not known to this release")
		if step.Do != nil {
			row.What = s.stepPhrase(step.Do)
		}
		row.Badges = stepBadges(kind, known, row.Undone)
		row.Tickable = out.Tick == "leave" || out.Tick == "undo" && known && kind.Reversible && !row.Undone
		row.Rows, row.Sum = rows.take(step.N)
		row.Open = len(seen.steps) <= stepsOpen
		out.List = append(out.List, row)
	}
	out.Rest, _ = rows.take(0)
	var left []string
	if n := len(seen.steps) - len(out.List); n > 0 {
		left = append(left, Num(len(out.List))+" of "+Plural(len(seen.steps), "step")+" are shown")
	}
	if rows.total > rows.given {
		left = append(left, Num(rows.given)+" of "+Plural(rows.total, "row")+" are shown")
	}
	out.Left = strings.Join(left, "; ")
	return out
}

func stepBadges(k action.Kind, known, undone bool) []Badge {
	switch {
	case !known:
		return []Badge{{Tone: Bad, Text: "unknown"}}
	case undone:
		return []Badge{{Tone: Hold, Text: "undone"}}
	case k.Reversible:
		return []Badge{{Tone: Hold, Text: "undo"}}
	case k.Final != "":
		return []Badge{{Tone: Bad, Text: "for good", Title: k.Final}}
	}
	return nil
}

// rowBook gives the rows of an effect step by step, at most rowsMost of them
// and rowCellsMost columns.
type rowBook struct {
	byStep       map[int][]change.Row
	tallies      map[int][]change.Tally
	total, given int
	cells        int
}

func newRowBook(f *action.Effect) *rowBook {
	b := &rowBook{byStep: map[int][]change.Row{}, tallies: map[int][]change.Tally{}}
	if f == nil {
		return b
	}
	b.total = len(f.Rows)
	for _, row := range f.Rows {
		b.byStep[row.Step] = append(b.byStep[row.Step], row)
	}
	for _, t := range f.Tallies {
		b.tallies[t.Step] = append(b.tallies[t.Step], t)
	}
	return b
}

// take gives the rows of one step by table, and their sum in words.
func (b *rowBook) take(step int) (out []stepRows, sum string) {
	at := map[string]int{}
	counts := map[string]map[string]int{}
	for _, row := range b.byStep[step] {
		c := rowChange{Step: row.Step, Table: row.Table, Key: row.Key, Before: row.Before, After: row.After, Derived: row.Derived}
		if counts[row.Table] == nil {
			counts[row.Table] = map[string]int{}
			at[row.Table] = len(out)
			out = append(out, stepRows{Table: row.Table})
		}
		counts[row.Table][c.what()]++
		if b.given >= rowsMost || b.cells >= rowCellsMost {
			continue
		}
		delta := deltaOf(&c, row.Name())
		b.given, b.cells = b.given+1, b.cells+len(delta.Columns)
		group := &out[at[row.Table]]
		group.Rows = append(group.Rows, delta)
	}
	for i := range out {
		counted := rowsRead{counts: counts}
		out[i].Note = counted.tally(out[i].Table)
	}
	for _, t := range b.tallies[step] {
		out = append(out, stepRows{Table: t.Table, Note: tallyWords(t)})
	}
	if len(out) == 0 {
		return nil, ""
	}
	return out, Plural(len(b.byStep[step]), "row") + " in " + Plural(len(out), "table")
}

// tallyWords say how many rows of a large table come or go.
func tallyWords(t change.Tally) string {
	switch {
	case t.After < t.Before:
		return fmt.Sprintf("%s of %s go; counted, not listed", Num(t.Before-t.After), Plural(int(t.Before), "row"))
	case t.After > t.Before:
		return Plural(int(t.After-t.Before), "row") + " come; counted, not listed"
	}
	return Plural(int(t.Before), "row") + " stay as they are"
}

func deltaOf(c *rowChange, name string) deltaRow {
	name = strings.TrimPrefix(name, c.Table+" ")
	out := deltaRow{Name: visible(shorten(name, 120)), Key: visible(c.Key), Derived: c.Derived}
	if name == c.Key {
		out.Key = ""
	}
	out.What = Badge{Tone: map[string]Tone{"inserted": Info, "deleted": Bad, "changed": Warn}[c.what()], Text: c.what()}
	if c.what() == "inserted" {
		out.What.Text = "new"
	}
	for _, column := range c.columns() {
		d := deltaColumn{Name: visible(column), HasBefore: c.Before != nil, HasAfter: c.After != nil}
		// Of a new or lost row, what is empty says nothing.
		if !d.HasBefore && string(c.After[column]) == "null" || !d.HasAfter && string(c.Before[column]) == "null" {
			continue
		}
		if d.HasBefore {
			d.Before = valuePhrase(column, c.Before)
		}
		if d.HasAfter {
			d.After = valuePhrase(column, c.After)
		}
		out.Columns = append(out.Columns, d)
	}
	return out
}

// groupFinals puts together what cannot be undone at several steps in the same
// words.
func groupFinals(f *action.Effect) []Noticed {
	guards := make([]action.Guard, len(f.Final))
	for i, x := range f.Final {
		guards[i] = action.Guard{Step: x.Step, Text: x.Text}
	}
	return GroupNoticed(guards)
}

// finalsByStep are what cannot be undone, at the first step that it is said of;
// the mark of each step says it too.
func finalsByStep(f *action.Effect) map[int][]string {
	out := map[int][]string{}
	for _, x := range groupFinals(f) {
		text := visible(x.Text)
		switch len(x.Steps) {
		case 0:
			continue
		case 1:
		default:
			text += " The same at " + StepWords(x.Steps[1:]) + "."
		}
		out[x.Steps[0]] = append(out[x.Steps[0]], text)
	}
	return out
}

// guardsByStep are the checks that concern one step; those of the whole plan
// stand beside the steps. A note that several steps share stands at the first.
func guardsByStep(f *action.Effect) map[int][]Guard {
	out := map[int][]Guard{}
	if f == nil {
		return out
	}
	for _, g := range GroupNoticed(f.Guards) {
		at := g.Steps
		if g.Level == action.Info && len(at) > 1 {
			at = at[:1]
		}
		for _, step := range at {
			guard := guardOf(g.Guard)
			if len(at) < len(g.Steps) {
				guard.Text = guard.Text.Muted(" The same at " + StepWords(g.Steps[1:]) + ".")
			}
			out[step] = append(out[step], guard)
		}
	}
	return out
}
