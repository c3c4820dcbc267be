package dossier

import "time"

// Section is the head of every part of a dossier that may be missing.
type Section struct {
	// Absent is empty when the part is there; otherwise it is the sentence to
	// show in its place: "not in the public dump", "still loading", "no storage
	// is configured", "took longer than 5 s".
	Absent string `json:"absent,omitempty"`
}

// Fresh says how old the facts of a dossier are.
type Fresh struct {
	// ReadAt is when the registry was asked.
	ReadAt time.Time `json:"read_at"`
	// MirrorAt is up to when the mirror had followed the registry; zero while
	// it loads.
	MirrorAt time.Time `json:"mirror_at,omitzero"`
}

// Page is one page of a list that pages by key.
type Page[T any] struct {
	Section
	Rows []T `json:"rows"`
	// Next is the key to ask for the following page with, empty at the end;
	// Prev the key of the page before, empty at the start.
	Next string `json:"next,omitempty"`
	Prev string `json:"prev,omitempty"`
	// Total is the number of rows in the whole list, -1 when not counted.
	Total int `json:"total"`
}

// Person is an account, a team or nobody, as it is named on a page.
type Person struct {
	ID int32 `json:"id,omitempty"`
	// Kind is "user", "team" or "" when not known.
	Kind  string `json:"kind,omitempty"`
	Login string `json:"login,omitempty"`
	Name  string `json:"name,omitempty"`
	// Locked marks an account that is locked now.
	Locked bool `json:"locked,omitempty"`
}

// Event is a line of a timeline.
type Event struct {
	At time.Time `json:"at"`
	// Kind is a stable word: created, published, yanked, unyanked, owner_added,
	// owner_removed, invited, token_created, token_used, publisher_added,
	// deleted, reserved, locked, login …
	Kind string `json:"kind"`
	// Text is the sentence to show, without markup.
	Text string `json:"text"`
	// Tone is "", "bad", "warn", "good" or "info".
	Tone string `json:"tone,omitempty"`
	// Source names the columns the fact comes from.
	Source string `json:"source"`
	// Crate, Num and Person, when set, are what the line links to.
	Crate  string  `json:"crate,omitempty"`
	Num    string  `json:"num,omitempty"`
	Person *Person `json:"person,omitempty"`
}

// Check is a comparison of the same fact in several places.
type Check struct {
	Fact  string `json:"fact"`
	State string `json:"state" doc:"equal, different, missing, unchecked"`
	// Database, Index and File are the values as text; empty when that place
	// does not hold the fact.
	Database string `json:"database,omitempty"`
	Index    string `json:"index,omitempty"`
	File     string `json:"file,omitempty"`
	// Note is a sentence that says what the difference means.
	Note string `json:"note,omitempty"`
}
