package mirror

import "sync"

// lateTexts number the texts of versions read after the load: they follow those of
// a table.
type lateTexts struct {
	table  *texts
	list   []string
	number map[string]uint32
}

func newLateTexts(table *texts) lateTexts {
	return lateTexts{table: table, number: map[string]uint32{}}
}

func (t *lateTexts) add(text string) {
	if _, known := t.number[text]; !known {
		t.number[text] = uint32(t.count())
		t.list = append(t.list, text)
	}
}

// count is one more than the largest number.
func (t *lateTexts) count() int { return len(t.table.ends) + len(t.list) }

func (t *lateTexts) at(number uint32) string {
	if n := len(t.table.ends); int(number) >= n {
		return t.list[int(number)-n]
	}
	return t.table.at(number)
}

// lateGraph is what the graphs need of the patch. Like lateIndex it is made when
// the first question comes, and anew when the patch or the tables change.
type lateGraph struct {
	text                  sync.Once
	requirements, numbers lateTexts
	name                  sync.Once
	over                  nameOverlay
}

func (x *lateIndex) texts(p *picture) *lateGraph {
	g := &x.graph
	g.text.Do(func() {
		g.requirements, g.numbers = newLateTexts(&p.deps.texts), newLateTexts(&p.versions.texts)
		for _, v := range p.patch.versions {
			g.numbers.add(v.Num)
			for _, d := range v.deps {
				g.requirements.add(d.Requirement)
			}
		}
	})
	return g
}

// forgetGraph drops what was worked out for other tables than the present.
func (p *picture) forgetGraph() { p.late, p.defaults = &lateIndex{}, &defaultGraph{} }
