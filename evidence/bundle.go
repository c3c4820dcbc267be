package evidence

import (
	"context"
	"crypto/rand"
	"fmt"
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
	// Asked is what it was asked to hold, by kind; List and Show fill it in.
	Asked []Asked
	// Check is the last verification; nil when nobody asked for one since it
	// was sealed and read back.
	Check *Check
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
	b.manifest_bytes, b.encrypted, b.key, c.checked_at, c.actor_id, c.actor_name, c.parts, c.bytes, c.found, c.findings
	FROM evidence_bundle b LEFT JOIN evidence_check c ON c.digest = b.digest `

func scanBundle(row pgx.CollectableRow) (b Bundle, err error) {
	var digest []byte
	var at *time.Time
	var id, name *string
	var parts, found *int
	var bytes *int64
	var findings *[]Finding
	err = row.Scan(&digest, &b.Ledger, &b.SealedAt, &b.Plan, &b.Incident, &b.Reason, &b.Actor.ID, &b.Actor.Name, &b.Parts, &b.Bytes,
		&b.manifestBytes, &b.Encrypted, &b.key, &at, &id, &name, &parts, &bytes, &found, &findings)
	if err == nil && len(digest) != len(b.Digest) {
		err = fmt.Errorf("digest of %d bytes", len(digest))
	}
	if err != nil {
		return b, err
	}
	b.Digest, b.SealedAt = ledger.Digest(digest), b.SealedAt.UTC()
	b.Erased = b.Encrypted > 0 && b.key == nil
	if at != nil {
		b.Check = &Check{At: at.UTC(), Actor: ledger.Actor{ID: *id, Name: *name}, Parts: *parts, Bytes: *bytes, Found: *found, Findings: *findings}
	}
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
