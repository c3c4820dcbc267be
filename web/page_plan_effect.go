package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/registry/change"
)

func guardOf(g action.Guard) Guard {
	tone, word := Info, "note"
	switch g.Level {
	case action.Block:
		tone, word = Bad, "forbids it"
	case action.Warn:
		tone, word = Warn, "look at it"
	}
	return Guard{Tone: tone, Word: word, Text: Text(g.Text)}
}

// guardsMost is how many checks stand beside the steps.
const guardsMost = 40

// checksOf are what the review noticed, the worst first. It is run again at
// apply.
func checksOf(seen *planSeen) Card {
	f, p := seen.effect, &seen.plan
	c := Card{ID: "checks", Title: "Checks", Note: "run again at apply"}
	if p.AppliedAt != nil {
		c.Note = "as they were at apply"
	}
	weight := map[action.Level]int{action.Block: 0, action.Warn: 1, action.Info: 2}
	guards := GroupNoticed(f.Guards)
	slices.SortStableFunc(guards, func(a, b Noticed) int { return cmp.Compare(weight[a.Level], weight[b.Level]) })
	for _, g := range guards[:min(len(guards), guardsMost)] {
		guard := guardOf(g.Guard)
		if len(g.Steps) > 0 && len(p.Steps) > 1 {
			guard.Note = Phrase{}.Link(StepWords(g.Steps), "#step-"+digits(g.Steps[0]))
		}
		c.Guards = append(c.Guards, guard)
	}
	if n := len(guards) - len(c.Guards); n > 0 {
		c.Gaps = []string{Num(n) + " more stand at their steps and in the file."}
	}
	if len(f.Blocks()) == 0 {
		c.Guards = append(c.Guards, Guard{Tone: Good, Word: "ok", Text: Text("Nothing forbids it")})
	}
	if p.NeedsApproval {
		c.Guards = append(c.Guards, Guard{Tone: Warn, Word: "look at it", Text: Text("It takes a second person")})
	}
	switch {
	case !p.Irreversible:
		c.Guards = append(c.Guards, Guard{Tone: Good, Word: "ok", Text: Text("No evidence is needed: nothing is destroyed")})
	case p.Evidence == "":
		c.Guards = append(c.Guards, Guard{Tone: Bad, Word: "forbids it", Text: Text("Its evidence is not sealed yet")})
	default:
		c.Guards = append(c.Guards, Guard{Tone: Good, Word: "ok", Text: Text("Its evidence is sealed"), Note: Phrase{}.Copy(p.Evidence, Short(p.Evidence))})
	}
	return c
}

// effectFacts are the review in numbers.
func effectFacts(seen *planSeen) []Fact {
	f := seen.effect
	crates, accounts := map[string]bool{}, map[string]bool{}
	count := func(kind, id string) {
		switch kind {
		case "crate":
			crates[cratewarden.CanonName(id)] = true
		case "version":
			name, _, _ := strings.Cut(id, "@")
			crates[cratewarden.CanonName(name)] = true
		case "account", "user":
			accounts[id] = true
		}
	}
	for _, step := range seen.steps {
		if step.Do == nil {
			continue
		}
		for _, x := range step.Do.Subjects() {
			count(x.Kind, x.ID)
		}
	}
	for _, a := range f.Affected {
		count(a.Subject.Kind, a.Subject.ID)
	}
	rows := Fact{Label: "Rows changed", Value: Text(Num(len(f.Rows)))}
	tables := map[string]bool{}
	derived := 0
	for _, r := range f.Rows {
		tables[r.Table] = true
		if r.Derived {
			derived++
		}
	}
	if len(f.Rows) > 0 {
		rows.Note = "in " + Plural(len(tables), "table")
	}
	if derived > 0 {
		rows.Note += ", " + Num(derived) + " by its triggers"
	}
	held := Fact{Label: "Rows held for", Value: Text(tookWords(f.Took)), Note: "publishes of these crates wait"}
	return []Fact{{Label: "Steps", Value: Text(Num(f.Steps))}, rows, {Label: "Registry jobs", Value: Text(Num(len(f.Jobs)))}, {Label: "Files", Value: Text(Num(len(f.Files)))},
		{Label: "Crates", Value: Text(Num(len(crates)))}, {Label: "Accounts", Value: Text(Num(len(accounts)))}, held}
}

// tookWords is a length of time far below a second.
func tookWords(d time.Duration) string {
	switch {
	case d <= 0:
		return "not measured"
	case d < time.Millisecond:
		return "< 1 ms"
	case d < 10*time.Second:
		return Num(d.Milliseconds()) + " ms"
	}
	return Dur(d)
}

func publicTexts(f *action.Effect) (out []planWords) {
	at := map[string]int{}
	for _, x := range f.Public {
		key := x.Where + "\x00" + x.Text
		if i, again := at[key]; again {
			out[i].at = append(out[i].at, x.Step)
			continue
		}
		at[key] = len(out)
		out = append(out, planWords{Where: visible(x.Where), Text: visible(x.Text), at: []int{x.Step}})
	}
	return gatherWords(out)
}

func finalCard(f *action.Effect) Card {
	if len(f.Final) == 0 {
		return Card{}
	}
	c := Card{ID: "final", Title: "Cannot be undone", Note: Plural(len(f.Final), "thing")}
	finals := groupFinals(f)
	for _, x := range finals[:min(len(finals), guardsMost)] {
		guard := Guard{Tone: Bad, Word: "for good", Text: Text(x.Text)}
		if len(x.Steps) > 0 {
			guard.Note = Phrase{}.Link(StepWords(x.Steps), "#step-"+digits(x.Steps[0]))
		}
		c.Guards = append(c.Guards, guard)
	}
	if n := len(finals) - len(c.Guards); n > 0 {
		c.Gaps = []string{Num(n) + " more stand at their steps."}
	}
	return c
}

