package incident

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/pg"
)

const taskColumns = `item, place, title, state, holder, holder_name, why, ledger, due, own, after, by_name, at`

func scanTask(row pgx.CollectableRow) (t Task, err error) {
	err = row.Scan(&t.Item, &t.Place, &t.Title, &t.State, &t.Holder.ID, &t.Holder.Name, &t.Why, &t.Ledger, &t.Due, &t.Own, &t.After, &t.By, &t.At)
	for _, at := range []*time.Time{t.Due, t.At} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return t, err
}

func readTasks(ctx context.Context, db querier, number int64) ([]Task, error) {
	rows, err := db.Query(ctx, `SELECT `+taskColumns+` FROM incident_task WHERE incident = $1 ORDER BY after, place, item COLLATE "C"`, number)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, scanTask)
	return out, pg.Map(err)
}

// Tasks gives what is to be done in a case: of its playbook, in its order, then
// of people, then what is to follow after closing.
func (s *Service) Tasks(ctx context.Context, id string) ([]Task, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := readTasks(ctx, s.db, i.number())
	if err != nil {
		return nil, err
	}
	book, _ := s.cfg.Playbooks.Of(string(i.Kind))
	for n := range list {
		for _, item := range book.Items {
			if item.ID == list[n].Item {
				list[n].Help, list[n].Phase, list[n].Action = item.Help, string(item.Phase), item.Action
			}
		}
	}
	return list, nil
}

