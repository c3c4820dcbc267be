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

// CrateVersions gives a page of a crate's versions, newest first, after the
// key of the page before. The limit is 50 unless said, at most 500. Errors are
// those of Crate, and Invalid for a foreign key.
func (s *Service) CrateVersions(ctx context.Context, name, after string, limit int) (Page[VersionRow], error) {
	var key registry.VersionKey
	if after != "" {
		micros, id, err := splitPair(after)
		if err != nil {
			return Page[VersionRow]{}, err
		}
		key = registry.VersionKey{CreatedAt: time.UnixMicro(micros).UTC(), ID: int32(id)}
	}
	row, err := s.findCrate(ctx, name)
	if err != nil {
		return Page[VersionRow]{}, err
	}
	limit = limited(limit, versionsPage, 500)
	rows, err := s.reader.CrateVersions(ctx, row.ID, key, limit)
	if err != nil {
		return Page[VersionRow]{}, err
	}
	return s.versionPage(row, rows, limit), nil
}

// versionPage takes one row more than limit when there are more; that row also
// shows whether the last line changed its method.
func (s *Service) versionPage(crate registry.Crate, rows []registry.CrateVersion, limit int) Page[VersionRow] {
	page := Page[VersionRow]{Rows: []VersionRow{}, Total: crate.Versions}
	shown, more := cut(rows, limit)
	for i, v := range shown {
		line := s.versionRow(crate, v)
		if i+1 < len(rows) && rows[i+1].Method.Trusted() && !v.Method.Trusted() && s.cfg.Dump == nil {
			line.Marks = append(line.Marks, Mark{"not by trusted publishing, as the one before was", "warn"})
		}
		page.Rows = append(page.Rows, line)
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
