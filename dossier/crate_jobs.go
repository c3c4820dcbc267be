package dossier

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

// stuckAfter is the age at which the registry's own monitor pages for a job
// that nobody runs; downloadsAfter is that for update_downloads (contract
// jobs.md section 5).
const (
	stuckAfter     = 15 * time.Minute
	downloadsAfter = 120 * time.Minute
	// poisonRetries overflow the back-off, so that the statement with which
	// workers select jobs fails for the whole queue (contract jobs.md section 3).
	poisonRetries = 32
)

// Jobs gives the state of the registry's job queue: every type with what it
// does, the rows in the order in which workers take them, and the sentence
// with which the registry's own monitor would page. In a public dump it is
// absent. The limit is 100 unless said, at most 500; a foreign key or state is
// Invalid.
func (s *Service) Jobs(ctx context.Context, f JobFilter) (*Jobs, error) {
	out := &Jobs{Section: s.private(), Fresh: s.fresh(), Types: []JobType{}}
	out.Rows = Page[Job]{Section: out.Section, Rows: []Job{}, Total: -1}
	if out.Absent != "" {
		return out, nil
	}
	counts, err := s.reader.JobCounts(ctx)
	if err != nil {
		return nil, err
	}
	out.Types, out.Alarm = sumJobs(counts), alarm(counts, s.clock())
	if f.Crate != "" {
		out.Rows, err = s.jobsOfName(ctx, f)
	} else {
		out.Rows, err = s.jobsPage(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) jobsPage(ctx context.Context, f JobFilter) (Page[Job], error) {
	page := Page[Job]{Rows: []Job{}, Total: -1}
	state := registry.JobState(f.State)
	states := []registry.JobState{registry.JobAny, registry.JobWaiting, registry.JobRunning, registry.JobFailing,
		registry.JobStuck, registry.JobParked, registry.JobUnknown}
	if !slices.Contains(states, state) {
		return page, cratewarden.Errorf(cratewarden.Invalid,
			"There is no such state of a job. The states are waiting, running, failing, stuck, parked and unknown type.")
	}
	limit := limited(f.Limit, 100, 500)
	query := registry.JobQuery{Type: f.Type, State: state, Known: slices.Sorted(maps.Keys(jobTypes())), Limit: limit}
	if f.After != "" {
		priority, id, err := splitPair(f.After)
		if err != nil {
			return page, err
		}
		query.AfterPriority, query.AfterID = int16(priority), id
	}
	rows, err := s.reader.Jobs(ctx, query)
	if err != nil {
		return page, err
	}
	shown, more := cut(rows, limit)
	page.Rows = s.jobRows(shown)
	if more {
		end := shown[limit-1]
		page.Next = pair(int64(end.Priority), end.ID)
	}
	return page, nil
}

// jobsOfName also finds jobs of a crate that is gone, such as the deletion of
// its files; the filters on type and state apply to the page.
func (s *Service) jobsOfName(ctx context.Context, f JobFilter) (Page[Job], error) {
	row, err := s.reader.Crate(ctx, f.Crate)
	if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
		return Page[Job]{}, err
	}
	page, err := s.crateJobs(ctx, row.ID, cmp.Or(row.Name, f.Crate), limited(f.Limit, 100, 500))
	page.Rows = slices.DeleteFunc(page.Rows, func(j Job) bool {
		return f.Type != "" && j.Type != f.Type || f.State != "" && j.State != f.State
	})
	return page, err
}

// crateJobs are the jobs in flight for one crate.
func (s *Service) crateJobs(ctx context.Context, crateID int32, name string, limit int) (Page[Job], error) {
	page := Page[Job]{Section: s.private(), Rows: []Job{}, Total: -1}
	if page.Absent != "" {
		return page, nil
	}
	rows, err := s.reader.CrateJobs(ctx, crateID, name, limit)
	if err != nil {
		return page, err
	}
	return s.jobPage(rows, limit), nil
}

// jobPage is one page of a crate's jobs, of which one more than limit was read
// when there are more.
func (s *Service) jobPage(rows []registry.Job, limit int) Page[Job] {
	page := Page[Job]{Section: s.private(), Rows: []Job{}, Total: -1}
	if page.Absent != "" {
		return page
	}
	shown, more := cut(rows, limit)
	page.Rows = s.jobRows(shown)
	if !more {
		page.Total = len(shown)
	}
	return page
}

func (s *Service) jobRows(rows []registry.Job) []Job {
	types, now, out := jobTypes(), s.clock(), []Job{}
	for _, r := range rows {
		known, found := types[r.Type]
		j := Job{
			ID: r.ID, Type: r.Type, For: jobFor(known.what, r), Crate: r.Crate, Data: masked(r.Data), Queue: known.queue,
			Priority: r.Priority, Retries: r.Retries, CreatedAt: r.CreatedAt,
		}
		if r.LastRetry.Unix() > 0 {
			j.LastRetry = r.LastRetry
		}
		j.State, j.Note = jobState(r, found, now)
		if j.State == "failing" && r.Retries < poisonRetries {
			j.NextTry = r.LastRetry.Add(time.Minute << r.Retries)
		}
		out = append(out, j)
	}
	return out
}

// masked hides what in a job's payload leads to a person. The types that we know
// hold nothing of the kind; one that a newer registry has may.
func masked(data json.RawMessage) json.RawMessage {
	text := cratewarden.HideTraces(string(data))
	if text == string(data) {
		return data
	}
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return json.RawMessage(`"hidden: it holds personal data"`)
}

// jobState gives the state that matters most and what to know about it.
func jobState(r registry.Job, known bool, now time.Time) (state, note string) {
	stuck := r.Priority >= 0 && now.Sub(r.CreatedAt) > stuckAfter
	monitored := ""
	if stuck {
		monitored = "Older than 15 minutes, so the registry's monitor pages."
	}
	switch {
	case r.Retries >= poisonRetries:
		return "failing", fmt.Sprintf("%d retries overflow the back-off: workers fail to select any job of this queue until this row is reset.", r.Retries)
	case r.Locked:
		return "running", "A live transaction holds the row: a worker runs it, or for a moment somebody enqueues the same job."
	case !known:
		return "unknown type", strings.TrimSpace("No worker takes jobs of this type; it stays until somebody deletes it. " + monitored)
	case r.LastRetry.After(now):
		return "parked", strings.TrimSpace("Held back until " + parkedUntil(r.LastRetry) + ". " + monitored)
	case r.Retries > 0:
		return "failing", strings.TrimSpace("While it waits, the same job cannot be enqueued again. The registry keeps no error text. " + monitored)
	case stuck:
		return "stuck", monitored
	}
	return "waiting", otherSpelling(r)
}

func parkedUntil(t time.Time) string {
	if t.Year() == 9999 {
		return "somebody resets it"
	}
	return t.Format("2006-01-02 15:04") + " UTC"
}

// otherSpelling warns of an index job whose name is not the stored spelling:
// it would remove the crate's index file (contract pitfalls.md 1.2).
func otherSpelling(r registry.Job) string {
	var payload struct {
		Krate string `json:"krate"`
	}
	if json.Unmarshal(r.Data, &payload) != nil || payload.Krate == "" || r.Crate == "" || payload.Krate == r.Crate {
		return ""
	}
	return fmt.Sprintf("It names %s, but the stored spelling is %s: the job would take the crate for deleted and remove its index entry.", payload.Krate, r.Crate)
}

// jobFor says what one job is for.
func jobFor(what string, r registry.Job) string {
	if what == "" {
		what = "not a job that the registry knows"
	}
	if r.Crate != "" {
		return what + ": " + r.Crate
	}
	return what
}

// sumJobs lists every type, those with jobs first.
func sumJobs(counts []registry.JobCount) []JobType {
	byType := map[string]JobType{}
	for name, t := range jobTypes() {
		byType[name] = JobType{Type: name, Queue: t.queue, What: t.what}
	}
	for _, c := range counts {
		t, known := byType[c.Type]
		if !known {
			t = JobType{Type: c.Type, What: "not a job that the registry knows: no worker takes it"}
		}
		t.Total, t.Waiting, t.Running, t.Failing, t.Stuck, t.Parked, t.Oldest = c.Total, c.Waiting, c.Running, c.Failing, c.Stuck, c.Parked, c.Oldest
		byType[c.Type] = t
	}
	return slices.SortedFunc(maps.Values(byType), func(a, b JobType) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Type, b.Type))
	})
}

// alarm is what the registry's own monitor would page for, and the poisoned
// row that it does not know of; empty when all is well.
func alarm(counts []registry.JobCount, now time.Time) string {
	var sentences, stuck []string
	total := 0
	for _, c := range counts {
		if c.Poison > 0 {
			sentences = append(sentences, fmt.Sprintf("%s of type %s has %d or more retries: its whole queue stands still until the row is reset.",
				counted(c.Poison, "job"), c.Type, poisonRetries))
		}
		if c.Type == "update_downloads" && now.Sub(c.Oldest) > downloadsAfter {
			sentences = append(sentences, fmt.Sprintf("Downloads have not been counted for %s.", span(now.Sub(c.Oldest))))
		}
		if c.Stuck > 0 {
			total += c.Stuck
			stuck = append(stuck, fmt.Sprintf("%s %d", c.Type, c.Stuck))
		}
	}
	if total > 0 {
		sentences = append(sentences, fmt.Sprintf("The registry's monitor would page: %s waited more than 15 minutes (%s).",
			counted(total, "job"), strings.Join(stuck, ", ")))
	}
	return strings.Join(sentences, " ")
}
