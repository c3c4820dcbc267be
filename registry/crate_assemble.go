package registry

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// take notes the people and crates that were read.
func (g *gathered) take() {
	for _, s := range g.subjects {
		if s.kind == "crate" {
			g.targets[s.id] = NamedCrate{s.id, s.name, s.created, s.downloads}
			continue
		}
		team := s.kind == "team"
		g.people[personKey{s.id, team}] = Person{ID: s.id, Team: team, Login: s.name, Name: s.display, Locked: s.locked}
	}
}

// unknownPeople gives the accounts and teams that rows speak of and nobody has
// read yet.
func (g *gathered) unknownPeople() (people, teams []int32) {
	need := func(id int32, team bool) {
		key := personKey{id, team}
		if _, known := g.people[key]; known || id == 0 {
			return
		}
		g.people[key] = Person{} // asked for once; stays so when there is none
		if team {
			teams = append(teams, id)
		} else {
			people = append(people, id)
		}
	}
	for _, v := range g.versions {
		need(v.publisher, false)
	}
	for _, a := range g.actions {
		need(a.By.ID, false)
	}
	for _, o := range g.owners {
		need(o.ID, o.Team)
		if o.AddedBy != nil {
			need(o.AddedBy.ID, false)
		}
	}
	for _, i := range g.invitations {
		need(i.Invitee.ID, false)
		need(i.Inviter.ID, false)
	}
	return people, teams
}

// unknownTargets gives the crates depended on that the caller does not know.
func (g *gathered) unknownTargets(known func(int32) (NamedCrate, bool)) (ids []int32) {
	for _, d := range g.dependencies {
		if _, seen := g.targets[d.crate]; seen {
			continue
		}
		c, ok := NamedCrate{}, false
		if known != nil {
			c, ok = known(d.crate)
		}
		if g.targets[d.crate] = c; !ok {
			ids = append(ids, d.crate)
		}
	}
	return ids
}

// person gives somebody's row; found is false when it is gone.
func (g *gathered) person(id int32, team bool) (p Person, found bool) {
	p = g.people[personKey{id, team}]
	found = p.ID != 0
	p.ID, p.Team = id, team
	return p, found
}

// whole puts together what was gathered.
func (g *gathered) whole(c Crate, ask CrateAsk) CrateWhole {
	w := CrateWhole{Jobs: g.jobs, Downloads: byDay(g.days, ask.First, bounded(ask.Top, 5, 20))}
	g.finishVersions()
	w.Facts = make([]VersionFact, len(g.versions))
	for i, v := range g.versions {
		w.Facts[i] = v.fact
	}
	w.Actions = g.shownActions(bounded(ask.Actions, 200, 2000))
	w.Core.Owners = g.finishOwners(c)
	w.Core.Invitations = g.finishInvitations()
	w.Core.Publishers, w.Core.LiveTokens = splitPublishers(g.publishers)
	w.Core.Names = nameRecord(g.names)
	newest := g.newestFirst()
	w.Core.Dependencies = g.direct
	if ask.Dependencies > 0 {
		w.Dependencies = g.dependencyFacts()
		w.Core.Dependencies = g.directDependencies(c.DefaultID, newest)
	}
	for _, v := range newest[:min(len(newest), ask.Versions+1)] {
		w.Core.Versions = append(w.Core.Versions, v.version)
	}
	return w
}

// finishVersions adds who published each version and how.
func (g *gathered) finishVersions() {
	logged := map[int32]*gatheredAction{}
	for i := range g.actions {
		a := &g.actions[i]
		if first := logged[a.VersionID]; a.Action == 0 && (first == nil || a.id < first.id) {
			logged[a.VersionID] = a
		}
	}
	first := map[int32]*gatheredVersion{} // of a publisher
	for i := range g.versions {
		v := &g.versions[i]
		if p, found := g.person(v.publisher, false); found {
			v.version.Publisher = &p
			v.fact.Publisher = p.Login
		}
		a := logged[v.version.ID]
		if a != nil {
			v.version.TokenID, v.version.TokenName = a.TokenID, a.tokenName
		}
		v.version.Method = v.method(a)
		if f := first[v.publisher]; f == nil || laterVersion(*v, *f) > 0 {
			first[v.publisher] = v
		}
	}
	for publisher, v := range first {
		v.version.FirstBy = publisher != 0
	}
}

