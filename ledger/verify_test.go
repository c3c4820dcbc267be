package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cratewarden"
)

// about says whether a report blames an entry, and only it.
func (r *Report) about(what What, entries ...int64) bool {
	var got []int64
	for _, p := range r.Problems {
		if p.What != what || p.Entry != p.Last {
			return false
		}
		got = append(got, p.Entry)
	}
	slices.Sort(got)
	return slices.Equal(got, entries)
}

// Whoever owns the database can do all this; each is told exactly. shift and
// such renumber rows the way somebody would who wants no gap to be seen.
func TestVerifySaysWhichEntry(t *testing.T) {
	t.Parallel()
	const copyRow = `INSERT INTO ledger_entry SELECT %d, body, hashes FROM ledger_entry WHERE index = %d;`
	far := func(from, to, by int) string { // moves rows out of the way and back
		return fmt.Sprintf(`UPDATE ledger_entry SET index = index + 1000000 WHERE index BETWEEN %d AND %d;
			UPDATE ledger_entry SET index = index - 1000000 + %d WHERE index >= 1000000;`, from, to, by)
	}
	for name, c := range map[string]struct {
		sql     string
		what    What
		entries []int64
	}{
		"a word changed":         {`UPDATE ledger_entry SET body = replace(body, 'malware', 'mistake') WHERE index = 6`, Changed, []int64{6}},
		"emptied":                {`UPDATE ledger_entry SET body = '{}' WHERE index = 0`, Changed, []int64{0}},
		"changed with its hash":  {`UPDATE ledger_entry SET body = replace(body, 'malware', 'mistake'), hashes = set_byte(hashes, 3, 7) WHERE index = 6`, Changed, []int64{6}},
		"two changed":            {`UPDATE ledger_entry SET body = replace(body, 'malware', 'mistake') WHERE index IN (5, 9)`, Changed, []int64{5, 9}},
		"removed":                {`DELETE FROM ledger_entry WHERE index = 4`, Removed, []int64{4}},
		"the last removed":       {`DELETE FROM ledger_entry WHERE index = 12`, Removed, []int64{12}},
		"the last three removed": {`DELETE FROM ledger_entry WHERE index >= 10`, Removed, []int64{10, 11, 12}},
		"removed and moved up":   {`DELETE FROM ledger_entry WHERE index = 4;` + far(5, 12, -1), Removed, []int64{4}},
		"inserted between":       {far(5, 12, 1) + fmt.Sprintf(copyRow, 5, 1) + `UPDATE ledger_entry SET body = replace(body, 'malware', 'mistake') WHERE index = 5`, Inserted, []int64{5}},
		"repeated":               {far(5, 12, 1) + fmt.Sprintf(copyRow, 5, 4), Inserted, []int64{5}},
		"two exchanged":          {`UPDATE ledger_entry a SET body = b.body FROM ledger_entry b WHERE a.index IN (5, 9) AND b.index = 14 - a.index`, Reordered, []int64{5, 9}},
		"two rows exchanged":     {far(5, 5, 1000) + far(6, 6, -1) + far(1005, 1005, -999), Reordered, []int64{5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t)
			l.append(t, samples(7)...)
			l.head(t)
			l.append(t, sample(7), sample(8), sample(9), sample(10), sample(10), sample(9))
			l.head(t)
			copied := newShelf()
			l.export(t, copied)
			disarm(t, l.db)
			for statement := range strings.SplitSeq(c.sql, ";") {
				tamper(t, l.db, statement)
			}
			// A row that is gone takes hashes with it; then what remains may be
			// unprovable, which is said as well. With an export it never is.
			r := l.verify(t, Verification{Export: copied})
			r.Problems = slices.DeleteFunc(r.Problems, func(p Problem) bool { return p.What == BadHash })
			if !r.about(c.what, c.entries...) {
				t.Errorf("with an export, want %s %v: %+v", c.what, c.entries, r.Problems)
			}
			r = l.verify(t, Verification{})
			r.Problems = slices.DeleteFunc(r.Problems, func(p Problem) bool { return p.What == Rewritten || p.What == BadHash })
			if !r.about(c.what, c.entries...) {
				t.Errorf("alone, want %s %v: %+v", c.what, c.entries, r.Problems)
			}
		})
	}
}

