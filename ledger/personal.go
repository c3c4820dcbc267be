package ledger

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// sealed is personal data as it is stored.
type sealed struct {
	ciphertext, key []byte
	digest          Digest
}

// seal encrypts personal data with a key of its own. The entry's number is
// bound to it, so that ciphertexts cannot be exchanged.
func seal(index int64, personal []byte) (sealed, error) {
	key, nonce := make([]byte, 32), make([]byte, 12)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	_, _ = rand.Read(nonce)
	box, err := aead(key)
	if err != nil {
		return sealed{}, err
	}
	ciphertext := box.Seal(nonce, nonce, personal, bound(index))
	return sealed{ciphertext: ciphertext, key: key, digest: sha256.Sum256(ciphertext)}, nil
}

func unseal(index int64, ciphertext, key []byte) ([]byte, error) {
	box, err := aead(key)
	if err != nil {
		return nil, err
	}
	if len(ciphertext) < box.NonceSize() {
		return nil, errors.New("ciphertext too short")
	}
	return box.Open(nil, ciphertext[:box.NonceSize()], ciphertext[box.NonceSize():], bound(index))
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func bound(index int64) []byte {
	return []byte("cratewarden ledger entry " + strconv.FormatInt(index, 10))
}

// OpenPersonal gives the personal data of an entry and records, in the same
// transaction, who opened it: there is no way to read it without. by needs an
// Actor and usually an Incident and a reason. Show the data only after the
// transaction has committed. NotFound means that the entry has none or that it
// was erased; then nothing is recorded.
func (l *Log) OpenPersonal(ctx context.Context, tx pgx.Tx, index int64, by Entry) ([]byte, error) {
	var ciphertext, key []byte
	err := tx.QueryRow(ctx, `SELECT s.ciphertext, k.key FROM ledger_sealed s LEFT JOIN ledger_key k ON k.index = s.index WHERE s.index = $1`, index).
		Scan(&ciphertext, &key)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, cratewarden.Errorf(cratewarden.NotFound, "Entry %d holds no personal data.", index)
	}
	if err != nil {
		return nil, err
	}
	if key == nil {
		return nil, cratewarden.Errorf(cratewarden.NotFound, "The personal data of entry %d was erased.", index)
	}
	personal, err := unseal(index, ciphertext, key)
	if err != nil {
		return nil, fmt.Errorf("personal data of entry %d was changed: %w", index, err)
	}
	by.Kind, by.Refers = Opening, &index
	if _, err := l.Append(ctx, tx, by); err != nil {
		return nil, err
	}
	return personal, nil
}

// Erase deletes the key of an entry's personal data for good and records who
// did and why. The entry itself stays and goes on to verify. Backups of the
// database keep the key until they are deleted too. NotFound means that there
// is nothing to erase.
func (l *Log) Erase(ctx context.Context, tx pgx.Tx, index int64, by Entry) (Receipt, error) {
	gone, err := tx.Exec(ctx, `DELETE FROM ledger_key WHERE index = $1`, index)
	if err != nil {
		return Receipt{}, err
	}
	if gone.RowsAffected() == 0 {
		return Receipt{}, cratewarden.Errorf(cratewarden.NotFound, "Entry %d holds no personal data, or it was erased before.", index)
	}
	by.Kind, by.Refers = Erasure, &index
	return l.Append(ctx, tx, by)
}

// Holding is an entry whose personal data is still there.
type Holding struct {
	Index  int64
	At     time.Time
	Kind   Kind
	Action string
}

// Holdings gives the entries that still have personal data and are about a
// subject or, if actor is not empty, were made by an actor: oldest first.
func (l *Log) Holdings(ctx context.Context, about Subject, actor string) ([]Holding, error) {
	want, err := json.Marshal([]any{map[string]string{"kind": about.Kind, "id": about.ID}})
	if err != nil {
		return nil, err
	}
	rows, err := l.db.Query(ctx, `SELECT body FROM ledger_entry WHERE index IN (
			SELECT e.index FROM ledger_entry e JOIN ledger_key k USING (index) WHERE (e.body::jsonb -> 'subjects') @> $1::jsonb
			UNION SELECT e.index FROM ledger_entry e JOIN ledger_key k USING (index) WHERE $2::text <> '' AND (e.body::jsonb #>> '{actor,id}') = $2)
		ORDER BY index`, string(want), actor)
	if err != nil {
		return nil, err
	}
	var out []Holding
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&body}, func() error {
		e, err := readStored(body)
		out = append(out, Holding{e.Index, e.At, e.Kind, e.Action})
		return err
	})
	return out, err
}

// Verify checks the whole log like VerifyDatabase. Signatures are checked
// against the keys that it signs with; if those do not know all heads, because
// there were others before, everything but signatures is checked.
func (l *Log) Verify(ctx context.Context) (*Report, error) {
	if len(l.keys) > 0 {
		keys, err := publicKeys(l.keys)
		if err != nil {
			return nil, err
		}
		report, err := VerifyDatabase(ctx, l.db, Verification{Keys: keys})
		if err != nil || report.OK() || slices.ContainsFunc(report.Problems, func(p Problem) bool { return p.What != BadHead }) {
			return report, err
		}
	}
	return VerifyDatabase(ctx, l.db, Verification{})
}
