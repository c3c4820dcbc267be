package dossier

import (
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/registry"
)

// Bounds of a crate's timeline: publishes, recorded actions and events shown.
const (
	timelinePublishes = 300
	timelineActions   = 300
	timelineEvents    = 500
)

// crateTimeline puts every event that rows tell in one order. facts and
// actions are the newest of each, newest first.
func (s *Service) crateTimeline(d *Crate, facts []registry.VersionFact, actions []registry.CrateAction) Timeline {
	t := Timeline{Events: []Event{}}
	// Of events at the same instant the later ones come first.
	if s.cfg.Dump == nil {
		t.addActions(d.Name, facts, actions)
		t.addPublishes(d.Name, facts, actions)
	} else {
		t.addUnexplained(d.Name, facts, nil, "who yanked it is "+cratewarden.NotInDump)
		t.addPublishesAs(d.Name, facts, nil, func(cratewarden.Method) string { return "method " + cratewarden.NotInDump })
	}
	t.addOwners(d.Owners)
	for _, p := range d.Publishers.Configs {
		t.add(Event{At: p.CreatedAt, Kind: "publisher_added", Text: fmt.Sprintf("Trusted publishing from %s %s, workflow %s, allowed; nobody is recorded.",
			p.Provider, p.Origin, p.Workflow), Source: "trustpub_configs_" + p.Provider + ".created_at"})
	}
	t.add(Event{At: d.CreatedAt, Kind: "created", Text: "Crate created by its first publish.", Source: "crates.created_at"})
	for _, n := range d.History.Deleted {
		t.add(Event{At: n.CreatedAt, Kind: "created", Text: fmt.Sprintf("An earlier crate %s was created.", n.Name), Source: "deleted_crates.created_at"})
		t.add(Event{At: n.DeletedAt, Kind: "deleted", Tone: "warn", Text: fmt.Sprintf("The earlier crate %s was deleted by %s.", n.Name, called(n.DeletedBy)),
			Source: "deleted_crates.deleted_at", Person: n.DeletedBy})
	}
	slices.SortStableFunc(t.Events, func(a, b Event) int { return b.At.Compare(a.At) })
	if len(t.Events) > timelineEvents {
		t.Events = t.Events[:timelineEvents]
		t.Gaps = append(t.Gaps, fmt.Sprintf("Only the newest %d events are shown.", timelineEvents))
	}
	t.Gaps = append(t.Gaps, s.crateGaps(len(facts), len(actions))...)
	return t
}

func (t *Timeline) add(e Event) { t.Events = append(t.Events, e) }

func (t *Timeline) addPublishes(crate string, facts []registry.VersionFact, actions []registry.CrateAction) {
	t.addPublishesAs(crate, facts, actions, cratewarden.Method.Label)
}

// addPublishesAs names methods with the caller's words, since a public dump
// does not tell them.
func (t *Timeline) addPublishesAs(crate string, facts []registry.VersionFact, actions []registry.CrateAction, label func(cratewarden.Method) string) {
	with := map[int32]registry.CrateAction{}
	for _, a := range actions {
		if a.Action == 0 {
			with[a.VersionID] = a
		}
	}
	for _, f := range facts[:min(len(facts), timelinePublishes)] {
		action, logged := with[f.ID]
		method := registry.MethodOf(registry.Claims{Present: f.Claimed, Provider: f.Provider}, logged, action.TokenID != 0, f.PublisherID != 0)
		e := Event{At: f.Line.CreatedAt, Kind: "published", Crate: crate, Num: f.Line.Num, Source: "versions.created_at",
			Text: fmt.Sprintf("%s published (%s).", f.Line.Num, label(method))}
		if f.PublisherID != 0 {
			e.Person = &Person{ID: f.PublisherID, Kind: "user", Login: f.Publisher}
			e.Text = fmt.Sprintf("%s published by %s (%s).", f.Line.Num, called(e.Person), label(method))
		}
		t.add(e)
	}
}

