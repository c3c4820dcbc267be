package web

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// keeper keeps cases in memory and writes down what was asked of it. It decides
// nothing: that is tested where the real one is.
type keeper struct {
	mu      sync.Mutex
	cases   []incident.Incident
	steps   []incident.Step
	events  map[string][]incident.Event
	tasks   map[string][]incident.Task
	files   map[string][]incident.File
	similar []incident.Incident
	here    []incident.Present
	wake    chan struct{}
	stands  map[string]incident.Standing
	blind   error
	calls   []string
	err     error // of every change

	clocks     map[string]incident.Clocks
	months     []incident.Month
	moments    []incident.Moment
	filter     incident.TimelineFilter // asked for last
	figures    []incident.Figure
	proposal   incident.Proposal
	noPlan     error // why nothing can be proposed
	plan       string
	score      incident.DrillScore
	drafts     []incident.Draft
	advice     []incident.Channel
	recipients []incident.Recipient
	needs      incident.Needs
}

func (k *keeper) call(format string, args ...any) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls = append(k.calls, fmt.Sprintf(format, args...))
	return k.err
}

// called are the calls so far that change something.
func (k *keeper) called() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.calls)
}

func (k *keeper) Kinds() []string {
	return []string{"malicious-update", "compromised-owner", "typosquat", "squatting"}
}

func (k *keeper) AboutKind(kind string) string {
	return map[string]string{"typosquat": "Crates whose names look like known ones."}[kind]
}

func (k *keeper) List(_ context.Context, f incident.Filter) (out incident.Page, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.cases {
		if f.Open && !x.State.Open() || len(f.States) > 0 && !slices.Contains(f.States, x.State) || f.Kind != "" && x.Kind != f.Kind || f.Unled && x.Lead.ID != "" || f.Campaign != "" && !slices.Contains(x.Campaigns, f.Campaign) || x.Drill != "" && !f.Drills && !f.All {
			continue
		}
		out.Incidents = append(out.Incidents, x)
	}
	if f.Limit > 0 && len(out.Incidents) > f.Limit {
		out.Incidents, out.Next = out.Incidents[:f.Limit], 7
	}
	return out, nil
}

func (k *keeper) Incident(_ context.Context, id string) (incident.Incident, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.cases {
		if x.ID == id || slices.Contains(x.Also, id) {
			return x, nil
		}
	}
	return incident.Incident{}, cratewarden.Errorf(cratewarden.NotFound, "There is no incident %s.", id)
}

func (k *keeper) Next(_ context.Context, x incident.Incident) ([]incident.Step, error) {
	return k.steps, nil
}

func (k *keeper) Standings(context.Context, incident.Incident) (map[string]incident.Standing, error) {
	return k.stands, k.blind
}

func (k *keeper) Similar(context.Context, []incident.Subject) ([]incident.Incident, error) {
	return k.similar, nil
}

func (k *keeper) OpenCases(context.Context) (out []incident.OpenCase, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.cases {
		c := incident.OpenCase{ID: x.ID, Title: x.Title, State: x.State, Drill: x.Drill != ""}
		for _, sub := range x.Subjects {
			c.Subjects = append(c.Subjects, sub.Subject)
		}
		if !caseOver(x.State) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (k *keeper) Events(_ context.Context, id string, _ int64, _ int) ([]incident.Event, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.events[id]), nil
}

func (k *keeper) Tasks(_ context.Context, id string) ([]incident.Task, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.tasks[id]), nil
}

func (k *keeper) Files(_ context.Context, id string) ([]incident.File, error) {
	return k.files[id], nil
}

func (k *keeper) OpenFile(_ context.Context, id string, file int64) (incident.File, []byte, error) {
	for _, f := range k.files[id] {
		if f.ID == file {
			return f, []byte("<script>alert(1)</script>"), nil
		}
	}
	return incident.File{}, nil, cratewarden.Errorf(cratewarden.NotFound, "No such file.")
}

func (k *keeper) Watch(context.Context, string, string, action.Actor) (<-chan struct{}, func() []incident.Present) {
	return k.wake, func() []incident.Present {
		k.mu.Lock()
		defer k.mu.Unlock()
		return slices.Clone(k.here)
	}
}