// Somebody rewrites an entry and every hash after it. Alone, the database
// shows from which head on; the export shows which entry.
func TestVerifyARewrittenLog(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.append(t, samples(8)...)
	l.head(t)
	l.append(t, samples(8)...)
	head := l.head(t)
	copied := newShelf()
	l.export(t, copied)
	disarm(t, l.db)
	tamper(t, l.db, `UPDATE ledger_entry SET body = replace(body, 'malware', 'mistake') WHERE index = 10`)
	g := &growing{}
	for i := range int64(16) {
		var body string
		if err := l.db.QueryRow(t.Context(), `SELECT body FROM ledger_entry WHERE index = $1`, i).Scan(&body); err != nil {
			t.Fatal(err)
		}
		tamper(t, l.db, `UPDATE ledger_entry SET hashes = $2 WHERE index = $1`, i, joinHashes(g.add(g.leaf([]byte(body)))))
	}
	r := l.verify(t, Verification{})
	if len(r.Problems) != 1 || r.Problems[0].What != Rewritten || r.Problems[0].Entry != 8 || r.Problems[0].Last != 15 {
		t.Errorf("alone: %+v", r.Problems)
	}
	r = l.verify(t, Verification{Export: copied})
	if i := slices.IndexFunc(r.Problems, func(p Problem) bool { return p.What == Changed }); i < 0 || r.Problems[i].Entry != 10 {
		t.Errorf("with an export: %+v", r.Problems)
	}
	if slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.What == Rewritten || p.What == Changed && p.Entry != 10 }) {
		t.Errorf("with an export, too much: %+v", r.Problems)
	}
	// The end and its heads are cut off: only a head kept elsewhere shows it.
	tamper(t, l.db, `DELETE FROM ledger_entry WHERE index >= 8`)
	tamper(t, l.db, `DELETE FROM ledger_checkpoint WHERE size > 8`)
	if r := l.verify(t, Verification{}); !r.OK() {
		t.Errorf("cut off, alone: %+v", r.Problems)
	}
	if r := l.verify(t, Verification{Known: [][]byte{head.Note}}); len(r.Problems) < 8 || r.Problems[0].What != Removed {
		t.Errorf("cut off, with a known head: %+v", r.Problems)
	}
}

// Every byte that the database keeps of a small log is changed in turn, in a
// transaction that is rolled back, and each change is found.
func TestEveryByteOfTheDatabaseCounts(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.append(t, sample(0), sample(1), Entry{Kind: Note, Actor: Actor{ID: "p1"}, Personal: []byte("a@b.example")})
	l.head(t)
	l.append(t, sample(3), sample(4))
	l.head(t)
	l.append(t, sample(5)) // not signed yet
	if r := l.verify(t, Verification{}); !r.OK() {
		t.Fatalf("before: %+v", r.Problems)
	}
	disarm(t, l.db)
	flips := 0
	for _, c := range []struct{ table, column, key string }{
		{"ledger_entry", "body", "text"}, {"ledger_entry", "hashes", "bytea"}, {"ledger_entry", "index", "bigint"},
		{"ledger_checkpoint", "note", "text"}, {"ledger_checkpoint", "size", "bigint"},
		{"ledger_sealed", "ciphertext", "bytea"}, {"ledger_sealed", "index", "bigint"},
		{"ledger_key", "key", "bytea"}, {"ledger_key", "index", "bigint"},
	} {
		flips += flipColumn(t, l, c.table, c.column, c.key)
	}
	t.Logf("%d bytes changed", flips)
	if r := l.verify(t, Verification{}); !r.OK() {
		t.Errorf("afterwards: %+v", r.Problems)
	}
}

// flipColumn changes the lowest bit of each byte of one column's values.
func flipColumn(t *testing.T, l bench, table, column, kind string) (flips int) {
	t.Helper()
	flip := map[string]string{
		"text":   `convert_from(set_byte(convert_to(COL, 'UTF8'), $1, get_byte(convert_to(COL, 'UTF8'), $1) # 1), 'UTF8')`,
		"bytea":  `set_byte(COL, $1, get_byte(COL, $1) # 1)`,
		"bigint": `COL # (1::bigint << (8 * $1::int))`,
	}[kind]
	length := map[string]string{"text": `octet_length(%s)`, "bytea": `octet_length(%s)`, "bigint": `8 + 0 * %s::int`}[kind]
	var ids []string
	var lengths []int
	err := l.db.QueryRow(t.Context(), fmt.Sprintf(`SELECT array_agg(ctid::text), array_agg(`+length+`) FROM %s`, column, table)).Scan(&ids, &lengths)
	if err != nil {
		t.Fatal(err)
	}
	for row, id := range ids {
		for at := range lengths[row] {
			if at == 7 && kind == "bigint" {
				continue // the sign, which a constraint keeps; left to the other bytes
			}
			r := flipped(t, l, fmt.Sprintf(`UPDATE %s SET %s = %s WHERE ctid = $2::tid`, table, column, strings.ReplaceAll(flip, "COL", column)), at, id)
			flips++
			if r.OK() {
				t.Errorf("%s.%s, row %d, byte %d was changed and not found", table, column, row, at)
			}
			if table == "ledger_entry" && kind == "text" && !blames(r, int64(row)) {
				t.Errorf("entry %d, byte %d: %+v", row, at, r.Problems)
			}
		}
	}
	return flips
}

