package mirror

import (
	"time"

	"cratewarden/registry/bulk"
)

// trail knows from where on to ask for new rows. Ids are given out in order
// but committed in any order, so a row may appear behind the newest one seen.
// An id therefore counts as passed only when every transaction that ran when
// it was seen is over, however long that takes.
type trail struct {
	mark    bulk.Mark
	pending []sight
	again   bool // everything must be read anew
}

// sight is a head of the registry that is not passed yet.
type sight struct {
	newest [bulk.Streams]int32
	next   int64 // transactions from here on began later
	at     int64
}

const (
	// settle is added to the wait for transactions: an id is drawn a moment
	// before its transaction gets a number that others can see.
	settle = 5 * time.Second
	// touchOverlap is how far crates.updated_at may lie before the commit that
	// shows it: the registry ends a web request's statement after 30 s, so no
	// publish takes this long. Versions do not depend on it.
	touchOverlap = 2 * time.Minute
)

func newTrail(h bulk.Head) trail {
	t := trail{mark: bulk.Mark{Updated: h.Now - touchOverlap.Microseconds()}}
	// Rows of transactions that run at this moment may be missing from the
	// load; begin a little before the newest ids to see them arrive.
	for i, id := range h.Newest {
		t.mark.Last[i] = max(0, id-backlog)
	}
	t.pending = []sight{{h.Newest, h.Next, h.Now}}
	return t
}

// backlog is how many ids before the newest are asked for at the start: more
// than the registry hands out in the longest publish.
const backlog = 200

// advance moves the mark after a poll. A poll that was cut short moves it to
// where it stopped: those rows were read, and later commits among them are
// found by the next full re-read.
func (t *trail) advance(c *bulk.Changes) {
	h := c.Head
	if t.wentBack(h) {
		*t = newTrail(h)
		t.again = true
		return
	}
	t.pending = append(t.pending, sight{h.Newest, h.Next, h.Now})
	for len(t.pending) > 1 {
		first := t.pending[0]
		if first.next > h.Oldest || h.Now-first.at < settle.Microseconds() {
			break
		}
		t.raise(first.newest)
		t.pending = t.pending[1:]
	}
	if c.Full {
		t.raise(c.Seen)
		t.pending = t.pending[:0]
	}
	t.mark.Updated = max(t.mark.Updated, h.Now-touchOverlap.Microseconds())
}

func (t *trail) raise(to [bulk.Streams]int32) {
	for i := range t.mark.Last {
		t.mark.Last[i] = max(t.mark.Last[i], to[i])
	}
}

// wentBack says whether the registry has fewer rows than it had of a kind that
// is never deleted: another server with older data answers now.
func (t *trail) wentBack(h bulk.Head) bool {
	for _, s := range []bulk.Stream{bulk.StreamDeleted, bulk.StreamAccounts, bulk.StreamTokens, bulk.StreamTeams} {
		if h.Newest[s] < t.mark.Last[s] {
			return true
		}
	}
	return false
}
