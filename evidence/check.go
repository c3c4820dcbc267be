package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Check is what the last verification of a bundle found that somebody asked
// for with Service.Check. It is a memory, not a proof: to be sure, verify
// again.
type Check struct {
	At    time.Time
	Actor ledger.Actor
	Parts int   // read and found right
	Bytes int64 // of these
	// Found is how many things were wrong; Findings are the first 100 of them.
	Found    int
	Findings []Finding
}

// OK says that everything was as it was sealed.
func (c *Check) OK() bool { return c.Found == 0 }

// checkMost is how many findings are remembered.
const checkMost = 100

// Check verifies a bundle as Verify does and remembers the result for lists. If
// the bundle turned out damaged, or whole again after it was, that is a Note in
// the ledger by the Actor of by, which it needs. Checking again and again makes
// no more entries.
func (s *Service) Check(ctx context.Context, digest ledger.Digest, by ledger.Entry) (Report, error) {
	if by.Actor.ID == "" {
		return Report{Digest: digest}, cratewarden.Errorf(cratewarden.Invalid, "Verifying evidence must say who does it.")
	}
	r, err := s.Verify(ctx, digest)
	if err != nil {
		return r, err
	}
	b, err := s.bundle(ctx, digest)
	if err != nil {
		return r, err
	}
	return r, pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error { return s.remember(ctx, tx, &b, &r, by) })
}

func (s *Service) remember(ctx context.Context, tx pgx.Tx, b *Bundle, r *Report, by ledger.Entry) error {
	before := 0 // what was just sealed was read back
	err := tx.QueryRow(ctx, `SELECT found FROM evidence_check WHERE digest = $1 FOR UPDATE`, b.Digest[:]).Scan(&before)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	findings, err := json.Marshal(append([]Finding{}, r.Findings[:min(len(r.Findings), checkMost)]...))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO evidence_check (digest, checked_at, actor_id, actor_name, parts, bytes, found, findings)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (digest) DO UPDATE SET checked_at = excluded.checked_at, actor_id = excluded.actor_id, actor_name = excluded.actor_name,
			parts = excluded.parts, bytes = excluded.bytes, found = excluded.found, findings = excluded.findings`,
		b.Digest[:], s.clock().UTC(), by.Actor.ID, by.Actor.Name, r.Parts, r.Bytes, len(r.Findings), string(findings))
	if err != nil || (before == 0) == r.OK() {
		return err
	}
	by.Kind, by.Action = ledger.Note, "evidence.verify"
	s.refer(&by, b)
	by.Details = map[string]string{"state": "whole", "parts": strconv.Itoa(r.Parts), "bytes": itoa(r.Bytes)}
	if !r.OK() {
		by.Details["state"], by.Details["findings"] = "damaged", strconv.Itoa(len(r.Findings))
		by.Details["first"] = strings.ToValidUTF8(shorten(r.Findings[0].Part), "") + ": " + string(r.Findings[0].State)
	}
	_, err = s.cfg.Ledger.Append(ctx, tx, by)
	return err
}

// Asked is what of one kind a bundle was asked to hold.
type Asked struct {
	Kind  string // "crate", "version" or "account"
	Total int
	First []Subject // the first few, by id
}

// Subject is one that a bundle speaks of, as it was called then.
type Subject struct {
	ID   int32
	Name string
}

// askedMost is how many subjects of a kind lists name.
const askedMost = 3

// readAsked fills in what bundles were asked to hold.
func (s *Service) readAsked(ctx context.Context, list []Bundle) error {
	digests := make([][]byte, len(list))
	for i := range list {
		digests[i] = list[i].Digest[:]
	}
	rows, err := s.cfg.Console.Query(ctx, `SELECT d.n, k.kind, k.total, k.ids, k.names
		FROM unnest($1::bytea[]) WITH ORDINALITY d (digest, n)
		CROSS JOIN LATERAL (SELECT u.kind, count(*) AS total, (array_agg(u.id ORDER BY u.id))[1:$2] AS ids, (array_agg(u.name ORDER BY u.id))[1:$2] AS names
			FROM evidence_subject u WHERE u.digest = d.digest AND u.asked GROUP BY u.kind) k
		ORDER BY d.n, array_position(ARRAY['crate', 'version', 'account'], k.kind)`, digests, askedMost)
	if err != nil {
		return pg.Map(err)
	}
	var n int
	var a Asked
	var ids []int32
	var names []string
	_, err = pgx.ForEachRow(rows, []any{&n, &a.Kind, &a.Total, &ids, &names}, func() error {
		a.First = nil
		for i, id := range ids {
			a.First = append(a.First, Subject{id, names[i]})
		}
		list[n-1].Asked = append(list[n-1].Asked, a)
		return nil
	})
	return pg.Map(err)
}
