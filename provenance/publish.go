package provenance

import (
	"time"

	"cratewarden"
)

// Publish is what is known of one publish. Zero fields mean "not known" unless
// said otherwise.
type Publish struct {
	Num    string             `json:"num"`
	At     time.Time          `json:"at"`
	Method cratewarden.Method `json:"method"`
	// Person is the publishing account's login, PersonID its id; empty and 0
	// for trusted publishing.
	Person   string `json:"person,omitempty"`
	PersonID int32  `json:"person_id,omitempty"`
	// Token is the API token used, nil for other methods.
	Token *Token `json:"token,omitempty"`
	// Origin is the repository or project of trusted publishing, Run its run
	// or job id, Commit the commit it was built from, as the provider signed.
	Origin string `json:"origin,omitempty"`
	Run    string `json:"run,omitempty"`
	Commit string `json:"commit,omitempty"`
	Size   int64  `json:"size" doc:"bytes of the .crate"`
	// Files is the number of files in the archive, -1 when it was not read.
	Files int `json:"files"`
	// Dependencies are those of kind normal and build.
	Dependencies []Dependency `json:"dependencies,omitempty"`
	// ArchiveRead says that the archive was looked into, so that an empty
	// VCSCommit means that none is recorded and not that nobody looked.
	ArchiveRead bool   `json:"archive_read"`
	VCSCommit   string `json:"vcs_commit,omitempty" doc:"as claimed by the uploader"`
	BuildScript bool   `json:"build_script,omitempty"`
	Yanked      bool   `json:"yanked,omitempty"`
}

// Token is the public side of the API token of a publish.
type Token struct {
	ID         int32     `json:"id"`
	MaskedName string    `json:"masked_name"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
	Revoked    bool      `json:"revoked"`
	// Endpoints and Crates are the scopes in words; Unscoped says that the
	// token may do everything to every crate.
	Endpoints string `json:"endpoints"`
	Crates    string `json:"crates"`
	Unscoped  bool   `json:"unscoped"`
}

// Dependency is one dependency at the moment of a publish.
type Dependency struct {
	Crate string `json:"crate"`
	Kind  string `json:"kind"`
	// Age is that of the depended crate at the publish.
	Age time.Duration `json:"age" doc:"nanoseconds"`
}

// Input is everything a verdict is made from.
type Input struct {
	Crate   string
	Subject Publish
	// Previous are the publishes of the crate before the subject, newest
	// first. Ten are compared; further ones, which need only a method, an
	// origin and a person, count for "as were the previous 12".
	Previous []Publish
	// Earlier counts all publishes before the subject.
	Earlier int
	// OwnerSince is when the publisher became an owner; zero when never one or
	// not known. OwnerGone says that they are an owner no more.
	OwnerSince time.Time
	OwnerGone  bool
	IsOwner    bool
	// TokenFirstForCrate says that the token had never published this crate.
	TokenFirstForCrate bool
	// YankedSoon are versions of the crate yanked by the same person within an
	// hour after the publish; YankedSoonAfter is when the first was.
	YankedSoon      []string
	YankedSoonAfter time.Duration
	// MailMasked is the masked address verified at the publish.
	MailMasked string
	// GitHubID is the publisher's linked GitHub id.
	GitHubID int64
	// Configs are the trusted publishers configured now, in words.
	Configs []string
	// Checksum is the archive's SHA-256 in the database, ChecksumState says in
	// words how index and file compare.
	Checksum, ChecksumState string
	// Dump says that private facts are missing because the source is a public
	// dump.
	Dump bool
	Now  time.Time

	// run is how many publishes just before came the same way.
	run int
}

// Verdict is the answer.
type Verdict struct {
	// Sentence says the truth first.
	Sentence string `json:"sentence"`
	// Tone is "calm", "warn" or "bad".
	Tone string `json:"tone"`
	// Evidence is every fact the registry holds, with its source.
	Evidence []Fact `json:"evidence"`
	// Columns are the subject and the publishes it is compared with, newest
	// first; each Row has one cell for each.
	Columns []string `json:"columns"`
	Matrix  []Row    `json:"matrix"`
	// Differences are sentences on what is unlike the previous publishes.
	Differences []Difference `json:"differences"`
	// NotKept is what one would like to know and the registry does not keep.
	NotKept []Gap `json:"not_kept"`
}

// Fact is a piece of evidence.
type Fact struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source" doc:"tables and columns, or files"`
	Tone   string `json:"tone,omitempty"`
	// Outside is set for values that name something outside the registry, a
	// repository, run or commit: shown as text with a copy button.
	Outside bool `json:"outside,omitempty"`
}

// Row is a line of the comparison.
type Row struct {
	Label string `json:"label"`
	Cells []Cell `json:"cells"`
}

// Cell is one value of the comparison.
type Cell struct {
	Text string `json:"text"`
	// Changed marks the subject's value when it breaks the crate's habit.
	Changed bool `json:"changed,omitempty"`
}

// Difference is one break with the habit.
type Difference struct {
	// Kind is a stable word: method, person, token, origin, hour, size, files,
	// dependencies, cadence, vcs, yanks.
	Kind string `json:"kind"`
	Text string `json:"text"`
	// Weight is 1 for notable, 2 for strong.
	Weight int `json:"weight"`
}

// Gap is something that is not kept, and where it may still be found.
type Gap struct {
	Fact string `json:"fact"`
	Note string `json:"note"`
}
