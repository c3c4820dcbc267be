package evidence

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Bundle is what is known of one bundle.
type Bundle struct {
	Digest ledger.Digest `json:"digest"` // SHA-256 of the manifest
	// Ledger is the number of the entry that records the sealing.
	Ledger                 int64
	SealedAt               time.Time
	Plan, Incident, Reason string
	Actor                  ledger.Actor
	Parts                  int
	Bytes                  int64 // of all parts
	// Encrypted is how many parts hold personal data; Erased says that nobody
	// can read them any more.
	Encrypted int
	Erased    bool
	// Again says that Seal found this bundle instead of making one.
	Again bool
	// Manifest is nil in lists.
	Manifest *Manifest

	key           []byte
	manifestBytes int64
}

func newKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
}

const bundleSQL = `SELECT b.digest, b.ledger_index, b.sealed_at, b.plan, b.incident, b.reason, b.actor_id, b.actor_name, b.parts, b.bytes,
	b.manifest_bytes, b.encrypted, b.key FROM evidence_bundle b `

func scanBundle(row pgx.CollectableRow) (b Bundle, err error) {
	var digest []byte
	err = row.Scan(&digest, &b.Ledger, &b.SealedAt, &b.Plan, &b.Incident, &b.Reason, &b.Actor.ID, &b.Actor.Name, &b.Parts, &b.Bytes,
		&b.manifestBytes, &b.Encrypted, &b.key)
	if err == nil && len(digest) != len(b.Digest) {
		err = fmt.Errorf("digest of %d bytes", len(digest))
	}
	if err != nil {
		return b, err
	}
	b.Digest, b.SealedAt = ledger.Digest(digest), b.SealedAt.UTC()
	b.Erased = b.Encrypted > 0 && b.key == nil
	return b, nil
}

func (s *Service) bundles(ctx context.Context, rest string, args ...any) ([]Bundle, error) {
	rows, err := s.cfg.Console.Query(ctx, bundleSQL+rest, args...)
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, scanBundle)
	return list, pg.Map(err)
}

// bundle gives one bundle as the console database has it, without manifest.
func (s *Service) bundle(ctx context.Context, digest ledger.Digest) (Bundle, error) {
	list, err := s.bundles(ctx, `WHERE b.digest = $1`, digest[:])
	if err == nil && len(list) == 0 {
		err = cratewarden.Errorf(cratewarden.NotFound, "There is no evidence bundle %s.", digest)
	}
	if err != nil {
		return Bundle{}, err
	}
	return list[0], nil
}

// former gives the newest bundle of a request and its key, nil if there is
// none whose parts could be compared.
func (s *Service) former(ctx context.Context, request ledger.Digest) (*Bundle, []byte, error) {
	list, err := s.bundles(ctx, `WHERE b.request = $1 ORDER BY b.ledger_index DESC LIMIT 1`, request[:])
	if err != nil || len(list) == 0 || list[0].Erased {
		return nil, nil, err
	}
	b := list[0]
	b.Manifest, err = s.manifest(ctx, b.Digest)
	switch cratewarden.KindOf(err) {
	case "":
		return &b, b.key, nil
	case cratewarden.NotFound, cratewarden.Conflict, cratewarden.Invalid:
		// A broken bundle is no reason not to make a whole one.
		return nil, nil, nil
	}
	return nil, nil, err
}

// manifest reads a manifest and proves it. The error is NotFound when it is
// missing and Conflict when it was changed.
func (s *Service) manifest(ctx context.Context, digest ledger.Digest) (*Manifest, error) {
	if s.cfg.Store == nil {
		return nil, noStore()
	}
	text, err := readAll(ctx, s.cfg.Store, manifestKey(digest), MaxManifest)
	if err != nil {
		return nil, err
	}
	m, got, err := ParseManifest(text)
	if got != digest {
		return nil, cratewarden.Errorf(cratewarden.Conflict, "The manifest of the evidence bundle %s was changed in the evidence store.", digest)
	}
	return m, err
}

