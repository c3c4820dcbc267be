package registry

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// PastPublish is a publish with only what makes a crate's habit.
type PastPublish struct {
	Num       string
	CreatedAt time.Time
	Method    cratewarden.Method
	Origin    string
	// PublisherID is 0 when nobody is known.
	PublisherID int32
}

const historySQL = `
WITH page AS MATERIALIZED (
    SELECT id, num, created_at, published_by, trustpub_data FROM versions
    WHERE crate_id = $1 AND (created_at, id) < ($2, $3)
    ORDER BY created_at DESC, id DESC OFFSET $4 LIMIT $5)
SELECT p.num, p.created_at, p.trustpub_data, p.published_by, a.id IS NOT NULL, a.api_token_id IS NOT NULL
FROM page p
LEFT JOIN LATERAL (SELECT id, api_token_id FROM version_owner_actions WHERE version_id = p.id AND action = 0 ORDER BY id LIMIT 1) a ON true
ORDER BY p.created_at DESC, p.id DESC`

func scanPastPublish(row pgx.CollectableRow) (p PastPublish, err error) {
	var created moment
	var data []byte
	var publisher *int32
	var logged, token bool
	err = row.Scan(&p.Num, &created, &data, &publisher, &logged, &token)
	claims := ParseClaims(data)
	p.CreatedAt, p.Origin, p.PublisherID = created.time(), claims.Origin(), number(publisher)
	p.Method = MethodOf(claims, logged, token, publisher != nil)
	return p, err
}

const birthsSQL = `
SELECT canon_crate_name(n.name), min(c.created_at)
FROM unnest($1::text[]) AS n(name)
JOIN crates c ON canon_crate_name(c.name) = canon_crate_name(n.name)
GROUP BY 1`

type birthRow struct {
	name string
	at   time.Time
}

// Births tells when crates were created, by canonical name; names without a
// crate are not in the answer. At most 2,000 names are asked for.
func (r *Reader) Births(ctx context.Context, names []string) (map[string]time.Time, error) {
	var asked []string
	for _, name := range names {
		// An uploader's manifest may name anything.
		if askable(name) && len(asked) < 2000 {
			asked = append(asked, name)
		}
	}
	born := map[string]time.Time{}
	if len(asked) == 0 {
		return born, nil
	}
	rows, err := collect(ctx, r, scanBirth, birthsSQL, asked)
	for _, row := range rows {
		born[row.name] = row.at
	}
	return born, err
}

func scanBirth(row pgx.CollectableRow) (b birthRow, err error) {
	var at moment
	err = row.Scan(&b.name, &at)
	b.at = at.time()
	return b, err
}

const numbersSQL = `
SELECT num FROM versions WHERE crate_id = $1
ORDER BY NOT starts_with(num, $2), created_at DESC, id DESC LIMIT $3`

// Numbers gives the numbers of a crate's versions: those that begin with a text
// first, so that a slip in the last figure finds its neighbours, and each part
// newest first. The limit is 5 unless said, at most 1,000.
func (r *Reader) Numbers(ctx context.Context, crateID int32, like string, limit int) ([]string, error) {
	if !askable(like) {
		like = ""
	}
	return collect(ctx, r, pgx.RowTo[string], numbersSQL, crateID, like, bounded(limit, 5, 1000))
}
