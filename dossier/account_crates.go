package dossier

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// ownerships gives what an account or a team owns and owned, newest first.
func (s *Service) ownerships(owner int32, team bool) (active, former []mirror.Owner) {
	for _, o := range s.cfg.Mirror.Owned(owner, team) {
		if o.Deleted {
			former = append(former, o)
		} else {
			active = append(active, o)
		}
	}
	slices.SortFunc(active, newestOwned)
	slices.SortFunc(former, newestOwned)
	return active, former
}

func newestOwned(a, b mirror.Owner) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.CrateID, a.CrateID))
}

// ownedKey is the key of a page of crates. Former ones have a letter before
// it, since one method gives the pages of both lists.
func ownedKey(o mirror.Owner) string {
	key := pair(o.CreatedAt.UnixMicro(), int64(o.CrateID))
	if o.Deleted {
		return formerStart + key
	}
	return key
}

// formerStart is the key of the first page of former crates.
const formerStart = "f"

// ownedAfter cuts a page out of ownerships that are newest first.
func ownedAfter(rows []mirror.Owner, after string, limit int) (page []mirror.Owner, next string, err error) {
	if after = strings.TrimPrefix(after, formerStart); after != "" {
		micros, crate, err := splitPair(after)
		if err != nil {
			return nil, "", err
		}
		start := slices.IndexFunc(rows, func(o mirror.Owner) bool {
			return cmp.Or(cmp.Compare(o.CreatedAt.UnixMicro(), micros), cmp.Compare(int64(o.CrateID), crate)) < 0
		})
		if start < 0 {
			return nil, "", nil
		}
		rows = rows[start:]
	}
	page, more := cut(rows, limit)
	if more {
		next = ownedKey(page[len(page)-1])
	}
	return page, next, nil
}

// AccountCrates gives a page of the crates that an account owns and that pass a
// filter, the newest ownership first, after the key of the page before. Crates that it got rights
// to through a team are not among them, because the registry does not keep who
// is in a team. Keys of Account.Former give the pages of former crates. The
// limit is 100 unless said, at most 500; the total counts what passes.
func (s *Service) AccountCrates(ctx context.Context, id int32, f OwnedFilter) (Page[OwnedCrate], error) {
	if _, found := s.cfg.Mirror.Account(id); !found && s.cfg.Mirror.Ready(mirror.PartAccounts) {
		return Page[OwnedCrate]{}, cratewarden.Errorf(cratewarden.NotFound, "There is no account with the id %d.", id)
	}
	return s.ownedBy(ctx, owner{id: id}, f)
}

// owner is an account, or a team with the login through which rights come.
type owner struct {
	id   int32
	team bool
	via  string
}

// ownedBy reads one page of the crates of an account or a team, in one
// statement. Names are filtered by the mirror. The state of a crate is known to
// the registry alone, so a filter for it reads the facts of all that are left,
// not of one page.
func (s *Service) ownedBy(ctx context.Context, who owner, f OwnedFilter) (Page[OwnedCrate], error) {
	page := Page[OwnedCrate]{Section: s.loading(mirror.PartOwners), Rows: []OwnedCrate{}}
	if err := f.check(); err != nil {
		return page, err
	}
	rows, former := s.ownerships(who.id, who.team)
	if f.former() {
		rows = former
	}
	if f.Prefix != "" {
		if page.Absent == "" {
			page.Section = s.loading(mirror.PartCrates)
		}
		rows = slices.DeleteFunc(rows, func(o mirror.Owner) bool { return !s.crateStarts(o.CrateID, f.Prefix) })
	}
	if page.Total = len(rows); page.Absent != "" {
		return page, nil
	}
	limit := limited(f.Limit, accountCrates, 500)
	shown, next, err := ownedAfter(rows, f.After, limit)
	if err != nil {
		return page, err
	}
	asked := shown
	if f.State != "" {
		asked = rows
	}
	facts, err := s.ownedFacts(ctx, who, asked)
	if err != nil {
		return page, err
	}
	if f.State != "" {
		rows = slices.DeleteFunc(rows, func(o mirror.Owner) bool { return !f.passes(facts[o.CrateID]) })
		page.Total = len(rows)
		shown, next, _ = ownedAfter(rows, f.After, limit)
	}
	page.Rows, page.Next = s.ownedLines(shown, facts, f.former(), who.via), next
	return page, nil
}

