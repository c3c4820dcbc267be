package registry

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cratewarden/pg"
)

// Stake is who might have a part in something: accounts by users.id, and the
// GitHub teams that are known to have them, by GitHub's numbers.
type Stake struct {
	Account int32 // 0 for none
	Teams   []int64
}

// Part is what somebody has to do with a crate or an account.
type Part struct {
	Who  int    // index in the list of stakes
	How  string // "owns", "owned", "is invited to own", "is in a team that owns", "is in a team that owned", "is"
	What string // such as "the crate serde"
	All  int    // how many parts this one has in all
}

// Subjects are what somebody might have a part in. Crates are named by any
// spelling, accounts and API tokens by their ids.
type Subjects struct {
	Crates   []string
	Accounts []int32
	Tokens   []int32 // of whose accounts
	// CrateIDs are crates, too. GitHub and GitLab are trusted publishers, and
	// PublishTokens what their runs got; each is its crates'.
	CrateIDs       []int32
	GitHub, GitLab []int32
	PublishTokens  []int64
}

// mostParts is how many parts of one person are named; the others are counted.
const mostParts = 3

// partsSQL finds owners, former owners (their row stays, marked as deleted),
// invitations that have not run out, the same through teams, and accounts that
// are the very person (contract actions.md sections 4 and 5).
const partsSQL = `
WITH person AS (SELECT * FROM unnest($1::int[], $2::int[]) AS p (n, account)),
team AS (SELECT m.n, t.id FROM unnest($3::int[], $4::bigint[]) AS m (n, github) JOIN teams t ON t.github_id = m.github),
crate AS (SELECT c.id, c.name FROM unnest($5::text[]) AS w (name) JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(w.name)
	UNION SELECT c.id, c.name FROM crates c WHERE c.id = ANY ($9::int[])),
part AS (
	SELECT p.n, CASE WHEN o.deleted THEN 1 ELSE 0 END AS rank, CASE WHEN o.deleted THEN 'owned' ELSE 'owns' END AS how, 'the crate ' || c.name AS what
	FROM crate c JOIN crate_owners o ON o.crate_id = c.id AND o.owner_kind = 0 JOIN person p ON p.account = o.owner_id
	UNION
	SELECT m.n, CASE WHEN o.deleted THEN 3 ELSE 2 END, CASE WHEN o.deleted THEN 'is in a team that owned' ELSE 'is in a team that owns' END, 'the crate ' || c.name
	FROM crate c JOIN crate_owners o ON o.crate_id = c.id AND o.owner_kind = 1 JOIN team m ON m.id = o.owner_id
	UNION
	SELECT p.n, 4, 'is invited to own', 'the crate ' || c.name
	FROM crate c JOIN crate_owner_invitations i ON i.crate_id = c.id JOIN person p ON p.account = i.invited_user_id
	WHERE i.expires_at > now()
	UNION
	SELECT p.n, 5, 'is', 'the account ' || p.account
	FROM person p
	WHERE p.account = ANY ($6::int[]) OR EXISTS (SELECT FROM api_tokens t WHERE t.id = ANY ($7::int[]) AND t.user_id = p.account)),
numbered AS (SELECT n, how, what, count(*) OVER (PARTITION BY n) AS every, row_number() OVER (PARTITION BY n ORDER BY rank, what COLLATE "C") AS nth FROM part)
SELECT n, how, what, every FROM numbered WHERE nth <= $8 ORDER BY n, nth`

// Parts gives what each of some people has to do with the subjects, the first
// three of each. It asks in the caller's transaction, so that nothing changes
// between the answer and what is done upon it.
func Parts(ctx context.Context, tx pgx.Tx, who []Stake, about Subjects) ([]Part, error) {
	var people, accounts, members []int32
	var teams []int64
	for i, s := range who {
		if s.Account != 0 {
			people, accounts = append(people, int32(i)), append(accounts, s.Account)
		}
		for _, t := range s.Teams {
			members, teams = append(members, int32(i)), append(teams, t)
		}
	}
	if len(people)+len(members) == 0 {
		return nil, nil
	}
	ids, err := about.crateIDs(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, partsSQL, people, accounts, members, teams, about.Crates, about.Accounts, about.Tokens, mostParts, ids)
	if err != nil {
		return nil, pg.Map(err)
	}
	parts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Part])
	return parts, pg.Map(err)
}

// publisherCratesSQL finds the crates of trusted publishers and of the tokens
// that they got (contract actions.md section 9).
const publisherCratesSQL = `
SELECT crate_id FROM trustpub_configs_github WHERE id = ANY ($1::int[])
UNION SELECT crate_id FROM trustpub_configs_gitlab WHERE id = ANY ($2::int[])
UNION SELECT unnest(crate_ids) FROM trustpub_tokens WHERE id = ANY ($3::bigint[])`

// crateIDs gives the crates that are meant by number or by a publisher.
func (s Subjects) crateIDs(ctx context.Context, tx pgx.Tx) ([]int32, error) {
	if len(s.GitHub)+len(s.GitLab)+len(s.PublishTokens) == 0 {
		return s.CrateIDs, nil
	}
	rows, err := tx.Query(ctx, publisherCratesSQL, s.GitHub, s.GitLab, s.PublishTokens)
	if err != nil {
		return nil, pg.Map(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[*int32]) // an array may hold no crate
	if err != nil {
		return nil, pg.Map(err)
	}
	out := slices.Clone(s.CrateIDs)
	for _, id := range ids {
		if id != nil {
			out = append(out, *id)
		}
	}
	return out, nil
}

// downloadsSQL counts a crate once, and of other crates the versions named.
const downloadsSQL = `
WITH wanted AS (SELECT DISTINCT c.id, w.num FROM unnest($1::text[], $2::text[]) AS w (name, num) JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(w.name)),
whole AS (SELECT id FROM wanted WHERE num = '')
SELECT coalesce((SELECT sum(d.downloads) FROM crate_downloads d WHERE d.crate_id IN (SELECT id FROM whole)), 0)::bigint
     + coalesce((SELECT sum(v.downloads) FROM versions v JOIN wanted w ON w.id = v.crate_id AND w.num = v.num WHERE v.crate_id NOT IN (SELECT id FROM whole)), 0)::bigint`

// DownloadsOf gives how often crates and versions were downloaded in all. nums
// has one number for each name, "" for the whole crate.
func DownloadsOf(ctx context.Context, tx pgx.Tx, crates, nums []string) (n int64, err error) {
	if len(crates) == 0 {
		return 0, nil
	}
	err = tx.QueryRow(ctx, downloadsSQL, crates, nums).Scan(&n)
	return n, pg.Map(err)
}
