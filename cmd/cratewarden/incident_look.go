package main

import (
	"io"
	"net/url"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/incident"
)

type incidentTimelineCmd struct {
	caseArg
	Source  string `help:"Only from these, separated by commas: registry, ledger, plan, notice, person, evidence, console."`
	What    string `help:"Only this, such as publish or version.hold."`
	Who     string `help:"Only what this person or account did."`
	Subject string `placeholder:"KIND:ID" help:"Only about this, such as crate:serde."`
	Text    string `help:"Only with this in it."`
	From    string `placeholder:"TIME" help:"From then on."`
	Until   string `placeholder:"TIME" help:"Before then."`
}

// Run shows.
func (c incidentTimelineCmd) Run(e env) error {
	q := url.Values{}
	for name, value := range map[string]string{"source": c.Source, "what": c.What, "who": c.Who, "subject": c.Subject, "q": c.Text} {
		set(q, name, value)
	}
	for name, text := range map[string]string{"from": c.From, "until": c.Until} {
		if text == "" {
			continue
		}
		at, err := moment(text)
		if err != nil {
			return err
		}
		q.Set(name, at.Format(time.RFC3339Nano))
	}
	return fetch(e, c.asking, q, func(w io.Writer, l *api.MomentList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "WHEN (UTC)|SOURCE|WHO|WHAT", l.Rows, func(m incident.Moment) []string {
			return []string{m.At.UTC().Format("2006-01-02 15:04:05"), string(m.Source), m.Who, m.Sentence}
		})
	}, "incidents", c.ID, "timeline")
}

type incidentExportCmd struct {
	caseArg
	Format string `enum:"md,json,csv" default:"md" help:"md, json or csv."`
	To     string `env:"-" placeholder:"FILE" help:"Where to write it; standard output without it. A file that is there is not replaced."`
}

// Run writes.
func (c incidentExportCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return cl.ExportIncident(e.ctx, c.ID, c.Format, w) }
	if c.To != "" {
		return newFile(c.To, write)
	}
	return written(e, write)
}

// written sends a file to standard output: as it is to a program, harmless to a
// terminal.
func written(e env, write func(io.Writer) error) error {
	if !terminal(e.stdout) {
		return write(e.stdout)
	}
	var b strings.Builder
	err := write(&b)
	_, _ = io.WriteString(e.stdout, inertLines(b.String()))
	return err
}

type incidentCaseCmd struct {
	caseArg
	To string `required:"" env:"-" placeholder:"FILE.zip" help:"Where to write it; a file that is there is not replaced."`
}

// Run writes.
func (c incidentCaseCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	return newFile(c.To, func(w io.Writer) error { return cl.ExportCase(e.ctx, c.ID, w) })
}

type incidentSheetCmd struct{ caseArg }

// Run prints. It is for programs and for who checks the facts, so always JSON.
func (c incidentSheetCmd) Run(e env) error {
	c.JSON = true
	return fetch(e, c.asking, nil, func(io.Writer, *advisory.Sheet) {}, "incidents", c.ID, "sheet")
}

type incidentWatchCmd struct {
	caseArg
	After int64         `help:"Begin after this event; with what happens from now on without it."`
	For   time.Duration `help:"Stop after so long, such as 1m."`
}

// Run follows by long polls.
func (c incidentWatchCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	after := c.After
	for c.After == 0 { // up to the newest one
		l, err := cl.IncidentEvents(e.ctx, c.ID, after, 0)
		if err != nil {
			return err
		}
		if len(l.Rows) == 0 {
			break
		}
		after = l.Next
	}
	return c.follow(e, cl, after)
}

// follow asks again and again, each time waiting for the next event.
func (c incidentWatchCmd) follow(e env, cl *client.Client, after int64) error {
	var end time.Time
	if c.For > 0 {
		end = time.Now().Add(c.For)
	}
	for end.IsZero() || time.Now().Before(end) {
		wait := 25
		if !end.IsZero() {
			wait = min(wait, max(1, int(time.Until(end).Seconds())))
		}
		l, err := cl.IncidentEvents(e.ctx, c.ID, after, wait)
		if err != nil {
			if cratewarden.KindOf(err) == cratewarden.Canceled {
				return nil
			}
			return err
		}
		after = l.Next
		for _, ev := range l.Rows {
			if err := c.print(e, ev); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c incidentWatchCmd) print(e env, ev incident.Event) error {
	if c.JSON {
		return printJSON(e, ev)
	}
	say(e.stdout, "%s  %s  %s", ev.At.UTC().Format("15:04:05"), inert(orElse(ev.By.Name, "the console")), inert(eventWords(ev)))
	return nil
}

// eventWords says in a line what was done.
func eventWords(ev incident.Event) string {
	words := ev.Kind
	for _, name := range []string{"from", "to", "was", "now", "field", "item", "do", "into"} {
		if value := ev.Details[name]; value != "" {
			words += "  " + name + " " + value
		}
	}
	if line, _, _ := strings.Cut(ev.Body, "\n"); line != "" {
		words += "  " + short([]byte(line))
	}
	return words
}
