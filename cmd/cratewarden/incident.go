package main

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/incident"
)

type incidentCmd struct {
	New      incidentNewCmd      `cmd:"" help:"Open an incident."`
	List     incidentListCmd     `cmd:"" help:"List incidents, newest first."`
	Show     incidentShowCmd     `cmd:"" help:"Show an incident: what it is about, what is to do, where it can go."`
	Needs    incidentNeedsCmd    `cmd:"" help:"Say what needs you now."`
	Decide   incidentDecideCmd   `cmd:"" help:"Decide verdict, lead, severity, title, kind, label, campaigns."`
	Move     incidentMoveCmd     `cmd:"" help:"Move an incident to another state."`
	Note     incidentNoteCmd     `cmd:"" help:"Write a note, from a file or standard input."`
	Text     incidentTextCmd     `cmd:"" help:"Print or write a text of the fact sheet, such as the summary."`
	Subject  incidentSubjectCmd  `cmd:"" help:"Say what an incident is about."`
	Task     incidentTaskCmd     `cmd:"" help:"List, take, tick, skip and add tasks."`
	Follow   incidentFollowCmd   `cmd:"" help:"List, add and change actions to follow after closing."`
	Attach   incidentAttachCmd   `cmd:"" help:"Attach a file."`
	File     incidentFileCmd     `cmd:"" help:"Save an attached file."`
	Propose  incidentProposeCmd  `cmd:"" help:"Show what the console proposes to do, and why."`
	Plan     incidentPlanCmd     `cmd:"" help:"Make the plan of what is proposed, review it, ask, and carry it out."`
	Timeline incidentTimelineCmd `cmd:"" help:"Show everything that happened, with source and time."`
	Export   incidentExportCmd   `cmd:"" help:"Write the timeline as Markdown, JSON or CSV."`
	Case     incidentCaseCmd     `cmd:"" help:"Write the case for a court: its evidence and the chain of custody."`
	Clocks   incidentClocksCmd   `cmd:"" help:"Show how long each step took, against its target."`
	Months   incidentMonthsCmd   `cmd:"" help:"Show figures by month and kind."`
	Figure   incidentFigureCmd   `cmd:"" help:"List the numbers of an incident, or enter one."`
	Sheet    incidentSheetCmd    `cmd:"" help:"Print the sheet of facts as JSON."`
	Drafts   incidentDraftsCmd   `cmd:"" help:"List what the world is told; see also the command advisory."`
	Channels incidentChannelsCmd `cmd:"" help:"Say which channels to use, by the policy, and why."`
	Watch    incidentWatchCmd    `cmd:"" help:"Print what happens to an incident as it happens, until Ctrl-C."`
	Sync     incidentSyncCmd     `cmd:"" help:"Tick what the ledger shows done, now."`
	Merge    incidentMergeCmd    `cmd:"" help:"Go on with an incident in another one."`
	Split    incidentSplitCmd    `cmd:"" help:"Make an incident of some subjects of another."`
	Reopen   incidentReopenCmd   `cmd:"" help:"Open a closed incident again."`
	Unlock   incidentUnlockCmd   `cmd:"" help:"Let public notices go before the removal, with the reason."`
	Erase    incidentEraseCmd    `cmd:"" help:"Erase something that a person wrote, for ever."`
	Kinds    incidentKindsCmd    `cmd:"" help:"List the kinds of incidents, or explain the checklist of one."`
}

// caseArg names an incident.
type caseArg struct {
	asking
	ID string `arg:"" placeholder:"INCIDENT" help:"Its id, such as INC-12."`
}

type incidentNewCmd struct {
	asking
	Title    string   `arg:"" help:"In a few words."`
	Kind     string   `required:"" help:"Such as typosquat or compromised-owner; see incident kinds."`
	About    []string `placeholder:"WHAT" sep:"none" help:"A crate, NAME@VERSION, account:LOGIN or KIND:ID; may be given more than once. \"-\" reads them from standard input, one in a line."`
	Severity string   `enum:",low,medium,high,critical" default:"" help:"low, medium, high or critical; medium without it."`
	TLP      string   `name:"tlp" enum:",CLEAR,GREEN,AMBER,AMBER+STRICT,RED" default:"" help:"Who may be told: CLEAR, GREEN, AMBER, AMBER+STRICT or RED; AMBER without it."`
	Source   string   `help:"How it came, such as report."`
	Reported string   `placeholder:"TIME" help:"When it was first reported; a time, or a span before now such as 20m."`
	Campaign []string `help:"Campaigns it belongs to."`
	NoteFile string   `placeholder:"FILE" help:"A file with the first note, for colleagues."`
	Key      string   `placeholder:"TEXT" env:"-" help:"For scripts that try again: the same key gives the same incident."`
}

// Help gives examples.
func (incidentNewCmd) Help() string {
	return `Examples:

  cratewarden incident new "Taken-over account publishes malware" --kind compromised-owner \
    --about arraykit@0.3.10 --about account:mirelund --severity critical --reported 12m
  cratewarden incident new "120 empty names" --kind squatting --about account:holdsall

Open incidents about the same things are named first.`
}

