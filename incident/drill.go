package incident

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/demo"
	"cratewarden/ledger"
	"cratewarden/mirror"
)

// The drills, each one of the demo registry's situations.
const (
	DrillAugust    = "august"
	DrillTyposquat = "typosquat"
	DrillFlood     = "flood"
)

// Drills are the names that DrillStart takes.
func Drills() []string { return []string{DrillAugust, DrillTyposquat, DrillFlood} }

// answers is what a drill asks for.
type answers struct {
	kind     Kind
	severity Severity
	verdicts []Verdict
	alarm    ledger.Subject // all that one is told at first
	source   string
	note     string

	hold    []demo.Release // or delete; payload first
	restore []demo.Release
	stay    []demo.Release // yanked long ago, and to stay so
	contain []demo.Account
	bystand []demo.Account  // who must be left alone in any case
	advise  []string        // crates
	mixed   map[string]bool // crates with good versions, too
	mayLock []demo.Account  // neither asked for nor wrong
}

// answersOf gives the right answer to a drill.
func answersOf(s *demo.Situations, name string) (answers, bool) {
	switch name {
	case DrillAugust:
		a := s.August
		k := answers{kind: MaliciousUpdate, severity: Critical, verdicts: []Verdict{Malicious, Compromised}, alarm: action.CrateSubject(a.Helper), source: "report",
			note: fmt.Sprintf("Somebody writes: “%s looks like a copy of another crate and its build script fetches something. Please look.”", a.Helper),
			hold: a.Hold, restore: a.Restore, stay: a.StayYanked, contain: a.Contain, bystand: []demo.Account{a.Imitated}, advise: a.Advisories, mixed: map[string]bool{}}
		for _, r := range slices.Concat(a.Republished, a.Restore, a.StayYanked) {
			k.mixed[r.Crate] = true
		}
		return k, true
	case DrillTyposquat:
		t := s.Typosquats
		k := answers{kind: Typosquat, severity: High, verdicts: []Verdict{Malicious}, source: "publishes feed", hold: t.Hold, contain: t.Accounts, mixed: map[string]bool{}}
		for _, r := range t.Hold {
			if !slices.Contains(k.advise, r.Crate) {
				k.advise = append(k.advise, r.Crate)
			}
		}
		slices.Sort(k.advise)
		k.alarm = action.CrateSubject(k.advise[0])
		k.note = fmt.Sprintf("The name of the new crate %s is one letter from that of a crate that everybody uses.", k.advise[0])
		return k, true
	case DrillFlood:
		f := s.Squatter
		k := answers{kind: Squatting, severity: Low, verdicts: []Verdict{PolicyCase}, alarm: action.CrateSubject(f.Crates[0]), source: "mail to help",
			note:    fmt.Sprintf("Somebody writes: “I wanted the name %s, and there is nothing in it.”", f.Crates[0]),
			mayLock: []demo.Account{f.Account}, mixed: map[string]bool{}}
		for _, name := range f.Crates {
			k.hold = append(k.hold, demo.Release{Crate: name})
		}
		return k, true
	}
	return answers{}, false
}

// DrillStart opens a case with no more than its first alarm, marked as a drill,
// and the clock runs. It is refused on every registry but the demo's, and
// Conflict on a demo in which the situation was already worked on.
func (s *Service) DrillStart(ctx context.Context, who action.Actor, name string) (Incident, error) {
	if s.cfg.Demo == nil {
		return Incident{}, s.refuse(ctx, who, "incident.drill", ledger.Entry{}, refused(ruleDrill, "Drills are for the demo registry only. This one is real; nothing was opened."))
	}
	k, ok := answersOf(s.cfg.Demo, name)
	if !ok {
		return Incident{}, cratewarden.Errorf(cratewarden.Invalid, "There is no drill %q. There are: %s.", name, strings.Join(Drills(), ", "))
	}
	if err := s.untouched(ctx, k); err != nil {
		return Incident{}, err
	}
	open, err := s.List(ctx, Filter{Open: true, Drills: true, Limit: 500})
	if err != nil {
		return Incident{}, err
	}
	for _, i := range open.Incidents {
		if i.Drill == name {
			return i, cratewarden.Errorf(cratewarden.Conflict, "The drill %s is on already: %s. Close it first.", name, i.ID)
		}
	}
	return s.Open(ctx, who, Opening{
		Title: "Drill: " + k.alarm.ID, Kind: k.kind, Severity: k.severity, Source: k.source, Subjects: []Subject{{Subject: k.alarm}},
		Note: "This is a drill on a made-up registry. " + k.note, drill: name,
	})
}

// untouched refuses a situation that was worked on: its score would say nothing.
func (s *Service) untouched(ctx context.Context, k answers) error {
	if s.cfg.Engine == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "This console makes no plans, so nothing can be practised.")
	}
	state, err := s.drillState(ctx, k)
	if err != nil {
		return err
	}
	worked := ""
	for _, r := range k.hold {
		if _, out := state.out[releaseID(r)]; out {
			worked = releaseID(r) + " is held or deleted"
		}
	}
	for _, r := range k.restore {
		if state.good[r.VersionID] {
			worked = releaseID(r) + " is not yanked any more"
		}
	}
	for _, a := range k.contain {
		if m, ok := s.account(a.UserID); ok && m.Locked {
			worked = a.Login + " is locked"
		}
	}
	if worked == "" {
		return nil
	}
	return cratewarden.Errorf(cratewarden.Conflict, "This situation was worked on already: %s. Undo those plans, or start the demo anew: stop it and run it again with --seed and another number.", worked)
}

func (s *Service) account(id int32) (mirror.Account, bool) {
	if s.cfg.Mirror == nil {
		return mirror.Account{}, false
	}
	return s.cfg.Mirror.Account(id)
}

// releaseID is a version as the ledger names it, or a crate alone.
func releaseID(r demo.Release) string {
	if r.Version == "" {
		return r.Crate
	}
	return r.Crate + "@" + r.Version
}
