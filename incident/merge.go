package incident

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// Merge ends a case because it goes on in another. Its subjects, texts, files,
// tasks, figures and drafts move; its events, plans, evidence and entries of the
// ledger stay under its id, which from then on leads to the other. The other
// keeps its lead, state and verdict; it takes the earlier first report, the
// stricter TLP label and all campaigns. It is the answer.
func (s *Service) Merge(ctx context.Context, who action.Actor, from, into, reason string) (Incident, error) {
	reason, err := prose("reason", reason, maxReason)
	if err != nil {
		return Incident{}, err
	}
	if reason == "" {
		return Incident{}, cratewarden.Errorf(cratewarden.Invalid, "Say why both are one case.")
	}
	var both ledger.Entry
	goesOn, err := s.writeAll(ctx, who, []string{into, from}, func(ctx context.Context, list []*writing) error {
		stays, ends := list[0], list[1]
		both.Incident, both.Subjects = stays.inc.ID, ledgerSubjects([]Subject{asSubject(stays.inc.ID), asSubject(ends.inc.ID)})
		switch {
		case !stays.inc.State.Open():
			return cratewarden.Errorf(cratewarden.Conflict, "Incident %s is %s. Reopen it first, or merge the other way.", stays.inc.ID, stays.inc.State)
		case (stays.inc.Drill == "") != (ends.inc.Drill == ""):
			return refused(ruleDrill, "A drill and a real incident never become one.")
		}
		return mergeInto(ctx, stays, ends, reason)
	})
	return goesOn, s.refuse(ctx, who, "incident.decide", both, err)
}

func mergeInto(ctx context.Context, stays, ends *writing, reason string) error {
	var fresh, moved []Subject
	for _, sub := range ends.inc.Subjects {
		if sub.Kind == "incident" && slices.Contains(stays.inc.ids(), sub.ID) {
			continue // what it pointed at is what it becomes
		}
		moved = append(moved, sub)
		if _, known := stays.inc.subject(sub.Subject); !known {
			fresh = append(fresh, sub)
		}
	}
	open := !ends.inc.MayPublish()
	changed := takeOver(&stays.inc, ends.inc)
	changed["from"] = ends.inc.ID
	stays.record(record{Kind: MergeEvent, Body: reason, Details: changed, Subjects: append(ledgerSubjects([]Subject{asSubject(ends.inc.ID)}), ledgerSubjects(fresh)...),
		Local: map[string]string{"subjects": casting(fresh)}})
	if open { // an early unlocking of this case was not meant for the other's work
		stays.lockAgain(ends.inc.ID + ", whose public texts were locked, was merged into this case.")
	}
	if err := moveTexts(ctx, stays, ends); err != nil {
		return err
	}
	for _, sql := range moves() {
		if _, err := stays.tx.Exec(ctx, sql, ends.inc.number(), stays.inc.number()); err != nil {
			return err
		}
	}
	was := ends.inc.State
	ends.inc.MergedInto = stays.inc.ID
	ends.setState(Merged, record{Kind: GoneEvent, Body: reason, Subjects: append(ledgerSubjects([]Subject{asSubject(stays.inc.ID)}), ledgerSubjects(moved)...),
		Details: map[string]string{"into": stays.inc.ID, "from": string(was), "to": string(Merged)}, Local: map[string]string{"subjects": casting(ends.inc.Subjects)}})
	return nil
}

func asSubject(id string) Subject {
	var s Subject
	s.Kind, s.ID = "incident", id
	return s
}

// moves are the statements that take the rows of one case ($1) to another ($2).
// Of a task that both have, the one that was worked on stays.
func moves() []string {
	return []string{
		`INSERT INTO incident_subject (incident, kind, id, label, role, why, by_id, by_name, at)
			SELECT $2::bigint, kind, id, label, role, why, by_id, by_name, at FROM incident_subject
			WHERE incident = $1 AND NOT (kind = 'incident' AND id = 'INC-' || ($2::bigint)::text) ON CONFLICT DO NOTHING`,
		`DELETE FROM incident_subject WHERE incident = $1 AND $2::bigint IS NOT NULL`,
		`INSERT INTO incident_task AS t (incident, item, place, title, state, holder, holder_name, why, ledger, due, own, after, by_id, by_name, at)
			SELECT $2::bigint, item, place, title, state, holder, holder_name, why, ledger, due, own, after, by_id, by_name, at FROM incident_task
			WHERE incident = $1 AND (own OR state <> 'open' OR holder <> '')
			ON CONFLICT (incident, item) DO UPDATE SET state = excluded.state, holder = excluded.holder, holder_name = excluded.holder_name, why = excluded.why,
				ledger = excluded.ledger, by_id = excluded.by_id, by_name = excluded.by_name, at = excluded.at
			WHERE t.state = 'open' AND t.holder = ''`,
		`DELETE FROM incident_task WHERE incident = $1 AND $2::bigint IS NOT NULL`,
		`UPDATE incident_file SET incident = $2 WHERE incident = $1`,
		`UPDATE incident_figure SET incident = $2 WHERE incident = $1`,
		`UPDATE incident_draft SET incident = $2 WHERE incident = $1`,
	}
}

