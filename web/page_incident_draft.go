package web

import (
	"net/http"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident"
)

// formatWords is a form of a text as people call it.
func formatWords(f advisory.Format) string {
	if name, ok := map[advisory.Format]string{
		advisory.RustSec: "RustSec advisory", advisory.OSV: "OSV record", advisory.CSAF20: "CSAF 2.0", advisory.CSAF21: "CSAF 2.1", advisory.Blog: "Blog post", advisory.Zulip: "Zulip post", advisory.Status: "Status page",
		advisory.MailLocked: "Mail to a locked account", advisory.MailCoOwner: "Mail to a co-owner", advisory.MailDependents: "Mail to owners of dependents", advisory.MailReporter: "Mail to the reporter",
		advisory.AbuseIdentity: "Abuse report to the identity provider", advisory.AbuseHoster: "Abuse report to a hoster", advisory.AmIAffected: "“Am I affected?” command", advisory.List: "List for machines", advisory.PostMortem: "Post-mortem",
	}[f]; ok {
		return name
	}
	return visible(string(f))
}

func draftURL(id string, draft int64, rest ...string) string {
	return incidentURL(id, append([]string{"drafts", digits(draft)}, rest...)...)
}

func (s *Server) incidentDrafts(w http.ResponseWriter, r *http.Request) error {
	x, err := s.caseOf(r)
	if err != nil {
		return err
	}
	f := readFields(r)
	format := f.choice("format", "zip", "json")
	if f.err != nil {
		return f.err
	}
	switch format {
	case "zip":
		file, err := s.cfg.Incidents.ExportDrafts(r.Context(), x.ID, nil)
		if err != nil {
			return err
		}
		return s.sendFile(w, x.ID+"-notices.zip", "application/zip", file)
	case "json":
		list, err := s.cfg.Incidents.Drafts(r.Context(), x.ID)
		if err != nil {
			return err
		}
		return s.sendJSON(w, x.ID+"-notices", map[string]any{"drafts": list})
	}
	return s.showDrafts(w, r, http.StatusOK, x, draftsTyped{})
}

// draftsTyped is what was ticked and written on the page of notices.
type draftsTyped struct {
	where, reason, early string
	ticked               []string // nil ticks what can go on
	notices              []Notice
}

// showDrafts shows all texts by channel, perhaps with what could not be done.
func (s *Server) showDrafts(w http.ResponseWriter, r *http.Request, status int, x incident.Incident, typed draftsTyped) error {
	list, err := s.cfg.Incidents.Drafts(r.Context(), x.ID)
	if err != nil {
		return err
	}
	p := draftsPage{Page: s.page(r, "Notices of "+visible(x.ID)), Head: caseHead(&x), Tabs: s.caseTabs(&x, "drafts"), Notices: append(caseNotices(&x), typed.notices...), Action: incidentURL(x.ID, "drafts"), Where: typed.where, Reason: typed.reason}
	advice, adviceErr := s.cfg.Incidents.Channels(r.Context(), x.ID)
	p.Groups = draftGroups(&x, list, advice, typed)
	p.Forms = []formCard{s.makeForm(r, &x, len(list) > 0)}
	if gap, any := factsMissing(&x); any {
		p.Notices = append(p.Notices, gap)
	}
	if len(list) > 0 {
		p.Head.Actions = append(p.Head.Actions, Action{Label: "All as ZIP", URL: address(p.Action, "format", "zip")})
		for _, f := range []advisory.Format{advisory.RustSec, advisory.OSV} {
			if slices.ContainsFunc(list, func(d incident.Draft) bool {
				return d.Format == f && (d.State == incident.DraftApproved || d.State == incident.DraftSent)
			}) {
				label := map[advisory.Format]string{advisory.RustSec: "RustSec patch", advisory.OSV: "OSV patch"}[f]
				p.Head.Actions = append(p.Head.Actions, Action{Label: label, URL: address(incidentURL(x.ID, "patch"), "format", string(f)), Refused: patchLocked(&x)})
			}
		}
	}
	refused := s.refusal(r, "incident.publish")
	p.Buttons = []draftButton{
		{Label: "Approve the ticked", Value: "approve", Primary: true, Action: p.Action + "/approve", Refused: refused},
		{Label: "Take down as sent", Value: "send", Action: p.Action + "/send", Refused: refused},
	}
	p.Side = []Card{adviceCard(advice, adviceErr, r)}
	if x.MayPublish() && x.TLP != incident.Clear && !caseOver(x.State) {
		p.SideForms = append(p.SideForms, formCard{ID: "clear", Title: "TLP:" + visible(string(x.TLP)), Note: "not for everybody yet", Action: incidentURL(x.ID, "change"), Hidden: []Link{{"set.tlp", string(incident.Clear)}, {"was.tlp", string(x.TLP)}, {"then", "drafts"}}, Refused: s.refusal(r, "incident.decide"),
			About: Text("What everybody reads needs a case that everybody may be told of."), Buttons: []formButton{{Label: "Set it to CLEAR"}}})
	}
	if !x.MayPublish() {
		p.Notices = append(p.Notices, Notice{Tone: Info, Title: "Public notices are locked", Text: Text("What everybody reads waits until the case is removed, so that nobody is pointed at something that can still be downloaded. Drafts can be written and approved.")})
		p.SideForms = append(p.SideForms, formCard{ID: "early", Title: "Unlock them early", Note: "with a reason", Action: incidentURL(x.ID, "override"), Refused: refused,
			Fields:  []planField{{ID: "early-reason", Name: "reason", Label: "Why it cannot wait", Type: "long", Rows: 3, Required: true, Value: typed.early, Help: "Everybody on the case is told, and it stays in the ledger."}},
			Buttons: []formButton{{Label: "Unlock public notices", Danger: true}}})
	}
	return s.render(w, "drafts", status, p)
}

