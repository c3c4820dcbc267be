package mirror

import (
	"slices"
	"sync"
	"sync/atomic"

	"cratewarden/blast"
)

// defaultGraph is the crates alone: who depends on whom by default version. It is
// made once for the tables it was made of, at the first question or the end of a
// load, and takes 4 bytes for each pair of crates.
type defaultGraph struct {
	once  sync.Once
	start []uint32 // by row of crates, one more at the end
	from  []uint32 // rows of the crates that depend
	size  atomic.Int64
}

// built gives the graph of a picture's tables, made if need be. The tables of a
// picture never change, so whoever comes first makes it for all.
func (x *defaultGraph) built(p *picture) *defaultGraph {
	x.once.Do(func() { x.build(p) })
	return x
}

func (x *defaultGraph) build(p *picture) {
	crates := p.crates
	x.start = make([]uint32, len(crates.ids)+1)
	total := uint32(0)
	p.eachDefault(func(_, target int) {
		x.start[target]++
		total++
	})
	at := uint32(0)
	for i, n := range x.start {
		x.start[i] = at
		at += n
	}
	x.from = make([]uint32, total)
	p.eachDefault(func(row, target int) {
		x.from[x.start[target]] = uint32(row)
		x.start[target]++
	})
	// Placing moved every start to its end, which is the next one's start.
	copy(x.start[1:], x.start[:len(x.start)-1])
	x.start[0] = 0
	x.size.Store(4 * int64(len(x.start)+len(x.from)))
}

// eachDefault visits, by the tables alone, the crates that each crate's default
// version depends on, each once, if that version is not yanked.
func (p *picture) eachDefault(visit func(row, target int)) {
	t := p.deps
	for row, version := range p.crates.defaults {
		if version == 0 {
			continue
		}
		of, ok := p.versions.row(version)
		if !ok || p.versions.flags[of]&flagYanked != 0 {
			continue
		}
		slot, ok := rowOf(t.version, version)
		if !ok {
			continue
		}
		targets := t.target[t.start[slot]:t.start[slot+1]]
		for i, id := range targets {
			if slices.Contains(targets[:i], id) {
				continue
			}
			if target, ok := p.crates.row(id); ok {
				visit(row, target)
			}
		}
	}
}

// bytes may be asked while another builds.
func (x *defaultGraph) bytes() int64 { return x.size.Load() }

// NameGraph is one state of the mirror by crates alone: what their default
// versions depend on, as in the registry's table reverse_dependencies. Places
// are rows of the loaded crates, then crates made since.
type NameGraph struct {
	p     *picture
	built *defaultGraph
	over  *nameOverlay
}

// Names gives the graph by crates alone; its error is that of Graph.
func (m *Mirror) Names() (*NameGraph, error) {
	g, err := m.Graph()
	if err != nil {
		return nil, err
	}
	return g.Names(), nil
}

// Names gives the same state by crates alone.
func (g *Graph) Names() *NameGraph {
	return &NameGraph{p: g.p, built: g.p.defaults.built(g.p), over: g.p.late.overlay(g.p)}
}

// nameOverlay is what touched crates change. Their rows in the table do not
// count; what their default versions depend on now stands here instead.
type nameOverlay struct {
	masked bits          // rows of touched crates
	fresh  []int32       // ids of crates that have no row
	place  map[int32]int // of fresh
	near   map[int][]int // by place of the crate depended on
}

func (x *lateIndex) overlay(p *picture) *nameOverlay {
	g := &x.graph
	g.name.Do(func() { g.over.build(p) })
	return &g.over
}

func (o *nameOverlay) build(p *picture) {
	o.masked, o.place, o.near = newBits(len(p.crates.ids)), map[int32]int{}, map[int][]int{}
	for id, t := range p.patch.crates {
		if row, ok := p.crates.row(id); ok {
			o.masked.set(uint32(row))
		} else if !t.gone {
			o.fresh = append(o.fresh, id)
		}
	}
	slices.Sort(o.fresh)
	for i, id := range o.fresh {
		o.place[id] = len(p.crates.ids) + i
	}
	for id, t := range p.patch.crates {
		if t.gone || t.crate.Default == 0 || p.isYanked(t.crate.Default) {
			continue
		}
		from, _ := o.find(p, id)
		p.eachDependency(t.crate.Default, func(d Dependency) bool {
			if to, ok := o.find(p, d.CrateID); ok && !slices.Contains(o.near[to], from) {
				o.near[to] = append(o.near[to], from)
			}
			return true
		})
	}
}

// find gives the place of a crate that is there.
func (o *nameOverlay) find(p *picture, crate int32) (int, bool) {
	if p.isGone(crate) {
		return 0, false
	}
	if row, ok := p.crates.row(crate); ok {
		return row, true
	}
	at, ok := o.place[crate]
	return at, ok
}

// Size is one more than the largest place.
func (n *NameGraph) Size() int { return len(n.p.crates.ids) + len(n.over.fresh) }

// Place finds a crate that is there.
func (n *NameGraph) Place(crate int32) (int, bool) { return n.over.find(n.p, crate) }

// Crate gives the id of the crate at a place.
func (n *NameGraph) Crate(place int) int32 {
	if rows := len(n.p.crates.ids); place >= rows {
		return n.over.fresh[place-rows]
	}
	return n.p.crates.ids[place]
}

// Near visits the crates that depend on the one at a place.
func (n *NameGraph) Near(place int, visit func(place int)) {
	if place < len(n.p.crates.ids) {
		for _, row := range n.built.from[n.built.start[place]:n.built.start[place+1]] {
			if !n.over.masked.has(row) {
				visit(int(row))
			}
		}
	}
	for _, from := range n.over.near[place] {
		visit(from)
	}
}

// Closure finds everything that depends on crates through default versions,
// directly or through others.
func (n *NameGraph) Closure(crates ...int32) blast.Reach { return blast.Closure(n, crates...) }
