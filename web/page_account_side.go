package web

import (
	"net/http"
	"slices"

	"cratewarden/action"
	"cratewarden/dossier"
	"cratewarden/opening"
)

// accountSide is the column at the right: who the account is and what it may.
func (s *Server) accountSide(r *http.Request, a *dossier.Account) []Card {
	mail := mailCard(a)
	if a.Mail.Set {
		mail = s.openLink(r, mail, opening.Mail, a)
	}
	side := []Card{lockCard(a.Lock), identityCard(a), mail, resemblesCard(a.Resembles), limitsCard(a.Limits)}
	if opened := s.openingsCard(r, action.AccountSubject(a.ID, "")); opened.Title != "" {
		side = slices.Insert(side, 3, opened)
	}
	return side
}

// openLink offers on a card with masked data to open it.
func (s *Server) openLink(r *http.Request, c Card, what opening.What, a *dossier.Account) Card {
	if s.mayOpen(r, what) && c.Notices == nil {
		c.More = Link{"open", s.openURL(what, digits(a.ID))}
	}
	return c
}

func lockCard(l dossier.Lock) Card {
	c := Card{ID: "lock", Title: "Lock"}
	switch {
	case l.Absent != "":
		return c.missing(l.Absent)
	case l.Locked && l.Until != nil:
		c.Guards = []Guard{{Tone: Bad, Word: "locked", Text: Phrase{}.Strong("Locked").Say(" until ").UTC(*l.Until), Note: Text("ends ").Ago(*l.Until)}}
	case l.Locked:
		c.Guards = []Guard{{Tone: Bad, Word: "locked", Text: Phrase{}.Strong("Locked").Say(" for ever")}}
	case l.Expired && l.Until != nil:
		c.Guards = []Guard{{Tone: Warn, Word: "lock ran out", Text: Phrase{}.Strong("Was locked").Say(" until ").UTC(*l.Until), Note: Text("The lock ran out ").Ago(*l.Until).Say(".")}}
	default:
		c.Guards = []Guard{{Word: "not locked", Text: Text("Not locked")}}
	}
	if l.Reason != "" {
		c.Guards = append(c.Guards, Guard{Tone: Info, Word: "reason", Text: Text("“").Say(l.Reason).Say("”"), Note: Text("The registry shows this to the user.")})
	}
	if l.Locked {
		c.Note = "doors it leaves open: " + Num(len(l.Open))
	}
	for _, door := range l.Open {
		c.Guards = append(c.Guards, Guard{Tone: Warn, Word: "open door", Text: Text(door)})
	}
	return c
}

func identityCard(a *dossier.Account) Card {
	i := a.Identity
	c := Card{ID: "identity", Title: "Identity", Note: "as rows tell"}
	github := Phrase{}.Copy(digits(i.GitHubID), "")
	if i.GitHubID == -1 {
		github = Phrase{}.Badge(Warn, "legacy").Say(" not known to GitHub any more")
	}
	rows := []Row{
		{Cells: []Phrase{Text("Login"), Phrase{}.Code(a.Login)}},
		{Cells: []Phrase{Text("User name"), orDash(i.Username)}},
		{Cells: []Phrase{Text("GitHub id"), github}},
	}
	if i.LinkedLogin != "" && i.LinkedLogin != a.Login {
		rows = append(rows, Row{Tone: Warn, Cells: []Phrase{Text("Linked login"), Phrase{}.Code(i.LinkedLogin).Say(" ").Badge(Warn, "differs")}})
	}
	if i.LinkedID != 0 && i.LinkedID != i.GitHubID {
		rows = append(rows, Row{Tone: Warn, Cells: []Phrase{Text("Linked id"), Phrase{}.Code(digits(i.LinkedID)).Say(" ").Badge(Warn, "differs")}})
	}
	seen := Phrase{}.Muted(i.SyncAbsent)
	if i.SyncAbsent == "" {
		seen = orNever(i.LastSync)
	}
	rows = append(rows, Row{Cells: []Phrase{Text("Login synchronised"), seen}})
	c.Table = &Table{Caption: "Identity", Columns: []Column{{Label: "Fact"}, {Label: "Value"}}, Rows: rows}
	c.Gaps = visibleAll(i.History)
	return c
}

