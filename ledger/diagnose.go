package ledger

import (
	"encoding/json"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// found is an entry as it was found.
type found struct {
	index int64 // where it stands
	claim int64 // the number it gives itself; -1 if it cannot be read
	leaf  tlog.Hash
	kept  tlog.Hash // what is kept beside it as its hash
}

func newFound(index int64, body []byte, kept tlog.Hash) found {
	f := found{index: index, claim: -1, leaf: tlog.RecordHash(body), kept: kept}
	var numbered struct {
		Index *int64 `json:"index"`
	}
	if json.Unmarshal(body, &numbered) == nil && numbered.Index != nil {
		f.claim = *numbered.Index
	}
	return f
}

// diagnosis finds out what happened to a log that does not verify. First it
// establishes what the signed heads prove about each entry's hash (resolve.go),
// then it lays the entries that are there beside that.
type diagnosis struct {
	rows   []found // in the order they stand in
	stored tree    // hashes kept beside the entries
	copied []tlog.Hash
	heads  []Checkpoint // smallest first
	report *Report
	where  func(level int, n int64) string // where a stored hash stands, in words

	signed  int64          // entries under the newest head
	proven  []tlog.Hash    // of each entry of the log; unknown where nothing proves it
	origin  []int64        // which entry each row is; -1 for none
	held    []bool         // entries that some row is
	moved   bool           // rows do not stand at the numbers they had
	changed map[int64]bool // entries reported as changed
	blamed  map[int64]bool // unproven entries that do not fit the hash beside them
	sizes   []func()       // says whose hashes have a wrong number of bytes
}

// plausible leaves out heads that are beyond all measure longer than what is
// there, and says so: without a public key anybody could have made one, and
// looking for each missing entry would take for ever.
func plausible(list []Checkpoint, there int64, r *Report) []Checkpoint {
	for len(list) > 0 && list[len(list)-1].Size > 2*there+1_000_000 {
		size := list[len(list)-1].Size
		r.add(Removed, there, size-1, "a head of %d entries is there, but only %d entries are", size, there)
		list = list[:len(list)-1]
	}
	return list
}

func (d *diagnosis) run() {
	if len(d.heads) > 0 {
		d.signed = d.heads[len(d.heads)-1].Size
	}
	d.prove()
	before := len(d.report.Problems)
	d.identify()
	d.align()
	d.unproven()
	d.checkHashes()
	d.checkHeads()
	if len(d.report.Problems) == before && before == 0 {
		d.report.add(Rewritten, 0, d.signed-1, "the entries do not hash to the signed head of %d entries", d.signed)
	}
}

// identify finds out which entry each row is: by its hash where that is
// proven, by the number it gives itself where it is not: those rows first that
// fit the hash beside them.
func (d *diagnosis) identify() {
	total := d.length()
	d.proven = append(d.proven, make([]tlog.Hash, total-int64(len(d.proven)))...)
	d.held = make([]bool, total)
	d.changed = map[int64]bool{}
	d.origin = make([]int64, len(d.rows))
	byHash := make(map[tlog.Hash]int64, len(d.proven))
	for i, h := range d.proven {
		if h != unknown() {
			byHash[h] = int64(i)
		}
	}
	for p, row := range d.rows {
		d.origin[p] = -1
		if i, ok := byHash[row.leaf]; ok && !d.held[i] {
			d.origin[p], d.held[i] = i, true
		}
	}
	d.believe(func(f found) bool { return f.leaf == f.kept })
	d.believe(func(f found) bool { return f.claim == f.index })
	d.believe(func(found) bool { return true })
}

// believe takes the rows for which trust holds for the entry they say they are.
func (d *diagnosis) believe(trust func(found) bool) {
	for p, f := range d.rows {
		c := f.claim
		if d.origin[p] < 0 && c >= 0 && c < int64(len(d.held)) && d.proven[c] == unknown() && !d.held[c] && trust(f) {
			d.origin[p], d.held[c] = c, true
		}
	}
}

// length is how many entries there should be: all under the newest head, and
// after those as many as the rows say that fit the hash beside them. A row
// whose number was set far away must not make us look for millions of entries
// that never were.
func (d *diagnosis) length() int64 {
	total := d.signed
	for _, f := range d.rows {
		number := f.index
		if f.leaf == f.kept && f.claim >= 0 {
			number = f.claim
		}
		if number < d.signed+int64(len(d.rows))+1000 {
			total = max(total, number+1)
		}
	}
	return total
}

// align tells changed, removed, inserted and reordered entries apart. Rows
// whose numbers ascend are in order, even if all of them moved up because one
// was removed; between two of those, what is missing and what is unknown are
// laid side by side.
func (d *diagnosis) align() {
	for p, f := range d.rows {
		d.moved = d.moved || d.origin[p] >= 0 && d.origin[p] != f.index
	}
	inOrder := ascending(d.origin)
	lost := false
	gap := func(fromRow, toRow int, fromEntry, toEntry int64) {
		var strangers []int
		for p := fromRow; p < toRow; p++ {
			if d.origin[p] < 0 {
				strangers = append(strangers, p)
			}
		}
		var missing []int64
		for i := fromEntry; i < toEntry; i++ {
			if !d.held[i] {
				missing = append(missing, i)
			}
		}
		lost = d.pair(strangers, missing) || lost
	}
	row, entry := 0, int64(0)
	for p, ok := range inOrder {
		if ok {
			gap(row, p, entry, d.origin[p])
			row, entry = p+1, d.origin[p]+1
		}
	}
	gap(row, len(d.rows), entry, int64(len(d.held)))
	for p, f := range d.rows {
		if i := d.origin[p]; i >= 0 && (lost && !inOrder[p] || !lost && i != f.index) {
			d.report.addEntry(Reordered, i, "entry %d stands at the place of entry %d", i, f.index)
		}
	}
}

// pair reports rows nobody knows and entries nobody has, between two entries
// that are in order: one for one they are changed, the rest was removed or
// inserted. It says whether there was a rest.
func (d *diagnosis) pair(strangers []int, missing []int64) (rest bool) {
	changed := func(p int, i int64) {
		d.changed[i] = true
		d.report.addEntry(Changed, i, "entry %d was changed", i)
		d.origin[p], d.held[i] = i, true
	}
	wanted := make(map[int64]bool, len(missing))
	for _, i := range missing {
		wanted[i] = true
	}
	left := strangers[:0:0]
	for _, p := range strangers {
		i := d.rows[p].index
		if !wanted[i] {
			i = d.rows[p].claim
		}
		if !wanted[i] {
			left = append(left, p)
			continue
		}
		changed(p, i)
		delete(wanted, i)
	}
	missing = slices.DeleteFunc(missing, func(i int64) bool { return !wanted[i] })
	for len(left) > 0 && len(missing) > 0 {
		changed(left[0], missing[0])
		left, missing = left[1:], missing[1:]
	}
	for _, i := range missing {
		d.report.addEntry(Removed, i, "entry %d was removed", i)
	}
	for _, p := range left {
		d.report.addEntry(Inserted, d.rows[p].index, "what stands at the place of entry %d was inserted; it is no entry of the signed log", d.rows[p].index)
	}
	return len(left)+len(missing) > 0
}

// ascending marks a longest ascending part of a sequence; negative numbers are
// left out.
func ascending(numbers []int64) []bool {
	tails := []int{} // for each length, where the ascent with the smallest end stops
	back := make([]int, len(numbers))
	for p, n := range numbers {
		if n < 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(tails, n, func(q int, n int64) int {
			if numbers[q] < n {
				return -1
			}
			return 1
		})
		if back[p] = -1; at > 0 {
			back[p] = tails[at-1]
		}
		if at == len(tails) {
			tails = append(tails, p)
		}
		tails[at] = p
	}
	in := make([]bool, len(numbers))
	if len(tails) > 0 {
		for p := tails[len(tails)-1]; p >= 0; p = back[p] {
			in[p] = true
		}
	}
	return in
}
