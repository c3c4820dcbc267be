package action

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// fingerprint is the digest of everything in an effect that a later pass over
// an unchanged registry gives again: rows without counters and times, facts,
// which guards fired, jobs, files, follow-ups, and the rows looked at.
func (f *Effect) fingerprint() (ledger.Digest, error) {
	steady := map[string]any{
		"rows": steadyRows(f.Rows), "facts": f.Facts, "guards": guardCodes(f.Guards), "files": f.Files,
		"later": f.Later, "public": f.Public, "seen": f.Seen, "jobs": jobNames(f.Jobs),
	}
	text, err := canonical(steady)
	return sha256.Sum256(text), err
}

// steadyRows leaves derived rows out: they follow from the others and from
// facts that no step depends on.
func steadyRows(rows []change.Row) (out []change.Row) {
	for _, r := range rows {
		if !r.Derived {
			out = append(out, r.Steady())
		}
	}
	return out
}

func guardCodes(guards []Guard) (out []string) {
	for _, g := range guards {
		out = append(out, fmt.Sprintf("%d %s %s", g.Step, g.Level, g.Code))
	}
	slices.Sort(out)
	return out
}

// jobNames leaves out whether an equal job was waiting: workers take jobs at
// any moment.
func jobNames(jobs []change.Job) (out []string) {
	for _, j := range jobs {
		out = append(out, fmt.Sprintf("%s %d %s", j.Type, j.Priority, j.Data))
	}
	return out
}

// Difference is one thing that is no longer as the review saw it.
type Difference struct {
	Step int    `json:"step"` // 0 when no step is to be named
	Text string `json:"text"`
}

// differences says in words how two effects differ. It names rows, facts and
// guards; whatever else differs is said in general.
func differences(then, now *Effect) (out []Difference) {
	add := func(step int, format string, args ...any) {
		out = append(out, Difference{step, fmt.Sprintf(format, args...)})
	}
	before, after := rowsByKey(then.Rows), rowsByKey(now.Rows)
	told := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(union(before, after))) {
		a, inThen := before[key]
		b, inNow := after[key]
		told[key] = !inNow || !inThen || len(changedValues(a.Before, b.Before)) > 0
		switch {
		case !inNow:
			add(a.Step, "%s no longer changes: it is already as the plan would make it, or it is gone.", a.Name())
		case !inThen:
			add(b.Step, "%s would change now and did not at the review.", b.Name())
		default:
			for _, c := range changedValues(a.Before, b.Before) {
				add(b.Step, "%s: %s was %s at the review and is %s now.", b.Name(), c, show(a.Before, c), show(b.Before, c))
			}
		}
	}
	facts := map[string]Fact{}
	for _, f := range then.Facts {
		facts[fmt.Sprint(f.Step, f.Name)] = f
	}
	for _, f := range now.Facts {
		if old := facts[fmt.Sprint(f.Step, f.Name)]; old.Value != f.Value {
			add(f.Step, "%s: %s at the review, %s now.", f.Name, orNone(old.Value), f.Value)
		}
	}
	old := guardCodes(then.Guards)
	for _, g := range now.Guards {
		if !slices.Contains(old, fmt.Sprintf("%d %s %s", g.Step, g.Level, g.Code)) {
			add(g.Step, "%s", g.Text)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(union(then.Seen, now.Seen))) {
		if !told[key] && then.Seen[key] != now.Seen[key] {
			table, id, _ := strings.Cut(key, "/")
			add(0, "The row %s of %s changed since the review.", id, table)
		}
	}
	if len(out) == 0 {
		add(0, "What the plan would do is no longer what the review showed.")
	}
	return out
}

func rowsByKey(rows []change.Row) map[string]change.Row {
	out := map[string]change.Row{}
	for _, r := range rows {
		if s := r.Steady(); !r.Derived {
			out[r.Table+"/"+s.Key] = s
		}
	}
	return out
}

func union[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

func changedValues(a, b change.Columns) []string {
	return change.Row{Before: a, After: b}.Changed()
}

func show(c change.Columns, name string) string {
	switch {
	case c == nil:
		return "no row"
	case c.Null(name):
		return "empty"
	}
	if plain, err := canonical(c[name]); err == nil { // without escapes that only machines need
		return string(plain)
	}
	return string(c[name])
}

func orNone(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}
