package team

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
)

// Change is one difference between two lists, for the ledger and for telling
// people.
type Change struct {
	// What is "listed", "unlisted", "role given", "role taken", "source",
	// "on call", "off call", "identity added", "identity removed" or "login".
	What  string           `json:"what"`
	Key   string           `json:"key"` // of the member
	Name  string           `json:"name"`
	Role  cratewarden.Role `json:"role,omitempty"`
	Words string           `json:"words"` // a sentence
}

// Changes gives what is different in after, in a lasting order. From a list that
// was never read, everybody is new.
func Changes(before, after Snapshot) []Change {
	var all []Change
	for _, m := range after.Members {
		old, known := before.Find(m.Key())
		if !known {
			all = append(all, m.change("listed", "", "%s is on the list of people now%s.", who(m), asWhat(m)))
			continue
		}
		all = append(all, differences(old, m)...)
	}
	for _, old := range before.Members {
		if _, still := after.Find(old.Key()); !still {
			all = append(all, old.change("unlisted", "", "%s is not on the list of people any more%s.", who(old), asWhat(old)))
		}
	}
	slices.SortStableFunc(all, func(a, b Change) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.What, b.What)) })
	return all
}

func (m Member) change(what string, role cratewarden.Role, format string, args ...any) Change {
	return Change{What: what, Key: m.Key(), Name: m.Name, Role: role, Words: fmt.Sprintf(format, args...)}
}

func who(m Member) string {
	if m.Login == "" {
		return m.Name
	}
	return m.Name + " (@" + m.Login + ")"
}

func asWhat(m Member) string {
	if len(m.Grants) == 0 {
		return ", without a role"
	}
	var words []string
	for _, g := range m.Grants {
		words = append(words, string(g.Role)+" by "+g.Source)
	}
	return ": " + strings.Join(words, ", ")
}

func differences(old, m Member) []Change {
	var all []Change
	for _, role := range roles() {
		was, is := sources(old, role), sources(m, role)
		switch {
		case was == is:
		case was == "":
			all = append(all, m.change("role given", role, "%s is %s now, by %s.", who(m), role, is))
		case is == "":
			all = append(all, m.change("role taken", role, "%s is not %s any more; it was given by %s.", who(m), role, was))
		default:
			all = append(all, m.change("source", role, "%s is %s by %s now, before by %s.", who(m), role, is, was))
		}
	}
	if m.OnCall && !old.OnCall {
		all = append(all, m.change("on call", "", "%s is on call now.", who(m)))
	}
	if old.OnCall && !m.OnCall {
		all = append(all, m.change("off call", "", "%s is not on call any more.", who(m)))
	}
	for _, id := range m.Identities {
		if !slices.Contains(old.Identities, id) {
			all = append(all, m.change("identity added", "", "%s can sign in with another account at %s now.", who(m), clean(id.Provider)))
		}
	}
	for _, id := range old.Identities {
		if !slices.Contains(m.Identities, id) {
			all = append(all, m.change("identity removed", "", "%s cannot sign in with an account at %s any more.", who(m), clean(id.Provider)))
		}
	}
	if old.Login != m.Login {
		all = append(all, m.change("login", "", "%s was %s before.", who(m), who(old)))
	}
	return all
}

// sources are what gives a member a role, in words; "" when nothing does.
func sources(m Member, role cratewarden.Role) string {
	var from []string
	for _, g := range m.Grants {
		if g.Role == role {
			from = append(from, g.Source)
		}
	}
	slices.Sort(from)
	return strings.Join(from, " and ")
}
