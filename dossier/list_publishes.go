package dossier

import (
	"context"
	"strconv"

	"cratewarden"
	"cratewarden/mirror"
)

// feedRows is how many publishes a page shows unless said.
const feedRows = 50

// Publishes gives the feed of new versions that pass a filter, newest first:
// the newest at first, those before the key Next on further pages. Prev is the
// id of the newest row; asked for with After, it gives what came since. The
// limit is 50 unless said, at most 400. A dump tells no methods, so that there
// the feed of one method is absent and not empty.
func (s *Service) Publishes(ctx context.Context, f PublishFilter) (*Publishes, error) {
	q, err := feedQuery(f)
	if err != nil {
		return nil, err
	}
	out := &Publishes{Fresh: s.fresh()}
	out.Rows = Page[PublishRow]{Section: s.logged(mirror.PartCrates, mirror.PartVersions), Rows: []PublishRow{}, Total: -1}
	if q.Method != "" && s.cfg.Dump != nil {
		out.Rows.Absent = cratewarden.NotInDump
	}
	if out.Rows.Absent != "" {
		return out, nil
	}
	shown, more := cut(s.cfg.Mirror.Recent(q), q.Limit-1)
	rows, err := s.reader.VersionsByID(ctx, publishIDs(shown))
	if err != nil {
		return nil, err
	}
	out.Rows.Rows = s.publishRows(shown, rows)
	s.holds(ctx, "").markPublishes(out.Rows.Rows)
	if more {
		out.Rows.Next = lastID(shown)
	}
	if len(shown) > 0 {
		out.Rows.Prev = strconv.Itoa(int(shown[0].ID))
	}
	return out, nil
}

func feedQuery(f PublishFilter) (mirror.Recent, error) {
	method := cratewarden.Method(f.Method)
	switch method {
	case "", cratewarden.MethodToken, cratewarden.MethodSession, cratewarden.MethodGitHub, cratewarden.MethodGitLab,
		cratewarden.MethodAccount, cratewarden.MethodUnknown:
	default:
		return mirror.Recent{}, cratewarden.Errorf(cratewarden.Invalid,
			"There is no such way of publishing. The ways are token, session, github, gitlab, account and unknown.")
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return mirror.Recent{}, cratewarden.Errorf(cratewarden.Invalid, "The time since when must be before the time until when.")
	}
	return mirror.Recent{
		Before: f.Before, After: f.After, Limit: limited(f.Limit, feedRows, 400) + 1, Method: method, Account: f.Account,
		CratePrefix: f.Prefix, NewCrate: f.NewCrate, FirstBy: f.FirstBy, Yanked: f.Yanked, Since: f.Since, Until: f.Until,
	}, nil
}