// affectedCard is who else feels it.
func affectedCard(f *action.Effect) Card {
	if len(f.Affected) == 0 {
		return Card{}
	}
	c := Card{ID: "affected", Title: "Who else is affected", Note: Plural(len(f.Affected), "line"), Table: &Table{Caption: "Who else is affected", Columns: []Column{{Label: "Who"}, {Label: "How"}, {Label: "Step", Num: true}}}}
	for i, a := range f.Affected {
		if i == rowsMost {
			c.Gaps = []string{Num(rowsMost) + " of " + Num(len(f.Affected)) + " are shown; the file has all."}
			break
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{subjectPhrase(a.Subject), Text(a.Text), stepLink(a.Step)}})
	}
	return c
}

// foldWords is the word behind which a long list waits: few read 30 lines of
// jobs before they decide, and on a phone they push the decision away.
func foldWords(n int, one string) string {
	const short = 8
	if n <= short {
		return ""
	}
	return "Show the " + Plural(n, one)
}

func stepLink(n int) Phrase {
	if n < 1 {
		return Phrase{}.Muted("–")
	}
	return Phrase{}.Link(digits(n), "#step-"+digits(n))
}

func jobsCardOf(f *action.Effect) Card {
	if len(f.Jobs) == 0 {
		return Card{}
	}
	c := Card{ID: "plan-jobs", Title: "Jobs for the registry", Note: Plural(len(f.Jobs), "job") + ", in the same transaction", Table: &Table{Caption: "Jobs", Columns: []Column{{Label: "Job"}, {Label: "Payload"}, {Label: "Queue"}, {Label: "Priority", Num: true}, {Label: "Step", Num: true}}}}
	c.Fold = foldWords(len(f.Jobs), "job")
	for i, j := range f.Jobs {
		if i == rowsMost {
			c.Gaps = []string{Num(rowsMost) + " of " + Num(len(f.Jobs)) + " are shown; the file has all."}
			break
		}
		payload := Phrase{}.Muted("none")
		if len(j.Data) > 0 && string(j.Data) != "null" {
			payload = Phrase{}.Code(shorten(string(j.Data), 200))
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Code(j.Type), payload, Text(jobWords(j.State)), Text(digits(int(j.Priority))), stepLink(j.Step)}})
	}
	return c
}

func jobWords(state string) string {
	switch state {
	case "waiting":
		return "an equal one waits already"
	case "woken":
		return "one that had failed is due again"
	case "queued", "":
		return "new"
	}
	return visible(state)
}

func filesCard(f *action.Effect) Card {
	if len(f.Files) == 0 {
		return Card{}
	}
	c := Card{ID: "plan-files", Title: "Files in the registry's storage", Note: Plural(len(f.Files), "file") + ", after the commit", Table: &Table{Caption: "Files", Columns: []Column{{Label: "What"}, {Label: "Object"}, {Label: "Step", Num: true}}}}
	c.Fold = foldWords(len(f.Files), "file")
	for i, x := range f.Files {
		if i == rowsMost {
			c.Gaps = []string{Num(rowsMost) + " of " + Num(len(f.Files)) + " are shown; the file has all."}
			break
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(x.Does), Phrase{}.Code(x.Key), stepLink(x.Step)}})
	}
	return c
}

// laterCard is the work after the commit, before there are follow-ups to show.
func laterCard(seen *planSeen) Card {
	f := seen.effect
	if len(f.Later) == 0 || len(seen.follow) > 0 {
		return Card{}
	}
	c := Card{ID: "later", Title: "After the commit", Note: "repeated until done, each with its entry in the ledger", Table: &Table{Caption: "Work after the commit", Columns: []Column{{Label: "Work"}, {Label: "On"}, {Label: "Step", Num: true}}}}
	c.Fold = foldWords(len(f.Later), "piece")
	for i, l := range f.Later {
		if i == rowsMost {
			c.Gaps = []string{Num(rowsMost) + " of " + Num(len(f.Later)) + " are shown; the file has all."}
			break
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(followWords(l.Kind)), Text(shorten(workWords(l.Kind, l.Args), 200)), stepLink(l.Step)}})
	}
	return c
}

// planEffect gives all that the review or the apply saw, as JSON. What nobody
// may read without a record is masked.
func (s *Server) planEffect(w http.ResponseWriter, r *http.Request) error {
	p, err := s.cfg.Plans.Plan(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := s.cfg.Plans.Effect(r.Context(), p)
	if err != nil {
		return err
	}
	out := *f
	out.Rows = slices.Clone(f.Rows)
	for i := range out.Rows {
		out.Rows[i].Before, out.Rows[i].After = masked(out.Rows[i].Before), masked(out.Rows[i].After)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	if err := e.Encode(map[string]any{"plan": p, "effect": out}); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Disposition", `attachment; filename="plan-`+fileName(p.ID)+`.json"`)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b.Bytes()) // the visitor may be gone
	return nil
}

func masked(c change.Columns) change.Columns {
	if c == nil {
		return nil
	}
	out := make(change.Columns, len(c))
	for name, value := range c {
		if secretColumn(name) && string(value) != "null" {
			value = json.RawMessage(`"masked"`)
		}
		out[name] = value
	}
	return out
}
