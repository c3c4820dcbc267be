package incident

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden/action"
)

// The roles of subjects that facts of the registry depend on.
const (
	rolePayload  = "payload"
	roleCarrier  = "carrier"
	roleVictim   = "victim"
	roleAttacker = "attacker"
	roleImitated = "imitated"
	roleRestore  = "restore"
	roleRelated  = "related"
)

// around is how long before the first bad thing a timeline looks: an attacker
// who makes an account and a token does it in the days before.
const around = 72 * time.Hour

// scope is what of the registry a case is about.
type scope struct {
	crates   map[string]string // by canonical name: its role
	versions map[string]bool   // linked ones, as canonical "name@num": whether bad
	accounts map[int32]string  // role
	tokens   map[int32]bool
	deleted  map[string]bool // crates that a plan of the case deleted
	// whose says that a crate of such a case is bad as a whole unless said.
	whose  bool
	opened time.Time // or reported, whichever was first
	closed time.Time
}

// scopeOf reads the subjects and what the case's plans did. Imitated crates and
// accounts did nothing; what they publish is not part of the case.
func scopeOf(i Incident, plans []planDone) scope {
	c := scope{crates: map[string]string{}, versions: map[string]bool{}, accounts: map[int32]string{}, tokens: map[int32]bool{}, deleted: map[string]bool{}, opened: i.OpenedAt,
		whose: slices.Contains([]Kind{Typosquat, Squatting, Flood}, i.Kind)}
	if i.ReportedAt != nil && i.ReportedAt.Before(c.opened) {
		c.opened = *i.ReportedAt
	}
	if i.ClosedAt != nil {
		c.closed = *i.ClosedAt
	}
	for _, sub := range i.Subjects {
		if sub.Role == roleImitated {
			continue
		}
		number, _ := strconv.ParseInt(sub.ID, 10, 32)
		switch sub.Kind {
		case "crate":
			c.crates[canonID(sub.ID)] = sub.Role
		case "version":
			c.versions[canonID(sub.ID)] = bad(sub.Role)
			name, _, _ := strings.Cut(canonID(sub.ID), "@")
			if _, linked := c.crates[name]; !linked {
				c.crates[name] = roleVictim
			}
		case "account":
			if number > 0 {
				c.accounts[int32(number)] = sub.Role
			}
		case "token":
			if number > 0 {
				c.tokens[int32(number)] = true
			}
		}
	}
	for _, sub := range i.Subjects { // what is said of the crate itself counts
		if sub.Kind == "crate" && sub.Role != roleImitated {
			c.crates[canonID(sub.ID)] = sub.Role
		}
	}
	for _, p := range plans {
		for _, step := range p.steps {
			if p.counts(step.N) {
				c.done(step)
			}
		}
	}
	return c
}

// done takes in what a step of an applied plan did: whatever the case held or
// deleted is bad, and what it unyanked is good, also where nobody linked it.
func (c scope) done(step action.Step) {
	for _, sub := range step.Do.Subjects() {
		id := canonID(sub.ID)
		name, _, _ := strings.Cut(id, "@")
		_, linked := c.versions[id]
		role, known := c.crates[name]
		switch step.Kind {
		case "version.hold", "version.delete", "version.unyank":
			if sub.Kind == "version" && !linked {
				c.versions[id] = step.Kind != "version.unyank"
			}
			if sub.Kind == "version" && !known {
				c.crates[name] = roleVictim
			}
		case "crate.hold", "crate.delete":
			if sub.Kind == "crate" && (!known || role == "" || role == roleRelated) {
				c.crates[name] = rolePayload
			}
			c.deleted[name] = c.deleted[name] || step.Kind == "crate.delete"
		case "account.contain", "account.lock":
			number, _ := strconv.ParseInt(sub.ID, 10, 32)
			if _, linked := c.accounts[int32(number)]; sub.Kind == "account" && !linked && number > 0 {
				c.accounts[int32(number)] = ""
			}
		}
	}
}

// bad says that a version of such a role is what the case is about, and not one
// that is good or only related.
func bad(role string) bool {
	return role != roleRestore && role != roleImitated && role != roleRelated
}

// whole says that all versions of a crate are bad: it was deleted, or its role
// says so and no single version of it is linked as bad.
func (c scope) whole(crate string) bool {
	role, linked := c.crates[crate]
	switch {
	case c.deleted[crate]:
		return true
	case !linked, role != rolePayload && role != roleCarrier && (role != "" || !c.whose):
		return false
	}
	for id, isBad := range c.versions {
		if name, _, _ := strings.Cut(id, "@"); name == crate && isBad {
			return false
		}
	}
	return true
}

// hasBad says that a version is one of the bad ones.
func (c scope) hasBad(crate, version string) bool {
	if isBad, linked := c.versions[version]; linked {
		return isBad
	}
	return c.whole(crate)
}

// keys are what facts are asked for by.
func (c scope) keys() []string {
	var out []string
	for name := range c.crates {
		out = append(out, "crate:"+name)
	}
	for id := range c.accounts {
		out = append(out, "account:"+strconv.Itoa(int(id)))
	}
	for id := range c.tokens {
		out = append(out, "token:"+strconv.Itoa(int(id)))
	}
	slices.Sort(out)
	return out
}

func (c scope) names() []string { return slices.Sorted(maps.Keys(c.crates)) }

// window is the time that a case is about: from some days before the first bad
// publish, or before it was known, until it was closed.
func (c scope) window(facts []fact) (from, until time.Time) {
	from = c.opened
	for _, f := range facts {
		if f.moment.What == whatPublish && f.moment.At.Before(from) && c.hasBad(f.crate, f.version) {
			from = f.moment.At
		}
	}
	return from.Add(-around), c.closed
}

// wants says whether a fact belongs to the case: bad publishes and the making
// of an attacker's account always, everything else in its time.
func (c scope) wants(f fact, from, until time.Time) bool {
	switch {
	case f.moment.What == whatPublish && c.hasBad(f.crate, f.version):
		return true
	case f.moment.What == whatAccount && c.accounts[f.account] == roleAttacker:
		return true
	case !until.IsZero() && !f.moment.At.Before(until):
		return false
	}
	return !f.moment.At.Before(from)
}