func (k *keeper) Open(_ context.Context, who action.Actor, o incident.Opening) (incident.Incident, error) {
	err := k.call("open %s %q %s %s %d %q", who.ID, o.Title, o.Kind, o.Severity, len(o.Subjects), o.Note)
	return k.cases[0], err
}

func (k *keeper) Decide(_ context.Context, who action.Actor, id string, c incident.Change) (incident.Incident, error) {
	return k.cases[0], k.call("decide %s %s %v was %v %q", who.ID, id, c.Set, c.Was, c.Reason)
}

func (k *keeper) Move(_ context.Context, _ action.Actor, id string, to incident.State, reason string) (incident.Incident, error) {
	return k.cases[0], k.call("move %s %s %q", id, to, reason)
}

func (k *keeper) AddSubjects(_ context.Context, _ action.Actor, id string, subjects []incident.Subject) (incident.Incident, error) {
	return k.cases[0], k.call("add %s %v", id, subjects)
}

func (k *keeper) RemoveSubject(_ context.Context, _ action.Actor, id string, x ledger.Subject, _ string) (incident.Incident, error) {
	return k.cases[0], k.call("remove %s %s %s", id, x.Kind, x.ID)
}

func (k *keeper) Note(_ context.Context, _ action.Actor, id, body, _ string) (incident.Event, error) {
	return incident.Event{}, k.call("note %s %q", id, body)
}

func (k *keeper) WriteText(_ context.Context, _ action.Actor, id, field string, revision int, body string) (incident.Text, error) {
	return incident.Text{}, k.call("text %s %s %d %q", id, field, revision, body)
}

func (k *keeper) Attach(_ context.Context, _ action.Actor, id, name string, body io.Reader) (incident.File, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return incident.File{}, err
	}
	return incident.File{}, k.call("attach %s %s %d", id, name, len(text))
}

func (k *keeper) Hold(_ context.Context, _ action.Actor, id, item, _ string) (incident.Task, error) {
	return incident.Task{}, k.call("hold %s %s", id, item)
}

func (k *keeper) Release(_ context.Context, _ action.Actor, id, item string) (incident.Task, error) {
	return incident.Task{}, k.call("release %s %s", id, item)
}

func (k *keeper) Done(_ context.Context, _ action.Actor, id, item, why string) (incident.Task, error) {
	return incident.Task{}, k.call("done %s %s %q", id, item, why)
}

func (k *keeper) Skip(_ context.Context, _ action.Actor, id, item, why string) (incident.Task, error) {
	return incident.Task{}, k.call("skip %s %s %q", id, item, why)
}

func (k *keeper) AddTask(_ context.Context, _ action.Actor, id string, o incident.TaskOrder, _ string) (incident.Task, error) {
	return incident.Task{}, k.call("task %s %q %t", id, o.Title, o.After)
}

func (k *keeper) Merge(_ context.Context, _ action.Actor, from, into, reason string) (incident.Incident, error) {
	return k.cases[0], k.call("merge %s %s %q", from, into, reason)
}

func (k *keeper) Split(_ context.Context, _ action.Actor, id string, o incident.SplitOrder) (incident.Incident, error) {
	return k.cases[0], k.call("split %s %q %v", id, o.Title, o.Subjects)
}

func (k *keeper) Reopen(_ context.Context, _ action.Actor, id, reason string) (incident.Incident, error) {
	return k.cases[0], k.call("reopen %s %q", id, reason)
}

func (k *keeper) Override(_ context.Context, _ action.Actor, id, reason string) (incident.Incident, error) {
	return k.cases[0], k.call("override %s %q", id, reason)
}

// The rest stands in its own answers.

func (k *keeper) Clocks(_ context.Context, id string) (incident.Clocks, error) {
	return k.clocks[id], nil
}

func (k *keeper) ClocksOf(_ context.Context, ids ...string) (map[string]incident.Clocks, error) {
	out := map[string]incident.Clocks{}
	for _, id := range ids {
		out[id] = k.clocks[id]
	}
	return out, nil
}

func (k *keeper) Months(context.Context, time.Time, time.Time) ([]incident.Month, error) {
	return k.months, nil
}

func (k *keeper) Timeline(_ context.Context, _ string, f incident.TimelineFilter) ([]incident.Moment, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.filter = f
	return slices.Clone(k.moments), nil
}

func (k *keeper) Export(_ context.Context, id string, f incident.ExportFormat) ([]byte, error) {
	return []byte("timeline of " + id + " as " + string(f)), nil
}

