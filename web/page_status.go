package web

import (
	"net/http"

	"cratewarden/mirror"
)

// status says what the mirror holds, how far it is, and what the pages promise.
func (s *Server) status(w http.ResponseWriter, r *http.Request) error {
	home, err := s.cfg.Dossiers.Home(r.Context())
	if err != nil {
		return err
	}
	m := home.Mirror
	p := dossierPage{Page: s.page(r, "Status"), Verdict: mirrorVerdict(m, home.Dump != nil)}
	p.Head = Head{Title: "Status", Lead: Text("The mirror is this console's picture of the registry in memory. It answers what the registry has no index for.")}
	p.Facts = []Fact{
		{Label: "Followed up to", Value: orLoading(when(m.FreshAt), m.FreshAt.IsZero())},
		{Label: "Read completely", Value: orLoading(when(m.FullAt), m.FullAt.IsZero())},
		{Label: "Memory of the mirror", Value: Text(Bytes(m.Bytes)), Note: "estimated"},
	}
	if home.Dump != nil {
		p.Facts[0] = Fact{Label: "As of the dump", Value: when(home.Dump.TakenAt), Note: "a dump is not followed"}
	}
	if text := home.Unread(); text != "" {
		p.Notices = []Notice{{Tone: Warn, Title: "The registry's database was not read: what stands here is the mirror's", Text: Text(text)}}
	}
	p.Main = []Card{partsCard(m)}
	if home.Dump == nil {
		p.Side = []Card{promises()}
	}
	return s.render(w, "dossier", http.StatusOK, p)
}

// promises are what the pages hold to on a registry that lives.
func promises() Card {
	return Card{Title: "What the pages promise", Guards: []Guard{
		{Word: "promise", Text: Text("A version, yank, deletion, owner or token is seen within 2 s"), Note: Text("by asking for new rows through indexes the registry has")},
		{Word: "promise", Text: Text("A change without a trace is seen within 1 h"), Note: Text("such as a download count, when the whole is read again")},
		{Word: "promise", Text: Text("A dossier's own facts are read when you ask"), Note: Text("“facts as of” at the top is the mirror's time")},
		{Word: "promise", Text: Text("Nothing here waits longer than 15 s"), Note: Text("a section that takes too long says so in its place")},
	}}
}

func orLoading(p Phrase, loading bool) Phrase {
	if loading {
		return Phrase{}.Muted("not yet")
	}
	return p
}

func mirrorVerdict(m mirror.Status, fixed bool) Verdict {
	switch {
	case m.Problem != "":
		return Verdict{Tone: Warn, Word: "behind", Text: Text(m.Problem)}
	case !m.Ready:
		return Verdict{Tone: Info, Word: "loading", Text: Phrase{}.Strong("The mirror is loading.").Say(" Pages answer with what is there and say what is not.")}
	case fixed:
		return Verdict{Tone: Good, Word: "complete", Text: Phrase{}.Strong("The mirror is complete.").Say(" It was read from a public dump, which does not change.")}
	default:
		return Verdict{Tone: Good, Word: "complete", Text: Phrase{}.Strong("The mirror is complete").Say(" and follows the registry.")}
	}
}

func partsCard(m mirror.Status) Card {
	c := Card{ID: "parts", Title: "Parts", Note: "smallest and most wanted first"}
	t := &Table{Caption: "Parts of the mirror", Columns: []Column{{Label: "Part"}, {Label: "State"}, {Label: "Rows", Num: true}, {Label: "Loaded"}, {Label: "Remark"}},
		Empty: Empty{Title: "Nothing is loaded", Text: "The mirror has not started."}}
	for _, part := range m.Parts {
		tone := Plain
		switch part.State {
		case "ready":
			tone = Good
		case "loading":
			tone = Info
		case "failed":
			tone = Bad
		}
		t.Rows = append(t.Rows, Row{Cells: []Phrase{Text(string(part.Part)), Phrase{}.Badge(tone, part.State), Text(Num(part.Rows)), when(part.LoadedAt), orDash(part.Problem)}})
	}
	c.Table = t
	return c
}
