package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/incident/playbook"
	"cratewarden/ledger"
)

// Incidents keeps cases; *incident.Service is one. Every method may be called at
// the same time and gives errors with a kind.
type Incidents interface {
	Cases
	CaseWork
	CaseRecord
	CaseFollows
	CasePlans
	CaseDrafts
}

// Cases is what opens, shows and moves cases.
type Cases interface {
	Open(ctx context.Context, who action.Actor, o incident.Opening) (incident.Incident, error)
	Similar(ctx context.Context, subjects []incident.Subject) ([]incident.Incident, error)
	Incident(ctx context.Context, id string) (incident.Incident, error)
	List(ctx context.Context, f incident.Filter) (incident.Page, error)
	Next(ctx context.Context, inc incident.Incident) ([]incident.Step, error)
	Tasks(ctx context.Context, id string) ([]incident.Task, error)
	Files(ctx context.Context, id string) ([]incident.File, error)

	Decide(ctx context.Context, who action.Actor, id string, c incident.Change) (incident.Incident, error)
	Move(ctx context.Context, who action.Actor, id string, to incident.State, reason string) (incident.Incident, error)
	Sync(ctx context.Context, id string) error
	Merge(ctx context.Context, who action.Actor, from, into, reason string) (incident.Incident, error)
	Split(ctx context.Context, who action.Actor, id string, o incident.SplitOrder) (incident.Incident, error)
	Reopen(ctx context.Context, who action.Actor, id, reason string) (incident.Incident, error)
	Override(ctx context.Context, who action.Actor, id, reason string) (incident.Incident, error)
	Erase(ctx context.Context, who action.Actor, id string, e incident.Erasure, reason string) error
}

// desk answers what concerns incidents.
type desk struct {
	incidents Incidents
	bench     bench
	playbook  playbook.Set
	waiters   chan struct{} // has one for each that waits for events
}

func registerIncidents(a huma.API, cfg Config) {
	d := desk{cfg.Incidents, benchOf(cfg), cfg.Playbooks, make(chan struct{}, waitersMost)}
	get(a, "incidents", "incident.look", "/incidents", "Incidents, newest first", d.list)
	get(a, "incident", "incident.look", "/incidents/{id}", "An incident with its next steps, tasks and files", d.show)
	submit(a, "incident-similar", "incident.look", "/incidents/similar", "Open incidents about the same things", d.similar)
	submit(a, "incident-open", "incident.open", "/incidents", "Open an incident", d.open)
	submit(a, "incident-decide", "incident.decide", "/incidents/{id}/decide", "Decide title, kind, severity, TLP, verdict, lead, campaigns or the time of the first report; refused when somebody else wrote the same since", d.decide)
	submit(a, "incident-move", "incident.decide", "/incidents/{id}/move", "Move an incident to another state", d.move)
	submit(a, "incident-sync", "incident.note", "/incidents/{id}/sync", "Tick what the ledger shows done, and move the incident forward accordingly", d.sync)
	submit(a, "incident-merge", "incident.decide", "/incidents/{id}/merge", "Go on with an incident in another one", d.merge)
	submit(a, "incident-split", "incident.decide", "/incidents/{id}/split", "Make an incident of some subjects of another", d.split)
	submit(a, "incident-reopen", "incident.decide", "/incidents/{id}/reopen", "Open a closed incident again", d.reopen)
	submit(a, "incident-unlock", "incident.publish", "/incidents/{id}/unlock", "Unlock public notices before the removal, with the reason", d.unlock)
	submit(a, "incident-erase", "incident.decide", "/incidents/{id}/erase", "Erase something that a person wrote, for ever; the ledger keeps only that it was there", d.erase)
	registerCaseWork(a, d)
	registerCaseRecord(a, d)
	registerCaseFollows(a, d)
	registerCasePlans(a, d)
	registerCaseDrafts(a, d)
}

func (d desk) there() error {
	if d.incidents == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "This console keeps no incidents: nobody signs in to it.")
	}
	return nil
}

// IncidentInput names an incident.
type IncidentInput struct {
	ID string `path:"id" maxLength:"32" doc:"such as INC-12"`
}

// IncidentChange names an incident in a POST.
type IncidentChange struct {
	KeyInput
	IncidentInput
}

