// Package team reads the list of people: who they are, by numbers that never
// change, and which roles which team gives them. The list comes from the Rust
// team repository's published documents or from a file for small registries. It
// decides nothing.
package team

import (
	"time"

	"cratewarden"
)

// Member is one person of the list.
type Member struct {
	// GitHubID is GitHub's number of the account; 0 for somebody without one.
	GitHubID int64  `json:"github_id,omitempty"`
	Login    string `json:"github,omitempty"` // shown only; it may change hands
	Name     string `json:"name"`
	// Identities are accounts at other sign-in providers that belong to the same
	// person.
	Identities []Identity `json:"identities,omitempty"`
	Grants     []Grant    `json:"grants"`
	// Mail is where notices go; "" leaves it to what the sign-in provider says.
	Mail   string `json:"mail,omitempty"`
	OnCall bool   `json:"on_call,omitempty"`
	// Teams are the GitHub teams that the person is known to be in, by GitHub's
	// numbers.
	Teams []int64 `json:"teams,omitempty"`
}

// Identity is an account at a sign-in provider, by the provider's own id.
type Identity struct {
	Provider string `json:"provider"`
	Subject  string `json:"subject"`
}

// Grant is a role and what gives it.
type Grant struct {
	Role   cratewarden.Role `json:"role"`
	Source string           `json:"source"`
}

// Snapshot is the list as it was last read.
type Snapshot struct {
	Source  string    `json:"source"`  // where it comes from, in words
	At      time.Time `json:"read_at"` // when it was read whole the last time
	Members []Member  `json:"members"`
	// Problem says why it could not be read again since; "" when it could.
	Problem string `json:"problem,omitempty"`
	// KnowsOnCall says that the list tells who is on call.
	KnowsOnCall bool `json:"knows_on_call,omitempty"`
}