func (s *Service) ownedFacts(ctx context.Context, who owner, list []mirror.Owner) (map[int32]registry.OwnedCrate, error) {
	ids := make([]int32, len(list))
	for i, o := range list {
		ids[i] = o.CrateID
	}
	rows, err := s.reader.OwnedCrates(ctx, ids, who.id, who.team)
	return byCrate(rows), err
}

func (s *Service) crateStarts(id int32, prefix string) bool {
	crate, _ := s.cfg.Mirror.CrateRow(id)
	return strings.HasPrefix(cratewarden.CanonName(crate.Name), cratewarden.CanonName(prefix))
}

func (s *Service) activePage(v *accountView) Page[OwnedCrate] {
	page := Page[OwnedCrate]{Section: s.loading(mirror.PartOwners), Total: len(v.active)}
	shown, next, _ := ownedAfter(v.active, "", accountShown)
	page.Rows, page.Next = s.ownedLines(shown, v.crates, false, ""), next
	return page
}

func (s *Service) formerPage(v *accountView) Page[OwnedCrate] {
	page := Page[OwnedCrate]{Section: s.private(), Total: len(v.former)}
	if page.Absent == "" {
		page.Section = s.loading(mirror.PartOwners)
	}
	shown, next, _ := ownedAfter(v.former, "", accountShown)
	page.Rows, page.Next = s.ownedLines(shown, v.crates, true, ""), next
	return page
}

func byCrate(rows []registry.OwnedCrate) map[int32]registry.OwnedCrate {
	facts := make(map[int32]registry.OwnedCrate, len(rows))
	for _, c := range rows {
		facts[c.ID] = c
	}
	return facts
}

// ownedLines describes a page. Where the registry says otherwise than the
// mirror whether the ownership is over, the registry is right, and the crate
// is in the other list within seconds.
func (s *Service) ownedLines(page []mirror.Owner, facts map[int32]registry.OwnedCrate, former bool, via string) []OwnedCrate {
	lines := []OwnedCrate{}
	for _, o := range page {
		if c, found := facts[o.CrateID]; found && c.Owned && c.Former == former {
			lines = append(lines, s.ownedLine(c, via))
		}
	}
	return lines
}

func (s *Service) ownedLine(c registry.OwnedCrate, via string) OwnedCrate {
	line := OwnedCrate{
		ID: c.ID, Name: c.Name, Description: c.Description, Since: c.Since, Via: via, Owners: c.Owners, Versions: c.Versions,
		Yanked: c.Yanked, AllYanked: c.Versions > 0 && c.Yanked == c.Versions, Default: c.Default, LastPublish: c.LastPublish,
		CreatedAt: c.CreatedAt, Downloads: c.Downloads, Recent: c.Recent, Dependents: s.dependentCount(c.ID), Size: int64(c.Size),
		CodeLines: c.CodeLines, Bins: c.BinNames, Empty: c.DefaultID != 0 && hollow(c.Size, c.CodeLines), Repository: c.Repository,
	}
	if c.Former {
		line.Until = &c.ChangedAt
	}
	return line
}

// dependentCount counts crates with any version that depends on one, -1 while
// that loads.
func (s *Service) dependentCount(crate int32) int {
	if s.loading(mirror.PartVersions, mirror.PartDependencies).Absent != "" {
		return -1
	}
	return s.cfg.Mirror.Dependents(crate, 0).AnyVersion
}

// The bounds below which a crate is but a skeleton: what `cargo new` makes has
// at most 14 lines of code and packs into less than a kibibyte and a half, a
// README or license file included. Without a count of lines the size alone
// must be smaller still.
const (
	hollowLines    = 15
	hollowSize     = 4096
	hollowSizeOnly = 1500
)

func hollow(size int32, lines int) bool {
	if lines < 0 {
		return size <= hollowSizeOnly
	}
	return lines <= hollowLines && size <= hollowSize
}
