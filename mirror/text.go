package mirror

import (
	"hash/maphash"
	"slices"
	"sort"
	"strings"
	"unsafe"
)

// texts holds many strings in one piece of memory, so that the garbage
// collector sees one object in place of millions. String i ends where i+1
// begins; 0 is the empty string.
type texts struct {
	all  string
	ends []uint32
}

func (t *texts) at(i uint32) string {
	if int(i) >= len(t.ends) {
		return ""
	}
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.all[start:t.ends[i]]
}

func (t *texts) bytes() int64 { return int64(len(t.all) + 4*cap(t.ends)) }

// lower gives the same strings with ASCII letters in lower case, under the same
// numbers; other letters keep their case, so that no string changes its length.
func (t *texts) lower() texts { return texts{all: lowerASCII(t.all), ends: t.ends} }

func lowerASCII(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return unsafe.String(&b[0], len(b))
}

// owner gives the string that holds byte position pos.
func (t *texts) owner(pos int) uint32 {
	return uint32(sort.Search(len(t.ends), func(i int) bool { return int(t.ends[i]) > pos }))
}

// holding gives the strings that hold part, at most limit of them, by one
// search through the whole memory. part must not be empty.
func (t *texts) holding(part string, limit int) []uint32 {
	var found []uint32
	for pos := 0; len(found) < limit; {
		i := strings.Index(t.all[pos:], part)
		if i < 0 {
			break
		}
		pos += i
		own := t.owner(pos)
		if pos+len(part) <= int(t.ends[own]) {
			found = append(found, own)
			pos = int(t.ends[own])
			continue
		}
		pos++ // the match straddled two strings
	}
	return found
}

// lookup finds strings of texts whole and in whatever case: hash<<32|number,
// sorted.
type lookup struct {
	seed   maphash.Seed
	hashes []uint64
}

func newLookup(t *texts) lookup {
	l := lookup{seed: maphash.MakeSeed(), hashes: make([]uint64, len(t.ends))}
	for i := range l.hashes {
		l.hashes[i] = l.hash(t.at(uint32(i))) | uint64(i)
	}
	slices.Sort(l.hashes)
	return l
}

func (l *lookup) hash(s string) uint64 {
	return maphash.String(l.seed, strings.ToLower(s)) &^ (1<<32 - 1)
}

// find gives the numbers of the strings equal to s but for case.
func (l *lookup) find(t *texts, s string) (found []uint32) {
	hash := l.hash(s)
	at, _ := slices.BinarySearch(l.hashes, hash)
	for ; at < len(l.hashes) && l.hashes[at]&^(1<<32-1) == hash; at++ {
		if text := uint32(l.hashes[at]); strings.EqualFold(t.at(text), s) {
			found = append(found, text)
		}
	}
	return found
}

func (l *lookup) bytes() int64 { return 8 * int64(len(l.hashes)) }

// textBuilder makes texts. Interned strings are kept once.
type textBuilder struct {
	all  []byte
	ends []uint32
	seed maphash.Seed
	seen map[uint64]uint32
}

func newTextBuilder() *textBuilder {
	return &textBuilder{seed: maphash.MakeSeed(), seen: map[uint64]uint32{}, ends: []uint32{0}}
}

// add appends a string and gives its number; the empty string is 0.
func (b *textBuilder) add(s []byte) uint32 {
	if len(s) == 0 {
		return 0
	}
	b.all = append(b.all, s...)
	b.ends = append(b.ends, uint32(len(b.all)))
	return uint32(len(b.ends) - 1)
}

// intern is add for strings that come again. Two strings of one hash are kept
// apart: the second is stored anew.
func (b *textBuilder) intern(s []byte) uint32 {
	if len(s) == 0 {
		return 0
	}
	hash := maphash.Bytes(b.seed, s)
	if i, ok := b.seen[hash]; ok && string(b.all[b.ends[i-1]:b.ends[i]]) == string(s) {
		return i
	}
	i := b.add(s)
	b.seen[hash] = i
	return i
}

// done gives the texts; the builder must not be used again.
func (b *textBuilder) done() texts {
	all := make([]byte, len(b.all))
	copy(all, b.all)
	ends := make([]uint32, len(b.ends))
	copy(ends, b.ends)
	b.seen = nil
	if len(all) == 0 {
		return texts{ends: ends}
	}
	// all is never written again, so it may be a string without a copy.
	return texts{all: unsafe.String(&all[0], len(all)), ends: ends}
}
