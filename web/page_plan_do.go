package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/ledger"
)

// done leads back to the plan after something was done; when it was not, it
// shows the plan as it is now with the reason and what was typed. A plan that
// became stale or failed says so itself.
func (s *Server) done(w http.ResponseWriter, r *http.Request, id string, typed string, err error) error {
	s.planned.changed()
	if err == nil {
		http.Redirect(w, r, planURL(id), http.StatusSeeOther)
		return nil
	}
	if d, rules := asDenied(err); rules && d.Only(access.RuleStepUp) {
		return err // its page asks for the passkey and sends the form again
	}
	kind := kindOf(r.Context(), err)
	if kind == cratewarden.Unsigned || kind == cratewarden.NotFound || kind == cratewarden.Internal || kind == cratewarden.Canceled {
		return err
	}
	p, again := s.cfg.Plans.Plan(context.WithoutCancel(r.Context()), id)
	if again != nil {
		return err
	}
	if kind == cratewarden.Conflict && (p.State == action.Stale || p.State == action.Failed) {
		http.Redirect(w, r, planURL(id), http.StatusSeeOther)
		return nil
	}
	status, title := face(kind)
	return s.showPlan(w, r, status, p, typed, Notice{Tone: Bad, Title: title, Text: Text(sentence(kind, err))})
}

func (s *Server) planReview(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	_, _, err := s.cfg.Plans.Review(r.Context(), s.who(r), id)
	return s.done(w, r, id, "", err)
}

// shownDigest is the digest of the review that the visitor looked at.
func shownDigest(r *http.Request) (d ledger.Digest, err error) {
	if err := readForm(r); err != nil {
		return d, err
	}
	if err := d.UnmarshalText([]byte(r.PostForm.Get("digest"))); err != nil {
		return d, cratewarden.Wrap(err, cratewarden.Invalid, "The form does not say which review was looked at. Load the plan again.")
	}
	return d, nil
}

func (s *Server) planApprove(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	digest, err := shownDigest(r)
	if err == nil {
		_, err = s.cfg.Plans.Approve(r.Context(), s.who(r), id, digest)
	}
	return s.done(w, r, id, "", err)
}

func (s *Server) planApply(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	digest, err := shownDigest(r)
	typed := shorten(r.PostForm.Get("typed"), 300)
	if err == nil {
		// A visitor who leaves does not stop what has begun: the plan would be
		// left for recovery to find out.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), applyTime)
		defer cancel()
		_, err = s.cfg.Plans.Apply(ctx, s.who(r), id, action.Consent{Digest: digest, Typed: typed}, r.PostForm.Get("key"))
	}
	return s.done(w, r, id, typed, err)
}

// ticked are the steps that were ticked in a form.
func ticked(r *http.Request) (steps []int, err error) {
	if err := readForm(r); err != nil {
		return nil, err
	}
	for _, value := range r.PostForm["step"] {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "The form names a step that cannot be. Load the plan again.")
		}
		steps = append(steps, n)
	}
	return steps, nil
}

// planUndo makes the plan that undoes this one and leads to it. “all” needs no
// ticks.
func (s *Server) planUndo(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	steps, err := ticked(r)
	all := r.PostForm.Get("which") == "all"
	if all {
		steps = nil
	}
	if err == nil && len(steps) == 0 && !all {
		err = cratewarden.Errorf(cratewarden.Invalid, "Tick the steps to undo first, or undo all of them.")
	}
	if err != nil {
		return s.done(w, r, id, "", err)
	}
	key := r.PostForm.Get("key")
	if key != "" { // “all” and ticks are two requests
		key += strconv.FormatBool(all)
	}
	made, err := s.cfg.Plans.Undo(r.Context(), s.who(r), id, steps, key)
	if err != nil {
		return s.done(w, r, id, "", err)
	}
	return s.done(w, r, made.ID, "", nil)
}

// planLeaveOut edits the plan so that the ticked steps are not in it.
func (s *Server) planLeaveOut(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	steps, err := ticked(r)
	if err != nil {
		return s.done(w, r, id, "", err)
	}
	p, err := s.cfg.Plans.Plan(r.Context(), id)
	if err != nil {
		return err
	}
	revision, _ := strconv.Atoi(r.PostForm.Get("revision"))
	order := action.Order{Title: p.Title, Incident: p.Incident, Public: p.Public, Internal: p.Internal}
	for i, text := range p.Steps {
		if !slices.Contains(steps, i+1) {
			order.Steps = append(order.Steps, text)
		}
	}
	switch {
	case len(steps) == 0:
		err = cratewarden.Errorf(cratewarden.Invalid, "Tick the steps to leave out first.")
	case len(order.Steps) == 0:
		err = cratewarden.Errorf(cratewarden.Invalid, "A plan needs at least one step. Discard it instead.")
	default:
		_, err = s.cfg.Plans.Edit(r.Context(), s.who(r), id, revision, order)
	}
	return s.done(w, r, id, "", err)
}

func (s *Server) planDiscard(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	_, err := s.cfg.Plans.Discard(r.Context(), s.who(r), id)
	return s.done(w, r, id, "", err)
}

func (s *Server) planSettle(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := readForm(r)
	if err == nil {
		switch kept := r.PostForm.Get("kept"); kept {
		case "yes", "no":
			_, err = s.cfg.Plans.Settle(r.Context(), s.who(r), id, kept == "yes")
		default:
			err = cratewarden.Errorf(cratewarden.Invalid, "Say whether the registry kept the change.")
		}
	}
	return s.done(w, r, id, "", err)
}

func (s *Server) planSeal(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	_, err := s.cfg.Plans.Seal(r.Context(), s.who(r), id)
	return s.done(w, r, id, "", err)
}

// planFollow tries a piece of work again now, or gives it up.
func (s *Server) planFollow(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	n, err := strconv.ParseInt(r.PathValue("follow"), 10, 64)
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "A follow-up has a number.")
	}
	if err := s.belongs(r, id, n); err != nil {
		return err
	}
	if err = readForm(r); err != nil {
		return s.done(w, r, id, "", err)
	}
	reason := textOf(r.PostForm.Get("reason"))
	switch do := r.PostForm.Get("do"); {
	case do == "retry":
		_, err = s.cfg.Plans.RetryFollowUp(r.Context(), s.who(r), n)
	case do == "give-up" && reason == "":
		err = cratewarden.Errorf(cratewarden.Invalid, "Say why the work is given up. The ledger keeps it.")
	case do == "give-up":
		_, err = s.cfg.Plans.GiveUpFollowUp(r.Context(), s.who(r), n, reason)
	default:
		err = cratewarden.Errorf(cratewarden.Invalid, "Say whether to try it now or to give it up.")
	}
	return s.done(w, r, id, "", err)
}

// belongs checks that a follow-up is of the plan whose page was looked at.
func (s *Server) belongs(r *http.Request, plan string, follow int64) error {
	list, err := s.cfg.Plans.FollowUps(r.Context(), plan)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(f action.FollowUp) bool { return f.ID == follow }) {
		return cratewarden.Errorf(cratewarden.NotFound, "The plan %s has no follow-up %d.", plan, follow)
	}
	return nil
}
