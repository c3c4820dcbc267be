package dossier

import (
	"context"
	"time"

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
