package web

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// Incidents keeps cases from report to review; *incident.Service does. It
// decides what may follow what: what the pages grey is a courtesy.
type Incidents interface {
	Kinds() []string
	AboutKind(kind string) string
	List(ctx context.Context, f incident.Filter) (incident.Page, error)
	Incident(ctx context.Context, id string) (incident.Incident, error)
	Next(ctx context.Context, x incident.Incident) ([]incident.Step, error)
	Standings(ctx context.Context, x incident.Incident) (map[string]incident.Standing, error)
	Similar(ctx context.Context, subjects []incident.Subject) ([]incident.Incident, error)
	OpenCases(ctx context.Context) ([]incident.OpenCase, error)
	Events(ctx context.Context, id string, after int64, limit int) ([]incident.Event, error)
	Tasks(ctx context.Context, id string) ([]incident.Task, error)
	Files(ctx context.Context, id string) ([]incident.File, error)
	OpenFile(ctx context.Context, id string, file int64) (incident.File, []byte, error)
	Watch(ctx context.Context, id, session string, who action.Actor) (<-chan struct{}, func() []incident.Present)

	Clocks(ctx context.Context, id string) (incident.Clocks, error)
	ClocksOf(ctx context.Context, ids ...string) (map[string]incident.Clocks, error)
	Months(ctx context.Context, from, to time.Time) ([]incident.Month, error)
	Timeline(ctx context.Context, id string, f incident.TimelineFilter) ([]incident.Moment, error)
	Export(ctx context.Context, id string, f incident.ExportFormat) ([]byte, error)
	ExportCase(ctx context.Context, who action.Actor, id string, w io.Writer) error
	Figures(ctx context.Context, id string) ([]incident.Figure, error)
	Figure(ctx context.Context, who action.Actor, id string, o incident.FigureOrder) (incident.Figure, error)
	Propose(ctx context.Context, id string) (incident.Proposal, error)
	ProposeRemoval(ctx context.Context, id string) (incident.Proposal, error)
	Draft(ctx context.Context, who action.Actor, id string, ticked []int, texts incident.DraftTexts, key string) (action.Plan, error)
	DraftRemoval(ctx context.Context, who action.Actor, id string, ticked []int, texts incident.DraftTexts, key string) (action.Plan, error)
	Needs(ctx context.Context, who action.Actor) (incident.Needs, error)
	DrillStart(ctx context.Context, who action.Actor, name string) (incident.Incident, error)
	DrillScore(ctx context.Context, id string) (incident.DrillScore, error)

	Drafts(ctx context.Context, id string) ([]incident.Draft, error)
	DraftByNumber(ctx context.Context, draft int64) (incident.Draft, error)
	Channels(ctx context.Context, id string) ([]incident.Channel, error)
	Recipients(ctx context.Context, draft int64) ([]incident.Recipient, error)
	Make(ctx context.Context, who action.Actor, id string, formats []advisory.Format) ([]incident.Draft, error)
	EditDraft(ctx context.Context, who action.Actor, draft int64, revision int, body string) (incident.Draft, error)
	Approve(ctx context.Context, who action.Actor, draft int64, o incident.DraftOrder) (incident.Draft, error)
	Send(ctx context.Context, who action.Actor, draft int64, o incident.SendOrder) (incident.Draft, error)
	Correct(ctx context.Context, who action.Actor, draft int64, o incident.CorrectOrder) (incident.Draft, error)
	Withdraw(ctx context.Context, who action.Actor, draft int64, o incident.DraftOrder) (incident.Draft, error)
	Patch(ctx context.Context, id string, o incident.PatchOrder) ([]byte, error)
	ExportDrafts(ctx context.Context, id string, formats []advisory.Format) ([]byte, error)

	Open(ctx context.Context, who action.Actor, o incident.Opening) (incident.Incident, error)
	Decide(ctx context.Context, who action.Actor, id string, c incident.Change) (incident.Incident, error)
	Move(ctx context.Context, who action.Actor, id string, to incident.State, reason string) (incident.Incident, error)
	AddSubjects(ctx context.Context, who action.Actor, id string, subjects []incident.Subject) (incident.Incident, error)
	RemoveSubject(ctx context.Context, who action.Actor, id string, x ledger.Subject, reason string) (incident.Incident, error)
	Note(ctx context.Context, who action.Actor, id, body, key string) (incident.Event, error)
	WriteText(ctx context.Context, who action.Actor, id, field string, revision int, body string) (incident.Text, error)
	Attach(ctx context.Context, who action.Actor, id, name string, body io.Reader) (incident.File, error)
	Hold(ctx context.Context, who action.Actor, id, item, from string) (incident.Task, error)
	Release(ctx context.Context, who action.Actor, id, item string) (incident.Task, error)
	Done(ctx context.Context, who action.Actor, id, item, why string) (incident.Task, error)
	Skip(ctx context.Context, who action.Actor, id, item, why string) (incident.Task, error)
	AddTask(ctx context.Context, who action.Actor, id string, o incident.TaskOrder, key string) (incident.Task, error)
	Merge(ctx context.Context, who action.Actor, from, into, reason string) (incident.Incident, error)
	Split(ctx context.Context, who action.Actor, id string, o incident.SplitOrder) (incident.Incident, error)
	Reopen(ctx context.Context, who action.Actor, id, reason string) (incident.Incident, error)
	Override(ctx context.Context, who action.Actor, id, reason string) (incident.Incident, error)
}

