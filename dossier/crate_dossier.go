package dossier

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// sectionTime bounds a section that reads the database, storageTime one that
// reads the storage: late parts must not hold up what is known.
const (
	sectionTime = 5 * time.Second
	storageTime = 3 * time.Second
	// atOnce bounds the connections that one page holds.
	atOnce = 3
)

// Crate gives everything known about the crate of a name, in any spelling. It
// is NotFound, with a sentence that says whether the name was deleted or is
// reserved, when there is none. A section that fails or is late says so in its
// Absent sentence; only the crate's own row and what is read with it can fail
// the whole. It takes at most twelve statements.
func (s *Service) Crate(ctx context.Context, name string) (*Crate, error) {
	row, parts, err := s.crateParts(ctx, name)
	if err != nil {
		return nil, err
	}
	d := &Crate{
		Fresh: s.fresh(), ID: row.ID, Name: row.Name, Canonical: cratewarden.CanonName(row.Name), Description: row.Description,
		Homepage: row.Homepage, Repository: row.Repository, Documentation: row.Documentation,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, Default: row.Default, VersionCount: row.Versions, YankedCount: row.Yanked,
		Downloads: row.Downloads, Downloads90: parts.chart.sum(), TrustpubOnly: row.TrustpubOnly,
		MaxUploadSize: row.MaxUploadSize, MaxFeatures: row.MaxFeatures, Keywords: row.Keywords, Categories: row.Categories,
		Followers: parts.followers, FollowersAbsent: parts.followersAbsent,
		Owners: s.owners(row, parts.core), Publishers: s.publishers(row, parts.core),
		Versions: s.versionPage(row, parts.core.Versions, versionsPage), Chart: parts.chart, Dependents: parts.dependents,
		Dependencies: dependencies(row.Default, parts.core.Dependencies), History: s.nameHistory(row.Name, row.ID, parts.core.Names),
		Index: parts.index, Files: parts.files, Jobs: parts.jobs, Lookalikes: s.lookalikes(row.Name, row.ID),
	}
	d.Timeline = s.crateTimeline(d, parts.facts, parts.actions)
	d.Timeline.Absent = cmp.Or(parts.factsAbsent, parts.actionsAbsent)
	parts.held.markRows(d.Versions.Rows)
	d.HeldAbsent = parts.held.absent
	s.judge(d, row, parts.held)
	return d, nil
}

// crateParts are the sections that are read side by side.
type crateParts struct {
	core       registry.CrateCore
	chart      Chart
	dependents Dependents
	facts      []registry.VersionFact
	actions    []registry.CrateAction
	index      IndexCheck
	files      StorageCheck
	jobs       Page[Job]
	followers  int
	held       holds

	followersAbsent, factsAbsent, actionsAbsent string
}

// crateParts reads a crate and its sections: together when that succeeds soon,
// else each by itself, so that one that fails or is late is missing alone.
func (s *Service) crateParts(ctx context.Context, name string) (registry.Crate, *crateParts, error) {
	row, p, err := s.crateTogether(ctx, name)
	if p != nil || err != nil {
		return row, p, err
	}
	if row, err = s.findCrate(ctx, name); err != nil {
		return row, nil, err
	}
	p, err = s.crateApart(ctx, row)
	return row, p, err
}

// crateApart reads the sections side by side. Each function writes its own
// fields only.
func (s *Service) crateApart(ctx context.Context, row registry.Crate) (*crateParts, error) {
	p := &crateParts{held: s.holds(ctx, row.Name)}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	group.Go(func() (err error) {
		p.core, err = s.reader.CrateCore(ctx, row, versionsPage)
		return err
	})
	group.Go(func() error { s.versionParts(ctx, row, p); return nil })
	for _, section := range []func(context.Context, registry.Crate, *crateParts){
		s.chartPart, s.actionsPart, s.jobsPart, s.dependentsPart, s.followersPart,
	} {
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, sectionTime)
			defer cancel()
			section(ctx, row, p)
			return nil
		})
	}
	return p, group.Wait()
}

// versionParts reads all versions once for the index, the files and the
// timeline; the first two then wait for storage and not for the database.
func (s *Service) versionParts(ctx context.Context, row registry.Crate, p *crateParts) {
	ctx, cancel := context.WithTimeout(ctx, sectionTime)
	defer cancel()
	facts, err := s.reader.VersionFacts(ctx, row.ID, indexVersions, s.cfg.Index != nil)
	if err != nil {
		text := s.absentText("versions", err)
		p.factsAbsent, p.index.Absent, p.files.Absent = text, text, text
		return
	}
	p.facts = facts
	s.storageParts(ctx, row, p, func() ([]registry.DependencyFact, error) { return s.readDependencies(ctx, facts) })
}

// storageParts compares the versions with the index and the stored files.
// dependencies are those of the versions.
func (s *Service) storageParts(ctx context.Context, row registry.Crate, p *crateParts, dependencies func() ([]registry.DependencyFact, error)) {
	ctx, cancel := context.WithTimeout(ctx, storageTime)
	defer cancel()
	facts := p.facts
	var both errgroup.Group
	both.Go(func() error {
		var err error
		if p.index, err = s.indexCheck(ctx, row, facts, dependencies); err != nil {
			p.index.Absent = s.absentText("index", err)
		}
		return nil
	})
	both.Go(func() error {
		var err error
		if p.files, err = s.storageCheck(ctx, row, facts, p.held); err != nil {
			p.files.Absent = s.absentText("files", err)
		}
		return nil
	})
	_ = both.Wait()
}

func (s *Service) chartPart(ctx context.Context, row registry.Crate, p *crateParts) {
	var err error
	if p.chart, err = s.crateChart(ctx, row.ID); err != nil {
		p.chart = Chart{Section: Section{Absent: s.absentText("chart", err)}, Days: []time.Time{}, Totals: []int64{}, Series: []Series{}}
	}
}

func (s *Service) actionsPart(ctx context.Context, row registry.Crate, p *crateParts) {
	if s.cfg.Dump != nil {
		return
	}
	var err error
	if p.actions, err = s.reader.CrateActions(ctx, row.ID, timelineActions); err != nil {
		p.actionsAbsent = s.absentText("actions", err)
	}
}

func (s *Service) jobsPart(ctx context.Context, row registry.Crate, p *crateParts) {
	var err error
	if p.jobs, err = s.crateJobs(ctx, row.ID, row.Name, crateJobsShown); err != nil {
		p.jobs.Absent = s.absentText("jobs", err)
	}
}

func (s *Service) dependentsPart(ctx context.Context, row registry.Crate, p *crateParts) {
	var err error
	if p.dependents, err = s.dependents(ctx, row, dependentQuery{limit: dependentsPage}); err != nil {
		p.dependents = Dependents{Section: Section{Absent: s.absentText("dependents", err)}, AnyVersion: -1, Top: []DependentRow{}}
	}
}

// followersPart waits until the mirror is ready, so that a page asked for
// while it loads keeps within its twelve statements.
func (s *Service) followersPart(ctx context.Context, row registry.Crate, p *crateParts) {
	switch {
	case s.cfg.Dump != nil:
		p.followersAbsent = cratewarden.NotInDump
		return
	case !s.cfg.Mirror.Ready(mirror.PartDependencies):
		p.followersAbsent = "still loading"
		return
	}
	var err error
	if p.followers, err = s.reader.Followers(ctx, row.ID); err != nil {
		p.followersAbsent = s.absentText("followers", err)
	}
}
