package incident

import (
	"time"

	"cratewarden/ledger"
)

// Opening asks for a new case. Kind, or at least a title and a subject, should
// be given; what is empty gets the sensible word: medium, AMBER.
type Opening struct {
	Title      string     `json:"title"`
	Kind       Kind       `json:"kind"`
	Severity   Severity   `json:"severity,omitempty"`
	TLP        TLP        `json:"tlp,omitempty"`
	Source     string     `json:"source,omitempty"` // how it came: "publishes feed", "report", …
	ReportedAt *time.Time `json:"reported_at,omitempty"`
	Subjects   []Subject  `json:"subjects,omitempty"` // By and At are ours
	Note       string     `json:"note,omitempty"`     // the first note
	Campaigns  []string   `json:"campaigns,omitempty"`
	// Key makes asking twice one case: the same person's same key gives the
	// same case. "" means that the asker does not repeat itself.
	Key string `json:"-"`

	drill string // name of the drill it is
}

// Field is something of a case that people decide.
type Field string

// The fields of a Change. Their values are text: a lead is a person's id,
// campaigns are words with commas between, a time is RFC 3339, "" is none.
const (
	TitleField    Field = "title"
	KindField     Field = "kind"
	SeverityField Field = "severity"
	TLPField      Field = "tlp"
	VerdictField  Field = "verdict"
	LeadField     Field = "lead"
	CampaignField Field = "campaigns"
	ReportedField Field = "reported_at"
)

// Change is what somebody wants to be otherwise. All of it is done or nothing.
type Change struct {
	// Set has the new values, Was what the person saw of the same fields
	// (Incident.Value). If a field is another by now, the answer is a Clash,
	// unless it already is what was wanted.
	Set, Was map[Field]string
	// Reason says why; it is a note in the case.
	Reason string
}

// Clash is the Conflict of two people who wrote the same thing: nothing was
// changed, and both texts are here. errors.As finds it.
type Clash struct {
	Fields []FieldClash
	cause  error
}

// FieldClash is one field on which they differ.
type FieldClash struct {
	Field  Field     `json:"field"` // of a Change, "text:summary" of a text, "holder" of a task
	Was    string    `json:"was"`   // what the person saw
	Now    string    `json:"now"`   // what it is
	Wanted string    `json:"wanted"`
	By     Person    `json:"by"` // who wrote what it is now
	At     time.Time `json:"at"`
	// Revision is what to name when writing again, of a text.
	Revision int `json:"revision,omitempty"`
}

// Step is a state that a case can go to from where it is.
type Step struct {
	State State `json:"state"`
	// Ready says that ledger, plans and evidence show what the step needs, or
	// that it needs nothing. Otherwise Move takes a reason, which is recorded.
	Ready bool `json:"ready"`
	// Back says that it leads back; that always takes a reason.
	Back bool   `json:"back,omitempty"`
	Why  string `json:"why"` // what shows it, or what is missing
}

// Filter narrows a list; the zero value lists all, newest first.
type Filter struct {
	States    []State
	Open      bool // neither closed, reviewed nor merged
	Lead      string
	Unled     bool // nobody leads
	Kind      Kind
	Verdict   Verdict
	Text      string         // in id, title or campaigns
	Subject   ledger.Subject // by Kind and ID
	Campaign  string
	Drills    bool      // only drills; otherwise only real ones, unless All
	All       bool      // drills and real ones
	From      time.Time // opened then or later
	Until     time.Time // opened before
	Before    int64     // goes on after a page
	Limit     int       // 0 means 50, at most 500
	Following string    // person id: leads it, or holds a task of it
}

// Page is a part of a list, without subjects and texts. Next is what to set
// Before to for the next page, 0 when there is none.
type Page struct {
	Incidents []Incident `json:"incidents"`
	Next      int64      `json:"next,omitempty"`
}

// Task is one thing to do in a case.
type Task struct {
	Item   string     `json:"item"`
	Place  int        `json:"place"`
	Title  string     `json:"title"`
	Help   string     `json:"help,omitempty"`
	Phase  string     `json:"phase,omitempty"`  // of the playbook
	Action string     `json:"action,omitempty"` // where it is done; see playbook.Item
	State  TaskState  `json:"state"`
	Holder Person     `json:"holder,omitzero"`
	Why    string     `json:"why,omitempty"`    // it was skipped, or what ticked it
	Ledger *int64     `json:"ledger,omitempty"` // the entry that ticked it
	Due    *time.Time `json:"due,omitempty"`
	Own    bool       `json:"own,omitempty"`   // made by a person
	After  bool       `json:"after,omitempty"` // to follow after closing
	By     string     `json:"by,omitempty"`    // who ticked or skipped it
	At     *time.Time `json:"at,omitempty"`
}

// TaskState is where a task stands.
type TaskState string

// The states of a task.
const (
	TaskOpen    TaskState = "open"
	TaskDone    TaskState = "done"
	TaskSkipped TaskState = "skipped"
)

// TaskOrder asks for a task of a person's own.
type TaskOrder struct {
	Title string     `json:"title"`
	Due   *time.Time `json:"due,omitempty"`
	After bool       `json:"after,omitempty"`  // to follow after closing
	Give  string     `json:"holder,omitempty"` // person id who gets it, "" for nobody
}

// File is something attached. Its content is whatever somebody sent: surfaces
// give it out for saving only, never to be shown or run.
type File struct {
	ID     int64         `json:"id"`
	Name   string        `json:"name"`
	SHA256 ledger.Digest `json:"sha256"`
	Bytes  int64         `json:"bytes"`
	By     Person        `json:"by"`
	At     time.Time     `json:"at"`
}

// SplitOrder parts a case.
type SplitOrder struct {
	Title    string           `json:"title"`
	Kind     Kind             `json:"kind,omitempty"` // "" is that of the first
	Subjects []ledger.Subject `json:"subjects"`       // that go, by Kind and ID
	Reason   string           `json:"reason"`
	Key      string           `json:"-"` // as of an Opening
}

// Present is somebody who looks at a case now.
type Present struct {
	Person
	Since time.Time `json:"since"`
}
