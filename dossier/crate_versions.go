package dossier

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

// versionsPage is how many versions a crate's first page shows.
const versionsPage = 50

// CrateVersions gives a page of a crate's versions that pass a filter, newest
// first, after the key of the page before. The limit is 50 unless said, at most
// 500. Of a filtered list the total is not counted. Errors are those of Crate,
// and Invalid for a foreign key or a word that the filter does not have.
func (s *Service) CrateVersions(ctx context.Context, name string, f VersionFilter) (Page[VersionRow], error) {
	query, err := f.query()
	if err != nil {
		return Page[VersionRow]{}, err
	}
	var key registry.VersionKey
	if f.After != "" {
		micros, id, err := splitPair(f.After)
		if err != nil {
			return Page[VersionRow]{}, err
		}
		key = registry.VersionKey{CreatedAt: time.UnixMicro(micros).UTC(), ID: int32(id)}
	}
	row, err := s.findCrate(ctx, name)
	if err != nil {
		return Page[VersionRow]{}, err
	}
	page, err := s.versionsAfter(ctx, row, query, key, limited(f.Limit, versionsPage, 500))
	if err == nil {
		s.holds(ctx, row.Name).markRows(page.Rows)
	}
	return page, err
}

// versionsAfter is a page of versions, of all or of those that match.
func (s *Service) versionsAfter(ctx context.Context, crate registry.Crate, query registry.VersionFilter, key registry.VersionKey, limit int) (Page[VersionRow], error) {
	if query != (registry.VersionFilter{}) {
		return s.filteredVersions(ctx, crate, query, key, limit)
	}
	rows, err := s.reader.CrateVersions(ctx, crate.ID, key, limit)
	if err != nil {
		return Page[VersionRow]{}, err
	}
	return s.versionPage(crate, rows, limit), nil
}

// filteredVersions is a page of which the rows are not neighbours in the whole
// list, so that each brings what stands before it. A dump tells no methods.
func (s *Service) filteredVersions(ctx context.Context, crate registry.Crate, query registry.VersionFilter, key registry.VersionKey, limit int) (Page[VersionRow], error) {
	page := Page[VersionRow]{Rows: []VersionRow{}, Total: -1}
	if query.Method != "" && s.cfg.Dump != nil {
		page.Absent = cratewarden.NotInDump
		return page, nil
	}
	rows, err := s.reader.VersionsMatching(ctx, crate.ID, query, key, limit)
	if err != nil {
		return page, err
	}
	shown, more := cut(rows, limit)
	for _, v := range shown {
		page.Rows = append(page.Rows, s.afterTrusted(s.versionRow(crate, v.CrateVersion), v.AfterTrusted))
	}
	if more {
		end := shown[limit-1]
		page.Next = pair(end.CreatedAt.UnixMicro(), int64(end.ID))
	}
	return page, nil
}

// afterTrusted marks a version that was published by other means than the
// trusted publishing before it.
func (s *Service) afterTrusted(line VersionRow, trusted bool) VersionRow {
	if trusted && !line.Method.Trusted() && s.cfg.Dump == nil {
		line.Marks = append(line.Marks, Mark{"not by trusted publishing, as the one before was", "warn"})
	}
	return line
}

// versionPage takes one row more than limit when there are more; that row also
// shows whether the last line changed its method.
func (s *Service) versionPage(crate registry.Crate, rows []registry.CrateVersion, limit int) Page[VersionRow] {
	page := Page[VersionRow]{Rows: []VersionRow{}, Total: crate.Versions}
	shown, more := cut(rows, limit)
	for i, v := range shown {
		page.Rows = append(page.Rows, s.afterTrusted(s.versionRow(crate, v), i+1 < len(rows) && rows[i+1].Method.Trusted()))
	}
	if more {
		end := shown[limit-1]
		page.Next = pair(end.CreatedAt.UnixMicro(), int64(end.ID))
	}
	return page
}

func (s *Service) versionRow(crate registry.Crate, v registry.CrateVersion) VersionRow {
	line := VersionRow{
		ID: v.ID, Crate: crate.Name, Num: v.Num, CreatedAt: v.CreatedAt, Publisher: personPointer(v.Publisher),
		Method: v.Method, MethodLabel: v.Method.Label(), Credential: credentialWord(v), Yanked: v.Yanked, Size: int64(v.Size),
		Downloads: int64(v.Downloads), License: v.License, SHA256: hex.EncodeToString(v.SHA256), Default: v.ID == crate.DefaultID,
		Marks: []Mark{},
	}
	if s.cfg.Dump != nil {
		line.MethodLabel, line.Credential = cratewarden.NotInDump, ""
	}
	add := func(when bool, text, tone string) {
		if when {
			line.Marks = append(line.Marks, Mark{text, tone})
		}
	}
	add(v.Yanked, "yanked", "warn")
	add(line.Default, "default", "info")
	add(prerelease(v.Num), "pre-release", "")
	add(v.FirstBy && v.CreatedAt.After(crate.CreatedAt), "first by this account", "info")
	add(v.Publisher != nil && v.Publisher.Locked, "publisher locked", "bad")
	add(v.Claims.Present && v.Method == cratewarden.MethodUnknown, "claims of an unknown shape", "bad")
	return line
}

// credentialWord names what published a version without giving a token's name
// away.
func credentialWord(v registry.CrateVersion) string {
	switch {
	case v.Method.Trusted():
		return strings.TrimSpace(fmt.Sprintf("%s run %s", v.Claims.Origin(), v.Claims.Run()))
	case v.TokenID != 0:
		return strings.TrimSpace(fmt.Sprintf("token %d %s", v.TokenID, maskName(v.TokenName)))
	}
	return ""
}

// prerelease says whether a version has a part after "-" that precedes any
// build metadata.
func prerelease(num string) bool {
	core, _, _ := strings.Cut(num, "+")
	return strings.Contains(core, "-")
}
