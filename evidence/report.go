package evidence

import (
	"fmt"
	"slices"
	"strings"

	"cratewarden/ledger"
)

// State is what is wrong with a part.
type State string

// The things that can be wrong.
const (
	Lost    State = "missing" // it is not there
	Changed State = "changed" // other bytes are there
	Extra   State = "extra"   // something is there that does not belong
)

// Finding is one thing wrong.
type Finding struct {
	Part   string `json:"part"` // its name in the manifest; "manifest", "record" and "ledger" for these
	State  State  `json:"state"`
	Detail string `json:"detail"`
}

// Report is what verifying a bundle found.
type Report struct {
	Digest ledger.Digest `json:"digest"`
	// Manifest is nil when there was none to believe.
	Manifest *Manifest `json:"-"`
	// Parts and Bytes are what was read and found right.
	Parts    int       `json:"parts"`
	Bytes    int64     `json:"bytes"`
	Findings []Finding `json:"findings"`
}

// OK says that everything is as it was sealed.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

// String tells the report to people.
func (r *Report) String() string {
	var b strings.Builder
	if r.OK() {
		fmt.Fprintf(&b, "Bundle %s is whole: %d parts, %d bytes.\n", r.Digest, r.Parts, r.Bytes)
	} else {
		fmt.Fprintf(&b, "Bundle %s is not what was sealed; %d parts are right.\n", r.Digest, r.Parts)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %q: %s\n", f.State, f.Part, f.Detail)
	}
	return b.String()
}

func (r *Report) add(part string, state State, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{part, state, fmt.Sprintf(format, args...)})
}

func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return strings.Compare(a.Part, b.Part) })
}
