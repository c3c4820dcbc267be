package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident"
)

// incidentMake makes texts out of the facts of now.
func (s *Server) incidentMake(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	var formats []advisory.Format
	if typed["format"] != "" {
		formats = []advisory.Format{advisory.Format(typed["format"])}
	}
	_, err = s.cfg.Incidents.Make(r.Context(), s.who(r), x.ID, formats)
	return s.draftsAgain(w, r, x, draftsTyped{}, err)
}

// draftsAgain leads back to the list, or shows it with the reason.
func (s *Server) draftsAgain(w http.ResponseWriter, r *http.Request, x incident.Incident, typed draftsTyped, err error) error {
	if err == nil {
		http.Redirect(w, r, incidentURL(x.ID, "drafts"), http.StatusSeeOther)
		return nil
	}
	status, notice, ok := askAgain(r, err)
	if !ok {
		return err
	}
	if now, again := s.caseOf(r); again == nil {
		x = now
	}
	typed.notices = append(typed.notices, notice)
	return s.showDrafts(w, r, status, x, typed)
}

// manyDrafts does something to every ticked text. What cannot be done to one
// does not stop the others; the page says which.
func (s *Server) manyDrafts(w http.ResponseWriter, r *http.Request, done string, do func(d, revision int64, typed map[string]string) error) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	again := draftsTyped{where: typed["where"], reason: typed["reason"], ticked: r.PostForm["draft"]}
	if len(again.ticked) == 0 {
		again.ticked = []string{}
		return s.draftsAgain(w, r, x, again, notCase("Tick the texts first."))
	}
	mine := map[int64]bool{}
	list, err := s.cfg.Incidents.Drafts(r.Context(), x.ID)
	if err != nil {
		return err
	}
	for i := range list {
		mine[list[i].ID] = true
	}
	var failed []string
	worst, went := error(nil), 0
	for _, word := range again.ticked {
		n, ok := parseNumber(word)
		if !ok || !mine[n] {
			return cratewarden.Errorf(cratewarden.Invalid, "The form names a text that is not of this case. Load the page again.")
		}
		revision, _ := strconv.ParseInt(r.PostForm.Get("revision."+word), 10, 64)
		if err := do(n, revision, typed); err != nil {
			if _, _, ok := askAgain(r, err); !ok {
				return err
			}
			worst = err
			failed = append(failed, word)
			continue
		}
		went++
	}
	if worst == nil {
		return s.draftsAgain(w, r, x, again, nil)
	}
	again.ticked = failed
	if went > 0 {
		again.notices = []Notice{{Tone: Good, Title: Plural(went, "text") + " " + done, Text: Text(Plural(len(failed), "other") + " could not be; they are ticked below.")}}
	}
	return s.draftsAgain(w, r, x, again, worst)
}

func (s *Server) incidentApproveMany(w http.ResponseWriter, r *http.Request) error {
	return s.manyDrafts(w, r, "approved", func(d, revision int64, typed map[string]string) error {
		_, err := s.cfg.Incidents.Approve(r.Context(), s.who(r), d, incident.DraftOrder{Revision: int(revision), Reason: typed["reason"]})
		return err
	})
}

func (s *Server) incidentSendMany(w http.ResponseWriter, r *http.Request) error {
	return s.manyDrafts(w, r, "taken down as sent", func(d, revision int64, typed map[string]string) error {
		_, err := s.cfg.Incidents.Send(r.Context(), s.who(r), d, incident.SendOrder{Revision: int(revision), Where: typed["where"]})
		return err
	})
}

// incidentOverride unlocks public notices before the removal.
func (s *Server) incidentOverride(w http.ResponseWriter, r *http.Request) error {
	x, typed, err := s.caseForm(r)
	if err != nil {
		return err
	}
	_, err = s.cfg.Incidents.Override(r.Context(), s.who(r), x.ID, typed["reason"])
	return s.draftsAgain(w, r, x, draftsTyped{early: typed["reason"]}, err)
}

