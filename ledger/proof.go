package ledger

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Inclusion proves that an entry is in the log of a signed head. Its text is a
// file that needs nothing else but the entry and the public key
// (c2sp.org/tlog-proof).
type Inclusion struct {
	Index  int64
	Path   tlog.RecordProof
	Signed Checkpoint
}

const inclusionMark = "c2sp.org/tlog-proof@v1"

// Text gives the file, usually named INDEX.tlog-proof.
func (p Inclusion) Text() []byte {
	return proofText(fmt.Sprintf("%s\nindex %d\n", inclusionMark, p.Index), p.Path, p.Signed)
}

// ParseInclusion reads such a file and checks the signatures of its head.
func ParseInclusion(text []byte, keys *PublicKeys) (Inclusion, error) {
	rest, ok := bytes.CutPrefix(text, []byte(inclusionMark+"\nindex "))
	if !ok {
		return Inclusion{}, badProof(fmt.Errorf("no %s", inclusionMark))
	}
	var p Inclusion
	var err error
	var path []tlog.Hash
	p.Index, path, p.Signed, err = parseProof(rest, keys)
	p.Path = path
	return p, err
}

// Check says whether the proof holds for an entry's bytes.
func (p Inclusion) Check(body []byte) error {
	if err := tlog.CheckRecord(p.Path, p.Signed.Size, p.Signed.Root, p.Index, tlog.RecordHash(body)); err != nil {
		return cratewarden.Wrap(err, cratewarden.Refused, "The proof does not hold: this is not entry %d of the signed log.", p.Index)
	}
	return nil
}

// Consistency proves that the log of a signed head begins with a smaller one:
// between the two, entries were only added. Its text is what witnesses of
// transparency logs take (c2sp.org/tlog-witness).
type Consistency struct {
	Old    int64 // size of the smaller log
	Path   tlog.TreeProof
	Signed Checkpoint
}

// Text gives the file.
func (p Consistency) Text() []byte {
	return proofText(fmt.Sprintf("old %d\n", p.Old), p.Path, p.Signed)
}

// ParseConsistency reads such a file and checks the signatures of its head.
func ParseConsistency(text []byte, keys *PublicKeys) (Consistency, error) {
	rest, ok := bytes.CutPrefix(text, []byte("old "))
	if !ok {
		return Consistency{}, badProof(fmt.Errorf("no old size"))
	}
	var p Consistency
	var err error
	var path []tlog.Hash
	p.Old, path, p.Signed, err = parseProof(rest, keys)
	p.Path = path
	return p, err
}

// Check says whether the proof holds for an older head.
func (p Consistency) Check(old Checkpoint) error {
	err := fmt.Errorf("sizes %d, %d", old.Size, p.Old)
	if old.Size == p.Old && old.Size > 0 {
		err = tlog.CheckTree(p.Path, p.Signed.Size, p.Signed.Root, old.Size, old.Root)
	}
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Refused, "The proof does not hold: the log of %d entries does not begin with the older one of %d.", p.Signed.Size, old.Size)
	}
	return nil
}

func proofText(first string, path []tlog.Hash, signed Checkpoint) []byte {
	var out bytes.Buffer
	out.WriteString(first)
	for _, h := range path {
		out.WriteString(h.String() + "\n")
	}
	out.WriteByte('\n')
	out.Write(signed.Note)
	return out.Bytes()
}

func parseProof(text []byte, keys *PublicKeys) (number int64, path []tlog.Hash, signed Checkpoint, err error) {
	head, signedText, ok := bytes.Cut(text, []byte("\n\n"))
	fields := strings.Split(string(head), "\n")
	if !ok || len(fields) > 1+64 {
		return 0, nil, signed, badProof(fmt.Errorf("no head, or too long"))
	}
	number, err = strconv.ParseInt(fields[0], 10, 64)
	if err != nil || number < 0 || strconv.FormatInt(number, 10) != fields[0] {
		return 0, nil, signed, badProof(fmt.Errorf("not a number: %q", fields[0]))
	}
	for _, field := range fields[1:] {
		h, err := tlog.ParseHash(field)
		if err != nil || h.String() != field {
			return 0, nil, signed, badProof(fmt.Errorf("not a hash: %q", field))
		}
		path = append(path, h)
	}
	signed, err = ParseCheckpoint(signedText, keys)
	return number, path, signed, err
}

func badProof(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Invalid, "This is not a proof from a ledger.")
}

// ProveInclusion proves an entry against a head that Head gave.
func (l *Log) ProveInclusion(ctx context.Context, index int64, head Checkpoint) (Inclusion, error) {
	if index < 0 || index >= head.Size {
		return Inclusion{}, cratewarden.Errorf(cratewarden.NotFound, "The signed log has %d entries; there is no entry %d in it.", head.Size, index)
	}
	path, err := tlog.ProveRecord(head.Size, index, hashReader(ctx, l.db))
	return Inclusion{Index: index, Path: path, Signed: head}, err
}

// ProveConsistency proves that the log of a head begins with the log of an
// older size.
func (l *Log) ProveConsistency(ctx context.Context, old int64, head Checkpoint) (Consistency, error) {
	if old < 1 || old > head.Size {
		return Consistency{}, cratewarden.Errorf(cratewarden.Invalid, "An older log of %d entries cannot be compared with one of %d.", old, head.Size)
	}
	path, err := tlog.ProveTree(head.Size, old, hashReader(ctx, l.db))
	return Consistency{Old: old, Path: path, Signed: head}, err
}
