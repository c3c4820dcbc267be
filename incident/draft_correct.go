package incident

import (
	"cmp"
	"context"
	"strconv"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
)

// CorrectOrder asks for a correction of what was sent.
type CorrectOrder struct {
	// Body is the corrected text; "" takes what the facts give now, else the text
	// that was sent.
	Body   string `json:"body,omitempty"`
	Reason string `json:"reason"`
	// Public says in a sentence what changed, for readers: the history of a CSAF
	// document has it. "" leaves that to what the two documents show.
	Public string `json:"public,omitempty"`
}

// Correct makes the draft of a correction. What was sent stays as it is, and is
// called corrected once the correction went out. There is one open correction of
// a text at a time. A text that keeps an account of itself is made the next
// edition: same number and first date, later times, a longer history.
func (s *Service) Correct(ctx context.Context, who action.Actor, draft int64, o CorrectOrder) (Draft, error) {
	if err := checkBody(o.Body); err != nil {
		return Draft{}, err
	}
	why, err := said("reason", o.Reason, reasonMost, true)
	if err != nil {
		return Draft{}, err
	}
	if o.Public, err = said("sentence for readers", o.Public, whereMost, false); err != nil {
		return Draft{}, err
	}
	if err := cratewarden.CheckPublic("sentence for readers", o.Public); err != nil {
		return Draft{}, err
	}
	judged, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return Draft{}, err
	}
	fresh := s.factsNow(ctx, judged)
	var correction int64
	if _, err = s.onDraft(ctx, who, draft, func(ctx context.Context, w *writing, d Draft) error {
		switch {
		case !d.out():
			return cratewarden.Errorf(cratewarden.Conflict, "The draft is %s: only what was sent is corrected. Edit it.", d.State)
		case d.CorrectedBy != 0:
			return cratewarden.Errorf(cratewarden.Conflict, "Draft %d corrects it already.", d.CorrectedBy)
		}
		c := d.correction(fresh, o, advisory.Edition{At: w.now, What: o.Public, Number: d.SentWhere})
		if err := w.tx.QueryRow(ctx, `INSERT INTO incident_draft (incident, format, crate, recipient, path, body, made, edited, owner, owner_name, corrects, made_at, changed_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $6 <> $7, $8, $9, $10, $11, $11) RETURNING id`,
			w.inc.number(), d.Format, d.Crate, d.Recipient, c.Path, c.Body, c.Made, w.who.ID, w.who.Name, d.ID, w.now).Scan(&c.ID); err != nil {
			return err
		}
		correction = c.ID
		w.drafted(DraftCorrectedEvent, c, why, map[string]string{"corrects": strconv.FormatInt(d.ID, 10)})
		return nil
	}); err != nil {
		return Draft{}, err
	}
	return s.DraftByNumber(ctx, correction)
}

// correction is the draft of the text that follows a sent one. It begins with what
// the facts give when they give something new, else with what was sent, so that
// nobody's edits are lost. fresh is what they give, "" when that cannot be known.
func (d Draft) correction(fresh string, o CorrectOrder, e advisory.Edition) Draft {
	fresh = cmp.Or(fresh, d.Made)
	c, doc := d, d.document()
	news := fresh != "" && !advisory.Same(d.Format, fresh, d.Body)
	if news && !(d.Edited && advisory.Same(d.Format, fresh, d.Made)) {
		doc.Text = fresh
	}
	next := advisory.Next(doc, d.Body, e)
	c.Path, c.Body, c.Made = next.Path, next.Text, next.Text
	if news {
		doc.Text = fresh
		c.Made = advisory.Next(doc, d.Body, e).Text
	}
	if o.Body != "" {
		doc.Text, c.Body = o.Body, o.Body
		c.Path = advisory.PathOf(doc)
	}
	return c
}

// factsNow is the text that the facts give for a draft today; "" when they give
// none, or cannot be read.
func (s *Service) factsNow(ctx context.Context, d Draft) string {
	sheet, err := s.facts(ctx, d.Incident)
	if err != nil {
		return ""
	}
	return freshTexts(sheet, []Draft{d})[d.key()]
}
