package web

import (
	"net/http"
	"strings"

	"cratewarden"
	"cratewarden/dossier"
)

// filesPage shows the files of a version's archive and, when one is chosen, its
// source.
type filesPage struct {
	Page
	Head    Head
	Tabs    []Tab
	Notices []Notice
	Wrong   Card // what is wrong with the archive; shown when it has guards
	Tree    Tree
	Note    string // beside the heading of the tree
	Left    string // how much of the tree is not shown
	Filter  *Filter
	None    Empty  // shown instead of the tree when no file passes the filter
	Pager   *Pager // the list as files
	Panes   []filePane
	Cards   []Card // without a chosen file: what to know of the archive
}

// filePane is one file that is shown.
type filePane struct {
	Path   string
	Note   string
	Badges []Badge
	More   Link // the twin of a manifest
	Source Source
	Absent Notice // instead of lines, shown when it has a title
}

// files answers for the list of files and for one file.
func (s *Server) files(w http.ResponseWriter, r *http.Request) error {
	fields := readFields(r)
	filter, narrowed := readFiles(fields)
	csv := wantsCSV(fields)
	if fields.err != nil {
		return fields.err
	}
	ctx, path := r.Context(), r.PathValue("path")
	if path == "" {
		path = r.FormValue("path")
	}
	v, done, err := s.version(w, r, append([]string{"files"}, strings.Split(r.PathValue("path"), "/")...)...)
	if done || err != nil {
		return err
	}
	f, err := s.cfg.Dossiers.Files(ctx, v.Crate, v.Num, dossier.FileFilter{})
	if err != nil {
		return err
	}
	if csv {
		return s.filesCSV(w, f, filter)
	}
	p := s.filesPage(r, v, f, path)
	p.narrow(f, path, filter, narrowed)
	if f.Absent != "" {
		p.Notices = []Notice{Missing("The archive cannot be shown", f.Absent)}
		return s.render(w, "files", http.StatusOK, p)
	}
	if path == "" {
		p.Cards = archiveCards(v, f)
		return s.render(w, "files", http.StatusOK, p)
	}
	one, err := s.cfg.Dossiers.File(ctx, v.Crate, v.Num, path)
	if err != nil {
		return err
	}
	beside := r.FormValue("beside") != "" && one.Twin != ""
	p.Panes = []filePane{paneOf(one, beside)}
	if beside {
		twin, err := s.cfg.Dossiers.File(ctx, v.Crate, v.Num, one.Twin)
		if err != nil {
			return err
		}
		p.Panes = append(p.Panes, paneOf(twin, true))
		// Two numberings on one page: only the first file's lines have anchors.
		p.Panes[1].Source.Plain = true
		p.Panes[0].More = Link{"only this one", fileURL(v.Crate, v.Num, path)}
		p.Panes[1].More = Link{"only this one", fileURL(v.Crate, v.Num, one.Twin)}
	}
	return s.render(w, "files", http.StatusOK, p)
}

func (s *Server) filesPage(r *http.Request, v *dossier.Version, f *dossier.Files, path string) filesPage {
	frame := s.versionPage(r, v, versionView{path: "files", label: "Files"})
	p := filesPage{Page: frame.Page, Head: frame.Head, Tabs: frame.Tabs, Wrong: problemsCard(f.Problems)}
	if path != "" {
		p.Title = visible(path) + " · " + p.Title
	}
	for i := range p.Tabs {
		if p.Tabs[i].Current && f.Absent == "" {
			p.Tabs[i].Count = Num(len(f.Rows))
		}
	}
	return p
}

