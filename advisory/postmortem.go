package advisory

import (
	"fmt"
	"strings"
	"time"
)

// Review is what a post-mortem says beyond the sheet.
type Review struct {
	Moments []Moment
	Clocks  []Clock
	Actions []Action
}

// Moment is one line of a timeline.
type Moment struct {
	At       time.Time
	Source   string // "registry", "ledger", …
	Sentence string
	Who      string
}

// Clock is how long one step took. To is zero while it runs; Target is zero
// where there is none.
type Clock struct {
	Name     string
	From, To time.Time
	Target   time.Duration
}

// Action is something to follow, with who does it and until when.
type Action struct {
	What, Owner string
	Due         time.Time
}

// postMortem is the draft without a timeline: what the sheet itself knows.
func postMortem(s Sheet) ([]Document, error) {
	var r Review
	begin := s.firstPublished()
	step := func(name string, to *time.Time) {
		if !begin.IsZero() && to != nil && !to.IsZero() {
			r.Clocks = append(r.Clocks, Clock{Name: name, From: begin, To: *to})
		}
	}
	step("published to first report", s.ReportedAt)
	step("published to contained", s.ContainedAt)
	step("published to removed", s.RemovedAt)
	return []Document{PostMortemOf(s, r)}, nil
}

// PostMortemOf writes the draft of a post-mortem. What only people know stands
// as questions.
func PostMortemOf(s Sheet, r Review) Document {
	crates, versions := s.bad()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", inert(s.Incident), inert(s.Title))
	fmt.Fprintf(&b, "Draft of a post-mortem, as of %s. TLP:%s. Severity: %s. Verdict: %s.\n\n", stampUTC(s.AsOf), inert(s.TLP), inert(s.Severity), inert(s.verdict()))
	fmt.Fprintf(&b, "## What happened\n\n%s\n\n", orAsk(prose(s.Summary), "What happened, for people who know nothing of it?"))
	fmt.Fprintf(&b, "%s of %s. %s\n\n", count(int64(versions), "bad version", "bad versions"), count(int64(crates), "crate", "crates"), evidenceOfUse(s))
	if table := removedTable(s); table != "" {
		b.WriteString(table + "\n")
	}
	if list := reach(s); list != "" {
		b.WriteString(list + "\n\n")
	}
	b.WriteString("## How long it took\n\n" + orAsk(clockTable(r.Clocks), "No clock was stopped.") + "\n\n")
	b.WriteString("## Timeline\n\n" + orAsk(momentTable(r.Moments), "The timeline is in the incident.") + "\n\n")
	b.WriteString("## What went well\n\n_To be written._\n\n## What did not\n\n_To be written._\n\n## Where luck helped\n\n_To be written._\n\n")
	b.WriteString("## What to do now\n\n" + orAsk(actionTable(r.Actions), "Nothing is noted yet. Each action has an owner and a date.") + "\n")
	return Document{Format: PostMortem, Path: "post-mortem.md", Type: "text/markdown; charset=utf-8", Text: b.String()}
}

func orAsk(text, ask string) string {
	if strings.TrimSpace(text) == "" {
		return "_" + ask + "_"
	}
	return strings.TrimRight(text, "\n")
}

func clockTable(list []Clock) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| Step | From (UTC) | To (UTC) | Took | Target | |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, c := range list {
		from, to, took, target, met := "not known", "runs", "", "", ""
		if !c.From.IsZero() {
			from = stamp(c.From)
		}
		if !c.To.IsZero() {
			to = stamp(c.To)
		}
		if !c.From.IsZero() && !c.To.IsZero() {
			took = lasted(c.To.Sub(c.From))
		}
		if c.Target > 0 {
			target = "≤ " + lasted(c.Target)
			if took != "" {
				met = "met"
				if c.To.Sub(c.From) > c.Target {
					met = "late"
				}
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", inertCell(c.Name), from, to, took, target, met)
	}
	return b.String()
}

func momentTable(list []Moment) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| Time (UTC) | Source | What | Who |\n| --- | --- | --- | --- |\n")
	for _, m := range list {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.At.UTC().Format("2006-01-02 15:04:05.999"), inertCell(m.Source), inertCell(m.Sentence), inertCell(m.Who))
	}
	return b.String()
}

func actionTable(list []Action) string {
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| What | Owner | Until |\n| --- | --- | --- |\n")
	for _, a := range list {
		until := "no date"
		if !a.Due.IsZero() {
			until = a.Due.UTC().Format(time.DateOnly)
		}
		owner := inertCell(a.Owner)
		if owner == "" {
			owner = "nobody"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", inertCell(a.What), owner, until)
	}
	return b.String()
}
