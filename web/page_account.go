package web

import (
	"net/http"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/dossier"
	"cratewarden/opening"
)

// accountSample is how many rows of a long list stand on the first view.
const accountSample = 12

// ownedSample is how many crates stand there; what an account owns says most.
const ownedSample = 20

// account is everything known about an account, one view of it at a time.
func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	id, err := rowID(r, "an account's page")
	if err != nil {
		return err
	}
	f := readFields(r)
	view := f.choice("view", "tokens", "publishers", "timeline")
	if f.err != nil {
		return f.err
	}
	a, err := s.cfg.Dossiers.Account(r.Context(), id)
	if err != nil {
		return err
	}
	p := s.accountFrame(r, a, accountURL(id, view))
	switch view {
	case "tokens":
		p.Main = []Card{s.openLink(r, accountTokens(a, 0), opening.Tokens, a)}
	case "publishers":
		p.Main = []Card{accountPublishers(a, 0), accountInvitations(a)}
	case "timeline":
		p.Main = []Card{timelineCard(a.Timeline, 0, Link{})}
	default:
		p.Verdict = accountVerdict(a)
		p.Facts = accountFacts(a, s.cfg.Clock())
		p.Main = s.accountOverview(a)
		p.Side = s.accountSide(r, a)
	}
	s.accountActs(r, &p, a)
	return s.render(w, "dossier", http.StatusOK, p)
}

// accountURL is the address of a view of an account; the first one has no name.
func accountURL(id int32, view string) string {
	base := Path("accounts", digits(id))
	switch view {
	case "crates", "publishes":
		return base + "/" + view
	}
	return address(base, "view", view)
}

// accountFrame is what all views of an account share; here is the address of
// the view that is shown.
func (s *Server) accountFrame(r *http.Request, a *dossier.Account, here string) dossierPage {
	p := dossierPage{Page: s.page(r, visible(a.Login))}
	p.Head = Head{
		Crumbs: []Link{{"Search", "/search"}, {"Accounts", address("/search", "q", "user:"+a.Login)}},
		Title:  visible(a.Login), Code: "account " + digits(a.ID), Badges: badgesOf(a.Marks),
	}
	s.offer(r, &p, action.AccountSubject(a.ID, a.Login))
	if a.Name != "" {
		p.Head.Lead = Text("Display name “").Say(a.Name).Say("”, which anybody may set to anything.")
	}
	for _, t := range []struct {
		label, view string
		count       string
	}{
		{"Overview", "", ""},
		{"Crates", "crates", countOf(a.Crates)},
		{"Publishes", "publishes", countOf(a.Publishes)},
		{"Tokens", "tokens", countOf(a.Tokens)},
		{"Trusted publishers", "publishers", sectionCount(a.Publishers.Absent, len(a.Publishers.Configs))},
		{"Timeline", "timeline", sectionCount(a.Timeline.Absent, len(a.Timeline.Events))},
	} {
		url := accountURL(a.ID, t.view)
		p.Tabs = append(p.Tabs, Tab{Label: t.label, URL: url, Count: t.count, Current: url == here})
	}
	if len(a.Others) > 0 {
		others := Text("GitHub gives a freed login to whoever asks next; the rows before the rename stay with ")
		for i := range a.Others {
			if i > 0 {
				others = others.Say(", ")
			}
			others = others.Link("account "+digits(a.Others[i].ID), personURL(a.Others[i]))
		}
		p.Notices = append(p.Notices, Notice{Tone: Warn, Title: "Other accounts have the same login", Text: others.Say(".")})
	}
	return p
}

// countOf is the length of a list for a tab, empty when it is not counted.
func countOf[T any](p dossier.Page[T]) string {
	if p.Absent != "" || p.Total < 0 {
		return ""
	}
	return Num(p.Total)
}

func sectionCount(absent string, n int) string {
	if absent != "" {
		return ""
	}
	return Num(n)
}

func accountVerdict(a *dossier.Account) Verdict {
	tone := toneOf(a.Tone)
	word := toneWord(tone)
	if tone == Bad || tone == Warn {
		word = "look closer"
	}
	return Verdict{Tone: tone, Word: word, Text: weave(a.Truth, thread{text: a.Login})}
}

