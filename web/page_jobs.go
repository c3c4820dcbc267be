package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"

	"cratewarden/dossier"
)

// jobStates are the states a job can be in, worst first.
func jobStates() []string {
	return []string{"stuck", "failing", "running", "waiting", "parked", "unknown type"}
}

// jobsPage is the registry's queue: by type, then row by row.
type jobsPage struct {
	Page
	Head    Head
	Notices []Notice
	Types   Card
	Filter  Filter
	Rows    []jobRow
	Note    string
	Missing []Notice
	Empty   Empty
	Pager   *Pager
}

// jobRow is one job with its payload as text.
type jobRow struct {
	ID, Type, For, State, When, Tries, Queue Phrase
	Tone                                     Tone
	Payload                                  string
	Note                                     string
}

func (s *Server) jobs(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter := dossier.JobFilter{Type: f.text("type", 100), State: f.choice("state", jobStates()...), Crate: f.text("crate", 256), After: f.text("after", 256), Limit: f.limit()}
	csv := wantsCSV(f)
	if f.err != nil {
		return f.err
	}
	if csv {
		return export(s, w, "jobs", filter.After, func(after string, limit int) (dossier.Page[dossier.Job], error) {
			filter.After, filter.Limit = after, limit
			jobs, err := s.cfg.Dossiers.Jobs(r.Context(), filter)
			if err != nil {
				return dossier.Page[dossier.Job]{}, err
			}
			if jobs.Absent != "" {
				return dossier.Page[dossier.Job]{Section: jobs.Section}, nil
			}
			return jobs.Rows, nil
		})
	}
	jobs, err := s.cfg.Dossiers.Jobs(r.Context(), filter)
	if err != nil {
		return err
	}
	return s.render(w, "jobs", http.StatusOK, s.jobsPage(r, jobs, filter, f))
}

func (s *Server) jobsPage(r *http.Request, jobs *dossier.Jobs, filter dossier.JobFilter, f *fields) jobsPage {
	p := jobsPage{Page: s.page(r, "Jobs"), Head: Head{Title: "Jobs", Lead: Text("The registry's queue of work: what waits, runs, fails and is stuck, and what it is for.")}}
	if jobs.Absent != "" {
		p.Notices = []Notice{Missing("The queue", jobs.Absent)}
		return p
	}
	p.Notices = alarmOf(jobs)
	p.Types = jobTypes(jobs.Types, filter)
	set := filter.Type != "" || filter.State != "" || filter.Crate != ""
	p.Filter = jobFilter(jobs.Types, filter, set)
	if jobs.Rows.Absent != "" {
		p.Missing = []Notice{Missing("The rows", jobs.Rows.Absent)}
		return p
	}
	p.Note = shown(len(jobs.Rows.Rows), jobs.Rows.Total, "job")
	for i := range jobs.Rows.Rows {
		p.Rows = append(p.Rows, rowOfJob(&jobs.Rows.Rows[i], s.cfg.Clock()))
	}
	s.jobActs(r, &p, jobs.Rows.Rows)
	p.Empty = Empty{Title: "The queue is empty", Text: "Done jobs leave no row. Nothing waits, runs or fails now."}
	if set {
		p.Empty = Empty{Title: "No job matches", Text: "Done jobs leave no row.", Action: Link{"All jobs", "/jobs"}}
	}
	p.Pager = listPager("/jobs", "/api/v1/jobs", filter.After, jobs.Rows.Next, jobs.Rows.Prev, f, "type", filter.Type, "state", filter.State, "crate", filter.Crate)
	p.Pager.Shown = p.Note
	return p
}

// alarmOf is the sentence when the registry's own monitor would page somebody.
func alarmOf(jobs *dossier.Jobs) []Notice {
	if jobs.Alarm == "" {
		return nil
	}
	return []Notice{{Tone: Bad, Title: "The registry's own monitor would raise the alarm", Text: Text(jobs.Alarm)}}
}

