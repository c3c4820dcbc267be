package change

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Span asks what accounts, or one token, did between two times. The questions
// below only read.
type Span struct {
	Accounts []int32
	Token    int32 // api_tokens.id; 0 for all that the accounts did
	From     time.Time
	Until    time.Time // exclusive
}

// Published is a version as the registry has it now.
type Published struct {
	ID, CrateID int32
	Crate, Num  string
	Publisher   int32 // users.id, 0 for none
	CreatedAt   time.Time
	Yanked      bool
}

// VersionAct is one row of the registry's record of publishes and yanks.
type VersionAct struct {
	ID, Version, Account, Token int32
	Kind                        int32 // 0 publish, 1 yank, 2 unyank
	At                          time.Time
}

// SpanVersions finds the versions that were published, yanked or unyanked in a
// span. It walks whole tables, which the registry has no index to spare; ask
// it only when there is no mirror.
func (t *Tx) SpanVersions(ctx context.Context, s Span) ([]int32, error) {
	rows, err := t.Query(ctx, `
		SELECT version_id FROM version_owner_actions
		WHERE time >= $3 AND time < $4 AND (api_token_id = $2 OR $2 = 0 AND user_id = ANY ($1))
		UNION
		SELECT id FROM versions WHERE $2 = 0 AND published_by = ANY ($1) AND created_at >= $3 AND created_at < $4`, s.Accounts, s.Token, s.From, s.Until)
	if err != nil {
		return nil, pg.Map(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	return ids, pg.Map(err)
}

// VersionsNow gives versions by their ids, those of one crate together and the
// newest first.
func (t *Tx) VersionsNow(ctx context.Context, ids []int32) ([]Published, error) {
	rows, err := t.Query(ctx, `
		SELECT v.id, v.crate_id, c.name, v.num, coalesce(v.published_by, 0), v.created_at, v.yanked
		FROM versions v JOIN crates c ON c.id = v.crate_id
		WHERE v.id = ANY ($1) ORDER BY c.name COLLATE "C", v.created_at DESC, v.id DESC`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v Published, err error) {
		err = row.Scan(&v.ID, &v.CrateID, &v.Crate, &v.Num, &v.Publisher, &v.CreatedAt, &v.Yanked)
		return v, err
	})
	return out, pg.Map(err)
}

// VersionActs gives the whole record of versions, the oldest act first.
func (t *Tx) VersionActs(ctx context.Context, ids []int32) (map[int32][]VersionAct, error) {
	rows, err := t.Query(ctx, `SELECT id, version_id, user_id, coalesce(api_token_id, 0), action, time
		FROM version_owner_actions WHERE version_id = ANY ($1) ORDER BY time, id`, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32][]VersionAct{}
	var a VersionAct
	_, err = pgx.ForEachRow(rows, []any{&a.ID, &a.Version, &a.Account, &a.Token, &a.Kind, &a.At}, func() error {
		out[a.Version] = append(out[a.Version], a)
		return nil
	})
	return out, pg.Map(err)
}

// CrateEdges gives, among the crates of the versions, which depends on which.
func (t *Tx) CrateEdges(ctx context.Context, versions []int32) (map[int32][]int32, error) {
	rows, err := t.Query(ctx, `
		SELECT DISTINCT v.crate_id, d.crate_id
		FROM dependencies d JOIN versions v ON v.id = d.version_id
		WHERE d.version_id = ANY ($1) AND d.crate_id IN (SELECT crate_id FROM versions WHERE id = ANY ($1)) AND d.crate_id <> v.crate_id
		ORDER BY 1, 2`, versions)
	if err != nil {
		return nil, pg.Map(err)
	}
	out := map[int32][]int32{}
	var from, to int32
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		out[from] = append(out[from], to)
		return nil
	})
	return out, pg.Map(err)
}

// Trace is something else that was done in a span: an owner who came, an
// invitation given, a token made, a trusted publisher added, an owner removed.
type Trace struct {
	What     string // "owner", "invitation", "token", "publisher github", "publisher gitlab", "removed owner"
	ID       int32  // of the token or publisher, of the owner or the invited
	Crate    string
	Team     bool
	Login    string
	At       time.Time
	Returned bool // an owner who had been removed and came back
}

