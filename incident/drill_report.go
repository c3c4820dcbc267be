package incident

import (
	"fmt"
	"strings"
	"time"

	"cratewarden"
)

// Markdown writes a score as a report for people.
func (d DrillScore) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Drill %s: %d of 100", d.Drill, d.Points)
	line("")
	line("%s on a made-up registry, started %s, counted %s after the start.", d.Incident, d.Started.UTC().Format("2006-01-02 15:04:05 UTC"), cratewarden.Span(d.At.Sub(d.Started)))
	if d.Exact {
		line("Everything was done that is right, and nothing else.")
	}
	line("")
	line("| What | Result |")
	line("| --- | --- |")
	line("| verdict | %s |", d.Verdict)
	line("| right | %d of %d |", len(d.Right), len(d.Right)+len(d.Missed))
	line("| too much | %d |", len(d.TooMuch))
	line("| order | %s |", orNone(len(d.Order), "safe"))
	line("| advisories | %d of %d, %d too much |", len(d.Advisories.Written), d.Advisories.Due, len(d.Advisories.TooMuch))
	for _, t := range d.Times {
		line("| time to: %s | %s (target %s) |", t.Name, tookText(t), cratewarden.Span(t.Target))
	}
	list := func(title string, points []DrillPoint) {
		if len(points) == 0 {
			return
		}
		line("\n## %s\n", title)
		for _, p := range points {
			text := "- `" + strings.ReplaceAll(p.What, "`", "'") + "`"
			if p.Took > 0 {
				text += ", " + cratewarden.Span(p.Took) + " after the start"
			}
			if p.Plan != "" {
				text += ", plan " + p.Plan
			}
			if p.Note != "" {
				text += ". " + p.Note
			}
			line("%s", text)
		}
	}
	list("Missed", d.Missed)
	list("Too much", d.TooMuch)
	bullets := func(title string, items []string) {
		if len(items) > 0 {
			line("\n## %s\n", title)
			for _, item := range items {
				line("- %s", item)
			}
		}
	}
	bullets("Order", d.Order)
	bullets("Advisories that are missing", d.Advisories.Missing)
	bullets("Advisories too much", d.Advisories.TooMuch)
	list("Right", d.Right)
	bullets("Notes", d.Notes)
	line("\nTo practise again, the demo must be new: stop it and run it again with `--seed` and another number.")
	return b.String()
}

func orNone(n int, none string) string {
	if n == 0 {
		return none
	}
	return fmt.Sprintf("%d things", n)
}

func tookText(t DrillTime) string {
	switch {
	case t.Took == 0:
		return "not yet"
	case t.Met:
		return cratewarden.Span(t.Took.Round(time.Second)) + ", in time"
	}
	return cratewarden.Span(t.Took.Round(time.Second)) + ", late"
}
