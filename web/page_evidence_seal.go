package web

import (
	"net/http"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// evidenceListPage is the list of bundles and the form that seals one more.
type evidenceListPage struct {
	Page
	Head    Head
	Notices []Notice
	Main    []Card
	Seal    sealForm
}

// sealForm is what to seal outside any plan; without a key there is no form.
type sealForm struct {
	Key    string
	Fields []planField
}

// sealWords is what was typed into the form, or stands in the address.
type sealWords struct{ lines, accounts, incident, reason string }

func (s *Server) sealForm(x sealWords) sealForm {
	return sealForm{Key: newKey(), Fields: []planField{
		{ID: "seal-lines", Name: "lines", Label: "Crates and versions", Help: "One name, with all its versions, or one name@version in a line.", Type: "long", Value: x.lines, Hint: "arraykit\nkernelsmyth@1.0.0"},
		{ID: "seal-accounts", Name: "accounts", Label: "Accounts", Help: "Logins or numbers, one in a line.", Type: "long", Value: x.accounts, Hint: "mirelund", Rows: 2},
		{ID: "seal-incident", Name: "incident", Label: "Incident", Type: "text", Value: x.incident, Hint: "INC-118"},
		{ID: "seal-reason", Name: "reason", Label: "Why", Help: "For colleagues only; the ledger keeps it.", Type: "long", Value: x.reason, Rows: 3},
	}}
}

// sealPage is the form alone, with what was typed.
func (s *Server) sealPage(r *http.Request, x sealWords) evidenceListPage {
	return evidenceListPage{Page: s.page(r, "Seal evidence"), Seal: s.sealForm(x), Head: Head{Crumbs: []Link{{"Evidence", "/evidence"}}, Title: "Seal evidence",
		Lead: Text("Rows, files and index lines as they are now, each under its hash, read back and recorded in the ledger.")}}
}

// sealURL leads to the form with a subject filled in; "" for what cannot be
// sealed.
func sealURL(x ledger.Subject) string {
	switch x.Kind {
	case "crate", "version":
		return address("/evidence", "seal", x.ID)
	case "account":
		return address("/evidence", "account", x.ID)
	}
	return ""
}

// sealMenu is the entry in the menu of a dossier.
func (s *Server) sealMenu(x ledger.Subject) []MenuGroup {
	item := MenuItem{Label: "Seal evidence…", URL: sealURL(x)}
	if item.URL == "" {
		return nil
	}
	if s.cfg.Evidence == nil {
		item.Refused = "No evidence store is configured: the flag --evidence."
	}
	return []MenuGroup{{Label: "Evidence", Items: []MenuItem{item}}}
}

// bundlesLine leads from a dossier to the bundles that speak of its subject.
func (s *Server) bundlesLine(x ledger.Subject) Phrase {
	if s.cfg.Evidence == nil || x.Kind != "crate" && x.Kind != "version" {
		return nil
	}
	return Phrase{}.Link("Sealed evidence of this "+x.Kind, address("/evidence", "subject", x.Kind+":"+x.ID))
}

// evidenceSeal seals and leads to the bundle. What was typed stays when it is
// refused, under a new key: the former may have been used.
func (s *Server) evidenceSeal(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	form := r.PostForm
	x := sealWords{textOf(form.Get("lines")), textOf(form.Get("accounts")), strings.TrimSpace(form.Get("incident")), textOf(form.Get("reason"))}
	o := action.SealOrder{Incident: x.incident, Reason: x.reason}
	err := o.Add(x.lines)
	if err == nil {
		o.Accounts, err = s.accounts(r.Context(), x.accounts)
	}
	if err == nil && form.Get("key") == "" {
		err = cratewarden.Errorf(cratewarden.Invalid, "The form is not whole. Send it once more.")
	}
	if err == nil {
		bundle, refused := s.cfg.Plans.SealNow(r.Context(), s.who(r), o, form.Get("key"))
		if refused == nil {
			http.Redirect(w, r, evidenceURL(bundle.Digest), http.StatusSeeOther)
			return nil
		}
		err = refused
	}
	kind := kindOf(r.Context(), err)
	if kind == cratewarden.Internal || kind == cratewarden.Canceled || kind == cratewarden.Timeout {
		return err
	}
	status, title := face(kind)
	p := s.sealPage(r, x)
	p.Notices = []Notice{{Tone: Warn, Title: title, Text: Text(cratewarden.MessageOf(err))}}
	return s.render(w, "evidence_list", status, p)
}
