package dossier

import (
	"context"

	"cratewarden/mirror"
)

// Team gives everything known about an owner team. Who is in it, and who acted
// for it, the registry does not keep. The error is NotFound when there is no
// such team.
func (s *Service) Team(ctx context.Context, id int32) (*Team, error) {
	row, err := s.reader.Team(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &Team{Fresh: s.fresh(), ID: row.ID, Login: row.Login, Name: row.Name, GitHubID: row.GitHubID, OrgID: row.OrgID}
	if out.Crates, err = s.ownedBy(ctx, owner{id, true, row.Login}, OwnedFilter{}); err != nil {
		return nil, err
	}
	out.Former, err = s.formerOfTeam(ctx, id, row.Login)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// TeamCrates gives a further page of a team's crates, or with a key of
// Team.Former of its former ones; see AccountCrates.
func (s *Service) TeamCrates(ctx context.Context, id int32, f OwnedFilter) (Page[OwnedCrate], error) {
	row, err := s.reader.Team(ctx, id)
	if err != nil {
		return Page[OwnedCrate]{}, err
	}
	return s.ownedBy(ctx, owner{id, true, row.Login}, f)
}

func (s *Service) formerOfTeam(ctx context.Context, id int32, login string) (Page[OwnedCrate], error) {
	page := Page[OwnedCrate]{Section: s.private(), Rows: []OwnedCrate{}}
	if page.Absent == "" {
		page.Section = s.loading(mirror.PartOwners)
	}
	if page.Absent != "" {
		return page, nil
	}
	return s.ownedBy(ctx, owner{id, true, login}, OwnedFilter{Former: true})
}
