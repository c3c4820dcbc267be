// Package related finds what belongs to a case: who published the bad version,
// what it newly pulls in, who else pulls that in, and who else is behind it.
// Each thing found comes with its reasons and the facts behind them. It is
// ticked when it has a link to the case and conduct of its own that innocents
// seldom show; a link alone makes it an offer that a person may take up. Only
// what is ticked leads further, so that a case cannot spread through people who
// merely stand beside it. Candidates are looked up in the mirror, and what is
// given was read again from the registry.
package related

import (
	"context"
	"time"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// Blame says what the subjects are taken for.
type Blame string

// The kinds of blame.
const (
	// Malicious subjects are an attack, by whoever's hand.
	Malicious Blame = "malicious"
	// TakenOver says that an account is not in its owner's hands.
	TakenOver Blame = "taken over"
	// Leaked says that a token is in other hands, and its account is not.
	Leaked Blame = "leaked"
	// Squat says that names were taken and never used; nothing is dangerous.
	Squat Blame = "squatting"
)

// Strength says how sure a subject is.
type Strength string

// The strengths.
const (
	Tick  Strength = "tick"  // a link and conduct: proposed
	Offer Strength = "offer" // a link alone: shown, for a person to decide
)

// Question is where to start.
type Question struct {
	Blame Blame
	// Update says that what is bad came as an update: the crates were somebody's
	// good ones before.
	Update bool
	// Subjects are crates, versions, accounts and tokens as the ledger names
	// them; others are passed over.
	Subjects []ledger.Subject
}

// Fact is one piece of evidence as the registry has it.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Reason is why something was found. Conduct says that it is about what the
// subject itself did; otherwise it is a link to From, a subject of the answer.
type Reason struct {
	Rule    string         `json:"rule"`
	Text    string         `json:"text"`
	From    ledger.Subject `json:"from,omitzero"`
	Conduct bool           `json:"conduct,omitempty"`
	// Weight is what the conduct counts: 2 is enough for a tick.
	Weight int    `json:"weight,omitempty"`
	Facts  []Fact `json:"facts,omitempty"`
}

// Subject is something that belongs to the case.
type Subject struct {
	ledger.Subject
	Strength Strength `json:"strength"`
	Start    bool     `json:"start,omitempty"` // it was asked about
	// Role is its part in the case, if it has one: payload, carrier, victim,
	// attacker, compromised, restore or related.
	Role string `json:"role"`
	// Restore marks a good version that the attacker yanked.
	Restore bool `json:"restore,omitempty"`
	// Whole marks a crate that is bad from its first version on, Payload one of
	// these that others in the answer pull in.
	Whole   bool `json:"whole,omitempty"`
	Payload bool `json:"payload,omitempty"`
	// TakenOver marks an account that had published before the attack; Since is
	// when the attacker's first act is.
	TakenOver bool       `json:"taken_over,omitempty"`
	Since     *time.Time `json:"since,omitempty"`
	Reasons   []Reason   `json:"reasons"`
	// At is when it was published or made.
	At time.Time `json:"at,omitzero"`
	// Crate and Version name a crate or version, CrateID and so on its rows.
	Crate     string `json:"crate,omitempty"`
	Version   string `json:"version,omitempty"`
	CrateID   int32  `json:"crate_id,omitempty"`
	VersionID int32  `json:"version_id,omitempty"`
	Account   int32  `json:"account,omitempty"` // of an account; of a version its publisher
	Token     int32  `json:"token,omitempty"`   // of a token; of a version that of its publish
	Yanked    bool   `json:"yanked,omitempty"`
}

// Answer is everything found: what was asked about first, then ticks, then
// offers.
type Answer struct {
	Subjects []Subject `json:"subjects"`
	// Depends gives, for each version found, the crates found that it depends
	// on, by their ids.
	Depends map[int32][]int32 `json:"-"`
	// Notes say what could not be found, or must be looked at by hand.
	Notes []string `json:"notes,omitempty"`
	// FreshAt is up to when the mirror had read.
	FreshAt time.Time `json:"fresh_at,omitzero"`
}

// Files gives the SHA-256 of each file of a version's archive by path; it is
// asked for few versions, and what it cannot read it leaves out.
type Files func(ctx context.Context, crate, num string) map[string]string

// Config says where to look. Mirror is needed; without Reader nothing is read
// again, without Files no archives are compared.
type Config struct {
	Mirror *mirror.Mirror
	Reader *registry.Reader
	Files  Files
	Clock  cratewarden.Clock
}

// Finder answers questions. It may be used by many at a time.
type Finder struct {
	cfg   Config
	clock cratewarden.Clock
}

// New makes a finder.
func New(cfg Config) *Finder { return &Finder{cfg, cfg.Clock.Or()} }
