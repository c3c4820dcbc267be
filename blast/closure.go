package blast

// Names is a registry by crates alone: which crate's default version, not
// yanked, depends on which other crate, by whatever kind. Crates have places in
// it, counted from 0 and below Size.
type Names interface {
	Size() int
	// Place finds a crate by its id.
	Place(crate int32) (int, bool)
	// Crate is the way back.
	Crate(place int) int32
	// Near visits the crates that depend on one; the same may come twice.
	Near(place int, visit func(place int))
}

// Reach is how far each crate is from where a closure began.
type Reach struct {
	// Distance is by place: 0 where it began, Unreached for what is not reached.
	Distance []int32
	// Layers counts the crates by distance; Layers[0] is where it began.
	Layers []int
}

// Unreached is the distance of what does not depend, even through others.
const Unreached = -1

// Crates is how many are reached, without those where it began.
func (r Reach) Crates() (n int) {
	for i, c := range r.Layers {
		if i > 0 {
			n += c
		}
	}
	return n
}

// Closure finds everything that depends on some crates through their default
// versions, directly or through others, whatever the requirements say. It is the
// coarse answer in an instant; Run is the exact one.
func Closure(names Names, crates ...int32) Reach {
	r := Reach{Distance: make([]int32, names.Size())}
	for i := range r.Distance {
		r.Distance[i] = Unreached
	}
	var front, next []int
	for _, id := range crates {
		if at, ok := names.Place(id); ok && r.Distance[at] == Unreached {
			r.Distance[at] = 0
			front = append(front, at)
		}
	}
	for distance := int32(1); len(front) > 0; distance++ {
		r.Layers = append(r.Layers, len(front))
		visit := func(at int) {
			if r.Distance[at] == Unreached {
				r.Distance[at] = distance
				next = append(next, at)
			}
		}
		for _, at := range front {
			names.Near(at, visit)
		}
		front, next = next, front[:0]
	}
	return r
}
