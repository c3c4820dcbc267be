package incident

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/pg"
)

// Follow is something to do after a case was closed, so that it does not happen
// again: a task with somebody who does it and a day until when.
type Follow struct {
	Incident string `json:"incident"`
	Case     string `json:"case"` // its title
	Task
	Overdue bool `json:"overdue,omitempty"`
}

// FollowOrder asks for one.
type FollowOrder struct {
	Title  string    `json:"title"`
	Holder string    `json:"holder"` // person id
	Due    time.Time `json:"due"`
}

// FollowChange gives one to somebody, or sets another day. What is empty stays.
type FollowChange struct {
	Holder string     `json:"holder,omitempty"` // person id
	Due    *time.Time `json:"due,omitempty"`
	Why    string     `json:"why,omitempty"`
	// Was is the day the person saw; if it is another by now, the answer is a
	// Clash. nil is no day.
	Was *time.Time `json:"was,omitempty"`
}

// FollowFilter narrows a list; the zero value lists all that are open.
type FollowFilter struct {
	Incident string
	Holder   string // person id
	Overdue  bool
	All      bool // also those that are done or skipped
}

// AddFollow takes down an action to follow. Each has an owner and a day, because
// one without is not done. key makes asking twice one action.
func (s *Service) AddFollow(ctx context.Context, who action.Actor, id string, o FollowOrder, key string) (Task, error) {
	switch {
	case o.Holder == "":
		return Task{}, cratewarden.Errorf(cratewarden.Invalid, "Say who does it; an action that nobody owns is not done.")
	case o.Due.IsZero() || o.Due.Year() > 9999:
		return Task{}, cratewarden.Errorf(cratewarden.Invalid, "Say until when, such as 2026-12-31.")
	case o.Due.Before(s.clock().Add(-24 * time.Hour)):
		return Task{}, cratewarden.Errorf(cratewarden.Invalid, "The day is over already. Set one to come.")
	}
	due := o.Due.UTC().Truncate(time.Microsecond)
	return s.AddTask(ctx, who, id, TaskOrder{Title: o.Title, Due: &due, After: true, Give: o.Holder}, key)
}

// SetFollow gives an action to follow to somebody, or sets another day. It is
// also how those of the playbook get both.
func (s *Service) SetFollow(ctx context.Context, who action.Actor, id, item string, c FollowChange) (Task, error) {
	why, err := prose("reason", c.Why, maxReason)
	if err != nil {
		return Task{}, err
	}
	if c.Due != nil && (c.Due.IsZero() || c.Due.Year() > 9999) {
		return Task{}, cratewarden.Errorf(cratewarden.Invalid, "Say until when, such as 2026-12-31.")
	}
	var out Task
	_, err = s.write(ctx, who, id, func(ctx context.Context, w *writing) error {
		if out, err = w.task(ctx, item); err != nil {
			return err
		}
		if !out.After {
			return cratewarden.Errorf(cratewarden.Conflict, "This task is to be done before closing, so it has no day. Hold it to make it yours.")
		}
		if c.Due != nil && !sameTime(out.Due, c.Due) && !sameTime(out.Due, c.Was) {
			by, at := w.lastWriter(ctx, TaskEvent, "item", item)
			return clash(FieldClash{Field: "due", Was: optional(c.Was), Now: optional(out.Due), Wanted: optional(c.Due), By: by, At: at})
		}
		return w.setFollow(ctx, &out, c, why)
	})
	return out, err
}

func (w *writing) setFollow(ctx context.Context, t *Task, c FollowChange, why string) error {
	details := map[string]string{"item": t.Item, "do": "given"}
	if c.Holder != "" {
		holder, err := w.somebody(ctx, c.Holder)
		if err != nil {
			return err
		}
		t.Holder, details["holder"] = holder, holder.ID
	}
	if c.Due != nil {
		due := c.Due.UTC().Truncate(time.Microsecond)
		t.Due, details["due"] = &due, stamp(due)
	}
	if _, err := w.tx.Exec(ctx, `UPDATE incident_task SET holder = $3, holder_name = $4, due = $5 WHERE incident = $1 AND item = $2`,
		w.inc.number(), t.Item, t.Holder.ID, t.Holder.Name, t.Due); err != nil {
		return err
	}
	r := record{Kind: TaskEvent, Body: why, Details: details}
	if !t.Own {
		r.Local = map[string]string{"title": t.Title}
	}
	w.record(r)
	return nil
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.UTC().Truncate(time.Microsecond).Equal(b.UTC().Truncate(time.Microsecond))
}

// Follows lists actions to follow of all cases, what is due first at the top,
// what has no day last. Drills have none.
func (s *Service) Follows(ctx context.Context, f FollowFilter) ([]Follow, error) {
	now := s.clock()
	p := &places{}
	p.add(`t.after AND i.drill = '' AND i.state <> 'merged'`)
	if !f.All {
		p.add(`t.state = 'open'`)
	}
	if f.Holder != "" {
		p.add(`t.holder = ?`, f.Holder)
	}
	if f.Overdue {
		p.add(`t.state = 'open' AND t.due < ?`, now)
	}
	if f.Incident != "" {
		i, err := s.Incident(ctx, f.Incident)
		if err != nil {
			return nil, err
		}
		p.add(`i.number = ?`, i.number())
	}
	rows, err := s.db.Query(ctx, `SELECT i.number, i.title, t.`+strings.ReplaceAll(taskColumns, ", ", ", t.")+`
		FROM incident_task t JOIN incident i ON i.number = t.incident`+p.sql()+` ORDER BY t.due NULLS LAST, i.number, t.place, t.item COLLATE "C" LIMIT 1000`, p.args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x Follow, err error) {
		var number int64
		x.Task, err = scanTask(head{row, []any{&number, &x.Case}})
		x.Incident = idOf(number)
		x.Overdue = x.State == TaskOpen && x.Due != nil && x.Due.Before(now)
		return x, err
	})
	return out, pg.Map(err)
}

// head is a row that has columns before those that its reader knows.
type head struct {
	pgx.CollectableRow
	first []any
}

// Scan reads the others and the known columns.
func (h head) Scan(dest ...any) error {
	return h.CollectableRow.Scan(append(h.first[:len(h.first):len(h.first)], dest...)...)
}
