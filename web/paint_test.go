package web

import (
	"html/template"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPainterWritesWhatTemplatesWould compares the painter with the templates
// it stands for, on texts and addresses of every kind.
func TestPainterWritesWhatTemplatesWould(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("testdata/painted.html")
	if err != nil {
		t.Fatal(err)
	}
	s := galleryServer(t, Config{})
	set, err := template.New("painted").Funcs(s.funcs()).Parse(string(source))
	if err != nil {
		t.Fatal(err)
	}
	byTemplate := func(name string, data any) string {
		var out strings.Builder
		if err := set.ExecuteTemplate(&out, name, data); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	p := painter{now: func() time.Time { return noon }}
	rapid.Check(t, func(r *rapid.T) {
		line := anyPhrase(r)
		same(r, "phrase", string(p.phrase(line)), byTemplate("phrase", line))
		table := Table{Columns: []Column{{Label: anyText(r)}, {Num: true}}, Rows: []Row{{Tone: Tone(anyText(r)), Cells: []Phrase{line, anyPhrase(r)}}, {Cells: []Phrase{line}}}}
		rows, err := p.rows(table)
		if err != nil {
			r.Fatal(err)
		}
		same(r, "rows", string(rows), byTemplate("rows", table))
	})
	same(t, "figures", string(p.figures(sampleChart())), byTemplate("figures", sampleChart()))
	if _, err := p.rows(Table{Rows: []Row{{Cells: []Phrase{nil}}}}); err == nil {
		t.Error("a cell without a column is taken")
	}
}

func same(t interface{ Fatalf(string, ...any) }, what, got, want string) {
	if got != want {
		t.Fatalf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func anyText(r *rapid.T) string {
	return rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `"><script>alert(1)</script>`, "1.0.0+a&b'c", "a\x00b", "ü`=", "/a b/ü%zz%2F?q=<'>&x=[1]#y", "#x", "?a=b", "//evil.example", "javascript:alert(1)", "/%", "/a%4", "/(x)"})).Draw(r, "text")
}

func anyPhrase(r *rapid.T) (line Phrase) {
	kinds := []string{"text", "strong", "code", "muted", "link", "ago", "utc", "badge", "masked", "copy", "external", "", "unheard of"}
	for range rapid.IntRange(0, 4).Draw(r, "spans") {
		s := Span{Kind: rapid.SampledFrom(kinds).Draw(r, "kind"), Text: anyText(r), URL: anyText(r), Title: anyText(r), Tone: Tone(anyText(r))}
		if at := rapid.Int64Range(0, 4e9).Draw(r, "time"); at > 0 {
			s.Time = time.Unix(at, 0)
		}
		line = append(line, s)
	}
	return line
}
