package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// State is how one need is met.
type State string

const (
	// OK is there and ours to use.
	OK State = "ok"
	// Missing is not in the database.
	Missing State = "missing"
	// WrongType is a column of a type we cannot read.
	WrongType State = "wrong type"
	// NoPrivilege is there, but the role may not use it so.
	NoPrivilege State = "no privilege"
	// Unpopulated is a materialized view that was never refreshed and cannot be read before.
	Unpopulated State = "never refreshed"
	// Disabled is a trigger that is switched off.
	Disabled State = "disabled"
	// Unknown is a column that every INSERT must fill in and that we know nothing of.
	Unknown State = "unknown"
	// Slow is an index that is missing or not valid; everything works without it, slowly.
	Slow State = "slow"
)

// Row is one need of one capability. Table is a table or, with its kind in front, another thing ("sequence …",
// "function …", "index …", "extension …", "schema …"); Column is empty where the need is on the whole.
type Row struct {
	Capability Capability `json:"capability"`
	Table      string     `json:"table"`
	Column     string     `json:"column,omitempty"`
	Need       string     `json:"need"`
	State      State      `json:"state"`
	Detail     string     `json:"detail,omitempty"`
}

// Extension is one extension the registry needs; Version is empty when it is not installed.
type Extension struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Report is what [Run] found.
type Report struct {
	Database    string      `json:"database"`
	Role        string      `json:"role"`
	Server      string      `json:"server"`
	Major       int         `json:"major"`
	Encoding    string      `json:"encoding"`
	Collation   string      `json:"collation"`
	CannotWrite bool        `json:"cannot_write"`
	Extensions  []Extension `json:"extensions"`
	// EveryoneCreates is true where any role may create objects in the schema public, which no GRANT of ours can
	// forbid.
	EveryoneCreates bool     `json:"everyone_creates"`
	Rows            []Row    `json:"rows"`
	Notes           []string `json:"notes"`
}

// Can says whether everything a capability needs is there. An action needs what [Read] needs too, and a server that
// accepts writes. A missing index is no obstacle.
func (r Report) Can(c Capability) bool {
	known := false
	for _, row := range r.Rows {
		if row.Capability != c && row.Capability != Read {
			continue
		}
		known = known || row.Capability == c
		if row.State != OK && row.State != Slow {
			return false
		}
	}
	return known && (c == Read || !r.CannotWrite)
}

// Lacks gives the rows of a capability that are not OK, missing indexes included.
func (r Report) Lacks(c Capability) []Row {
	var lacks []Row
	for _, row := range r.Rows {
		if row.Capability == c && row.State != OK {
			lacks = append(lacks, row)
		}
	}
	return lacks
}

// JSON is the whole report, every row, as one indented object.
func (r Report) JSON() ([]byte, error) { return json.MarshalIndent(r, "", "  ") }

// Write prints the report for people: the server, one line per capability, then each thing that is not as it should
// be.
func (r Report) Write(w io.Writer) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { fmt.Fprintln(t, strings.Join(cells, "\t")) }
	line("Database", r.Database)
	line("Role", r.Role)
	line("Server", "PostgreSQL "+r.Server)
	line("Encoding", r.Encoding)
	line("Collation", r.Collation)
	for _, e := range r.Extensions {
		version := e.Version
		if version == "" {
			version = "not installed"
		}
		line("Extension "+e.Name, version)
	}
	t.Flush()
	fmt.Fprintln(&b)
	line("CAPABILITY", "USABLE", "NEEDS", "NOT MET", "SLOW")
	for _, c := range Capabilities() {
		line(string(c), yes(r.Can(c)), r.count(c, ""), r.count(c, Missing), r.count(c, Slow))
	}
	t.Flush()
	r.writeLacks(&b, t, line)
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) writeLacks(b *strings.Builder, t *tabwriter.Writer, line func(...string)) {
	headed := false
	for _, c := range Capabilities() {
		for _, row := range r.Lacks(c) {
			if !headed {
				fmt.Fprintln(b)
				line("CAPABILITY", "TABLE", "COLUMN", "NEED", "STATE")
				headed = true
			}
			state := string(row.State)
			if row.Detail != "" {
				state += " (" + row.Detail + ")"
			}
			column := row.Column
			if column == "" {
				column = "-"
			}
			line(string(c), row.Table, column, row.Need, state)
		}
	}
	t.Flush()
}

// count gives the number of a capability's rows: all for "", the slow ones for Slow, all other lacks otherwise.
func (r Report) count(c Capability, state State) string {
	n := 0
	for _, row := range r.Rows {
		if row.Capability != c {
			continue
		}
		lack := row.State != OK && row.State != Slow
		if state == "" || state == Slow && row.State == Slow || state == Missing && lack {
			n++
		}
	}
	return fmt.Sprint(n)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
