package web

import (
	"errors"
	"net/http"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/dossier"
)

// tokenMost is the length of a credential at most, in bytes.
const tokenMost = 200

// tokenPage asks for a credential. What was pasted is never on it: a page can be
// kept, printed and shared, and a credential must not travel with it.
type tokenPage struct {
	Page
	Head    Head
	Notices []Notice
	Found   []Card // what is known of the credential that was sent
	Verdict Verdict
	Kinds   Card // the kinds of credential the registry hands out
}

func (s *Server) tokenForm(w http.ResponseWriter, r *http.Request) error {
	return s.render(w, "token", http.StatusOK, s.tokenPage(r))
}

func (s *Server) tokenPage(r *http.Request) tokenPage {
	return tokenPage{Page: s.page(r, "Token lookup"), Head: Head{Title: "Token lookup",
		Lead: Text("Paste a credential that was found somewhere to learn whose it is, what it may do and what was done with it.")},
		Kinds: Card{Title: "What is recognised", Guards: []Guard{
			{Word: "kind", Text: Phrase{}.Code("cio…").Say(" API token"), Note: Text("of an account: owner, scopes, state, publishes and yanks; revoked and expired ones too")},
			{Word: "kind", Text: Phrase{}.Code("cio_tp_…").Say(" trusted publishing token"), Note: Text("of a run of a repository, valid for minutes: crates, repository, run and commit")},
		}}}
}

// tokenLookup takes the credential from the body only. PostForm leaves out the
// address, where it would end in logs and histories.
func (s *Server) tokenLookup(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return cratewarden.Wrap(err, cratewarden.TooLarge, "What was pasted is larger than this console takes. Paste the credential alone, %d characters at most.", tokenMost)
		}
		return cratewarden.Wrap(err, cratewarden.Invalid, "The form could not be read. Open the page again and paste the credential.")
	}
	token := strings.TrimSpace(r.PostForm.Get("token"))
	p := s.tokenPage(r)
	if token == "" || len(token) > tokenMost {
		p.Notices = []Notice{{Tone: Warn, Title: "Paste one credential", Text: Text("It has 1 to " + digits(tokenMost) + " characters and no line breaks.")}}
		return s.render(w, "token", http.StatusBadRequest, p)
	}
	found, err := s.cfg.Dossiers.Token(r.Context(), token)
	switch cratewarden.KindOf(err) {
	case "":
	case cratewarden.Invalid, cratewarden.NotFound:
		p.Notices = []Notice{{Tone: Warn, Title: "That is not a credential of this registry", Text: Text(cratewarden.MessageOf(err))}}
		status, _ := face(cratewarden.KindOf(err))
		return s.render(w, "token", status, p)
	default:
		return err
	}
	p.Verdict, p.Found = tokenVerdict(found), tokenCards(found)
	if found.Token != nil {
		p.Head.Menu = s.actMenu(r, action.TokenSubject(found.Token.ID))
		p.Notices = append(p.Notices, s.openPlans(r.Context(), action.TokenSubject(found.Token.ID))...)
	}
	return s.render(w, "token", http.StatusOK, p)
}

func tokenVerdict(t *dossier.TokenLookup) Verdict {
	v := Verdict{Tone: toneOf(t.Tone), Text: Text(t.Truth)}
	switch {
	case !t.Found && t.Publishes.Absent != "":
		v.Word = "cannot be said"
	case !t.Found:
		v.Word = "not found"
	case t.Kind != "":
		v.Word = t.Kind
	}
	if t.Token != nil {
		v.Text = weave(t.Truth, thread{personName(t.Token.Owner), personURL(t.Token.Owner)})
	}
	return v
}

func tokenCards(t *dossier.TokenLookup) []Card {
	if !t.Found {
		return nil
	}
	var cards []Card
	if t.Token != nil {
		cards = append(cards, Card{ID: "token", Title: "API token", Note: "its name is masked", Table: &Table{Caption: "API token", Columns: tokenColumns(true), Rows: []Row{tokenRow(t.Token, true)}}})
	}
	if t.Live != nil {
		cards = append(cards, liveCard(t.Live))
	}
	cards = append(cards, versionsCard("publishes", "Published with it", t.Publishes))
	yanks := Card{ID: "yanks", Title: "Yanked or unyanked with it", Events: eventsOf(t.Yanks), Note: Plural(len(t.Yanks), "event")}
	if len(t.Yanks) == 0 {
		yanks.Empty = Empty{Title: "It yanked nothing", Text: "The registry records every yank and unyank with the token that was used."}
	}
	return append(cards, yanks)
}

func liveCard(l *dossier.LiveToken) Card {
	c := Card{Title: "Trusted publishing token", Note: "made by a run of a repository, for minutes"}
	state := Phrase{}.Badge(Bad, "live").Say(" ends ").Ago(l.ExpiresAt)
	if l.Expired {
		state = Phrase{}.Badge(Plain, "expired").Say(" ").Ago(l.ExpiresAt)
	}
	crates := Phrase{}
	for i, name := range l.Crates {
		if i > 0 {
			crates = crates.Say(", ")
		}
		crates = crates.Link(name, crateURL(name))
	}
	copyOr := func(text string) Phrase {
		if text == "" {
			return Phrase{}.Muted("not recorded")
		}
		return Phrase{}.Copy(text, "")
	}
	c.Table = &Table{Caption: "Trusted publishing token", Columns: []Column{{Label: "Fact"}, {Label: "Value"}}, Rows: []Row{
		{Cells: []Phrase{Text("State"), state}}, {Cells: []Phrase{Text("Made"), when(l.CreatedAt)}}, {Cells: []Phrase{Text("Ends"), when(l.ExpiresAt)}},
		{Cells: []Phrase{Text("May publish"), crates}}, {Cells: []Phrase{Text("Repository"), copyOr(l.Origin)}}, {Cells: []Phrase{Text("Run"), copyOr(l.Run)}}, {Cells: []Phrase{Text("Commit"), copyOr(l.Commit)}}}}
	return c
}