// addActions tells yanks and unyanks, and yanked versions that no record
// explains: the registry's command line leaves none.
func (t *Timeline) addActions(crate string, facts []registry.VersionFact, actions []registry.CrateAction) {
	explained := map[int32]bool{}
	for _, a := range actions {
		word, kind, tone := "yanked", "yanked", "warn"
		switch a.Action {
		case 0:
			continue
		case 1:
			explained[a.VersionID] = true
		case 2:
			word, kind, tone = "unyanked", "unyanked", ""
		default:
			word, kind, tone = fmt.Sprintf("changed by an action of unknown number %d", a.Action), "unknown", "bad"
		}
		by := personOf(a.By)
		how := "browser session"
		if a.TokenID != 0 {
			how = fmt.Sprintf("API token %d", a.TokenID)
		}
		t.add(Event{At: a.Time, Kind: kind, Tone: tone, Crate: crate, Num: a.Num, Person: &by,
			Text: fmt.Sprintf("%s %s by %s (%s).", a.Num, word, called(&by), how), Source: "version_owner_actions"})
	}
	if len(actions) < timelineActions {
		t.addUnexplained(crate, facts, explained, "the registry recorded nobody")
	}
}

// addUnexplained tells of yanked versions whose yank no record explains.
func (t *Timeline) addUnexplained(crate string, facts []registry.VersionFact, explained map[int32]bool, who string) {
	for _, f := range facts {
		if f.Line.Yanked && !explained[f.ID] {
			t.add(Event{At: f.UpdatedAt, Kind: "yanked", Tone: "warn", Crate: crate, Num: f.Line.Num, Source: "versions.yanked, versions.updated_at",
				Text: fmt.Sprintf("%s is yanked since this time or earlier; %s.", f.Line.Num, who)})
		}
	}
}

func (t *Timeline) addOwners(owners Owners) {
	for _, o := range slices.Concat(owners.Active, owners.Former) {
		person := o.Person
		t.add(Event{At: o.AddedAt, Kind: "owner_added", Person: &person, Source: "crate_owners.created_at",
			Text: fmt.Sprintf("%s became an owner: %s.", called(&person), o.How)})
		if o.RemovedAt != nil {
			t.add(Event{At: *o.RemovedAt, Kind: "owner_removed", Tone: "warn", Person: &person, Source: "crate_owners.updated_at",
				Text: fmt.Sprintf("%s was removed as an owner; nobody is recorded.", called(&person))})
		}
	}
	for _, i := range owners.Invitations.Rows {
		invitee := i.Invitee
		t.add(Event{At: i.CreatedAt, Kind: "invited", Person: &invitee, Source: "crate_owner_invitations.created_at",
			Text: fmt.Sprintf("%s invited by %s to become an owner.", called(&invitee), called(&i.Inviter))})
	}
}

// crateGaps are what no row tells (contract publish.md section 7, actions.md
// sections 3 to 5).
func (s *Service) crateGaps(facts, actions int) []string {
	var gaps []string
	if facts > timelinePublishes {
		gaps = append(gaps, fmt.Sprintf("Only the newest %d publishes are shown here; the list of versions has all.", timelinePublishes))
	}
	if actions >= timelineActions {
		gaps = append(gaps, fmt.Sprintf("Only the newest %d recorded actions are shown.", timelineActions))
	}
	if s.cfg.Dump != nil {
		return append(gaps, "Yanks and unyanks with their people, former owners, invitations, trusted publishing and API tokens: "+cratewarden.NotInDump+".")
	}
	return append(gaps,
		"Owners: only the last state of each is kept. Earlier removals, returns, and declined or cancelled invitations leave no trace, nor does who removed somebody.",
		"Trusted publishing: who made a configuration, and configurations that were removed.",
		"Yanks by the registry's command line record nobody; deleted versions leave nothing at all.",
		"Network addresses, sessions and failed attempts are only in the registry's server logs.")
}
