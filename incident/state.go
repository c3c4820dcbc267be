package incident

import (
	"slices"
)

// States gives all states in their order.
func States() []State {
	return []State{Reported, Triaged, Contained, Sealed, Removed, Communicated, Closed, Reviewed, Merged}
}

// Open says that a case is worked on: neither closed, reviewed nor merged.
func (s State) Open() bool { return slices.Contains(openStates(), string(s)) }

func openStates() []string {
	return []string{string(Reported), string(Triaged), string(Contained), string(Sealed), string(Removed), string(Communicated)}
}

// Rank is the place of a state in the order, from 0; -1 for no state.
func (s State) Rank() int { return slices.Index(States(), s) }

// Reached says that a case is at a state or beyond.
func (i Incident) Reached(s State) bool { return i.State != Merged && i.State.Rank() >= s.Rank() }

// MayPublish says that public steps are unlocked: what was bad is gone, and the
// record does not say otherwise; or somebody said why it may be told earlier.
func (i Incident) MayPublish() bool {
	return i.Reached(Removed) && i.Doubt == "" || i.EarlyReason != ""
}

// way is how one state leads to another.
type way byte

const (
	never  way = '.'
	onward way = 'f' // forward: what each state up to there needs must be shown, or somebody gives a reason
	back   way = 'b' // backward: always with a reason
	again  way = 'r' // by Reopen only
)

// wayTo is the whole state machine. Rows are where a case is, columns where it
// goes, both in the order of States. Nothing leads out of a merged case, and only
// Merge leads into that state. A case is closed before it is reviewed.
func wayTo(from, to State) way {
	table := [...]string{
		// rep tri con sea rem com clo rev mer
		".ffffff..", // reported
		"..fffff..", // triaged
		".b.ffff..", // contained
		".bb.fff..", // sealed
		".bbb.ff..", // removed
		".bbbb.f..", // communicated
		".r.....f.", // closed
		".r.......", // reviewed
		".........", // merged
	}
	f, t := from.Rank(), to.Rank()
	if f < 0 || t < 0 {
		return never
	}
	return way(table[f][t])
}

// between gives the states after one up to another.
func between(from, to State) []State { return States()[from.Rank()+1 : to.Rank()+1] }

// need is what a state needs before a case may be in it.
type need struct {
	state State // set by missing
	met   bool
	// needless says that there is nothing to do in a case like this.
	needless bool
	// hard says that no reason takes its place.
	hard bool
	why  string // what shows it, or what is missing
	// lacks names what is missing, each thing in one spelling. A person who says
	// that a state is reached all the same says it of these and of nothing else.
	lacks []string
	proof
}

func (n need) ok() bool { return n.met || n.needless }

// missing gives the needs that nothing shows on the way from one state to
// another.
func missing(needs map[State]need, from, to State) (out []need) {
	for _, s := range between(from, to) {
		if n := needs[s]; !n.ok() {
			n.state = s
			out = append(out, n)
		}
	}
	return out
}
