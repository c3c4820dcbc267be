package web

import (
	"net/http"
	"strconv"
	"strings"

	"cratewarden/advisory"
	"cratewarden/incident"
)

func parseNumber(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0
}

func (s *Server) incidentDraft(w http.ResponseWriter, r *http.Request) error {
	x, d, err := s.draftOf(r)
	if err != nil {
		return err
	}
	return s.showDraftText(w, r, http.StatusOK, x, d, nil)
}

// showDraftText shows one text with what can be done about it, perhaps with what
// was typed.
func (s *Server) showDraftText(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, d incident.Draft, typed map[string]string, notices ...Notice) error {
	title := formatWords(d.Format)
	p := formsPage{Page: s.page(r, title+" of "+visible(x.ID)), Notices: append(caseNotices(&x), notices...)}
	p.Head = Head{Crumbs: []Link{{"Incidents", "/incidents"}, {visible(x.ID), incidentURL(x.ID)}, {"Notices", incidentURL(x.ID, "drafts")}}, Title: title, Code: visible(firstOf(d.Crate, d.Recipient)), Lead: draftState(&d)}
	p.Head.Actions = []Action{{Label: "Download", URL: draftURL(x.ID, d.ID, "file")}}
	if d.Locked != "" {
		p.Notices = append(p.Notices, Notice{Tone: Info, Title: "Locked", Text: Text(d.Locked)})
	}
	if d.CorrectedBy != 0 {
		p.Notices = append(p.Notices, Notice{Tone: Warn, Title: "A correction was made", Text: Phrase{}.Link("The correction", draftURL(x.ID, d.CorrectedBy))})
	}
	p.Forms = []formCard{s.editorForm(r, &x, &d, typed)}
	if d.Made != "" {
		p.Texts = append(p.Texts, wordsCard{Title: "What the facts give now", Note: "it differs from the text above", Text: d.Made})
	}
	p.Side = append(p.Side, lintCard(&d), draftAbout(&d))
	if c := s.recipientsCard(r, &d); c.Title != "" {
		p.Side = append(p.Side, c)
	}
	p.SideForms = s.draftForms(r, &x, &d, typed)
	return s.render(w, "forms", status, p)
}

// editorForm is the text itself: to read, to copy, and to edit while it may be.
func (s *Server) editorForm(r *http.Request, x *incident.Incident, d *incident.Draft, typed map[string]string) formCard {
	form := formCard{ID: "text", Title: "Text", Note: visible(d.Path), Class: "editor", Action: draftURL(x.ID, d.ID), Hidden: []Link{{"revision", digits(d.Revision)}}, Copy: d.Body, Refused: s.refusal(r, "incident.draft"),
		Fields: []planField{{ID: "draft-body", Name: "body", Label: "Text", Type: "long", Rows: 26, Required: true, Value: d.Body}}, Buttons: []formButton{{Label: "Save the text"}}}
	if body, ok := typed["body"]; ok {
		form.Fields[0].Value = body
	}
	switch d.State {
	case incident.DraftOpen:
		form.Foot = "it is checked again when it is saved"
	case incident.DraftApproved:
		form.Foot = "its approval falls when it changes"
	default:
		form.Refused = firstOf(form.Refused, "It was "+string(d.State)+". A correction is a text of its own.")
	}
	return form
}

// lintCard says what is wrong with a text.
func lintCard(d *incident.Draft) Card {
	c := Card{ID: "lint", Title: "Lint", Note: Plural(len(d.Problems), "finding")}
	if !d.Checked {
		return c.missing("it was not checked: the facts of the case cannot be read now")
	}
	if len(d.Problems) == 0 {
		c.Guards = []Guard{{Tone: Good, Word: "valid", Text: Text("It is whole and follows the rules of its form.")}}
	}
	type finding struct {
		rule, why string
		severe    bool
	}
	var order []finding
	where := map[finding][]string{}
	for _, p := range d.Problems {
		f := finding{p.Rule, p.Why, p.Severe}
		if where[f] == nil {
			order = append(order, f)
		}
		where[f] = append(where[f], p.Where)
	}
	for i, f := range order {
		if i == 40 {
			c.Gaps = []string{Num(len(order)-40) + " more kinds of findings."}
			break
		}
		g := Guard{Tone: Warn, Word: "advice", Text: Text(f.why), Note: Text("advice · " + places(where[f]) + " · ").Code(f.rule)}
		if f.severe {
			g.Tone, g.Word, g.Note = Bad, "mend", Text("to be mended · "+places(where[f])+" · ").Code(f.rule)
		}
		c.Guards = append(c.Guards, g)
	}
	return c
}

// places names where the same is wrong: the first, and how many more.
func places(list []string) string {
	const most = 6
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + " and " + Num(len(list)-most) + " more"
}

func draftAbout(d *incident.Draft) Card {
	c := Card{ID: "about", Title: "About", List: []Fact{{Label: "Owner", Value: personPhrase(d.Owner)}, {Label: "Made", Value: Phrase{}.UTC(d.MadeAt)}, {Label: "Changed", Value: Phrase{}.Ago(d.ChangedAt)}}}
	readers := "chosen people"
	if d.Public {
		readers = "everybody"
	}
	c.List = append(c.List, Fact{Label: "Read by", Value: Text(readers)})
	if d.ApprovedAt != nil {
		by := Phrase{}.UTC(*d.ApprovedAt).Say(" by ").Say(d.ApprovedBy.Name)
		if d.ApprovedBy.ID != "" && d.ApprovedBy.ID == d.Owner.ID {
			by = by.Say(", who made it too")
		}
		c.List = append(c.List, Fact{Label: "Approved", Value: by, Note: visible(d.ApprovedWhy)})
	}
	if d.SentAt != nil {
		where := Text(d.SentWhere)
		if strings.Contains(d.SentWhere, "://") {
			where = Phrase{}.External(d.SentWhere)
		}
		c.List = append(c.List, Fact{Label: "Sent", Value: Phrase{}.UTC(*d.SentAt).Say(" by ").Say(d.SentBy.Name)}, Fact{Label: "Where", Value: where})
	}
	return c
}

