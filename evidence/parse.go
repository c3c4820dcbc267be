package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"

	"cratewarden"
	"cratewarden/ledger"
)

// ParseManifest reads a manifest from anywhere and gives its digest. It accepts
// exactly what Seal writes; the error is Invalid for anything else.
func ParseManifest(text []byte) (*Manifest, ledger.Digest, error) {
	digest := ledger.Digest(sha256.Sum256(text))
	bad := func(cause error) (*Manifest, ledger.Digest, error) {
		return nil, digest, cratewarden.Wrap(cause, cratewarden.Invalid, "This is not the manifest of an evidence bundle as this program writes them.")
	}
	if len(text) > MaxManifest {
		return bad(nil)
	}
	var m Manifest
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&m); err != nil {
		if newerSchema(text) {
			return nil, digest, cratewarden.Wrap(err, cratewarden.Invalid, "This evidence bundle was made by a newer release. Read it with that one.")
		}
		return bad(err)
	}
	if _, err := in.Token(); err != io.EOF {
		return bad(err)
	}
	again, err := m.encode()
	if err != nil || !bytes.Equal(again, text) {
		return bad(err)
	}
	if err := m.check(); err != nil {
		return bad(err)
	}
	return &m, digest, nil
}

func newerSchema(text []byte) bool {
	var head struct {
		Schema int `json:"v"`
	}
	return json.Unmarshal(text, &head) == nil && head.Schema > Schema
}

// check holds a manifest to what every one of ours keeps.
func (m *Manifest) check() error {
	names := make(map[string]bool, len(m.Parts))
	sizes := make(map[ledger.Digest]int64, len(m.Parts))
	if m.Schema != Schema {
		return cratewarden.Errorf(cratewarden.Invalid, "schema %d", m.Schema)
	}
	for _, p := range m.Parts {
		size, seen := sizes[p.SHA256]
		if p.Name == "" || names[p.Name] || p.Bytes < 0 || p.Rows < 0 || seen && size != p.Bytes {
			return cratewarden.Errorf(cratewarden.Invalid, "part %q", p.Name)
		}
		names[p.Name], sizes[p.SHA256] = true, p.Bytes
	}
	return nil
}
