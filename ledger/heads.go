package ledger

import (
	"bytes"
	"cmp"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// heads are the checkpoints a log is checked against, those with right
// signatures only, smallest first.
type heads struct {
	list []Checkpoint
	next int
}

// take reads one checkpoint; name says which, for the report.
func (h *heads) take(text []byte, name string, v Verification, r *Report) (Checkpoint, bool) {
	c, err := ParseCheckpoint(text, v.Keys)
	if err != nil {
		r.add(BadHead, -1, -1, "%s: %s", name, cratewarden.MessageOf(err))
		return c, false
	}
	h.list = append(h.list, c)
	return c, true
}

// sort brings them into order and names the log after the newest.
func (h *heads) sort(v Verification, r *Report) {
	for _, text := range v.Known {
		h.take(text, "the head you gave", v, r)
	}
	slices.SortFunc(h.list, func(a, b Checkpoint) int {
		return cmp.Or(cmp.Compare(a.Size, b.Size), bytes.Compare(a.Note, b.Note))
	})
	r.Trusted = v.Keys != nil
	if last := h.newest(); last.Note != nil {
		r.Log = last.Origin
	}
	for _, c := range h.list {
		if c.Origin != r.Log {
			r.add(BadHead, -1, -1, "the head of %d entries is of another log, %q", c.Size, c.Origin)
		}
	}
}

func (h *heads) newest() Checkpoint {
	if len(h.list) == 0 {
		return Checkpoint{}
	}
	return h.list[len(h.list)-1]
}

// pass compares heads of the size that a log has grown to; false if one does
// not fit.
func (h *heads) pass(size int64, root func() tlog.Hash, r *Report) bool {
	for ; h.next < len(h.list) && h.list[h.next].Size <= size; h.next++ {
		if c := h.list[h.next]; c.Size != size || c.Root != root() {
			return false
		}
		r.Heads, r.Signed = r.Heads+1, size
	}
	return true
}