func (k *keeper) ExportCase(_ context.Context, _ action.Actor, id string, w io.Writer) error {
	if err := k.call("export %s", id); err != nil {
		return err
	}
	_, err := io.WriteString(w, "PK")
	return err
}

func (k *keeper) Figures(context.Context, string) ([]incident.Figure, error) { return k.figures, nil }

func (k *keeper) Figure(_ context.Context, _ action.Actor, id string, o incident.FigureOrder) (incident.Figure, error) {
	return incident.Figure{}, k.call("figure %s %s %s %s %d %q %t", id, o.What, o.Crate, o.Version, o.Value, o.Query, o.Provis)
}

func (k *keeper) Propose(context.Context, string) (incident.Proposal, error) {
	return k.proposal, k.noPlan
}

func (k *keeper) ProposeRemoval(context.Context, string) (incident.Proposal, error) {
	return k.proposal, k.noPlan
}

func (k *keeper) Draft(_ context.Context, _ action.Actor, id string, ticked []int, texts incident.DraftTexts, _ string) (action.Plan, error) {
	return action.Plan{ID: k.plan}, k.call("draft %s %v %q %q %q %s", id, ticked, texts.Title, texts.Public, texts.Internal, texts.Seen)
}

func (k *keeper) DraftRemoval(_ context.Context, _ action.Actor, id string, ticked []int, texts incident.DraftTexts, _ string) (action.Plan, error) {
	return action.Plan{ID: k.plan}, k.call("draft removal %s %v %q", id, ticked, texts.Title)
}

func (k *keeper) DrillStart(_ context.Context, _ action.Actor, name string) (incident.Incident, error) {
	return k.cases[0], k.call("drill %s", name)
}

func (k *keeper) DrillScore(context.Context, string) (incident.DrillScore, error) {
	return k.score, nil
}

func (k *keeper) Drafts(context.Context, string) ([]incident.Draft, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.drafts), nil
}

func (k *keeper) DraftByNumber(_ context.Context, draft int64) (incident.Draft, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range k.drafts {
		if d.ID == draft {
			return d, nil
		}
	}
	return incident.Draft{}, cratewarden.Errorf(cratewarden.NotFound, "There is no draft %d.", draft)
}

func (k *keeper) Channels(context.Context, string) ([]incident.Channel, error) { return k.advice, nil }

func (k *keeper) Recipients(context.Context, int64) ([]incident.Recipient, error) {
	return k.recipients, nil
}

func (k *keeper) Make(_ context.Context, _ action.Actor, id string, formats []advisory.Format) ([]incident.Draft, error) {
	return k.drafts, k.call("make %s %v", id, formats)
}

func (k *keeper) EditDraft(_ context.Context, _ action.Actor, draft int64, revision int, body string) (incident.Draft, error) {
	return incident.Draft{ID: draft}, k.call("edit %d %d %q", draft, revision, body)
}

func (k *keeper) Approve(_ context.Context, _ action.Actor, draft int64, o incident.DraftOrder) (incident.Draft, error) {
	return incident.Draft{ID: draft}, k.call("approve %d %d %q", draft, o.Revision, o.Reason)
}

func (k *keeper) Send(_ context.Context, _ action.Actor, draft int64, o incident.SendOrder) (incident.Draft, error) {
	return incident.Draft{ID: draft}, k.call("send %d %d %q %s", draft, o.Revision, o.Where, o.Via)
}

func (k *keeper) Correct(_ context.Context, _ action.Actor, draft int64, o incident.CorrectOrder) (incident.Draft, error) {
	return incident.Draft{ID: draft}, k.call("correct %d %q", draft, o.Reason)
}

func (k *keeper) Withdraw(_ context.Context, _ action.Actor, draft int64, o incident.DraftOrder) (incident.Draft, error) {
	return incident.Draft{ID: draft}, k.call("withdraw %d %q", draft, o.Reason)
}

func (k *keeper) Patch(_ context.Context, id string, o incident.PatchOrder) ([]byte, error) {
	return []byte("patch " + id + " " + string(o.Format)), nil
}

func (k *keeper) ExportDrafts(_ context.Context, id string, _ []advisory.Format) ([]byte, error) {
	return []byte("PK " + id), nil
}

func (k *keeper) Needs(context.Context, action.Actor) (incident.Needs, error) { return k.needs, nil }
