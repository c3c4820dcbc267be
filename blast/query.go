package blast

import (
	"slices"

	"cratewarden"
)

// Query asks for the radius of bad versions, of one crate or of several at once.
type Query struct {
	Bad  []Bad `json:"bad"`
	Mode Mode  `json:"mode"`
	// Kinds are the dependencies that count; none means normal and build.
	Kinds []Kind `json:"-"`
	// Required leaves optional dependencies out.
	Required bool `json:"required,omitempty"`
	// Locked counts yanked versions, which lock files may keep.
	Locked bool `json:"locked,omitempty"`
	// Depth ends the search at a distance; 0 follows to the end.
	Depth int `json:"depth,omitempty"`
}

// Bad is which versions of a crate are bad: those named, or those in a range; all
// of them when neither is given. A named version need not be there any more: who
// could resolve to it is still known.
type Bad struct {
	Crate    string   `json:"crate"`
	Versions []string `json:"versions,omitempty"`
	// Range is written as a requirement, such as ">=1.4.1, <1.5". Unlike a
	// dependency's it holds pre-releases, too.
	Range string `json:"range,omitempty"`
}

// Mode says which of the versions that a requirement takes count.
type Mode string

// The modes: any of them could be chosen, or only what Cargo would choose now.
const (
	Could Mode = "could"
	Would Mode = "would"
)

// Bounds of what may be asked: far above any incident, and small enough that
// nobody can keep a console busy with one address.
const (
	mostBad      = 200
	mostVersions = 2000
)

// normal fills in the defaults and refuses what cannot be asked.
func (q Query) normal() (Query, error) {
	if q.Mode == "" {
		q.Mode = Could
	}
	if len(q.Kinds) == 0 {
		q.Kinds = []Kind{Normal, Build}
	}
	q.Kinds = slices.Compact(slices.Sorted(slices.Values(q.Kinds)))
	switch {
	case q.Mode != Could && q.Mode != Would:
		return q, cratewarden.Errorf(cratewarden.Invalid, "The mode is “could” for what could be chosen, or “would” for what would be chosen now.")
	case q.Mode == Would && q.Locked:
		return q, cratewarden.Errorf(cratewarden.Invalid, "Lock files play no part in what would be chosen now. Take “locked” away, or ask for what could be chosen.")
	case len(q.Bad) == 0:
		return q, cratewarden.Errorf(cratewarden.Invalid, "Name at least one crate.")
	case len(q.Bad) > mostBad:
		return q, cratewarden.Errorf(cratewarden.TooLarge, "At most %d crates can be asked for at once.", mostBad)
	case q.Depth < 0 || slices.Max(q.Kinds) > Dev:
		return q, cratewarden.Errorf(cratewarden.Invalid, "The distance is a number from 1 on, and the kinds of dependency are normal, build and dev.")
	}
	return q, nil
}

// source is one bad crate of a query as the graph knows it.
type source struct {
	crate Crate
	ids   []int32       // of the bad versions that are there
	gone  []goneVersion // named, but not there
}

type goneVersion struct {
	num string
	v   Version
}

// sources finds the crates and versions of a query.
func (q Query) sources(g Graph) ([]source, error) {
	var out []source
	place := map[int32]int{}
	for _, bad := range q.Bad {
		one, err := bad.find(g)
		if err != nil {
			return nil, err
		}
		if i, again := place[one.crate.ID]; again {
			out[i].add(one)
			continue
		}
		place[one.crate.ID] = len(out)
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b source) int { return int(a.crate.ID) - int(b.crate.ID) })
	return out, nil
}

func (s *source) add(more source) {
	s.ids = append(s.ids, more.ids...)
	slices.Sort(s.ids)
	s.ids = slices.Compact(s.ids)
	for _, v := range more.gone {
		if !slices.Contains(s.gone, v) {
			s.gone = append(s.gone, v)
		}
	}
}

func (b Bad) find(g Graph) (s source, err error) {
	var ok bool
	if s.crate, ok = g.Crate(b.Crate); !ok {
		return s, cratewarden.Errorf(cratewarden.NotFound, "There is no crate of that name. What depended on a deleted crate the registry no longer knows; an incident keeps who depended directly, and tells them by its digests.")
	}
	if len(b.Versions) > mostVersions {
		return s, cratewarden.Errorf(cratewarden.TooLarge, "At most %d versions of a crate can be named. Give a range.", mostVersions)
	}
	var within Requirement
	if b.Range != "" {
		if within, ok = ParseRequirement(b.Range); !ok {
			return s, cratewarden.Errorf(cratewarden.Invalid, "The range cannot be read. Write it as in Cargo.toml, such as >=1.4.1, <1.5.")
		}
	}
	// Build metadata does not tell two versions apart, so they are compared as read.
	wanted := map[string]goneVersion{}
	for _, num := range b.Versions {
		v, ok := ParseVersion(num)
		if !ok {
			return s, cratewarden.Errorf(cratewarden.Invalid, "A version cannot be read. Write it whole, such as 1.4.1 or 2.0.0-rc.1.")
		}
		wanted[v.String()] = goneVersion{num, v}
	}
	all := b.Range == "" && len(b.Versions) == 0
	g.Numbers(s.crate.ID, func(id int32, number uint32, _ bool) {
		v, ok := ParseVersion(g.Number(number))
		named := false
		if ok && len(wanted) > 0 {
			_, named = wanted[v.String()]
			delete(wanted, v.String())
		}
		if all || named || ok && b.Range != "" && within.Spans(v) {
			s.ids = append(s.ids, id)
		}
	})
	for _, v := range wanted {
		s.gone = append(s.gone, v)
	}
	slices.Sort(s.ids)
	slices.SortFunc(s.gone, func(a, b goneVersion) int { return a.v.Compare(b.v) })
	return s, nil
}
