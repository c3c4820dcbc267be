package web

import "slices"

// formCard is a form in a card. What was typed stands in its fields, so that it
// can be shown again with a reason and nothing is lost.
type formCard struct {
	ID, Title, Note string
	Class           string // extra class of the card
	About           Phrase
	Notices         []Notice
	Action          string
	Hidden          []Link // name and value
	Fields          []planField
	Buttons         []formButton
	Back            Link
	Foot            string // quiet words beside the buttons
	Refused         string // why this person cannot send it
	File            bool   // it sends a file
	Copy            string // a text to copy whole
}

// formButton is a button of a form, with the field that says which one it was.
type formButton struct {
	Label, Name, Value string
	Primary, Danger    bool
}

// caseState is the part of an incident's page that says where it stands, who
// leads, who looks, and what can be done next.
type caseState struct {
	Track   []trackStop
	Verdict Verdict
	Clocks  []caseClock
	Lead    Phrase
	Here    Phrase
	Acts    []caseAct
	Moves   []caseMove
	MoveURL string
	Again   string
	Follows bool
}

// caseClock is one clock of a case: how long from the first publish to a step,
// against its target.
type caseClock struct {
	Label string
	Value Phrase
	Class string // met, late, now or nothing
	Word  string // what the class means
	Note  string // the target
}

// caseAct is a button beside the lead: a link, or a form of one button.
type caseAct struct {
	Label, URL, Action string
	Hidden             []Link
	Primary            bool
	Refused            string
}

// caseMove is a step of the state machine that can be taken by hand.
type caseMove struct {
	Label, State   string
	Reason, Needed bool
	Primary        bool
	Folded         bool // nothing shows yet that it is done: it waits behind a word
	Refused        string
}

// ByHand says that there are steps that only a person's word would take.
func (s caseState) ByHand() bool {
	return slices.ContainsFunc(s.Moves, func(m caseMove) bool { return m.Folded })
}

// Now says that there are steps to take at once.
func (s caseState) Now() bool {
	return slices.ContainsFunc(s.Moves, func(m caseMove) bool { return !m.Folded })
}

// caseTasks is the checklist.
type caseTasks struct {
	Title, Note string
	Rows        []caseTask
	Refused     string // why this person cannot hold or tick
}

// caseTask is one task: who holds it, where it is done, what ticked it.
type caseTask struct {
	Item, Title, State string
	Word               string // what the mark means
	About              Phrase
	Do                 Link // where it is done
	URL                string
	From               string // who holds it, as the visitor saw it
	Mine, Open         bool
	Next               bool // it is shown whole; the others by their titles, until somebody opens them
}

// caseSubjects is what the case is about.
type caseSubjects struct {
	Note    string
	Rows    []caseSubject
	Action  string
	Refused string
	Gap     string // why nothing is said of their state
}

// subjectsShown is how many subjects stand open on a case's page: those of a flood
// would keep notes and checklist away.
const subjectsShown = 60

// subjectRows is one table of subjects.
type subjectRows struct {
	Caption, Action, Refused string
	Rows                     []caseSubject
}

// First is what stands open.
func (c caseSubjects) First() subjectRows {
	return subjectRows{"Subjects", c.Action, c.Refused, c.Rows[:min(len(c.Rows), subjectsShown)]}
}

// Rest is what somebody opens; nil when all stand open.
func (c caseSubjects) Rest() *subjectRows {
	if len(c.Rows) <= subjectsShown {
		return nil
	}
	return &subjectRows{"More subjects", c.Action, c.Refused, c.Rows[subjectsShown:]}
}

type caseSubject struct {
	What, Role, Why Phrase
	State           Phrase // held, locked, deleted, …
	More            string // the rest of why
	Key             string // kind and id, for the button that takes it out
	Plain           string
}

// caseNotes are the notes, newest first, and the files.
type caseNotes struct {
	Note  string
	Rows  []caseNote
	Files []caseFile
	Left  string
}

type caseNote struct {
	By, Kind string
	At       Phrase
	Body     string
	Ledger   Phrase
}

type caseFile struct {
	Name, URL, Size string
	By              string
	At              Phrase
	SHA256          Phrase
}

// incidentPage is one case.
type incidentPage struct {
	Page
	Head       Head
	Tabs       []Tab
	Notices    []Notice
	Events     string // address to follow
	State      caseState
	Judge      *formCard // the verdict, while there is none
	Subjects   caseSubjects
	AddSubject formCard
	Notes      caseNotes
	AddNote    formCard
	Main       []Card
	Tasks      caseTasks
	AddTask    formCard
	Side       []Card
}

// formsPage is a page of forms with cards before, between and beside them.
type formsPage struct {
	Page
	Head      Head
	Tabs      []Tab
	Notices   []Notice
	Narrow    bool // without a side, for one short form
	Before    []Card
	Forms     []formCard
	Texts     []wordsCard
	Main      []Card
	Side      []Card
	SideForms []formCard // only with a side
}

// wordsCard is a long text shown as it is.
type wordsCard struct{ Title, Note, Text string }

// proposalPage is what the console proposes to do, to be ticked.
type proposalPage struct {
	Page
	Head      Head
	Tabs      []Tab
	Notices   []Notice
	Action    string
	Key, Seen string
	All       string // marks of all steps
	Of        string // "remove" for what is held
	Heading   string // of the steps
	Verdict   Verdict
	Note      string
	Steps     []proposalRow
	Fields    []planField // texts of the plan
	Main      []Card
	Side      []Card
	Refused   string
	Empty     Empty
}

// proposalRow is a step that can be taken or left.
type proposalRow struct {
	N       int
	Value   string // its number and its mark
	What    Phrase
	Why     Phrase
	More    string // the rest of why
	Badges  []Badge
	Ticked  bool
	Related bool
}

// draftsPage is what the world is to be told, by channel.
type draftsPage struct {
	Page
	Head      Head
	Tabs      []Tab
	Notices   []Notice
	Action    string
	Groups    []draftGroup
	Where     string
	Reason    string
	Buttons   []draftButton
	Forms     []formCard
	Side      []Card
	SideForms []formCard
}

// draftGroup is one channel with its texts.
type draftGroup struct {
	ID, Title, Note string
	Rows            []draftRow
}

type draftRow struct {
	ID, Label         string
	Revision          string
	Ticked, Over      bool
	What, State, Lint Phrase
	Owner             string
	Changed           Phrase
}

// draftButton does something with the ticked texts.
type draftButton struct {
	Label, Value, Action string
	Primary              bool
	Refused              string
}