// recipientsCard says who a mail is for, with masked addresses: whoever sends it
// opens the address on the account's page, on the record.
func (s *Server) recipientsCard(r *http.Request, d *incident.Draft) Card {
	if !strings.HasPrefix(string(d.Format), "mail-") && !strings.HasPrefix(string(d.Format), "abuse-") {
		return Card{}
	}
	c := Card{ID: "recipients", Title: "Who gets it"}
	list, err := s.cfg.Incidents.Recipients(r.Context(), d.ID)
	if err != nil {
		return c.missing(sentence(kindOf(r.Context(), err), err))
	}
	c.Note = Plural(len(list), "receiver")
	for i, x := range list {
		if i == 40 {
			c.Gaps = []string{Num(len(list)-40) + " more; the ZIP of all notices has a mail for each."}
			break
		}
		g := Guard{Tone: Info, Word: "receiver", Text: Text(x.Login), Note: Text(x.Note)}
		if x.Account > 0 {
			g.Text = Phrase{}.Link(firstOf(x.Login, itoa(x.Account)), Path("accounts", itoa(x.Account)))
		}
		if x.Masked != "" {
			g.Note = Phrase{}.Masked(x.Masked).Say(" ").Say(x.Note)
		}
		c.Guards = append(c.Guards, g)
	}
	return c
}

// draftForms are what can be done about a text in the state that it is in.
func (s *Server) draftForms(r *http.Request, x *incident.Incident, d *incident.Draft, typed map[string]string) (out []formCard) {
	refused := s.refusal(r, "incident.publish")
	revision := []Link{{"revision", digits(d.Revision)}}
	of := func(form, name string) string {
		if typed["form"] == form {
			return typed[name]
		}
		return ""
	}
	form := func(id, title, note string, buttons []formButton, fields ...planField) {
		out = append(out, formCard{ID: id, Title: title, Note: note, Action: draftURL(x.ID, d.ID, id), Hidden: append([]Link{{"form", id}}, revision...), Fields: fields, Buttons: buttons, Refused: refused})
	}
	reason := func(id, label string, needed bool) planField {
		return planField{ID: id + "-reason", Name: "reason", Label: label, Type: "long", Rows: 2, Required: needed, Value: of(id, "reason")}
	}
	switch d.State {
	case incident.DraftOpen:
		var fields []planField
		if severe(d) > 0 {
			fields = append(fields, reason("approve", "Why it may go in spite of the findings", true))
		}
		form("approve", "Approve", "you answer for the text", []formButton{{Label: "Approve the text", Primary: true}}, fields...)
	case incident.DraftApproved:
		if severe(d) > 0 { // it does not go out with what came up since
			form("approve", "Approve it again", "the facts changed", []formButton{{Label: "Approve it all the same"}}, reason("approve", "Why it may go in spite of the findings", true))
		}
		fields := []planField{{ID: "send-where", Name: "where", Label: "Where it was published or sent", Type: "text", Required: true, Value: of("send", "where"), Hint: "https://… or the channel"}}
		if len(d.Vias) > 1 {
			fields = append(fields, planField{ID: "send-via", Name: "via", Label: "How", Type: "choice", Required: true, Value: of("send", "via"), Options: []Option{{string(incident.ByHand), "I sent it by hand"}, {string(incident.ByChannels), "the console sends it through its channels"}}})
		}
		form("send", "Sent", "when it went out", []formButton{{Label: "Take down as sent", Primary: true}}, fields...)
	case incident.DraftSent, incident.DraftCorrected:
		if d.CorrectedBy == 0 {
			fields := []planField{reason("correct", "What was wrong", true)}
			if d.Format == advisory.CSAF20 || d.Format == advisory.CSAF21 {
				fields = append(fields, planField{ID: "correct-public", Name: "public", Label: "What changed, for readers", Type: "text", Value: of("correct", "public"), Hint: "left empty, what the two documents show", Help: "The history of revisions has it."})
			}
			form("correct", "Correct it", "the sent text stays as it is", []formButton{{Label: "Write a correction"}}, fields...)
		}
	}
	if d.State != incident.DraftWithdrawn {
		form("withdraw", "Withdraw", "it stays on the record", []formButton{{Label: "Withdraw it"}}, reason("withdraw", "Why", d.State != incident.DraftOpen))
	}
	return out
}

// incidentDraftFile gives a text out as its file.
func (s *Server) incidentDraftFile(w http.ResponseWriter, r *http.Request) error {
	x, d, err := s.draftOf(r)
	if err != nil {
		return err
	}
	name := d.Path
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		name = name[at+1:]
	}
	return s.sendFile(w, firstOf(name, x.ID+"-"+string(d.Format)), d.Type, []byte(d.Body))
}

// incidentPatch gives the approved advisories of one form as a patch.
func (s *Server) incidentPatch(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	f := readFields(r)
	format := f.choice("format", string(advisory.RustSec), string(advisory.OSV))
	if f.err != nil {
		return f.err
	}
	text, err := s.cfg.Incidents.Patch(r.Context(), x.ID, incident.PatchOrder{Format: advisory.Format(firstOf(format, string(advisory.RustSec))), Who: s.who(r)})
	if err != nil {
		return err
	}
	return s.sendFile(w, "0001-"+x.ID+"-"+firstOf(format, string(advisory.RustSec))+".patch", "text/x-patch; charset=utf-8", text)
}