func blames(r *Report, entry int64) bool {
	return len(r.Problems) > 0 && !slices.ContainsFunc(r.Problems, func(p Problem) bool {
		return p.Entry != entry || p.What != Changed && p.What != Personal
	})
}

// flipped runs a change and a verification in a transaction of its own and
// rolls both back.
func flipped(t *testing.T, l bench, sql string, args ...any) *Report {
	t.Helper()
	tx, err := l.db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	check := &online{tx: tx, v: Verification{Keys: l.public}, report: &Report{}, keyless: map[int64]bool{}}
	if err := check.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return check.report
}

// Every bit of every byte of every file of a small export is changed in turn,
// the files of its earlier exports included, and each change is found.
func TestEveryByteOfAnExportCounts(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	copied := newShelf()
	l.append(t, samples(3)...)
	l.export(t, copied)
	l.append(t, samples(3)...)
	l.export(t, copied)
	check := func(s shelf) *Report {
		r, err := VerifyExport(s, Verification{Keys: l.public})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(copied); !r.OK() || r.Size != 6 || r.Heads != 3 {
		t.Fatalf("before: %+v", r)
	}
	flips, before := 0, copied.clone()
	for path, file := range copied.MapFS {
		for at := range file.Data {
			for _, bit := range []int{at % 8, 7 - at%8} {
				file.Data[at] ^= 1 << bit
				flips++
				r := check(copied)
				if r.OK() {
					t.Errorf("%s, bit %d of byte %d was changed and not found", path, bit, at)
				}
				if t.Failed() {
					t.FailNow()
				}
				if entry := entryAt(before, at); path == "tile/entries/000.p/6" && !blames(r, entry) {
					t.Errorf("%s, bit %d of byte %d (entry %d): %+v", path, bit, at, entry, r.Problems)
				}
				file.Data[at] ^= 1 << bit
			}
		}
		without := copied.clone()
		delete(without.MapFS, path)
		// A partial tile of an earlier size may be deleted, and so may an
		// older head; everything else is missed.
		dispensable := strings.HasSuffix(path, "/3") || strings.HasPrefix(path, headsFolder)
		if r := check(without); r.OK() != dispensable {
			t.Errorf("without %s: %+v", path, r.Problems)
		}
	}
	t.Logf("%d bits changed", flips)
	extra := copied.clone()
	if err := extra.Write(t.Context(), "tile/0/001", nil, false); err != nil {
		t.Fatal(err)
	}
	if r := check(extra); r.OK() {
		t.Error("a tile beyond the end was not found")
	}
	old := copied.clone()
	old.MapFS[headPath] = old.MapFS["checkpoints/3"]
	if r := check(old); r.OK() {
		t.Error("an older head in place of the newest was not found")
	}
}

// entryAt says which entry a byte of the entries file belongs to, by the
// lengths in an unchanged part of the log: the tile of 6 has them in order.
func entryAt(s shelf, at int) int64 {
	bodies, _ := salvageBundle(s.MapFS["tile/entries/000.p/6"].Data)
	end := 0
	for i, body := range bodies {
		if end += 2 + len(body); at < end {
			return int64(i)
		}
	}
	return -1
}

func TestExportRefusesAForeignOrForkedCopy(t *testing.T) {
	t.Parallel()
	l, other := newLedger(t), newLedger(t)
	l.append(t, samples(5)...)
	copied := newShelf()
	l.export(t, copied)
	other.append(t, samples(7)[1:3]...)
	other.append(t, samples(7)[4:7]...)
	other.append(t, sample(8))
	if _, err := other.Export(t.Context(), copied); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("went on with another's export: %v", err)
	}
	if r, err := VerifyExport(copied, Verification{Keys: l.public}); err != nil || !r.OK() {
		t.Errorf("it is not whole any more: %v %+v", err, r)
	}
	shorter := newLedger(t)
	if _, err := shorter.Export(t.Context(), copied); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("went on with a longer export: %v", err)
	}
}

// An export that was cut short anywhere is completed by the next.
func TestExportCutShortIsCompleted(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.append(t, samples(300)...)
	whole := newShelf()
	l.export(t, whole)
	for path := range whole.MapFS {
		part := whole.clone()
		delete(part.MapFS, headPath)
		delete(part.MapFS, path)
		l.export(t, part)
		if r, err := VerifyExport(part, Verification{Keys: l.public}); err != nil || !r.OK() || r.Size != 300 {
			t.Errorf("without %s: %v %+v", path, err, r)
		}
	}
}
