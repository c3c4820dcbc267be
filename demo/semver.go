package demo

import (
	"strconv"
	"strings"
)

// number is a version number: three parts and, for few, a tail such as
// "-rc.1" or "+2024.1".
type number struct {
	major, minor, patch int32
	tail                string
}

func (n number) String() string {
	b := make([]byte, 0, 16)
	b = strconv.AppendInt(b, int64(n.major), 10)
	b = strconv.AppendInt(append(b, '.'), int64(n.minor), 10)
	b = strconv.AppendInt(append(b, '.'), int64(n.patch), 10)
	return string(append(b, n.tail...))
}

func (n number) pre() bool { return strings.HasPrefix(n.tail, "-") }

// withoutBuild is versions.num_no_build.
func (n number) withoutBuild() string {
	s, _, _ := strings.Cut(n.String(), "+")
	return s
}

// parseNumber reads the numbers written in this package's scripts.
func parseNumber(s string) number {
	core, tail := s, ""
	if i := strings.IndexAny(s, "-+"); i >= 0 {
		core, tail = s[:i], s[i:]
	}
	f := strings.SplitN(core, ".", 3)
	part := func(i int) int32 { x, _ := strconv.ParseInt(f[i], 10, 32); return int32(x) }
	return number{part(0), part(1), part(2), tail}
}

// order is the registry's sort key of a version number, bytes whose order is
// semver precedence (contract schema/functions.md, semver_ord_v2). Loading
// runs with the registry's triggers asleep, so the key is made here.
func (n number) order() []byte {
	out := make([]byte, 0, 24)
	digits := func(s string) { out = append(append(out, byte(len(s))), s...) }
	for _, x := range []int32{n.major, n.minor, n.patch} {
		digits(strconv.Itoa(int(x)))
	}
	pre, _, _ := strings.Cut(n.tail, "+")
	if pre == "" {
		return append(out, 3)
	}
	for _, id := range strings.Split(pre[1:], ".") {
		if strings.Trim(id, "0123456789") == "" && (id == "0" || id[0] != '0') {
			out = append(out, 1)
			digits(id)
		} else {
			out = append(append(out, 2), id...)
		}
	}
	return append(out, 0)
}

// walk makes the numbers of a crate one after another, as a maintainer would
// choose them: mostly patches, now and then more, a try-out before a new
// major, a late patch of the line before.
type walk struct {
	d       *dice
	last    number
	before  number // newest of the line before, if any
	queue   []number
	builds  bool
	started bool
}

func (w *walk) next() number {
	if len(w.queue) > 0 {
		n := w.queue[0]
		w.queue = w.queue[1:]
		return w.stamp(n)
	}
	if !w.started {
		w.started = true
		w.builds = w.d.chance(0.012)
		w.last = pick(w.d, []number{{minor: 1}, {minor: 1}, {minor: 1}, {minor: 1}, {patch: 1}, {major: 1}, {minor: 1, tail: "-alpha.1"}})
		if w.last.pre() {
			w.queue = append(w.queue, number{minor: 1})
			first := w.last
			w.last = number{minor: 1}
			return first
		}
		return w.stamp(w.last)
	}
	x := w.d.part()
	switch {
	case w.before != (number{}) && x < 0.05:
		w.before.patch++
		return w.stamp(w.before)
	case x < 0.62:
		w.last.patch++
	case x < 0.93 || w.last.major == 0 && w.last.minor < 2:
		w.last.minor++
		w.last.patch = 0
	default:
		return w.newMajor()
	}
	return w.stamp(w.last)
}

func (w *walk) newMajor() number {
	w.before = w.last
	w.last = number{major: w.last.major + 1}
	if w.d.chance(0.45) {
		for _, t := range []string{"-alpha.1", "-alpha.2", "-beta.1", "-rc.1", "-rc.2"}[w.d.below(4):] {
			w.queue = append(w.queue, number{major: w.last.major, tail: t})
		}
	}
	w.queue = append(w.queue, w.last)
	return w.next()
}

func (w *walk) stamp(n number) number {
	if w.builds && n.tail == "" {
		n.tail = pick(w.d, []string{"+upstream-", "+lib", "+"}) + strconv.Itoa(w.d.between(1, 9)) + "." + strconv.Itoa(w.d.between(0, 20))
	}
	return n
}
