package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cratewarden/incident"
)

// clocksAge is how long the clocks of an unchanged case are kept: everybody who
// follows it looks at them.
const clocksAge = 10 * time.Second

// keptClocks are the clocks of a case as they were read last.
type keptClocks struct {
	revision int
	changed  time.Time
	read     time.Time
	clocks   incident.Clocks
}

// clocksOf reads the clocks of a case, or takes them as somebody else read them a
// moment ago.
func (s *Server) clocksOf(ctx context.Context, x *incident.Incident) (incident.Clocks, error) {
	c, now := s.cases, time.Now()
	c.mu.Lock()
	kept, ok := c.clocks[x.ID]
	c.mu.Unlock()
	if ok && kept.revision == x.Revision && kept.changed.Equal(x.ChangedAt) && now.Sub(kept.read) < clocksAge {
		return kept.clocks, nil
	}
	read, err := s.cfg.Incidents.Clocks(ctx, x.ID)
	if err != nil {
		return read, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.clocks == nil || len(c.clocks) > 1000 {
		c.clocks = map[string]keptClocks{}
	}
	c.clocks[x.ID] = keptClocks{x.Revision, x.ChangedAt, now, read}
	return read, nil
}

// clockStrip are the clocks of a case against their targets. A case whose
// clocks cannot be read is shown without.
func (s *Server) clockStrip(r *http.Request, x *incident.Incident) (out []caseClock) {
	clocks, err := s.clocksOf(r.Context(), x)
	if err != nil {
		return nil
	}
	for _, c := range clocks.Clocks {
		if c.State == incident.ClockNone {
			continue
		}
		out = append(out, clockOf(c))
	}
	return out
}

func clockOf(c incident.Clock) caseClock {
	out := caseClock{Label: clockWords(c), Note: "no target"}
	if c.Target > 0 {
		out.Note = "target " + Dur(time.Duration(c.Target)*time.Second)
	}
	switch c.State {
	case incident.ClockMet:
		out.Value, out.Class, out.Word = Text(Dur(c.Took())), "met", "in time"
		if c.Target == 0 {
			out.Class, out.Word = "over", "ended"
		}
	case incident.ClockLate:
		out.Value, out.Class, out.Word = Text(Dur(c.Took())), "late", "late by "+Dur(c.Took()-time.Duration(c.Target)*time.Second)
	case incident.ClockRunning, incident.ClockOverdue:
		out.Class, out.Word = "now", "began, still runs"
		if c.State == incident.ClockOverdue {
			out.Class, out.Word = "late", "began, overdue"
		}
		if c.From != nil {
			out.Value = Phrase{}.Ago(*c.From)
		}
	default:
		out.Value, out.Word = Phrase{}.Muted("–"), "not yet"
	}
	return out
}

// clockWords is a clock in few words: the end of what it measures.
func clockWords(c incident.Clock) string {
	switch c.Name {
	case incident.ReportClock:
		return "Publish → report"
	case incident.LookClock:
		return "→ first look"
	case incident.VerdictClock:
		return "→ verdict"
	case incident.ContainClock:
		return "→ contained"
	case incident.RemoveClock:
		return "→ removed"
	case incident.MeasureClock:
		return "Report → figure"
	case incident.AdviseClock:
		return "Removal → advisory"
	case incident.ExposedClock:
		return "Exposed in all"
	}
	return visible(c.Title)
}

// worstClock is the clock of a case that is furthest behind its target.
func (s *Server) worstClock(clocks incident.Clocks) Phrase {
	now := s.cfg.Clock()
	var worst *incident.Clock
	by := 0.0
	for i := range clocks.Clocks {
		c := &clocks.Clocks[i]
		took := c.Seconds
		if c.From != nil && (c.State == incident.ClockRunning || c.State == incident.ClockOverdue) {
			took = now.Sub(*c.From).Seconds()
		}
		if c.Target > 0 && took > 0 && took/c.Target > by {
			worst, by = c, took/c.Target
		}
	}
	if worst == nil {
		return Phrase{}.Muted("none runs")
	}
	title := strings.ToLower(visible(worst.Title))
	target := " of " + Dur(time.Duration(worst.Target)*time.Second)
	switch worst.State {
	case incident.ClockLate:
		return Phrase{}.Badge(Bad, "late").Say(" " + Dur(worst.Took())).Muted(target + ", " + title)
	case incident.ClockOverdue:
		return Phrase{}.Badge(Bad, "overdue").Say(" began ").Ago(*worst.From).Muted(target + ", " + title)
	case incident.ClockRunning:
		return Phrase{}.Badge(Info, "runs").Say(" began ").Ago(*worst.From).Muted(target + ", " + title)
	}
	return Phrase{}.Badge(Good, "in time").Say(" " + Dur(worst.Took())).Muted(target + ", " + title)
}

// incidentMonths are the figures by month: how many, and the median and worst of
// each clock, by kind.
func (s *Server) incidentMonths(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	now := s.cfg.Clock().UTC()
	months := int(f.number("months", 1, 60, 12))
	kind := incident.Kind(f.text("kind", 60))
	format := f.choice("format", "csv", "json")
	if f.err != nil {
		return f.err
	}
	list, err := s.cfg.Incidents.Months(r.Context(), time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1-months, 0), now)
	if err != nil {
		return err
	}
	if format == "json" {
		return s.sendJSON(w, "incident-months", map[string]any{"months": list})
	}
	rows := monthRows(list, kind)
	if format == "csv" {
		return sendCSV(s, w, "incident-months", rows, "")
	}
	p := dossierPage{Page: s.page(r, "Incidents by month"), Head: Head{Crumbs: []Link{{"Incidents", "/incidents"}}, Title: "Incidents by month", Lead: Text("How many, and the median and worst of each clock that is over. Drills and merged cases do not count.")}}
	kinds := []Option{{"", "all together"}, {"each", "each kind"}}
	for _, k := range s.caseKinds() {
		kinds = append(kinds, Option{string(k), firstUp(kindWords(k))})
	}
	c := Card{ID: "months", Title: "Months", Note: "newest first", Filter: &Filter{Action: "/incidents/months", Fields: []Field{
		{Name: "kind", Label: "Kind", Value: string(kind), Options: kinds},
		{Name: "months", Label: "Months", Value: f.values.Get("months"), Options: []Option{{"", "12"}, {"3", "3"}, {"24", "24"}, {"60", "60"}}}}}}
	c.Table = monthTable(rows)
	c.Pager = &Pager{Shown: Plural(len(rows), "row"), CSV: address("/incidents/months", "format", "csv", "kind", string(kind), "months", f.values.Get("months")), JSON: address("/incidents/months", "format", "json", "months", f.values.Get("months"))}
	p.Main = []Card{c}
	return s.render(w, "dossier", http.StatusOK, p)
}

