package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"cratewarden/api"
	"cratewarden/door"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// Lines fit the terminal: what goes on stands under its column, words and rows of
// tables stay whole, and nothing is lost.
func TestLinesFit(t *testing.T) {
	t.Parallel()
	long := "[x]   1  Hold version arraykit 0.3.10: Its publisher yanked 5 older versions around it, which steers people to it.\n" +
		"  look       step 3: arraykit 0.3.10 was downloaded 4,302 times; by the registry's rule 500 would be the most.\n" +
		"short\n\nhttps://registry.example/" + strings.Repeat("a", 100) + "\n" +
		"  INC-12  compromised-owner  contained                                     Ada Responder  Stolen account republishes arraykit"
	got := fit(long, 60)
	want := `[x]   1  Hold version arraykit 0.3.10: Its publisher yanked
         5 older versions around it, which steers people to
         it.
  look       step 3: arraykit 0.3.10 was downloaded 4,302
             times; by the registry's rule 500 would be the
             most.
short
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("it prints\n%s", got)
	}
	if words := strings.Join(strings.Fields(got), " "); words != strings.Join(strings.Fields(long), " ") {
		t.Errorf("words differ:\n%s", words)
	}
	if !strings.HasSuffix(got, strings.Split(long, "\n")[5]) {
		t.Errorf("the row of a table is broken:\n%s", got)
	}
	for line := range strings.Lines(got) {
		if n := utf8.RuneCountInString(line); n > 61 && !strings.Contains(line, "aaaa") && !strings.Contains(line, "INC-12") {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	var file bytes.Buffer
	fitted(&file, func(w io.Writer) { _, _ = io.WriteString(w, long) })
	if file.String() != long {
		t.Error("what is no terminal gets other lines")
	}
}

// A case is shown with what is next, in the words of its page.
func TestCaseNamesTheNextStep(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	v := &api.IncidentView{Incident: incident.Incident{ID: "INC-7", Title: "A case", State: incident.Triaged, Verdict: incident.Malicious, Subjects: []incident.Subject{{Subject: ledger.Subject{Kind: "crate", ID: "x"}}}},
		Next: []incident.Step{{State: incident.Reported, Back: true}, {State: incident.Contained, Why: "No applied plan of this case contains anything."}}}
	printCase(&b, v)
	if want := "Next                   It goes on until it is contained. No applied plan of this case contains anything."; !strings.Contains(b.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, b.String())
	}
	b.Reset()
	v.Incident.State, v.Incident.Verdict = incident.Reported, incident.Undecided
	printCase(&b, v)
	if want := "Nobody leads this yet. Take it over"; !strings.Contains(b.String(), want) {
		t.Errorf("it does not say %q:\n%s", want, b.String())
	}
}

// Wrong input is answered with a whole sentence and the next step.
func TestWrongWordsAreAnswered(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"advisory":      `cratewarden: Expected one of "make", "list", "show", "edit", "ask" or another. Try "cratewarden advisory --help".`,
		"blast":         `cratewarden: Expected "<crate>". Try "cratewarden blast --help".`,
		"advisory nope": `cratewarden: Unexpected argument nope. Try "cratewarden advisory --help".`,
	} {
		var out, problem bytes.Buffer
		program(strings.Fields(words), strings.NewReader(""), &out, &problem)
		if got := strings.TrimSpace(problem.String()); got != want {
			t.Errorf("%s: %s", words, got)
		}
	}
	server := httptest.NewServer(door.Handler(door.Config{}, http.NotFoundHandler()))
	defer server.Close()
	var out, problem bytes.Buffer
	program([]string{"incident", "show", "/x", "--server", server.URL}, strings.NewReader(""), &out, &problem)
	if got := problem.String(); !strings.Contains(got, "holds a slash") {
		t.Errorf("a slash: %s", got)
	}
}