// factsMissing says before notices are made which texts of the facts are empty that
// nearly all of them are filled from; the lint would find each of them afterwards.
func factsMissing(x *incident.Incident) (Notice, bool) {
	if caseOver(x.State) || x.Verdict == incident.Undecided || x.Verdict == incident.Benign {
		return Notice{}, false
	}
	needed := []string{"summary", "behaviour", "trigger", "used"}
	if x.Verdict == incident.ServiceCase {
		needed = []string{"summary", "effect"}
	} else if x.Verdict == incident.PolicyCase {
		needed = []string{"summary"}
	}
	if answer := strings.TrimSpace(textOfField(x, "used").Body); answer != "" && slices.Contains(needed, "used") {
		needed = append(needed, "use-note")
	}
	text, n := Phrase{}, 0
	for i, f := range textFields(x) {
		if !slices.Contains(needed, f.Field) || strings.TrimSpace(textOfField(x, f.Field).Body) != "" {
			continue
		}
		if n++; n > 1 {
			text = text.Say(", ")
		}
		text = text.Link(f.Title, incidentURL(x.ID, "figures")+"#text-"+digits(i))
	}
	return Notice{Tone: Warn, Title: Plural(n, "fact") + " that notices tell " + map[bool]string{true: "is", false: "are"}[n == 1] + " still empty", Text: text.Say(". Write them first: what is made without them has gaps, and the lint finds them.")}, n > 0
}

// patchLocked says why a patch cannot be taken out yet.
func patchLocked(x *incident.Incident) string {
	if x.MayPublish() {
		return ""
	}
	return "Locked until removed."
}

// makeForm makes texts out of the facts of now.
func (s *Server) makeForm(r *http.Request, x *incident.Incident, again bool) formCard {
	options := []Option{{"", "all that the facts give occasion for"}}
	for _, f := range advisory.Formats() {
		options = append(options, Option{string(f), formatWords(f)})
	}
	form := formCard{ID: "make", Title: "Make the notices", Note: "from the facts of now", Action: incidentURL(x.ID, "drafts"), Refused: s.refusal(r, "incident.draft"),
		About:   Text("Nothing is sent by making them. What a person edited or approved is never overwritten."),
		Fields:  []planField{{ID: "make-format", Name: "format", Label: "Which", Type: "choice", Required: true, Options: options}},
		Buttons: []formButton{{Label: "Make them", Primary: !again}}}
	if again {
		form.Title, form.Buttons[0].Label = "Make them anew", "Make them anew"
	}
	return form
}

// draftGroups puts texts under the channel that they are for.
func draftGroups(x *incident.Incident, list []incident.Draft, advice []incident.Channel, typed draftsTyped) (out []draftGroup) {
	placed := map[int64]bool{}
	put := func(title, note string, formats []advisory.Format) {
		g := draftGroup{ID: "channel-" + digits(len(out)), Title: visible(title), Note: note}
		for i := range list {
			d := &list[i]
			if placed[d.ID] || formats != nil && !slices.Contains(formats, d.Format) {
				continue
			}
			placed[d.ID] = true
			g.Rows = append(g.Rows, draftRowOf(x, d, typed))
		}
		if len(g.Rows) > 0 {
			out = append(out, g)
		}
	}
	for _, a := range advice {
		note := "needed"
		if !a.Do {
			note = "not advised"
		}
		put(a.Channel, note, a.Formats)
	}
	put(map[bool]string{true: "Texts", false: "Other texts"}[len(out) == 0], "", nil)
	return out
}

