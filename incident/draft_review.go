package incident

import (
	"context"
	"time"

	"cratewarden/advisory"
)

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