// takeOver brings what one case knows into another, and says what changed.
func takeOver(stays *Incident, ends Incident) map[string]string {
	changed := map[string]string{}
	if at := ends.ReportedAt; at != nil && (stays.ReportedAt == nil || at.Before(*stays.ReportedAt)) {
		stays.ReportedAt = at
		changed["reported_at"] = stamp(*at)
	}
	if strictness(ends.TLP) > strictness(stays.TLP) {
		stays.TLP = ends.TLP
		changed["tlp"] = string(ends.TLP)
	}
	all := slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(stays.Campaigns), ends.Campaigns...))))
	if len(all) > len(stays.Campaigns) {
		stays.Campaigns = all
		changed["campaigns"] = strings.Join(all, ",")
	}
	return changed
}

func strictness(t TLP) int { return slices.Index([]TLP{Clear, Green, Amber, AmberStrict, Red}, t) }

// moveTexts moves the texts that the other case lacks. Of the others it makes
// notes, so that nothing written is lost.
func moveTexts(ctx context.Context, stays, ends *writing) error {
	for _, t := range ends.inc.Texts {
		if t.Body == "" {
			continue
		}
		at := slices.IndexFunc(stays.inc.Texts, func(have Text) bool { return have.Field == t.Field })
		switch {
		case at < 0:
			t.Revision = 1
			if err := stays.putText(ctx, t); err != nil {
				return err
			}
		case stays.inc.Texts[at].Body != t.Body:
			stays.record(record{Kind: NoteEvent, Body: "The " + t.Field + " of " + ends.inc.ID + " was: " + t.Body})
		}
	}
	return nil
}

// Split makes a case of its own of some subjects of another. The new one begins
// as reported, with the same severity, label, campaigns and first report; plans,
// evidence, files and drafts stay where they are. It is the answer.
func (s *Service) Split(ctx context.Context, who action.Actor, id string, o SplitOrder) (Incident, error) {
	reason, err := prose("reason", o.Reason, maxReason)
	if err != nil {
		return Incident{}, err
	}
	if reason == "" || len(o.Subjects) == 0 {
		return Incident{}, cratewarden.Errorf(cratewarden.Invalid, "Say which subjects become a case of their own, and why.")
	}
	var made Incident
	first, err := s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		came, known, err := once(ctx, w.tx, who, o.Key, "incident.split", []any{id, o})
		if err != nil || known {
			made.ID = idOf(came.incident)
			return err
		}
		next, err := w.part(ctx, o, reason)
		if err != nil {
			return err
		}
		made = next.inc
		return remember(ctx, w.tx, who, o.Key, answer{incident: made.number()})
	})
	if err != nil {
		return first, err
	}
	return s.Incident(ctx, made.ID)
}

// part writes the new case and takes its subjects out of this one.
func (w *writing) part(ctx context.Context, o SplitOrder, reason string) (*writing, error) {
	var leaving []Subject
	for _, key := range o.Subjects {
		sub, known := w.inc.subject(key)
		if !known {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "Incident %s has no subject %s.", w.inc.ID, shown(key.Kind+" "+key.ID))
		}
		if !slices.ContainsFunc(leaving, func(have Subject) bool { return have.Subject == sub.Subject }) {
			leaving = append(leaving, sub)
		}
	}
	if len(leaving) == len(w.inc.Subjects) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "A split leaves at least one subject in %s. Change its title if it is about something else.", w.inc.ID)
	}
	opening := Opening{Title: o.Title, Kind: orElse(o.Kind, w.inc.Kind), Severity: w.inc.Severity, TLP: w.inc.TLP, Source: "split from " + w.inc.ID,
		ReportedAt: w.inc.ReportedAt, Subjects: leaving, Campaigns: w.inc.Campaigns, Note: reason, drill: w.inc.Drill}
	if err := w.s.check(&opening); err != nil {
		return nil, err
	}
	next, err := w.s.begin(ctx, w.tx, w.who, opening, w.inc.number())
	if err != nil {
		return nil, err
	}
	if err := next.finish(ctx); err != nil {
		return nil, err
	}
	return next, w.dropSubjects(ctx, leaving, record{Kind: SplitEvent, Body: reason, Details: map[string]string{"into": next.inc.ID, "count": strconv.Itoa(len(leaving))}})
}

// castOf reads the subjects that an event lists.
func castOf(e Event) (out []cast) {
	_ = json.Unmarshal([]byte(e.Details["subjects"]), &out) // written by casting; an event without is about none
	return out
}
