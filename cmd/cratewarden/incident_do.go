package main

import (
	"io"
	"maps"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/incident"
	"cratewarden/ledger"
)

type incidentDecideCmd struct {
	caseArg
	Title    *string           `help:"Its title."`
	Kind     *string           `help:"Its kind."`
	Severity *string           `help:"low, medium, high or critical."`
	TLP      *string           `name:"tlp" help:"CLEAR, GREEN, AMBER, AMBER+STRICT or RED."`
	Verdict  *string           `help:"benign, policy, malicious, \"compromised owner\" or \"service incident\". It can be changed, not taken back."`
	Lead     *string           `placeholder:"PERSON" help:"Who leads, by id; me for yourself, \"\" for nobody."`
	Campaign *string           `help:"Campaigns, with commas between."`
	Reported *string           `placeholder:"TIME" help:"When it was first reported."`
	Was      map[string]string `placeholder:"FIELD=VALUE" help:"Refuse if this field is not so any more; may be given more than once."`
	Reason   string            `help:"Why, for colleagues."`
}

// Help gives examples.
func (incidentDecideCmd) Help() string {
	return `Examples:

  cratewarden incident decide INC-12 --verdict "compromised owner" --severity critical --lead me
  cratewarden incident decide INC-12 --lead bo --was lead=ada --reason "end of shift"

Fields that are not named stay. The fields of --was are title, kind, severity, tlp,
verdict, lead, campaigns and reported_at.`
}

// Run decides.
func (c incidentDecideCmd) Run(e env) error {
	values := map[incident.Field]string{}
	for field, value := range map[incident.Field]*string{incident.TitleField: c.Title, incident.KindField: c.Kind, incident.SeverityField: c.Severity,
		incident.TLPField: c.TLP, incident.VerdictField: c.Verdict, incident.LeadField: c.Lead, incident.CampaignField: c.Campaign, incident.ReportedField: c.Reported} {
		if value != nil {
			values[field] = *value
		}
	}
	if len(values) == 0 {
		return cratewarden.Errorf(cratewarden.Invalid, "Say what is decided: --verdict, --lead, --severity, --tlp, --kind, --title, --campaign or --reported.")
	}
	if v, given := values[incident.VerdictField]; given { // kinds are written with a dash, and nobody should have to know the difference
		values[incident.VerdictField] = strings.ReplaceAll(v, "-", " ")
	}
	if values[incident.LeadField] == "me" {
		me, err := c.me(e)
		if err != nil {
			return err
		}
		values[incident.LeadField] = me
	}
	if text := values[incident.ReportedField]; text != "" {
		at, err := moment(text)
		if err != nil {
			return err
		}
		values[incident.ReportedField] = at.Format("2006-01-02T15:04:05Z07:00")
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	var was map[incident.Field]string
	if len(c.Was) > 0 {
		if was, err = c.seen(e, cl, values); err != nil {
			return err
		}
	}
	v, err := cl.Decide(e.ctx, c.ID, values, was, c.Reason)
	if err != nil {
		return explainClash(e, err)
	}
	return show(e, c.asking, v, printCase)
}

// seen completes what the person saw with what is now, for fields that they did
// not name.
func (c incidentDecideCmd) seen(e env, cl *client.Client, values map[incident.Field]string) (map[incident.Field]string, error) {
	now, err := cl.Incident(e.ctx, c.ID)
	if err != nil {
		return nil, err
	}
	was := map[incident.Field]string{}
	for f := range values {
		was[f] = now.Incident.Value(f)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Was)) {
		if _, set := values[incident.Field(name)]; !set {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "--was %s names a field that you do not decide.", inert(name))
		}
		was[incident.Field(name)] = c.Was[name]
	}
	return was, nil
}

// explainClash prints what somebody else wrote at the same time.
func explainClash(e env, err error) error {
	for _, f := range clashes(err) {
		say(e.stderr, "  %s: you saw %q; %s wrote %q on %s UTC", inert(string(f.Field)), inert(f.Was), inert(orElse(f.By.Name, "somebody")), inert(f.Now), when(f.At))
	}
	return err
}

type incidentMoveCmd struct {
	caseArg
	State  string `arg:"" help:"Where to: triaged, contained, sealed, removed, communicated, closed or reviewed."`
	Reason string `help:"Why, for colleagues; needed for a step that is not ready, and for every step back."`
}

// Run moves.
func (c incidentMoveCmd) Run(e env) error {
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) {
		return cl.MoveIncident(e.ctx, c.ID, c.State, c.Reason)
	})
}

// change does something to a case and says where it stands.
func (c caseArg) change(e env, what func(*client.Client) (*api.IncidentView, error)) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	v, err := what(cl)
	if err != nil {
		return explainClash(e, err)
	}
	return show(e, c.asking, v, printStand)
}

func printStand(w io.Writer, v *api.IncidentView) {
	open := 0
	for _, t := range v.Tasks {
		if t.State == incident.TaskOpen && !t.After {
			open++
		}
	}
	say(w, "%s is %s; to do: %d. See: cratewarden incident show %s", v.Incident.ID, v.Incident.State, open, v.Incident.ID)
}

type incidentSyncCmd struct{ caseArg }

// Run ticks.
func (c incidentSyncCmd) Run(e env) error {
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) { return cl.SyncIncident(e.ctx, c.ID) })
}

type incidentNoteCmd struct {
	caseArg
	File string `arg:"" default:"-" help:"A file with the note; standard input without it."`
	Key  string `placeholder:"TEXT" env:"-" help:"For scripts that try again: the same key writes one note."`
}

