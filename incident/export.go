package incident

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/ledger"
)

// ExportFormat is a form in which a case is taken along.
type ExportFormat string

// The forms. Markdown and JSON have the whole case, CSV only its timeline.
const (
	Markdown ExportFormat = "md"
	JSON     ExportFormat = "json"
	CSV      ExportFormat = "csv"
)

// Type is the media type of a form.
func (f ExportFormat) Type() string {
	switch f {
	case Markdown:
		return "text/markdown; charset=utf-8"
	case JSON:
		return "application/json"
	}
	return "text/csv; charset=utf-8"
}

// caseFile is a case as it is exported.
type caseFile struct {
	Incident Incident     `json:"incident"`
	Clocks   []Clock      `json:"clocks"`
	Figures  []Figure     `json:"figures"`
	Tasks    []Task       `json:"tasks"`
	Files    []File       `json:"files"`
	Plans    []planLine   `json:"plans"`
	Evidence []bundleLine `json:"evidence"`
	Timeline []Moment     `json:"timeline"`
}

// planLine is a plan in an export.
type planLine struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	State     string     `json:"state"`
	Author    string     `json:"author"`
	AppliedAt *time.Time `json:"applied_at,omitempty"`
	Outcome   *int64     `json:"ledger,omitempty"`
}

// bundleLine is a bundle of evidence in an export.
type bundleLine struct {
	SHA256   string    `json:"sha256"`
	SealedAt time.Time `json:"sealed_at"`
	By       string    `json:"by"`
	Plan     string    `json:"plan,omitempty"`
	Parts    int       `json:"parts"`
	Bytes    int64     `json:"bytes"`
	Ledger   int64     `json:"ledger"`
}

// Export gives a case as a file: readable, for machines, or its timeline for
// spreadsheets. It is for colleagues: notes and names of people are in it. As
// long as nothing happens, the same case gives the same bytes.
func (s *Service) Export(ctx context.Context, id string, f ExportFormat) ([]byte, error) {
	if f != Markdown && f != JSON && f != CSV {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A case is exported as md, json or csv.")
	}
	c, err := s.caseFile(ctx, id)
	if err != nil {
		return nil, err
	}
	switch f {
	case JSON:
		return c.json()
	case CSV:
		return c.csv()
	}
	return c.markdown(), nil
}

func (s *Service) caseFile(ctx context.Context, id string) (c caseFile, err error) {
	if c.Incident, err = s.Incident(ctx, id); err != nil {
		return c, err
	}
	i := c.Incident
	plans, err := s.plansOf(ctx, i)
	if err != nil {
		return c, err
	}
	for _, p := range plans {
		c.Plans = append(c.Plans, planLine{p.ID, p.Title, string(p.State), p.Author.Name, p.AppliedAt, p.Outcome})
	}
	bundles, err := s.bundlesOf(ctx, i)
	if err != nil {
		return c, err
	}
	for _, b := range bundles {
		c.Evidence = append(c.Evidence, bundleLine{b.Digest.String(), b.SealedAt.UTC(), cmp.Or(b.Actor.Name, b.Actor.ID), b.Plan, b.Parts, b.Bytes, b.Ledger})
	}
	if c.Timeline, err = s.moments(ctx, i); err != nil {
		return c, err
	}
	clocks, err := s.Clocks(ctx, i.ID)
	if err != nil {
		return c, err
	}
	c.Clocks = clocks.Clocks
	if c.Figures, err = s.Figures(ctx, i.ID); err != nil {
		return c, err
	}
	if c.Tasks, err = s.Tasks(ctx, i.ID); err != nil {
		return c, err
	}
	c.Files, err = s.Files(ctx, i.ID)
	return c, err
}

func (c caseFile) json() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(c); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (c caseFile) csv() ([]byte, error) {
	var out bytes.Buffer
	rows := make([]marked, len(c.Timeline))
	for n, m := range c.Timeline {
		rows[n] = marked{m, c.Incident.TLP}
	}
	err := dossier.WriteCSV(&out, rows)
	return out.Bytes(), err
}

