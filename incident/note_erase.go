package incident

import (
	"context"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
)

// Erasure names one thing that a person wrote and that must go, such as on a
// legal request. Exactly one field is set.
type Erasure struct {
	Event   int64          `json:"event,omitempty"`  // the text of a note or a reason
	Text    string         `json:"text,omitempty"`   // a text of the fact sheet, with all that stood there before
	File    int64          `json:"file,omitempty"`   // a file's name and content
	Task    string         `json:"task,omitempty"`   // the title and reason of a task of a person's own
	Subject ledger.Subject `json:"subject,omitzero"` // the label and reason of a subject
	Title   bool           `json:"title,omitempty"`  // the case's title, with those it had before
	Early   bool           `json:"early,omitempty"`  // why public steps were unlocked
	Draft   int64          `json:"draft,omitempty"`  // a draft's text, receiver and reasons, with what the facts gave for it
	Figure  int64          `json:"figure,omitempty"` // how a figure was found
}

// Erase clears what a person wrote, for ever. That something was written, when
// and by whom stays, and so does the ledger, which has only a hash that nobody
// can try words against any more. The reason is recorded in the ledger as it
// is: it must not repeat what goes.
func (s *Service) Erase(ctx context.Context, who action.Actor, id string, e Erasure, reason string) error {
	reason, err := said("reason", reason, maxReason, false)
	if err != nil {
		return err
	}
	if reason == "" {
		return cratewarden.Errorf(cratewarden.Invalid, "Say why it is erased, such as the number of the request. Do not repeat what goes.")
	}
	_, err = s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		what, err := w.erase(ctx, e)
		if err != nil {
			return err
		}
		what["reason"] = reason
		w.record(record{Kind: ErasedEvent, Details: what})
		return nil
	})
	return err
}

// forget clears the texts of events of a case and of those merged into it.
func (w *writing) forget(ctx context.Context, where string, args ...any) (int64, error) {
	numbers, err := w.numbers()
	if err != nil {
		return 0, err
	}
	done, err := w.tx.Exec(ctx, `UPDATE incident_event SET body = '', details = details - 'salt' WHERE incident = ANY ($1) AND body <> '' AND `+where, append([]any{numbers}, args...)...)
	return done.RowsAffected(), err
}

// numbers are those of the case and of what was merged into it.
func (w *writing) numbers() (out []int64, err error) {
	for _, id := range w.inc.ids() {
		n, err := numberOf(id)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (w *writing) erase(ctx context.Context, e Erasure) (what map[string]string, err error) {
	n, number := int64(0), w.inc.number()
	row := func(sql string, args ...any) error {
		done, err := w.tx.Exec(ctx, sql, append([]any{number}, args...)...)
		n += done.RowsAffected()
		return err
	}
	var also error
	switch {
	case e.Event != 0:
		what = map[string]string{"event": strconv.FormatInt(e.Event, 10)}
		n, err = w.forget(ctx, `id = $2`, e.Event)
	case e.Text != "":
		what = map[string]string{"text": e.Text}
		err = row(`UPDATE incident_text SET body = '', revision = revision + 1 WHERE incident = $1 AND field = $2`, e.Text)
		_, also = w.forget(ctx, `kind = 'text' AND details ->> 'field' = $2`, e.Text)
	case e.File != 0:
		file := strconv.FormatInt(e.File, 10)
		what = map[string]string{"file": file}
		err = row(`UPDATE incident_file SET content = '', name = 'erased' WHERE incident = $1 AND id = $2`, e.File)
		_, also = w.forget(ctx, `kind = 'file' AND details ->> 'file' = $2`, file)
	case e.Task != "":
		what = map[string]string{"task": e.Task}
		err = row(`UPDATE incident_task SET title = CASE WHEN own THEN 'erased' ELSE title END, why = '' WHERE incident = $1 AND item = $2`, e.Task)
		_, also = w.forget(ctx, `kind = 'task' AND details ->> 'item' = $2`, e.Task)
	case e.Subject.ID != "":
		what = map[string]string{"subject": e.Subject.Kind + ":" + e.Subject.ID}
		err = row(`UPDATE incident_subject SET label = '', why = '' WHERE incident = $1 AND kind = $2 AND id = $3`, e.Subject.Kind, e.Subject.ID)
		_, also = w.forget(ctx, `kind IN ('subject.added', 'subject.removed') AND strpos(details ->> 'subjects', $2) > 0`, strconv.Quote(e.Subject.ID))
	case e.Title:
		what, n = map[string]string{"title": "true"}, 1
		w.inc.Title = strings.TrimSpace("Case of " + string(w.inc.Kind))
		err = row(`UPDATE incident SET title = 'Case of ' || kind WHERE merged_into = $1`)
		_, also = w.forget(ctx, `kind IN ('opened', 'title')`)
	case e.Early:
		what = map[string]string{"early": "true"}
		if w.inc.EarlyReason != "" {
			n, w.inc.EarlyReason = 1, "erased"
		}
		_, err = w.forget(ctx, `kind = 'override'`)
	case e.Draft != 0:
		draft := strconv.FormatInt(e.Draft, 10)
		what = map[string]string{"draft": draft}
		n, err = w.eraseDraft(ctx, e.Draft)
		_, also = w.forget(ctx, `details ->> 'draft' = $2`, draft)
	case e.Figure != 0:
		what = map[string]string{"figure": strconv.FormatInt(e.Figure, 10)}
		err = row(`UPDATE incident_figure SET method = 'erased', query = '' WHERE incident = $1 AND id = $2 AND method <> 'erased'`, e.Figure)
	default:
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Say what is to be erased.")
	}
	switch {
	case err != nil:
		return nil, err
	case also != nil:
		return nil, also
	case n == 0:
		return nil, cratewarden.Errorf(cratewarden.NotFound, "Incident %s has nothing like that, or it is erased already.", w.inc.ID)
	}
	return what, nil
}

// eraseDraft empties a draft of a case or of one merged into it. What was not
// sent is withdrawn, so that nobody sends an empty text; if the facts give an
// occasion for it, the next making writes it anew from them.
func (w *writing) eraseDraft(ctx context.Context, draft int64) (int64, error) {
	numbers, err := w.numbers()
	if err != nil {
		return 0, err
	}
	done, err := w.tx.Exec(ctx, `UPDATE incident_draft SET body = '', made = '', path = 'erased', recipient = '', approved_why = '', sent_where = '',
			revision = revision + 1, state = CASE WHEN state IN ('draft', 'approved') THEN 'withdrawn' ELSE state END, changed_at = $3
		WHERE incident = ANY ($1) AND id = $2 AND path <> 'erased'`, numbers, draft, w.now)
	if err != nil {
		return 0, err
	}
	_, err = w.tx.Exec(ctx, `UPDATE incident_event SET details = details - 'recipient' WHERE incident = ANY ($1) AND details ->> 'draft' = $2`, numbers, strconv.FormatInt(draft, 10))
	return done.RowsAffected(), err
}
