package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// CaseWork is what people do in a case.
type CaseWork interface {
	AddSubjects(ctx context.Context, who action.Actor, id string, list []incident.Subject) (incident.Incident, error)
	RemoveSubject(ctx context.Context, who action.Actor, id string, s ledger.Subject, reason string) (incident.Incident, error)
	Recast(ctx context.Context, who action.Actor, id string, s ledger.Subject, was, role string) (incident.Incident, error)
	Note(ctx context.Context, who action.Actor, id, text, key string) (incident.Event, error)
	WriteText(ctx context.Context, who action.Actor, id, field string, revision int, body string) (incident.Text, error)
	Attach(ctx context.Context, who action.Actor, id, name string, content io.Reader) (incident.File, error)
	OpenFile(ctx context.Context, id string, file int64) (incident.File, []byte, error)
	Hold(ctx context.Context, who action.Actor, id, item, from string) (incident.Task, error)
	Release(ctx context.Context, who action.Actor, id, item string) (incident.Task, error)
	Done(ctx context.Context, who action.Actor, id, item, why string) (incident.Task, error)
	Skip(ctx context.Context, who action.Actor, id, item, why string) (incident.Task, error)
	Redo(ctx context.Context, who action.Actor, id, item, why string) (incident.Task, error)
	AddTask(ctx context.Context, who action.Actor, id string, o incident.TaskOrder, key string) (incident.Task, error)
}

// maxFile bounds a request with a file; the framework refuses what reaches it.
const maxFile = incident.MaxFile + 1

func registerCaseWork(a huma.API, d desk) {
	submit(a, "incident-subject-add", "incident.note", "/incidents/{id}/subjects", "Say what an incident is about", d.addSubjects)
	submit(a, "incident-subject-remove", "incident.note", "/incidents/{id}/subjects/remove", "Say that an incident is not about something after all", d.removeSubject)
	submit(a, "incident-subject-role", "incident.note", "/incidents/{id}/subjects/role", "Say what part something played", d.recast)
	submit(a, "incident-note", "incident.note", "/incidents/{id}/notes", "Write a note, for colleagues", d.note)
	submit(a, "incident-text", "incident.note", "/incidents/{id}/texts/{field}", "Write one text of the fact sheet; refused when somebody else wrote it since the revision that you name", d.text)
	submit(a, "incident-task-add", "incident.note", "/incidents/{id}/tasks", "Add a task of your own; with after it is an action to follow", d.addTask)
	submit(a, "incident-task", "incident.note", "/incidents/{id}/tasks/{item}", "Take a task, give it back, tick or skip it, or open it again", d.task)
	attach := operation(http.MethodPost, "incident-attach", "incident.note", "/incidents/{id}/files", "Attach a file of at most 10 MiB; the body is its content")
	attach.MaxBodyBytes = maxFile
	huma.Register(a, attach, serveFor(planTime, d.attach))
	registerFile(a, "incident-file", "incident.look", "/incidents/{id}/files/{file}", "An attached file, only to be saved: nobody has looked at what is in it", d.file)
}

type subjectsInput struct {
	IncidentChange
	Body struct {
		Subjects []SubjectOrder `json:"subjects" minItems:"1" maxItems:"5000"`
	}
}

func (d desk) addSubjects(ctx context.Context, in *subjectsInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.AddSubjects(ctx, actor(ctx), in.ID, subjects(in.Body.Subjects))
	return d.view(ctx, inc, err)
}

type subjectInput struct {
	IncidentChange
	Body struct {
		Kind   string `json:"kind" maxLength:"32"`
		ID     string `json:"id" maxLength:"1024"`
		Reason string `json:"reason,omitempty" maxLength:"4000"`
	}
}

func (d desk) removeSubject(ctx context.Context, in *subjectInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.RemoveSubject(ctx, actor(ctx), in.ID, ledger.Subject{Kind: in.Body.Kind, ID: in.Body.ID}, in.Body.Reason)
	return d.view(ctx, inc, err)
}

type recastInput struct {
	IncidentChange
	Body struct {
		Kind string `json:"kind" maxLength:"32"`
		ID   string `json:"id" maxLength:"1024"`
		Was  string `json:"was,omitempty" maxLength:"64" doc:"the role that you saw"`
		Role string `json:"role,omitempty" maxLength:"64" doc:"the part that it played; none when left out"`
	}
}