// marked is a moment with who may be told of it: rows of a spreadsheet are passed
// on one by one.
type marked struct {
	Moment
	tlp TLP
}

// Columns are those of a moment, after the label.
func (m marked) Columns() []string { return append([]string{"tlp"}, m.Moment.Columns()...) }

// Record is the moment after its label.
func (m marked) Record() []string {
	return append([]string{"TLP:" + string(m.tlp)}, m.Moment.Record()...)
}

// Columns names the cells of Record.
func (Moment) Columns() []string {
	return []string{"at", "source", "what", "sentence", "who", "who_id", "subject", "also", "link", "ledger", "id", "details"}
}

// Record is the moment as cells of a file for spreadsheets.
func (m Moment) Record() []string {
	subject, index := "", ""
	if m.Subject.ID != "" {
		subject = m.Subject.Kind + ":" + m.Subject.ID
	}
	if m.Ledger != nil {
		index = strconv.FormatInt(*m.Ledger, 10)
	}
	var also []string
	for _, sub := range m.Also {
		also = append(also, sub.Kind+":"+sub.ID)
	}
	details := ""
	if len(m.Details) > 0 {
		text, _ := json.Marshal(m.Details) // texts by text
		details = string(text)
	}
	return []string{exactly(m.At), string(m.Source), m.What, m.Sentence, m.Who, m.WhoID, subject, strings.Join(also, " "), m.Link, index, m.ID, details}
}

// exactly writes a time to the microsecond, always as long.
func exactly(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func (c caseFile) markdown() []byte {
	var b bytes.Buffer
	i := c.Incident
	put := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	put("# %s: %s\n\n**TLP:%s**. For colleagues: this holds notes and names of people.\n\n", i.ID, cell(i.Title), cell(string(i.TLP)))
	put("| | |\n| --- | --- |\n")
	for _, row := range [][2]string{
		{"Kind", string(i.Kind)}, {"State", string(i.State)}, {"Verdict", cmp.Or(string(i.Verdict), "none yet")}, {"Severity", string(i.Severity)},
		{"Lead", cmp.Or(i.Lead.Name, "nobody")}, {"Campaigns", strings.Join(i.Campaigns, ", ")}, {"Drill", i.Drill},
		{"Reported", optional(i.ReportedAt)}, {"Opened", exactly(i.OpenedAt) + " by " + i.OpenedBy.Name}, {"Closed", optional(i.ClosedAt)},
		{"Cases merged into it", strings.Join(i.Also, ", ")}, {"Split from", i.SplitFrom},
	} {
		if row[1] != "" {
			put("| %s | %s |\n", row[0], cell(row[1]))
		}
	}
	table(&b, "Clocks", "No clock runs.", []string{"Step", "From (UTC)", "To (UTC)", "Took", "Target", "State"}, len(c.Clocks), func(n int) []string {
		k := c.Clocks[n]
		took, target := "", ""
		if k.To != nil && k.From != nil {
			took = lasted(k.Took())
		}
		if k.Target > 0 {
			target = lasted(time.Duration(k.Target) * time.Second)
		}
		return []string{k.Title, optional(k.From), optional(k.To), took, target, string(k.State)}
	})
	table(&b, "Subjects", "Nothing is linked.", []string{"Kind", "What", "Role", "Why", "Linked by"}, len(i.Subjects), func(n int) []string {
		s := i.Subjects[n]
		return []string{s.Kind, strings.TrimSpace(s.ID + " " + bracketed(cmp.Or(s.Label, s.Name), s.ID)), s.Role, s.Why, s.By.Name}
	})
	table(&b, "Figures", "Nothing was counted.", []string{"What", "Of", "Value", "As of (UTC)", "Method", "State", "By"}, len(c.Figures), func(n int) []string {
		f := c.Figures[n]
		state := "provisional"
		if f.Confirmed {
			state = "confirmed"
		}
		return []string{f.What, strings.TrimSpace(f.Crate + " " + f.Version), strconv.FormatInt(f.Value, 10), exactly(f.AsOf), f.Method, state, f.By}
	})
	c.workTables(&b)
	for _, t := range i.Texts {
		put("\n## Text: %s\n\n", cell(t.Field))
		for l := range strings.Lines(t.Body) {
			put("> %s\n", cell(l))
		}
	}
	table(&b, "Timeline", "Nothing happened.", []string{"Time (UTC)", "Source", "What happened", "Who", "Entry"}, len(c.Timeline), func(n int) []string {
		m := c.Timeline[n]
		entry := ""
		if m.Ledger != nil {
			entry = strconv.FormatInt(*m.Ledger, 10)
		}
		return []string{exactly(m.At), string(m.Source), m.Sentence, m.Who, entry}
	})
	return b.Bytes()
}

func (c caseFile) workTables(b *bytes.Buffer) {
	table(b, "Tasks", "There is no task.", []string{"Task", "State", "Holder", "Due (UTC)", "Why"}, len(c.Tasks), func(n int) []string {
		t := c.Tasks[n]
		state := string(t.State)
		if t.After {
			state += ", to follow"
		}
		return []string{t.Title, state, t.Holder.Name, optional(t.Due), t.Why}
	})
	table(b, "Plans", "No plan was made.", []string{"Plan", "Title", "State", "By", "Applied (UTC)", "Entry"}, len(c.Plans), func(n int) []string {
		p := c.Plans[n]
		entry := ""
		if p.Outcome != nil {
			entry = strconv.FormatInt(*p.Outcome, 10)
		}
		return []string{p.ID, p.Title, p.State, p.Author, optional(p.AppliedAt), entry}
	})
	table(b, "Evidence", "Nothing is sealed.", []string{"SHA-256", "Sealed (UTC)", "By", "Parts", "Bytes", "Entry"}, len(c.Evidence), func(n int) []string {
		e := c.Evidence[n]
		return []string{e.SHA256, exactly(e.SealedAt), e.By, strconv.Itoa(e.Parts), strconv.FormatInt(e.Bytes, 10), strconv.FormatInt(e.Ledger, 10)}
	})
	table(b, "Files", "Nothing is attached.", []string{"Name", "Bytes", "SHA-256", "By", "At (UTC)"}, len(c.Files), func(n int) []string {
		f := c.Files[n]
		return []string{f.Name, strconv.FormatInt(f.Bytes, 10), f.SHA256.String(), f.By.Name, exactly(f.At)}
	})
}

// lasted writes a duration in words, to the second.
func lasted(d time.Duration) string {
	d = d.Round(time.Second)
	var out []string
	for _, unit := range []struct {
		name string
		is   time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}} {
		if n := d / unit.is; n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.is
		}
	}
	if len(out) == 0 {
		return "0 s"
	}
	return strings.Join(out, " ")
}

