package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/registry/change"
	"cratewarden/web"
)

// Lines shown of each part of a review; --json has all.
const (
	mostSteps = 30
	mostRows  = 20
	mostFiles = 10
)

// printReview shows what a plan would do.
func printReview(w io.Writer, r *api.PlanReview) {
	say(w, "%s", inert(r.Plan.Title))
	printSteps(w, r.Sentences, nil)
	printEffect(w, r.Effect)
	if r.Plan.NeedsApproval {
		say(w, "\nA second person must approve this.")
		for _, d := range r.Plan.Demands {
			say(w, "  %s", inert(d.Why))
		}
	}
}

func printSteps(w io.Writer, sentences []string, undone []int) {
	for i, s := range sentences {
		if i == mostSteps {
			say(w, "  … and %d more steps", len(sentences)-mostSteps)
			return
		}
		mark := ""
		if slices.Contains(undone, i+1) {
			mark = "  (undone)"
		}
		say(w, "  %3d  %s%s", i+1, inert(s), mark)
	}
}

func printEffect(w io.Writer, f *action.Effect) {
	printChanges(w, f)
	if len(f.Jobs) > 0 {
		heading(w, "Jobs of the registry")
		counts := map[string]int{}
		for _, j := range f.Jobs {
			counts[j.Type+" ("+j.State+")"]++
		}
		for _, name := range slices.Sorted(maps.Keys(counts)) {
			say(w, "  %4d  %s", counts[name], inert(name))
		}
	}
	section(w, "Files", f.Files, mostFiles, func(x action.FileAct) string { return x.Does + ": " + x.Key })
	section(w, "What outsiders will read", f.Public, mostFiles, func(x action.PublicText) string { return x.Where + ": " + x.Text })
	section(w, "Others who feel it", f.Affected, mostRows, func(x action.Affected) string {
		return strings.TrimSpace(x.Subject.Kind+" "+orElse(x.Subject.Name, x.Subject.ID)) + ": " + x.Text
	})
	section(w, "What cannot be undone", f.Final, mostRows, func(x action.Finality) string { return fmt.Sprintf("step %d: %s", x.Step, x.Text) })
	guards := web.GroupNoticed(f.Guards)
	rank := map[action.Level]int{action.Block: 0, action.Warn: 1, action.Info: 2}
	slices.SortStableFunc(guards, func(a, b web.Noticed) int { return rank[a.Level] - rank[b.Level] })
	section(w, "Noticed", guards, mostRows, func(x web.Noticed) string {
		word := map[action.Level]string{action.Block: "FORBIDDEN", action.Warn: "look", action.Info: "note"}[x.Level]
		if len(x.Steps) == 0 {
			return fmt.Sprintf("%-9s  %s", word, x.Text)
		}
		return fmt.Sprintf("%-9s  %s: %s", word, web.StepWords(x.Steps), x.Text)
	})
	say(w, "\nWho publishes one of these crates may wait up to %s.", f.Took.Round(time.Millisecond))
}

func section[T any](w io.Writer, title string, list []T, most int, line func(T) string) {
	if len(list) == 0 {
		return
	}
	heading(w, title)
	for i, x := range list {
		if i == most {
			say(w, "  … and %d more", len(list)-most)
			return
		}
		say(w, "  %s", inert(line(x)))
	}
}

// printChanges shows the rows, derived ones only by number.
func printChanges(w io.Writer, f *action.Effect) {
	rows, derived := []change.Row{}, 0
	for _, r := range f.Rows {
		if r.Derived {
			derived++
			continue
		}
		rows = append(rows, r)
	}
	if len(rows)+derived+len(f.Tallies) == 0 {
		say(w, "\nNo row of the registry's database changes.")
		return
	}
	heading(w, fmt.Sprintf("Rows of the registry's database: %d", len(rows)))
	for i, r := range rows {
		if i == mostRows {
			say(w, "  … and %d more", len(rows)-mostRows)
			break
		}
		say(w, "  step %-3d %s", r.Step, inert(rowLine(r)))
	}
	for _, t := range f.Tallies {
		say(w, "  step %-3d %s: %d rows before, %d after", t.Step, t.Table, t.Before, t.After)
	}
	if derived > 0 {
		say(w, "  and %d that follow by the registry's own triggers", derived)
	}
}

func rowLine(r change.Row) string {
	switch {
	case r.Before == nil:
		return "new: " + r.Name()
	case r.After == nil:
		return "removed: " + r.Name()
	}
	var parts []string
	for _, c := range r.Changed() {
		parts = append(parts, fmt.Sprintf("%s %s → %s", c, short(r.Before[c]), short(r.After[c])))
	}
	return r.Name() + ": " + strings.Join(parts, ", ")
}

func short(value json.RawMessage) string {
	text := string(value)
	switch {
	case text == "" || text == "null":
		return "nothing"
	case len(text) > 60:
		return strings.ToValidUTF8(text[:57], "") + "…"
	}
	return text
}

// mustJSON writes maps of plain values, which cannot fail.
func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
