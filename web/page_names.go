package web

import (
	"net/http"
	"strings"

	"cratewarden/action"
	"cratewarden/dossier"
)

// nameKinds are the lists of names that are not free, as the address calls them.
func nameKinds() []Option {
	return []Option{{"reserved", "Reserved names"}, {"usernames", "Reserved user names"}, {"deleted", "Deleted crates"}}
}

// names answers whether a name could be published, and lists those that are not
// free.
func (s *Server) names(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	filter := dossier.NameFilter{Query: f.text("q", 128), Kind: f.choice("kind", "reserved", "usernames", "deleted"), Available: f.choice("available", "yes", "no"), After: f.text("after", 256), Limit: f.limit()}
	csv := wantsCSV(f)
	if csv && filter.Kind == "" {
		f.refuse("A file holds one list. Add kind=reserved, kind=usernames or kind=deleted to the address.")
	}
	if filter.Available != "" && filter.Kind != "deleted" {
		f.refuse("Only deleted names are narrowed to those that are available. Add kind=deleted to the address, or take “available” away.")
	}
	if filter.Kind == "" && filter.After != "" {
		f.refuse("The field “after” belongs to one list. Add kind=reserved, kind=usernames or kind=deleted to the address.")
	}
	if f.err != nil {
		return f.err
	}
	if csv {
		return s.namesFile(w, r, filter)
	}
	n, err := s.cfg.Dossiers.Names(r.Context(), filter)
	if err != nil {
		return err
	}
	p := dossierPage{Page: s.page(r, "Names")}
	p.Head = Head{Title: "Names", Lead: Text("Names that nobody may publish now, and why. Ask for one to hear whether it could be published.")}
	if filter.Query != "" {
		s.offer(r, &p, action.NameSubject(filter.Query))
	}
	p.Tabs = nameTabs(n, filter)
	p.Main = append([]Card{{Title: "Could this name be published?", Note: "any spelling; “-” and “_” are the same to the registry",
		Filter: &Filter{Action: "/names", Fields: []Field{{Name: "q", Label: "Name, or a part of one", Value: filter.Query, Hint: "serde-json"}}, Keep: append(kept("kind", filter.Kind), kept("available", filter.Available)...), Reset: resetNames(filter), Button: "Ask"}}},
		nameAnswer(n.Answer)...)
	p.Main = append(p.Main, chosenLists(nameLists(n, filter, f), filter)...)
	return s.render(w, "dossier", http.StatusOK, p)
}

// chosenLists are the lists to show. Of three lists that a question left empty
// none is shown, but that they are.
func chosenLists(cards []Card, filter dossier.NameFilter) []Card {
	var out []Card
	for _, card := range cards {
		empty := card.Table != nil && len(card.Table.Rows) == 0
		if filter.Kind == card.ID || filter.Kind == "" && (filter.Query == "" || !empty) {
			out = append(out, card)
		}
	}
	if len(out) == 0 {
		return []Card{{Title: "Reserved and deleted names", Empty: Empty{Title: "None matches", Text: "No reserved name, reserved user name or deleted crate holds these letters."}}}
	}
	return out
}

func kept(name, value string) []Field {
	if value == "" {
		return nil
	}
	return []Field{{Name: name, Value: value}}
}

func resetNames(filter dossier.NameFilter) string {
	if filter.Query == "" {
		return ""
	}
	return address("/names", "kind", filter.Kind, "available", filter.Available)
}

func nameTabs(n *dossier.Names, filter dossier.NameFilter) []Tab {
	tabs := []Tab{{Label: "All", URL: address("/names", "q", filter.Query), Current: filter.Kind == ""}}
	counts := map[string]string{"reserved": countOf(n.Reserved), "usernames": countOf(n.Usernames), "deleted": countOf(n.Deleted)}
	for _, kind := range nameKinds() {
		count := counts[kind.Value]
		if filter.Kind != "" && filter.Kind != kind.Value {
			count = "" // the other lists were not asked for
		}
		tabs = append(tabs, Tab{Label: kind.Label, URL: address("/names", "kind", kind.Value, "q", filter.Query), Count: count, Current: filter.Kind == kind.Value})
	}
	return tabs
}

// namesFile is one of the lists as a file.
func (s *Server) namesFile(w http.ResponseWriter, r *http.Request, filter dossier.NameFilter) error {
	ask := func(after string, limit int) (*dossier.Names, error) {
		filter.After, filter.Limit = after, limit
		return s.cfg.Dossiers.Names(r.Context(), filter)
	}
	name := "names-" + filter.Kind
	if filter.Kind == "deleted" {
		return export(s, w, name, filter.After, func(after string, limit int) (dossier.Page[dossier.DeletedName], error) {
			n, err := ask(after, limit)
			if err != nil {
				return dossier.Page[dossier.DeletedName]{}, err
			}
			return n.Deleted, nil
		})
	}
	return export(s, w, name, filter.After, func(after string, limit int) (dossier.Page[dossier.ReservedName], error) {
		n, err := ask(after, limit)
		switch {
		case err != nil:
			return dossier.Page[dossier.ReservedName]{}, err
		case filter.Kind == "usernames":
			return n.Usernames, nil
		}
		return n.Reserved, nil
	})
}

