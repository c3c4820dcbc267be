package main

import (
	"io"
	"net/url"
	"time"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/incident"
)

type incidentFollowCmd struct {
	List followListCmd `cmd:"" default:"withargs" help:"List actions to follow, of all incidents."`
	Add  followAddCmd  `cmd:"" help:"Add an action to follow, with who does it and by when."`
	Set  followSetCmd  `cmd:"" help:"Give an action to somebody else, or set another day."`
}

type followListCmd struct {
	asking
	Incident string `help:"Only of this incident."`
	Mine     bool   `help:"Only yours."`
	Overdue  bool   `help:"Only those whose day is over."`
	All      bool   `help:"Also those that are done or skipped."`
}

// Run lists.
func (c followListCmd) Run(e env) error {
	q := url.Values{}
	set(q, "incident", c.Incident)
	for name, on := range map[string]bool{"overdue": c.Overdue, "all": c.All} {
		if on {
			q.Set(name, "true")
		}
	}
	if c.Mine {
		me, err := c.me(e)
		if err != nil {
			return err
		}
		q.Set("holder", me)
	}
	return fetch(e, c.asking, q, func(w io.Writer, l *api.FollowList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "INCIDENT|ITEM|STATE|DUE (UTC)|WHO|WHAT", l.Rows, func(f incident.Follow) []string {
			due := maybe(f.Due)
			if f.Overdue {
				due += " OVERDUE"
			}
			return []string{f.Incident, f.Item, string(f.State), due, orElse(f.Holder.Name, "nobody"), f.Title}
		})
	}, "incident-follows")
}

type followAddCmd struct {
	caseArg
	Title  string `arg:"" help:"What is to do."`
	Due    string `required:"" placeholder:"TIME" help:"By when, such as 2026-09-30."`
	Holder string `default:"me" placeholder:"PERSON" help:"Who does it, by id; yourself without it."`
}

// Run adds.
func (c followAddCmd) Run(e env) error {
	at, err := moment(c.Due)
	if err != nil {
		return err
	}
	holder, err := c.somebody(e, c.Holder)
	if err != nil {
		return err
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	t, err := cl.AddFollow(e.ctx, c.ID, incident.FollowOrder{Title: c.Title, Holder: holder, Due: at})
	if err != nil {
		return err
	}
	return show(e, c.asking, t, func(w io.Writer, t *incident.Task) { say(w, "Added: %s", inert(taskLine(*t))) })
}

type followSetCmd struct {
	taskArg
	Due    string `placeholder:"TIME" help:"Another day."`
	Was    string `placeholder:"TIME" help:"The day that you saw; refused if it is another by now."`
	Holder string `placeholder:"PERSON" help:"Who does it from now on, by id; me for yourself."`
	Why    string `help:"Why, for colleagues."`
}

// Run changes.
func (c followSetCmd) Run(e env) error {
	o := incident.FollowChange{Why: c.Why}
	if c.Due != "" {
		at, err := moment(c.Due)
		if err != nil {
			return err
		}
		o.Due = &at
	}
	if c.Was != "" {
		at, err := moment(c.Was)
		if err != nil {
			return err
		}
		o.Was = &at
	}
	var err error
	if o.Holder, err = c.somebody(e, c.Holder); err != nil {
		return err
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if o.Due != nil && o.Was == nil { // whoever says nothing of what they saw takes what stands there
		if o.Was, err = dueNow(e, cl, c.ID, c.Item); err != nil {
			return err
		}
	}
	t, err := cl.SetFollow(e.ctx, c.ID, c.Item, o)
	if err != nil {
		return explainClash(e, err)
	}
	return show(e, c.asking, t, func(w io.Writer, t *incident.Task) { say(w, "%s", inert(taskLine(*t))) })
}

// dueNow gives the day of an action as it stands; nil for none.
func dueNow(e env, cl *client.Client, id, item string) (*time.Time, error) {
	v, err := cl.Incident(e.ctx, id)
	if err != nil {
		return nil, err
	}
	for _, t := range v.Tasks {
		if t.Item == item {
			return t.Due, nil
		}
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "%s has no action %s.", v.Incident.ID, inert(item))
}

type incidentNeedsCmd struct{ asking }

// Run lists.
func (c incidentNeedsCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, n *incident.Needs) {
		if n.Count() == 0 && len(n.Missing) == 0 {
			say(w, "Nothing needs you now.")
			return
		}
		for _, part := range []struct {
			title string
			list  []incident.Need
		}{
			{"Nobody leads", n.Unled}, {"You lead", n.Lead}, {"Your tasks", n.Tasks}, {"Plans that wait for a second person", n.Approvals}, {"Ends soon", n.Ending},
			{"Broken glass to judge", n.Reviews}, {"There again after it was deleted", n.Risen}, {"Actions to follow", n.Follows},
		} {
			section(w, part.title, part.list, mostRows, needLine)
		}
		for _, text := range n.Missing {
			say(w, "%s", inert(text))
		}
	}, "incident-needs")
}

func needLine(n incident.Need) string {
	line := n.Title
	if n.Text != "" {
		line += ": " + n.Text
	}
	if n.Due != nil {
		line += "; due " + when(*n.Due) + " UTC"
	}
	if n.Urgent {
		line = "URGENT  " + line
	}
	return line
}

type incidentEraseCmd struct {
	caseArg
	Event   int64  `env:"-" help:"The text of a note or a reason, by its event's number."`
	Text    string `env:"-" placeholder:"FIELD" help:"A text of the fact sheet, with all that stood there before."`
	File    int64  `env:"-" help:"A file's name and content, by its number."`
	Task    string `env:"-" placeholder:"ITEM" help:"Title and reason of a task of a person's own."`
	Subject string `env:"-" placeholder:"WHAT" help:"Name and reason of a subject, as subject add takes it."`
	Title   bool   `env:"-" help:"The incident's title, with those it had before."`
	Early   bool   `env:"-" help:"Why public notices were unlocked."`
	Draft   int64  `env:"-" help:"A draft's text, receiver and reasons, by its number; what was not sent is withdrawn."`
	Figure  int64  `env:"-" help:"How a figure was found, by its number."`
	Reason  string `required:"" env:"-" help:"Such as the number of the request. It is kept: do not repeat what goes."`
}

// Run erases one thing for ever.
func (c incidentEraseCmd) Run(e env) error {
	what := map[string]any{}
	for name, value := range map[string]any{"event": c.Event, "text": c.Text, "file": c.File, "task": c.Task, "title": c.Title, "early": c.Early, "draft": c.Draft, "figure": c.Figure} {
		if value != int64(0) && value != "" && value != false {
			what[name] = value
		}
	}
	if c.Subject != "" {
		s, err := c.subject(e, c.Subject)
		if err != nil {
			return err
		}
		what["subject"] = s
	}
	if len(what) != 1 {
		return cratewarden.Errorf(cratewarden.Invalid, "Name one thing to erase: --event, --text, --file, --task, --subject, --title, --early, --draft or --figure.")
	}
	what["reason"] = c.Reason
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) { return cl.Erase(e.ctx, c.ID, what) })
}
