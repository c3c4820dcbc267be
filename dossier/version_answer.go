package dossier

import (
	"context"
	"time"

	"cratewarden"
	"cratewarden/provenance"
	"cratewarden/registry"
)

// versionBudget is how long a version's page waits for archives and index;
// what is not there by then is shown as not read. The pages of files wait
// longer.
const versionBudget = 1500 * time.Millisecond

// versionFacts is everything that was read for one version.
type versionFacts struct {
	crate registry.Crate
	row   registry.Version
	core  registry.VersionCore
	// archives are those of the first few of core.Publishes.
	archives []archiveFact
	index    indexFact
}

// Version puts everything known about a version in one answer, with at most
// twelve statements. The number may leave build metadata out. The errors are
// NotFound with a sentence on what there is instead, and those of the
// database; storage and index that do not answer are said in their places.
func (s *Service) Version(ctx context.Context, name, num string) (*Version, error) {
	crate, row, err := s.findVersion(ctx, name, num)
	if err != nil {
		return nil, err
	}
	last := s.clock().UTC().Truncate(24 * time.Hour)
	first := last.AddDate(0, 0, 1-chartDays)
	core, err := s.reader.VersionCore(ctx, crate, row, first, last)
	if err != nil {
		return nil, err
	}
	if len(core.Publishes) == 0 || core.Publishes[0].ID != row.ID {
		return nil, cratewarden.Errorf(cratewarden.Conflict, "The version was changed while it was read. Try again.")
	}
	facts := &versionFacts{crate: crate, row: row, core: core}
	s.readStores(ctx, facts)
	dependents, err := s.dependents(ctx, crate, dependentQuery{limit: dependentsPage})
	if err != nil {
		return nil, err
	}
	v := s.version(facts, s.holds(ctx, crate.Name))
	v.Dependents, v.Chart = dependents, drawChart(core.Downloads, first, chartDays)
	return v, nil
}

func (s *Service) version(f *versionFacts, held holds) *Version {
	row := f.row
	v := &Version{
		Fresh: s.fresh(), Crate: f.crate.Name, CrateID: f.crate.ID, ID: row.ID, Num: row.Num, UpdatedAt: row.UpdatedAt,
		YankMessage: row.YankMessage, Row: s.versionRow(f.crate, f.core.Publishes[0]), Previous: row.Previous, Following: row.Following,
		Manifest: s.manifest(row), Dependencies: dependencies(row.Num, f.core.Dependencies), Features: row.Features,
	}
	held.mark(&v.Row)
	v.HeldAbsent = held.absent
	if v.Features == nil {
		v.Features = map[string][]string{}
	}
	if s.cfg.Dump != nil && row.Yanked {
		v.YankMessageAbsent = cratewarden.NotInDump
	}
	v.Checks = f.checks()
	v.ChecksAbsent = s.checksAbsent()
	v.Provenance = Provenance{Verdict: provenance.Judge(s.provenanceInput(f, v.Checks)), Absent: s.provenanceAbsent()}
	v.Yanks, v.YanksAbsent = yankEvents(f), s.private().Absent
	v.Timeline = s.versionTimeline(f, v)
	v.Marks = versionMarks(f, v)
	return v
}

func (s *Service) provenanceAbsent() string {
	if s.cfg.Dump == nil {
		return ""
	}
	return "Token, session, e-mail and trusted-publishing claims: " + cratewarden.NotInDump + "."
}

func (s *Service) manifest(row registry.Version) Manifest {
	m := Manifest{
		Description: row.Description, License: row.License, Edition: row.Edition, HasLib: row.HasLib, LibName: row.LibName,
		BinNames: row.BinNames, Homepage: row.Homepage, Repository: row.Repository, Documentation: row.Documentation,
		Keywords: row.Keywords, Categories: row.Categories, CodeLines: -1, CommentLines: -1,
	}
	if row.RustVersion != nil {
		m.RustVersion = *row.RustVersion
	}
	if row.Links != nil {
		m.Links = *row.Links
	}
	if row.Analysed {
		m.CodeLines, m.CommentLines = row.CodeLines, row.CommentLines
	}
	if s.cfg.Dump != nil {
		m.Absent = []string{"name of the library: " + cratewarden.NotInDump, "lines of code: " + cratewarden.NotInDump}
	}
	return m
}

// versionMarks adds to the badges of the version's line what only its own page
// has looked into.
func versionMarks(f *versionFacts, v *Version) []Mark {
	marks := append([]Mark{}, v.Row.Marks...)
	add := func(when bool, text, tone string) {
		if when {
			marks = append(marks, Mark{text, tone})
		}
	}
	fresh, young, late := false, false, false
	for _, d := range v.Dependencies.Rows {
		if d.Kind != kindName(2) {
			fresh, young = fresh || d.New, young || d.New && d.Young
			late = late || d.AgeAtPublish < 0
		}
	}
	add(young, "new dependency on a young crate", "bad")
	add(fresh && !young, "new dependency", "info")
	add(late, "depends on a name created later", "bad")
	stored := f.archives[0]
	if a := stored.archive; a != nil {
		add(len(a.BuildScripts()) > 0, "build script", "warn")
		add(a.Manifest != nil && a.Manifest.ProcMacro, "proc-macro", "info")
		add(a.Grave(), "something is wrong with the archive", "bad")
	}
	add(cratewarden.KindOf(stored.err) == cratewarden.NotFound, "stored file missing", "bad")
	for _, c := range v.Checks {
		add(c.State == stateDifferent, c.Fact+" differs", "bad")
		add(c.Fact == factIndexLine && c.State == stateMissing, "not in the index", "bad")
	}
	return marks
}
