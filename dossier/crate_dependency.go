package dossier

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

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

// CrateDependents gives who depends on a crate, by downloads, most first,
// after the key of the page before. The limit is 20 unless said, at most 500.
// Errors are those of Crate, and Invalid for a foreign key.
func (s *Service) CrateDependents(ctx context.Context, name, after string, limit int) (*Dependents, error) {
	var key registry.ReverseKey
	if after != "" {
		downloads, id, err := splitPair(after)
		if err != nil {
			return nil, err
		}
		key = registry.ReverseKey{Downloads: downloads, CrateID: int32(id)}
	}
	row, err := s.findCrate(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err := s.dependents(ctx, row, key, limited(limit, dependentsPage, 500))
	if err != nil {
		return nil, err
	}
	return &out, nil
}

func (s *Service) dependents(ctx context.Context, row registry.Crate, after registry.ReverseKey, limit int) (Dependents, error) {
	if s.cfg.Mirror.Ready(mirror.PartDependencies) {
		return s.mirrorDependents(row, after, limit), nil
	}
	return s.tableDependents(ctx, row, after, limit)
}

// mirrorDependents knows all versions. The mirror gives the first so many by
// downloads, so a later page asks for all and begins after its key.
func (s *Service) mirrorDependents(row registry.Crate, after registry.ReverseKey, limit int) Dependents {
	found := s.cfg.Mirror.Dependents(row.ID, limit+1)
	if after != (registry.ReverseKey{}) {
		found = s.cfg.Mirror.Dependents(row.ID, max(found.AnyVersion, limit+1))
		found.Top = found.Top[afterKey(found.Top, after):]
	}
	out := Dependents{AnyVersion: found.AnyVersion, Default: found.Default, Table: row.ReverseRows, Top: []DependentRow{}}
	shown, more := cut(found.Top, limit)
	for _, d := range shown {
		crate, _ := s.cfg.Mirror.Crate(d.CrateID)
		out.Top = append(out.Top, DependentRow{
			Crate: crate.Name, Downloads: d.Downloads, Requirement: d.Requirement, Kind: kindName(int32(d.Kind)),
			Optional: d.Optional, Versions: d.Versions, Default: d.Default,
		})
	}
	if more {
		end := shown[limit-1]
		out.Next = pair(end.Downloads, int64(end.CrateID))
	}
	out.Note = dependentsNote(out)
	return out
}

// afterKey is where the page after a key begins: behind its crate, or, when
// that crate no longer depends, at the first with fewer downloads.
func afterKey(all []mirror.Dependent, key registry.ReverseKey) int {
	if i := slices.IndexFunc(all, func(d mirror.Dependent) bool { return d.CrateID == key.CrateID }); i >= 0 {
		return i + 1
	}
	if i := slices.IndexFunc(all, func(d mirror.Dependent) bool { return d.Downloads < key.Downloads }); i >= 0 {
		return i
	}
	return len(all)
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
	return thousands(int64(n)) + " crates depend on it"
}

func (s *Service) tableDependents(ctx context.Context, row registry.Crate, after registry.ReverseKey, limit int) (Dependents, error) {
	rows, err := s.reader.ReverseDependencies(ctx, row.ID, after, limit)
	if err != nil {
		return Dependents{}, err
	}
	shown, more := cut(rows, limit)
	out := Dependents{AnyVersion: -1, Default: row.ReverseRows, Table: row.ReverseRows, Top: []DependentRow{}}
	for _, d := range shown {
		out.Top = append(out.Top, DependentRow{
			Crate: d.Crate, Downloads: d.Downloads, Requirement: d.Requirement, Kind: kindName(d.Kind), Optional: d.Optional,
			Versions: 1, Default: true,
		})
	}
	if more {
		end := shown[limit-1]
		out.Next = pair(end.Downloads, int64(end.CrateID))
	}
	out.Note = "From the registry's table of reverse dependencies, which knows only default versions that are not yanked and may be stale. " +
		"Whether the crate may be deleted depends on all versions; that count comes when the dependencies have been loaded."
	return out, nil
}
