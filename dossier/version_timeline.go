package dossier

import (
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

// Owner changes and new trusted publishers this near to a publish belong to
// its story, and dependencies younger than this.
const (
	nearPublish = 7 * 24 * time.Hour
	nearBirth   = 30 * 24 * time.Hour
)

// yankEvents are the recorded yanks and unyanks of the version, newest first.
func yankEvents(f *versionFacts) []YankEvent {
	events := []YankEvent{}
	for _, a := range f.core.Actions {
		if a.VersionID != f.row.ID || a.Action != 1 && a.Action != 2 {
			continue
		}
		e := YankEvent{At: a.Time, Action: "yanked", By: personOf(a.By), With: "browser session"}
		if a.Action == 2 {
			e.Action = "unyanked"
		}
		if a.TokenID != 0 {
			e.With = fmt.Sprintf("API token %d", a.TokenID)
		}
		events = append(events, e)
	}
	return events
}

// versionTimeline tells what happened to the version and around its publish.
func (s *Service) versionTimeline(f *versionFacts, v *Version) Timeline {
	t, itself := Timeline{Events: []Event{}}, []registry.VersionFact{f.fact()}
	if s.cfg.Dump == nil {
		t.addActions(f.crate.Name, itself, f.core.Actions)
		t.addPublishes(f.crate.Name, itself, f.core.Actions)
	} else {
		t.addUnexplained(f.crate.Name, itself, nil, "who yanked it is "+cratewarden.NotInDump)
		t.addPublishesAs(f.crate.Name, itself, nil, func(cratewarden.Method) string { return "method " + cratewarden.NotInDump })
	}
	t.addOwners(f.nearOwners(s))
	for _, p := range f.core.Publishers {
		if f.near(p.CreatedAt) {
			t.add(Event{At: p.CreatedAt, Kind: "publisher_added", Text: "Trusted publishing allowed from " + publisherWords(p) + "; nobody is recorded.",
				Source: "trustpub_configs_" + p.Provider + ".created_at"})
		}
	}
	t.addToken(f)
	t.addBirths(v.Dependencies.Rows)
	slices.SortStableFunc(t.Events, func(a, b Event) int { return b.At.Compare(a.At) })
	t.Gaps = append([]string{"Changes of owners and trusted publishers more than 7 days from the publish are on the crate's page."}, s.crateGaps(0, 0)...)
	return t
}

func (f *versionFacts) near(at time.Time) bool {
	return at.Sub(f.row.CreatedAt).Abs() <= nearPublish
}

// fact is the version as the crate's timeline takes it.
func (f *versionFacts) fact() registry.VersionFact {
	p := f.core.Publishes[0]
	fact := registry.VersionFact{ID: f.row.ID, Line: f.row.IndexFacts(false), UpdatedAt: f.row.UpdatedAt, Provider: p.Claims.Provider, Claimed: p.Claims.Present}
	if p.Publisher != nil {
		fact.PublisherID, fact.Publisher = p.Publisher.ID, p.Publisher.Login
	}
	return fact
}

func (f *versionFacts) nearOwners(s *Service) Owners {
	all := s.owners(f.crate, registry.CrateCore{Owners: f.core.Owners})
	far := func(o Owner) bool {
		return !f.near(o.AddedAt) && (o.RemovedAt == nil || !f.near(*o.RemovedAt))
	}
	all.Active, all.Former = slices.DeleteFunc(all.Active, far), slices.DeleteFunc(all.Former, far)
	return all
}

func (t *Timeline) addToken(f *versionFacts) {
	k, known := f.core.Tokens[f.core.Publishes[0].TokenID]
	if !known {
		return
	}
	t.add(Event{At: k.CreatedAt, Kind: "token_created", Source: "api_tokens.created_at",
		Text: fmt.Sprintf("API token %d, with which the version was published, was made.", k.ID)})
	if !k.LastUsedAt.IsZero() {
		t.add(Event{At: k.LastUsedAt, Kind: "token_used", Source: "api_tokens.last_used_at",
			Text: fmt.Sprintf("API token %d was used last; for what is not recorded.", k.ID)})
	}
}

func (t *Timeline) addBirths(rows []Dependency) {
	told := map[string]bool{}
	for _, d := range rows {
		if d.AgeAtPublish >= nearBirth || told[d.Crate] {
			continue
		}
		told[d.Crate] = true
		e := Event{At: d.CrateCreatedAt, Kind: "created", Crate: d.Crate, Source: "crates.created_at",
			Text: fmt.Sprintf("The crate %s, on which this version depends, was created %s before the publish.", d.Crate, span(d.AgeAtPublish))}
		switch {
		case d.AgeAtPublish < 0:
			e.Tone, e.Text = "bad", fmt.Sprintf("The crate %s of today was created only after this version, which depends on that name.", d.Crate)
		case d.Young:
			e.Tone = "warn"
		}
		t.add(e)
	}
}
