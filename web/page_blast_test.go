package web

import (
	"context"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/blast"
	"cratewarden/telemetry/logtest"
)

// radar answers with one report, and keeps what it was asked.
type radar struct {
	report blast.Report
	err    error

	mu    sync.Mutex
	asked blast.Query
	until time.Time
}

func (r *radar) Radius(_ context.Context, q blast.Query, until time.Time) (*blast.Report, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked, r.until = q, until
	out := r.report
	out.Query = q
	return &out, r.err
}

// sampleRadius is a report with so many crates.
func sampleRadius(crates int) blast.Report {
	r := blast.Report{AsOf: sampleTime, Crates: crates, Versions: 3 * crates, Direct: 2, Defaults: 1, OwnerCount: 2,
		Bad:     []blast.BadCrate{{Name: "arraykit", Versions: []blast.BadVersion{{Num: "0.3.10", Yanked: true, Published: sampleTime, Downloads: 2285}, {Num: "0.3.11", Missing: true}}}},
		Layers:  []blast.Layer{{Distance: 1, Crates: 2, Versions: 6, Downloads: 9}, {Distance: 2, Crates: crates - 2, Versions: 3*crates - 6, Downloads: 9}},
		Kinds:   []blast.KindCount{{Kind: "normal", Crates: crates, Versions: 3 * crates, Direct: 2}},
		Owners:  []blast.Notified{{Owner: blast.Owner{ID: 7, Login: "genuine-owner"}, Crates: []string{"crate-0", "crate-1"}, Downloads: 12}, {Owner: blast.Owner{ID: 3, Team: true, Login: "github:org:core"}, Crates: []string{"crate-0"}}},
		Figures: []blast.Figure{{Name: blast.FigureCrates, Label: "Crates hit", Value: int64(crates), Method: "by requirements", AsOf: sampleTime}},
		Days:    []blast.Day{{Day: sampleTime.AddDate(0, 0, -1), Downloads: 2000, Versions: map[string]int64{"arraykit@0.3.10": 2000}}, {Day: sampleTime, Downloads: 285, Versions: map[string]int64{"arraykit@0.3.10": 285}}},
		Gaps:    []string{"1 bad version is not in the registry any more."},
	}
	for i := range crates {
		r.Affected = append(r.Affected, blast.Affected{Crate: fmt.Sprintf("crate-%d", i), Distance: 1 + min(i/2, 1), Versions: 3, Newest: "1.0.0", Default: i == 0, Downloads: int64(1000 - i), Through: "arraykit", Requirement: "=0.3.10", Kinds: "normal dev", Optional: i == 1})
	}
	return r
}

