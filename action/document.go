package action

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"io"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// digestOf hashes a value's canonical JSON.
func digestOf(v any) (ledger.Digest, error) {
	text, err := canonical(v)
	return sha256.Sum256(text), err
}

// document is a longer text that is kept by its hash.
type document struct {
	digest ledger.Digest
	bytes  int
	packed []byte
}

func pack(text []byte) (document, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return document{}, err
	}
	if _, err := z.Write(text); err != nil {
		return document{}, err
	}
	err = z.Close()
	return document{sha256.Sum256(text), len(text), b.Bytes()}, err
}

func (d document) keep(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO document (sha256, bytes, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, d.digest[:], d.bytes, d.packed)
	return pg.Map(err)
}

// Document gives a kept text by its hash, which is checked: NotFound if it was
// never kept, Conflict if what is kept is something else.
func (e *Engine) Document(ctx context.Context, digest ledger.Digest) ([]byte, error) {
	return documentIn(ctx, e.console, digest)
}

// documentIn is Document by a connection that the caller has.
func documentIn(ctx context.Context, db rower, digest ledger.Digest) ([]byte, error) {
	var packed []byte
	var size int64
	if err := db.QueryRow(ctx, `SELECT bytes, content FROM document WHERE sha256 = $1`, digest[:]).Scan(&size, &packed); err != nil {
		return nil, pg.Map(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, altered(err)
	}
	text, err := io.ReadAll(io.LimitReader(z, size+1))
	if err != nil || sha256.Sum256(text) != digest {
		return nil, altered(err)
	}
	return text, nil
}

func altered(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Conflict, "A kept document is not what its hash says. Somebody changed the console's database; run: cratewarden ledger verify.")
}
