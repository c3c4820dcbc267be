package mirror

import (
	"slices"
	"strings"
	"sync"
)

// gramIndex finds names by the three-letter pieces they share, as pg_trgm
// does: a name is read with two blanks before and one after it.
type gramIndex struct {
	start  []uint32 // by gram code
	length []uint8  // of an entry's name
	posts  []uint32 // entries of a gram, shorter names first
	rooms  *sync.Pool
}

// gramRoom is what counting grams needs: a count for every entry, all zero
// between two questions, and the entries that have one. Common grams touch a
// hundred thousand entries, so the room is kept for the next question.
type gramRoom struct {
	counts  []uint8
	touched []uint32
}

// The letters of canonical names as small numbers: a blank is 0, everything
// that no crate name has is last.
const (
	letters   = 39
	gramCodes = letters * letters * letters
)

func letter(c byte) uint16 {
	switch {
	case c >= 'a' && c <= 'z':
		return uint16(c-'a') + 1
	case c >= '0' && c <= '9':
		return uint16(c-'0') + 27
	case c == '_':
		return 37
	default:
		return 38
	}
}

// gramsOf appends the distinct grams of a name in ascending order.
func gramsOf(name string, into []uint16) []uint16 {
	into = into[:0]
	a, b := uint16(0), uint16(0)
	for i := range len(name) + 1 {
		c := uint16(0)
		if i < len(name) {
			c = letter(name[i])
		}
		into = append(into, (a*letters+b)*letters+c)
		a, b = b, c
	}
	slices.Sort(into)
	return slices.Compact(into)
}

func newGramIndex(count int, name func(i int) string) gramIndex {
	x := gramIndex{start: make([]uint32, gramCodes+1), length: make([]uint8, count)}
	var grams []uint16
	for i := range count {
		x.length[i] = uint8(min(len(name(i)), 255))
		grams = gramsOf(name(i), grams)
		for _, g := range grams {
			x.start[g+1]++
		}
	}
	for g := range gramCodes {
		x.start[g+1] += x.start[g]
	}
	x.posts = make([]uint32, x.start[gramCodes])
	at := slices.Clone(x.start)
	for _, i := range x.byLength() {
		grams = gramsOf(name(int(i)), grams)
		for _, g := range grams {
			x.posts[at[g]] = i
			at[g]++
		}
	}
	x.rooms = &sync.Pool{New: func() any { return &gramRoom{counts: make([]uint8, count)} }}
	return x
}

// byLength gives the entries by the length of their names, shorter ones first.
func (x *gramIndex) byLength() []uint32 {
	var at [257]uint32
	for _, n := range x.length {
		at[int(n)+1]++
	}
	for n := range at[1:] {
		at[n+1] += at[n]
	}
	order := make([]uint32, len(x.length))
	for i, n := range x.length {
		order[at[n]] = uint32(i)
		at[n]++
	}
	return order
}

// lengths bounds the lengths of names, both included.
type lengths struct{ low, high int }

// anyLength leaves nobody out.
var anyLength = lengths{0, 255}

// alike is an entry and how like it is, from 0 to 1: shared grams divided by
// all distinct grams of both, the measure of pg_trgm.
type alike struct {
	entry uint32
	score float32
}

// maxGrams bounds the work for a long question; the longest name has 65.
const maxGrams = 80

// like gives the entries of some lengths at least that like name, best first, at
// most limit. An entry that is like enough shares so many grams that it shares one besides the
// commonest few: those bring no entry, they only count for the entries that the
// others bring, of which there are far fewer.
func (x *nameIndex) like(name string, least float32, limit int, within lengths) []alike {
	grams, lists := x.gramLists(name, within)
	common := dispensable(len(grams), least)
	room := x.grams.rooms.Get().(*gramRoom)
	defer x.grams.rooms.Put(room)
	c, touched := room.counts, room.touched[:0]
	for _, list := range lists[common:] {
		for _, e := range list {
			if c[e] == 0 {
				touched = append(touched, e)
			}
			c[e]++
		}
	}
	room.touched = touched
	for _, list := range lists[:common] {
		for _, e := range list {
			if c[e] != 0 {
				c[e]++
			}
		}
	}
	found := best[alike]{limit: limit, less: func(a, b alike) int {
		if a.score != b.score {
			return descending(a.score, b.score)
		}
		return int(a.entry) - int(b.entry)
	}}
	for _, e := range touched {
		shared := float32(c[e])
		c[e] = 0
		// A name repeats few grams, so its length stands for their number.
		all := float32(len(grams) + int(x.grams.length[e]) + 1)
		if score := shared / (all - shared); score >= least && shared >= least*float32(len(grams)) {
			found.add(alike{e, score})
		}
	}
	return found.sorted()
}

// gramLists gives the grams of a name and the lists of those who have them, the
// longest first.
func (x *nameIndex) gramLists(name string, within lengths) (grams []uint16, lists [][]uint32) {
	var room [maxGrams + 1]uint16
	grams = gramsOf(name[:min(len(name), maxGrams)], room[:0])
	lists = make([][]uint32, len(grams))
	for i, g := range grams {
		lists[i] = x.grams.of(g, within)
	}
	slices.SortFunc(lists, func(a, b []uint32) int { return len(b) - len(a) })
	return grams, lists
}

// dispensable says how many of so many grams no entry can do with alone that is
// at least so like.
func dispensable(grams int, least float32) int {
	needed := int(least * float32(grams))
	if float32(needed) < least*float32(grams) {
		needed++
	}
	return max(needed-1, 0)
}

// of gives the entries that have a gram and whose names are of some lengths.
func (x *gramIndex) of(gram uint16, within lengths) []uint32 {
	posts := x.posts[x.start[gram]:x.start[gram+1]]
	if within == anyLength {
		return posts
	}
	shorter := func(e uint32, n int) int { return int(x.length[e]) - n }
	low, _ := slices.BinarySearchFunc(posts, within.low, shorter)
	high, _ := slices.BinarySearchFunc(posts[low:], within.high+1, shorter)
	return posts[low : low+high]
}

// containing gives up to limit entries that hold part, three letters or more,
// anywhere, and look good to weigh: those with the most weight.
func (x *nameIndex) containing(part string, limit int, weigh func(entry uint32) int64) []uint32 {
	rare := x.rarest(part)
	type weighed struct {
		entry  uint32
		weight int64
	}
	found := best[weighed]{limit: limit, less: func(a, b weighed) int {
		if a.weight != b.weight {
			return descending(a.weight, b.weight)
		}
		return int(a.entry) - int(b.entry)
	}}
	for _, e := range rare {
		if strings.Contains(x.at(e), part) {
			found.add(weighed{e, weigh(e)})
		}
	}
	var out []uint32
	for _, w := range found.sorted() {
		out = append(out, w.entry)
	}
	return out
}

// rarest gives the shortest list of entries among the grams inside part.
func (x *nameIndex) rarest(part string) []uint32 {
	var rare []uint32
	for i := 0; i+3 <= len(part); i++ {
		g := (letter(part[i])*letters+letter(part[i+1]))*letters + letter(part[i+2])
		posts := x.grams.posts[x.grams.start[g]:x.grams.start[g+1]]
		if i == 0 || len(posts) < len(rare) {
			rare = posts
		}
	}
	return rare
}

func (x *gramIndex) bytes() int64 { return 4*int64(len(x.start)+len(x.posts)) + int64(len(x.length)) }
