package demo

import "math"

// dice is a small deterministic source of chance (splitmix64). A fresh one is
// thrown for every crate, version or person from the seed and the thing's own
// number, so that anything can be made again later without keeping it: that is
// how a registry of any size streams into the database.
type dice struct{ state uint64 }

// throw starts dice from the seed and the coordinates of what is being made.
func throw(seed uint64, at ...uint64) dice {
	d := dice{state: seed ^ 0x9e3779b97f4a7c15}
	for _, a := range at {
		d.state = d.next() ^ (a * 0xd1342543de82ef95)
	}
	d.next()
	return d
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives 0 ≤ x < n, and 0 for n ≤ 0.
func (d *dice) below(n int) int {
	if n <= 0 {
		return 0
	}
	return int(d.next() % uint64(n))
}

// between gives low ≤ x ≤ high.
func (d *dice) between(low, high int) int { return low + d.below(high-low+1) }

// part gives 0 ≤ x < 1.
func (d *dice) part() float64 { return float64(d.next()>>11) / (1 << 53) }

func (d *dice) chance(p float64) bool { return d.part() < p }

// norm is close to a standard normal: a sum of uniform parts, which unlike the
// usual formulas gives the same bits on every machine.
func (d *dice) norm() float64 {
	sum := -6.0
	for range 12 {
		sum += d.part()
	}
	return sum
}

// skewed gives values around the median with a long tail to the right.
func (d *dice) skewed(median, spread float64) float64 {
	return median * math.Exp(spread*d.norm())
}

// early gives 0 ≤ x < n with small numbers much more likely (about 1/x).
func (d *dice) early(n int) int {
	x := int(math.Exp(d.part()*math.Log(float64(n)+1))) - 1
	return min(max(x, 0), n-1)
}

func (d *dice) bytes(n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		x := d.next()
		b = append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24), byte(x>>32), byte(x>>40), byte(x>>48), byte(x>>56))
	}
	return b[:n]
}

const hexDigits = "0123456789abcdef"

// hex gives n lower-case hex digits, as of a commit.
func (d *dice) hex(n int) string { return d.letters(hexDigits, n) }

// secret gives n letters and digits, as of a token.
func (d *dice) secret(n int) string {
	return d.letters("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", n)
}

func (d *dice) letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.below(len(alphabet))]
	}
	return string(b)
}

func pick[T any](d *dice, list []T) T { return list[d.below(len(list))] }
