package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyDatabase recomputes the whole log of a console database from its
// entries and compares it with the stored hashes, every signed head, the
// personal data's hashes and the erasures. It reads one moment of the database
// in one pass; only if something does not fit, it reads again to say what. The
// error is about reading; what was found wrong is in the report.
func VerifyDatabase(ctx context.Context, db *pgxpool.Pool, v Verification) (*Report, error) {
	var report *Report
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, db, opts, func(tx pgx.Tx) error {
		// A large ledger takes longer than a page may.
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		check := &online{tx: tx, v: v, report: &Report{}, keyless: map[int64]bool{}}
		report = check.report
		return check.run(ctx)
	})
	return report, err
}

// online is one verification of a database.
type online struct {
	tx      pgx.Tx
	v       Verification
	heads   heads
	report  *Report
	keyless map[int64]bool // entries whose key is gone, until their erasure is met
	copied  []tlog.Hash    // entries' hashes in the export to compare with
	last    int64          // largest index
}

func (o *online) run(ctx context.Context) error {
	if err := o.readHeads(ctx); err != nil {
		return err
	}
	whole, err := o.scan(ctx)
	if err != nil {
		return err
	}
	if err := o.orphans(ctx); err != nil {
		return err
	}
	for _, i := range sortedKeys(o.keyless) {
		o.report.addEntry(Personal, i, "the key of the personal data of entry %d is gone, but no entry says that it was erased", i)
	}
	if whole {
		return nil
	}
	return o.diagnose(ctx)
}