// Run writes a note.
func (c incidentNoteCmd) Run(e env) error {
	text, err := textFrom(e, c.File)
	if err != nil {
		return err
	}
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	note, err := cl.NoteIncident(e.ctx, c.ID, text, orElse(c.Key, client.NewKey()))
	if err != nil {
		return err
	}
	return show(e, c.asking, note, func(w io.Writer, ev *incident.Event) { say(w, "Noted as event %d.", ev.ID) })
}

type incidentTextCmd struct {
	caseArg
	Field string `arg:"" help:"Which; see below."`
	File  string `arg:"" optional:"" help:"Write what is in this file, or - for standard input; without it the text is printed."`
	Was   *int   `placeholder:"REVISION" help:"Refuse if the text is not of this revision any more; 0 if nobody wrote it yet."`
}

// Help lists the texts.
func (incidentTextCmd) Help() string {
	out := "The texts of the sheet of facts:\n\n"
	for _, f := range incident.TextFields() {
		name := f.Field
		if f.Of != "" {
			name += ":" + strings.ToUpper(f.Of)
		}
		out += "  " + name + ": " + f.Help + "\n"
	}
	return out + "\nOther texts are kept with the incident and go nowhere."
}

// Run prints or writes a text.
func (c incidentTextCmd) Run(e env) error {
	cl, err := c.client(e)
	if err != nil {
		return err
	}
	v, err := cl.Incident(e.ctx, c.ID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(v.Incident.Texts, func(t incident.Text) bool { return t.Field == c.Field })
	now := incident.Text{Field: c.Field}
	if at >= 0 {
		now = v.Incident.Texts[at]
	}
	if c.File == "" {
		if at < 0 {
			return cratewarden.Errorf(cratewarden.NotFound, "Nobody wrote the text %s of %s yet.", inert(c.Field), v.Incident.ID)
		}
		return show(e, c.asking, &now, func(w io.Writer, t *incident.Text) { printText(w, t.Body) })
	}
	text, err := textFrom(e, c.File)
	if err != nil {
		return err
	}
	revision := now.Revision
	if c.Was != nil {
		revision = *c.Was
	}
	written, err := cl.WriteText(e.ctx, c.ID, c.Field, revision, text)
	if err != nil {
		return explainClash(e, err)
	}
	return show(e, c.asking, written, func(w io.Writer, t *incident.Text) { say(w, "Written: %s, revision %d.", inert(t.Field), t.Revision) })
}

// printText prints lines that anybody may have written.
func printText(w io.Writer, text string) {
	for line := range strings.Lines(text) {
		say(w, "%s", inertSource(strings.TrimRight(line, "\r\n")))
	}
}

type incidentSubjectCmd struct {
	List   subjectListCmd   `cmd:"" help:"List what an incident is about."`
	Add    subjectAddCmd    `cmd:"" help:"Say what else it is about."`
	Role   subjectRoleCmd   `cmd:"" help:"Say what part something played."`
	Remove subjectRemoveCmd `cmd:"" help:"Say that it is not about something after all."`
}

type subjectListCmd struct{ caseArg }

// Run lists.
func (c subjectListCmd) Run(e env) error {
	return fetch(e, c.asking, nil, func(w io.Writer, v *api.IncidentView) {
		printTable(w, "KIND|ID|NAME|ROLE|WHY|BY", v.Incident.Subjects, func(s incident.Subject) []string {
			return []string{s.Kind, s.ID, s.Label, s.Role, s.Why, s.By.Name}
		})
	}, "incidents", c.ID)
}

type subjectAddCmd struct {
	caseArg
	What []string `arg:"" placeholder:"WHAT" help:"A crate, NAME@VERSION, account:LOGIN or KIND:ID; - reads them from standard input."`
	Role string   `help:"payload, carrier, victim, attacker, compromised, imitated, restore or related."`
	Why  string   `help:"How it belongs to it, for colleagues."`
}

// Run adds.
func (c subjectAddCmd) Run(e env) error {
	list, err := c.subjects(e, c.What)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Role, list[i].Why = c.Role, c.Why
	}
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) { return cl.AddSubjects(e.ctx, c.ID, list) })
}

type subjectRemoveCmd struct {
	caseArg
	What   string `arg:"" placeholder:"WHAT" help:"As subject add takes it."`
	Reason string `help:"Why, for colleagues."`
}

// Run removes.
func (c subjectRemoveCmd) Run(e env) error {
	s, err := c.subject(e, c.What)
	if err != nil {
		return err
	}
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) {
		return cl.RemoveSubject(e.ctx, c.ID, ledger.Subject{Kind: s.Kind, ID: s.ID}, c.Reason)
	})
}

type subjectRoleCmd struct {
	caseArg
	What string `arg:"" placeholder:"WHAT" help:"As subject add takes it."`
	Role string `arg:"" help:"payload, carrier, victim, attacker, compromised, imitated, restore or related; \"\" for none."`
	Was  string `help:"The role that you saw; refused if it is another by now."`
}

// Run recasts.
func (c subjectRoleCmd) Run(e env) error {
	s, err := c.subject(e, c.What)
	if err != nil {
		return err
	}
	return c.change(e, func(cl *client.Client) (*api.IncidentView, error) {
		return cl.RecastSubject(e.ctx, c.ID, ledger.Subject{Kind: s.Kind, ID: s.ID}, c.Was, c.Role)
	})
}
