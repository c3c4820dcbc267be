package dossier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// findCrate finds a crate by name in any spelling. The error for a name
// without a crate says what became of the name.
func (s *Service) findCrate(ctx context.Context, name string) (registry.Crate, error) {
	row, err := s.reader.Crate(ctx, name)
	return row, s.noCrate(ctx, name, err)
}

// noCrate makes the error that no crate has a name say what became of the name.
func (s *Service) noCrate(ctx context.Context, name string, err error) error {
	if cratewarden.KindOf(err) != cratewarden.NotFound {
		return err
	}
	record, err := s.reader.Name(ctx, name)
	if err != nil {
		return err
	}
	sentence, _ := s.nameTruth(name, registry.Crate{}, record)
	return cratewarden.Errorf(cratewarden.NotFound, "%s", sentence)
}

// NameAnswer says whether a name could be published now, and what the registry
// knows of it. Any text is answered; the error is never NotFound.
func (s *Service) NameAnswer(ctx context.Context, name string) (*NameAnswer, error) {
	row, err := s.reader.Crate(ctx, name)
	if err != nil && cratewarden.KindOf(err) != cratewarden.NotFound {
		return nil, err
	}
	record, err := s.reader.Name(ctx, name)
	if err != nil {
		return nil, err
	}
	truth, free := s.nameTruth(name, row, record)
	return &NameAnswer{
		Name: name, Free: free, Truth: truth, Crate: row.Name,
		History: s.nameHistory(name, row.ID, record), Near: s.lookalikes(name, row.ID),
	}, nil
}

// nameTruth is the answer in a sentence, in the order of the registry's own
// checks (contract publish.md section 2).
func (s *Service) nameTruth(name string, crate registry.Crate, record registry.NameRecord) (sentence string, free bool) {
	now := s.clock()
	block := blocking(record, now)
	switch {
	case crate.ID != 0:
		return fmt.Sprintf("The name is taken by the crate %s, published first on %s.", crate.Name, day(crate.CreatedAt)), false
	case !cratewarden.ValidName(name):
		return "No crate can have this name: 1 to 64 ASCII letters, digits, “-” or “_”, of which the first is a letter.", false
	case len(record.Reserved) > 0:
		return fmt.Sprintf("There is no crate %s, and nobody may publish one: the name is reserved (as %s).", name, record.Reserved[0]), false
	case block != nil && block.AvailableAt.Year() == 9999:
		return fmt.Sprintf("There is no crate %s any more: it was deleted on %s, and the name is blocked for ever.", name, day(block.DeletedAt)), false
	case block != nil:
		return fmt.Sprintf("There is no crate %s any more: it was deleted on %s; the name can be published again from %s UTC.",
			name, day(block.DeletedAt), block.AvailableAt.Format("2006-01-02 15:04")), false
	case len(record.Deleted) > 0:
		return fmt.Sprintf("There is no crate %s any more: it was deleted on %s. Anybody could publish the name now.",
			name, day(record.Deleted[0].DeletedAt)), true
	}
	return fmt.Sprintf("There is no crate %s. Anybody could publish the name now.", name), true
}

// blocking is the deletion that keeps a name from being published longest, nil
// when none does.
func blocking(record registry.NameRecord, now time.Time) *registry.DeletedName {
	var longest *registry.DeletedName
	for i, d := range record.Deleted {
		if d.AvailableAt.After(now) && (longest == nil || d.AvailableAt.After(longest.AvailableAt)) {
			longest = &record.Deleted[i]
		}
	}
	return longest
}

func (s *Service) nameHistory(name string, crateID int32, record registry.NameRecord) NameHistory {
	out := NameHistory{Reserved: len(record.Reserved) > 0, Deleted: s.deletedNames(record.Deleted), Twins: []NearName{}}
	if !s.cfg.Mirror.Ready(mirror.PartCrates) {
		return out
	}
	for _, c := range s.cfg.Mirror.Twins(name) {
		if c.ID == crateID {
			continue
		}
		reason := "looks the same at a glance"
		if cratewarden.CanonName(c.Name) == cratewarden.CanonName(name) {
			reason = "differs only by case, “-” and “_”"
		}
		out.Twins = append(out.Twins, NearName{ID: c.ID, Name: c.Name, Reason: reason, Downloads: c.Downloads})
	}
	return out
}

