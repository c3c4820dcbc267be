package related

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/mirror"
)

// kind is what a node is.
type kind uint8

const (
	versionKind kind = iota
	crateKind
	accountKind
	tokenKind
)

type key struct {
	kind kind
	id   int32
}

// node is a candidate.
type node struct {
	key
	start, ticked, judged, grown bool
	links, conduct               []Reason
	weight                       int
	// anchors are the times of ticked versions of an account, or of a token.
	anchors []time.Time
	used    []int32 // credentials of ticked versions of an account
	payload bool
}

// hunt is one question being answered.
type hunt struct {
	m      *mirror.Mirror
	blame  Blame
	update bool
	clock  time.Time
	nodes  map[key]*node
	order  []*node
	queue  []*node
	alike  int // questions for look-alikes left
	named  int // accounts that the case names
	notes  []string
	full   bool

	newcomers map[int32]bool
	imitation map[int32]*Reason // of crates, nil for none
	targets   map[int32]int32   // the crates that crates imitate
	made      map[int32]bool    // crates that are bad from the start by the case's word
	crowds    map[int32]int     // how many took a crate up while it was young
	hollows   map[int32][]mirror.Crate
	bursts    map[int32]bool    // crates whose flood was found
	tokens    map[int32][]int32 // that published bad versions, by account
	uses      map[int32]int     // bad versions by token
	// left and offered count versions of an account that are not shown, and that
	// are without a sign.
	left, offered map[int32]int
	yanked        map[int32][]mirror.Action
	works         map[int32][]mirror.Version
	numbers       map[int32][]mirror.Version // of crates
	hollowed      map[int32]bool             // accounts whose unused crates are offered
}

func newHunt(m *mirror.Mirror, blame Blame) *hunt {
	return &hunt{m: m, blame: blame, nodes: map[key]*node{}, alike: mostAlike, newcomers: map[int32]bool{}, imitation: map[int32]*Reason{}, hollows: map[int32][]mirror.Crate{},
		targets: map[int32]int32{}, made: map[int32]bool{}, crowds: map[int32]int{}, bursts: map[int32]bool{},
		uses: map[int32]int{}, yanked: map[int32][]mirror.Action{}, works: map[int32][]mirror.Version{}, numbers: map[int32][]mirror.Version{}, hollowed: map[int32]bool{}}
}

func (h *hunt) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(h.notes, text) {
		h.notes = append(h.notes, text)
	}
}

// link connects a candidate with the case. Of the same rule the first link is
// kept. The candidate is judged at its first link, and ticked if what it did is
// enough.
func (h *hunt) link(k key, from *node, rule, text string, facts ...Fact) *node {
	n := h.nodes[k]
	if n == nil {
		if len(h.order) >= mostSubjects {
			if !h.full {
				h.note("More than %d subjects are connected with this case; what is shown is not all.", mostSubjects)
			}
			h.full = true
			return nil
		}
		n = &node{key: k}
		h.nodes[k], h.order = n, append(h.order, n)
	}
	r := Reason{Rule: rule, Text: text, Facts: facts}
	if from != nil {
		r.From = h.subject(from.key)
	}
	if !slices.ContainsFunc(n.links, func(x Reason) bool { return x.Rule == rule }) {
		n.links = append(n.links, r)
	}
	if !n.judged {
		n.judged = true
		n.conduct = h.judge(k)
		for _, c := range n.conduct {
			n.weight += c.Weight
		}
	}
	if n.weight >= enough && (h.blame != Squat || k.kind != accountKind) { // who squats is written to, and locked by a person's word
		h.tick(n)
	}
	return n
}

// sure links and ticks whatever the candidate did.
func (h *hunt) sure(k key, from *node, rule, text string, facts ...Fact) *node {
	n := h.link(k, from, rule, text, facts...)
	if n != nil {
		h.tick(n)
	}
	return n
}

func (h *hunt) tick(n *node) {
	if !n.ticked {
		n.ticked = true
		h.queue = append(h.queue, n)
	}
}

// run follows what is ticked until nothing new comes.
func (h *hunt) run() {
	for len(h.queue) > 0 {
		n := h.queue[0]
		h.queue = h.queue[1:]
		switch n.kind {
		case versionKind:
			h.growVersion(n)
		case crateKind:
			h.growCrate(n)
		case accountKind:
			h.growAccount(n)
		case tokenKind:
			h.growToken(n)
		}
	}
}

// judge finds what a candidate did that innocents seldom do.
func (h *hunt) judge(k key) []Reason {
	switch k.kind {
	case versionKind:
		return h.judgeVersion(k.id)
	case crateKind:
		return h.judgeCrate(k.id)
	case accountKind:
		return h.judgeAccount(k.id)
	}
	return nil
}

func conduct(rule string, weight int, text string, facts ...Fact) Reason {
	return Reason{Rule: rule, Text: text, Conduct: true, Weight: weight, Facts: facts}
}

func fact(name string, value any) Fact {
	switch v := value.(type) {
	case time.Time:
		return Fact{name, moment(v)}
	case time.Duration:
		return Fact{name, v.Round(time.Second).String()}
	}
	return Fact{name, fmt.Sprint(value)}
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// subject names a node as the ledger does.
func (h *hunt) subject(k key) ledger.Subject {
	switch k.kind {
	case versionKind:
		v, _ := h.m.Version(k.id)
		return action.VersionSubject(h.crateName(v.CrateID), v.Num)
	case crateKind:
		return action.CrateSubject(h.crateName(k.id))
	case accountKind:
		return action.AccountSubject(k.id, h.login(k.id))
	}
	return action.TokenSubject(k.id)
}

func (h *hunt) crateName(id int32) string {
	c, _ := h.m.CrateRow(id)
	return c.Name
}

func (h *hunt) login(id int32) string {
	if a, ok := h.m.Account(id); ok {
		return a.Login
	}
	return "account " + strconv.Itoa(int(id))
}
