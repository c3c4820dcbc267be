package ledger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"cratewarden"
)

// Checkpoint is a head of the log: how many entries it has and the hash of
// them all (c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Origin string // the log's name
	Size   int64
	Root   tlog.Hash
	// Note is the signed text.
	Note []byte
}

// sign makes a checkpoint with the signatures of all keys.
func sign(size int64, root tlog.Hash, keys []Key) (Checkpoint, error) {
	c := Checkpoint{Origin: keys[0].Name(), Size: size, Root: root}
	signers := make([]note.Signer, len(keys))
	for i, k := range keys {
		signers[i] = k.signer
	}
	text, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", c.Origin, size, root)}, signers...)
	c.Note = text
	return c, err
}

// maxNote is the most bytes a checkpoint may have; ours have a few hundred.
const maxNote = 64 << 10

// ParseCheckpoint reads a checkpoint and checks its signatures. With nil keys
// no signature is checked. Otherwise every signature must be of a known key
// and right: one that nobody can check could be a changed one. Error kinds are
// Invalid for a malformed text and Refused for signatures.
func ParseCheckpoint(text []byte, keys *PublicKeys) (Checkpoint, error) {
	if len(text) > maxNote {
		return Checkpoint{}, badCheckpoint(fmt.Errorf("%d bytes", len(text)))
	}
	split := bytes.LastIndex(text, []byte("\n\n"))
	if split < 0 {
		return Checkpoint{}, badCheckpoint(fmt.Errorf("no signatures"))
	}
	c, err := parseHead(string(text[:split+1]))
	if err != nil {
		return Checkpoint{}, badCheckpoint(err)
	}
	c.Note = bytes.Clone(text)
	if keys == nil {
		return c, nil
	}
	return c, keys.check(c)
}

// parseHead reads the three lines that are signed. Other lines, which the
// format allows, are not ours, so they are refused.
func parseHead(text string) (Checkpoint, error) {
	fields := strings.Split(text, "\n")
	if len(fields) != 4 || fields[0] == "" || fields[3] != "" {
		return Checkpoint{}, fmt.Errorf("not three lines")
	}
	size, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != fields[1] {
		return Checkpoint{}, fmt.Errorf("not a size: %q", fields[1])
	}
	root, err := tlog.ParseHash(fields[2])
	if err != nil || root.String() != fields[2] {
		return Checkpoint{}, fmt.Errorf("not a hash: %q", fields[2])
	}
	return Checkpoint{Origin: fields[0], Size: size, Root: root}, nil
}

func (keys *PublicKeys) check(c Checkpoint) error {
	opened, err := note.Open(c.Note, note.VerifierList(keys.list...))
	if err != nil {
		return cratewarden.Wrap(err, cratewarden.Refused, "The signature of this checkpoint is not right, or was made with a key that was not given.")
	}
	if len(opened.UnverifiedSigs) > 0 {
		return cratewarden.Errorf(cratewarden.Refused, "This checkpoint bears a signature of an unknown key. Give all public keys of the log, also former ones.")
	}
	if c.Origin != keys.name {
		return cratewarden.Errorf(cratewarden.Refused, "This checkpoint is of the log %q, the key of %q.", c.Origin, keys.name)
	}
	// Base64 has spare bits and the opening drops repetitions; a text that
	// differs in them would verify although bytes of it were changed.
	strict := opened.Text + "\n"
	for _, sig := range opened.Sigs {
		raw, err := base64.StdEncoding.Strict().DecodeString(sig.Base64)
		if err != nil {
			return badCheckpoint(err)
		}
		strict += "— " + sig.Name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
	}
	if strict != string(c.Note) {
		return badCheckpoint(fmt.Errorf("not in the form it was signed in"))
	}
	return nil
}

func badCheckpoint(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Invalid, "This is not a checkpoint of a ledger.")
}