func (s *Service) deletedNames(rows []registry.DeletedName) []DeletedName {
	out := []DeletedName{}
	now := s.clock()
	for _, d := range rows {
		out = append(out, DeletedName{
			Name: d.Name, CreatedAt: d.CreatedAt, DeletedAt: d.DeletedAt, DeletedBy: personPointer(d.DeletedBy),
			Message: d.Message, AvailableAt: d.AvailableAt, Available: !d.AvailableAt.After(now),
		})
	}
	return out
}

// lookalikes are names near another, most downloaded first; none until the
// mirror has loaded the crates.
func (s *Service) lookalikes(name string, crateID int32) []NearName {
	out := []NearName{}
	if !s.cfg.Mirror.Ready(mirror.PartCrates) {
		return out
	}
	for _, l := range s.cfg.Mirror.LookalikeCrates(name, 20) {
		if l.ID != crateID {
			out = append(out, NearName{ID: l.ID, Name: l.Name, Reason: l.Reason, Downloads: l.Downloads})
		}
	}
	slices.SortStableFunc(out, func(a, b NearName) int { return int(max(-1, min(1, b.Downloads-a.Downloads))) })
	return out
}

// Names lists names that are not free: reserved for crates, reserved for
// accounts, deleted. With a query the lists hold names that begin so in
// canonical form, and Answer says whether the name itself could be published.
// A page key belongs to one list, so After needs Kind.
func (s *Service) Names(ctx context.Context, f NameFilter) (*Names, error) {
	if f.After != "" && f.Kind == "" {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Say which list the page key belongs to: reserved, usernames or deleted.")
	}
	if !slices.Contains([]string{"", "reserved", "usernames", "deleted"}, f.Kind) {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "There is no such list of names. The lists are reserved, usernames and deleted.")
	}
	if err := known(words{f.Available, "availability", []string{"yes", "no"}}); err != nil {
		return nil, err
	}
	if f.Available != "" && f.Kind != "" && f.Kind != "deleted" {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Only the list of deleted names can be narrowed to those that are available. Ask for that list, or leave the filter out.")
	}
	out := &Names{Fresh: s.fresh(), Query: f.Query}
	out.Reserved.Rows, out.Usernames.Rows, out.Deleted.Rows = []ReservedName{}, []ReservedName{}, []DeletedName{}
	limit := limited(f.Limit, 50, 500)
	wants := func(kind string) bool { return f.Kind == "" || f.Kind == kind }
	var err error
	if f.Query != "" {
		out.Answer, err = s.NameAnswer(ctx, f.Query)
	}
	if err == nil && wants("reserved") {
		out.Reserved, err = reservedPage(ctx, s.reader.Reserved, f, limit)
	}
	if err == nil && wants("usernames") {
		out.Usernames, err = reservedPage(ctx, s.reader.ReservedUsernames, f, limit)
	}
	if err == nil && wants("deleted") {
		out.Deleted, err = s.deletedPage(ctx, f, limit)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// reservedQuery is one of the reader's two lists of reserved names.
type reservedQuery func(ctx context.Context, prefix, after string, limit int) ([]registry.ReservedName, error)

func reservedPage(ctx context.Context, list reservedQuery, f NameFilter, limit int) (Page[ReservedName], error) {
	page := Page[ReservedName]{Rows: []ReservedName{}, Total: -1}
	rows, err := list(ctx, f.Query, f.After, limit)
	if err != nil {
		return page, err
	}
	shown, more := cut(rows, limit)
	for _, n := range shown {
		line := ReservedName{Name: n.Name}
		if len(n.Twins) > 0 {
			line.Twin = n.Twins[0]
		}
		page.Rows = append(page.Rows, line)
	}
	if more {
		page.Next = shown[limit-1].Name
	}
	return page, nil
}

func (s *Service) deletedPage(ctx context.Context, f NameFilter, limit int) (Page[DeletedName], error) {
	page := Page[DeletedName]{Rows: []DeletedName{}, Total: -1}
	var key registry.DeletedKey
	if f.After != "" {
		micros, id, err := splitPair(f.After)
		if err != nil {
			return page, err
		}
		key = registry.DeletedKey{DeletedAt: time.UnixMicro(micros).UTC(), ID: int32(id)}
	}
	rows, err := s.reader.Deleted(ctx, f.Query, choice(f.Available, "yes"), key, limit)
	if err != nil {
		return page, err
	}
	shown, more := cut(rows, limit)
	page.Rows = s.deletedNames(shown)
	if more {
		end := shown[limit-1]
		page.Next = pair(end.DeletedAt.UnixMicro(), int64(end.ID))
	}
	return page, nil
}
