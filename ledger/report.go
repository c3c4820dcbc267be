package ledger

import (
	"fmt"
	"io"
	"io/fs"
)

// What is wrong with a ledger.
type What string

// The kinds of problems.
const (
	Changed   What = "changed"    // an entry is not what was signed
	Removed   What = "removed"    // an entry is not there any more
	Inserted  What = "inserted"   // something stands between entries that was never signed there
	Reordered What = "reordered"  // an entry stands at another's place
	Rewritten What = "rewritten"  // somewhere in a range; the hashes were made to match
	BadHash   What = "hash"       // a stored hash was changed; entries can be whole
	BadHead   What = "checkpoint" // a signed head was changed, forged, or contradicts another
	Personal  What = "personal"   // encrypted personal data or its key
	BadFile   What = "file"       // a file of an export
)

// Problem is one thing that is wrong. Entry and Last are the first and last
// entry concerned, -1 when it is not about entries.
type Problem struct {
	What        What
	Entry, Last int64
	Text        string
}

// Report is the outcome of a verification.
type Report struct {
	Log     string // its name, from the newest head
	Size    int64  // entries read
	Signed  int64  // entries that the newest good head holds; those after it are not proven yet
	Heads   int    // heads that were right
	Trusted bool   // signatures were checked against a public key
	// Personal counts entries whose personal data is there and whole; Erased
	// those whose key was deleted, with the entry that says so. An export
	// shows neither.
	Personal, Erased int64
	Problems         []Problem
	// More counts problems beyond those listed.
	More int
}

// maxProblems bounds the list; a log that was rewritten has one for each entry.
const maxProblems = 1000

// OK says that nothing is wrong.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

func (r *Report) add(what What, first, last int64, format string, args ...any) {
	if len(r.Problems) >= maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{What: what, Entry: first, Last: last, Text: fmt.Sprintf(format, args...)})
}

func (r *Report) addEntry(what What, i int64, format string, args ...any) {
	r.add(what, i, i, format, args...)
}

// Write prints the report for people.
func (r *Report) Write(w io.Writer) {
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("Ledger %s: %d entries read, %d of them under the newest signed head, %d heads right.", orDash(r.Log), r.Size, r.Signed, r.Heads)
	if r.Personal+r.Erased > 0 {
		line("Personal data: %d whole, %d erased as recorded.", r.Personal, r.Erased)
	}
	if !r.Trusted {
		line("Signatures were not checked, because no public key was given: whoever can write the database could have made the heads too.")
	}
	if r.Size > r.Signed {
		line("The last %d entries are not signed yet.", r.Size-r.Signed)
	}
	for _, p := range r.Problems {
		line("WRONG  %-10s  %s", p.What, p.Text)
	}
	if r.More > 0 {
		line("WRONG  … and %d more", r.More)
	}
	if r.OK() {
		line("Everything is as it was written.")
	}
}

func orDash(s string) string {
	if s == "" {
		return "(no name)"
	}
	return s
}

// Verification says what to check against.
type Verification struct {
	// Keys are all public keys of the log, former ones too. Without them,
	// everything but signatures is checked.
	Keys *PublicKeys
	// Known are heads kept elsewhere, which the log must hold: they show that
	// the end of the log was not cut off together with its newest heads.
	Known [][]byte
	// Export is a copy to compare a database with. It tells which entry was
	// changed even if all hashes in the database were made to match.
	Export fs.FS
}
