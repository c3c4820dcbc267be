package incident

import (
	"context"
	"regexp"
	"strconv"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/pg"
)

// Note keeps what somebody says. The same person's same key makes it once; ""
// means that the asker does not repeat itself.
func (s *Service) Note(ctx context.Context, who action.Actor, id, body, key string) (Event, error) {
	body, err := prose("note", body, maxBody)
	if err != nil {
		return Event{}, err
	}
	if body == "" {
		return Event{}, cratewarden.Errorf(cratewarden.Invalid, "The note is empty.")
	}
	var event int64
	_, err = s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		came, known, err := once(ctx, w.tx, who, key, "incident.note", []string{id, body})
		if err != nil || known {
			event = came.row
			return err
		}
		if err := w.room(ctx, body); err != nil {
			return err
		}
		w.record(record{Kind: NoteEvent, Body: body})
		w.then = append(w.then, func(ctx context.Context) error {
			event = w.ids[0]
			return remember(ctx, w.tx, who, key, answer{w.inc.number(), event})
		})
		return nil
	})
	if err != nil {
		return Event{}, err
	}
	list, err := readEvents(ctx, s.db, `e.id = $1`, event)
	if err != nil || len(list) != 1 {
		return Event{}, err
	}
	return list[0], nil
}

// maxWritten bounds the notes and texts of a case together, in bytes, with every
// text that ever stood there: its pages and exports read them all.
const maxWritten = 32 << 20

// room refuses what a case does not hold any more. Reasons of decisions are not
// counted, so that nobody can keep others from deciding.
func (w *writing) room(ctx context.Context, body string) error {
	var all int64
	if err := w.tx.QueryRow(ctx, `SELECT coalesce(sum(octet_length(body)), 0) FROM incident_event WHERE incident = $1 AND kind = ANY ($2)`,
		w.inc.number(), []string{NoteEvent, TextEvent}).Scan(&all); err != nil {
		return err
	}
	if all+int64(len(body)) > maxWritten {
		return cratewarden.Errorf(cratewarden.TooLarge, "The notes and texts of a case may have 32 MiB together. Attach a file, erase what a program wrote, or open another case.")
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_.:-]{0,99}$`)

// maxTexts is how many texts a case has.
const maxTexts = 200

// WriteText writes one text of the fact sheet. revision is that of the text the
// person looked at, 0 for none yet; if somebody wrote since, the error is a Clash
// with both texts. Every text that ever stood there stays in the events.
func (s *Service) WriteText(ctx context.Context, who action.Actor, id, field string, revision int, body string) (Text, error) {
	body, err := prose("text", body, maxBody)
	if err != nil {
		return Text{}, err
	}
	if !fieldName.MatchString(field) {
		return Text{}, cratewarden.Errorf(cratewarden.Invalid, "%s cannot be the name of a text: small letters, digits and dashes.", shown(field))
	}
	var out Text
	_, err = s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		out = Text{Field: field}
		for _, t := range w.inc.Texts {
			if t.Field == field {
				out = t
			}
		}
		switch {
		case out.Body == body && (out.Revision > 0 || body == ""):
			return nil
		case out.Revision != revision:
			return clash(FieldClash{Field: Field("text:" + field), Now: out.Body, Wanted: body, By: out.By, At: out.At, Revision: out.Revision})
		case out.Revision == 0 && len(w.inc.Texts) >= maxTexts:
			return cratewarden.Errorf(cratewarden.TooLarge, "A case has at most %d texts.", maxTexts)
		}
		if err := w.room(ctx, body); err != nil {
			return err
		}
		out = Text{Field: field, Body: body, Revision: revision + 1, By: w.person(), At: w.now}
		return w.putText(ctx, out)
	})
	return out, err
}

func (w *writing) putText(ctx context.Context, t Text) error {
	w.record(record{Kind: TextEvent, Body: t.Body, Details: map[string]string{"field": t.Field, "revision": strconv.Itoa(t.Revision)}})
	_, err := w.tx.Exec(ctx, `INSERT INTO incident_text (incident, field, body, revision, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (incident, field) DO UPDATE SET body = excluded.body, revision = excluded.revision, by_id = excluded.by_id, by_name = excluded.by_name, at = excluded.at`,
		w.inc.number(), t.Field, t.Body, t.Revision, t.By.ID, t.By.Name, t.At)
	return err
}

// TextBefore gives what a text was at a revision, for comparing.
func (s *Service) TextBefore(ctx context.Context, id, field string, revision int) (Text, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return Text{}, err
	}
	list, err := readEvents(ctx, s.db, `e.incident = $1 AND e.kind = $2 AND e.details ->> 'field' = $3 AND e.details ->> 'revision' = $4 ORDER BY e.id DESC LIMIT 1`,
		i.number(), TextEvent, field, strconv.Itoa(revision))
	switch {
	case err != nil:
		return Text{}, pg.Map(err)
	case len(list) == 0:
		return Text{}, cratewarden.Errorf(cratewarden.NotFound, "The text %s has no revision %d.", shown(field), revision)
	}
	return Text{Field: field, Body: list[0].Body, Revision: revision, By: list[0].By, At: list[0].At}, nil
}
