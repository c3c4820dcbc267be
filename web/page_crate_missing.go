package web

import (
	"net/http"

	"cratewarden"
	"cratewarden/dossier"
)

// missingPage says that a crate or version does not exist, what became of its
// name, and where to go from here.
type missingPage struct {
	Page
	Head    Head
	Verdict Verdict
	Cards   []Card
}

// crateMissing answers a request for a crate that is not there. Any other
// trouble than "not found" goes on as it came.
func (s *Server) crateMissing(w http.ResponseWriter, r *http.Request, err error) error {
	if !isNotFound(err) {
		return err
	}
	name := r.PathValue("name")
	p := missingPage{Page: s.page(r, "No crate "+visible(name)), Head: Head{Title: visible(name), Crumbs: s.crumbs(), Badges: []Badge{{Tone: Hold, Text: "no such crate"}}}}
	p.Verdict = Verdict{Tone: Info, Word: "not in the registry", Text: Text(cratewarden.MessageOf(err))}
	if s.has("GET /search") {
		if url, err := Query("/search", "q", name); err == nil {
			p.Head.Actions = append(p.Head.Actions, Action{Label: "Search for it", URL: url, Primary: true})
		}
	}
	if s.has("GET /names") {
		p.Head.Actions = append(p.Head.Actions, Action{Label: "History of the name", URL: namesURL(name)})
	}
	// Without the name's history the sentence above still stands.
	if names, err := s.cfg.Dossiers.Names(r.Context(), dossier.NameFilter{Query: name, Kind: "deleted", Limit: 10}); err == nil && names.Answer != nil {
		p.Cards = append(p.Cards, nearCard(names.Answer), deletedCard(names.Answer.History.Deleted))
	}
	return s.render(w, "missing", http.StatusNotFound, p)
}

// versionMissing answers a request for a version that is not there, when the
// crate is.
func (s *Server) versionMissing(w http.ResponseWriter, r *http.Request, err error) error {
	d, crateErr := s.cfg.Dossiers.Crate(r.Context(), r.PathValue("name"))
	if crateErr != nil {
		return s.crateMissing(w, r, crateErr)
	}
	num := visible(r.PathValue("num"))
	p := missingPage{Page: s.page(r, "No version "+num+" of "+d.Name)}
	p.Head = Head{Title: visible(d.Name), Code: num, Crumbs: s.crumbs(Link{visible(d.Name), crateURL(d.Name)}), Badges: []Badge{{Tone: Hold, Text: "no such version"}},
		Actions: []Action{{Label: "All versions", URL: Path("crates", d.Name, "versions"), Primary: true}}}
	p.Verdict = Verdict{Tone: Info, Word: "not in the registry", Text: Text(cratewarden.MessageOf(err))}
	p.Cards = []Card{versionsGlance(d)}
	return s.render(w, "missing", http.StatusNotFound, p)
}

func nearCard(a *dossier.NameAnswer) Card {
	c := Card{Title: "Names like it", Note: "did you mean one of these?"}
	c.Table = &Table{Caption: "Names like it", Columns: []Column{{Label: "Crate"}, {Label: "Why"}, {Label: "Downloads", Num: true}}, Empty: Empty{Title: "No crate has a name like it"}}
	seen := map[string]bool{}
	for _, list := range [][]dossier.NearName{a.History.Twins, a.Near} {
		for _, n := range list {
			if !seen[n.Name] {
				seen[n.Name] = true
				c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Link(n.Name, crateURL(n.Name)), Text(n.Reason), Text(Num(n.Downloads))}})
			}
		}
	}
	return c
}

func deletedCard(rows []dossier.DeletedName) Card {
	c := Card{Title: "Deletions of this name", Note: "the registry's public record"}
	c.Table = &Table{Caption: "Deletions", Columns: []Column{{Label: "Name"}, {Label: "Deleted (UTC)"}, {Label: "By"}, {Label: "Message"}, {Label: "Free again"}}, Empty: Empty{Title: "No crate of this name was deleted"}}
	for _, d := range rows {
		free := Phrase{}.Badge(Hold, "blocked").Say(" until ").UTC(d.AvailableAt)
		if d.Available {
			free = Phrase{}.Badge(Warn, "free").Say(" since ").UTC(d.AvailableAt)
		} else if d.AvailableAt.Year() == 9999 {
			free = Phrase{}.Badge(Hold, "blocked for ever")
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Code(d.Name), Phrase{}.UTC(d.DeletedAt), Phrase{}.Person(d.DeletedBy), orDash(d.Message), free}})
	}
	return c
}
