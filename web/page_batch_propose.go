package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
)

// proposals are the two composite acts: the engine finds the steps, people tick
// them.
const (
	proposeContain = "contain"
	proposeUndo    = "undo-since"
)

func (s *Server) proposePage(r *http.Request, what string, values url.Values, d planDraft) batchPage {
	p := s.batchPage(r, d)
	p.Action, p.What, p.Tabs = "/plans/propose", what, batchTabs("/plans/propose?what="+what)
	field := func(name, label, help, kind, hint string, required bool) {
		p.Fields = append(p.Fields, planField{ID: "propose-" + name, Name: name, Label: label, Help: help, Type: kind, Value: strings.TrimSpace(values.Get(name)), Hint: hint, Required: required})
	}
	at := s.cfg.Clock().UTC().Add(-24 * time.Hour).Format("2006-01-02 15:04")
	if what == proposeUndo {
		p.Title, p.Note, p.Button = "What somebody did since", "each as its inverse, in the safe order", "Find it"
		field("account", "Accounts", "Logins or numbers, parted by commas; or an API token.", "text", "genuine-owner", false)
		field("token", "API token", "Its number in the registry.", "number", "", false)
		field("from", "Since (UTC)", "", "text", at, true)
		field("until", "Until (UTC)", "Empty: now.", "text", "now", false)
	} else {
		p.Title, p.Note, p.Button = "Accounts to contain", "every way in is closed", "Show the steps"
		field("account", "Accounts", "Logins or numbers, parted by commas.", "text", "genuine-owner", true)
		field("reason", "Reason of the lock", "The locked person reads it, word for word.", "text", "", true)
		field("lock-until", "Locked until (UTC)", "Empty: until somebody unlocks.", "text", "", false)
		field("crates", "Trusted publishers of", "", "choice", "", false)
		p.Fields[len(p.Fields)-1].Options = []Option{{"", "all crates they own"}, {"sole", "crates nobody else owns"}}
		field("hold", "Hold what they published since (UTC)", "Empty: nothing is held.", "text", at, false)
	}
	field("message", "Message at held versions", "Everybody can read it.", "text", "", false)
	return p
}

func (s *Server) proposeForm(w http.ResponseWriter, r *http.Request) error {
	f := readFields(r)
	what := f.choice("what", proposeContain, proposeUndo)
	for name := range f.values {
		f.text(name, planText)
	}
	if f.err != nil {
		return f.err
	}
	if what == "" {
		what = proposeContain
	}
	return s.render(w, "batch", http.StatusOK, s.proposePage(r, what, f.values, planDraft{Key: newKey()}))
}

// proposeTake finds the steps, or makes the plan of those that are ticked.
func (s *Server) proposeTake(w http.ResponseWriter, r *http.Request) error {
	d, err := readDraft(r)
	if err != nil {
		return err
	}
	what := r.PostForm.Get("what")
	if what != proposeUndo {
		what = proposeContain
	}
	p := s.proposePage(r, what, r.PostForm, d)
	found, err := s.propose(r, what)
	if err != nil {
		return s.batchRefused(w, r, p, err)
	}
	making := r.PostForm.Get("op") != "look"
	ticked := map[string]bool{}
	for _, value := range r.PostForm["tick"] {
		ticked[value] = true
	}
	for i, step := range found.Steps {
		if making {
			// What is found now and was not before is not ticked by anybody.
			found.Steps[i].Ticked = ticked[string(step.Do)]
		}
		p.Ticks = append(p.Ticks, batchTick{Value: string(step.Do), What: visible(step.Sentence), Note: visible(step.Why), On: found.Steps[i].Ticked})
	}
	p.Asked, p.Found = true, Plural(len(found.Steps), "step")
	for _, note := range found.Notes {
		p.Remarks = append(p.Remarks, visible(note))
	}
	if r.PostForm.Get("op") != "make" {
		return s.render(w, "batch", http.StatusOK, p)
	}
	order := found.Order()
	if len(order.Steps) == 0 {
		err = cratewarden.Errorf(cratewarden.Invalid, "Tick at least one step.")
	}
	return s.makeMany(w, r, p, d, order, err)
}

// propose asks the engine for the steps.
func (s *Server) propose(r *http.Request, what string) (action.Proposal, error) {
	form := r.PostForm
	accounts, err := s.accounts(r.Context(), form.Get("account"))
	if err != nil {
		return action.Proposal{}, err
	}
	if what == proposeUndo {
		o := action.UndoSinceOrder{Accounts: accounts, Message: strings.TrimSpace(form.Get("message"))}
		if token := strings.TrimSpace(form.Get("token")); token != "" {
			n, err := strconv.ParseInt(token, 10, 32)
			if err != nil {
				return action.Proposal{}, cratewarden.Wrap(err, cratewarden.Invalid, "The API token is named by its number.")
			}
			o.Token = int32(n)
		}
		from, err := formTime(form, "from", "Since")
		if err != nil {
			return action.Proposal{}, err
		}
		until, err := formTime(form, "until", "Until")
		if err != nil {
			return action.Proposal{}, err
		}
		if from != nil {
			o.From = *from
		}
		if until != nil {
			o.Until = *until
		}
		return s.cfg.Plans.UndoSince(r.Context(), o)
	}
	o := action.ContainOrder{Accounts: accounts, Crates: form.Get("crates"), Message: strings.TrimSpace(form.Get("message"))}
	o.Reason = textOf(form.Get("reason"))
	if o.Until, err = formTime(form, "lock-until", "Locked until"); err != nil {
		return action.Proposal{}, err
	}
	if o.HoldSince, err = formTime(form, "hold", "Hold since"); err != nil {
		return action.Proposal{}, err
	}
	return s.cfg.Plans.Contain(r.Context(), o)
}

// formTime reads a time in UTC, nil for none.
func formTime(form url.Values, name, label string) (*time.Time, error) {
	value := strings.TrimSpace(form.Get(name))
	if value == "" {
		return nil, nil
	}
	t, ok := parseInstant(value)
	if !ok {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "%s must be a time in UTC, such as 2026-08-20 16:00.", label)
	}
	return &t, nil
}