// nameAnswer is what stands in the way of the asked name, and what is near it.
func nameAnswer(a *dossier.NameAnswer) []Card {
	if a == nil {
		return nil
	}
	tone, word := Bad, "not free"
	if a.Free {
		tone, word = Good, "free"
	}
	answer := Card{ID: "answer", Title: "Answer for", Code: visible(a.Name)}
	threads := []thread{{text: a.Name}}
	if a.Crate != "" {
		threads = []thread{{a.Crate, crateURL(a.Crate)}}
	}
	answer.Guards = []Guard{{Tone: tone, Word: word, Text: Phrase{}.Badge(tone, word).Say(" ").add(weave(a.Truth, threads...))}}
	for _, d := range a.History.Deleted {
		answer.Guards = append(answer.Guards, Guard{Tone: Hold, Word: "deleted before", Text: Text("Deleted ").UTC(d.DeletedAt).Say(" by ").Person(d.DeletedBy), Note: quoted(d.Message)})
	}
	cards := []Card{answer}
	table := &Table{Caption: "Names near it", Columns: []Column{{Label: "Crate"}, {Label: "Why"}, {Label: "Downloads", Num: true}},
		Empty: Empty{Title: "No crate has a name near it", Text: "Compared by spelling, swapped and doubled letters, and letters that look alike."}}
	seen := map[string]bool{}
	for _, near := range append(append([]dossier.NearName{}, a.History.Twins...), a.Near...) {
		if seen[near.Name] {
			continue
		}
		seen[near.Name] = true
		table.Rows = append(table.Rows, Row{Cells: []Phrase{Phrase{}.Link(near.Name, crateURL(near.Name)), Text(near.Reason), Text(Num(near.Downloads))}})
	}
	return append(cards, Card{ID: "near", Title: "Names near it", Note: Plural(len(table.Rows), "crate"), Table: table})
}

// add appends another phrase.
func (p Phrase) add(more Phrase) Phrase { return append(p, more...) }

// quoted is somebody else's words, marked as such; nothing for none.
func quoted(text string) Phrase {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return Text("“" + text + "”")
}

// nameLists are the three lists; each pages by itself once it is asked for alone.
func nameLists(n *dossier.Names, filter dossier.NameFilter, f *fields) []Card {
	reserved := reservedCard("reserved", "Reserved names", n.Reserved, "No crate may have such a name.")
	users := reservedCard("usernames", "Reserved user names", n.Usernames, "No account may take such a name.")
	deleted := Card{ID: "deleted", Title: "Deleted crates"}
	if n.Deleted.Absent != "" {
		deleted = deleted.missing(n.Deleted.Absent)
	} else {
		deleted.Note = shown(len(n.Deleted.Rows), n.Deleted.Total, "deletion") + " · deleted last first"
		deleted.Table = deletedTable(n.Deleted.Rows)
	}
	if filter.Kind == "deleted" {
		deleted.byAvailability(filter)
	}
	cards := []Card{reserved, users, deleted}
	next := []string{n.Reserved.Next, n.Usernames.Next, n.Deleted.Next}
	prev := []string{n.Reserved.Prev, n.Usernames.Prev, n.Deleted.Prev}
	for i := range cards {
		if cards[i].Table == nil || len(cards[i].Table.Rows) == 0 {
			continue
		}
		cards[i].Pager = listPager("/names", "/api/v1/names", filter.After, next[i], prev[i], f, "kind", cards[i].ID, "q", filter.Query, "available", filter.Available)
		cards[i].Pager.Shown, cards[i].Pager.Of = cards[i].Note, cards[i].Title
	}
	return cards
}

// byAvailability puts the form above the list of deleted crates. The asked name
// stays, and asking for another keeps the filter.
func (c *Card) byAvailability(filter dossier.NameFilter) {
	if c.Table == nil || filter.Available == "" && len(c.Table.Rows) < 2 {
		return
	}
	all := address("/names", "kind", "deleted", "q", filter.Query)
	c.Filter = &Filter{Action: "/names", Keep: append(kept("kind", "deleted"), kept("q", filter.Query)...), Fields: []Field{
		{Name: "available", Label: "Can be published again", Value: filter.Available, Options: options("yes:now", "no:not yet, or never")}}}
	if filter.Available != "" {
		c.Filter.Reset = all
		c.Table.Empty = Empty{Title: "Nothing passes the filter", Text: "Choose another one, or take it away.", Action: Link{"Show the whole list", all}}
	}
}

func reservedCard(id, title string, page dossier.Page[dossier.ReservedName], meaning string) Card {
	c := Card{ID: id, Title: title}
	if page.Absent != "" {
		return c.missing(page.Absent)
	}
	c.Note = shown(len(page.Rows), page.Total, "name")
	c.Table = &Table{Caption: title, Columns: []Column{{Label: "Name"}, {Label: "Also reserved as"}}, Empty: Empty{Title: "No reserved name is listed", Text: meaning + " None matches."}}
	for _, n := range page.Rows {
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Code(n.Name), orDash(n.Twin)}})
	}
	return c
}

func deletedTable(rows []dossier.DeletedName) *Table {
	t := &Table{Caption: "Deleted crates", Columns: []Column{{Label: "Name"}, {Label: "Deleted"}, {Label: "By"}, {Label: "Public message"}, {Label: "Can be published again"}, {Label: "Was created"}},
		Empty: Empty{Title: "No deleted crate is listed", Text: "The registry remembers every deletion, by owners and by its team. None matches."}}
	for i := range rows {
		d := &rows[i]
		again := Phrase{}.Badge(Good, "now").Say(" ").UTC(d.AvailableAt)
		if !d.Available {
			again = Phrase{}.Badge(Hold, "blocked").Say(" until ").UTC(d.AvailableAt).Say(" ").Ago(d.AvailableAt)
		}
		if d.AvailableAt.Year() == 9999 {
			again = Phrase{}.Badge(Bad, "blocked for ever")
		}
		t.Rows = append(t.Rows, Row{Cells: []Phrase{Phrase{}.Link(d.Name, address("/names", "q", d.Name)), when(d.DeletedAt), Phrase{}.Person(d.DeletedBy), orDash(d.Message), again, Text(date(d.CreatedAt))}})
	}
	return t
}