// draftAgain leads to a text, or shows it with the reason, with what was typed,
// and with what another wrote meanwhile.
func (s *Server) draftAgain(w http.ResponseWriter, r *http.Request, x incident.Incident, d, then incident.Draft, typed map[string]string, err error) error {
	if err == nil {
		http.Redirect(w, r, draftURL(x.ID, then.ID), http.StatusSeeOther)
		return nil
	}
	status, notice, ok := askAgain(r, err)
	if !ok {
		return err
	}
	if now, again := s.cfg.Incidents.DraftByNumber(r.Context(), d.ID); again == nil {
		d = now
	}
	notices := []Notice{notice}
	if clash, ok := errors.AsType[*incident.Clash](err); ok {
		notices[0] = clashNotice(clash)
		notices[0].Text = Text("Nothing was changed. What you typed stands below; what is there now stands under it. Save it again to put yours in its place.")
		if len(clash.Fields) > 0 {
			f := clash.Fields[0]
			notices[0].Text = Phrase{}.Say(firstOf(f.By.Name, "Somebody") + " changed it ").Ago(f.At).Say(". ").Say(notices[0].Text.Plain())
			if _, edited := typed["body"]; edited {
				d.Made = f.Now
			}
		}
	}
	return s.showDraftText(w, r, status, x, d, typed, notices...)
}

// draftForm reads the text of the path and the form that was sent to it. Its
// body is kept as it is but for the ends of lines, which browsers change.
func (s *Server) draftForm(r *http.Request) (incident.Incident, incident.Draft, map[string]string, int, error) {
	if err := readForm(r); err != nil {
		return incident.Incident{}, incident.Draft{}, nil, 0, err
	}
	x, d, err := s.draftOf(r)
	typed := map[string]string{}
	for name := range r.PostForm {
		typed[name] = strings.ReplaceAll(r.PostForm.Get(name), "\r\n", "\n")
	}
	revision, _ := strconv.Atoi(typed["revision"])
	return x, d, typed, revision, err
}

func (s *Server) incidentEditDraft(w http.ResponseWriter, r *http.Request) error {
	x, d, typed, revision, err := s.draftForm(r)
	if err != nil {
		return err
	}
	then, err := s.cfg.Incidents.EditDraft(r.Context(), s.who(r), d.ID, revision, typed["body"])
	return s.draftAgain(w, r, x, d, then, typed, err)
}

func (s *Server) incidentApprove(w http.ResponseWriter, r *http.Request) error {
	x, d, typed, revision, err := s.draftForm(r)
	if err != nil {
		return err
	}
	then, err := s.cfg.Incidents.Approve(r.Context(), s.who(r), d.ID, incident.DraftOrder{Revision: revision, Reason: typed["reason"]})
	return s.draftAgain(w, r, x, d, then, typed, err)
}

func (s *Server) incidentSend(w http.ResponseWriter, r *http.Request) error {
	x, d, typed, revision, err := s.draftForm(r)
	if err != nil {
		return err
	}
	then, err := s.cfg.Incidents.Send(r.Context(), s.who(r), d.ID, incident.SendOrder{Revision: revision, Where: typed["where"], Via: incident.Via(typed["via"])})
	return s.draftAgain(w, r, x, d, then, typed, err)
}

func (s *Server) incidentCorrect(w http.ResponseWriter, r *http.Request) error {
	x, d, typed, _, err := s.draftForm(r)
	if err != nil {
		return err
	}
	then, err := s.cfg.Incidents.Correct(r.Context(), s.who(r), d.ID, incident.CorrectOrder{Reason: typed["reason"], Public: typed["public"]})
	return s.draftAgain(w, r, x, d, then, typed, err)
}

func (s *Server) incidentWithdraw(w http.ResponseWriter, r *http.Request) error {
	x, d, typed, revision, err := s.draftForm(r)
	if err != nil {
		return err
	}
	then, err := s.cfg.Incidents.Withdraw(r.Context(), s.who(r), d.ID, incident.DraftOrder{Revision: revision, Reason: typed["reason"]})
	return s.draftAgain(w, r, x, d, then, typed, err)
}
