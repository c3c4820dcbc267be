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
		samePart(r, p, byTemplate)
	})
	same(t, "figures", string(p.figures(sampleChart())), byTemplate("figures", sampleChart()))
	if _, err := p.rows(Table{Rows: []Row{{Cells: []Phrase{nil}}}}); err == nil {
		t.Error("a cell without a column is taken")
	}
}

// samePart compares the parts that hold phrases.
func samePart(r *rapid.T, p painter, byTemplate func(string, any) string) {
	at := time.Unix(rapid.Int64Range(1, 4e9).Draw(r, "at"), 0)
	events := []Event{{At: at, Tone: Tone(anyText(r)), Word: anyText(r), Text: anyPhrase(r), Source: anyText(r)}, {Text: anyPhrase(r)}}
	same(r, "events", string(p.events(events)), byTemplate("events", events))
	facts := []Fact{{Label: anyText(r), Value: anyPhrase(r), Note: anyText(r), Badge: Badge{Tone(anyText(r)), anyText(r), anyText(r)}}, {}}
	same(r, "facts", string(p.facts("facts", facts)), byTemplate("facts", facts))
	same(r, "lines", string(p.facts("lines", facts)), byTemplate("lines", facts))
	guards := []Guard{{Tone: Tone(anyText(r)), Word: anyText(r), Text: anyPhrase(r), Note: anyPhrase(r)}, {}}
	same(r, "guards", string(p.guards(guards)), byTemplate("guards", guards))
	nav := []NavGroup{{Label: anyText(r), Items: []NavItem{{anyText(r), "/a b?c=<d>", rapid.Int().Draw(r, "count"), true}, {Label: "x", URL: "/"}}}, {}}
	same(r, "nav", string(navigation(nav)), byTemplate("nav", nav))
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
	kinds := []string{"text", "strong", "code", "muted", "link", "ago", "utc", "badge", "mark", "masked", "copy", "external", "", "unheard of"}
	for range rapid.IntRange(0, 4).Draw(r, "spans") {
		s := Span{Kind: rapid.SampledFrom(kinds).Draw(r, "kind"), Text: anyText(r), URL: anyText(r), Title: anyText(r), Tone: Tone(anyText(r))}
		if at := rapid.Int64Range(0, 4e9).Draw(r, "time"); at > 0 {
			s.Time = time.Unix(at, 0)
		}
		line = append(line, s)
	}
	return line
}
