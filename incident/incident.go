// Package incident is the life of a case: from the first report over verdict,
// containment, removal and notices to the review afterwards. An incident knows
// what it is about, who does what, and how long each step took; it proposes what
// to do and writes what the world is told. It changes nothing in the registry:
// that is a plan's work, and each plan made for an incident belongs to it.
package incident

import (
	"time"

	"cratewarden/ledger"
)

// Incident is one case.
type Incident struct {
	ID         string   `json:"id"` // such as "INC-12"
	Title      string   `json:"title"`
	Kind       Kind     `json:"kind"`
	State      State    `json:"state"`
	Verdict    Verdict  `json:"verdict,omitempty"`
	Severity   Severity `json:"severity"`
	TLP        TLP      `json:"tlp"`
	Lead       Person   `json:"lead,omitzero"`
	Campaigns  []string `json:"campaigns,omitempty"`
	Drill      string   `json:"drill,omitempty"`  // name of the drill it is
	Source     string   `json:"source,omitempty"` // how it came
	MergedInto string   `json:"merged_into,omitempty"`
	SplitFrom  string   `json:"split_from,omitempty"`
	// EarlyReason says why public steps were unlocked before the removal.
	EarlyReason string `json:"early_reason,omitempty"`
	// Doubt is what the record says against a closed case's being removed; ""
	// when it says nothing. Open cases go back instead.
	Doubt      string     `json:"doubt,omitempty"`
	Revision   int        `json:"revision"`
	OpenedBy   Person     `json:"opened_by"`
	OpenedAt   time.Time  `json:"opened_at"`
	ReportedAt *time.Time `json:"reported_at,omitempty"`
	ChangedAt  time.Time  `json:"changed_at"`
	ClosedAt   *time.Time `json:"closed_at,omitempty"`
	// Also are the cases that were merged into this one; their plans, evidence
	// and ledger entries go on to name them.
	Also     []string  `json:"also,omitempty"`
	Subjects []Subject `json:"subjects,omitempty"`
	Texts    []Text    `json:"texts,omitempty"`
}

// Person is somebody of the console, as they were called then.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Kind chooses the playbook.
type Kind string

// The kinds that come with the program; files may add more.
const (
	Typosquat        Kind = "typosquat"
	CompromisedOwner Kind = "compromised-owner"
	MaliciousUpdate  Kind = "malicious-update"
	LeakedToken      Kind = "leaked-token"
	Flood            Kind = "flood"
	Squatting        Kind = "squatting"
	PersonalData     Kind = "personal-data"
	ServiceIncident  Kind = "service"
)

// State is where a case stands.
type State string

// The states, in their order. A merged one goes on in another.
const (
	Reported     State = "reported"
	Triaged      State = "triaged"
	Contained    State = "contained"
	Sealed       State = "sealed"  // evidence is
	Removed      State = "removed" // the bad is gone, or what was good is back
	Communicated State = "communicated"
	Closed       State = "closed"
	Reviewed     State = "reviewed"
	Merged       State = "merged"
)

// Verdict is what the case turned out to be.
type Verdict string

// The verdicts.
const (
	Undecided   Verdict = ""
	Benign      Verdict = "benign"
	PolicyCase  Verdict = "policy"
	Malicious   Verdict = "malicious"
	Compromised Verdict = "compromised owner"
	ServiceCase Verdict = "service incident"
)

// Severity says how much is at stake.
type Severity string

// The severities.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// TLP is the traffic light protocol's label, version 2: who may be told.
type TLP string

// The labels.
const (
	Clear       TLP = "CLEAR"
	Green       TLP = "GREEN"
	Amber       TLP = "AMBER"
	AmberStrict TLP = "AMBER+STRICT"
	Red         TLP = "RED"
)

// Subject is something that a case is about. Kind and ID are as the ledger
// writes them: a crate by name, a version as "name@1.0.0", an account by its number.
type Subject struct {
	ledger.Subject
	Label string    `json:"label,omitempty"`
	Role  string    `json:"role,omitempty"`
	Why   string    `json:"why,omitempty"`
	By    Person    `json:"by"`
	At    time.Time `json:"at"`
}

// Text is one text of the fact sheet, such as the summary.
type Text struct {
	Field    string    `json:"field"`
	Body     string    `json:"body"`
	Revision int       `json:"revision"`
	By       Person    `json:"by"`
	At       time.Time `json:"at"`
}

// Event is one thing that was done to a case, in order of ID.
type Event struct {
	ID       int64             `json:"id"`
	Incident string            `json:"incident"` // a case that was merged keeps its events
	At       time.Time         `json:"at"`
	By       Person            `json:"by"`
	Kind     string            `json:"kind"`
	Body     string            `json:"body,omitempty"`
	Details  map[string]string `json:"details,omitempty"`
	Ledger   *int64            `json:"ledger,omitempty"`
	// Salt is what the ledger's hash of Body was made with (BodyHash); it goes
	// when Body is erased, so that nobody can guess what stood there.
	Salt string `json:"salt,omitempty"`
}
