package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"cratewarden"
	"cratewarden/dossier"
)

// diffPage compares two versions' archives.
type diffPage struct {
	Page
	Head    Head
	Tabs    []Tab
	Notices []Notice
	Wrong   Card // what is wrong with the archives; shown when it has guards
	Choose  Filter
	Against string
	Cards   []Card
	Note    string
	Diff    Diff
	Same    string
}

// diff shows what changed between a version and another of the same crate.
func (s *Server) diff(w http.ResponseWriter, r *http.Request) error {
	v, done, err := s.version(w, r, "diff")
	if done || err != nil {
		return err
	}
	f := readFields(r)
	against := f.text("against", 160)
	if f.err != nil {
		return f.err
	}
	d, err := s.cfg.Dossiers.Diff(r.Context(), v.Crate, v.Num, against)
	if err != nil {
		return err
	}
	frame := s.versionPage(r, v, versionView{path: "diff", label: "Diff"})
	p := diffPage{Page: frame.Page, Head: frame.Head, Tabs: frame.Tabs, Against: visible(d.Old), Wrong: problemsCard(d.Problems)}
	p.Choose = chooseOther(v, d)
	if d.Absent != "" {
		p.Notices = append(p.Notices, Missing("There is nothing to compare", d.Absent))
	}
	if d.Incomplete != "" {
		p.Notices = append(p.Notices, Notice{Tone: Warn, Title: "Not everything is compared", Text: Text(d.Incomplete)})
	}
	if d.Absent == "" {
		slices.SortStableFunc(d.Files, func(a, b dossier.DiffFile) int { return cmp.Compare(urgency(b), urgency(a)) })
		p.Cards = diffCards(d)
		p.Diff, p.Note = diffOf(d)
		p.Same = Plural(d.Same, "file is", "files are") + " the same in both."
	}
	return s.render(w, "diff", http.StatusOK, p)
}

// urgency puts files that a reviewer must not miss before the others.
func urgency(f dossier.DiffFile) int {
	most := 0
	for _, m := range f.Marks {
		switch toneOf(m.Tone) {
		case Bad:
			most = max(most, 2)
		case Warn:
			most = max(most, 1)
		}
	}
	return most
}

// chooseOther is the form that picks the version to compare with.
func chooseOther(v *dossier.Version, d *dossier.Diff) Filter {
	field := Field{Name: "against", Label: "Compare " + visible(v.Num) + " with", Value: d.Old}
	for _, num := range d.Others {
		label := visible(num)
		if num == v.Previous {
			label += " (the one before)"
		}
		field.Options = append(field.Options, Option{num, label})
	}
	out := Filter{Action: Path("crates", v.Crate, v.Num, "diff"), Button: "Compare"}
	if len(field.Options) > 0 {
		out.Fields = []Field{field}
	}
	if d.Old != "" && d.Old != v.Previous && v.Previous != "" {
		out.Reset = out.Action
	}
	return out
}

// diffCards are what a reviewer looks at before the lines.
func diffCards(d *dossier.Diff) []Card {
	marks := Card{ID: "marks", Title: "Look at these first"}
	for _, m := range d.Marks {
		tone := toneOf(m.Tone)
		marks.Guards = append(marks.Guards, Guard{Tone: tone, Word: toneWord(tone), Text: Text(m.Text)})
	}
	if len(marks.Guards) == 0 {
		marks.Guards = []Guard{{Tone: Good, Word: "ok", Text: Text("No new build script, binary, proc-macro or dependency")}}
	}
	return []Card{marks, changesCard(d), changedFiles(d)}
}

