package incident

import (
	"context"
	"slices"
	"strconv"
	"unicode/utf8"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/ledger"
)

// Kinds of events of drafts. Details: draft, format, crate, recipient; where and
// via of a sending; problems of an approval in spite of them; corrects of a
// correction, was of a withdrawal. The body is the reason.
const (
	DraftMadeEvent      = "draft.made" // format counts them: "9 rustsec, 1 blog"
	DraftEditedEvent    = "draft.edited"
	DraftWantedEvent    = "draft.wanted" // somebody asked for approval
	DraftApprovedEvent  = "draft.approved"
	DraftSentEvent      = "draft.sent"
	DraftCorrectedEvent = "draft.corrected" // the draft of a correction was made
	DraftWithdrawnEvent = "draft.withdrawn"
)

// Bounds on a draft's text and on what people say about one.
const (
	draftMost  = 1 << 20
	reasonMost = 1000
	whereMost  = 300
)

// Make writes drafts from the facts of now, in the forms asked for; without any
// in all that the facts give occasion for. Drafts that are there already get the
// new text if nobody edited or approved them; else they keep theirs, and Made
// shows the new one beside it. It gives all drafts of the case.
func (s *Service) Make(ctx context.Context, who action.Actor, id string, formats []advisory.Format) ([]Draft, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	sheet, err := s.facts(ctx, i.ID)
	if err != nil {
		return nil, err
	}
	if len(formats) == 0 {
		formats = advisory.Occasions(sheet)
	}
	docs, err := advisory.Documents(sheet, formats...)
	if err != nil {
		return nil, err
	}
	for n, d := range docs {
		if d.Format == advisory.PostMortem {
			docs[n] = s.postMortem(ctx, i, sheet)
		}
	}
	_, err = s.write(ctx, who, i.ID, func(ctx context.Context, w *writing) error { return w.make(ctx, formats, docs) })
	if err != nil {
		return nil, err
	}
	return s.Drafts(ctx, i.ID)
}