// Run opens.
func (c incidentNewCmd) Run(e env) error {
	o := api.IncidentOrder{Title: c.Title, Kind: incident.Kind(c.Kind), Severity: incident.Severity(c.Severity), TLP: incident.TLP(c.TLP), Source: c.Source, Campaigns: c.Campaign}
	var err error
	if c.Reported != "" {
		at, err := moment(c.Reported)
		if err != nil {
			return err
		}
		o.ReportedAt = &at
	}
	if c.NoteFile != "" {
		if o.Note, err = textFrom(e, c.NoteFile); err != nil {
			return err
		}
	}
	if o.Subjects, err = c.subjects(e, c.About); err != nil {
		return err
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	if len(o.Subjects) > 0 {
		like, err := cl.SimilarIncidents(e.ctx, o.Subjects)
		if err != nil {
			return err
		}
		for _, i := range like.Rows {
			say(e.stderr, "Open already, about the same: %s %s. To join them: cratewarden incident merge", i.ID, inert(i.Title))
		}
	}
	key := c.Key
	if key == "" {
		key = client.NewKey()
	}
	v, err := cl.OpenIncident(e.ctx, o, key)
	if err != nil {
		return err
	}
	return show(e, c.asking, v, func(w io.Writer, v *api.IncidentView) {
		say(w, "%s is open: %s", v.Incident.ID, inert(v.Incident.Title))
		say(w, "Next: cratewarden incident decide %s --verdict malicious --lead me", v.Incident.ID)
	})
}

// subjects reads how people name what an incident is about.
func (a asking) subjects(e env, list []string) ([]api.SubjectOrder, error) {
	var out []api.SubjectOrder
	for _, text := range list {
		if text == "-" {
			pasted, err := textFrom(e, "-")
			if err != nil {
				return nil, err
			}
			more, err := a.subjects(e, strings.Fields(pasted))
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
			continue
		}
		s, err := a.subject(e, text)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (a asking) subject(e env, text string) (api.SubjectOrder, error) {
	kind, id, named := strings.Cut(text, ":")
	switch {
	case text == "":
		return api.SubjectOrder{}, cratewarden.Errorf(cratewarden.Invalid, "What is it about? Name a crate, NAME@VERSION, account:LOGIN or KIND:ID.")
	case !named && strings.Contains(text, "@"):
		return api.SubjectOrder{Kind: "version", ID: text}, nil
	case !named:
		return api.SubjectOrder{Kind: "crate", ID: text}, nil
	case kind == "account":
		number, err := account(e, doing{asking: a}, id)
		if err != nil {
			return api.SubjectOrder{}, err
		}
		s := api.SubjectOrder{Kind: kind, ID: num(number)}
		if s.ID != id {
			s.Label = id
		}
		return s, nil
	}
	return api.SubjectOrder{Kind: kind, ID: id}, nil
}

type incidentListCmd struct {
	asking
	State    string `help:"Only these states, separated by commas, such as reported,triaged."`
	All      bool   `help:"Also closed ones."`
	Drills   bool   `help:"Drills instead of real ones."`
	Mine     bool   `help:"Only those you lead or hold a task of."`
	Unled    bool   `help:"Only those that nobody leads."`
	Kind     string `help:"Only of this kind."`
	Verdict  string `help:"Only with this verdict."`
	Text     string `help:"Only with this in id, title or campaign."`
	Subject  string `placeholder:"KIND:ID" help:"Only about this, such as crate:serde."`
	Campaign string `help:"Only of this campaign."`
	Limit    int    `default:"20" help:"Rows at most (up to 500)."`
	Before   int64  `help:"Go on after a page, by the number that it printed."`
}

// Run lists.
func (c incidentListCmd) Run(e env) error {
	q := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for name, value := range map[string]string{"state": c.State, "kind": c.Kind, "verdict": c.Verdict, "q": c.Text, "subject": c.Subject, "campaign": c.Campaign} {
		set(q, name, value)
	}
	for name, on := range map[string]bool{"open": !c.All && c.State == "", "drills": c.Drills, "unled": c.Unled} {
		if on {
			q.Set(name, "true")
		}
	}
	if c.Before != 0 {
		q.Set("before", num(c.Before))
	}
	if c.Mine {
		me, err := c.me(e)
		if err != nil {
			return err
		}
		q.Set("following", me)
	}
	return fetch(e, c.asking, q, func(w io.Writer, l *api.IncidentList) {
		if len(l.Rows) == 0 {
			say(w, "  none")
			return
		}
		printTable(w, "INCIDENT|STATE|KIND|VERDICT|SEVERITY|OPENED (UTC)|LEAD|TITLE", l.Rows, func(i incident.Incident) []string {
			return []string{i.ID, string(i.State), string(i.Kind), orElse(string(i.Verdict), "—"), string(i.Severity), when(i.OpenedAt), orElse(i.Lead.Name, "nobody"), i.Title}
		})
		if l.Next != 0 {
			say(w, "  more: --before %d", l.Next)
		}
	}, "incidents")
}

// me gives the id of who asks.
func (a asking) me(e env) (string, error) {
	cl, err := a.client(e)
	if err != nil {
		return "", err
	}
	me, err := client.Get[api.Me](e.ctx, cl, nil, "me")
	if err != nil {
		return "", err
	}
	return me.ID, nil
}
