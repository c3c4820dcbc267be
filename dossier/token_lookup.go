package dossier

import (
	"context"
	"fmt"
	"slices"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
	secret "cratewarden/registry/credential"
)

// tokenEvents bounds what is shown of what a token did.
const tokenEvents = 100

// Token finds the row of a pasted credential of either kind by its hash, and
// says whose it is and what was done with it. It only reads, so that
// last_used_at stays as it is, and nothing of the plain text is in the answer
// or in an error. What is not a whole credential is Invalid; an unknown one is
// an answer with Found false.
func (s *Service) Token(ctx context.Context, plaintext string) (*TokenLookup, error) {
	c, err := secret.Parse(plaintext)
	if err != nil {
		return nil, err
	}
	out := &TokenLookup{Fresh: s.fresh(), Kind: c.Kind.Label(), Yanks: []Event{}}
	out.Publishes = Page[VersionRow]{Section: s.private(), Rows: []VersionRow{}}
	if s.cfg.Dump != nil {
		out.Truth = "Whose token this is cannot be said: tokens are " + cratewarden.NotInDump + "."
		return out, nil
	}
	if c.Kind == secret.PublisherToken {
		err = s.publisherToken(ctx, c, out)
	} else {
		err = s.apiToken(ctx, c, out)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Service) apiToken(ctx context.Context, c secret.Credential, out *TokenLookup) error {
	row, err := s.reader.TokenByHash(ctx, c)
	if err != nil {
		return err
	}
	if row == nil {
		out.Truth = "It has the form of an API token, but the registry has none with this hash. The registry never deletes tokens, so it is not one of its own."
		return nil
	}
	token := s.tokenRow(*row)
	out.Found, out.Token = true, &token
	out.Truth, out.Tone = tokenTruth(token)
	out.Publishes.Section = s.loading(mirror.PartVersions, mirror.PartActions)
	if out.Publishes.Absent != "" {
		out.Publishes.Total = -1
		return nil
	}
	return s.doneWith(ctx, row.ID, token.Publishes, out)
}

func tokenTruth(t Token) (sentence, tone string) {
	whose := fmt.Sprintf("API token %d of %s may %s on %s", t.ID, called(&t.Owner), t.Endpoints, t.Crates)
	switch t.State {
	case stateRevoked:
		return fmt.Sprintf("Revoked: API token %d of %s is refused. When it was revoked is not recorded.", t.ID, called(&t.Owner)), ""
	case stateExpired:
		return fmt.Sprintf("Expired on %s: API token %d of %s is refused.", day(t.ExpiresAt), t.ID, called(&t.Owner)), ""
	case stateOwnerLocked:
		return whose + "; it is refused only as long as its owner is locked.", "warn"
	}
	return "Live: " + whose + " now.", "bad"
}

// doneWith fills in what was published and yanked with an API token.
func (s *Service) doneWith(ctx context.Context, id int32, publishes int, out *TokenLookup) error {
	shown := s.cfg.Mirror.PublishedWithToken(id, tokenEvents)
	rows, err := s.versionsOf(ctx, shown)
	if err != nil {
		return err
	}
	out.Publishes.Rows, out.Publishes.Total = rows, publishes
	var done Timeline
	for _, a := range s.cfg.Mirror.ActionsWithToken(id, 10*tokenEvents) {
		if a.Kind != mirror.ActionPublish && len(done.Events) < tokenEvents {
			s.addAction(&done, a)
		}
	}
	out.Yanks = append(out.Yanks, done.Events...)
	return nil
}

// versionsOf reads the rows of versions of the mirror, in their order.
func (s *Service) versionsOf(ctx context.Context, list []mirror.Version) ([]VersionRow, error) {
	publishes := make([]mirror.Publish, len(list))
	for i, v := range list {
		publishes[i] = mirror.Publish{Version: v}
	}
	rows, err := s.reader.VersionsByID(ctx, publishIDs(publishes))
	out := versionRows(s.publishRows(publishes, rows))
	s.holds(ctx, "").markRows(out)
	return out, err
}

func (s *Service) publisherToken(ctx context.Context, c secret.Credential, out *TokenLookup) error {
	row, err := s.reader.PublisherTokenByHash(ctx, c)
	if err != nil {
		return err
	}
	if row == nil {
		out.Truth = "It is a whole trusted publishing token, but the registry has none with this hash. They live for 30 minutes and are " +
			"deleted some time after, so it may have been one of its own."
		return nil
	}
	now := s.clock()
	out.Found = true
	out.Live = &LiveToken{
		CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt, Expired: !row.ExpiresAt.After(now), Crates: row.Crates,
		Origin: row.Claims.Origin(), Run: row.Claims.Run(), Commit: row.Claims.Commit,
	}
	out.Truth, out.Tone = liveTruth(out.Live, row)
	list := make([]mirror.Version, len(row.Versions))
	for i, v := range row.Versions {
		list[i] = mirror.Version{ID: v.ID, CrateID: v.CrateID}
	}
	out.Publishes.Total = len(list)
	out.Publishes.Rows, err = s.versionsOf(ctx, list)
	return err
}

func liveTruth(t *LiveToken, row *registry.PublisherToken) (sentence, tone string) {
	on := counted(len(row.CrateIDs), "crate")
	if len(t.Crates) > 0 && len(t.Crates) <= 3 {
		on = andList(t.Crates)
	}
	from := ""
	if t.Origin != "" {
		from = " from " + t.Origin
	}
	if t.Expired {
		return fmt.Sprintf("Run out on %s UTC: it could publish %s%s.", t.ExpiresAt.Format("2006-01-02 15:04"), on, from), ""
	}
	return fmt.Sprintf("Live until %s UTC: it can publish new versions of %s%s, whatever is locked. To stop it, its row must be deleted.",
		t.ExpiresAt.Format("15:04"), on, from), "bad"
}

// andList joins names for a sentence: "a", "a and b", "a, b and c".
func andList(names []string) string {
	text := ""
	for i, name := range slices.All(names) {
		switch {
		case i == 0:
		case i == len(names)-1:
			text += " and "
		default:
			text += ", "
		}
		text += name
	}
	return text
}