// laterVersion orders versions newest first by time.
func laterVersion(a, b gatheredVersion) int {
	return cmp.Or(b.version.CreatedAt.Compare(a.version.CreatedAt), cmp.Compare(b.version.ID, a.version.ID))
}

func (g *gathered) newestFirst() []gatheredVersion {
	list := slices.Clone(g.versions)
	slices.SortFunc(list, laterVersion)
	return list
}

func (g *gathered) shownActions(limit int) []CrateAction {
	nums := make(map[int32]string, len(g.versions))
	for _, v := range g.versions {
		nums[v.version.ID] = v.version.Num
	}
	shown := make([]CrateAction, 0, min(limit, len(g.actions)))
	for _, a := range g.actions {
		num, there := nums[a.VersionID]
		if there && len(shown) < limit {
			a.By, _ = g.person(a.By.ID, false)
			a.Num = num
			shown = append(shown, a.CrateAction)
		}
	}
	return shown
}

func (g *gathered) finishOwners(c Crate) []Owner {
	published := map[int32]int{}
	for _, v := range g.versions {
		published[v.publisher]++
	}
	for i := range g.owners {
		o := &g.owners[i]
		o.Person, _ = g.person(o.ID, o.Team)
		if !o.Team {
			o.Publishes = published[o.ID]
		}
		if o.AddedBy != nil {
			by, found := g.person(o.AddedBy.ID, false)
			if o.AddedBy = &by; !found {
				o.AddedBy = nil
			}
		}
		// One transaction writes both rows with its one time.
		o.FirstPublish = !o.Team && o.AddedAt.Equal(c.CreatedAt)
	}
	return g.owners
}

func (g *gathered) finishInvitations() []CrateInvitation {
	for i := range g.invitations {
		one := &g.invitations[i]
		one.Invitee, _ = g.person(one.Invitee.ID, false)
		one.Inviter, _ = g.person(one.Inviter.ID, false)
	}
	return g.invitations
}

// dependencyFacts leaves out those on crates that are gone.
func (g *gathered) dependencyFacts() []DependencyFact {
	facts := make([]DependencyFact, 0, len(g.dependencies))
	for _, d := range g.dependencies {
		if target := g.targets[d.crate]; target.ID != 0 {
			d.Crate = target.Name
			facts = append(facts, d.DependencyFact)
		}
	}
	return facts
}

// directDependencies are those of one version in the order of Dependencies,
// with what is new in it.
func (g *gathered) directDependencies(version int32, newest []gatheredVersion) []CrateDependency {
	at := slices.IndexFunc(newest, func(v gatheredVersion) bool { return v.version.ID == version })
	if at < 0 {
		return nil
	}
	var previous int32
	if at+1 < len(newest) {
		previous = newest[at+1].version.ID
	}
	before := map[int32]bool{}
	var own []gatheredDependency
	for _, d := range g.dependencies {
		switch d.VersionID {
		case previous:
			before[d.crate] = true
		case version:
			if g.targets[d.crate].ID != 0 {
				own = append(own, d)
			}
		}
	}
	slices.SortFunc(own, func(a, b gatheredDependency) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(g.targets[a.crate].Name, g.targets[b.crate].Name), cmp.Compare(a.id, b.id))
	})
	list := make([]CrateDependency, 0, len(own))
	for _, d := range own[:min(len(own), 2000)] {
		one := g.dependency(d, newest[at].version.CreatedAt)
		one.New = previous != 0 && !before[d.crate]
		list = append(list, one)
	}
	return list
}

func (g *gathered) dependency(d gatheredDependency, published time.Time) CrateDependency {
	target := g.targets[d.crate]
	return CrateDependency{
		CrateID: d.crate, Crate: target.Name, Requirement: d.Req, Kind: d.kind, Optional: d.Optional, DefaultFeatures: d.DefaultFeatures,
		Features: d.Features, Target: word(d.Target), Rename: word(d.ExplicitName), CrateCreatedAt: target.CreatedAt,
		PublishedAt: published, Downloads: target.Downloads,
	}
}
