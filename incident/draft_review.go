package incident

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/advisory"
)

// current refuses a text of which something severe is known that was not when it
// was approved: the case was marked for fewer people than those who get it, or, of
// what everybody reads, another version turned out to be bad. A reason is for what
// it was given for.
func current(ctx context.Context, db querier, d Draft, sheet advisory.Sheet) error {
	if d.State != DraftApproved {
		return nil
	}
	var accepted string
	err := db.QueryRow(ctx, `SELECT coalesce(details ->> 'problems', '') FROM incident_event WHERE kind = $1 AND details ->> 'draft' = $2::bigint::text ORDER BY id DESC LIMIT 1`,
		DraftApprovedEvent, d.ID).Scan(&accepted)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	known := strings.Fields(accepted)
	found := advisory.LintLabel(sheet, d.document())
	if d.Public {
		found = lintDraft(sheet, wrongWith(sheet), d)
	}
	problems := slices.DeleteFunc(found, func(p advisory.Problem) bool { return slices.Contains(known, p.Rule) && !p.Private() })
	if len(severeRules(problems)) == 0 {
		return nil
	}
	return refusedByLint(problems, "It was approved before this was known: %s Mend it, or approve it again and say why it may go all the same.", firstSevere(problems))
}

// refusedByLint denies a text in words that the ledger does not get: they repeat what
// of the text is wrong.
func refusedByLint(problems []advisory.Problem, sentence string, args ...any) error {
	return refusal{ruleLint, "The lint found severe problems: " + strings.Join(severeRules(problems), ", ") + ".", cratewarden.Errorf(cratewarden.Refused, sentence, args...)}
}

// labelled refuses what everybody reads when the case got another label since the
// facts were read.
func (w *writing) labelled(d Draft, label string) error {
	if d.Public && label != string(w.inc.TLP) {
		return cratewarden.Errorf(cratewarden.Conflict, "The case was marked TLP:%s just now. Look again.", w.inc.TLP)
	}
	return nil
}

// whereTo says in a notice how a text went out. Notices leave the house: words
// may name whom somebody called, so only the address of a page is repeated.
func whereTo(o SendOrder) string {
	switch {
	case o.Via == ByChannels:
		return " by the console's channels"
	case pageOf(o.Where) == "":
		return " by hand"
	}
	return ": " + o.Where
}

// nameOfDraft says in words which draft it is, and not for whom.
func nameOfDraft(d Draft) string {
	if d.Crate != "" {
		return string(d.Format) + " of " + d.Crate
	}
	return string(d.Format)
}

// postMortem drafts the review of a case from its timeline and clocks, with the
// tasks to follow after closing. What cannot be read is left to people.
func (s *Service) postMortem(ctx context.Context, i Incident, sheet advisory.Sheet) advisory.Document {
	var r advisory.Review
	if list, err := s.Timeline(ctx, i.ID, TimelineFilter{}); err == nil {
		for _, m := range list {
			if m.Source == FromNotice && m.What != "incident."+DraftSentEvent {
				continue // how drafts came to be; that each of them changes would change the next
			}
			r.Moments = append(r.Moments, advisory.Moment{At: m.At, Source: string(m.Source), Sentence: m.Sentence, Who: m.Who})
		}
	}
	if clocks, err := s.Clocks(ctx, i.ID); err == nil {
		r.Clocks = reviewClocks(clocks)
	}
	if tasks, err := s.Tasks(ctx, i.ID); err == nil {
		for _, t := range tasks {
			if t.After {
				a := advisory.Action{What: t.Title, Owner: t.Holder.Name}
				if t.Due != nil {
					a.Due = *t.Due
				}
				r.Actions = append(r.Actions, a)
			}
		}
	}

	return advisory.PostMortemOf(sheet, r)
}

func reviewClocks(c Clocks) (out []advisory.Clock) {
	for _, k := range c.Clocks {
		if k.State == ClockNone || k.From == nil {
			continue
		}
		a := advisory.Clock{Name: k.Title, From: *k.From, Target: time.Duration(k.Target * float64(time.Second))}
		if k.To != nil {
			a.To = *k.To
		}
		out = append(out, a)
	}
	return out
}
