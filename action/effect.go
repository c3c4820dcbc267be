package action

import (
	"encoding/json"
	"time"

	"cratewarden/ledger"
	"cratewarden/registry/change"
)

// Effect is what a plan did, or by its review would do.
type Effect struct {
	Steps    int            `json:"steps"`
	Rows     []change.Row   `json:"rows"`
	Tallies  []change.Tally `json:"tallies,omitempty"`
	Jobs     []change.Job   `json:"jobs,omitempty"`
	Guards   []Guard        `json:"guards,omitempty"`
	Public   []PublicText   `json:"public,omitempty"`
	Affected []Affected     `json:"affected,omitempty"`
	Final    []Finality     `json:"final,omitempty"`
	Files    []FileAct      `json:"files,omitempty"`
	Facts    []Fact         `json:"facts,omitempty"`
	Later    []Later        `json:"later,omitempty"`
	// Seen are digests of all rows that the run looked at, by "table/key".
	Seen map[string]string `json:"seen,omitempty"`
	// Took is how long the registry's transaction was open: what somebody who
	// publishes one of these crates may have to wait.
	Took time.Duration `json:"took"`
}

// PublicText is what outsiders will read, and where.
type PublicText struct {
	Step  int    `json:"step"`
	Where string `json:"where"`
	Text  string `json:"text"`
}

// Affected is somebody or something else that feels a step.
type Affected struct {
	Step    int            `json:"step"`
	Subject ledger.Subject `json:"subject"`
	Text    string         `json:"text"`
}

// Finality is something that cannot be undone.
type Finality struct {
	Step int    `json:"step"`
	Text string `json:"text"`
}

// FileAct is what happens to one object of the registry's storage.
type FileAct struct {
	Step int    `json:"step"`
	Does string `json:"does"` // "move to the vault", "put back", "delete"
	Key  string `json:"key"`
}

// Fact is something seen that is not a row of the plan.
type Fact struct {
	Step  int    `json:"step"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Later is work after the commit, outside the registry's database.
type Later struct {
	Step int             `json:"step"`
	Kind string          `json:"kind"`
	Args json.RawMessage `json:"args"`
}

// Blocks gives the guards that keep the plan from being applied.
func (f *Effect) Blocks() (out []Guard) {
	for _, g := range f.Guards {
		if g.Level == Block {
			out = append(out, g)
		}
	}
	return out
}
