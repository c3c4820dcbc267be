package mirror

import "sync"

// lateRequirements number the requirements of versions read after the load: they
// follow those of the table.
type lateRequirements struct {
	list   []string
	number map[string]uint32
}

// lateGraph is what the graphs need of the patch. Like lateIndex it is made when
// the first question comes, and anew when the patch or the tables change.
type lateGraph struct {
	requirement sync.Once
	named       lateRequirements
	name        sync.Once
	over        nameOverlay
}

func (x *lateIndex) requirements(p *picture) *lateRequirements {
	g := &x.graph
	g.requirement.Do(func() {
		g.named.number = map[string]uint32{}
		for _, v := range p.patch.versions {
			for _, d := range v.deps {
				if _, known := g.named.number[d.Requirement]; !known {
					g.named.number[d.Requirement] = uint32(len(p.deps.texts.ends) + len(g.named.list))
					g.named.list = append(g.named.list, d.Requirement)
				}
			}
		}
	})
	return &g.named
}

// forgetGraph drops what was worked out for other tables than the present.
func (p *picture) forgetGraph() { p.late, p.defaults = &lateIndex{}, &defaultGraph{} }