func (d desk) recast(ctx context.Context, in *recastInput) (*IncidentView, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	inc, err := d.incidents.Recast(ctx, actor(ctx), in.ID, ledger.Subject{Kind: in.Body.Kind, ID: in.Body.ID}, in.Body.Was, in.Body.Role)
	return d.view(ctx, inc, err)
}

type noteInput struct {
	IncidentChange
	Body struct {
		Text string `json:"text" maxLength:"65536"`
	}
}

func (d desk) note(ctx context.Context, in *noteInput) (*incident.Event, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	e, err := d.incidents.Note(ctx, actor(ctx), in.ID, in.Body.Text, in.key())
	return &e, err
}

type textInput struct {
	IncidentChange
	Field string `path:"field" maxLength:"64" doc:"such as summary or behaviour"`
	Body  struct {
		Revision int    `json:"revision,omitempty" minimum:"0" doc:"the one that you saw; 0 for a text that was not written yet"`
		Text     string `json:"text" maxLength:"65536"`
	}
}

func (d desk) text(ctx context.Context, in *textInput) (*incident.Text, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	t, err := d.incidents.WriteText(ctx, actor(ctx), in.ID, in.Field, in.Body.Revision, in.Body.Text)
	return &t, err
}

type addTaskInput struct {
	IncidentChange
	Body struct {
		Title  string     `json:"title" maxLength:"400"`
		Due    *time.Time `json:"due,omitempty"`
		After  bool       `json:"after,omitempty" doc:"to follow after the incident is closed"`
		Holder string     `json:"holder,omitempty" maxLength:"256" doc:"id of the person who gets it"`
	}
}

func (d desk) addTask(ctx context.Context, in *addTaskInput) (*incident.Task, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	t, err := d.incidents.AddTask(ctx, actor(ctx), in.ID, incident.TaskOrder{Title: in.Body.Title, Due: in.Body.Due, After: in.Body.After, Give: in.Body.Holder}, in.key())
	return &t, err
}

type taskInput struct {
	IncidentChange
	Item string `path:"item" maxLength:"128"`
	Body struct {
		Do   string `json:"do" enum:"take,release,done,skip,redo"`
		Why  string `json:"why,omitempty" maxLength:"4000" doc:"needed to skip"`
		From string `json:"from,omitempty" maxLength:"256" doc:"to take: id of whom you saw holding it; somebody else's is a conflict"`
	}
}

func (d desk) task(ctx context.Context, in *taskInput) (*incident.Task, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	var t incident.Task
	var err error
	who := actor(ctx)
	switch in.Body.Do {
	case "take":
		t, err = d.incidents.Hold(ctx, who, in.ID, in.Item, in.Body.From)
	case "release":
		t, err = d.incidents.Release(ctx, who, in.ID, in.Item)
	case "done":
		t, err = d.incidents.Done(ctx, who, in.ID, in.Item, in.Body.Why)
	case "redo":
		t, err = d.incidents.Redo(ctx, who, in.ID, in.Item, in.Body.Why)
	default:
		t, err = d.incidents.Skip(ctx, who, in.ID, in.Item, in.Body.Why)
	}
	return &t, err
}

type attachInput struct {
	IncidentChange
	Name    string `query:"name" required:"true" maxLength:"200" doc:"of the file"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (d desk) attach(ctx context.Context, in *attachInput) (*incident.File, error) {
	if in.key() == "" {
		return nil, noKey()
	}
	if err := d.there(); err != nil {
		return nil, err
	}
	f, err := d.incidents.Attach(ctx, actor(ctx), in.ID, in.Name, bytes.NewReader(in.RawBody))
	return &f, err
}

type fileOfInput struct {
	IncidentInput
	File int64 `path:"file" minimum:"1"`
}

func (d desk) file(ctx context.Context, in *fileOfInput) (*file, error) {
	if err := d.there(); err != nil {
		return nil, err
	}
	f, content, err := d.incidents.OpenFile(ctx, in.ID, in.File)
	if err != nil {
		return nil, err
	}
	return fileOf(plainName(f.Name), "application/octet-stream", content), nil
}

// plainName makes a stranger's file name one that a header can carry.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	if name = strings.TrimLeft(name, "."); name == "" {
		return "file"
	}
	return name[:min(len(name), 120)]
}
