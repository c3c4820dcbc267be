package dossier

import (
	"context"

	"cratewarden/mirror"
	"cratewarden/registry"
)

// What the landing page shows of each list, and among how many of the newest
// publishes those worth a look are searched for.
const (
	homePublishes = 12
	homeNewest    = 300
	homeDeleted   = 5
	homeJobs      = 10
)

// Home gives the landing page. It takes five statements. Who looks at it when
// the registry's database is down must still see what the mirror holds, so a
// part that cannot be read says so and nothing here is an error.
func (s *Service) Home(ctx context.Context) (*Home, error) {
	status := s.cfg.Mirror.Status()
	out := &Home{
		Fresh: Fresh{ReadAt: s.clock(), MirrorAt: status.FreshAt}, Registry: s.cfg.Label, Mirror: status, Dump: s.cfg.Dump,
	}
	out.Crates, out.Versions, out.Accounts = s.cfg.Mirror.Totals()
	ctx, cancel := context.WithTimeout(ctx, sectionTime)
	defer cancel()
	var err error
	if out.Downloads, err = s.reader.TotalDownloads(ctx); err != nil {
		out.DownloadsAbsent = s.absentText("downloads", err)
	}
	if out.Recent, err = s.worthALook(ctx); err != nil {
		out.Recent, out.RecentAbsent = []PublishRow{}, s.absentText("recent publishes", err)
	}
	out.Jobs = s.homeQueue(ctx)
	deleted, err := s.reader.Deleted(ctx, "", nil, registry.DeletedKey{}, homeDeleted)
	if err != nil {
		out.DeletedAbsent = s.absentText("deleted", err)
	}
	shown, _ := cut(deleted, homeDeleted)
	out.Deleted = s.deletedNames(shown)
	return out, nil
}

func (s *Service) homeQueue(ctx context.Context) Jobs {
	jobs, err := s.Jobs(ctx, JobFilter{Limit: homeJobs})
	if err == nil {
		return *jobs
	}
	away := Section{Absent: s.absentText("jobs", err)}
	return Jobs{Section: away, Fresh: s.fresh(), Types: []JobType{}, Rows: Page[Job]{Section: away, Rows: []Job{}, Total: -1}}
}

// worthALook are the newest publishes with anything new about them.
func (s *Service) worthALook(ctx context.Context) ([]PublishRow, error) {
	if s.logged(mirror.PartCrates, mirror.PartVersions).Absent != "" {
		return []PublishRow{}, nil
	}
	var list []mirror.Publish
	for _, p := range s.cfg.Mirror.Recent(mirror.Recent{Limit: homeNewest}) {
		if len(list) < homePublishes && (p.NewPublisher || len(s.feedMarks(p)) > 0) {
			list = append(list, p)
		}
	}
	rows, err := s.reader.VersionsByID(ctx, publishIDs(list))
	if err != nil {
		return nil, err
	}
	shown := s.publishRows(list, rows)
	s.holds(ctx, "").markPublishes(shown)
	return shown, nil
}
