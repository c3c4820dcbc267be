package evidence

import (
	"strconv"
	"strings"
	"time"
)

// Columns names the cells of Record.
func (Bundle) Columns() []string {
	return []string{"digest", "sealed_at", "actor_id", "actor_name", "plan", "incident", "ledger", "crates", "versions", "accounts", "first", "parts", "bytes", "encrypted", "erased", "verified_at", "verified"}
}

// Record is the bundle as cells of a file for spreadsheets.
func (b Bundle) Record() []string {
	totals, first := map[string]int{}, []string{}
	for _, a := range b.Asked {
		totals[a.Kind] = a.Total
		for _, x := range a.First {
			first = append(first, a.Kind+":"+x.Name)
		}
	}
	at, state := "", ""
	if b.Check != nil {
		at, state = b.Check.At.Format(time.RFC3339), b.Check.Word()
	}
	return []string{b.Digest.String(), b.SealedAt.Format(time.RFC3339), b.Actor.ID, b.Actor.Name, b.Plan, b.Incident, itoa(b.Ledger),
		strconv.Itoa(totals["crate"]), strconv.Itoa(totals["version"]), strconv.Itoa(totals["account"]), strings.Join(first, " "),
		strconv.Itoa(b.Parts), itoa(b.Bytes), strconv.Itoa(b.Encrypted), strconv.FormatBool(b.Erased), at, state}
}

// Word is what the result is called everywhere.
func (c *Check) Word() string {
	if c.OK() {
		return "whole"
	}
	return "damaged"
}
