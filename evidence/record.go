package evidence

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

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