// jobTypes is the queue by type; every number leads to its rows.
func jobTypes(types []dossier.JobType, filter dossier.JobFilter) Card {
	c := Card{ID: "types", Title: "By type", Note: Plural(len(types), "type") + " in the queue · trouble first"}
	t := &Table{Caption: "The queue by type", Columns: []Column{{Label: "Type"}, {Label: "Total", Num: true}, {Label: "Waiting", Num: true}, {Label: "Running", Num: true},
		{Label: "Failing", Num: true}, {Label: "Stuck", Num: true}, {Label: "Parked", Num: true}, {Label: "Oldest"}}, Empty: Empty{Title: "The queue is empty", Text: "Done jobs leave no row."}}
	for _, kind := range worstFirst(types) {
		count := func(n int, state string, tone Tone) Phrase {
			if n == 0 {
				return Phrase{}.Muted("0")
			}
			p := Phrase{}.Link(Num(n), address("/jobs", "type", kind.Type, "state", state)+"#rows")
			if tone != Plain {
				p = p.Say(" ").Badge(tone, state)
			}
			return p
		}
		row := Row{Cells: []Phrase{Phrase{}.Link(kind.Type, address("/jobs", "type", kind.Type)+"#rows").Say(" ").Muted(kind.What), Text(Num(kind.Total)), count(kind.Waiting, "waiting", Plain),
			count(kind.Running, "running", Plain), count(kind.Failing, "failing", Warn), count(kind.Stuck, "stuck", Bad), count(kind.Parked, "parked", Plain), when(kind.Oldest)}}
		switch {
		case kind.Stuck > 0:
			row.Tone = Bad
		case kind.Failing > 0:
			row.Tone = Warn
		}
		t.Rows = append(t.Rows, row)
	}
	c.Table = t
	return c
}

func jobFilter(types []dossier.JobType, filter dossier.JobFilter, set bool) Filter {
	kinds := []Option{{"", "any"}}
	known := filter.Type == ""
	for _, t := range types {
		kinds = append(kinds, Option{t.Type, visible(t.Type)})
		known = known || t.Type == filter.Type
	}
	if !known {
		kinds = append(kinds, Option{filter.Type, visible(filter.Type)})
	}
	states := []Option{{"", "any"}}
	for _, s := range jobStates() {
		states = append(states, Option{s, s})
	}
	out := Filter{Action: "/jobs", Fields: []Field{{Name: "type", Label: "Type", Value: filter.Type, Options: kinds}, {Name: "state", Label: "State", Value: filter.State, Options: states},
		{Name: "crate", Label: "Crate", Value: filter.Crate, Hint: "exact name"}}}
	if set {
		out.Reset = "/jobs"
	}
	return out
}

func rowOfJob(j *dossier.Job, now time.Time) jobRow {
	row := jobRow{ID: Phrase{}.Code("#" + digits(j.ID)), Type: Phrase{}.Code(j.Type), Note: visible(j.Note), Payload: payload(j.Data)}
	row.For = Text(j.For)
	if j.Crate != "" {
		row.For = weave(j.For, thread{j.Crate, crateURL(j.Crate)})
		if row.For.Plain() == j.For && !hasLink(row.For) {
			row.For = row.For.Say(" · ").Link(j.Crate, crateURL(j.Crate))
		}
	}
	switch j.State {
	case "stuck":
		row.Tone = Bad
	case "failing", "unknown type":
		row.Tone = Warn
	}
	tone := row.Tone
	if j.State == "running" {
		tone = Info
	}
	row.State = Phrase{}.Badge(tone, j.State)
	row.When = when(j.CreatedAt)
	row.Tries = Text(Num(j.Retries))
	if !j.LastRetry.IsZero() {
		row.Tries = row.Tries.Say(", last ").Ago(j.LastRetry)
	}
	switch {
	case j.NextTry.IsZero():
	case j.NextTry.After(now):
		row.Tries = row.Tries.Say(", next ").Ago(j.NextTry)
	default:
		row.Tries = row.Tries.Say(", may run now")
	}
	row.Queue = Text(j.Queue).Say(" ").Muted("priority " + digits(int32(j.Priority)))
	return row
}

func hasLink(p Phrase) bool {
	for _, s := range p {
		if s.Kind == "link" {
			return true
		}
	}
	return false
}

// payloadMost bounds what is shown of a job's data.
const payloadMost = 4000

// payload is a job's data as indented text, with what steers text named.
func payload(data json.RawMessage) string {
	var out bytes.Buffer
	text := string(data)
	if json.Indent(&out, data, "", "  ") == nil {
		text = out.String()
	}
	cut := ""
	if len(text) > payloadMost {
		cut = "\n… cut after " + Bytes(payloadMost) + " of " + Bytes(int64(len(text))) + "; the JSON export has all of it"
		text = text[:payloadMost]
	}
	return visibleLines(text) + cut
}

// visibleLines is visible, but keeps the lines.
func visibleLines(text string) string {
	var out bytes.Buffer
	for line := range bytes.Lines([]byte(text)) {
		bare := bytes.TrimRight(line, "\n")
		out.WriteString(visible(string(bare)))
		if len(bare) < len(line) {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
