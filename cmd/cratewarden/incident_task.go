package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/incident"
	"cratewarden/incident/playbook"
)

type incidentTaskCmd struct {
	List    taskListCmd    `cmd:"" help:"List what is to do."`
	Add     taskAddCmd     `cmd:"" help:"Add a task."`
	Take    taskTakeCmd    `cmd:"" help:"Take a task."`
	Release taskReleaseCmd `cmd:"" help:"Give a task back."`
	Done    taskDoneCmd    `cmd:"" help:"Tick a task that does not tick itself."`
	Skip    taskSkipCmd    `cmd:"" help:"Say that a task is not needed, and why."`
	Redo    taskRedoCmd    `cmd:"" help:"Open a task again that was done or skipped."`
}

type taskListCmd struct{ caseArg }

// Run lists.
func (c taskListCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, v *api.IncidentView) {
		for _, t := range v.Tasks {
			say(w, "%s", inert(taskLine(t)))
		}
	}, "incidents", c.ID)
}

type taskAddCmd struct {
	caseArg
	Title  string `arg:"" help:"What is to do."`
	Due    string `placeholder:"TIME" help:"By when, such as 2026-09-30."`
	Holder string `placeholder:"PERSON" help:"Who gets it, by id; me for yourself."`
}

// Run adds.
func (c taskAddCmd) Run(e env) error {
	o := incident.TaskOrder{Title: c.Title}
	var err error
	if c.Due != "" {
		at, err := moment(c.Due)
		if err != nil {
			return err
		}
		o.Due = &at
	}
	if o.Give, err = c.somebody(e, c.Holder); err != nil {
		return err
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	t, err := cl.AddTask(e.ctx, c.ID, o)
	if err != nil {
		return err
	}
	return show(e, c.asking, t, func(w io.Writer, t *incident.Task) { say(w, "Added: %s", inert(taskLine(*t))) })
}

// somebody gives the id of a person; "me" is who asks.
func (a asking) somebody(e env, who string) (string, error) {
	if who == "me" {
		return a.me(e)
	}
	return who, nil
}

// taskArg names a task.
type taskArg struct {
	caseArg
	Item string `arg:"" help:"The task, as task list prints it."`
}

func (c taskArg) do(e env, what, why, from string) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	t, err := cl.DoTask(e.ctx, c.ID, c.Item, what, why, from)
	if err != nil {
		return explainClash(e, err)
	}
	return show(e, c.asking, t, func(w io.Writer, t *incident.Task) { say(w, "%s", inert(taskLine(*t))) })
}

type taskTakeCmd struct {
	taskArg
	From string `placeholder:"PERSON" help:"Take it from whoever holds it, by id; refused if it is somebody else by now."`
}

// Run takes.
func (c taskTakeCmd) Run(e env) error { return c.do(e, "take", "", c.From) }

type taskReleaseCmd struct{ taskArg }

// Run gives back.
func (c taskReleaseCmd) Run(e env) error { return c.do(e, "release", "", "") }

type taskDoneCmd struct {
	taskArg
	Why string `help:"What was done, for colleagues."`
}

// Run ticks.
func (c taskDoneCmd) Run(e env) error { return c.do(e, "done", c.Why, "") }

type taskRedoCmd struct {
	taskArg
	Why string `help:"Why, for colleagues."`
}

// Run opens again.
func (c taskRedoCmd) Run(e env) error { return c.do(e, "redo", c.Why, "") }

type taskSkipCmd struct {
	taskArg
	Why string `required:"" help:"Why it is not needed, for colleagues."`
}

// Run skips.
func (c taskSkipCmd) Run(e env) error { return c.do(e, "skip", c.Why, "") }

type incidentAttachCmd struct {
	caseArg
	File string `arg:"" help:"The file, of at most 10 MiB; - is standard input."`
	Name string `help:"What it is called; the file's own name without it."`
	Key  string `placeholder:"TEXT" env:"-" help:"For scripts that try again: the same key attaches one file."`
}

// Run attaches.
func (c incidentAttachCmd) Run(e env) error {
	content, err := bytesFrom(e, c.File, 10<<20)
	if err != nil {
		return err
	}
	name := c.Name
	switch {
	case name == "" && c.File == "-":
		return cratewarden.Errorf(cratewarden.Invalid, "Say what it is called: --name.")
	case name == "":
		name = filepath.Base(c.File)
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	f, err := cl.Attach(e.ctx, c.ID, name, content, orElse(c.Key, client.NewKey()))
	if err != nil {
		return err
	}
	return show(e, c.asking, f, func(w io.Writer, f *incident.File) {
		say(w, "Attached as file %d: %s, %d bytes, SHA-256 %s", f.ID, inert(f.Name), f.Bytes, f.SHA256)
	})
}

type incidentFileCmd struct {
	caseArg
	File int64  `arg:"" help:"Its number, as incident show prints it."`
	To   string `required:"" env:"-" placeholder:"FILE" help:"Where to write it; a file that is there is not replaced."`
}

// Run saves. Nobody has looked at what is in it, so it never goes to a terminal.
func (c incidentFileCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	return newFile(c.To, func(w io.Writer) error { return cl.IncidentFile(e.ctx, c.ID, c.File, w) })
}

// newFile writes a file that is not there yet; one that was not written whole is
// taken away again.
func newFile(name string, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return cratewarden.Wrap(err, cratewarden.Conflict, "The file %s is there already.", inert(name))
	}
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Invalid, "The file %s cannot be written.", inert(name))
	}
	err = write(file)
	if closed := file.Close(); err == nil && closed != nil {
		err = cratewarden.Wrap(closed, cratewarden.Unavailable, "The file %s could not be written whole.", inert(name))
	}
	if err != nil {
		_ = os.Remove(name)
	}
	return err
}

type incidentKindsCmd struct {
	asking
	Kind string `arg:"" optional:"" help:"Explain this one."`
}

// Run lists playbooks.
func (c incidentKindsCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, l *api.PlaybookList) {
		for _, p := range l.Rows {
			switch c.Kind {
			case "":
				say(w, "%-20s %s", inert(p.Kind), inert(p.Title))
			case p.Kind:
				printPlaybook(w, p)
			}
		}
	}, "playbooks")
}

func printPlaybook(w io.Writer, p playbook.Playbook) {
	say(w, "%s: %s\n%s", inert(p.Kind), inert(p.Title), inert(p.About))
	for _, i := range p.Items {
		line := i.ID + "  " + i.Title
		if !i.Ticks.IsZero() {
			line += "  (ticks itself: " + i.Ticks.String() + ")"
		}
		say(w, "  %-12s %s", string(i.Phase), inert(strings.TrimSpace(line)))
	}
}