// monthRow is how cases of a kind went in a month.
type monthRow struct {
	month string
	incident.KindSum
}

func monthRows(list []incident.Month, kind incident.Kind) (out []monthRow) {
	for i := len(list) - 1; i >= 0; i-- {
		m := list[i]
		switch kind {
		case "":
			out = append(out, monthRow{m.Month, m.All})
		default:
			for _, k := range m.Kinds {
				if kind == "each" || k.Kind == kind {
					out = append(out, monthRow{m.Month, k})
				}
			}
		}
	}
	return out
}

// Columns are those of the file.
func (monthRow) Columns() []string {
	out := []string{"month", "kind", "incidents", "open"}
	for _, name := range monthClocks() {
		for _, what := range []string{"count", "median_seconds", "worst_seconds", "worst_of", "late"} {
			out = append(out, string(name)+"_"+what)
		}
	}
	return out
}

func monthClocks() []incident.ClockName {
	return []incident.ClockName{incident.ReportClock, incident.LookClock, incident.VerdictClock, incident.ContainClock, incident.RemoveClock, incident.MeasureClock, incident.AdviseClock, incident.ExposedClock}
}

// of gives a clock of the row.
func (m monthRow) of(name incident.ClockName) incident.ClockSum {
	for _, c := range m.Clocks {
		if c.Name == name {
			return c
		}
	}
	return incident.ClockSum{Name: name}
}

// Record is the row.
func (m monthRow) Record() []string {
	out := []string{m.month, string(m.Kind), digits(m.Incidents), digits(m.Open)}
	for _, name := range monthClocks() {
		c := m.of(name)
		out = append(out, digits(c.Count), seconds(c.Median), seconds(c.Worst), c.WorstOf, digits(c.Late))
	}
	return out
}

func seconds(s float64) string { return digits(int64(s + 0.5)) }

func monthTable(rows []monthRow) *Table {
	t := &Table{Caption: "Months", Columns: []Column{{Label: "Month"}, {Label: "Incidents", Num: true}}, Empty: Empty{Title: "No incident of this kind", Text: "None was opened in these months."}}
	for _, name := range monthClocks() {
		t.Columns = append(t.Columns, Column{Label: clockWords(incident.Clock{Name: name})})
	}
	for _, m := range rows {
		first := Text(m.month)
		if m.Kind != "" {
			first = first.Muted(" " + kindWords(m.Kind))
		}
		count := Text(Num(m.Incidents))
		if m.Open > 0 {
			count = count.Muted(", " + Num(m.Open) + " of them open")
		}
		row := Row{Cells: []Phrase{first, count}}
		for _, name := range monthClocks() {
			row.Cells = append(row.Cells, sumPhrase(m.of(name)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// sumPhrase is the median, and under it the worst with its case.
func sumPhrase(c incident.ClockSum) Phrase {
	if c.Count == 0 {
		return Phrase{}.Muted("–")
	}
	length := func(s float64) string { return Dur(time.Duration(s * float64(time.Second))) }
	out := Text(length(c.Median))
	if c.Late > 0 {
		out = out.Say(" ").Badge(Bad, Num(c.Late)+" of "+Num(c.Count)+" late")
	}
	out = out.Muted(" worst " + length(c.Worst))
	if c.WorstOf != "" {
		out = out.Say(" ").Link(c.WorstOf, incidentURL(c.WorstOf))
	}
	return out
}