func accountFacts(a *dossier.Account, now time.Time) []Fact {
	facts := []Fact{{Label: "Account since", Value: Text(date(a.CreatedAt)), Note: Ago(now, a.CreatedAt)}}
	if a.CreatedAt.IsZero() {
		facts[0] = Fact{Label: "Account since", Value: Phrase{}.Muted("not known")}
	}
	count := func(label, absent string, total int, note string) {
		switch {
		case absent != "":
			facts = append(facts, Fact{Label: label, Value: Phrase{}.Muted("not shown"), Note: absent})
		case total >= 0:
			facts = append(facts, Fact{Label: label, Value: Text(Num(total)), Note: note})
		}
	}
	yanked := 0
	for _, c := range a.Crates.Rows {
		if c.AllYanked {
			yanked++
		}
	}
	note := ""
	if yanked > 0 && a.Crates.Next == "" {
		note = Num(yanked) + " fully yanked"
	}
	count("Crates owned", a.Crates.Absent, a.Crates.Total, note)
	count("Crates owned before", a.Former.Absent, a.Former.Total, "")
	count("Versions published", a.Publishes.Absent, a.Publishes.Total, "")
	live := 0
	for _, t := range a.Tokens.Rows {
		if t.State == "live" {
			live++
		}
	}
	count("API tokens", a.Tokens.Absent, a.Tokens.Total, Num(live)+" live")
	return facts
}

// accountOverview is the main column: what the account has and did.
func (s *Server) accountOverview(a *dossier.Account) []Card {
	newest := a.Crates
	newest.Rows = newest.Rows[:min(len(newest.Rows), ownedSample)]
	crates := ownedCard(s.cfg.Registry.Kind, "crates", "Owned crates", newest, false)
	crates.More = Link{"all, with export", accountURL(a.ID, "crates")}
	cards := []Card{crates}
	if len(a.Former.Rows) > 0 || a.Former.Absent != "" {
		before := a.Former
		before.Rows = before.Rows[:min(len(before.Rows), ownedSample)]
		former := ownedCard(s.cfg.Registry.Kind, "former", "Crates owned before", before, true)
		if len(before.Rows) < before.Total {
			former.More = Link{"all", address(accountURL(a.ID, "crates"), "after", "f")}
		}
		cards = append(cards, former)
	}
	cards = append(cards, accountTokens(a, ownedSample))
	if a.Publishers.Absent == "" && len(a.Publishers.Configs) > 0 {
		cards = append(cards, accountPublishers(a, ownedSample))
	}
	if len(a.Invitations.Rows) > 0 || a.Invitations.Absent != "" {
		cards = append(cards, accountInvitations(a))
	}
	return append(cards, accountPublishes(a), timelineCard(a.Timeline, accountSample, Link{"all", accountURL(a.ID, "timeline")}))
}

// accountLogin finds accounts by login: straight to the only one, or a choice.
func (s *Server) accountLogin(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	login := f.text("login", 100)
	if f.err != nil {
		return f.err
	}
	if login == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Say which login to look for, as in /accounts?login=octocat, or use the search box.")
	}
	people, err := s.cfg.Dossiers.AccountsByLogin(r.Context(), login)
	if err != nil {
		return err
	}
	if len(people) == 1 {
		http.Redirect(w, r, accountURL(people[0].ID, ""), http.StatusSeeOther)
		return nil
	}
	p := dossierPage{Page: s.page(r, "Accounts with the login "+visible(login))}
	p.Head = Head{Crumbs: []Link{{"Search", "/search"}}, Title: p.Title, Lead: Text("Logins are not unique: GitHub gives a freed one away again. The number is what stays.")}
	table := &Table{Caption: "Accounts", Columns: []Column{{Label: "Account"}, {Label: "Number", Num: true}, {Label: "Display name"}},
		Empty: Empty{Title: "No account has this login now or had it before", Text: "Former logins are known as far as rows of the registry tell. Search for similar ones.",
			Action: Link{"Search for similar logins", address("/search", "q", "user:"+login)}}}
	for i := range people {
		table.Rows = append(table.Rows, Row{Cells: []Phrase{Phrase{}.Person(&people[i]), Text(digits(people[i].ID)), orDash(people[i].Name)}})
	}
	p.Main = []Card{{Title: "Accounts", Note: Plural(len(people), "account"), Table: table}}
	return s.render(w, "dossier", http.StatusOK, p)
}

// when is an instant in UTC with how long ago it was.
func when(t time.Time) Phrase {
	if t.IsZero() {
		return Phrase{}.Muted("–")
	}
	return Phrase{}.UTC(t).Say(" ").Ago(t)
}
