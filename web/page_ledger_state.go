package web

import (
	"strings"

	"cratewarden/ledger"
)

// kindTone colours a kind of entry; the word stands beside the colour.
func kindTone(k ledger.Kind) Tone {
	switch k {
	case ledger.Intent:
		return Info
	case ledger.Outcome:
		return Good
	case ledger.Refusal:
		return Warn
	case ledger.Opening:
		return Hold
	case ledger.Erasure:
		return Bad
	}
	return Plain
}

// stateTone colours the word for what became of an intent.
func stateTone(state string) Tone {
	switch state {
	case "committed":
		return Good
	case "unknown":
		return Bad
	}
	return Warn
}

func entryURL(index int64) string { return Path("ledger", digits(index)) }

func entryLink(index int64) Phrase { return Phrase{}.Link("#"+digits(index), entryURL(index)) }

// entryRow is a line of the list.
func entryRow(e *ledger.Entry, outcomes map[int64]ledger.Entry) Row {
	row := Row{Cells: []Phrase{entryLink(e.Index), Phrase{}.UTC(e.At).Say(" ").Ago(e.At), Phrase{}.Badge(kindTone(e.Kind), string(e.Kind)),
		actorPhrase(e.Actor), Phrase{}.Muted("–"), subjectsPhrase(e.Subjects, 4), resultPhrase(e, outcomes)}}
	if e.Action != "" {
		row.Cells[4] = Phrase{}.Link(e.Action, address("/ledger", "action", e.Action))
	}
	switch {
	case e.Result != nil && e.Result.State == "unknown":
		row.Tone = Bad
	case e.Kind == ledger.Refusal:
		row.Tone = Warn
	}
	return row
}

// actorPhrase is who acted, with a link to everything that person did.
func actorPhrase(a ledger.Actor) Phrase {
	name := a.Name
	if name == "" {
		name = a.ID
	}
	return Phrase{}.Link(name, address("/ledger", "actor", a.ID))
}

// subjectURL is the dossier of a subject; empty when there is none.
func subjectURL(s ledger.Subject) string {
	switch s.Kind {
	case "crate":
		if s.ID != "" {
			return crateURL(s.ID)
		}
	case "version":
		if name, num, ok := strings.Cut(s.ID, "@"); ok && name != "" && num != "" {
			return versionURL(name, num)
		}
	case "name":
		return address("/names", "q", s.ID)
	case "evidence":
		if s.ID != "" {
			return Path("evidence", s.ID)
		}
	case "account", "user", "team":
		if s.ID == "" || len(s.ID) > 10 || strings.Trim(s.ID, "0123456789") != "" {
			return ""
		}
		if s.Kind == "team" {
			return Path("teams", s.ID)
		}
		return Path("accounts", s.ID)
	}
	return ""
}

// subjectPhrase is a subject as people read it.
func subjectPhrase(s ledger.Subject) Phrase {
	name := s.Name
	if name == "" {
		name = s.ID
	}
	if s.Kind == "evidence" {
		name = Short(name) // a hash fills a line
	}
	p := Phrase{}.Muted(s.Kind + " ")
	if url := subjectURL(s); url != "" {
		return p.Link(name, url)
	}
	return p.Say(name)
}

func subjectsPhrase(subjects []ledger.Subject, most int) Phrase {
	if len(subjects) == 0 {
		return Phrase{}.Muted("–")
	}
	var out Phrase
	for i, s := range subjects {
		if i == most {
			return out.Muted(" and " + Num(len(subjects)-most) + " more")
		}
		if i > 0 {
			out = out.Say(", ")
		}
		out = append(out, subjectPhrase(s)...)
	}
	return out
}

