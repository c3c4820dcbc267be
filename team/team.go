// Package team reads the list of people: who they are, by numbers that never
// change, and which roles which team gives them. The list comes from the Rust
// team repository's published documents or from a file for small registries. It
// decides nothing.
//
// A reading is whole or it is nothing: one broken document, an empty list or an
// account that would be two people leaves the last list in place, with the
// reason in Snapshot.Problem and its age in Snapshot.At. A list that loses more
// than half of its rights at once is distrusted for a while (see Reader's take).
//
// A registry's own file is YAML or JSON:
//
//	people:
//	  - name: Ada Lovelace
//	    github: ada            # shown only
//	    github_id: 1815        # or leave both out and name an identity
//	    identities: [{provider: example, subject: "1815"}]
//	    roles: [responder, remover]
//	    on_call: true          # once anybody has it, the list knows who is on call
//	    teams: [42]            # GitHub's numbers of teams, for recusal
//	    mail: ada@example.org  # for notices
package team

import (
	"slices"
	"strconv"
	"strings"
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
	// TeamLogins are the same teams and those whose number nobody knows, in the
	// registry's form "github:org:team". Logins may change hands: they only serve
	// to recuse.
	TeamLogins []string `json:"team_logins,omitempty"`
}

// Key is what a member is known by from one reading to the next: GitHub's
// number, or the name in lower case for somebody without one. The readers make
// sure that no two members share one.
func (m Member) Key() string {
	if m.GitHubID != 0 {
		return strconv.FormatInt(m.GitHubID, 10)
	}
	return strings.ToLower(m.Name)
}

// Has says whether the list gives the member a role.
func (m Member) Has(role cratewarden.Role) bool {
	return slices.ContainsFunc(m.Grants, func(g Grant) bool { return g.Role == role })
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
	// Sources are the documents that give roles, and teams whose names are easily
	// taken for theirs.
	Sources []SourceInfo `json:"sources,omitempty"`
	// Notes say what in the documents was odd and what was made of it, a sentence
	// each.
	Notes []string `json:"notes,omitempty"`
}

// SourceInfo is one document of the list.
type SourceInfo struct {
	// Kind is "team", "working group", "project group", "marker team",
	// "permission" or "file".
	Kind   string             `json:"kind"`
	Name   string             `json:"name"`            // in full, such as "crates-io-on-call"
	Title  string             `json:"title,omitempty"` // for people, such as "crates.io team"
	Parent string             `json:"parent,omitempty"`
	People int                `json:"people"`
	Roles  []cratewarden.Role `json:"roles,omitempty"` // that it gives; none for one that only looks alike
	OnCall bool               `json:"on_call,omitempty"`
	// Similar are other documents with names like this one's, each with its kind.
	Similar []string `json:"similar,omitempty"`
}

// Find gives the member with that key.
func (s Snapshot) Find(key string) (Member, bool) {
	for _, m := range s.Members {
		if m.Key() == key {
			return m, true
		}
	}
	return Member{}, false
}