func draftRowOf(x *incident.Incident, d *incident.Draft, typed draftsTyped) draftRow {
	row := draftRow{ID: digits(d.ID), Revision: digits(d.Revision), Label: visible(strings.TrimSpace(formatWords(d.Format) + " " + firstOf(d.Crate, d.Recipient))), Owner: visible(firstOf(d.Owner.Name, "the console")), Changed: Phrase{}.Ago(d.ChangedAt)}
	row.What = Phrase{}.Link(formatWords(d.Format), draftURL(x.ID, d.ID))
	if d.Crate != "" {
		row.What = row.What.Say(" ").Code(d.Crate)
	}
	if d.Recipient != "" {
		row.What = row.What.Muted(" to ").Say(shorten(d.Recipient, 80))
	}
	if d.Edited {
		row.What = row.What.Say(" ").Badge(Plain, "edited")
	}
	if d.Corrects != 0 {
		row.What = row.What.Say(" ").Badge(Info, "correction")
	}
	row.State = draftState(d)
	row.Lint = lintPhrase(d)
	open := d.State == incident.DraftOpen && severe(d) == 0 || d.State == incident.DraftApproved
	row.Ticked = open && (d.Locked == "" || d.State == incident.DraftOpen)
	if typed.ticked != nil {
		row.Ticked = slices.Contains(typed.ticked, row.ID)
	}
	row.Over = d.State == incident.DraftSent || d.State == incident.DraftCorrected || d.State == incident.DraftWithdrawn
	return row
}

func draftState(d *incident.Draft) Phrase {
	tone := map[incident.DraftState]Tone{incident.DraftApproved: Info, incident.DraftSent: Good, incident.DraftCorrected: Warn}[d.State]
	out := Phrase{}.Badge(tone, string(d.State))
	switch {
	case d.SentAt != nil:
		out = out.Say(" ").Ago(*d.SentAt)
	case d.Locked != "":
		out = out.Say(" ").Badge(Hold, "locked")
	case d.ApprovedAt != nil:
		out = out.Say(" ").Muted("by " + d.ApprovedBy.Name)
	}
	return out
}

func severe(d *incident.Draft) (n int) {
	for _, p := range d.Problems {
		if p.Severe {
			n++
		}
	}
	return n
}

func lintPhrase(d *incident.Draft) Phrase {
	n := severe(d)
	advice := len(d.Problems) - n
	switch {
	case d.State == incident.DraftWithdrawn:
		return Phrase{}.Muted("–")
	case !d.Checked:
		return Phrase{}.Badge(Warn, "not checked")
	case n > 0:
		return Phrase{}.Badge(Bad, Num(n)+" to mend").Say(" ").Muted(shorten(d.Problems[0].Why, 90))
	case advice > 0:
		return Phrase{}.Badge(Warn, "valid, "+Num(advice)+" advice")
	}
	return Phrase{}.Badge(Good, "valid")
}

// adviceCard says which channels the policy wants.
func adviceCard(advice []incident.Channel, err error, r *http.Request) Card {
	c := Card{ID: "advice", Title: "Which channels", Note: "policy of 2026-02-13"}
	if err != nil {
		return c.missing(sentence(kindOf(r.Context(), err), err))
	}
	for _, a := range advice {
		g := Guard{Tone: Plain, Word: "not advised", Text: Phrase{}.Say(a.Channel), Note: Text("not advised · " + a.Why)}
		if a.Do {
			g.Tone, g.Word, g.Note = Good, "needed", Text("needed · "+a.Why)
		}
		c.Guards = append(c.Guards, g)
	}
	return c
}

// draftOf is the text of the path, which must be of the case of the path.
func (s *Server) draftOf(r *http.Request) (incident.Incident, incident.Draft, error) {
	x, err := s.caseOf(r)
	if err != nil {
		return x, incident.Draft{}, err
	}
	n, ok := parseNumber(r.PathValue("draft"))
	if !ok {
		return x, incident.Draft{}, cratewarden.Errorf(cratewarden.NotFound, "The incident has no such notice. Go back to its list.")
	}
	d, err := s.cfg.Incidents.DraftByNumber(r.Context(), n)
	if err == nil && d.Incident != x.ID && !slices.Contains(x.Also, d.Incident) {
		err = cratewarden.Errorf(cratewarden.NotFound, "The incident %s has no notice %d. Go back to its list.", x.ID, n)
	}
	return x, d, err
}