// Traces finds what accounts did in a span beside versions. What the registry
// does not record is not in it: who removed an owner, and who added a trusted
// publisher; of these it gives all of the accounts' crates.
func (t *Tx) Traces(ctx context.Context, s Span) ([]Trace, error) {
	rows, err := t.Query(ctx, `
		WITH owned AS (
			SELECT crate_id FROM crate_owners WHERE owner_kind = 0 AND owner_id = ANY ($1) AND (NOT deleted OR updated_at >= $2)),
		traces AS (
			SELECT 1 AS rank, 'owner' AS what, o.owner_id AS id, o.crate_id, o.owner_kind = 1 AS team, greatest(o.created_at, o.updated_at) AS at, o.created_at < $2 AS returned
			FROM crate_owners o
			WHERE o.created_by = ANY ($1) AND NOT o.deleted AND NOT (o.owner_kind = 0 AND o.owner_id = ANY ($1))
			  AND (o.created_at >= $2 AND o.created_at < $3 OR o.updated_at >= $2 AND o.updated_at < $3)
			UNION ALL
			SELECT 2, 'invitation', i.invited_user_id, i.crate_id, false, i.created_at, false
			FROM crate_owner_invitations i WHERE i.invited_by_user_id = ANY ($1) AND i.created_at >= $2 AND i.created_at < $3
			UNION ALL
			SELECT 3, 'token', k.id, NULL, false, k.created_at, false
			FROM api_tokens k WHERE k.user_id = ANY ($1) AND NOT k.revoked AND k.created_at >= $2 AND k.created_at < $3
			UNION ALL
			SELECT 4, 'publisher github', p.id, p.crate_id, false, p.created_at, false
			FROM trustpub_configs_github p WHERE p.crate_id IN (SELECT crate_id FROM owned) AND p.created_at >= $2 AND p.created_at < $3
			UNION ALL
			SELECT 5, 'publisher gitlab', p.id, p.crate_id, false, p.created_at, false
			FROM trustpub_configs_gitlab p WHERE p.crate_id IN (SELECT crate_id FROM owned) AND p.created_at >= $2 AND p.created_at < $3
			UNION ALL
			SELECT 6, 'removed owner', o.owner_id, o.crate_id, o.owner_kind = 1, o.updated_at, false
			FROM crate_owners o WHERE o.deleted AND o.crate_id IN (SELECT crate_id FROM owned) AND o.updated_at >= $2 AND o.updated_at < $3)
		SELECT t.what, t.id, coalesce(c.name, ''), t.team, coalesce(CASE WHEN t.team THEN m.login ELSE u.gh_login END, ''), t.at, t.returned
		FROM traces t
		LEFT JOIN crates c ON c.id = t.crate_id
		LEFT JOIN users u ON NOT t.team AND t.what IN ('owner', 'invitation', 'removed owner') AND u.id = t.id
		LEFT JOIN teams m ON t.team AND m.id = t.id
		ORDER BY t.rank, c.name COLLATE "C", t.id`, s.Accounts, s.From, s.Until)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t Trace, err error) {
		err = row.Scan(&t.What, &t.ID, &t.Crate, &t.Team, &t.Login, &t.At, &t.Returned)
		return t, err
	})
	return out, pg.Map(err)
}

// TokenOwner gives the account that an API token belongs to, and whether the
// token still works; account 0 means that there is no such token.
func (t *Tx) TokenOwner(ctx context.Context, token int32) (account int32, live bool, err error) {
	err = t.QueryRow(ctx, `SELECT coalesce(max(user_id), 0), coalesce(bool_or(NOT revoked AND (expired_at IS NULL OR expired_at > now())), false)
		FROM api_tokens WHERE id = $1`, token).Scan(&account, &live)
	return account, live, pg.Map(err)
}

// TrustedPublishes counts the versions of crates that accounts own which a
// trusted publisher published in a span; nobody can say on whose behalf.
func (t *Tx) TrustedPublishes(ctx context.Context, s Span) (n int64, err error) {
	err = t.QueryRow(ctx, `
		SELECT count(*) FROM versions v
		WHERE v.crate_id IN (SELECT crate_id FROM crate_owners WHERE owner_kind = 0 AND owner_id = ANY ($1) AND NOT deleted)
		  AND v.trustpub_data IS NOT NULL AND v.created_at >= $2 AND v.created_at < $3`, s.Accounts, s.From, s.Until).Scan(&n)
	return n, pg.Map(err)
}
