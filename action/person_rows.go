package action

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// personRows clear what our own tables keep of somebody who worked with the
// console. What stays is the id, which the ledger names for ever, public keys of
// passkeys, which prove what was agreed to, and names of who made plans.
func personRows() []string {
	return []string{
		`UPDATE session SET address = '', agent = '', subject = '' WHERE person = $1`,
		`UPDATE ask SET address = '', agent = '' WHERE person = $1 OR session IN (SELECT id FROM session WHERE person = $1)`,
		`UPDATE api_token SET used_from = '', name = '', networks = '{}', revoked_at = coalesce(revoked_at, now()) WHERE person = $1`,
		`UPDATE evidence_check SET actor_name = 'erased' WHERE actor_id = $1`,
		`UPDATE passkey SET name = '', removed_at = coalesce(removed_at, now()) WHERE person = $1`,
		`UPDATE delivery SET name = '', masked = '' WHERE person = $1`,
		`DELETE FROM identity WHERE person = $1`,
		`UPDATE person SET name = 'erased', mail = '', registry_user = NULL, registry_login = '', member = '{}' WHERE id = $1`,
	}
}

// eraseRows says what our own tables keep. Whoever is on the list of people
// would be written again from it within minutes.
func (r *Run) eraseRows(ctx context.Context, it Item[PersonErase], _ *found) error {
	if it.Do.Person == "" {
		r.Info(it.Step, "registry-stays", "The registry's rows of this account are not changed, and what it publishes, such as login and publishes, stays public.")
		return nil
	}
	var listed bool
	var sessions, identities, tokens, deliveries int
	err := r.engine.console.QueryRow(ctx, `SELECT listed, (SELECT count(*) FROM session WHERE person = p.id AND address <> ''),
			(SELECT count(*) FROM identity WHERE person = p.id), (SELECT count(*) FROM api_token WHERE person = p.id AND used_from <> ''),
			(SELECT count(*) FROM delivery WHERE person = p.id AND masked <> '')
		FROM person p WHERE id = $1`, it.Do.Person).Scan(&listed, &sessions, &identities, &tokens, &deliveries)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		r.Block(it.Step, "no-person", "This console knows nobody with the id %s.", it.Do.Person)
		return nil
	case err != nil:
		return pg.Map(err)
	case listed:
		r.Block(it.Step, "still-listed", "The list of people still has this person, and everything would be written again from it. Take them off the list first.")
		return nil
	}
	r.Info(it.Step, "in-rows", "The name, %s at sign-in providers, the addresses of %s and of %s, and masked addresses of %s are cleared. Passkeys stop working.",
		cratewarden.Amount(identities, "identity", "identities"), cratewarden.Amount(sessions, "session", "sessions"), cratewarden.Amount(tokens, "API token", "API tokens"), cratewarden.Amount(deliveries, "notice", "notices"))
	r.Info(it.Step, "name-stays", "The ledger goes on to name this person as the one who acted, and so do plans: that is the record of what an administrator did.")
	return nil
}

// eraseMentions points at notes in which more may stand than words that can be
// looked for. The ledger has them too, where they cannot be erased.
func (r *Run) eraseMentions(ctx context.Context, it Item[PersonErase], _ *found) error {
	subject := it.Do.subject()
	rows, err := r.engine.console.Query(ctx, `SELECT s.plan FROM plan_subject s JOIN plan p ON p.id = s.plan
		WHERE s.kind = $1 AND s.id = $2 AND s.plan <> $3 AND p.internal_note <> '' ORDER BY p.created_at DESC LIMIT 51`, subject.Kind, subject.ID, r.Plan.ID)
	if err != nil {
		return pg.Map(err)
	}
	plans, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(plans) == 0 {
		return pg.Map(err)
	}
	more := ""
	if len(plans) > 50 {
		plans, more = plans[:50], " and more"
	}
	r.Warn(it.Step, "in-notes", "Notes for colleagues in plans about this person may hold personal data. They are in the ledger as written, where nothing is erased; read them: %s%s.", strings.Join(plans, ", "), more)
	return nil
}
