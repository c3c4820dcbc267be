package web

import (
	"cratewarden/action"
)

// approvalCard says who agreed to what.
func approvalCard(p *action.Plan) Card {
	if !p.NeedsApproval && len(p.Approvals) == 0 {
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
	if waitsFor(p, action.Actor{}) != "" {
		c.Guards = append(c.Guards, Guard{Tone: Bad, Word: "missing", Text: Text("A second person"), Note: Text("anybody with the role but " + actorName(p.Author))})
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
		add("Evidence", Phrase{}.Copy(p.Evidence, Short(p.Evidence)), "")
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

// comparedCard lays what the plan wanted beside what it started from, for the
// person who must say whether the registry kept it.
func (s *Server) comparedCard(seen *planSeen) Card {
	return Card{}
}