// IncidentList is a page of incidents.
type IncidentList struct {
	Rows []incident.Incident `json:"rows"`
	Next int64               `json:"next,omitempty" doc:"what to set before to for the next page"`
}

// IncidentView is an incident with what a person needs to go on.
type IncidentView struct {
	Incident incident.Incident `json:"incident"`
	Next     []incident.Step   `json:"next" doc:"the states that it can go to"`
	Tasks    []incident.Task   `json:"tasks"`
	Files    []incident.File   `json:"files"`
}

type incidentsInput struct {
	State     string    `query:"state" maxLength:"200" doc:"states, separated by commas"`
	Open      bool      `query:"open" doc:"only those that go on"`
	Lead      string    `query:"lead" maxLength:"256" doc:"id of who leads"`
	Unled     bool      `query:"unled" doc:"only those that nobody leads"`
	Following string    `query:"following" maxLength:"256" doc:"id of a person who leads or holds a task"`
	Kind      string    `query:"kind" maxLength:"64"`
	Verdict   string    `query:"verdict" maxLength:"64"`
	Text      string    `query:"q" maxLength:"256" doc:"in id, title or campaigns"`
	Subject   string    `query:"subject" maxLength:"512" doc:"kind:id, such as crate:serde"`
	Campaign  string    `query:"campaign" maxLength:"128"`
	Drills    bool      `query:"drills" doc:"drills instead of real ones"`
	All       bool      `query:"all" doc:"drills and real ones"`
	From      time.Time `query:"from" doc:"opened then or later, RFC 3339"`
	Until     time.Time `query:"until" doc:"opened before, RFC 3339"`
	Before    int64     `query:"before" minimum:"0" doc:"the next key of the page before"`
	Limit     int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (in *incidentsInput) filter() incident.Filter {
	f := incident.Filter{Open: in.Open, Lead: in.Lead, Unled: in.Unled, Following: in.Following, Kind: incident.Kind(in.Kind), Verdict: incident.Verdict(in.Verdict),
		Text: in.Text, Campaign: in.Campaign, Drills: in.Drills, All: in.All, From: in.From, Until: in.Until, Before: in.Before, Limit: in.Limit}
	if in.Subject != "" {
		f.Subject = ledger.ParseSubject(in.Subject)
	}
	for _, word := range words(in.State) {
		f.States = append(f.States, incident.State(word))
	}
	return f
}

func (d desk) list(ctx context.Context, in *incidentsInput) (*IncidentList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	p, err := d.incidents.List(ctx, in.filter())
	return &IncidentList{append([]incident.Incident{}, p.Incidents...), p.Next}, err
}

func (d desk) show(ctx context.Context, in *IncidentInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.Incident(ctx, in.ID)
	return d.view(ctx, inc, err)
}

// view adds what hangs on an incident.
func (d desk) view(ctx context.Context, inc incident.Incident, err error) (*IncidentView, error) {
	if err != nil {
		return nil, err
	}
	v := &IncidentView{Incident: inc}
	next, err := d.incidents.Next(ctx, inc)
	if err != nil {
		return nil, err
	}
	tasks, err := d.incidents.Tasks(ctx, inc.ID)
	if err != nil {
		return nil, err
	}
	files, err := d.incidents.Files(ctx, inc.ID)
	v.Next, v.Tasks, v.Files = append([]incident.Step{}, next...), append([]incident.Task{}, tasks...), append([]incident.File{}, files...)
	return v, err
}

// SubjectOrder names something that an incident is about.
type SubjectOrder struct {
	Kind  string `json:"kind" maxLength:"32" doc:"crate, version, account, token, finding, report, plan, evidence, notice, advisory, incident or link"`
	ID    string `json:"id" maxLength:"1024" doc:"a crate by name, a version as name@1.0.0, an account by its number"`
	Label string `json:"label,omitempty" maxLength:"400"`
	Role  string `json:"role,omitempty" maxLength:"64" doc:"payload, carrier, victim, attacker, compromised, imitated, restore or related"`
	Why   string `json:"why,omitempty" maxLength:"4000"`
}

func subjects(list []SubjectOrder) []incident.Subject {
	var out []incident.Subject
	for _, s := range list {
		out = append(out, incident.Subject{Subject: ledger.Subject{Kind: s.Kind, ID: s.ID}, Label: s.Label, Role: s.Role, Why: s.Why})
	}
	return out
}

// IncidentOrder asks for a new incident.
type IncidentOrder struct {
	Title      string            `json:"title" maxLength:"200"`
	Kind       incident.Kind     `json:"kind" maxLength:"64" doc:"of a playbook, such as typosquat; see /playbooks"`
	Severity   incident.Severity `json:"severity,omitempty" enum:"low,medium,high,critical"`
	TLP        incident.TLP      `json:"tlp,omitempty" enum:"CLEAR,GREEN,AMBER,AMBER+STRICT,RED"`
	Source     string            `json:"source,omitempty" maxLength:"200" doc:"how it came, such as report or publishes feed"`
	ReportedAt *time.Time        `json:"reported_at,omitempty" doc:"the first report"`
	Subjects   []SubjectOrder    `json:"subjects,omitempty" maxItems:"5000"`
	Campaigns  []string          `json:"campaigns,omitempty" maxItems:"50"`
	Note       string            `json:"note,omitempty" maxLength:"65536" doc:"the first note, for colleagues"`
}

type openIncidentInput struct {
	KeyInput
	Body IncidentOrder
}

func (d desk) open(ctx context.Context, in *openIncidentInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	b := in.Body
	inc, err := d.incidents.Open(ctx, actor(ctx), incident.Opening{Title: b.Title, Kind: b.Kind, Severity: b.Severity, TLP: b.TLP, Source: b.Source,
		ReportedAt: b.ReportedAt, Subjects: subjects(b.Subjects), Note: b.Note, Campaigns: b.Campaigns, Key: in.key()})
	return d.view(ctx, inc, err)
}

type similarInput struct {
	KeyInput
	Body struct {
		Subjects []SubjectOrder `json:"subjects" maxItems:"5000"`
	}
}

func (d desk) similar(ctx context.Context, in *similarInput) (*IncidentList, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	rows, err := d.incidents.Similar(ctx, subjects(in.Body.Subjects))
	return &IncidentList{Rows: append([]incident.Incident{}, rows...)}, err
}

type decideInput struct {
	IncidentChange
	Body struct {
		Set    map[incident.Field]string `json:"set" doc:"new values of title, kind, severity, tlp, verdict, lead (a person's id), campaigns (with commas between) or reported_at (RFC 3339); empty is none"`
		Was    map[incident.Field]string `json:"was,omitempty" doc:"what you saw of the same fields; left out, they are taken as they are now"`
		Reason string                    `json:"reason,omitempty" maxLength:"4000"`
	}
}

func (d desk) decide(ctx context.Context, in *decideInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	was := in.Body.Was
	if was == nil {
		now, err := d.incidents.Incident(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		was = map[incident.Field]string{}
		for f := range in.Body.Set {
			was[f] = now.Value(f)
		}
	}
	inc, err := d.incidents.Decide(ctx, actor(ctx), in.ID, incident.Change{Set: in.Body.Set, Was: was, Reason: in.Body.Reason})
	return d.view(ctx, inc, err)
}

type moveInput struct {
	IncidentChange
	Body struct {
		State  incident.State `json:"state" maxLength:"32"`
		Reason string         `json:"reason,omitempty" maxLength:"4000" doc:"needed for a step that is not ready, and for every step back"`
	}
}

func (d desk) move(ctx context.Context, in *moveInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.Move(ctx, actor(ctx), in.ID, in.Body.State, in.Body.Reason)
	return d.view(ctx, inc, err)
}

func (d desk) sync(ctx context.Context, in *IncidentChange) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	if err := d.incidents.Sync(ctx, in.ID); err != nil {
		return nil, err
	}
	return d.show(ctx, &in.IncidentInput)
}

// fileOf is a download.
func fileOf(name, media string, body []byte) *file {
	return &file{media, `attachment; filename="` + name + `"`, body}
}

// registerFile registers a GET whose answer is a file.
func registerFile[I any](a huma.API, id, act, path, summary string, fn func(context.Context, *I) (*file, error)) {
	huma.Register(a, operation(http.MethodGet, id, act, path, summary), func(ctx context.Context, in *I) (*file, error) {
		ctx, cancel := context.WithTimeout(ctx, planTime)
		defer cancel()
		out, err := fn(ctx, in)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return out, nil
	})
}

// words parts a list with commas.
func words(text string) (out []string) {
	for w := range strings.SplitSeq(text, ",") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}
