package dossier

import (
	"time"

	"cratewarden/mirror"
	"cratewarden/registry"
)

// The states of an API token; the first that holds is shown.
const (
	stateRevoked     = "revoked"
	stateExpired     = "expired"
	stateOwnerLocked = "owner locked"
	stateLive        = "live"
)

func tokenState(t registry.Token, now time.Time) string {
	switch {
	case t.Revoked:
		return stateRevoked
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return stateExpired
	case t.Owner.Locked:
		return stateOwnerLocked
	}
	return stateLive
}

func (s *Service) tokenRow(t registry.Token) Token {
	out := Token{
		ID: t.ID, Owner: personOf(t.Owner), MaskedName: maskName(t.Name), CreatedAt: t.CreatedAt, LastUsedAt: t.LastUsedAt,
		ExpiresAt: t.ExpiresAt, Revoked: t.Revoked, State: tokenState(t, s.clock()), Legacy: t.Legacy, Publishes: -1,
	}
	out.Endpoints, out.Crates = scopeWords(t.Legacy, t.Endpoints, t.Crates)
	if s.loading(mirror.PartVersions, mirror.PartActions).Absent == "" {
		out.Publishes = s.cfg.Mirror.PublishedWithTokenCount(t.ID)
	}
	return out
}

func (s *Service) tokenPage(v *accountView) Page[Token] {
	page := Page[Token]{Section: s.loading(mirror.PartTokens), Rows: []Token{}, Total: v.tokens}
	for _, t := range v.core.Tokens {
		page.Rows = append(page.Rows, s.tokenRow(t))
	}
	return page
}
