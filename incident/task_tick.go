package incident

import (
	"context"
	"strconv"

	"cratewarden/incident/playbook"
)

// makeTasks brings the tasks of the case's playbook in. Those of another
// playbook that nobody took up go.
func (w *writing) makeTasks(ctx context.Context) error {
	book, _ := w.s.cfg.Playbooks.Of(string(w.inc.Kind))
	var items, titles []string
	var after []bool
	for _, item := range book.Items {
		items, titles, after = append(items, item.ID), append(titles, item.Title), append(after, item.After)
	}
	if _, err := w.tx.Exec(ctx, `DELETE FROM incident_task WHERE incident = $1 AND NOT own AND state = 'open' AND holder = '' AND at IS NULL AND NOT item = ANY ($2)`,
		w.inc.number(), orEmpty(items)); err != nil || len(items) == 0 {
		return err
	}
	_, err := w.tx.Exec(ctx, `INSERT INTO incident_task (incident, item, place, title, after)
		SELECT $1, item, 10 * n, title, after FROM unnest($2::text[], $3::text[], $4::boolean[]) WITH ORDINALITY AS t (item, title, after, n)
		ON CONFLICT (incident, item) DO UPDATE SET place = excluded.place, title = excluded.title, after = excluded.after`,
		w.inc.number(), items, titles, after)
	return err
}

// tick ticks the tasks of the playbook that the record shows to be done, and
// opens those again that it ticked and does not show any more, such as when a plan
// was undone.
func (w *writing) tick(ctx context.Context, f facts) error {
	book, ok := w.s.cfg.Playbooks.Of(string(w.inc.Kind))
	if !ok {
		return nil
	}
	tasks, err := readTasks(ctx, w.tx, w.inc.number())
	if err != nil {
		return err
	}
	byItem := make(map[string]playbook.Item, len(book.Items))
	for _, item := range book.Items {
		byItem[item.ID] = item
	}
	for _, t := range tasks {
		item, of := byItem[t.Item]
		if !of || t.Own || item.Ticks.IsZero() {
			continue
		}
		p, why := shownBy(item.Ticks, w.inc, f)
		switch {
		case why != "" && t.State == TaskOpen && (t.At == nil || p.at.After(*t.At)):
			w.ticked(&t, TaskDone, why)
			t.Ledger = p.ledger
			err = w.saveTask(ctx, t, "ticked", "")
		case why == "" && t.State == TaskDone && t.By == console().Name:
			w.ticked(&t, TaskOpen, "")
			t.Ledger, t.At = nil, nil
			err = w.saveTask(ctx, t, "unticked", "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// shownBy says what meets a condition, and where; "" while nothing does.
func shownBy(c playbook.Condition, i Incident, f facts) (p proof, why string) {
	switch c.Word {
	case playbook.Applied:
		if p, any := lastOf(f.acts, c.Has); any {
			return p, "Plan " + p.plan + " did it."
		}
	case playbook.Sealed:
		if len(f.bundles) > 0 {
			return f.bundles[0].proof, "Evidence is sealed."
		}
	case playbook.Subjects:
		for _, s := range i.Subjects {
			if len(c.Of) == 0 || c.Has(s.Kind) {
				return proof{at: s.At}, "The case names " + s.Kind + " " + s.ID + "."
			}
		}
	case playbook.Verdict:
		if i.Verdict != Undecided {
			return p, "The verdict is " + string(i.Verdict) + "."
		}
	case playbook.Lead:
		if i.Lead.ID != "" {
			return p, "The case has a lead."
		}
	case playbook.Noted:
		if f.notes {
			return p, "There is a note."
		}
	case playbook.Figure:
		for what, at := range f.figures {
			if c.Has(what) {
				return proof{at: at}, "The number of " + what + " is confirmed."
			}
		}
	case playbook.DraftMade, playbook.DraftSent:
		return drafted(c, f)
	case playbook.Reached:
		for _, state := range c.Of {
			if i.Reached(State(state)) {
				return p, "The case is " + string(i.State) + "."
			}
		}
	}
	return proof{}, ""
}

func drafted(c playbook.Condition, f facts) (proof, string) {
	n := 0
	var last proof
	for _, d := range f.drafts {
		sent := d.state == "sent" || d.state == "corrected"
		if !c.Has(d.format) || d.state == "withdrawn" || c.Word == playbook.DraftSent && !sent {
			continue
		}
		if n++; d.at.After(last.at) {
			last = d.proof
		}
	}
	switch {
	case n == 0:
		return proof{}, ""
	case c.Word == playbook.DraftSent:
		return last, strconv.Itoa(n) + " sent."
	}
	return last, strconv.Itoa(n) + " drafted."
}
