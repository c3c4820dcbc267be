package incident

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cratewarden/action"
	"cratewarden/demo"
)

// drillState is how a situation stands in the registry and in the engine.
type drillState struct {
	// out are the versions, and the crates wholly, that are held or deleted, with
	// when.
	out  map[string]time.Time
	good map[int32]bool // versions.id of those that are not yanked
}

func (s *Service) drillState(ctx context.Context, k answers) (drillState, error) {
	d := drillState{map[string]time.Time{}, map[int32]bool{}}
	held, err := s.cfg.Engine.Held(ctx, "")
	if err != nil {
		return d, err
	}
	stones, err := s.cfg.Engine.Tombstones(ctx, action.TombstoneFilter{Limit: 5000})
	if err != nil {
		return d, err
	}
	for _, v := range held {
		d.take(v.Crate, v.Num, v.HeldAt)
	}
	for _, v := range stones {
		d.take(v.Crate, v.Num, v.DeletedAt)
	}
	if s.cfg.Reader == nil {
		return d, nil
	}
	var ids []int32
	for _, r := range slices.Concat(k.restore, k.stay) {
		ids = append(ids, r.VersionID)
	}
	rows, err := s.cfg.Reader.VersionsByID(ctx, ids)
	for _, v := range rows {
		d.good[v.ID] = !v.Yanked
	}
	return d, err
}

// take notes that a version is out of use. Crates of the flood have one version
// each, so that its time is the crate's.
func (d *drillState) take(crate, num string, at time.Time) {
	for _, id := range []string{crate, crate + "@" + num} {
		if first, known := d.out[id]; !known || at.Before(first) {
			d.out[id] = at
		}
	}
}

// deed is one step of an applied plan that still stands.
type deed struct {
	kind, id string // of the act; id of its subject
	at       time.Time
	place    int // order of all deeds
	sentence string
	plan     string
	ours     bool // the plan names the drill's case
	// elsewhere says that it names another case: its acts are that one's.
	elsewhere bool
}

// deeds are all acts since the drill began, oldest first.
func (s *Service) deeds(ctx context.Context, i Incident) (list []deed, err error) {
	before := ""
	var plans []planDone
	for {
		page, err := s.cfg.Engine.Plans(ctx, action.PlanFilter{Before: before, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			before = p.ID
			if p.AppliedAt == nil || p.AppliedAt.Before(i.OpenedAt) || p.Undoes != "" {
				continue
			}
			done, err := s.loadPlan(ctx, p)
			if err != nil {
				return nil, err
			}
			plans = append(plans, done)
		}
		if len(page) < 500 {
			break
		}
	}
	slices.SortFunc(plans, func(a, b planDone) int { return a.AppliedAt.Compare(*b.AppliedAt) })
	for _, p := range plans {
		for _, step := range p.steps {
			if subjects := step.Do.Subjects(); p.counts(step.N) && len(subjects) > 0 {
				ours := slices.Contains(i.ids(), p.Incident)
				_, err := numberOf(p.Incident)
				list = append(list, deed{step.Kind, subjects[0].ID, *p.AppliedAt, len(list), step.Do.Sentence(), p.ID, ours, !ours && err == nil})
			}
		}
	}
	return list, nil
}

// wanted says whether a deed is part of the right answer, or at least not wrong.
func (k answers) wanted(d deed) bool {
	crate, _, _ := strings.Cut(d.id, "@")
	version := func(list []demo.Release) bool {
		return slices.ContainsFunc(list, func(r demo.Release) bool { return releaseID(r) == d.id || r.Version == "" && r.Crate == crate })
	}
	account := func(list []demo.Account) bool {
		return slices.ContainsFunc(list, func(a demo.Account) bool { return strconv.Itoa(int(a.UserID)) == d.id })
	}
	switch d.kind {
	case "version.hold", "version.delete", "version.yank":
		return version(k.hold)
	case "crate.hold", "crate.delete":
		return !k.mixed[crate] && slices.ContainsFunc(k.hold, func(r demo.Release) bool { return r.Crate == crate })
	case "version.unyank":
		return version(k.restore)
	case "account.contain", "account.lock":
		return account(k.contain) || account(k.mayLock)
	case "token.revoke", "token.revoke_where", "publisher.suspend", "publisher.revoke_token", "name.reserve", "name.block":
		return true // beside the point
	}
	return false
}