// make brings the rows in line with the documents.
func (w *writing) make(ctx context.Context, formats []advisory.Format, docs []advisory.Document) error {
	list, err := draftsOf(ctx, w.tx, w.inc.number())
	if err != nil {
		return err
	}
	have, last := map[draftKey]Draft{}, map[draftKey]Draft{}
	for _, d := range list {
		if d.live() && d.CorrectedBy == 0 {
			have[d.key()] = d
		}
		if was := last[d.key()]; d.SentAt != nil && (was.SentAt == nil || d.SentAt.After(*was.SentAt)) {
			last[d.key()] = d
		}
	}
	var made []string
	for _, doc := range docs {
		key := draftKey{doc.Format, doc.Crate, doc.To}
		d, there := have[key]
		delete(have, key)
		if was := last[key]; was.SentAt != nil {
			doc = following(doc, d, was)
		}
		changed, err := w.makeOne(ctx, d, there, doc)
		if err != nil {
			return err
		}
		if changed {
			made = append(made, string(doc.Format))
		}
	}
	if len(made) > 0 {
		w.record(record{Kind: DraftMadeEvent, Details: map[string]string{"format": tally(made)}})
	}
	for key, d := range have { // of these the facts know nothing any more
		if slices.Contains(formats, key.format) && d.Made != "" {
			if _, err := w.tx.Exec(ctx, `UPDATE incident_draft SET made = '' WHERE id = $1`, d.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// following makes what the facts give now into the publication after was, which
// went out last. While nothing new is known it is what is there: the text that went
// out, or the draft of the next.
func following(doc advisory.Document, d, was Draft) advisory.Document {
	doc.Text = clean(doc.Text)
	if d.Made != "" && advisory.Same(doc.Format, doc.Text, d.Made) {
		doc.Text, doc.Path = d.Made, d.Path
		return doc
	}
	return advisory.Next(doc, was.Body, advisory.Edition{Number: was.SentWhere})
}

// makeOne writes one document: a new row, a new text of one that nobody touched,
// or beside the text of one that somebody did. It says whether a draft has
// another text now.
func (w *writing) makeOne(ctx context.Context, d Draft, there bool, doc advisory.Document) (bool, error) {
	doc.Text = clean(doc.Text)
	switch {
	case !there:
		_, err := w.tx.Exec(ctx, `INSERT INTO incident_draft (incident, format, crate, recipient, path, body, made, owner, owner_name, made_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $9)`,
			w.inc.number(), doc.Format, doc.Crate, doc.To, doc.Path, doc.Text, w.who.ID, w.who.Name, w.now)
		return true, err
	case d.State == DraftOpen && !d.Edited && (d.Body != doc.Text || d.Path != doc.Path || d.Made != doc.Text):
		_, err := w.tx.Exec(ctx, `UPDATE incident_draft SET body = $2, made = $2, path = $3, revision = revision + 1, changed_at = $4 WHERE id = $1`,
			d.ID, doc.Text, doc.Path, w.now)
		return d.Body != doc.Text, err
	case d.Made != doc.Text:
		_, err := w.tx.Exec(ctx, `UPDATE incident_draft SET made = $2, edited = body <> $2 AND edited WHERE id = $1`, d.ID, doc.Text)
		return false, err
	}
	return false, nil
}

// clean makes a made text fit for the database, which takes no zero letter.
func clean(text string) string {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r != 0 {
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

// drafted records what happened to a draft: in the ledger with the text's hash,
// so that nobody can say later that another text was approved or sent.
func (w *writing) drafted(kind string, d Draft, reason string, more map[string]string) {
	r := record{Kind: kind, Body: reason, Details: map[string]string{"draft": strconv.FormatInt(d.ID, 10), "format": string(d.Format)}}
	for key, value := range more {
		r.Details[key] = value
	}
	if d.Crate != "" {
		r.Details["crate"] = d.Crate
		r.Subjects = []ledger.Subject{{Kind: "crate", ID: d.Crate}}
	}
	if d.Recipient != "" {
		r.Local = map[string]string{"recipient": d.Recipient}
	}
	r.Documents = []ledger.Document{{Name: "draft " + strconv.FormatInt(d.ID, 10), SHA256: hashOf(d.Body), Bytes: int64(len(d.Body))}}
	w.record(r)
}

// EditDraft gives a draft another text. Revision is the one that the person saw;
// when another is there by now the answer is a Clash with both texts, and nothing
// is changed. A text that equals what the facts give is no edit any more. An
// approved draft loses its approval.
func (s *Service) EditDraft(ctx context.Context, who action.Actor, draft int64, revision int, body string) (Draft, error) {
	if err := checkBody(body); err != nil {
		return Draft{}, err
	}
	return s.onDraft(ctx, who, draft, func(ctx context.Context, w *writing, d Draft) error {
		if d.Body == body {
			return nil
		}
		if err := d.seen(revision, body); err != nil {
			return err
		}
		if d.State != DraftOpen && d.State != DraftApproved {
			return cratewarden.Errorf(cratewarden.Conflict, "The draft is %s. Make a correction of what was sent.", d.State)
		}
		d.Body = body
		if _, err := w.tx.Exec(ctx, `UPDATE incident_draft SET body = $2, edited = made <> $2, state = 'draft', revision = revision + 1, owner = $3, owner_name = $4,
				approved_by = '', approved_name = '', approved_at = NULL, approved_why = '', changed_at = $5, path = $6 WHERE id = $1`,
			d.ID, body, w.who.ID, w.who.Name, w.now, advisory.PathOf(d.document())); err != nil {
			return err
		}
		w.drafted(DraftEditedEvent, d, "", nil)
		return nil
	})
}

func checkBody(body string) error {
	switch {
	case len(body) > draftMost:
		return cratewarden.Errorf(cratewarden.TooLarge, "A draft has at most 1 MiB.")
	case !utf8.ValidString(body) || slices.Contains([]byte(body), 0):
		return cratewarden.Errorf(cratewarden.Invalid, "The text holds letters that are none. Paste it again.")
	}
	return nil
}

// onDraft does something to one draft in one transaction, and gives it as it is
// then.
func (s *Service) onDraft(ctx context.Context, who action.Actor, draft int64, do func(ctx context.Context, w *writing, d Draft) error) (Draft, error) {
	d, err := s.draft(ctx, s.db, draft, "")
	if err != nil {
		return d, err
	}
	if _, err := s.write(ctx, who, d.Incident, func(ctx context.Context, w *writing) error {
		d, err := s.draft(ctx, w.tx, draft, "FOR UPDATE")
		if err != nil {
			return err
		}
		return do(ctx, w, d)
	}); err != nil {
		return Draft{}, s.refuse(ctx, who, "incident.publish", ofDraft(d), err)
	}
	return s.DraftByNumber(ctx, draft)
}
