package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// Sealed is the score as it is shown to those who are at work: what is missing is
// counted and not named, or asking for the score would give the answer away. What
// was done by half is named with what it lacks.
func (d DrillScore) Sealed() DrillScore {
	if d.Over {
		return d
	}
	missed := make([]DrillPoint, len(d.Missed))
	for i, p := range d.Missed {
		if p.Note == "" {
			act, _, _ := strings.Cut(p.What, " ")
			p = DrillPoint{What: act + " …"}
		}
		missed[i] = p
	}
	d.Missed, d.Advisories.Missing = missed, []string{}
	return d
}

// hides says whether something that is missing is not named.
func (d DrillScore) hides() bool {
	return slices.ContainsFunc(d.Missed, func(p DrillPoint) bool { return p.About == "" })
}

// Markdown writes a score as a report for people.
func (d DrillScore) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Drill %s: %d of 100", d.Drill, d.Points)
	line("")
	line("%s on a made-up registry, started %s, counted %s after the start.", d.Incident, d.Started.UTC().Format("2006-01-02 15:04:05 UTC"), cratewarden.Span(d.At.Sub(d.Started)))
	switch {
	case d.Exact && len(d.Advisories.Missing) > 0:
		line("Every act that is right was done, and none beside. Advisories are missing.")
	case d.Exact:
		line("Everything was done that is right, and nothing else.")
	}
	line("")
	line("| What | Result |")
	line("| --- | --- |")
	line("| verdict | %s |", d.Verdict)
	line("| right | %d of %d |", len(d.Right), len(d.Right)+len(d.Missed))
	line("| too much | %d |", len(d.TooMuch))
	order := orNone(len(d.Order), "safe")
	if len(d.Right)+len(d.TooMuch) == 0 {
		order = "nothing done yet"
	}
	line("| order | %s |", order)
	line("| advisories | %d of %d, %d too much |", len(d.Advisories.Written), d.Advisories.Due, len(d.Advisories.TooMuch))
	for _, t := range d.Times {
		line("| time to: %s | %s (target %s) |", t.Name, tookText(t), cratewarden.Span(t.Target))
	}
	list := func(title string, points []DrillPoint) {
		if len(points) == 0 {
			return
		}
		line("\n## %s\n", title)
		unnamed := map[string]int{}
		for _, p := range points {
			if p.About == "" {
				unnamed[p.What]++
				continue
			}
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
		for _, what := range slices.Sorted(maps.Keys(unnamed)) {
			line("- `%s` %d times", what, unnamed[what])
		}
	}
	list("Missed", d.Missed)
	if d.hides() {
		line("\nWhat is missing is named when nothing is, when %s have passed, or when the case is closed.", cratewarden.Span(drillContain))
	}
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
