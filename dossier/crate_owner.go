package dossier

import (
	"fmt"
	"time"

	"cratewarden"
	"cratewarden/registry"
)

func (s *Service) owners(crate registry.Crate, core registry.CrateCore) Owners {
	out := Owners{Active: []Owner{}, Former: []Owner{}, Invitations: s.invitations(crate, core.Invitations)}
	for _, o := range core.Owners {
		line := Owner{
			Person: personOf(o.Person), AddedAt: o.AddedAt, AddedBy: personPointer(o.AddedBy), Publishes: o.Publishes,
			How: s.howOwner(o),
		}
		if o.Former {
			line.RemovedAt = &o.ChangedAt
			out.Former = append(out.Former, line)
			continue
		}
		out.Active = append(out.Active, line)
	}
	if s.cfg.Dump != nil {
		out.FormerAbsent = cratewarden.NotInDump
	}
	return out
}

// howOwner says how an ownership came to be, as far as the last state of its
// row tells (contract actions.md section 4).
func (s *Service) howOwner(o registry.Owner) string {
	by := personPointer(o.AddedBy)
	var how string
	switch {
	case o.FirstPublish:
		how = "first publish"
	case by == nil && s.cfg.Dump != nil:
		// The dump also leaves out the accounts of some who added others.
		how = "who added them is not recorded in the public dump"
	case by == nil:
		how = "who added them is not recorded"
	case o.Team:
		how = "team added by " + called(by)
	case by.ID == o.ID:
		how = "added by themselves"
	default:
		how = "invited by " + called(by) + " and accepted"
	}
	// The row of somebody added again keeps its first time and inviter.
	if s.cfg.Dump == nil && !o.Former && o.ChangedAt.Sub(o.AddedAt) > time.Minute {
		how += fmt.Sprintf("; changed on %s, so perhaps removed and added again", day(o.ChangedAt))
	}
	return how
}

func (s *Service) invitations(crate registry.Crate, rows []registry.CrateInvitation) Page[Invitation] {
	page := Page[Invitation]{Section: s.private(), Rows: []Invitation{}, Total: len(rows)}
	now := s.clock()
	for _, i := range rows {
		page.Rows = append(page.Rows, Invitation{
			Crate: crate.Name, Invitee: personOf(i.Invitee), Inviter: personOf(i.Inviter),
			CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, Open: i.ExpiresAt.After(now),
		})
	}
	return page
}

func (s *Service) publishers(crate registry.Crate, core registry.CrateCore) Publishers {
	out := Publishers{Section: s.private(), Configs: []Publisher{}, LiveTokens: core.LiveTokens}
	for _, p := range core.Publishers {
		out.Configs = append(out.Configs, Publisher{
			ID: p.ID, Provider: p.Provider, Crate: crate.Name, Origin: p.Origin, OwnerID: p.OwnerID,
			Workflow: p.Workflow, Environ: p.Environment, CreatedAt: p.CreatedAt,
		})
	}
	return out
}
