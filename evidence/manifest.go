package evidence

import (
	"bytes"
	"encoding/json"
	"time"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/registry/extract"
)

// Schema is the version of the form of manifests that this release writes.
const Schema = 1

// MaxManifest is the most bytes a manifest may have.
const MaxManifest = 64 << 20

// Manifest says what belongs to a bundle. Its canonical form is compact JSON
// with the fields in this order; any other text of the same meaning is refused,
// so that one bundle has one digest. It holds no personal data.
type Manifest struct {
	Schema int `json:"v"`
	// SealedAt is when the bundle was made, by the console's clock, UTC.
	SealedAt time.Time `json:"sealed_at"`
	Plan     string    `json:"plan,omitempty"`
	Incident string    `json:"incident,omitempty"`
	// Snapshot is pg_current_snapshot() of the registry's database and TakenAt
	// its clock, when the rows were read.
	Snapshot string           `json:"registry_snapshot"`
	TakenAt  time.Time        `json:"registry_time"`
	Subjects extract.Subjects `json:"subjects"`
	Parts    []Part           `json:"parts"`
	// Missing are files that might have been there and were not.
	Missing []Missing `json:"missing"`
	// LeftOut is what was not copied, and why.
	LeftOut []extract.LeftOut `json:"left_out"`
}

// Part is one thing in a bundle.
type Part struct {
	// Name is unique in the bundle, such as "rows/versions.jsonl" or
	// "static/crates/foo/foo-1.0.0.crate". It is not a path to write to.
	Name string `json:"name"`
	Kind string `json:"kind"`
	// SHA256 and Bytes are of what is stored; if the part is encrypted, of the
	// ciphertext.
	SHA256    ledger.Digest `json:"sha256"`
	Bytes     int64         `json:"bytes"`
	Rows      int64         `json:"rows,omitempty"` // rows, or lines of an index
	Encrypted bool          `json:"encrypted,omitempty"`
	// Source is the table, or the key in the registry's store.
	Source string `json:"source"`
	// Held says that the file was in the vault when it was sealed.
	Held bool `json:"held,omitempty"`
	// The headers that a file was stored with, as far as its store keeps them.
	ContentType  string            `json:"content_type,omitempty"`
	CacheControl string            `json:"cache_control,omitempty"`
	Metadata     map[string]string `json:"metadata,omitempty"`
	// Claimed is the hash that the registry's rows have for a file, when it is
	// not the file's: somebody changed one of them.
	Claimed *ledger.Digest `json:"claimed_sha256,omitempty"`
}

// Kinds of parts.
const (
	KindRows       = "rows"        // JSON lines
	KindIndex      = "index"       // as stored in the sparse index; the git index has the same path and text
	KindIndexBuilt = "index-built" // as the rows have it
	KindFile       = "file"        // archive, zip, manifest of a zip, README, picture, feed
)

// Missing is a file that was not there.
type Missing struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	// Lost says that the file was held and the vault does not have it any more.
	Lost bool `json:"lost,omitempty"`
}

// encode gives the canonical form.
func (m *Manifest) encode() ([]byte, error) {
	c := *m
	c.SealedAt, c.TakenAt = stamp(m.SealedAt), stamp(m.TakenAt)
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&c); err != nil {
		return nil, err
	}
	if out.Len() > MaxManifest {
		return nil, cratewarden.Errorf(cratewarden.TooLarge, "The list of this bundle's parts would have more than %d bytes. Seal fewer crates at a time.", MaxManifest)
	}
	return out.Bytes(), nil
}

func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Part finds a part by its name.
func (m *Manifest) Part(name string) (Part, bool) {
	for _, p := range m.Parts {
		if p.Name == name {
			return p, true
		}
	}
	return Part{}, false
}

// Gaps says in sentences what the bundle lacks that would be destroyed for
// good. Secrets are no gap: they are of no use after the fact.
func (m *Manifest) Gaps() []string {
	var out []string
	for _, l := range m.LeftOut {
		what := "The table " + l.Table
		if l.Column != "" {
			what = "The column " + l.Table + "." + l.Column
		}
		switch l.Reason {
		case extract.NotReadable:
			out = append(out, what+" was not read: grant SELECT on it to the role that reads the registry.")
		case extract.NotConfigured:
			out = append(out, "No "+l.Table+" is configured, so its files are not in the bundle.")
		}
	}
	return out
}
