package web

import (
	"maps"
	"net/http"
	"slices"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/opening"
	"cratewarden/pg"
)

// ledgerEntryPage is one entry with what proves it.
type ledgerEntryPage struct {
	Page
	Head    Head
	Verdict Verdict
	Cards   []Card
	Raw     string // the entry as it was hashed
	Size    string
	Leaf    Phrase
}

func (s *Server) ledgerEntry(w http.ResponseWriter, r *http.Request) error {
	record, err := s.record(r)
	if err != nil {
		return err
	}
	e := &record.Entry
	answers, err := s.cfg.Ledger.Answers(r.Context(), "", e.Index)
	if err != nil {
		return pg.Map(err)
	}
	var asked *ledger.Entry
	if e.Refers != nil {
		before, err := s.cfg.Ledger.Get(r.Context(), *e.Refers)
		if err != nil {
			return pg.Map(err)
		}
		asked = &before.Entry
	}
	state, err := s.cfg.Ledger.State(r.Context())
	if err != nil && cratewarden.KindOf(err) != cratewarden.Conflict { // a head nobody signed is the list's to tell
		return pg.Map(err)
	}
	p := ledgerEntryPage{Page: s.page(r, "Ledger entry "+digits(e.Index)), Head: entryHead(record, state.Size), Verdict: proofVerdict(record), Raw: visible(string(record.Body)), Size: Bytes(int64(len(record.Body)))}
	leaf := record.Hash().String()
	p.Leaf = Phrase{}.Copy(leaf, "")
	p.Cards = []Card{entryFacts(e, s.has("GET /plans/{id}")), whyCard(e), relationsCard(e, asked, answers), s.personalCard(r, record)}
	p.Cards = append(p.Cards, s.rowsCards(r, e)...)
	p.Cards = append(p.Cards, documentsCard(e, s.cfg.Documents != nil), imagesCard(e), detailsCard(e))
	p.Cards = slices.DeleteFunc(p.Cards, func(c Card) bool { return c.Title == "" })
	return s.render(w, "ledger_entry", http.StatusOK, p)
}

func entryHead(record ledger.Record, size int64) Head {
	e := &record.Entry
	h := Head{Crumbs: []Link{{"Ledger", "/ledger"}}, Title: "Entry", Code: "#" + digits(e.Index), Badges: []Badge{{Tone: kindTone(e.Kind), Text: string(e.Kind)}}}
	if e.Result != nil {
		h.Badges = append(h.Badges, Badge{Tone: stateTone(e.Result.State), Text: visible(e.Result.State)})
	}
	h.Lead = append(actorPhrase(e.Actor), Phrase{}.Say(" · ").UTC(e.At).Say(" UTC · ").Ago(e.At)...)
	proof := Action{Label: "Inclusion proof", URL: entryURL(e.Index) + "/proof"}
	if record.Proof == nil {
		proof.Refused = "No signed head holds it yet."
	}
	h.Actions = []Action{proof, {Label: "Entry as JSON", URL: entryURL(e.Index) + "/entry.json"}}
	if e.Index > 0 {
		h.Actions = append(h.Actions, Action{Label: "Entry before", URL: entryURL(e.Index - 1)})
	}
	if e.Index+1 < size {
		h.Actions = append(h.Actions, Action{Label: "Entry after", URL: entryURL(e.Index + 1)})
	}
	return h
}

// proofVerdict says whether the stored hashes prove the entry, checked now.
func proofVerdict(record ledger.Record) Verdict {
	switch {
	case record.Proof == nil:
		return Verdict{Tone: Warn, Word: "Not signed yet", Text: Text("No signed head holds this entry yet, so nothing outside this database proves it.")}
	case record.Proof.Check(record.Body) != nil:
		return Verdict{Tone: Bad, Word: "Does not fit", Text: Text("The stored hashes do not prove this entry: it or they were changed. Keep the database as it is and run: cratewarden ledger verify.")}
	}
	return Verdict{Tone: Good, Word: "In the log", Text: Text("Entry " + digits(record.Entry.Index) + " is part of the signed log of " + entries(record.Proof.Signed.Size) + ". With the proof, the entry and the public key anybody can check that without this console.")}
}