func blastServer(t testing.TB, r *radar) *Server {
	t.Helper()
	s, err := New(Config{Log: logtest.Logger(t), Registry: Registry{Label: "harbor registry", Kind: Production}, Dossiers: sampleShelf(t), Blast: r, Clock: func() time.Time { return sampleTime }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBlastPageSays(t *testing.T) {
	t.Parallel()
	r := &radar{report: sampleRadius(120)}
	s := blastServer(t, r)
	text := body(t, ask(s, "GET", "/crates/arraykit/blast?version=0.3.10,+0.3.11&range=%3E%3D0.3.10&also=helper%401.0.107&mode=would&kind=all&required=true&distance=3&until=2026-08-20+10:07", nil))
	for _, wanted := range []string{`aria-current="page">Blast radius`, "<strong>360 versions of 120 crates</strong> resolve now to arraykit 0.3.10, 0.3.11", "of 1 crate the default version is hit", `<svg class="blast"`, "and 110 more", "50 of 120 crates",
		`<a href="/crates/crate-0/1.0.0">1.0.0</a>`, `>default<`, `<code>=0.3.10</code>`, "normal, dev", `>optional<`, `<a href="/accounts/7">genuine-owner</a>`, `<a href="/teams/3">github:org:core</a>`, "crate-0 and 1 more",
		">provisional<", "by requirements; as of", `<svg class="chart stacked"`, ">not there<", ">yanked<", "1 bad version is not in the registry any more", "after=50", "format=csv", `href="/api/v1/crates/arraykit/blast?`, `value="0.3.10, 0.3.11"`, `<option value="would" selected>`} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the page does not say %q", wanted)
		}
	}
	want := blast.Query{Mode: blast.Would, Kinds: []blast.Kind{blast.Normal, blast.Build, blast.Dev}, Required: true, Depth: 3,
		Bad: []blast.Bad{{Crate: "arraykit", Versions: []string{"0.3.10", "0.3.11"}, Range: ">=0.3.10"}, {Crate: "helper", Versions: []string{"1.0.107"}}}}
	if fmt.Sprint(r.asked) != fmt.Sprint(want) || !r.until.Equal(time.Date(2026, 8, 20, 10, 7, 0, 0, time.UTC)) {
		t.Errorf("asked was %+v until %v", r.asked, r.until)
	}
	if text := body(t, ask(s, "GET", "/crates/arraykit/0.3.10", nil)); !strings.Contains(text, `href="/crates/arraykit/blast?version=0.3.10"`) {
		t.Error("the version's page has no link to its blast radius")
	}
	if text := body(t, ask(s, "GET", "/crates/arraykit/blast?after=100", nil)); !strings.Contains(text, "crate-119") || strings.Contains(text, "after=150") {
		t.Error("the last page of the list is not there, or not the last")
	}
	r.report = blast.Report{Bad: r.report.Bad}
	if text := body(t, ask(s, "GET", "/crates/arraykit/blast", nil)); !strings.Contains(text, "No other crate’s versions") || strings.Contains(text, `<svg class="blast"`) {
		t.Error("of nothing the page says something else")
	}
}

func TestBlastFile(t *testing.T) {
	t.Parallel()
	s := blastServer(t, &radar{report: sampleRadius(3)})
	answer := ask(s, "GET", "/crates/arraykit/blast?version=0.3.10&format=csv", nil)
	lines, err := csv.NewReader(strings.NewReader(body(t, answer))).ReadAll()
	if err != nil || len(lines) != 4 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if got := strings.Join(lines[1], "|"); got != "crate-0|1|3|1.0.0|true|1000|0|arraykit|'=0.3.10|normal dev|false|could|2026-11-22T18:38:43Z|provisional|requirements in the registry, by Cargo's rules; whatever they could take counts" {
		t.Errorf("a line is %s", got)
	}
	if name := answer.Header.Get("Content-Disposition"); !strings.Contains(name, "crate-arraykit-blast-") {
		t.Errorf("the file is called %s", name)
	}
}

// The picture is a file as well: whole, with what it is worth, and as inert as the
// page.
func TestBlastPictureAsFile(t *testing.T) {
	t.Parallel()
	s := blastServer(t, &radar{report: sampleRadius(3)})
	if page := body(t, ask(s, "GET", "/crates/arraykit/blast?version=0.3.10", nil)); !strings.Contains(page, `href="/crates/arraykit/blast?format=svg&amp;version=0.3.10" download`) {
		t.Error("the page does not offer the file")
	}
	bad := hostile[blast.Report]()
	bad.Days = nil
	for name, report := range map[string]blast.Report{"sample": sampleRadius(3), "hostile": bad} {
		answer := ask(blastServer(t, &radar{report: report}), "GET", "/crates/arraykit/blast?format=svg", nil)
		text := body(t, answer)
		if kind := answer.Header.Get("Content-Type"); kind != "image/svg+xml; charset=utf-8" || !strings.Contains(answer.Header.Get("Content-Disposition"), `attachment; filename="crate-arraykit-blast-`) {
			t.Errorf("%s: the file is %s %s", name, kind, answer.Header.Get("Content-Disposition"))
		}
		elements := map[string]int{}
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v in\n%s", name, err, text)
			}
			if e, ok := token.(xml.StartElement); ok {
				elements[e.Name.Local]++
			}
		}
		if elements["svg"] != 1 || elements["style"] != 1 || elements["rect"] == 0 || elements["script"]+elements["img"]+elements["a"] != 0 {
			t.Errorf("%s: the elements are %v", name, elements)
		}
		if !strings.Contains(text, "provisional; requirements in the registry, by Cargo&#39;s rules") {
			t.Errorf("%s does not say what it is worth:\n%s", name, text)
		}
	}
}

func TestBlastPageRefuses(t *testing.T) {
	t.Parallel()
	r := &radar{report: sampleRadius(3)}
	s := blastServer(t, r)
	for path, status := range map[string]int{
		"/crates/arraykit/blast?mode=maybe": 400, "/crates/arraykit/blast?kind=x": 400, "/crates/arraykit/blast?distance=0": 400, "/crates/arraykit/blast?also=helper": 400,
		"/crates/arraykit/blast?until=soon": 400, "/crates/arraykit/blast?mode=would&locked=true": 400, "/crates/nothing/blast": 404, "/crates/ArrayKit/blast?mode=would": 303,
	} {
		if answer := ask(s, "GET", path, nil); answer.StatusCode != status {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	r.err = cratewarden.Errorf(cratewarden.Unavailable, "The mirror is still loading the dependencies: 12 rows so far. Ask again in a minute.")
	answer := ask(s, "GET", "/crates/arraykit/blast", nil)
	text := body(t, answer)
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || !strings.Contains(text, "still loading the dependencies: 12 rows") || !strings.Contains(text, ">Overview<") {
		t.Errorf("while the mirror loads: %d\n%s", answer.StatusCode, text)
	}
	for _, format := range []string{"csv", "svg"} {
		if answer := ask(s, "GET", "/crates/arraykit/blast?format="+format, nil); answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("the %s file while the mirror loads: %d", format, answer.StatusCode)
		}
	}
	if answer := ask(dossierServer(t, sampleShelf(t)), "GET", "/crates/arraykit/blast", nil); answer.StatusCode != http.StatusNotFound {
		t.Errorf("without anybody to answer: %d", answer.StatusCode)
	}
}

// Names, numbers and requirements of a hostile registry stay text.
func TestBlastPageIsInert(t *testing.T) {
	t.Parallel()
	report := hostile[blast.Report]()
	report.Days = nil
	s := blastServer(t, &radar{report: report})
	text := body(t, ask(s, "GET", "/crates/arraykit/blast", nil))
	for _, no := range []string{"<script>alert", "<img src=x", "\u202E", "\x1b", `href="javascript:`} {
		if strings.Contains(text, no) {
			t.Errorf("the page has %q", no)
		}
	}
	if !strings.Contains(text, "&lt;script&gt;alert") {
		t.Error("the hostile text is not on the page at all")
	}
}
