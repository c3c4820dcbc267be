package dossier

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// youngCrate is the age below which a crate is marked as young: look-alikes and
// droppers are found or gone within days.
const youngCrate = 7 * 24 * time.Hour

// kindName is the kind of a dependency in words; other numbers are shown as
// they are, since the registry cannot decode them (contract pitfalls.md 4).
func kindName(kind int32) string {
	switch kind {
	case 0:
		return "normal"
	case 1:
		return "build"
	case 2:
		return "dev"
	}
	return "kind " + strconv.Itoa(int(kind))
}

func dependencies(version string, rows []registry.CrateDependency) Dependencies {
	out := Dependencies{Version: version, Rows: []Dependency{}}
	if version == "" {
		out.Absent = "The crate has no default version."
	}
	for _, d := range rows {
		age := d.PublishedAt.Sub(d.CrateCreatedAt)
		out.Rows = append(out.Rows, Dependency{
			Crate: d.Crate, Requirement: d.Requirement, Kind: kindName(d.Kind), Optional: d.Optional,
			DefaultFeatures: d.DefaultFeatures, Features: d.Features, Target: d.Target, Rename: d.Rename,
			CrateCreatedAt: d.CrateCreatedAt, AgeAtPublish: age, Young: age < youngCrate, New: d.New, Downloads: d.Downloads,
		})
	}
	return out
}

// dependentsPage is how many dependents a crate's page shows.
const dependentsPage = 20

// CrateDependents gives who depends on a crate and passes a filter, by
// downloads, most first, after the key of the page before. The counts are those
// of all dependents. The limit is 20 unless said, at most 500. Errors are those
// of Crate, and Invalid for a foreign key or a word that the filter does not
// have.
func (s *Service) CrateDependents(ctx context.Context, name string, f DependentFilter) (*Dependents, error) {
	q := dependentQuery{prefix: f.Prefix, byDefault: f.Default, limit: limited(f.Limit, dependentsPage, 500)}
	var err error
	if q.kind, err = f.check(); err != nil {
		return nil, err
	}
	if f.After != "" {
		downloads, id, err := splitPair(f.After)
		if err != nil {
			return nil, err
		}
		q.after = registry.ReverseKey{Downloads: downloads, CrateID: int32(id)}
	}
	row, err := s.findCrate(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err := s.dependents(ctx, row, q)
	if err != nil {
		return nil, err
	}
	return &out, nil
}

// dependentQuery is a page of a filtered list of dependents as it was
// understood.
type dependentQuery struct {
	after     registry.ReverseKey // zero is the start
	limit     int
	kind      *int32
	prefix    string
	byDefault bool
}

func (s *Service) dependents(ctx context.Context, row registry.Crate, q dependentQuery) (Dependents, error) {
	if s.cfg.Mirror.Ready(mirror.PartDependencies) {
		return s.mirrorDependents(row, q), nil
	}
	return s.tableDependents(ctx, row, q)
}

// mirrorDependents knows all versions.
func (s *Service) mirrorDependents(row registry.Crate, q dependentQuery) Dependents {
	f := mirror.DependentFilter{Limit: q.limit + 1, Default: q.byDefault, Prefix: q.prefix}
	if q.kind != nil {
		f.Kind = new(uint8(*q.kind))
	}
	if q.after != (registry.ReverseKey{}) {
		f.After = &mirror.Dependent{CrateID: q.after.CrateID, Downloads: q.after.Downloads}
	}
	found, matching := s.cfg.Mirror.DependentsMatching(row.ID, f)
	out := Dependents{AnyVersion: found.AnyVersion, Default: found.Default, Table: row.ReverseRows, Matching: matching, Top: []DependentRow{}}
	shown, more := cut(found.Top, q.limit)
	for _, d := range shown {
		crate, _ := s.cfg.Mirror.CrateRow(d.CrateID)
		out.Top = append(out.Top, DependentRow{
			Crate: crate.Name, Downloads: d.Downloads, Requirement: d.Requirement, Kind: kindName(int32(d.Kind)),
			Optional: d.Optional, Versions: d.Versions, Default: d.Default,
		})
	}
	if more {
		end := shown[q.limit-1]
		out.Next = pair(end.Downloads, int64(end.CrateID))
	}
	out.Note = dependentsNote(out)
	return out
}

// dependentsNote says which count is right for what (contract pitfalls.md
// section 3).
func dependentsNote(d Dependents) string {
	note := fmt.Sprintf("%s in any version, yanked ones included: this decides whether the crate may be deleted, because deletion "+
		"removes those dependency rows. %s in the default version: this is what the registry's own page shows.",
		dependOn(d.AnyVersion), dependOn(d.Default))
	if d.Table != d.Default {
		note += fmt.Sprintf(" The registry's table of reverse dependencies has %s instead: it is not rebuilt when dependencies "+
			"are removed, and our picture of yanks may be an hour old.", counted(d.Table, "row"))
	}
	return note
}

func dependOn(n int) string {
	if n == 1 {
		return "1 crate depends on it"
	}
	return cratewarden.Thousands(n) + " crates depend on it"
}

// tableDependents knows default versions alone, so each passes a filter for
// those.
func (s *Service) tableDependents(ctx context.Context, row registry.Crate, q dependentQuery) (Dependents, error) {
	rows, err := s.reader.ReverseMatching(ctx, row.ID, registry.ReverseFilter{Kind: q.kind, Prefix: q.prefix}, q.after, q.limit)
	if err != nil {
		return Dependents{}, err
	}
	shown, more := cut(rows, q.limit)
	out := Dependents{AnyVersion: -1, Default: row.ReverseRows, Table: row.ReverseRows, Matching: -1, Top: []DependentRow{}}
	for _, d := range shown {
		out.Top = append(out.Top, DependentRow{
			Crate: d.Crate, Downloads: d.Downloads, Requirement: d.Requirement, Kind: kindName(d.Kind), Optional: d.Optional,
			Versions: 1, Default: true,
		})
	}
	if more {
		end := shown[q.limit-1]
		out.Next = pair(end.Downloads, int64(end.CrateID))
	}
	out.Note = "From the registry's table of reverse dependencies, which knows only default versions that are not yanked and may be stale. " +
		"Whether the crate may be deleted depends on all versions; that count comes when the dependencies have been loaded."
	return out, nil
}