// entryFacts are the fields that say what was done, by whom, to what.
func entryFacts(e *ledger.Entry, plans bool) Card {
	c := Card{ID: "record", Title: "Record", Note: "times are UTC"}
	add := func(label string, p Phrase) {
		if len(p) > 0 {
			c.List = append(c.List, Fact{Label: label, Value: p})
		}
	}
	actor := append(actorPhrase(e.Actor), Phrase{}.Muted(" id ").Code(e.Actor.ID)...)
	if n := e.Actor.RegistryUser; n > 0 {
		actor = actor.Muted(" registry account ").Link(digits(n), Path("accounts", digits(n)))
	}
	add("Actor", actor)
	add("Session", codeIf(e.Session))
	if e.Action != "" {
		add("Action", Text(access.Words(e.Action)+" · ").Code(e.Action).Say(" · ").Link("all of it", address("/ledger", "action", e.Action)))
	}
	for _, x := range e.Subjects {
		id := x.ID
		if x.Kind != "" {
			id = x.Kind + ":" + x.ID
		}
		p := subjectPhrase(x)
		if x.Name != "" {
			p = p.Muted(" id ").Code(x.ID)
		}
		add("Subject", p.Say(" · ").Link("its entries", address("/ledger", "subject", id)))
	}
	if e.Plan != "" {
		plan := Phrase{}.Link(e.Plan, address("/ledger", "plan", e.Plan))
		if plans {
			plan = plan.Say(" · ").Link("the plan", Path("plans", e.Plan))
		}
		add("Plan", plan)
	}
	if e.Incident != "" {
		add("Incident", Phrase{}.Link(e.Incident, address("/ledger", "incident", e.Incident)))
	}
	for _, a := range e.Approvals {
		add("Approved by", append(actorPhrase(a.Actor), Phrase{}.Say(" ").UTC(a.At).Muted(sessionWord(a.Session))...))
	}
	if e.Result != nil {
		add("Result", append(stateBadge(e.Result), Phrase{}.Say(" "+e.Result.Detail)...))
	}
	add("Registry transaction", codeIf(e.RegistryTx))
	return c
}

func sessionWord(id string) string {
	if id == "" {
		return ""
	}
	return " session " + id
}

// codeIf is a text in the fixed-width face, nothing for none.
func codeIf(text string) Phrase {
	if text == "" {
		return nil
	}
	return Phrase{}.Code(text)
}

// whyCard holds the two reasons apart.
func whyCard(e *ledger.Entry) Card {
	if e.Reasons == nil {
		return Card{}
	}
	return Card{ID: "reasons", Title: "Why", List: []Fact{{Label: "Public reason", Value: orDash(e.Reasons.Public), Note: "outsiders may see it"}, {Label: "Internal note", Value: orDash(e.Reasons.Internal), Note: "never leaves the console"}}}
}

// relationMost is how many answers to an entry are shown.
const relationMost = 100

// relationsCard links the entry to what it answers and what answers it.
func relationsCard(e, asked *ledger.Entry, answers []ledger.Entry) Card {
	c := Card{ID: "relations", Title: "Before and after it", Table: &Table{Caption: "Entries that belong to this one", Columns: []Column{{Label: "Relation"}, {Label: "Entry"}, {Label: "Kind"}, {Label: "When (UTC)"}, {Label: "Actor"}, {Label: "Result"}}}}
	add := func(relation string, x *ledger.Entry) {
		result := Phrase{}.Muted("–")
		if x.Result != nil {
			result = stateBadge(x.Result)
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Text(relation), entryLink(x.Index), Phrase{}.Badge(kindTone(x.Kind), string(x.Kind)), Phrase{}.UTC(x.At), actorPhrase(x.Actor), result}})
	}
	if asked != nil {
		add("it answers", asked)
	}
	for i := range answers {
		if i == relationMost {
			c.Gaps = []string{Num(relationMost) + " of " + Num(len(answers)) + " answers are shown."}
			break
		}
		add("answered by", &answers[i])
	}
	if len(c.Table.Rows) > 0 {
		return c
	}
	if e.Kind != ledger.Intent {
		return Card{}
	}
	c.Table = nil
	c.Notices = []Notice{{Tone: Warn, Title: "There is no outcome yet", Text: Text("The change is under way, or the console ended before it could say. It looks again by itself and records what became of it.")}}
	return c
}

// personalCard says that there is personal data, never what.
func (s *Server) personalCard(r *http.Request, record ledger.Record) Card {
	e := &record.Entry
	if e.Sealed == nil {
		return Card{}
	}
	state := Fact{Label: "State", Value: Phrase{}.Badge(Hold, "sealed"), Note: "Opening it is recorded."}
	if record.Erased {
		state = Fact{Label: "State", Value: Phrase{}.Badge(Bad, "erased"), Note: "Its key was deleted; nobody can read it again."}
	}
	c := Card{ID: "personal", Title: "Personal data", List: []Fact{state, {Label: "SHA-256 of the ciphertext", Value: Phrase{}.Copy(e.Sealed.String(), "")}}}
	if !record.Erased && s.mayOpen(r, opening.Entry) {
		c.More = Link{"open", s.openURL(opening.Entry, digits(e.Index))}
	}
	return c
}

