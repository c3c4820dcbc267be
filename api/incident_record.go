package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// CaseRecord is what is known of a case: what happened when, how long it took,
// and how many it concerns.
type CaseRecord interface {
	Events(ctx context.Context, id string, after int64, limit int) ([]incident.Event, error)
	Watch(ctx context.Context, id, session string, who action.Actor) (<-chan struct{}, func() []incident.Present)
	Timeline(ctx context.Context, id string, f incident.TimelineFilter) ([]incident.Moment, error)
	Clocks(ctx context.Context, id string) (incident.Clocks, error)
	Months(ctx context.Context, from, to time.Time) ([]incident.Month, error)
	Figure(ctx context.Context, who action.Actor, id string, o incident.FigureOrder) (incident.Figure, error)
	Figures(ctx context.Context, id string) ([]incident.Figure, error)
	Sheet(ctx context.Context, id string) (advisory.Sheet, error)
	Export(ctx context.Context, id string, f incident.ExportFormat) ([]byte, error)
	ExportCase(ctx context.Context, who action.Actor, id string, w io.Writer) error
}

func registerCaseRecord(a huma.API, d desk) {
	events := operation(http.MethodGet, "incident-events", "incident.look", "/incidents/{id}/events", "What was done to an incident after a number; with wait the answer comes when there is something, or after so many seconds")
	huma.Register(a, events, serveFor(planTime, d.events))
	get(a, "incident-timeline", "incident.look", "/incidents/{id}/timeline", "Everything that happened, from registry, ledger, notices and people, oldest first", d.timeline)
	get(a, "incident-clocks", "incident.look", "/incidents/{id}/clocks", "How long each step took, against its target", d.clocks)
	get(a, "incident-months", "incident.look", "/incident-months", "Incidents by month and kind: number, median and worst of each clock", d.months)
	get(a, "incident-figures", "incident.look", "/incidents/{id}/figures", "Downloads and dependents, provisional and confirmed", d.figures)
	submit(a, "incident-figure", "incident.note", "/incidents/{id}/figures", "Enter a number, with the query or method behind it", d.figure)
	get(a, "incident-sheet", "incident.look", "/incidents/{id}/sheet", "The sheet of facts from which notices are made", d.sheet)
	registerFile(a, "incident-export", "incident.look", "/incidents/{id}/export", "The timeline with its sources as Markdown, JSON or CSV", d.export)
	op := operation(http.MethodGet, "incident-case", "evidence.export", "/incidents/{id}/case", "The case for a court: manifest of its evidence and the chain of custody, as one zip archive")
	op.Responses = map[string]*huma.Response{"200": {Description: "The archive. If the connection is cut it is not whole.",
		Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	huma.Register(a, op, d.exportCase)
}

// EventList is what was done to an incident.
type EventList struct {
	Rows    []incident.Event   `json:"rows"`
	Next    int64              `json:"next" doc:"what to set after to"`
	Present []incident.Present `json:"present" doc:"who looks at it now; only known when waiting"`
}

type eventsInput struct {
	IncidentInput
	After int64 `query:"after" minimum:"0" doc:"the number of the last event that you know"`
	Limit int   `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Wait  int   `query:"wait" minimum:"0" maximum:"30" doc:"seconds to wait for an event when there is none"`
}

// waitersMost is how many may wait for events of incidents at the same time.
const waitersMost = 100

// events is a long poll: a program that waits costs the console a goroutine,
// and no connection to a database. It watches before it looks, so that nothing
// slips through between the two.
func (d desk) events(ctx context.Context, in *eventsInput) (*EventList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	var changed <-chan struct{}
	out := &EventList{Present: []incident.Present{}}
	present := func() []incident.Present { return nil }
	end := time.After(time.Duration(in.Wait) * time.Second)
	if in.Wait > 0 {
		select {
		case d.waiters <- struct{}{}:
			defer func() { <-d.waiters }()
		default:
			return nil, cratewarden.Errorf(cratewarden.Unavailable, "Too many programs wait for events now. Ask without waiting, or again in a moment.")
		}
		watch, stop := context.WithCancel(ctx)
		defer stop()
		who := actor(ctx)
		changed, present = d.incidents.Watch(watch, in.ID, who.Session, who)
	}
	for over := in.Wait == 0; ; {
		rows, err := d.incidents.Events(ctx, in.ID, in.After, in.Limit)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 || over {
			out.Rows, out.Next = append([]incident.Event{}, rows...), in.After
			if n := len(rows); n > 0 {
				out.Next = rows[n-1].ID
			}
			out.Present = append(out.Present, present()...)
			return out, nil
		}
		select {
		case <-changed:
		case <-end:
			over = true
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err := still(ctx); err != nil { // the session ended meanwhile
			return nil, err
		}
	}
}

type timelineInput struct {
	IncidentInput
	Source  string    `query:"source" maxLength:"200" doc:"registry, ledger, plan, notice, person, evidence or console; several with commas between"`
	What    string    `query:"what" maxLength:"64" doc:"a word such as publish, or its part before a dot, such as version"`
	Who     string    `query:"who" maxLength:"256" doc:"an id such as account:42, or a part of a name"`
	Subject string    `query:"subject" maxLength:"512" doc:"kind:id"`
	Text    string    `query:"q" maxLength:"256"`
	From    time.Time `query:"from" doc:"RFC 3339"`
	Until   time.Time `query:"until" doc:"RFC 3339"`
}

// MomentList is a timeline.
type MomentList struct {
	Rows []incident.Moment `json:"rows"`
}

func (in *timelineInput) filter() incident.TimelineFilter {
	f := incident.TimelineFilter{What: in.What, Who: in.Who, Text: in.Text, From: in.From, Until: in.Until}
	if in.Subject != "" {
		f.Subject = ledger.ParseSubject(in.Subject)
	}
	for _, word := range words(in.Source) {
		f.Sources = append(f.Sources, incident.Source(word))
	}
	return f
}

func (d desk) timeline(ctx context.Context, in *timelineInput) (*MomentList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	rows, err := d.incidents.Timeline(ctx, in.ID, in.filter())
	return &MomentList{append([]incident.Moment{}, rows...)}, err
}

func (d desk) clocks(ctx context.Context, in *IncidentInput) (*incident.Clocks, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	c, err := d.incidents.Clocks(ctx, in.ID)
	return &c, err
}

type monthsInput struct {
	From time.Time `query:"from" doc:"RFC 3339; a year ago when left out"`
	To   time.Time `query:"to" doc:"RFC 3339; now when left out"`
}

// MonthList is figures by month.
type MonthList struct {
	Rows []incident.Month `json:"rows"`
}

func (d desk) months(ctx context.Context, in *monthsInput) (*MonthList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	if in.To.IsZero() {
		in.To = time.Now().UTC()
	}
	if in.From.IsZero() {
		in.From = in.To.AddDate(-1, 0, 0)
	}
	rows, err := d.incidents.Months(ctx, in.From, in.To)
	return &MonthList{append([]incident.Month{}, rows...)}, err
}

// FigureList is numbers of an incident.
type FigureList struct {
	Rows []incident.Figure `json:"rows"`
}

func (d desk) figures(ctx context.Context, in *IncidentInput) (*FigureList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	rows, err := d.incidents.Figures(ctx, in.ID)
	return &FigureList{append([]incident.Figure{}, rows...)}, err
}

type figureInput struct {
	IncidentChange
	Body incident.FigureOrder
}

func (d desk) figure(ctx context.Context, in *figureInput) (*incident.Figure, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	if f, err := d.entered(ctx, in); f != nil || err != nil {
		return f, err
	}
	f, err := d.incidents.Figure(ctx, actor(ctx), in.ID, in.Body)
	return &f, err
}

// askAgain is how long the same number by the same person is taken for the same
// request, sent again because its answer was lost.
const askAgain = 10 * time.Minute

// entered gives the number if the same person entered exactly it just now.
func (d desk) entered(ctx context.Context, in *figureInput) (*incident.Figure, error) {
	rows, err := d.incidents.Figures(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	o := in.Body
	for _, f := range slices.Backward(rows) {
		if f.What != o.What || f.Crate != o.Crate || f.Version != o.Version {
			continue
		}
		if f.Person.ID == actor(ctx).ID && f.Value == o.Value && f.Method == o.Method && f.Query == o.Query && f.Confirmed != o.Provis &&
			(f.AsOf.Equal(o.AsOf) || o.AsOf.IsZero()) && time.Since(f.At) < askAgain {
			return &f, nil
		}
		return nil, nil // another one stands there since
	}
	return nil, nil
}

func (d desk) sheet(ctx context.Context, in *IncidentInput) (*advisory.Sheet, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	s, err := d.incidents.Sheet(ctx, in.ID)
	return &s, err
}

type exportInput struct {
	IncidentInput
	Format incident.ExportFormat `query:"format" enum:"md,json,csv" default:"md"`
}

func (d desk) export(ctx context.Context, in *exportInput) (*file, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	text, err := d.incidents.Export(ctx, in.ID, in.Format)
	if err != nil {
		return nil, err
	}
	return fileOf(plainName(in.ID)+"."+string(in.Format), in.Format.Type(), text), nil
}

// exportCase streams; what goes wrong after the first byte cuts the connection.
func (d desk) exportCase(ctx context.Context, in *IncidentInput) (*huma.StreamResponse, error) {
	err := d.there()
	if err == nil {
		_, err = d.incidents.Incident(ctx, in.ID)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		patient(c.Context(), sendTime)
		ctx, cancel := context.WithTimeout(c.Context(), sendTime)
		defer cancel()
		c.SetHeader("Content-Type", "application/zip")
		c.SetHeader("Content-Disposition", `attachment; filename="`+plainName(in.ID)+`.zip"`)
		c.SetStatus(http.StatusOK)
		if err := d.incidents.ExportCase(ctx, actor(ctx), in.ID, pieces{c.BodyWriter(), ctx}); err != nil {
			_ = problem(ctx, err) // for the log
			panic(http.ErrAbortHandler)
		}
	}}, nil
}
