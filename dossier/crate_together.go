package dossier

import (
	"context"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// A crate's page is read in one round trip, which costs a fraction of reading
// its sections side by side. togetherTime bounds that; when it fails, sections
// are read apart for as long as apartTime before it is tried again.
const (
	togetherTime = time.Second
	apartTime    = 10 * time.Second
)

// crateJobsShown is how many jobs a crate's page shows.
const crateJobsShown = 50

// crateTogether reads a crate's row and the parts, by the id that the mirror has
// for the name. It gives no parts when they could not be read together soon; the
// errors are NotFound and those of ctx.
func (s *Service) crateTogether(ctx context.Context, name string) (row registry.Crate, p *crateParts, err error) {
	now := time.Now()
	if now.UnixNano() < s.apart.Load() {
		return row, nil, nil
	}
	first, last := s.chartWindow()
	ask := registry.CrateAsk{
		Versions: versionsPage, Facts: indexVersions, Features: s.cfg.Index != nil, First: first, Last: last, Top: chartTop,
		Actions: timelineActions, Jobs: crateJobsShown,
	}
	if s.cfg.Index != nil {
		ask.Dependencies = mostDependencies
	}
	id := s.tellKnown(&ask, name)
	soon, cancel := context.WithTimeout(ctx, togetherTime)
	defer cancel()
	row, whole, err := s.reader.CrateAtOnce(soon, id, name, ask)
	switch {
	case err == nil:
	case cratewarden.KindOf(err) == cratewarden.NotFound:
		return row, nil, s.noCrate(ctx, name, err)
	case ctx.Err() != nil:
		return row, nil, ctx.Err()
	default:
		s.apart.Store(now.Add(apartTime).UnixNano())
		s.log.Warn("a crate could not be read in one round trip; its sections are read apart", "error", err)
		return row, nil, nil
	}
	p = &crateParts{
		core: whole.Core, facts: whole.Facts, actions: whole.Actions, chart: drawChart(whole.Downloads, first, chartDays),
		jobs: s.jobPage(whole.Jobs, crateJobsShown), held: s.holds(ctx, row.Name),
	}
	s.dependentsPart(ctx, row, p)
	s.followersPart(ctx, row, p)
	s.storageParts(ctx, row, p, func() ([]registry.DependencyFact, error) { return whole.Dependencies, nil })
	return row, p, nil
}

// tellKnown adds what the mirror knows of a crate's surroundings, and gives the
// crate's id, 0 when it does not know it. Who owns it is but a guess of whose
// rows to read; the names of crates depended on, which never change, and their
// downloads are taken from it.
func (s *Service) tellKnown(ask *registry.CrateAsk, name string) (id int32) {
	m := s.cfg.Mirror
	if !m.Ready(mirror.PartCrates) || !m.Ready(mirror.PartOwners) {
		return 0
	}
	crate, _ := m.CrateByName(name)
	for _, o := range m.Owners(crate.ID) {
		if o.Team {
			ask.Teams = append(ask.Teams, o.OwnerID)
		} else {
			ask.People = append(ask.People, o.OwnerID)
		}
		if o.CreatedBy != 0 && o.CreatedBy != o.OwnerID {
			ask.People = append(ask.People, o.CreatedBy)
		}
	}
	ask.Known = func(id int32) (registry.NamedCrate, bool) {
		c, found := m.CrateRow(id)
		return registry.NamedCrate{ID: c.ID, Name: c.Name, CreatedAt: c.CreatedAt, Downloads: c.Downloads}, found
	}
	if crate.Versions >= ask.Facts {
		return 0 // too large to be read before it was counted
	}
	if m.Ready(mirror.PartVersions) {
		ask.VersionIDs = m.VersionIDs(crate.ID)
	}
	return crate.ID
}
