package dossier

import (
	"context"
	"slices"
	"strconv"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// longSilence is after how long without a version a new one is worth a look:
// dormant crates are taken over unnoticed.
const longSilence = 365 * 24 * time.Hour

func publishIDs(list []mirror.Publish) []int32 {
	ids := make([]int32, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	return ids
}

// publishRows joins lines of the mirror with their rows from the registry.
// Versions that were deleted meanwhile are left out.
func (s *Service) publishRows(list []mirror.Publish, rows []registry.CrateVersion) []PublishRow {
	facts := make(map[int32]registry.CrateVersion, len(rows))
	for _, r := range rows {
		facts[r.ID] = r
	}
	out := []PublishRow{}
	for _, p := range list {
		if row, found := facts[p.ID]; found {
			row.FirstBy = p.NewPublisher
			line := PublishRow{VersionRow: s.versionRow(s.crateOf(p.CrateID), row), Silence: p.Silence}
			line.Marks = slices.Concat(s.feedMarks(p), line.Marks)
			out = append(out, line)
		}
	}
	return out
}

// crateOf is as much of a crate as its version rows need; none of it changes
// but the default version.
func (s *Service) crateOf(id int32) registry.Crate {
	c, _ := s.cfg.Mirror.CrateRow(id)
	return registry.Crate{ID: c.ID, Name: c.Name, CreatedAt: c.CreatedAt, DefaultID: c.Default}
}

// feedMarks are what makes a publish worth a look, the most telling first.
func (s *Service) feedMarks(p mirror.Publish) []Mark {
	var marks []Mark
	add := func(when bool, text, tone string) {
		if when {
			marks = append(marks, Mark{text, tone})
		}
	}
	add(p.NewCrate, "new crate", "info")
	// A dump tells neither methods nor tokens, so that nothing new can be seen.
	add(p.NewMethod && s.cfg.Dump == nil, "first by this method", "warn")
	add(p.NewToken && !p.NewCrate && s.cfg.Dump == nil, "first with this token", "info")
	add(p.Silence >= longSilence, "first in "+cratewarden.Span(p.Silence), "warn")
	return marks
}

// publishPage is the first page of an account's publishes.
func (s *Service) publishPage(v *accountView) Page[VersionRow] {
	page := Page[VersionRow]{Section: s.logged(mirror.PartVersions), Total: s.cfg.Mirror.PublishedByCount(v.core.Account.ID)}
	shown, more := cut(v.publishes, accountShown)
	page.Rows = versionRows(s.publishRows(shown, v.core.Versions))
	if more {
		page.Next = lastID(shown)
	}
	return page
}

func lastID(list []mirror.Publish) string { return strconv.Itoa(int(list[len(list)-1].ID)) }

func versionRows(list []PublishRow) []VersionRow {
	rows := make([]VersionRow, len(list))
	for i, p := range list {
		rows[i] = p.VersionRow
	}
	return rows
}

// AccountPublishes gives a page of the versions that an account published and
// that pass a filter, the newest first, after the key of the page before, which
// is the id of its last version. The limit is 50 unless said, at most 400. Of a
// filtered list the total is not counted, and a page may have fewer rows than
// asked for although more follow. Publishes by trusted publishing belong to no
// account.
func (s *Service) AccountPublishes(ctx context.Context, id int32, f AccountPublishFilter) (Page[VersionRow], error) {
	query, err := f.query(id)
	if err != nil {
		return Page[VersionRow]{}, err
	}
	if _, found := s.cfg.Mirror.Account(id); !found && s.cfg.Mirror.Ready(mirror.PartAccounts) {
		return Page[VersionRow]{}, cratewarden.Errorf(cratewarden.NotFound, "There is no account with the id %d.", id)
	}
	page := Page[VersionRow]{Section: s.logged(mirror.PartVersions), Rows: []VersionRow{}, Total: s.cfg.Mirror.PublishedByCount(id)}
	if !f.plain() {
		page.Total = -1
	}
	if f.Prefix != "" && page.Absent == "" {
		page.Section = s.loading(mirror.PartCrates)
	}
	if f.Method != "" && s.cfg.Dump != nil {
		page.Absent = cratewarden.NotInDump
	}
	query.Before, err = versionKey(f.After)
	if err != nil || page.Absent != "" {
		return page, err
	}
	limit := limited(f.Limit, accountPublishes, 400)
	query.Limit = limit + 1
	shown, more := cut(s.cfg.Mirror.Recent(query), limit)
	rows, err := s.reader.VersionsByID(ctx, publishIDs(shown))
	if err != nil {
		return page, err
	}
	rows = slices.DeleteFunc(rows, func(v registry.CrateVersion) bool { return !f.passes(v) })
	page.Rows = versionRows(s.publishRows(shown, rows))
	s.holds(ctx, "").markRows(page.Rows)
	if more {
		page.Next = lastID(shown)
	}
	return page, nil
}

// versionKey reads a page key that is the id of a version; 0 is the start.
func versionKey(key string) (int32, error) {
	if key == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(key, 10, 32)
	if err != nil || id <= 0 {
		return 0, cratewarden.Errorf(cratewarden.Invalid, "The page key is not one that this list gives. Start again from the first page.")
	}
	return int32(id), nil
}
