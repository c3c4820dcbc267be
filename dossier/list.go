package dossier

import (
	"cmp"
	"encoding/json"
	"time"

	"cratewarden/mirror"
)

// Job is a row of the registry's job queue.
type Job struct {
	ID   int64  `json:"id"`
	Type string `json:"type"`
	// For says what the job is for in words; Crate, when set, what it links to.
	For       string          `json:"for"`
	Crate     string          `json:"crate,omitempty"`
	Data      json.RawMessage `json:"data"`
	Queue     string          `json:"queue"`
	Priority  int16           `json:"priority"`
	Retries   int32           `json:"retries"`
	CreatedAt time.Time       `json:"created_at"`
	LastRetry time.Time       `json:"last_retry,omitzero" doc:"start of the last failed attempt"`
	NextTry   time.Time       `json:"next_try,omitzero" doc:"absent when it may run now or is parked"`
	// State is waiting, running, failing, stuck, parked or unknown type.
	State string `json:"state"`
	Note  string `json:"note,omitempty"`
}

// JobType is the queue by type.
type JobType struct {
	Type    string    `json:"type"`
	Queue   string    `json:"queue"`
	What    string    `json:"what" doc:"what the job does, in words"`
	Total   int       `json:"total"`
	Waiting int       `json:"waiting"`
	Running int       `json:"running"`
	Failing int       `json:"failing"`
	Stuck   int       `json:"stuck"`
	Parked  int       `json:"parked"`
	Oldest  time.Time `json:"oldest,omitzero"`
}

// Jobs is the state of the registry's job queue.
type Jobs struct {
	Section
	Fresh Fresh     `json:"fresh"`
	Types []JobType `json:"types"`
	Rows  Page[Job] `json:"jobs"`
	// Alarm is the sentence when the registry's own monitor would page.
	Alarm string `json:"alarm,omitempty"`
}

// JobFilter narrows the list of jobs; zero fields do not filter.
type JobFilter struct {
	Type, State, Crate string
	After              string // key of a page
	Limit              int
}

// ReservedName is a name nobody may publish.
type ReservedName struct {
	Name string `json:"name"`
	// Twin is a second reserved spelling of the same canonical name.
	Twin string `json:"twin,omitempty"`
}

// Names is the page of names that are not free.
type Names struct {
	Fresh Fresh  `json:"fresh"`
	Query string `json:"query,omitempty"`
	// Answer says whether the asked name could be published now, and why not.
	Answer    *NameAnswer        `json:"answer,omitempty"`
	Reserved  Page[ReservedName] `json:"reserved"`
	Usernames Page[ReservedName] `json:"reserved_usernames"`
	Deleted   Page[DeletedName]  `json:"deleted"`
}

// NameAnswer is what stands in the way of publishing a name.
type NameAnswer struct {
	Name    string      `json:"name"`
	Free    bool        `json:"free"`
	Truth   string      `json:"truth"`
	Crate   string      `json:"crate,omitempty"`
	History NameHistory `json:"history"`
	Near    []NearName  `json:"near"`
}

// NameFilter narrows the lists of names.
type NameFilter struct {
	Query string
	// Kind is "", "reserved", "usernames" or "deleted".
	Kind string
	// Available narrows the deleted names: "yes" to those that can be published
	// again now, "no" to those that cannot.
	Available string
	After     string
	Limit     int
}

// PublishRow is a line of the publishes feed.
type PublishRow struct {
	VersionRow
	// Silence is the time since the crate's previous version; 0 for the first.
	Silence time.Duration `json:"silence" doc:"nanoseconds"`
}

// PublishFilter narrows the feed; zero fields do not filter.
type PublishFilter struct {
	Before, After int32
	Limit         int
	Method        string
	Account       int32
	Prefix        string
	NewCrate      bool
	FirstBy       bool
	Yanked        bool
	Since, Until  time.Time
}

// Publishes is the feed of new versions, newest first.
type Publishes struct {
	Fresh Fresh            `json:"fresh"`
	Rows  Page[PublishRow] `json:"publishes"`
}

// SearchResult is the answer to a search.
type SearchResult struct {
	Fresh Fresh  `json:"fresh"`
	Query string `json:"query"`
	mirror.Answer
}

// Home is the landing page: what is here and what happened last.
type Home struct {
	Fresh     Fresh         `json:"fresh"`
	Registry  string        `json:"registry"`
	Crates    int           `json:"crates"`
	Versions  int           `json:"versions"`
	Accounts  int           `json:"accounts"`
	Downloads int64         `json:"downloads"`
	Mirror    mirror.Status `json:"mirror"`
	// Recent are the newest publishes with any first-time mark, for a glance.
	Recent []PublishRow `json:"recent"`
	// Jobs sums the queue.
	Jobs    Jobs          `json:"jobs"`
	Deleted []DeletedName `json:"deleted" doc:"deleted last"`
	// The sentences to show in place of what the database did not give.
	DownloadsAbsent string `json:"downloads_absent,omitempty"`
	RecentAbsent    string `json:"recent_absent,omitempty"`
	DeletedAbsent   string `json:"deleted_absent,omitempty"`
	// Dump is set when the data comes from a public dump.
	Dump *DumpSource `json:"dump,omitempty"`
}

// Unread is the sentence about the first part that the registry's database
// should have given and did not, empty when it gave all.
func (h *Home) Unread() string {
	text := cmp.Or(h.DownloadsAbsent, h.RecentAbsent, h.DeletedAbsent)
	if h.Dump == nil {
		text = cmp.Or(text, h.Jobs.Absent)
	}
	return text
}

// DumpSource says which public dump is being looked at.
type DumpSource struct {
	File       string    `json:"file" doc:"base name of the archive"`
	TakenAt    time.Time `json:"taken_at"`
	Commit     string    `json:"commit"`
	ImportedAt time.Time `json:"imported_at"`
	SHA256     string    `json:"sha256"`
}
