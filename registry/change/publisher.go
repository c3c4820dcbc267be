package change

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// Publisher is a trusted publisher: a workflow elsewhere that may publish a
// crate without anybody's account (contract actions.md 9).
type Publisher struct {
	Provider string // "github" or "gitlab"
	ID       int32
	Crate    int32
	Label    string // what it is, such as "owner/repository, release.yml"
}

// publisherTable names the table of a provider.
func publisherTable(provider string) (string, error) {
	switch provider {
	case "github", "gitlab":
		return "trustpub_configs_" + provider, nil
	}
	return "", cratewarden.Errorf(cratewarden.Invalid, "There is no provider %q; known are github and gitlab.", provider)
}

// publishers is SQL for all trusted publishers.
const publishers = `
	SELECT provider, id, crate_id, label FROM (
		SELECT 'github' AS provider, id, crate_id, repository_owner || '/' || repository_name || ', ' || workflow_filename AS label FROM trustpub_configs_github
		UNION ALL
		SELECT 'gitlab', id, crate_id, namespace || '/' || project || ', ' || workflow_filepath FROM trustpub_configs_gitlab) p`

// PublishersOf gives the trusted publishers of crates. There is no index by
// crate; the tables are small.
func (t *Tx) PublishersOf(ctx context.Context, crates []int32) ([]Publisher, error) {
	return t.publishers(ctx, publishers+` WHERE p.crate_id = ANY ($1) ORDER BY 1, 2`, crates)
}

// Publishers gives trusted publishers of one provider by their ids.
func (t *Tx) Publishers(ctx context.Context, provider string, ids []int32) ([]Publisher, error) {
	return t.publishers(ctx, publishers+` WHERE p.provider = $1 AND p.id = ANY ($2) ORDER BY 1, 2`, provider, ids)
}

func (t *Tx) publishers(ctx context.Context, sql string, args ...any) ([]Publisher, error) {
	rows, err := t.Query(ctx, sql, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Publisher])
	return out, pg.Map(err)
}

// DeletePublishers deletes trusted publishers of one provider. Undo puts their
// rows back under their own ids. steps go by id.
func (t *Tx) DeletePublishers(ctx context.Context, provider string, steps map[int32]int) error {
	table, err := publisherTable(provider)
	if err != nil || len(steps) == 0 {
		return err
	}
	ids, by := stepKeys(steps)
	if _, err := t.Watch(ctx, Watch{Table: table, Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: by, Lock: true}); err != nil {
		return err
	}
	_, err = t.Exec(ctx, fmt.Sprintf(`DELETE FROM %s WHERE id = ANY ($1)`, pgx.Identifier{table}.Sanitize()), ids)
	return pg.Map(err)
}

// PublishToken is a short-lived token that a trusted publisher got.
type PublishToken struct {
	ID     int64
	Crates []int32 // of those asked for, the ones that it may publish
	Live   bool
}

// LivePublishTokens gives the tokens that may publish one of the crates now.
func (t *Tx) LivePublishTokens(ctx context.Context, crates []int32) ([]PublishToken, error) {
	return t.publishTokens(ctx, `
		SELECT t.id, ARRAY(SELECT c FROM unnest(t.crate_ids) AS c WHERE c = ANY ($1) ORDER BY c), true
		FROM trustpub_tokens t WHERE t.crate_ids && $1 AND t.expires_at > now() ORDER BY t.id`, crates)
}

// PublishTokens gives tokens by their ids, with all their crates.
func (t *Tx) PublishTokens(ctx context.Context, ids []int64) ([]PublishToken, error) {
	return t.publishTokens(ctx, `SELECT t.id, t.crate_ids, t.expires_at > now() FROM trustpub_tokens t WHERE t.id = ANY ($1) ORDER BY t.id`, ids)
}

func (t *Tx) publishTokens(ctx context.Context, sql string, args ...any) ([]PublishToken, error) {
	rows, err := t.Query(ctx, sql, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PublishToken])
	return out, pg.Map(err)
}

// ClosePublishTokens takes crates out of tokens, which keep what else they may
// publish. The rows stay, so that undo can put the crates back: the token's
// hash is a secret that we never read, so a deleted row would be gone for good.
// steps go by trustpub_tokens.id.
func (t *Tx) ClosePublishTokens(ctx context.Context, crates []int32, steps map[int64]int) error {
	ids, by := stepKeys(steps)
	if _, err := t.Watch(ctx, Watch{Table: "trustpub_tokens", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: by, Lock: true}); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `
		UPDATE trustpub_tokens t
		SET crate_ids = ARRAY(SELECT c FROM unnest(t.crate_ids) WITH ORDINALITY AS w (c, n) WHERE c <> ALL ($2) ORDER BY n)
		WHERE t.id = ANY ($1)`, ids, crates)
	return pg.Map(err)
}

// DeletePublishTokens deletes tokens, as the registry does when one is revoked.
func (t *Tx) DeletePublishTokens(ctx context.Context, steps map[int64]int) error {
	ids, by := stepKeys(steps)
	if _, err := t.Watch(ctx, Watch{Table: "trustpub_tokens", Where: "t.id = ANY ($1)", Args: []any{ids}, By: "id", Steps: by, Lock: true}); err != nil {
		return err
	}
	_, err := t.Exec(ctx, `DELETE FROM trustpub_tokens WHERE id = ANY ($1)`, ids)
	return pg.Map(err)
}

// TrustedOnly gives those of the crates that nobody can publish by hand,
// because their owners chose trusted publishing only.
func (t *Tx) TrustedOnly(ctx context.Context, crates []int32) (map[int32]bool, error) {
	return t.changed(ctx, `SELECT id FROM crates WHERE trustpub_only AND id = ANY ($1)`, crates)
}
