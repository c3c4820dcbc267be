package action

import (
	"context"
	"strconv"

	"cratewarden/registry/change"
)

// queued is one step of job.enqueue with its checked data.
type queued struct {
	step int
	kind change.JobType
	job  change.Job
}

func runEnqueue(ctx context.Context, r *Run, items []Item[EnqueueJob]) error {
	list := make([]queued, 0, len(items))
	var single []string
	for _, it := range items {
		kind, _ := change.FindJobType(it.Do.Type) // Check found it
		data, err := kind.Payload(it.Do.Data)
		if err != nil {
			return err
		}
		priority := kind.Priority
		if it.Do.Priority != nil {
			priority = *it.Do.Priority
		}
		if kind.Single {
			single = append(single, kind.Name)
		}
		list = append(list, queued{it.Step, kind, change.Job{Step: it.Step, Type: kind.Name, Data: data, Priority: priority, Plain: kind.Plain}})
	}
	waiting := map[string]int64{}
	if len(single) > 0 {
		var err error
		if waiting, err = r.JobsOfType(ctx, single); err != nil {
			return err
		}
	}
	for _, q := range list {
		r.notUndone(q.step)
		if q.kind.Note != "" {
			r.Info(q.step, "note", "%s", q.kind.Note)
		}
		if waiting[q.kind.Name] > 0 {
			r.Block(q.step, "job-exists", "A job of the type %s is in the queue; the registry wants at most one. Retry that one instead.", q.kind.Name)
		}
		r.Enqueue(q.job)
	}
	return r.checkNamed(ctx, list)
}

// named is a thing that a job's data names.
type named struct {
	queued
	field change.JobField
	value string
}

// checkNamed looks whether what the data names is there. A wrong name is not
// harmless: an index job for a name that nobody has removes an index file.
func (r *Run) checkNamed(ctx context.Context, list []queued) error {
	byKind := map[string][]named{}
	for _, q := range list {
		for _, f := range q.kind.Fields {
			if f.Names == "" {
				continue
			}
			for _, v := range f.Values(q.job.Data) {
				byKind[f.Names] = append(byKind[f.Names], named{q, f, v})
			}
		}
	}
	for _, what := range []string{"version", "crate id", "github id"} {
		if err := r.checkIDs(ctx, what, byKind[what]); err != nil {
			return err
		}
	}
	return r.checkCrates(ctx, byKind["crate"])
}

func (r *Run) checkIDs(ctx context.Context, what string, list []named) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]int32, len(list))
	for i, n := range list {
		id, err := strconv.ParseInt(n.value, 10, 32)
		if err != nil { // Payload let only such numbers pass
			return err
		}
		ids[i] = int32(id)
	}
	known, err := r.Known(ctx, what, ids)
	if err != nil {
		return err
	}
	for i, n := range list {
		if !known[ids[i]] {
			r.Block(n.step, "no-such-"+map[string]string{"version": "version", "crate id": "crate", "github id": "account"}[what],
				"%s %d is not in the registry, so the job could only fail or do nothing.", n.field.Name, ids[i])
		}
	}
	return nil
}

func (r *Run) checkCrates(ctx context.Context, list []named) error {
	if len(list) == 0 {
		return nil
	}
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = n.value
	}
	found, err := r.FindCrates(ctx, names)
	if err != nil {
		return err
	}
	for i, n := range list {
		c := found[i]
		switch {
		case c.ID != 0 && n.kind.Name == "delete_crate_from_storage":
			r.Block(n.step, "crate-lives", "The crate %s exists; this job would delete all its files. To delete a crate, use crate.delete.", c.Name)
		case c.ID != 0 && c.Name != n.value:
			r.Block(n.step, "other-spelling", "The registry spells it %s, and jobs go by the exact spelling.", c.Name)
		case c.ID == 0 && n.field.Missing == "":
			r.Block(n.step, "no-such-crate", "The registry has no crate %s, so the job could only fail.", n.value)
		case c.ID == 0:
			r.Warn(n.step, "no-such-crate", "The registry has no crate %s: %s.", n.value, n.field.Missing)
		}
	}
	return nil
}
