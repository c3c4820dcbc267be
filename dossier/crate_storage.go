package dossier

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/blob"
	"cratewarden/registry"
	"cratewarden/registry/files"
)

// Bounds of the comparison with the storage: pages of objects listed for each
// prefix, archives asked for one by one where a storage cannot list, and rows
// shown.
const (
	storagePages = 4
	storageStats = 10
	storageRows  = 300
)

// expectation is what a row of versions says of one object.
type expectation struct {
	num      string
	required bool
	// size is -1 where no row tells it.
	size int64
	held bool // its absence is explained
}

// expected maps every key that a version explains.
func expected(crate string, facts []registry.VersionFact, held holds) map[string]expectation {
	out := make(map[string]expectation, 4*len(facts))
	for _, f := range facts {
		num, away := f.Line.Num, held.byID[f.ID].FilesAway()
		out[files.CrateKey(crate, num)] = expectation{num, true, int64(f.Size), away}
		out[files.ZipKey(crate, num)] = expectation{num, f.Zip, -1, away}
		out[files.ZipManifestKey(crate, num)] = expectation{num, f.ZipManifest, -1, away}
		out[files.ReadmeKey(crate, num)] = expectation{num, false, -1, away}
	}
	return out
}

// storageCheck compares the crate's stored objects with its versions. facts
// are the newest versions.
func (s *Service) storageCheck(ctx context.Context, crate registry.Crate, facts []registry.VersionFact, held holds) (StorageCheck, error) {
	check := StorageCheck{Rows: []StoredFile{}}
	if s.cfg.Static == nil {
		check.Absent = "No storage is configured for archives."
		return check, nil
	}
	want := expected(crate.Name, facts, held)
	whole := len(facts) >= crate.Versions
	for _, prefix := range []string{files.CratePrefix(crate.Name), files.ReadmePrefix(crate.Name)} {
		found, more, err := listSome(ctx, s.cfg.Static, prefix)
		if cratewarden.KindOf(err) == cratewarden.Refused {
			return s.statArchives(ctx, crate, facts, held)
		}
		if err != nil {
			return check, err
		}
		check.Truncated = check.Truncated || more
		check.compare(prefix, want, found, more, whole)
	}
	check.shorten(facts)
	if !whole {
		check.Note = fmt.Sprintf("Only files of the newest %s versions are compared.", cratewarden.Thousands(len(facts)))
	}
	return check, nil
}

func listSome(ctx context.Context, store blob.Store, prefix string) (found []blob.Info, more bool, err error) {
	after := ""
	for range storagePages {
		page, err := store.List(ctx, prefix, after, blob.MaxList)
		if err != nil {
			return nil, false, err
		}
		found = append(found, page...)
		if len(page) < blob.MaxList {
			return found, false, nil
		}
		after = page[len(page)-1].Key
	}
	return found, true, nil
}

// compare judges the objects under one prefix. Beyond the last object listed,
// nothing can be said to be missing.
func (c *StorageCheck) compare(prefix string, want map[string]expectation, found []blob.Info, more, whole bool) {
	present := make(map[string]bool, len(found))
	for _, info := range found {
		present[info.Key] = true
		e, explained := want[info.Key]
		row := StoredFile{Key: info.Key, Num: e.num, State: "present", Size: info.Size, ModifiedAt: info.ModTime}
		switch {
		case !explained && !whole:
			continue
		case !explained:
			row.State = "extra"
			c.Extra++
		case e.size >= 0 && info.Size >= 0 && info.Size != e.size:
			row.State, row.Expected = "size differs", e.size
		}
		c.Rows = append(c.Rows, row)
	}
	for key, e := range want {
		if !e.required || present[key] || !strings.HasPrefix(key, prefix) || more && key > found[len(found)-1].Key {
			continue
		}
		row := StoredFile{Key: key, Num: e.num, Expected: max(e.size, 0)}
		row.State = c.away(e.held, strings.HasSuffix(key, ".crate"))
		c.Rows = append(c.Rows, row)
	}
}

// away counts an object that is not there, and gives its state.
func (c *StorageCheck) away(held, isArchive bool) string {
	state, count := "missing", &c.Missing
	if held {
		state, count = "held", &c.Held
	}
	if isArchive {
		*count++
	}
	return state
}

// shorten puts trouble first, then the newest versions, and cuts the list.
func (c *StorageCheck) shorten(facts []registry.VersionFact) {
	age := make(map[string]int, len(facts))
	for i, f := range facts {
		age[f.Line.Num] = i
	}
	slices.SortFunc(c.Rows, func(a, b StoredFile) int {
		if x, y := a.State == "present", b.State == "present"; x != y {
			if y {
				return -1
			}
			return 1
		}
		if d := age[a.Num] - age[b.Num]; d != 0 {
			return d
		}
		return strings.Compare(a.Key, b.Key)
	})
	if len(c.Rows) > storageRows {
		c.Rows, c.Truncated = c.Rows[:storageRows], true
	}
}

// statArchives asks for the newest archives one by one, for a storage that can
// be read but not listed.
func (s *Service) statArchives(ctx context.Context, crate registry.Crate, facts []registry.VersionFact, held holds) (StorageCheck, error) {
	asked := facts[:min(len(facts), storageStats)]
	check := StorageCheck{Rows: []StoredFile{}, Truncated: len(asked) < len(facts)}
	check.Note = fmt.Sprintf("This storage cannot be listed: only the newest %s were asked for, and nothing is known of further objects.",
		counted(len(asked), "archive"))
	for _, f := range asked {
		key := files.CrateKey(crate.Name, f.Line.Num)
		row := StoredFile{Key: key, Num: f.Line.Num, State: "present", Expected: int64(f.Size)}
		info, err := s.cfg.Static.Stat(ctx, key)
		switch {
		case cratewarden.KindOf(err) == cratewarden.NotFound:
			row.State = check.away(held.byID[f.ID].FilesAway(), true)
		case err != nil:
			return check, err
		default:
			row.Size, row.ModifiedAt = info.Size, info.ModTime
			if info.Size >= 0 && info.Size != row.Expected {
				row.State = "size differs"
			}
		}
		check.Rows = append(check.Rows, row)
	}
	return check, nil
}
