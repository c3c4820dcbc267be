package mirror

import "encoding/hex"

// shaIndex finds rows by the start of a checksum: rows are grouped by its
// first two bytes, which leaves some thirty to look at among 1.8 million.
type shaIndex struct {
	start []uint32
	rows  []uint32
}

const shaBuckets = 1 << 16

func shaBucket(sum *[32]byte) int { return int(sum[0])<<8 | int(sum[1]) }

func newSHAIndex(sums [][32]byte) shaIndex {
	x := shaIndex{start: make([]uint32, shaBuckets+1), rows: make([]uint32, len(sums))}
	for i := range sums {
		x.start[shaBucket(&sums[i])+1]++
	}
	for b := range shaBuckets {
		x.start[b+1] += x.start[b]
	}
	at := make([]uint32, shaBuckets)
	copy(at, x.start)
	for i := range sums {
		b := shaBucket(&sums[i])
		x.rows[at[b]] = uint32(i)
		at[b]++
	}
	return x
}

func (x *shaIndex) bytes() int64 { return 4 * int64(len(x.start)+len(x.rows)) }

// shaPrefix is a checksum of which only the first digits are known.
type shaPrefix struct {
	bytes []byte
	half  int // the odd last digit, or -1
}

// leastSHA is how many digits make a question about a checksum; fewer match
// too much by chance.
const leastSHA = 6

// parseSHA reads 6 to 64 hexadecimal digits.
func parseSHA(s string) (shaPrefix, bool) {
	if len(s) < leastSHA || len(s) > 64 {
		return shaPrefix{}, false
	}
	p := shaPrefix{half: -1}
	if len(s)%2 == 1 {
		last, err := hex.DecodeString("0" + s[len(s)-1:])
		if err != nil {
			return shaPrefix{}, false
		}
		p.half, s = int(last[0]), s[:len(s)-1]
	}
	var err error
	p.bytes, err = hex.DecodeString(s)
	return p, err == nil
}

func (p shaPrefix) matches(sum *[32]byte) bool {
	for i, b := range p.bytes {
		if sum[i] != b {
			return false
		}
	}
	return p.half < 0 || int(sum[len(p.bytes)]>>4) == p.half
}

// withSHA gives up to limit versions whose archive's checksum starts so.
func (p *picture) withSHA(prefix shaPrefix, limit int) []Version {
	var found []Version
	x := &p.versions.bySHA
	bucket := int(prefix.bytes[0])<<8 | int(prefix.bytes[1])
	for _, row := range x.rows[x.start[bucket]:x.start[bucket+1]] {
		if len(found) < limit && prefix.matches(&p.versions.sha[row]) && !p.masked.has(p.versions.slot[row]) {
			found = append(found, p.versionAt(int(row)))
		}
	}
	for _, v := range p.patch.versions {
		if len(found) < limit && prefix.matches(&v.SHA256) {
			found = append(found, v.Version)
		}
	}
	return found
}
