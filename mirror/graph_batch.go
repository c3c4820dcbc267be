package mirror

import "cratewarden/blast"

// depending is a batch of slots with what must be looked up of each in tables far
// larger than the processor's caches. One step does one look-up for all of them,
// so that none waits for another.
type depending struct {
	n          int
	slot       [256]uint32
	row        [256]uint32
	start, end [256]uint32
	of         [256]uint32 // slot of versions.byCrate
	flags      [256]uint8
	touch      int32 // what was fetched ahead; keeps the look-up from being left out
}

// fetch does the look-ups.
func (b *depending) fetch(p *picture) {
	t := p.deps
	for i, slot := range b.slot[:b.n] {
		b.row[i], b.start[i], b.end[i] = p.depRows[slot], t.start[slot], t.start[slot+1]
	}
	for i, row := range b.row[:b.n] {
		b.of[i] = noRow
		if row != noRow {
			b.of[i], b.flags[i] = p.versions.slot[row], p.versions.flags[row]
		}
		b.touch += t.target[b.start[i]] + int32(t.info[b.start[i]])
	}
}

// visit gives the dependencies on a crate and empties the batch.
func (b *depending) visit(p *picture, crate int32, visit func(blast.Edge) bool) bool {
	b.fetch(p)
	t := p.deps
	for i, slot := range b.slot[:b.n] {
		e := blast.Edge{Version: t.version[slot]}
		if of := b.of[i]; of != noRow && !p.masked.has(of) {
			e.Crate, e.Yanked = p.versions.byCrate.keys[of], b.flags[i]&flagYanked != 0
		} else if v := p.patch.version(e.Version); v != nil && !v.own {
			e.Crate, e.Yanked = v.CrateID, v.Yanked
		} else {
			continue
		}
		for at := b.start[i]; at < b.end[i]; at++ {
			if t.target[at] != crate {
				continue
			}
			info := t.info[at]
			e.Requirement, e.Kind, e.Optional = info>>3, blast.Kind(info>>1&3), info&1 != 0
			if !visit(e) {
				return false
			}
		}
	}
	b.n = 0
	return true
}
