package ledger

import (
	"maps"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Kind says what an entry records.
type Kind string

// The kinds of entries.
const (
	Intent  Kind = "intent"  // a change that is about to be committed
	Outcome Kind = "outcome" // what became of an intent; Refers names it
	Refusal Kind = "refusal" // something asked for and denied
	Opening Kind = "opening" // personal data was shown; Refers names a ledger entry, Subjects anything else
	Erasure Kind = "erasure" // personal data of the entry Refers was erased
	Note    Kind = "note"    // anything else worth keeping: sign-ins, settings, drills
)

func (k Kind) known() bool {
	switch k {
	case Intent, Outcome, Refusal, Opening, Erasure, Note:
		return true
	}
	return false
}

// MaxEntry is the most bytes an entry may have, which the public tile layout
// dictates. A plan with more rows than fit names its documents by hash.
const MaxEntry = 65535

// Entry is one record. The fields that do not apply stay empty and are not
// written. Nothing in it may be personal data; that goes into Personal.
type Entry struct {
	// Index is the entry's number from 0; Append sets it.
	Index int64 `json:"index"`
	// At is when it was recorded, by the clock of the recording process, UTC,
	// to the microsecond; Append sets it. Clocks of processes may differ, so
	// only Index gives the order.
	At       time.Time `json:"at"`
	Kind     Kind      `json:"kind"`
	Actor    Actor     `json:"actor"`
	Session  string    `json:"session,omitempty"` // public id of the session or API token
	Action   string    `json:"action,omitempty"`  // name in the catalogue, such as "version.yank"
	Subjects []Subject `json:"subjects,omitempty"`
	Plan     string    `json:"plan,omitempty"`
	Incident string    `json:"incident,omitempty"`
	Reasons  *Reasons  `json:"reasons,omitempty"`
	// Approvals are the people who agreed before the actor went on.
	Approvals []Approval `json:"approvals,omitempty"`
	// RegistryTx is pg_current_xact_id() of the registry transaction, by which
	// recovery asks what became of it.
	RegistryTx string `json:"registry_tx,omitempty"`
	// Images are the hashes of rows before and after.
	Images []Image `json:"images,omitempty"`
	// Documents are longer things kept elsewhere: the plan's steps, all
	// images together, an evidence manifest.
	Documents []Document `json:"documents,omitempty"`
	Result    *Result    `json:"result,omitempty"`
	// Refers is the index of the entry that this one answers.
	Refers *int64 `json:"refers,omitempty"`
	// Details are facts for which there is no field, such as the rule that
	// refused.
	Details map[string]string `json:"details,omitempty"`
	// Sealed is the hash of the ciphertext of Personal; Append sets it.
	Sealed *Digest `json:"sealed,omitempty"`

	// Personal is stored encrypted beside the entry and never part of it.
	// Append takes it; reading gives it only through OpenPersonal.
	Personal []byte `json:"-"`
}

// Actor is who did it.
type Actor struct {
	ID           string `json:"id"` // stable in the console, never used again for another
	Name         string `json:"name,omitempty"`
	RegistryUser int64  `json:"registry_user,omitempty"` // users.id in the registry; 0 for none
}

// Subject is what it was done to. ID is the stable name by which lists find
// it: a crate's stored name, "name@version", an account's number.
type Subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"` // as people read it, if ID is a number
}

// Reasons are the two reasons of an act; they are never mixed.
type Reasons struct {
	Public   string `json:"public,omitempty"`
	Internal string `json:"internal,omitempty"`
}

// Approval is one person's consent.
type Approval struct {
	Actor   Actor     `json:"actor"`
	Session string    `json:"session,omitempty"`
	At      time.Time `json:"at"`
}

// Image is one row before and after; nil means it did not exist.
type Image struct {
	Row    string  `json:"row"` // table and key, such as "versions/1234"
	Before *Digest `json:"before,omitempty"`
	After  *Digest `json:"after,omitempty"`
}

// Document is something longer, by its hash.
type Document struct {
	Name   string `json:"name"`
	SHA256 Digest `json:"sha256"`
	Bytes  int64  `json:"bytes,omitempty"`
}

// Result is what became of an intent.
type Result struct {
	State     string `json:"state"` // "committed", "rolled back", "unknown", or the engine's word
	Recovered bool   `json:"recovered,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

// Receipt proves nothing by itself; it says where the entry is once the
// caller's transaction commits.
type Receipt struct {
	Index int64
	At    time.Time
	Hash  tlog.Hash // of the entry, as a leaf of the tree
}

// veil hides mail addresses, IP addresses and secrets in what people typed into
// reasons, titles and refused questions: the ledger keeps it for ever, in exports
// too, and no erasure reaches it. The text as it was written stands in the rows
// that the entry is about, where it can be erased.
func (e *Entry) veil() {
	if r := e.Reasons; r != nil {
		e.Reasons = &Reasons{Public: cratewarden.HideTraces(r.Public), Internal: cratewarden.HideTraces(r.Internal)}
	}
	e.Details = maps.Clone(e.Details)
	for _, name := range []string{"title", "why", "reason", "name"} {
		if text, there := e.Details[name]; there {
			e.Details[name] = cratewarden.HideTraces(text)
		}
	}
}

// check says whether an entry may be appended.
func (e *Entry) check() error {
	switch {
	case !e.Kind.known():
		return cratewarden.Errorf(cratewarden.Invalid, "A ledger entry cannot be of the kind %q.", e.Kind)
	case e.Actor.ID == "":
		return cratewarden.Errorf(cratewarden.Invalid, "A ledger entry must say who acted.")
	case e.Sealed != nil:
		return cratewarden.Errorf(cratewarden.Invalid, "The hash of personal data is computed by the ledger; leave it empty.")
	case e.Refers != nil && *e.Refers < 0:
		return cratewarden.Errorf(cratewarden.Invalid, "A ledger entry cannot refer to entry %d.", *e.Refers)
	case (e.Kind == Outcome || e.Kind == Erasure) && e.Refers == nil:
		return cratewarden.Errorf(cratewarden.Invalid, "A ledger entry of the kind %q must name the entry it answers.", e.Kind)
	}
	return nil
}