// resultPhrase is what became of it: of an intent, what its outcome says.
func resultPhrase(e *ledger.Entry, outcomes map[int64]ledger.Entry) Phrase {
	if e.Kind == ledger.Intent {
		answer, ok := outcomes[e.Index]
		if !ok {
			return Phrase{}.Badge(Warn, "no outcome yet")
		}
		return append(append(stateBadge(answer.Result), Phrase{}.Say(" ")...), entryLink(answer.Index)...)
	}
	var out Phrase
	if e.Result != nil {
		out = stateBadge(e.Result)
	}
	if e.Refers != nil {
		out = append(out.Muted(" of "), entryLink(*e.Refers)...)
	}
	if len(out) == 0 {
		return Phrase{}.Muted("–")
	}
	return out
}

func stateBadge(r *ledger.Result) Phrase {
	if r == nil {
		return Phrase{}.Muted("no result")
	}
	p := Phrase{}.Badge(stateTone(r.State), r.State)
	if r.Recovered {
		p = p.Say(" ").Badge(Info, "recovered")
	}
	return p
}

// ledgerState is the card that says how far the log is and what covers it.
func (s *Server) ledgerState(state ledger.State) Card {
	c := Card{ID: "log", Title: "The log", Facts: []Fact{{Label: "Entries", Value: Text(Num(state.Size))}}, Guards: []Guard{s.coverage(state)}}
	if state.Head.Note == nil {
		c.Facts = append(c.Facts, Fact{Label: "Last signed head", Value: Phrase{}.Muted("none yet")})
		return c
	}
	c.Note, c.More = visible(state.Head.Origin), Link{"Signed head", "/ledger/checkpoint"}
	signed := Fact{Label: "Last signed head", Value: Phrase{}.Ago(state.SignedAt), Note: "of " + Num(state.Head.Size) + " entries"}
	if state.SignedAt.IsZero() {
		signed.Value = Phrase{}.Muted("time not recorded")
	}
	root := state.Head.Root.String()
	c.Facts = append(c.Facts, signed, Fact{Label: "Root hash", Value: Phrase{}.Copy(root, Short(root))})
	return c
}

// coverage says whether a signed head holds every entry, and if not, why.
func (s *Server) coverage(state ledger.State) Guard {
	trouble := ""
	if s.cfg.LedgerTrouble != nil {
		trouble = s.cfg.LedgerTrouble()
	}
	left := state.Size - state.Head.Size
	switch {
	case left < 0:
		return Guard{Tone: Bad, Word: "failed", Text: Text("The log is shorter than its signed head: " + entries(-left) + " were taken away."), Note: Text("Keep everything as it is and run: cratewarden ledger verify.")}
	case trouble != "":
		return Guard{Tone: Bad, Word: "failed", Text: Text("The newest head could not be signed."), Note: Text(trouble)}
	case state.Covered():
		return Guard{Tone: Good, Word: "ok", Text: Text("Every entry is covered by a signed head."), Note: Text("What was written before it cannot change unnoticed by whoever keeps it.")}
	case !state.Keyed:
		return Guard{Tone: Warn, Word: "warning", Text: Text("This console has no key, so it signs no heads: " + entries(left) + " are not covered."), Note: Text("Make a key with “cratewarden ledger key” and start the console with it.")}
	}
	return Guard{Tone: Warn, Word: "warning", Text: Text("Not covered by a signed head yet: the newest " + entries(left) + "."), Note: Text("A running console signs within 15 seconds.")}
}

func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return Num(n) + " entries"
}

// consistencyCard asks for the size of a head that somebody kept.
func consistencyCard(state ledger.State) Card {
	c := Card{ID: "consistency", Title: "Was anything rewritten since?", Note: "a file for whoever kept an older head",
		Text:   Text("Give the number of entries of a head that you kept elsewhere. The file proves to its keeper that the log of today begins with the same entries. With the head itself, “cratewarden ledger verify” and its flag for a checkpoint do the same."),
		Filter: &Filter{Action: "/ledger/consistency", Button: "Download the proof", Fields: []Field{{Name: "from", Label: "Entries then", Hint: "1 to " + digits(state.Head.Size)}}}}
	if state.Head.Size < 1 {
		c.Text, c.Filter = nil, nil
		c.Empty = Empty{Title: "No head with entries was signed yet", Text: "Then there is nothing to compare with."}
	}
	return c
}
