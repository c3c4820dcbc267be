package action

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// notUndone says of a job that it is not taken back.
func (r *Run) notUndone(step int) {
	r.Info(step, "not-undone", "A job that a worker has taken up is not taken back; this step cannot be undone.")
}

// cratesOf finds the crates of steps and blocks the steps of those that are not
// there.
func (r *Run) cratesOf(ctx context.Context, steps []int, names []string) ([]change.Crate, error) {
	found, err := r.FindCrates(ctx, names)
	if err != nil {
		return nil, err
	}
	for i, c := range found {
		if c.ID == 0 {
			r.Block(steps[i], "no-such-crate", "The registry has no crate %s.", names[i])
			continue
		}
		r.notUndone(steps[i])
	}
	return found, nil
}

func runResync(ctx context.Context, r *Run, items []Item[ResyncIndex]) error {
	steps, names := make([]int, len(items)), make([]string, len(items))
	for i, it := range items {
		steps[i], names[i] = it.Step, it.Do.Crate
	}
	found, err := r.cratesOf(ctx, steps, names)
	for i, c := range found {
		if c.ID != 0 {
			r.Enqueue(change.IndexJobs(steps[i], c.Name)...)
		}
	}
	return err
}

func runDefault(ctx context.Context, r *Run, items []Item[ChooseDefault]) error {
	steps, names := make([]int, len(items)), make([]string, len(items))
	for i, it := range items {
		steps[i], names[i] = it.Step, it.Do.Crate
	}
	found, err := r.cratesOf(ctx, steps, names)
	for i, c := range found {
		if c.ID != 0 {
			r.Enqueue(change.DefaultVersionJob(steps[i], c.ID))
		}
	}
	return err
}

func runInvalidate(_ context.Context, r *Run, items []Item[Invalidate]) error {
	for _, it := range items {
		r.notUndone(it.Step)
		r.Enqueue(change.InvalidateJob(it.Step, it.Do.Paths, it.Do.Tags))
	}
	return nil
}

// heldJobs finds the jobs of steps and holds those that can be changed.
func (r *Run) heldJobs(ctx context.Context, steps map[int64]int) (map[int64]change.WaitingJob, map[int64]int, error) {
	ids := make([]int64, 0, len(steps))
	for id := range steps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	jobs, err := r.HoldJobs(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	free := map[int64]int{}
	for _, id := range ids {
		j, there := jobs[id]
		switch step := steps[id]; {
		case !there:
			r.Block(step, "no-such-job", "Job %d is not in the queue: it is done, or it never was there.", id)
		case j.Running:
			r.Block(step, "running", "Job %d (%s) is running at this moment. Wait until it ends.", id, j.Type)
		default:
			free[id] = step
		}
	}
	return jobs, free, nil
}

func runRetry(ctx context.Context, r *Run, items []Item[RetryJob]) error {
	steps := map[int64]int{}
	for _, it := range items {
		steps[it.Do.ID] = it.Step
	}
	jobs, free, err := r.heldJobs(ctx, steps)
	if err != nil {
		return err
	}
	for _, it := range items {
		j, ok := jobs[it.Do.ID]
		if _, mine := free[it.Do.ID]; !ok || !mine {
			continue
		}
		r.notUndone(it.Step)
		if _, known := change.FindJobType(j.Type); !known {
			r.Warn(it.Step, "unknown-type", "No worker that we know takes up jobs of the type %s; it may wait for ever.", j.Type)
		}
		if j.Priority < 0 {
			r.Info(it.Step, "low-priority", "It keeps its priority %d, so it runs after everything more urgent.", j.Priority)
		}
	}
	if len(free) == 0 {
		return nil
	}
	return r.RetryJobs(ctx, free)
}

func runPark(ctx context.Context, r *Run, items []Item[ParkJob]) error {
	steps := map[int64]int{}
	for _, it := range items {
		steps[it.Do.ID] = it.Step
	}
	jobs, free, err := r.heldJobs(ctx, steps)
	if err != nil {
		return err
	}
	for _, it := range items {
		if _, mine := free[it.Do.ID]; !mine {
			continue
		}
		if jobs[it.Do.ID].Parked {
			r.nothing(it.Step, "Job %d is parked already.", it.Do.ID)
			delete(free, it.Do.ID)
			continue
		}
		r.Info(it.Step, "not-undone", "This step is not undone as others are; job.retry lets the job run again, with the low priority it gets now.")
	}
	if len(free) == 0 {
		return nil
	}
	return r.ParkJobs(ctx, free)
}

func jobTypeNames() []string {
	var out []string
	for _, t := range change.JobTypes() {
		out = append(out, t.Name)
	}
	return out
}

// EnqueueJob queues any job that the registry's workers know.
type EnqueueJob struct {
	Type     string          `json:"type"`
	Data     json.RawMessage `json:"data,omitempty"`
	Priority *int16          `json:"priority,omitempty"`
}

// Check holds the data against what the worker reads.
func (j EnqueueJob) Check() error {
	t, known := change.FindJobType(j.Type)
	if !known {
		return cratewarden.Errorf(cratewarden.Invalid, "no worker takes up jobs of the type %q. Known are: %s.", j.Type, strings.Join(jobTypeNames(), ", "))
	}
	_, err := t.Payload(j.Data)
	return err
}

// Sentence says it.
func (j EnqueueJob) Sentence() string {
	if len(j.Data) == 0 || string(j.Data) == "null" {
		return "Queue the job " + j.Type
	}
	return "Queue the job " + j.Type + " " + cut(string(j.Data), 80)
}

// Subjects are the crates that the data names, or the type.
func (j EnqueueJob) Subjects() (out []ledger.Subject) {
	t, _ := change.FindJobType(j.Type)
	for _, f := range t.Fields {
		if f.Names == "crate" {
			for _, name := range f.Values(j.Data) {
				out = append(out, CrateSubject(name))
			}
		}
	}
	if out == nil {
		out = []ledger.Subject{{Kind: "job type", ID: j.Type}}
	}
	return out
}