// task locks nothing more: the case's row is.
func (w *writing) task(ctx context.Context, item string) (Task, error) {
	rows, err := w.tx.Query(ctx, `SELECT `+taskColumns+` FROM incident_task WHERE incident = $1 AND item = $2`, w.inc.number(), item)
	if err != nil {
		return Task{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanTask)
	if errors.Is(err, pgx.ErrNoRows) {
		return t, cratewarden.Errorf(cratewarden.NotFound, "Incident %s has no task %s.", w.inc.ID, shown(item))
	}
	return t, err
}

// onTask changes one task and gives it as it is then.
func (s *Service) onTask(ctx context.Context, who action.Actor, id, item string, do func(ctx context.Context, w *writing, t *Task) (word, reason string, err error)) (Task, error) {
	var out Task
	_, err := s.write(ctx, who, id, func(ctx context.Context, w *writing) (err error) {
		if out, err = w.task(ctx, item); err != nil {
			return err
		}
		word, reason, err := do(ctx, w, &out)
		if err != nil || word == "" {
			return err
		}
		return w.saveTask(ctx, out, word, reason)
	})
	return out, err
}

// saveTask writes a task that was changed, and the event.
func (w *writing) saveTask(ctx context.Context, t Task, word, body string) error {
	by := w.person()
	_, err := w.tx.Exec(ctx, `UPDATE incident_task SET state = $3, holder = $4, holder_name = $5, why = $6, ledger = $7, by_id = $8, by_name = $9, at = $10
		WHERE incident = $1 AND item = $2`, w.inc.number(), t.Item, t.State, t.Holder.ID, t.Holder.Name, t.Why, t.Ledger, by.ID, t.By, t.At)
	if err != nil {
		return err
	}
	r := record{Kind: TaskEvent, Body: body, Details: map[string]string{"item": t.Item, "do": word}, Refers: nil}
	if !t.Own {
		r.Local = map[string]string{"title": t.Title} // of the playbook; what a person called one may be erased
	}
	w.record(r)
	return nil
}

func (w *writing) ticked(t *Task, state TaskState, why string) {
	t.State, t.Why, t.By, t.At = state, why, w.who.Name, &w.now
}

// Hold gives a task to whoever asks. from is the id of who held it when they
// looked, "" for nobody: if it is somebody else's by now, the answer is a Clash.
func (s *Service) Hold(ctx context.Context, who action.Actor, id, item, from string) (Task, error) {
	return s.onTask(ctx, who, id, item, func(ctx context.Context, w *writing, t *Task) (string, string, error) {
		switch {
		case t.Holder.ID == who.ID:
			return "", "", nil
		case t.State != TaskOpen:
			return "", "", cratewarden.Errorf(cratewarden.Conflict, "The task is %s already.", t.State)
		case t.Holder.ID != from:
			_, at := w.lastWriter(ctx, TaskEvent, "item", item)
			return "", "", clash(FieldClash{Field: "holder", Was: from, Now: t.Holder.ID, Wanted: who.ID, By: t.Holder, At: at})
		}
		t.Holder = personOf(who)
		return "held", "", nil
	})
}

// Release lets a task go, so that somebody else takes it.
func (s *Service) Release(ctx context.Context, who action.Actor, id, item string) (Task, error) {
	return s.onTask(ctx, who, id, item, func(_ context.Context, _ *writing, t *Task) (string, string, error) {
		if t.Holder.ID == "" {
			return "", "", nil
		}
		t.Holder = Person{}
		return "released", "", nil
	})
}

// Done ticks a task by hand; why is optional.
func (s *Service) Done(ctx context.Context, who action.Actor, id, item, why string) (Task, error) {
	return s.end(ctx, who, id, item, TaskDone, why)
}

// Skip says that a task is not to be done in this case, and why.
func (s *Service) Skip(ctx context.Context, who action.Actor, id, item, why string) (Task, error) {
	if why == "" {
		return Task{}, cratewarden.Errorf(cratewarden.Invalid, "Say why the task is left out.")
	}
	return s.end(ctx, who, id, item, TaskSkipped, why)
}

func (s *Service) end(ctx context.Context, who action.Actor, id, item string, state TaskState, why string) (Task, error) {
	why, err := prose("reason", why, maxReason)
	if err != nil {
		return Task{}, err
	}
	return s.onTask(ctx, who, id, item, func(_ context.Context, w *writing, t *Task) (string, string, error) {
		switch {
		case t.State == state:
			return "", "", nil
		case t.State != TaskOpen:
			return "", "", cratewarden.Errorf(cratewarden.Conflict, "The task is %s already. Open it again first.", t.State)
		}
		w.ticked(t, state, why)
		return string(state), why, nil
	})
}

// Redo opens a task again that was done or skipped. What was shown before does
// not tick it again.
func (s *Service) Redo(ctx context.Context, who action.Actor, id, item, why string) (Task, error) {
	why, err := prose("reason", why, maxReason)
	if err != nil {
		return Task{}, err
	}
	return s.onTask(ctx, who, id, item, func(_ context.Context, w *writing, t *Task) (string, string, error) {
		if t.State == TaskOpen {
			return "", "", nil
		}
		w.ticked(t, TaskOpen, "")
		t.Ledger = nil
		return "opened", why, nil
	})
}

// maxTasks is how many tasks of people a case has.
const maxTasks = 500

// AddTask makes a task of a person's own; key makes asking twice one task.
func (s *Service) AddTask(ctx context.Context, who action.Actor, id string, o TaskOrder, key string) (Task, error) {
	title, err := line("task", o.Title, maxTitle)
	if err != nil {
		return Task{}, err
	}
	if title == "" {
		return Task{}, cratewarden.Errorf(cratewarden.Invalid, "Say what is to be done.")
	}
	var out Task
	_, err = s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		item := ownItem(who, key)
		if out, err = w.task(ctx, item); cratewarden.KindOf(err) != cratewarden.NotFound {
			return err // there is one, of the same key
		}
		var have int
		if err := w.tx.QueryRow(ctx, `SELECT count(*) FROM incident_task WHERE incident = $1 AND own`, w.inc.number()).Scan(&have); err != nil {
			return err
		}
		if have >= maxTasks {
			return cratewarden.Errorf(cratewarden.TooLarge, "A case has at most %d tasks of people.", maxTasks)
		}
		holder, err := w.somebody(ctx, o.Give)
		if err != nil {
			return err
		}
		out = Task{Item: item, Place: 10_000 + have, Title: title, State: TaskOpen, Holder: holder, Due: o.Due, Own: true, After: o.After}
		if _, err := w.tx.Exec(ctx, `INSERT INTO incident_task (incident, item, place, title, holder, holder_name, due, own, after) VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8)`,
			w.inc.number(), item, out.Place, title, holder.ID, holder.Name, o.Due, o.After); err != nil {
			return err
		}
		w.record(record{Kind: TaskEvent, Body: title, Details: map[string]string{"item": item, "do": "added", "holder": holder.ID}})
		return nil
	})
	return out, err
}

func ownItem(who action.Actor, key string) string {
	if key == "" {
		return "own-" + newSalt()[:16]
	}
	sum := sha256.Sum256([]byte(who.ID + "\n" + key))
	return "own-" + hex.EncodeToString(sum[:8])
}

// somebody finds a person of the console by id.
func (w *writing) somebody(ctx context.Context, id string) (Person, error) {
	switch id {
	case "":
		return Person{}, nil
	case w.who.ID:
		return w.person(), nil
	}
	p := Person{ID: id}
	err := w.tx.QueryRow(ctx, `SELECT name FROM person WHERE id = $1 AND listed`, id).Scan(&p.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, cratewarden.Errorf(cratewarden.Invalid, "The list of people has nobody with the id %s.", shown(id))
	}
	return p, err
}