// changesCard lists dependencies that came, went or changed.
func changesCard(d *dossier.Diff) Card {
	c := Card{ID: "dependencies", Title: "Dependencies", Note: "by the manifests in the archives"}
	c.Table = &Table{Caption: "Dependencies that changed", Columns: []Column{{Label: "Crate"}, {Label: "Change"}, {Label: "Kind"}, {Label: "Before"}, {Label: "Now"}, {Label: "Age then"}},
		Empty: Empty{Title: "No dependency changed"}}
	for _, x := range d.Dependencies {
		row := Row{Cells: []Phrase{Phrase{}.Link(x.Crate, crateURL(x.Crate)), changeBadge(x.Change), Text(x.Kind), code(x.Old), code(x.New), age(x)}}
		if x.Young {
			row.Tone = Bad
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}

func age(x dossier.DependencyChange) Phrase {
	switch {
	case x.Age == 0:
		return Phrase{}.Muted("–")
	case x.Young:
		return Phrase{}.Badge(Bad, "young: "+cratewarden.Span(x.Age))
	}
	return Text(cratewarden.Span(x.Age))
}

func changeBadge(change string) Phrase {
	tone := Plain
	if change == "added" {
		tone = Info
	}
	return Phrase{}.Badge(tone, change)
}

// changedFiles lists the files that differ; each leads to its lines.
func changedFiles(d *dossier.Diff) Card {
	c := Card{ID: "files", Title: "Files that differ", Note: Plural(d.Same, "other file is", "other files are") + " the same"}
	c.Table = &Table{Caption: "Files that differ", Columns: []Column{{Label: "File"}, {Label: "Change"}, {Label: "Lines", Num: true}, {Label: "Size", Num: true}},
		Empty: Empty{Title: "No file differs", Text: "Both archives hold the same files with the same content."}}
	for i, f := range d.Files {
		name := Phrase{}.Link(f.Path, "#"+diffID(i)).withMarks(f.Marks)
		if f.OldPath != "" {
			name = name.Muted(" was ").Code(f.OldPath)
		}
		lines := Text("+" + Num(f.Added) + " −" + Num(f.Deleted))
		if f.Added+f.Deleted == 0 {
			lines = Phrase{}.Muted("–")
		}
		c.Table.Rows = append(c.Table.Rows, Row{Tone: rowTone(f.Marks), Cells: []Phrase{name, changeBadge(f.Change), lines, Text(sizes(f))}})
	}
	return c
}

func sizes(f dossier.DiffFile) string {
	switch f.Change {
	case "added":
		return Bytes(f.NewSize)
	case "removed":
		return Bytes(f.OldSize)
	}
	return Bytes(f.OldSize) + " → " + Bytes(f.NewSize)
}

func diffID(i int) string { return fmt.Sprintf("file-%d", i+1) }

// openLines is how many changed lines are unfolded; the files after them are
// one click away.
const openLines = 2000

// diffOf lays the changes out and counts the files.
func diffOf(d *dossier.Diff) (Diff, string) {
	var out Diff
	counts := map[string]int{}
	shown := 0
	for i, f := range d.Files {
		counts[f.Change]++
		file := DiffFile{ID: diffID(i), Path: visible(f.Path), State: f.Change, Added: f.Added, Removed: f.Deleted, Note: visible(f.Note), Badges: badgesOf(f.Marks)}
		if f.OldPath != "" {
			file.Path = visible(f.OldPath) + " → " + file.Path
		}
		for _, h := range f.Hunks {
			hunk := Hunk{Header: fmt.Sprintf("@@ -%d,%d +%d,%d @@", h.OldStart, h.OldLines, h.NewStart, h.NewLines)}
			for _, l := range h.Lines {
				hunk.Lines = append(hunk.Lines, DiffLine{Old: l.Old, New: l.New, HTML: coloured(l.Spans, l.NoEOL)})
			}
			shown += len(h.Lines)
			file.Hunks = append(file.Hunks, hunk)
		}
		file.Open = shown <= openLines
		out.Files = append(out.Files, file)
	}
	note := ""
	for _, change := range []string{"added", "removed", "changed", "renamed"} {
		if n := counts[change]; n > 0 {
			note += " · " + Num(n) + " " + change
		}
	}
	if note != "" {
		note = note[len(" · "):]
	}
	return out, note
}
