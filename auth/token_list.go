package auth

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// APITokens gives a person's API tokens, newest first; those that ended stay to
// be seen for a while.
func (s *Service) APITokens(ctx context.Context, person string) ([]APIToken, error) {
	rows, err := s.cfg.Console.Query(ctx, `SELECT `+tokenColumns+` FROM api_token t WHERE t.person = $1
		ORDER BY t.created_at DESC, t.id LIMIT 500`, person)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (APIToken, error) {
		var row tokenRow
		err := r.Scan(row.scan()...)
		row.complete()
		return row.APIToken, err
	})
	return out, pg.Map(err)
}

// Masked is a token as others than its owner see it: its name may tell of a
// person, and a network may be a single address.
func (t APIToken) Masked() APIToken {
	t.Name = cratewarden.MaskName(t.Name)
	masked := make([]string, len(t.Networks))
	for i, n := range t.Networks {
		masked[i] = cratewarden.MaskAddress(n)
	}
	t.Networks = masked
	return t
}

// RevokeAPIToken ends a token for ever: one's own always, somebody else's by the
// act person.revoke-token. A token may end itself and no other.
func (s *Service) RevokeAPIToken(ctx context.Context, v Visitor, id string) error {
	if v.Person.ID == "" {
		return unsigned()
	}
	var owner, name string
	err := s.cfg.Console.QueryRow(ctx, `SELECT p.id, p.name FROM api_token t JOIN person p ON p.id = t.person WHERE t.id = $1`, id).Scan(&owner, &name)
	if err := ignoreNone(err); err != nil {
		return pg.Map(err)
	}
	own := owner == v.Person.ID && (v.Token == nil || v.Token.ID == id)
	if !own {
		if err := s.May(ctx, v, "person.revoke-token"); err != nil {
			return err
		}
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return cratewarden.Errorf(cratewarden.NotFound, "There is no such API token.")
	}
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, `UPDATE api_token SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL`,
			id, s.clock().Truncate(time.Microsecond), v.Person.ID)
		if err != nil || done.RowsAffected() == 0 {
			return err
		}
		return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "api-token.revoke", Actor: actorOf(v.Person), Session: v.Actor.Session,
			Subjects: []ledger.Subject{{Kind: "console-token", ID: id}, {Kind: "person", ID: owner, Name: name}}})
	})
}
