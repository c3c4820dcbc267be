package blast

// Set is a set of ids of versions or crates. It takes a bit for each id in blocks
// of 65,536, so that it fits the processor's caches: asking it is what a search
// does most. The zero value is empty.
type Set struct{ blocks []*[1024]uint64 }

// Has says whether an id is in the set.
func (s *Set) Has(id int32) bool {
	at := int(uint32(id) >> 16)
	return at < len(s.blocks) && s.blocks[at] != nil && s.blocks[at][uint32(id)>>6&1023]&(1<<(uint32(id)&63)) != 0
}

// Add puts an id into the set.
func (s *Set) Add(id int32) {
	at := int(uint32(id) >> 16)
	for at >= len(s.blocks) {
		s.blocks = append(s.blocks, nil)
	}
	if s.blocks[at] == nil {
		s.blocks[at] = new([1024]uint64)
	}
	s.blocks[at][uint32(id)>>6&1023] |= 1 << (uint32(id) & 63)
}