func (o *online) readHeads(ctx context.Context) error {
	rows, err := o.tx.Query(ctx, `SELECT size, note FROM ledger_checkpoint ORDER BY size, note`)
	if err != nil {
		return err
	}
	var size int64
	var text []byte
	_, err = pgx.ForEachRow(rows, []any{&size, &text}, func() error {
		c, ok := o.heads.take(text, fmt.Sprintf("the stored head of %d entries", size), o.v, o.report)
		if ok && c.Size != size {
			o.report.add(BadHead, -1, -1, "the stored head of %d entries is filed under %d", c.Size, size)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if o.v.Export != nil {
		head, leaves := trustedCopy(o.v, o.report)
		if o.copied = leaves; head.Note != nil {
			o.v.Known = append(slices.Clone(o.v.Known), head.Note)
		}
	}
	o.heads.sort(o.v, o.report)
	return nil
}

// scan is the pass that suffices when nothing is wrong: nothing is kept but
// the right edge of the tree.
func (o *online) scan(ctx context.Context) (whole bool, err error) {
	rows, err := o.tx.Query(ctx, `SELECT e.index, e.body, e.hashes, s.ciphertext, k.key FROM ledger_entry e
		LEFT JOIN ledger_sealed s ON s.index = e.index LEFT JOIN ledger_key k ON k.index = e.index ORDER BY e.index`, pgx.QueryResultFormats{1, 1, 1, 1, 1})
	if err != nil {
		return false, err
	}
	defer rows.Close()
	g := &growing{}
	whole = o.heads.pass(0, g.root, o.report)
	for rows.Next() {
		raw := rows.RawValues()
		index, body := int64(binary.BigEndian.Uint64(raw[0])), raw[1]
		o.report.Size++
		o.last = index
		if index != g.size {
			whole = false
		}
		if whole {
			hashes := g.add(g.leaf(body))
			whole = sameHashes(raw[2], hashes) && o.heads.pass(g.size, g.root, o.report)
		}
		o.personal(index, body, raw[3], raw[4])
	}
	return whole && o.heads.next == len(o.heads.list), rows.Err()
}

func sameHashes(raw []byte, hashes []tlog.Hash) bool {
	if len(raw) != len(hashes)*tlog.HashSize {
		return false
	}
	for i := range hashes {
		if !bytes.Equal(raw[i*tlog.HashSize:(i+1)*tlog.HashSize], hashes[i][:]) {
			return false
		}
	}
	return true
}

// personal checks what stands encrypted beside an entry. Only entries that
// have some, or record an erasure, are parsed: a quote inside a text is always
// escaped, so these marks cannot stand in one.
func (o *online) personal(index int64, body, ciphertext, key []byte) {
	if bytes.Contains(body, []byte(`"kind":"erasure"`)) {
		if e, err := ParseEntry(body); err == nil && e.Kind == Erasure {
			o.erasure(index, *e.Refers)
		}
	}
	if ciphertext == nil && !bytes.Contains(body, []byte(`"sealed":"`)) {
		return
	}
	e, err := ParseEntry(body)
	switch digest := Digest(sha256.Sum256(ciphertext)); {
	case err != nil:
		// The entry itself was changed, which its hash shows.
	case e.Sealed == nil:
		o.report.addEntry(Personal, index, "entry %d has encrypted personal data that does not belong to it", index)
	case ciphertext == nil:
		o.report.addEntry(Personal, index, "the encrypted personal data of entry %d was removed", index)
	case digest != *e.Sealed:
		o.report.addEntry(Personal, index, "the encrypted personal data of entry %d was changed", index)
	case key == nil:
		o.keyless[index] = true
	default:
		if _, err := unseal(index, ciphertext, key); err != nil {
			o.report.addEntry(Personal, index, "the key of the personal data of entry %d was changed", index)
			return
		}
		o.report.Personal++
	}
}

func (o *online) erasure(index, erased int64) {
	if !o.keyless[erased] {
		o.report.addEntry(Personal, erased, "entry %d says that the personal data of entry %d was erased, but it is still there", index, erased)
		return
	}
	delete(o.keyless, erased)
	o.report.Erased++
}

// orphans finds encrypted data and keys that belong to no entry.
func (o *online) orphans(ctx context.Context) error {
	rows, err := o.tx.Query(ctx, `SELECT index FROM ledger_sealed s WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.index = s.index)
		UNION SELECT index FROM ledger_key k WHERE NOT EXISTS (SELECT FROM ledger_sealed s WHERE s.index = k.index) ORDER BY 1`)
	if err != nil {
		return err
	}
	var index int64
	_, err = pgx.ForEachRow(rows, []any{&index}, func() error {
		o.report.addEntry(Personal, index, "there is encrypted personal data, or a key, for entry %d, which has none", index)
		return nil
	})
	return err
}

// diagnose reads everything again, now keeping the hashes, and says what is
// wrong.
func (o *online) diagnose(ctx context.Context) error {
	o.heads.list = plausible(o.heads.list, o.report.Size, o.report)
	room := max(o.heads.newest().Size, min(o.last+1, o.report.Size+1000))
	d := &diagnosis{stored: emptyTree(room), copied: o.copied, heads: o.heads.list, report: o.report, where: func(level int, n int64) string {
		index, _ := place(level, n)
		return fmt.Sprintf("beside entry %d", index)
	}}
	rows, err := o.tx.Query(ctx, `SELECT index, body, hashes FROM ledger_entry ORDER BY index`)
	if err != nil {
		return err
	}
	var index int64
	var body, hashes []byte
	_, err = pgx.ForEachRow(rows, []any{&index, &body, &hashes}, func() error {
		var kept tlog.Hash
		copy(kept[:], hashes)
		d.rows = append(d.rows, newFound(index, body, kept))
		if i, have, want := index, len(hashes), (1+bits.TrailingZeros64(uint64(index+1)))*tlog.HashSize; have != want {
			d.sizes = append(d.sizes, func() {
				o.report.addEntry(BadHash, i, "the hashes beside entry %d have %d bytes instead of %d", i, have, want)
			})
		}
		for level := 0; (level+1)*tlog.HashSize <= len(hashes); level++ {
			d.stored.set(level, index>>level, tlog.Hash(hashes[level*tlog.HashSize:]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.run()
	return nil
}

func sortedKeys(m map[int64]bool) []int64 {
	keys := make([]int64, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