// narrow lists the files that pass the filter. Every link to a file keeps the
// filter, and the form keeps the file that is open.
func (p *filesPage) narrow(f *dossier.Files, path string, filter dossier.FileFilter, n narrowing) {
	list := passing(f, filter)
	left := 0
	p.Tree, left = treeOf(&list, path, n.pairs()...)
	p.Note = shown(len(list.Rows), len(f.Rows), "file") + " · " + Bytes(f.Unpacked)
	if left > 0 {
		p.Left = Plural(left, "more file is", "more files are") + " not listed here. The files below list all."
	}
	here := fileURL(f.Crate, f.Num, "")
	if len(f.Rows) > 1 || n.set() {
		p.Filter = &Filter{Action: here, Fields: n, Keep: kept("path", path)}
	}
	if n.set() {
		p.Filter.Reset = fileURL(f.Crate, f.Num, path)
		p.None = Empty{Title: "No file passes the filter", Text: "Choose another one, or take it away.", Action: Link{"Show all files", p.Filter.Reset}}
	}
	if f.Absent == "" {
		p.Pager = &Pager{CSV: address(here, append(n.pairs(), "format", "csv")...), JSON: address("/api/v1"+Path("crates", f.Crate, "versions", f.Num, "files"), n.pairs()...)}
	}
}

// passing is the listing with the files that pass alone.
func passing(f *dossier.Files, filter dossier.FileFilter) dossier.Files {
	list := *f
	list.Rows = nil
	for _, x := range f.Rows {
		if filter.Passes(x) {
			list.Rows = append(list.Rows, x)
		}
	}
	return list
}

func (s *Server) filesCSV(w http.ResponseWriter, f *dossier.Files, filter dossier.FileFilter) error {
	if f.Absent != "" {
		return cratewarden.Errorf(cratewarden.Unavailable, "The list cannot be exported: %s", f.Absent)
	}
	return sendCSV(s, w, "files-"+f.Crate+"-"+f.Num, passing(f, filter).Rows, "")
}

// problemsCard says what is wrong with an archive, the grave first.
func problemsCard(problems []dossier.ArchiveProblem) Card {
	const most = 40
	c := Card{ID: "problems", Title: "Something is wrong with this archive", Note: Plural(len(problems), "problem")}
	for _, grave := range []bool{true, false} {
		for _, x := range problems {
			if x.Grave != grave || len(c.Guards) >= most {
				continue
			}
			g := Guard{Tone: Warn, Word: "notable", Text: Text(x.Text)}
			if grave {
				g.Tone, g.Word = Bad, "grave"
			}
			if x.Path != "" {
				g.Note = Phrase{}.Code(shorten(x.Path, 200))
			}
			c.Guards = append(c.Guards, g)
		}
	}
	if left := len(problems) - len(c.Guards); left > 0 {
		c.Gaps = []string{Plural(left, "more problem is", "more problems are") + " not listed here."}
	}
	return c
}

// paneOf is one file. beside says that its twin is shown already.
func paneOf(f *dossier.File, beside bool) filePane {
	x := f.File
	p := filePane{Path: visible(x.Path), Badges: badgesOf(x.Marks), Source: sourceOf(f)}
	p.Note = Bytes(x.Size) + " · mode " + visible(x.Mode)
	if x.Lines > 0 {
		p.Note = Plural(int(x.Lines), "line") + " · " + p.Note
	}
	if f.Language != "" {
		p.Note = visible(f.Language) + " · " + p.Note
	}
	switch {
	case f.Absent != "":
		p.Absent = Missing("The file cannot be shown", f.Absent)
	case len(f.Lines) == 0 && f.Note != "":
		p.Absent = Notice{Tone: Info, Title: visible(f.Note), Text: Phrase{}.Say(x.Magic+" · SHA-256 ").Copy(x.SHA256, Short(x.SHA256))}
	case len(f.Lines) == 0:
		p.Absent = Notice{Tone: Info, Title: "The file is empty"}
	case f.Note != "":
		p.Source.Cut = visible(f.Note)
	}
	if f.Twin != "" && !beside {
		p.More = Link{"beside " + visible(f.Twin), address(fileURL(f.Crate, f.Num, x.Path), "beside", "1")}
	}
	return p
}

