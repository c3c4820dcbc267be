package incident

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cratewarden/ledger"
)

var update = flag.Bool("update", false, "write golden files anew")

// golden holds a text to a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "export", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look, then run with -update:\n%s", name, got)
	}
}

// hostile is a case into which people and attackers wrote what does harm in
// another program.
func hostile() caseFile {
	at := func(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }
	index, due := int64(7), at(86400)
	i := Incident{
		ID: "INC-12", Title: "=HYPERLINK(\"https://evil.example\") | <b>\u202egnp.exe", Kind: CompromisedOwner, State: Contained, Verdict: Compromised, Severity: High, TLP: AmberStrict,
		Lead: Person{ID: "ada", Name: "Ada"}, Campaigns: []string{"aug-20"}, OpenedBy: Person{ID: "bo", Name: "Bo @ work"}, OpenedAt: at(0), ReportedAt: moment(at(-60)), ChangedAt: at(400), Also: []string{"INC-13"},
		Subjects: []Subject{{Subject: ledger.Subject{Kind: "version", ID: "array-kit@0.3.10"}, Role: "carrier", Why: "`rm -rf`", By: Person{Name: "Ada"}, At: at(1)},
			{Subject: ledger.Subject{Kind: "account", ID: "42"}, Label: "mallory", Role: "attacker", At: at(2)}},
		Texts: []Text{{Field: "summary", Body: "# Not a heading\n[a](https://evil.example) ![x](http://evil.example/x.png)\n| cell", Revision: 1, At: at(3)}},
	}
	c := caseFile{
		Incident: i, Clocks: milestones{incident: i, published: at(-3600), reported: at(-60), looked: at(0), judged: at(300), contained: at(320)}.clocks(at(330)),
		Figures:  []Figure{{ID: 1, What: Downloads, Crate: "array-kit", Version: "0.3.10", At: at(100)}},
		Tasks:    []Task{{Item: "a", Title: "Watch", State: TaskOpen, Holder: Person{ID: "bo", Name: "Bo"}, Due: &due, After: true}},
		Files:    []File{{ID: 3, Name: "../../etc/passwd", Bytes: 9, By: Person{Name: "Bo"}, At: at(5)}},
		Plans:    []planLine{{"p1", "Contain", "applied", "Ada", moment(at(320)), &index}},
		Evidence: []bundleLine{{strings.Repeat("ab", 32), at(330), "Ada", "p1", 12, 3456, 9}},
	}
	c.Figures[0].Value, c.Figures[0].Method, c.Figures[0].AsOf, c.Figures[0].By = 2285, "logs; =1+1", at(90), "Bo"
	published := newFact(published{ID: 5, Crate: "array-kit", Num: "0.3.10", At: at(-3600.5), Who: "mallory", WhoID: "account:42", Account: 42, Token: 8, How: "API token", SHA256: strings.Repeat("0f", 32), Size: 99}.moment()).moment
	c.Timeline = inOrder([]Moment{
		{ID: "event/1", At: at(10), Source: FromPerson, What: "incident.note", Sentence: "=cmd|' /C calc'!A0\nsecond line", Who: "Bo", WhoID: "bo", Link: "/incidents/INC-12"},
		{ID: "event/2", At: at(10), Source: FromPerson, What: "incident.note", Sentence: "+1;@SUM(A1)\t=2", Who: "-Bo", WhoID: "bo"},
		{ID: "plan/p1/step/10", At: at(320), Source: FromPlan, What: "version.hold", Sentence: "Done: Hold array-kit 0.3.10.", Who: "Ada", WhoID: "ada", Subject: versionSubject("array-kit", "0.3.10"), Ledger: &index},
		{ID: "plan/p1/step/9", At: at(320), Source: FromPlan, What: "account.contain", Sentence: "Done: Contain account 42.", Who: "Ada", WhoID: "ada", Subject: accountSubject(42, "mallory"), Ledger: &index},
		published, published,
	})
	return c
}