func bracketed(s, unless string) string {
	if s == "" || s == unless {
		return ""
	}
	return "(" + s + ")"
}

func optional(t *time.Time) string {
	if t == nil {
		return ""
	}
	return exactly(*t)
}

// table writes a table of Markdown under a heading.
func table(b *bytes.Buffer, title, empty string, columns []string, rows int, row func(n int) []string) {
	fmt.Fprintf(b, "\n## %s\n\n", title)
	if rows == 0 {
		fmt.Fprintf(b, "%s\n", empty)
		return
	}
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat(" --- |", len(columns)))
	for n := range rows {
		cells := row(n)
		for k := range cells {
			cells[k] = cell(cells[k])
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}

// marks are what Markdown would take for its own.
var marks = strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "\\<", ">", "\\>", "#", "\\#", "|", "\\|", "~", "\\~", "!", "\\!", "&", "\\&",
	"://", "\\://", "www.", "www\\.", "@", "\\@")

// cell makes a foreign text one line that says what it says and does nothing: no
// link, no picture, no markup, nothing that turns the text around it.
func cell(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	return marks.Replace(strings.TrimSpace(s))
}

// exportSubjects are what the ledger says was taken out.
func exportSubjects(c caseFile) []ledger.Subject {
	var out []ledger.Subject
	for _, e := range c.Evidence {
		out = append(out, ledger.Subject{Kind: "evidence", ID: e.SHA256})
	}
	return out
}
