package web

import (
	"html"
	"html/template"
	"path"
	"strings"

	"cratewarden/dossier"
)

// coloured writes spans of source as markup. The text is escaped and the class
// held to the colourer's alphabet, since this is the one place where foreign
// text is put into a page past the templates.
func coloured(spans []dossier.Span, noEOL bool) template.HTML {
	var out strings.Builder
	for _, s := range spans {
		class := spanClass(s.Class)
		if class == "" {
			out.WriteString(html.EscapeString(s.Text))
			continue
		}
		out.WriteString(`<span class="` + class + `"`)
		if class == "odd" {
			out.WriteString(` title="not shown, but in the file"`)
		}
		out.WriteString(`>` + html.EscapeString(s.Text) + `</span>`)
	}
	if noEOL {
		out.WriteString(`<span class="eol">no newline at the end</span>`)
	}
	return template.HTML(out.String())
}

func spanClass(class string) string {
	if len(class) > 4 || strings.Trim(class, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return class
}

// sourceOf is a file with its lines.
func sourceOf(f *dossier.File) Source {
	src := Source{Path: visible(f.File.Path)}
	for i, line := range f.Lines {
		src.Lines = append(src.Lines, SourceLine{Number: i + 1, HTML: coloured(line, false)})
	}
	if f.Truncated {
		src.Cut = Num(len(f.Lines)) + " of " + Plural(int(f.File.Lines), "line") + " are shown."
	}
	return src
}

// treeMost is how many files a tree shows; a hostile archive may hold a hundred
// thousand.
const treeMost = 2000

// treeOf lays the files of an archive out under their folders. The rows come
// sorted by path. The pairs stand in the address of every file.
func treeOf(f *dossier.Files, current string, pairs ...any) (tree Tree, left int) {
	tree.Caption = "Files of " + visible(f.Crate) + " " + visible(f.Num)
	rows := f.Rows
	if len(rows) > treeMost {
		rows, left = rows[:treeMost], len(rows)-treeMost
	}
	var open []string
	for _, file := range rows {
		folder, name := path.Split(file.Path)
		steps := strings.FieldsFunc(folder, func(r rune) bool { return r == '/' })
		same := 0
		for same < len(steps) && same < len(open) && steps[same] == open[same] {
			same++
		}
		for depth := same; depth < len(steps); depth++ {
			tree.Files = append(tree.Files, TreeFile{Depth: depth, Folder: true, Name: visible(steps[depth])})
		}
		open = steps
		tree.Files = append(tree.Files, TreeFile{Depth: len(steps), Name: visible(name), Size: file.Size, URL: withPairs(fileURL(f.Crate, f.Num, file.Path), pairs),
			Current: file.Path == current, Badges: badgesOf(file.Marks)})
	}
	return tree, left
}

// withPairs adds fields to an address that may have some already.
func withPairs(url string, pairs []any) string {
	out, err := With(url, pairs...)
	if err != nil {
		return "#" + err.Error()
	}
	return out
}

// fileURL is the address of a file. A path that browsers or the router would
// change, such as one with empty steps, goes into a field instead.
func fileURL(crate, num, file string) string {
	if file == "" {
		return Path("crates", crate, num, "files")
	}
	if path.Clean(file) != file || strings.HasPrefix(file, "/") || strings.HasPrefix(file, "..") || strings.ContainsAny(file, "\\%\x00") {
		return address(Path("crates", crate, num, "files"), "path", file)
	}
	return Path(append([]string{"crates", crate, num, "files"}, strings.Split(file, "/")...)...)
}
