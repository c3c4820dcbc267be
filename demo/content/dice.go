package content

import "hash/fnv"

// dice draws numbers that depend on nothing but a seed and a label. It is our
// own small generator (splitmix64), because archives must stay the same when
// the standard library changes how it draws.
type dice struct{ state uint64 }

func newDice(seed uint64, label string) *dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(label))
	return &dice{seed ^ h.Sum64()}
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n draws from 0 to below.
func (d *dice) n(below int) int { return int(d.next() % uint64(below)) }

func (d *dice) between(low, high int) int { return low + d.n(high-low+1) }

func pick[T any](d *dice, list []T) T { return list[d.n(len(list))] }

// some draws count different elements, in a drawn order; all of them if there
// are fewer.
func some[T any](d *dice, list []T, count int) []T {
	out := append([]T(nil), list...)
	for i := range out {
		j := i + d.n(len(out)-i)
		out[i], out[j] = out[j], out[i]
	}
	return out[:min(count, len(out))]
}
