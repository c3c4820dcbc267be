package dossier

import (
	"context"
	"time"

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

// crateTogether gives nil when the parts could not be read together soon.
func (s *Service) crateTogether(ctx context.Context, row registry.Crate) *crateParts {
	now := time.Now()
	if now.UnixNano() < s.apart.Load() {
		return nil
	}
	first, last := s.chartWindow()
	ask := registry.CrateAsk{
		Versions: versionsPage, Facts: indexVersions, Features: s.cfg.Index != nil, First: first, Last: last, Top: chartTop,
		Actions: timelineActions, Jobs: crateJobsShown,
	}
	if s.cfg.Index != nil {
		ask.Dependencies = mostDependencies
	}
	s.tellKnown(&ask, row.ID)
	soon, cancel := context.WithTimeout(ctx, togetherTime)
	defer cancel()
	whole, err := s.reader.CrateWhole(soon, row, ask)
	if err != nil {
		if ctx.Err() == nil {
			s.apart.Store(now.Add(apartTime).UnixNano())
			s.log.Warn("a crate could not be read in one round trip; its sections are read apart", "error", err)
		}
		return nil
	}
	p := &crateParts{
		core: whole.Core, facts: whole.Facts, actions: whole.Actions, chart: drawChart(whole.Downloads, first, chartDays),
		jobs: s.jobPage(whole.Jobs, crateJobsShown),
	}
	s.dependentsPart(ctx, row, p)
	s.followersPart(ctx, row, p)
	s.storageParts(ctx, row, p, func() ([]registry.DependencyFact, error) { return whole.Dependencies, nil })
	return p
}

// tellKnown adds what the mirror knows of a crate's surroundings. Who owns it
// is but a guess of whose rows to read; the names of crates depended on, which
// never change, and their downloads are taken from it.
func (s *Service) tellKnown(ask *registry.CrateAsk, crate int32) {
	m := s.cfg.Mirror
	if !m.Ready(mirror.PartCrates) || !m.Ready(mirror.PartOwners) {
		return
	}
	for _, o := range m.Owners(crate) {
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
}