// archiveCards are what to know before opening a file.
func archiveCards(v *dossier.Version, f *dossier.Files) []Card {
	facts := Card{ID: "archive", Title: "The archive", Note: "in storage"}
	facts.List = []Fact{
		{Label: "Object", Value: Phrase{}.Copy(f.Key, "")},
		{Label: "SHA-256", Value: hashPhrase(f)},
		{Label: "Size", Value: Text(Bytes(f.Size)).Muted(", unpacked " + Bytes(f.Unpacked))},
		{Label: "Build script", Value: code(f.BuildScript)},
		{Label: "Proc-macro", Value: Text(yesNo(f.ProcMacro))},
		{Label: "Commit, as the uploader claims", Value: commitPhrase(f)},
	}
	cards := []Card{lookFirst(f), facts}
	notes := Card{ID: "manifest-notes", Title: "Cargo.toml against Cargo.toml.orig", More: Link{"read both", address(fileURL(v.Crate, v.Num, "Cargo.toml"), "beside", "1")}}
	for _, text := range f.ManifestNotes {
		notes.Guards = append(notes.Guards, Guard{Tone: Warn, Word: "differs", Text: Text(text)})
	}
	if len(notes.Guards) == 0 {
		notes.Guards = []Guard{{Tone: Good, Word: "ok", Text: Text("They say the same, as far as both can be read")}}
	}
	if !has(f, "Cargo.toml") || !has(f, "Cargo.toml.orig") {
		notes.More = Link{}
		notes.Guards = []Guard{{Word: "not compared", Text: Text("The archive does not hold both")}}
	}
	return append(cards, notes)
}

func has(f *dossier.Files, path string) bool {
	for _, x := range f.Rows {
		if x.Path == path {
			return true
		}
	}
	return false
}

func hashPhrase(f *dossier.Files) Phrase {
	p := Phrase{}.Copy(f.SHA256, Short(f.SHA256)).Say(" ")
	switch {
	case f.SHA256 == "":
		return Phrase{}.Muted("not read")
	case f.Recorded == "":
		return p.Badge(Plain, "no checksum in the database")
	case f.SHA256 != f.Recorded:
		return p.Badge(Bad, "not the one in the database")
	}
	return p.Badge(Good, "same as in the database")
}

func commitPhrase(f *dossier.Files) Phrase {
	if f.Commit == "" {
		return Phrase{}.Muted("none recorded")
	}
	p := Phrase{}.External(f.Commit)
	if f.CommitDirty {
		p = p.Say(" ").Badge(Warn, "with uncommitted changes")
	}
	if f.PathInVCS != "" {
		p = p.Muted(" in ").Code(f.PathInVCS)
	}
	return p
}

// lookFirst lists the marked files, which a reviewer opens first.
func lookFirst(f *dossier.Files) Card {
	const most = 30
	c := Card{ID: "first", Title: "Look at these first", Note: "what runs while compiling, and what cannot be read"}
	c.Table = &Table{Caption: "Look at these first", Columns: []Column{{Label: "File"}, {Label: "Why"}, {Label: "Size", Num: true}},
		Empty: Empty{Title: "No file stands out", Text: "No build script, proc-macro, binary, executable or hidden character was found."}}
	for _, x := range f.Rows {
		if len(x.Marks) == 0 || len(c.Table.Rows) >= most {
			continue
		}
		c.Table.Rows = append(c.Table.Rows, Row{Tone: rowTone(x.Marks), Cells: []Phrase{Phrase{}.Link(x.Path, fileURL(f.Crate, f.Num, x.Path)), Phrase{}.withMarks(x.Marks).Muted(" " + x.Magic), Text(Bytes(x.Size))}})
	}
	return c
}

func yesNo(on bool) string {
	if on {
		return "yes, it runs inside the compiler"
	}
	return "no"
}