func TestExportIsGolden(t *testing.T) {
	t.Parallel()
	c := hostile()
	golden(t, "case.md", c.markdown())
	text, err := c.json()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "case.json", text)
	rows, err := c.csv()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "timeline.csv", rows)
	line := func(index int64, kind ledger.Kind, what string, more map[string]string) custodyEntry {
		return custodyLine(ledger.Entry{Index: index, At: noon.Add(time.Duration(index) * time.Minute), Kind: kind, Action: what, Actor: ledger.Actor{ID: "ada", Name: "Ada | x"}, Details: more,
			Reasons: &ledger.Reasons{Internal: "asked by <court>"}})
	}
	checked := noon.Add(time.Hour)
	chain := custody{Incident: "INC-12", Title: c.Incident.Title, TLP: Red, Exports: []custodyEntry{line(20, ledger.Note, "incident.export", map[string]string{"bundles": "1"})},
		Bundles: []custodyOf{{bundleLine: c.Evidence[0], Incident: "INC-13", Reason: "before deleting", Checked: &checked, Check: "whole", Sealed: line(9, ledger.Note, "evidence.seal", nil),
			Since: []custodyEntry{line(11, ledger.Opening, "evidence.open", map[string]string{"part": "rows/emails.jsonl"}), line(12, ledger.Erasure, "evidence.erase", nil), line(13, ledger.Refusal, "evidence.export", nil)}}}}
	golden(t, "custody.md", chain.markdown())
	links, err := json.MarshalIndent(chain, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "custody.json", links)
	golden(t, "README.txt", []byte(readme(c.Incident)))
}

// No cell begins what a spreadsheet would run, and no line is lost.
func TestExportedRowsAreInert(t *testing.T) {
	t.Parallel()
	rows, err := hostile().csv()
	if err != nil {
		t.Fatal(err)
	}
	list, err := csv.NewReader(bytes.NewReader(rows)).ReadAll()
	if err != nil || len(list) != 6 {
		t.Fatalf("%d rows, %v", len(list), err)
	}
	for _, row := range list {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a cell begins with %q", cell)
			}
		}
	}
}

// escaped is a mark that Markdown takes as it is.
var escaped = regexp.MustCompile(`\\[[:punct:]]`)

// Markdown of foreign texts has no link, picture, heading, row or letter that
// turns the text around it.
func TestExportedMarkdownIsInert(t *testing.T) {
	t.Parallel()
	text := string(hostile().markdown())
	for _, bad := range []string{"\u202e", "](", "![", "https://", "<b>", "\n# Not", "\n| cell"} {
		if strings.Contains(escaped.ReplaceAllString(text, ""), bad) {
			t.Errorf("%q stands in it", bad)
		}
	}
	width := 0
	for l := range strings.Lines(text[strings.Index(text, "## Timeline"):]) {
		if !strings.HasPrefix(l, "|") {
			continue
		}
		if n := strings.Count(strings.ReplaceAll(l, `\|`, ""), "|"); width != 0 && n != width {
			t.Errorf("a row has %d cells, others %d: %s", n-1, width-1, l)
		} else {
			width = n
		}
	}
}

func TestIDsAreInOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	list := inOrder([]Moment{{ID: "a/10"}, {ID: "a/9"}, {ID: "a/9/b"}, {ID: "a/9"}, {ID: "a/b"}})
	var got []string
	for _, m := range list {
		got = append(got, m.ID)
	}
	if strings.Join(got, " ") != "a/9 a/9/b a/10 a/b" {
		t.Error(got)
	}
}

func TestExportRefusesOtherForms(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Engine = nil })
	i := k.opened()
	if _, err := k.Export(t.Context(), i.ID, "exe"); err == nil {
		t.Error("an unknown form was written")
	}
	if _, err := k.Export(t.Context(), "INC-99", CSV); err == nil {
		t.Error("a case that is not there was exported")
	}
	for _, f := range []ExportFormat{Markdown, JSON, CSV} {
		one, err := k.Export(t.Context(), i.ID, f)
		if err != nil || len(one) == 0 || f.Type() == "" {
			t.Error(f, err)
		}
		if two, _ := k.Export(t.Context(), i.ID, f); !bytes.Equal(one, two) {
			t.Errorf("%s is another each time", f)
		}
	}
}
