package web

import (
	"net/http"
	"strings"

	"cratewarden"
	"cratewarden/action"
)

// approvalCard says who agreed to what.
func approvalCard(p *action.Plan) Card {
	if !p.NeedsApproval && len(p.Approvals) == 0 && len(p.Fallen) == 0 {
		return Card{}
	}
	c := Card{ID: "approvals", Title: "Approvals", Note: "of exactly this review"}
	c.Guards = append(c.Guards, Guard{Tone: Good, Word: "ok", Text: Text(actorName(p.Author)), Note: Text("author")})
	for _, a := range p.Approvals {
		guard := Guard{Tone: Good, Word: "ok", Text: Text(actorName(a.Actor)), Note: Text("approved ").Ago(a.At)}
		if p.Digest == nil || a.Digest != *p.Digest {
			guard.Tone, guard.Word, guard.Note = Warn, "old", Text("approved an earlier review")
		}
		c.Guards = append(c.Guards, guard)
	}
	c.Guards = append(c.Guards, fallenGuards(p)...)
	for _, d := range p.Demands {
		c.Gaps = append(c.Gaps, visible(d.Why))
	}
	if waitsFor(p, action.Actor{}) != "" {
		guard := Guard{Tone: Bad, Word: "missing", Text: Text("A second person"), Note: Text("anybody with the role who did not write it")}
		if p.AskedAt != nil {
			guard.Note = Text("asked for ").Ago(*p.AskedAt)
		}
		c.Guards = append(c.Guards, guard)
	}
	return c
}

// recordCard leads to the ledger and to the plans that belong to this one.
func (s *Server) recordCard(seen *planSeen) Card {
	p := &seen.plan
	c := Card{ID: "record", Title: "Record"}
	add := func(label string, value Phrase, note string) {
		c.List = append(c.List, Fact{Label: label, Value: value, Note: note})
	}
	entry := func(index int64) Phrase {
		if s.cfg.Ledger == nil {
			return Text("entry #" + digits(index))
		}
		return Text("entry ").Link("#"+digits(index), entryURL(index))
	}
	if p.Undoes != "" {
		add("Undoes", Phrase{}.Link(p.Undoes, planURL(p.Undoes)), "")
	}
	for _, u := range seen.undoes {
		add("Undone by", Phrase{}.Link(u.ID, planURL(u.ID)).Say(" ").Badge(planTone(u.State), string(u.State)), "")
	}
	if p.Intent != nil {
		add("Intent", entry(*p.Intent), "")
	}
	if p.Outcome != nil {
		add("Outcome", entry(*p.Outcome), "")
	}
	if p.RegistryTx != "" {
		add("Transaction", Phrase{}.Code(p.RegistryTx), "")
	}
	if p.Evidence != "" {
		add("Evidence", Phrase{}.Link(Short(p.Evidence), Path("evidence", p.Evidence)), "")
	}
	if p.Digest != nil {
		add("Review", Phrase{}.Copy(p.Digest.String(), Short(p.Digest.String())), "what people agree to")
	}
	add("Changed", Phrase{}.UTC(p.ChangedAt).Say(" UTC"), Plural(p.Revision, "revision"))
	if s.cfg.Ledger != nil {
		c.More = Link{"its entries", address("/ledger", "plan", p.ID)}
	}
	return c
}

// comparedCard lays the plan's rows beside the registry's, for the person who
// must say whether the registry kept the change.
func (s *Server) comparedCard(r *http.Request, p action.Plan) Card {
	c := Card{ID: "compared", Title: "The plan's rows and the registry's", Note: "read now"}
	rows, err := s.cfg.Plans.Compare(r.Context(), p)
	if err != nil {
		return c.missing(cratewarden.MessageOf(err))
	}
	counts := map[action.StandingIs]int{}
	c.Table = &Table{Caption: c.Title, Columns: []Column{{Label: "Row"}, {Label: "It is now"}, {Label: "Step", Num: true}}, Empty: Empty{Title: "The plan changes no row that could tell"}}
	tones := map[action.StandingIs]Tone{action.AsBefore: Info, action.AsAfter: Good, action.AsElse: Warn}
	for i, row := range rows {
		counts[row.Is]++
		if i >= rowsMost {
			continue
		}
		is := Phrase{}.Badge(tones[row.Is], string(row.Is))
		if len(row.Other) > 0 {
			is = is.Say(" ").Code(strings.Join(row.Other, ", "))
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Code(row.Row.Table).Say(" " + strings.TrimPrefix(row.Row.Name(), row.Row.Table+" ")), is, stepLink(row.Row.Step)}})
	}
	if len(rows) > rowsMost {
		c.Gaps = []string{Num(rowsMost) + " of " + Num(len(rows)) + " are shown."}
	}
	c.Text = Text(Num(counts[action.AsAfter]) + " of " + Plural(len(rows), "row") + " are as the plan would leave them, " + Num(counts[action.AsBefore]) + " as they were before, " + Num(counts[action.AsElse]) + " are something else. ")
	switch len(rows) {
	case 0:
		c.Text = nil
	case counts[action.AsAfter]:
		c.Text = c.Text.Strong("The registry kept it.")
	case counts[action.AsBefore]:
		c.Text = c.Text.Strong("The registry did not keep it.")
	default:
		c.Text = c.Text.Strong("Look at the others: somebody changed them since.")
	}
	return c
}