// incidentURL is the address of a case, or of a page of it.
func incidentURL(id string, rest ...string) string {
	return Path(append([]string{"incidents", id}, rest...)...)
}

// incidentRoutes are the pages of cases, none without a keeper of them. Only
// routes with POST change anything.
func (s *Server) incidentRoutes() []route {
	if s.cfg.Incidents == nil {
		return nil
	}
	one := func(pattern, act string, handle handler) route {
		return route{pattern: pattern, act: act, handle: handle, under: "/incidents", timeout: listTime}
	}
	return append([]route{
		{pattern: "GET /incidents", act: "incident.look", handle: s.incidentList, timeout: listTime, nav: nav{section: "Now", label: "Incidents", count: s.cases.open}},
		one("POST /incidents", "incident.open", s.incidentOpen),
		one("GET /incidents/new", "incident.look", s.incidentNew),
		one("GET /incidents/{id}", "incident.look", s.incidentShow),
		{pattern: "GET /incidents/{id}/events", act: "incident.look", handle: s.incidentEvents, under: "/incidents", timeout: eventsTime},
		one("GET /incidents/{id}/change", "incident.look", s.incidentChangeForm),
		one("POST /incidents/{id}/change", "incident.decide", s.incidentChange),
		one("POST /incidents/{id}/state", "incident.decide", s.incidentMove),
		one("POST /incidents/{id}/subjects", "incident.note", s.incidentSubjects),
		one("POST /incidents/{id}/notes", "incident.note", s.incidentNote),
		one("POST /incidents/{id}/tasks", "incident.note", s.incidentAddTask),
		one("POST /incidents/{id}/tasks/{item}", "incident.note", s.incidentTask),
		// The form itself takes the passkey: a file is not kept while it is asked for.
		one("GET /incidents/{id}/files", "incident.note", s.incidentFileForm),
		{pattern: "POST /incidents/{id}/files", act: "incident.note", handle: s.incidentAttach, under: "/incidents", timeout: fileTime, body: fileMost + 1<<20, bare: true},
		{pattern: "GET /incidents/{id}/files/{file}", act: "incident.look", handle: s.incidentFile, under: "/incidents", timeout: fileTime},
		one("GET /incidents/{id}/join", "incident.look", s.incidentJoinForm),
		one("POST /incidents/{id}/merge", "incident.decide", s.incidentMerge),
		one("POST /incidents/{id}/split", "incident.decide", s.incidentSplit),
		one("POST /incidents/{id}/reopen", "incident.decide", s.incidentReopen),
	}, s.caseRoutes(one)...)
}

// fileTime is how long a file may take to arrive or to leave, fileMost how
// large one that is attached may be, in bytes.
const (
	fileTime = 2 * time.Minute
	fileMost = 10 << 20
)

// refusal says why the visitor cannot do an act, but for the passkey, which is
// asked for when it comes to that; "" when they can.
func (s *Server) refusal(r *http.Request, act string) string {
	if s.cfg.Auth == nil {
		if denied := localDenied(act); denied != nil {
			return "This console has no sign-in, so it only shows."
		}
		return ""
	}
	return s.wouldRefuse(s.visitor(r), act)
}

// casesMost is how many cases a page holds at most; the keeper's bound.
const casesMost = 500

// caseStates are the states in their order, without merged.
func caseStates() []incident.State {
	return []incident.State{incident.Reported, incident.Triaged, incident.Contained, incident.Sealed, incident.Removed, incident.Communicated, incident.Closed, incident.Reviewed}
}

// caseOver says that nothing more is to be done about a case.
func caseOver(state incident.State) bool {
	return state == incident.Closed || state == incident.Reviewed || state == incident.Merged
}

// caseTone colours a state; the word stands beside the colour.
func caseTone(state incident.State) Tone {
	switch state {
	case incident.Reported:
		return Bad
	case incident.Triaged:
		return Warn
	case incident.Contained, incident.Sealed:
		return Hold
	case incident.Removed, incident.Communicated:
		return Info
	case incident.Closed, incident.Reviewed:
		return Good
	}
	return Plain
}

func severityTone(x incident.Severity) Tone {
	switch x {
	case incident.Critical, incident.High:
		return Bad
	case incident.Medium:
		return Warn
	}
	return Plain
}

// stateWord is a state as a button or a heading says it.
func stateWord(state incident.State) string {
	if state == incident.Sealed {
		return "Evidence sealed"
	}
	return firstUp(string(state))
}

