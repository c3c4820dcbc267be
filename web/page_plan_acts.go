package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"cratewarden/action"
	"cratewarden/dossier"
)

// rowActs are links from the rows of a list to plans about each. Where an act
// cannot be done its word stays, without a link, and refused says why.
type rowActs struct {
	s       *Server
	who     action.Actor
	refused map[string][]string // labels by why they cannot be used
}

func (s *Server) rowActs(r *http.Request) *rowActs {
	return &rowActs{s: s, who: s.who(r), refused: map[string][]string{}}
}

// link adds one act to a phrase. The pairs are parameters.
func (a *rowActs) link(to Phrase, label, kind string, pairs ...any) Phrase {
	k, known := a.s.planned.catalogue.Kind(kind)
	if !known || a.s.cfg.Plans == nil { // the frame says that this console only looks
		return to
	}
	if why := a.s.mayDo(a.who, k); why != "" {
		if !slices.Contains(a.refused[why], label) {
			a.refused[why] = append(a.refused[why], label)
		}
		return to.Muted(" " + label)
	}
	return to.Say(" ").Link(label, address("/plans/new", append([]any{"do", kind}, pairs...)...))
}

// reasons say what is greyed and why, a line for each reason.
func (a *rowActs) reasons() (out []string) {
	for _, why := range slices.Sorted(maps.Keys(a.refused)) {
		out = append(out, "Greyed here ("+strings.Join(a.refused[why], " ")+"): "+why)
	}
	clear(a.refused)
	return out
}

// put adds the reasons to a card.
func (a *rowActs) put(c *Card) { c.Gaps = append(slices.Clip(c.Gaps), a.reasons()...) }

// accountActs puts acts into the rows of an account's tokens and publishers.
func (s *Server) accountActs(r *http.Request, p *dossierPage, a *dossier.Account) {
	acts := s.rowActs(r)
	for i := range p.Main {
		c := &p.Main[i]
		if c.Table == nil {
			continue
		}
		for j := range c.Table.Rows {
			cell := &c.Table.Rows[j].Cells[0]
			switch {
			case c.ID == "tokens" && a.Tokens.Rows[j].State != "revoked" && a.Tokens.Rows[j].State != "expired":
				*cell = acts.link(*cell, "Revoke…", "token.revoke", "token", itoa(a.Tokens.Rows[j].ID))
			case c.ID == "publishers":
				x := &a.Publishers.Configs[j]
				*cell = acts.link(*cell, "Suspend…", "publisher.suspend", "provider", x.Provider, "id", itoa(x.ID))
			}
		}
		acts.put(c)
	}
}

// crateActs puts acts into the rows of a crate's owners and publishers.
func (s *Server) crateActs(r *http.Request, p *dossierPage, d *dossier.Crate) {
	acts := s.rowActs(r)
	for _, cards := range [][]Card{p.Main, p.Side} {
		for i := range cards {
			switch c := &cards[i]; c.ID {
			case "owners":
				for j := range c.Table.Rows {
					o, cell := &d.Owners.Active[j], &c.Table.Rows[j].Cells[0]
					who := "account"
					if o.Kind == "team" {
						who = "team"
					}
					*cell = acts.link(*cell, "Remove…", "owner.remove", "crate", d.Name, who, itoa(o.ID))
				}
				acts.put(c)
			case "publishers":
				for j := range c.Guards {
					x := &d.Publishers.Configs[j]
					c.Guards[j].Note = acts.link(c.Guards[j].Note, "Suspend…", "publisher.suspend", "provider", x.Provider, "id", itoa(x.ID))
				}
				acts.put(c)
			}
		}
	}
}

// jobActs puts acts into the rows of the queue.
func (s *Server) jobActs(r *http.Request, p *jobsPage, rows []dossier.Job) {
	acts := s.rowActs(r)
	for i := range p.Rows {
		id := digits(rows[i].ID)
		p.Rows[i].State = acts.link(acts.link(p.Rows[i].State, "Retry…", "job.retry", "id", id), "Park…", "job.park", "id", id)
	}
	for _, why := range acts.reasons() {
		p.Notices = append(p.Notices, Notice{Tone: Info, Title: why})
	}
}
