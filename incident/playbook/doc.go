// Package playbook has the checklists of incidents: for each kind of case what
// is to be done, in which order, and how one knows that it was. They are YAML
// files; eight come with the program, and a folder of the operator's own may
// replace these and add kinds. An item names the act or the page that does it,
// and the condition under which it ticks itself, so that a list never claims
// more than the record shows.
package playbook

import (
	"fmt"
	"slices"
	"strings"

	"cratewarden/advisory"
)

// Playbook is the checklist of one kind of incident.
type Playbook struct {
	Kind  string `json:"kind" yaml:"kind"` // such as "compromised-owner"
	Title string `json:"title" yaml:"title"`
	About string `json:"about" yaml:"about"` // when it is the right one
	Items []Item `json:"items" yaml:"items"`
	// File is the name of the operator's file it was read from; "" is one that
	// came with the program.
	File string `json:"file,omitempty" yaml:"-"`
}

// Item is one thing to do.
type Item struct {
	ID    string `json:"id" yaml:"id"` // unique in its playbook, never shown
	Title string `json:"title" yaml:"title"`
	Help  string `json:"help,omitempty" yaml:"help"`
	Phase Phase  `json:"phase" yaml:"phase"`
	// Action is where it is done: a kind of the catalogue such as
	// "account.contain", a page of the console beginning with "/", or a part of
	// the case's own page beginning with "#".
	Action string `json:"action,omitempty" yaml:"action"`
	// Ticks is when it ticks itself; the zero one never does, and waits for a
	// person.
	Ticks Condition `json:"ticks,omitzero" yaml:"ticks"`
	// After says that it is to follow when the case is closed.
	After bool `json:"after,omitempty" yaml:"after"`
}

// Page says that the item is done at a page of the console, and not by an act
// of the catalogue.
func (i Item) Page() bool {
	return strings.HasPrefix(i.Action, "/") || strings.HasPrefix(i.Action, "#")
}

// Phase is the step of a case that an item belongs to.
type Phase string

// The phases, in their order.
const (
	Report      Phase = "report"
	Triage      Phase = "triage"
	Contain     Phase = "contain"
	Seal        Phase = "seal"
	Remove      Phase = "remove"
	Measure     Phase = "measure"
	Communicate Phase = "communicate"
	Review      Phase = "review"
)

// Phases gives all phases in their order.
func Phases() []Phase {
	return []Phase{Report, Triage, Contain, Seal, Remove, Measure, Communicate, Review}
}

// Condition is when an item ticks itself: one word, and for some words which
// things count, any of which is enough. Its text is the word and the things,
// with spaces between: "applied version.hold crate.hold".
type Condition struct {
	Word string   // one of Words; "" is never
	Of   []string // kinds of the catalogue, forms of notices, states, or what a figure counts
}

// The words of conditions.
const (
	Applied   = "applied"    // a plan of the case with such an act was applied, and not undone
	Sealed    = "sealed"     // an evidence bundle of the case is sealed
	Subjects  = "subjects"   // the case has a subject, of such a kind if kinds are named
	Verdict   = "verdict"    // there is one
	Lead      = "lead"       // somebody leads
	Noted     = "note"       // a person wrote a note
	Figure    = "figure"     // such a number is confirmed by a person
	DraftMade = "draft-made" // such a notice is drafted
	DraftSent = "draft-sent" // such a notice was sent
	Reached   = "state"      // the case reached such a state
)

// Words gives all words of conditions, and whether each wants things after it:
// -1 forbids, 0 allows, 1 needs them.
func Words() map[string]int {
	return map[string]int{Applied: 1, Sealed: -1, Subjects: 0, Verdict: -1, Lead: -1, Noted: -1, Figure: 1, DraftMade: 1, DraftSent: 1, Reached: 1}
}

func (c Condition) String() string { return strings.Join(append([]string{c.Word}, c.Of...), " ") }

// IsZero says that the condition is never met.
func (c Condition) IsZero() bool { return c.Word == "" }

// Has says whether a thing is one of those that count.
func (c Condition) Has(thing string) bool { return slices.Contains(c.Of, thing) }

// MarshalText gives the text of the condition.
func (c Condition) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the text of a condition.
func (c *Condition) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	if len(words) == 0 {
		*c = Condition{}
		return nil
	}
	wants, known := Words()[words[0]]
	switch {
	case !known:
		return fmt.Errorf("an item cannot tick itself on %q", words[0])
	case wants < 0 && len(words) > 1:
		return fmt.Errorf("nothing follows %q in what ticks an item", words[0])
	case wants > 0 && len(words) == 1:
		return fmt.Errorf("what ticks an item must say %q of what", words[0])
	}
	c.Word, c.Of = words[0], words[1:]
	return nil
}

// formats are the forms of notices that a condition may name.
func formats() []string {
	var out []string
	for _, f := range []advisory.Format{
		advisory.RustSec, advisory.OSV, advisory.CSAF20, advisory.CSAF21, advisory.Blog, advisory.Zulip, advisory.Status,
		advisory.MailLocked, advisory.MailCoOwner, advisory.MailDependents, advisory.MailReporter,
		advisory.AbuseIdentity, advisory.AbuseHoster, advisory.AmIAffected, advisory.List, advisory.PostMortem,
	} {
		out = append(out, string(f))
	}
	return out
}

// Set is the playbooks of a console.
type Set struct{ list []Playbook }

// Of gives the playbook of a kind.
func (s Set) Of(kind string) (Playbook, bool) {
	for _, p := range s.list {
		if p.Kind == kind {
			return p, true
		}
	}
	return Playbook{}, false
}

// Kinds gives all kinds in the order in which they are offered: those of the
// program first, those of the operator by their names.
func (s Set) Kinds() []string {
	out := make([]string, len(s.list))
	for i, p := range s.list {
		out[i] = p.Kind
	}
	return out
}

// All gives all playbooks in the order of Kinds.
func (s Set) All() []Playbook { return slices.Clone(s.list) }