// rowsCards show the rows before and after, or why they cannot be shown.
func (s *Server) rowsCards(r *http.Request, e *ledger.Entry) []Card {
	at := slices.IndexFunc(e.Documents, func(d ledger.Document) bool { return d.Name == rowsDocument })
	if at < 0 || s.cfg.Documents == nil {
		return nil // the documents' card has the hash
	}
	d := e.Documents[at]
	intro := Card{ID: "rows", Title: "Rows before and after", Note: "held to its SHA-256"}
	if d.Bytes > rowsBytesMost {
		intro.Notices = []Notice{Missing("Not shown", "the document has "+Bytes(d.Bytes)+"; download it below")}
		return []Card{intro}
	}
	body, err := s.document(r, d)
	if err != nil {
		tone := Info
		if cratewarden.KindOf(err) == cratewarden.Conflict {
			tone = Bad
		}
		intro.Note, intro.Notices = "", []Notice{{Tone: tone, Title: "Not shown", Text: Text(cratewarden.MessageOf(err))}}
		return []Card{intro}
	}
	rows := readRows(body, rowsMost)
	cards, left := rows.cards()
	intro.Text = Text(Plural(rows.total, "row") + " in " + Plural(len(rows.tables), "table") + ". Of a row that changed, only the columns that differ are shown; a row that was inserted or deleted is shown whole. ")
	if !private(body) {
		intro.Text = intro.Text.Link("Download all", documentURL(e, d))
	} else {
		intro.Gaps = append(intro.Gaps, "Mail addresses and secrets are masked; evidence has what was sealed, and opening that is recorded.")
	}
	if rows.err != nil {
		intro.Notices = []Notice{{Tone: Warn, Title: "Not all could be read", Text: Text(cratewarden.MessageOf(rows.err))}}
	}
	if left != "" {
		intro.Gaps = append(intro.Gaps, left)
	}
	return append([]Card{intro}, cards...)
}

func documentURL(e *ledger.Entry, d ledger.Document) string {
	return entryURL(e.Index) + "/documents/" + d.SHA256.String()
}

// documentsCard lists what the entry names by hash.
func documentsCard(e *ledger.Entry, kept bool) Card {
	if len(e.Documents) == 0 {
		return Card{}
	}
	c := Card{ID: "documents", Title: "Documents", Note: "kept beside the log, named by hash", Table: &Table{Caption: "Documents that the entry names", Columns: []Column{{Label: "Document"}, {Label: "Size", Num: true}, {Label: "SHA-256"}}}}
	for _, d := range e.Documents {
		name, size := Text(d.Name), "–"
		if kept {
			name = Phrase{}.Link(d.Name, documentURL(e, d))
		}
		if d.Bytes > 0 {
			size = Bytes(d.Bytes)
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{name, Text(size), Phrase{}.Copy(d.SHA256.String(), Short(d.SHA256.String()))}})
	}
	if !kept {
		c.Notices = []Notice{Missing("The documents themselves", "this console keeps none yet; the hashes say which they were")}
	}
	return c
}

// imagesCard lists the hashes of rows before and after.
func imagesCard(e *ledger.Entry) Card {
	if len(e.Images) == 0 {
		return Card{}
	}
	c := Card{ID: "images", Title: "Hashes of rows", Note: Plural(len(e.Images), "row"), Table: &Table{Caption: "Hashes of rows before and after", Columns: []Column{{Label: "Row"}, {Label: "Before"}, {Label: "After"}}}}
	hash := func(d *ledger.Digest) Phrase {
		if d == nil {
			return Phrase{}.Muted("no row")
		}
		return Phrase{}.Copy(d.String(), Short(d.String()))
	}
	for i, x := range e.Images {
		if i == rowsMost {
			c.Gaps = []string{Num(rowsMost) + " of " + Num(len(e.Images)) + " are shown; the entry as JSON has all."}
			break
		}
		c.Table.Rows = append(c.Table.Rows, Row{Cells: []Phrase{Phrase{}.Code(x.Row), hash(x.Before), hash(x.After)}})
	}
	return c
}

// detailsCard are the facts for which there is no field.
func detailsCard(e *ledger.Entry) Card {
	if len(e.Details) == 0 {
		return Card{}
	}
	c := Card{ID: "details", Title: "Details"}
	for _, name := range slices.Sorted(maps.Keys(e.Details)) {
		c.List = append(c.List, Fact{Label: visible(name), Value: orDash(e.Details[name])})
	}
	return c
}
