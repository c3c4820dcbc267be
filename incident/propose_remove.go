package incident

import (
	"context"
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident/related"
	"cratewarden/mirror"
)

// removedMessage is public: it is in the registry's dump.
const removedMessage = "Removed by the registry's team."

// ProposeRemoval proposes to delete what the case's plans hold: whole crates
// where all of a crate is held, single versions elsewhere. What depends on
// others goes before them, because deleting a crate destroys the rows by which
// others depend on it; where somebody outside the case would lose rows, the crate
// stays held. What was unyanked stays so. It is a plan of its own: deleting takes
// a second person and sealed evidence, and must not delay the containment.
func (s *Service) ProposeRemoval(ctx context.Context, id string) (Proposal, error) {
	i, err := s.Incident(ctx, id)
	if err != nil {
		return Proposal{}, err
	}
	if s.cfg.Engine == nil || s.cfg.Mirror == nil || !s.cfg.Mirror.Ready(mirror.PartDependencies) || !s.cfg.Mirror.Ready(mirror.PartVersions) {
		return Proposal{}, cratewarden.Errorf(cratewarden.Unavailable, "The console makes no plans, or is still reading the registry.")
	}
	p := Proposal{Incident: i.ID, Steps: []ProposedStep{}, Subjects: []related.Subject{}, FreshAt: s.cfg.Mirror.Status().FreshAt}
	held, err := s.heldBy(ctx, i)
	if err != nil {
		return p, err
	}
	if len(held) == 0 {
		p.Notes = append(p.Notes, "No plan of this case holds anything. Contain first; what is held can be deleted then.")
		return p.sealed(), nil
	}
	r := remover{m: s.cfg.Mirror, held: map[int32]action.HeldVersion{}, crates: map[int32]*doomed{}, p: &p}
	r.gather(held)
	r.spare()
	if err := r.steps(s.cfg.Engine.Catalogue()); err != nil {
		return p, err
	}
	p.Title = titleOf(p)
	return p.sealed(), nil
}

// heldBy gives what applied plans of a case hold; of those that were merged into
// it, too.
func (s *Service) heldBy(ctx context.Context, i Incident) (list []action.HeldVersion, err error) {
	ours := map[string]bool{}
	for _, id := range i.ids() {
		plans, err := s.cfg.Engine.Plans(ctx, action.PlanFilter{Incident: id, States: []action.State{action.Applied, action.Undone}, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, p := range plans {
			ours[p.ID] = true
		}
	}
	all, err := s.cfg.Engine.Held(ctx, "")
	return slices.DeleteFunc(all, func(v action.HeldVersion) bool { return !ours[v.Plan] }), err
}

// doomed is a crate of which something is to be deleted.
type doomed struct {
	crate mirror.Crate
	held  []action.HeldVersion
	whole bool // all its versions are held
	on    []int32
	stays string // why it stays held
}

type remover struct {
	m      *mirror.Mirror
	held   map[int32]action.HeldVersion
	crates map[int32]*doomed
	order  []*doomed
	p      *Proposal
}

func (r *remover) gather(held []action.HeldVersion) {
	for _, v := range held {
		row, ok := r.m.Version(v.ID)
		c, known := r.m.CrateRow(row.CrateID)
		if !ok || !known {
			continue // deleted already
		}
		r.held[v.ID] = v
		d := r.crates[c.ID]
		if d == nil {
			d = &doomed{crate: c}
			r.crates[c.ID], r.order = d, append(r.order, d)
		}
		d.held = append(d.held, v)
	}
	for _, d := range r.order {
		d.whole = !slices.ContainsFunc(r.m.VersionIDs(d.crate.ID), func(id int32) bool { _, held := r.held[id]; return !held })
		for _, v := range d.held {
			for _, on := range r.m.Dependencies(v.ID) {
				if r.crates[on.CrateID] != nil && on.CrateID != d.crate.ID {
					d.on = append(d.on, on.CrateID)
				}
			}
		}
	}
}

// spare keeps whole crates that versions outside the plan depend on.
func (r *remover) spare() {
	for again := true; again; {
		again = false
		for _, d := range r.order {
			if !d.whole || d.stays != "" {
				continue
			}
			for dep := range r.m.DependentVersions(d.crate.ID) {
				v, ok := r.m.Version(dep.VersionID)
				_, held := r.held[dep.VersionID]
				if !ok || held && r.crates[v.CrateID].stays == "" {
					continue
				}
				c, _ := r.m.CrateRow(v.CrateID)
				d.stays = fmt.Sprintf("%s stays held: %s %s depends on it and would lose that row for good.", d.crate.Name, c.Name, v.Num)
				again = true
				break
			}
		}
	}
}

// steps deletes what pulls in before what is pulled in. At each depth whole
// crates go first, so that a version between them parts the crates that depend on
// one another; what is deleted in one breath needs the word that this is known.
func (r *remover) steps(c *action.Catalogue) error {
	depth := r.depths()
	slices.SortStableFunc(r.order, func(a, b *doomed) int {
		if d := depth[b.crate.ID] - depth[a.crate.ID]; d != 0 {
			return d
		}
		return order(a.whole) - order(b.whole)
	})
	for _, d := range r.order {
		if d.stays != "" {
			r.p.Notes = append(r.p.Notes, d.stays)
			continue
		}
		if d.whole {
			do := action.DeleteCrate{CrateRef: action.CrateRef{Crate: d.crate.Name}, Message: removedMessage, AcceptDependents: r.pulledIn(d.crate.ID)}
			why := fmt.Sprintf("All %d of its versions are held.", len(d.held))
			if err := r.add(c, "crate.delete", do, why); err != nil {
				return err
			}
			continue
		}
		for _, v := range d.held {
			do := action.DeleteVersion{VersionRef: action.VersionRef{Crate: v.Crate, Version: v.Num}}
			if err := r.add(c, "version.delete", do, "Held since "+v.HeldAt.UTC().Format("2006-01-02 15:04:05 UTC")+". The crate's other versions stay."); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *remover) add(c *action.Catalogue, kind string, do action.Action, why string) error {
	text, err := c.Encode(kind, do)
	if err != nil {
		return err
	}
	r.p.Steps = append(r.p.Steps, ProposedStep{Do: text, Sentence: do.Sentence(), Why: why, Ticked: true, Subject: do.Subjects()[0]})
	return nil
}

// pulledIn says whether another crate of the plan depends on a crate.
func (r *remover) pulledIn(crate int32) bool {
	return slices.ContainsFunc(r.order, func(d *doomed) bool { return slices.Contains(d.on, crate) })
}

func (r *remover) depths() map[int32]int {
	depth := map[int32]int{}
	var walk func(d *doomed) int
	walk = func(d *doomed) int {
		if n, seen := depth[d.crate.ID]; seen {
			return n
		}
		depth[d.crate.ID] = 0 // a circle ends here
		n := 0
		for _, on := range d.on {
			n = max(n, walk(r.crates[on])+1)
		}
		depth[d.crate.ID] = n
		return n
	}
	for _, d := range r.order {
		walk(d)
	}
	return depth
}
