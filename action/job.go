package action

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// ResyncIndex has both index files of a crate written again.
type ResyncIndex struct {
	Crate string `json:"crate"`
}

// Check wants a name.
func (j ResyncIndex) Check() error { return checkCrate(j.Crate) }

// Sentence says it.
func (j ResyncIndex) Sentence() string { return "Write the index files of " + j.Crate + " again" }

// Subjects is the crate.
func (j ResyncIndex) Subjects() []ledger.Subject { return []ledger.Subject{CrateSubject(j.Crate)} }

// ChooseDefault has a crate's default version chosen again.
type ChooseDefault struct {
	Crate string `json:"crate"`
}

// Check wants a name.
func (j ChooseDefault) Check() error { return checkCrate(j.Crate) }

// Sentence says it.
func (j ChooseDefault) Sentence() string {
	return "Choose the default version of " + j.Crate + " again"
}

// Subjects is the crate.
func (j ChooseDefault) Subjects() []ledger.Subject { return []ledger.Subject{CrateSubject(j.Crate)} }

func checkCrate(name string) error {
	if name == "" || len(name) > 255 || strings.ContainsRune(name, 0) {
		return cratewarden.Errorf(cratewarden.Invalid, "name a crate.")
	}
	return nil
}

// Invalidate makes the caches forget files of the static store.
type Invalidate struct {
	Paths []string `json:"paths,omitempty"`
	Tags  []string `json:"tags,omitempty"`
}

// maxPaths bounds one invalidation.
const maxPaths = 1000

// Check refuses what one of the two caches would refuse (contract actions.md
// section 18).
func (j Invalidate) Check() error {
	switch {
	case len(j.Paths)+len(j.Tags) == 0:
		return cratewarden.Errorf(cratewarden.Invalid, "name paths or tags.")
	case len(j.Paths)+len(j.Tags) > maxPaths:
		return cratewarden.Errorf(cratewarden.TooLarge, "an invalidation has at most %d paths and tags.", maxPaths)
	}
	for _, p := range j.Paths {
		if p == "" || len(p) > 1024 || strings.HasPrefix(p, "/") || strings.ContainsAny(p, "*\x00") {
			return cratewarden.Errorf(cratewarden.Invalid, "%q is no path of a stored file, such as crates/serde/serde-1.0.0.crate; wildcards are not taken by every cache.", p)
		}
	}
	for _, t := range j.Tags {
		if t == "" || len(t) > 256 || strings.ContainsAny(t, "*# \x00") {
			return cratewarden.Errorf(cratewarden.Invalid, "%q is no cache tag, such as crate:serde or release:serde@1.0.0.", t)
		}
	}
	return nil
}

// Sentence says it.
func (j Invalidate) Sentence() string {
	first := append(slices.Clone(j.Paths), j.Tags...)[0]
	if more := len(j.Paths) + len(j.Tags) - 1; more > 0 {
		return fmt.Sprintf("Make the caches forget %s and %d more", first, more)
	}
	return "Make the caches forget " + first
}

// Subjects are the paths and tags as one job.
func (j Invalidate) Subjects() []ledger.Subject {
	return []ledger.Subject{{Kind: "job type", ID: "invalidate_cdns"}}
}

// RetryJob lets a job of the registry's queue run now.
type RetryJob struct {
	ID int64 `json:"id"`
}

// Check wants an id.
func (j RetryJob) Check() error { return checkJob(j.ID) }

// Sentence says it.
func (j RetryJob) Sentence() string { return fmt.Sprintf("Retry job %d now", j.ID) }

// Subjects is the job.
func (j RetryJob) Subjects() []ledger.Subject { return []ledger.Subject{JobSubject(j.ID)} }

// ParkJob keeps a job of the registry's queue from running.
type ParkJob struct {
	ID int64 `json:"id"`
}

// Check wants an id.
func (j ParkJob) Check() error { return checkJob(j.ID) }

// Sentence says it.
func (j ParkJob) Sentence() string { return fmt.Sprintf("Park job %d", j.ID) }

// Subjects is the job.
func (j ParkJob) Subjects() []ledger.Subject { return []ledger.Subject{JobSubject(j.ID)} }

func checkJob(id int64) error {
	if id <= 0 {
		return cratewarden.Errorf(cratewarden.Invalid, "name a job by its number.")
	}
	return nil
}

func jobKinds() []Kind {
	krate := []Param{{Name: "crate", Label: "Crate", Type: CrateParam, Required: true}}
	job := []Param{{Name: "id", Label: "Job", Help: "Its number in the queue.", Type: NumberParam, Required: true}}
	return []Kind{
		define(Kind{
			Name: "job.resync_index", Title: "Write a crate's index files again", Role: cratewarden.Platform,
			About: "Queues the jobs that make both index files from the database and empty their caches.", Params: krate,
		}, runResync),
		define(Kind{
			Name: "job.default_version", Title: "Choose a crate's default version again", Role: cratewarden.Platform,
			About: "Queues the job that applies the registry's rule for the version shown first.", Params: krate,
		}, runDefault),
		define(Kind{
			Name: "job.invalidate", Title: "Make the caches forget files", Role: cratewarden.Platform,
			About: "Queues the job that empties the caches of the static store; index files have their own job.",
			Params: []Param{
				{Name: "paths", Label: "Paths", Help: "Such as crates/serde/serde-1.0.0.crate.", Type: ListParam},
				{Name: "tags", Label: "Tags", Help: "Such as crate:serde.", Type: ListParam},
			},
		}, runInvalidate),
		define(Kind{
			Name: "job.rerender_readme", Title: "Render a version's README again", Role: cratewarden.Platform,
			About: "Queues the job that renders the README; its text is read from the version's archive.", Params: versionParams(),
		}, runReadme),
		define(Kind{
			Name: "job.retry", Title: "Retry a job now", Role: cratewarden.Platform,
			About: "Sets a waiting job's failures to zero, so that a worker takes it up within a second or two.", Params: job,
		}, runRetry),
		define(Kind{
			Name: "job.park", Title: "Park a job", Role: cratewarden.Platform,
			About: "Keeps a waiting job from running until somebody retries it, with a low priority that raises no alarm.", Params: job,
		}, runPark),
		define(Kind{
			Name: "job.enqueue", Title: "Queue a job", Role: cratewarden.Platform,
			About: "Puts a job of a known type into the registry's queue; its data is checked as the worker would.",
			Params: []Param{
				{Name: "type", Label: "Type", Type: TextParam, Required: true, Choices: jobTypeNames()},
				{Name: "data", Label: "Data", Help: "JSON; leave it out for a type without data.", Type: LongParam},
				{Name: "priority", Label: "Priority", Help: "Higher first; the type's own when left out.", Type: NumberParam},
			},
		}, runEnqueue),
	}
}

// once says of a job that it is not taken back.
func (r *Run) notUndone(step int) {
	r.Info(step, "not-undone", "A job that a worker has taken up is not taken back; this step cannot be undone.")
}

// crates finds the crates of steps and blocks the steps of those that are not
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

// held finds the jobs of steps and holds those that can be changed.
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