func firstUp(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// kindWords is a kind as people read it.
func kindWords(kind incident.Kind) string { return visible(strings.ReplaceAll(string(kind), "-", " ")) }

// caseBadges say what a case is at a glance.
func caseBadges(x *incident.Incident) []Badge {
	out := []Badge{{Tone: severityTone(x.Severity), Text: visible(string(x.Severity))}, {Tone: caseTone(x.State), Text: visible(strings.ToLower(stateWord(x.State)))}}
	if x.Kind != "" {
		out = append(out, Badge{Text: kindWords(x.Kind)})
	}
	if x.Verdict != incident.Undecided {
		out = append(out, Badge{Tone: verdictTone(x.Verdict), Text: "verdict: " + visible(string(x.Verdict))})
	}
	if x.Drill != "" {
		out = append(out, Badge{Tone: Hold, Text: "drill"})
	}
	out = append(out, tlpBadge(x))
	for _, c := range x.Campaigns {
		out = append(out, Badge{Tone: Info, Text: "campaign " + visible(c)})
	}
	return out
}

// tlpBadge says who may be told; it stands on every page of a case.
func tlpBadge(x *incident.Incident) Badge {
	return Badge{Text: "TLP:" + visible(string(x.TLP)), Title: tlpMeans(x.TLP)}
}

func verdictTone(v incident.Verdict) Tone {
	switch v {
	case incident.Malicious, incident.Compromised:
		return Bad
	case incident.PolicyCase, incident.ServiceCase:
		return Warn
	case incident.Benign:
		return Good
	}
	return Plain
}

// tlpMeans says whom a label lets be told.
func tlpMeans(x incident.TLP) string {
	switch x {
	case incident.Clear:
		return "Anybody may be told."
	case incident.Green:
		return "The community may be told, not the public."
	case incident.Amber:
		return "Our organisation and those who need it may be told."
	case incident.AmberStrict:
		return "Only our organisation may be told."
	case incident.Red:
		return "Only those who take part may know."
	}
	return ""
}

// personPhrase is somebody of the console.
func personPhrase(p incident.Person) Phrase {
	switch {
	case p.ID == "" && p.Name == "":
		return Phrase{}.Muted("nobody")
	case p.ID == "":
		return Text(p.Name)
	}
	return Phrase{}.Say(firstOf(p.Name, p.ID))
}

// caseOf is the case of the path. A case that goes on in another is shown as it
// is, with the way to the other.
func (s *Server) caseOf(r *http.Request) (incident.Incident, error) {
	id := strings.ToUpper(r.PathValue("id"))
	if len(id) > 40 {
		return incident.Incident{}, cratewarden.Errorf(cratewarden.NotFound, "No incident has this name. They are called INC-1, INC-2 and so on.")
	}
	return s.cfg.Incidents.Incident(r.Context(), id)
}

// caseTabs are the views of a case.
func (s *Server) caseTabs(x *incident.Incident, current string) []Tab {
	tab := func(label, step string) Tab {
		url := incidentURL(x.ID)
		if step != "" {
			url = incidentURL(x.ID, step)
		}
		return Tab{Label: label, URL: url, Current: step == current}
	}
	out := []Tab{tab("Case", "")}
	for _, t := range [][2]string{{"Timeline", "timeline"}, {"Proposed plan", "proposal"}, {"Facts", "figures"}, {"Notices", "drafts"}, {"After", "after"}} {
		if s.has("GET /incidents/{id}/" + t[1]) {
			out = append(out, tab(t[0], t[1]))
		}
	}
	if x.Drill != "" && s.has("GET /incidents/{id}/score") {
		out = append(out, tab("Score", "score"))
	}
	return out
}

// caseHead is the top of every page of a case.
func caseHead(x *incident.Incident) Head {
	h := Head{Crumbs: []Link{{"Incidents", "/incidents"}}, Title: visible(x.ID) + " · " + visible(x.Title), Badges: caseBadges(x)}
	return h
}

// caseNotices are what every page of a case says first: that it is a drill, or
// that it goes on elsewhere.
func caseNotices(x *incident.Incident) (out []Notice) {
	if x.Drill != "" {
		out = append(out, Notice{Tone: Hold, Title: "This is a drill", Text: Text("“" + x.Drill + "” on a made-up registry. Nothing here happened; nobody outside is told.")})
	}
	if x.MergedInto != "" {
		out = append(out, Notice{Tone: Info, Title: "It goes on in another case", Text: Text("This one was joined with ").Link(x.MergedInto, incidentURL(x.MergedInto)).Say(". Its plans, evidence and ledger entries keep its name.")})
	}
	if x.Doubt != "" {
		out = append(out, Notice{Tone: Bad, Title: "The record speaks against this closed case", Text: Text(visible(x.Doubt) + " Public notices are locked. Reopen it, and see to what is left; or unlock them with a reason.")})
	}
	if x.SplitFrom != "" {
		out = append(out, Notice{Tone: Info, Title: "It was parted from another case", Text: Phrase{}.Link(x.SplitFrom, incidentURL(x.SplitFrom))})
	}
	return out
}

// under puts the rest of a page's head below the case.
func under(x *incident.Incident, title string, lead Phrase) Head {
	return Head{Crumbs: []Link{{"Incidents", "/incidents"}, {visible(x.ID), incidentURL(x.ID)}}, Title: title, Badges: []Badge{tlpBadge(x)}, Lead: lead}
}