func visibleAll(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, visible(t))
	}
	return out
}

func mailCard(a *dossier.Account) Card {
	m := a.Mail
	c := Card{ID: "mail", Title: "E-mail", Note: "masked"}
	if m.Absent != "" {
		return c.missing(m.Absent)
	}
	if !m.Set {
		c.Guards = []Guard{{Tone: Warn, Word: "no address", Text: Text("No address is set"), Note: Text("The registry lets nobody publish without a verified one.")}}
		return c
	}
	state := Guard{Tone: Good, Word: "verified", Text: Phrase{}.Masked(m.Masked).Say(" ").Badge(Good, "verified")}
	if !m.Verified {
		state = Guard{Tone: Warn, Word: "not verified", Text: Phrase{}.Masked(m.Masked).Say(" ").Badge(Warn, "not verified")}
	}
	if !m.TokenMadeAt.IsZero() {
		state.Note = Text("Confirmation sent ").Ago(m.TokenMadeAt).Say(", ").UTC(m.TokenMadeAt).Say(".")
	}
	c.Guards = []Guard{state}
	switch {
	case m.CommonDomain:
		c.Guards = append(c.Guards, Guard{Word: "common domain", Text: Text("The domain is so common that sharing it means nothing")})
	case m.SameDomain > 0:
		c.Guards = append(c.Guards, Guard{Tone: Info, Word: "shared domain", Text: Text(Plural(m.SameDomain, "other account has", "other accounts have") + " an address at the same domain")})
	default:
		c.Guards = append(c.Guards, Guard{Word: "domain", Text: Text("No other account has an address at this domain")})
	}
	return c
}

func resemblesCard(r dossier.Resembles) Card {
	c := Card{ID: "resembles", Title: "Resembles"}
	if r.Absent != "" {
		return c.missing(r.Absent)
	}
	if len(r.Rows) == 0 {
		c.Empty = Empty{Title: "No other account is like it", Text: "Compared by login, display name and mail domain."}
		return c
	}
	c.Note = Plural(len(r.Rows), "account")
	for i := range r.Rows {
		near := &r.Rows[i]
		note := Text(near.Reason).Say(" · " + Plural(near.Crates, "crate"))
		if !near.CreatedAt.IsZero() {
			note = note.Say(" · since " + date(near.CreatedAt))
		}
		c.Guards = append(c.Guards, Guard{Word: "resembles", Text: Phrase{}.Person(&near.Person), Note: note})
	}
	return c
}

func limitsCard(l dossier.Limits) Card {
	c := Card{ID: "limits", Title: "Rate limits"}
	if l.Absent != "" {
		return c.missing(l.Absent)
	}
	if len(l.Rows) == 0 {
		c.Empty = Empty{Title: "The registry's own limits apply"}
		return c
	}
	for _, limit := range l.Rows {
		text := Phrase{}.Strong(limit.Action).Say(": burst " + Num(limit.Burst) + ", " + limit.Refill)
		note := Phrase{}
		guard := Guard{Word: "default"}
		if limit.Override {
			guard.Tone, guard.Word = Info, "override"
			note = note.Say("Override of the default of " + Num(limit.Default))
			switch {
			case limit.OverrideTo == nil:
				note = note.Say(", for ever")
			case limit.Expired:
				note = note.Say(", ran out ").Ago(*limit.OverrideTo)
			default:
				note = note.Say(", ends ").Ago(*limit.OverrideTo)
			}
			note = note.Say(". ")
		}
		if limit.Left >= 0 {
			note = note.Say(Num(limit.Left) + " left now. ")
		}
		guard.Text, guard.Note = text, note.Say(limit.Note)
		if len(guard.Note.Plain()) == 0 {
			guard.Note = nil
		}
		c.Guards = append(c.Guards, guard)
	}
	return c
}
