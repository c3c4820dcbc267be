package incident

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/notify"
)

// clash is the Conflict of fields.
func clash(fields ...FieldClash) *Clash {
	var names []string
	for _, f := range fields {
		names = append(names, strings.TrimPrefix(string(f.Field), "text:"))
	}
	by := fields[0].By.Name
	if by == "" {
		by = "Somebody"
	}
	return &Clash{Fields: fields, cause: cratewarden.Errorf(cratewarden.Conflict,
		"%s changed the %s since you looked. Nothing was changed: compare both, and save again.", by, strings.Join(names, " and the "))}
}

// Error is the sentence.
func (c *Clash) Error() string { return c.cause.Error() }

// Unwrap gives the Conflict.
func (c *Clash) Unwrap() error { return c.cause }

// fields in the order in which they are written.
func fields() []Field {
	return []Field{TitleField, KindField, SeverityField, TLPField, CampaignField, ReportedField, LeadField, VerdictField}
}

// Decide changes what people decide of a case. If somebody else changed one of
// the fields since it was looked at, nothing is changed and the error is a Clash
// that names both values. A verdict takes a reported case to triaged.
func (s *Service) Decide(ctx context.Context, who action.Actor, id string, c Change) (Incident, error) {
	reason, err := prose("reason", c.Reason, maxReason)
	if err != nil {
		return Incident{}, err
	}
	want, was, err := s.normalChange(c)
	if err != nil {
		return Incident{}, err
	}
	return s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		var differ []FieldClash
		var todo []Field
		for _, f := range fields() {
			v, set := want[f]
			now := w.inc.Value(f)
			switch {
			case !set || now == v:
			case now != was[f]:
				by, at := w.lastWriter(ctx, string(f), "", "")
				differ = append(differ, FieldClash{Field: f, Was: was[f], Now: now, Wanted: v, By: by, At: at})
			default:
				todo = append(todo, f)
			}
		}
		if len(differ) > 0 {
			return clash(differ...)
		}
		for _, f := range todo {
			if err := w.set(ctx, f, want[f], &reason); err != nil {
				return err
			}
		}
		if reason != "" && len(todo) > 0 {
			w.record(record{Kind: NoteEvent, Body: reason})
		}
		return nil
	})
}

// normalChange brings both sides of a change to one spelling.
func (s *Service) normalChange(c Change) (want, was map[Field]string, err error) {
	want, was = map[Field]string{}, map[Field]string{}
	if len(c.Set) == 0 {
		return nil, nil, cratewarden.Errorf(cratewarden.Invalid, "Say what to change.")
	}
	for f, v := range c.Set {
		if want[f], err = s.normal(f, v); err != nil {
			return nil, nil, err
		}
		before, told := c.Was[f]
		if !told {
			return nil, nil, cratewarden.Errorf(cratewarden.Invalid, "Say what the %s was when you looked, so that nobody's change is overwritten.", f)
		}
		switch f { // spellings that a form or a program may change on the way
		case ReportedField:
			if before, err = normalTime(before); err != nil {
				return nil, nil, err
			}
		case CampaignField:
			if before, err = normalCampaigns(before); err != nil {
				return nil, nil, err
			}
		case TitleField:
			before = strings.TrimSpace(before)
		}
		was[f] = before
	}
	return want, was, nil
}

// set changes one field. reason goes with the first event that has no text of
// its own, and is taken then.
func (w *writing) set(ctx context.Context, f Field, v string, reason *string) error {
	r := record{Kind: string(f), Details: map[string]string{"was": w.inc.Value(f), "now": v}}
	if f == TitleField {
		r.Details, r.Body = nil, v
	} else {
		r.Body, *reason = *reason, ""
	}
	switch f {
	case TitleField:
		w.inc.Title = v
	case KindField:
		w.inc.Kind = Kind(v)
		if err := w.makeTasks(ctx); err != nil {
			return err
		}
	case SeverityField:
		w.inc.Severity = Severity(v)
	case TLPField:
		w.inc.TLP = TLP(v)
	case CampaignField:
		w.inc.Campaigns = campaignsOf(v)
	case ReportedField:
		if w.inc.ReportedAt = nil; v != "" {
			at, err := time.Parse(time.RFC3339Nano, v)
			if err == nil {
				err = notYet(at, w.now)
			}
			if err != nil {
				return err
			}
			w.inc.ReportedAt = &at
		}
	case LeadField:
		return w.setLead(ctx, v, r)
	case VerdictField:
		w.setVerdict(Verdict(v), r)
		return nil
	}
	w.record(r)
	return nil
}

// setLead hands the case over. Whoever gets it and whoever had it are told.
func (w *writing) setLead(ctx context.Context, id string, r record) error {
	next, err := w.somebody(ctx, id)
	if err != nil {
		return err
	}
	last := w.inc.Lead
	w.inc.Lead = next
	r.Local = map[string]string{"was_name": last.Name, "now_name": next.Name}
	w.record(r)
	var to []string
	for _, p := range []Person{next, last} {
		if p.ID != "" && p.ID != w.who.ID {
			to = append(to, p.ID)
		}
	}
	title := fmt.Sprintf("%s leads %s", next.Name, w.name())
	if next.ID == "" {
		title = "Nobody leads " + w.name()
	}
	w.notify("lead", notify.Notice{Title: title, Text: fmt.Sprintf("%s changed who leads. It is %s.", w.by(), w.inc.State), To: to})
	return nil
}

func (w *writing) setVerdict(v Verdict, r record) {
	w.inc.Verdict = v
	w.record(r)
	w.notify("verdict", notify.Notice{Title: fmt.Sprintf("%s: the verdict is %s", w.name(), v), Text: w.by() + " judged it.", To: w.leadBut()})
	if w.inc.State == Reported {
		w.moveByRecord(shownStep{Triaged, need{why: "There is a verdict."}})
	}
}

// Override unlocks the public steps of a case before what was bad is gone, and
// says why. The first reason stands.
func (s *Service) Override(ctx context.Context, who action.Actor, id, reason string) (Incident, error) {
	reason, err := prose("reason", reason, maxReason)
	if err != nil {
		return Incident{}, err
	}
	if reason == "" {
		return Incident{}, cratewarden.Errorf(cratewarden.Invalid, "Say why the world must be told before the removal.")
	}
	return s.write(ctx, who, id, func(_ context.Context, w *writing) error {
		if w.inc.EarlyReason == reason {
			return nil
		}
		if w.inc.MayPublish() {
			return cratewarden.Errorf(cratewarden.Conflict, "The public steps of %s are unlocked already.", w.inc.ID)
		}
		w.inc.EarlyReason = reason
		w.record(record{Kind: OverrideEvent, Body: reason, Details: map[string]string{"state": string(w.inc.State)}})
		w.notify("unlocked", notify.Notice{Title: w.name() + ": public texts are unlocked before the removal", Text: fmt.Sprintf("%s unlocked them. It is %s.", w.by(), w.inc.State),
			Roles: []cratewarden.Role{cratewarden.Editor, cratewarden.Responder, cratewarden.Remover}, To: w.leadBut()})
		return nil
	})
}