// record writes the bundle and its ledger entry in one transaction. The ledger
// is held for as short as can be: the subjects go in before.
func (s *Service) record(ctx context.Context, r *Request, m *Manifest, digest ledger.Digest, manifestBytes int64, key []byte) (Bundle, error) {
	b := Bundle{
		Digest: digest, SealedAt: m.SealedAt, Plan: r.Plan, Incident: r.Incident, Reason: r.Reason, Actor: r.Actor,
		Parts: len(m.Parts), Manifest: m, key: key, manifestBytes: manifestBytes,
	}
	for _, p := range m.Parts {
		b.Bytes += p.Bytes
		if p.Encrypted {
			b.Encrypted++
		}
	}
	if b.Encrypted == 0 {
		b.key = nil
	}
	request := r.fingerprint()
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		receipt, err := s.cfg.Ledger.Append(ctx, tx, sealEntry(r, &b))
		if err != nil {
			return err
		}
		b.Ledger = receipt.Index
		_, err = tx.Exec(ctx, `INSERT INTO evidence_bundle (digest, ledger_index, sealed_at, plan, incident, reason, actor_id, actor_name, request,
				parts, bytes, manifest_bytes, encrypted, key)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			digest[:], b.Ledger, b.SealedAt, b.Plan, b.Incident, b.Reason, b.Actor.ID, b.Actor.Name, request[:],
			b.Parts, b.Bytes, manifestBytes, b.Encrypted, b.key)
		if err != nil {
			return err
		}
		return insertSubjects(ctx, tx, digest, rowsOf(m))
	})
	return b, err
}

func sealEntry(r *Request, b *Bundle) ledger.Entry {
	return ledger.Entry{
		Kind: ledger.Note, Action: "evidence.seal", Actor: r.Actor, Session: r.Session, Plan: r.Plan, Incident: r.Incident,
		Reasons: reasons(r.Reason), Subjects: subjectsOf(b.Manifest, b.Digest),
		Documents: []ledger.Document{{Name: "evidence manifest", SHA256: b.Digest, Bytes: b.manifestBytes}},
		Details: map[string]string{
			"parts": strconv.Itoa(b.Parts), "bytes": itoa(b.Bytes), "missing": strconv.Itoa(len(b.Manifest.Missing)),
			"crates": strconv.Itoa(len(r.Crates)), "versions": strconv.Itoa(len(r.Versions)), "accounts": strconv.Itoa(len(r.Users)),
		},
	}
}

func reasons(internal string) *ledger.Reasons {
	if internal == "" {
		return nil
	}
	return &ledger.Reasons{Internal: internal}
}

// subjectRow is a row of evidence_subject.
type subjectRow struct {
	Kind  string
	ID    int32
	Name  string
	Asked bool
}

// rowsOf are the rows that say whom a bundle speaks of. A version is asked for
// with its crate, too.
func rowsOf(m *Manifest) []subjectRow {
	var out []subjectRow
	whole := map[string]bool{}
	for _, c := range m.Subjects.Crates {
		whole[c.Name] = c.Whole
		out = append(out, subjectRow{"crate", c.ID, c.Name, c.Whole})
	}
	for _, v := range m.Subjects.Versions {
		out = append(out, subjectRow{"version", v.ID, v.Crate + "@" + v.Num, v.Asked || whole[v.Crate]})
	}
	for _, a := range m.Subjects.Accounts {
		out = append(out, subjectRow{"account", a.ID, a.Login, a.Asked})
	}
	return out
}

func insertSubjects(ctx context.Context, tx pgx.Tx, digest ledger.Digest, rows []subjectRow) error {
	var kinds, names []string
	var ids []int32
	var asked []bool
	for _, r := range rows {
		kinds, ids, names, asked = append(kinds, r.Kind), append(ids, r.ID), append(names, r.Name), append(asked, r.Asked)
	}
	_, err := tx.Exec(ctx, `INSERT INTO evidence_subject (digest, kind, id, name, asked)
		SELECT $1, u.* FROM unnest($2::text[], $3::int[], $4::text[], $5::bool[]) u`, digest[:], kinds, ids, names, asked)
	return err
}

// readSubjects gives the rows again.
func (s *Service) readSubjects(ctx context.Context, digest ledger.Digest) ([]subjectRow, error) {
	rows, err := s.cfg.Console.Query(ctx, `SELECT kind, id, name, asked FROM evidence_subject WHERE digest = $1`, digest[:])
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[subjectRow])
	return list, pg.Map(err)
}

// sealed says whether the ledger has the entry that made this bundle.
func (s *Service) sealed(ctx context.Context, b *Bundle) (bool, error) {
	page, err := s.cfg.Ledger.List(ctx, ledger.Filter{Before: b.Ledger + 1, Limit: 1})
	if err != nil {
		if _, ok := errors.AsType[*cratewarden.Error](err); ok {
			return false, err
		}
		return false, pg.Map(err)
	}
	for _, e := range page.Entries {
		if e.Index == b.Ledger && e.Action == "evidence.seal" && len(e.Documents) == 1 && e.Documents[0].SHA256 == b.Digest {
			return true, nil
		}
	}
	return false, nil
}
