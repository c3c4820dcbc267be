package advisory

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// maxDocument is as much as a document that is read back may hold, in bytes.
const maxDocument = 8 << 20

// RustSecFile is an advisory of the RustSec database as it was read.
type RustSecFile struct {
	Advisory struct {
		ID            string         `toml:"id"`
		Package       string         `toml:"package"`
		Date          string         `toml:"date"`
		URL           string         `toml:"url"`
		Title         string         `toml:"title"`
		Collection    string         `toml:"collection"`
		Categories    []string       `toml:"categories"`
		Keywords      []string       `toml:"keywords"`
		Aliases       []string       `toml:"aliases"`
		Related       []string       `toml:"related"`
		References    []string       `toml:"references"`
		Informational string         `toml:"informational"`
		CVSS          string         `toml:"cvss"`
		License       string         `toml:"license"`
		Source        string         `toml:"source"`
		Withdrawn     string         `toml:"withdrawn"`
		ExpectDeleted bool           `toml:"expect-deleted"`
		Yanked        bool           `toml:"yanked"`
		Metadata      map[string]any `toml:"metadata"`
	} `toml:"advisory"`
	Versions struct {
		Patched    []string `toml:"patched"`
		Unaffected []string `toml:"unaffected"`
	} `toml:"versions"`
	Affected map[string]any `toml:"affected"`

	Heading string `toml:"-"`
	Body    string `toml:"-"` // Markdown after the heading

	good []requirement
}

// ParseRustSec reads an advisory of the RustSec database. Unknown keys are
// errors: the database's own lint refuses them too.
func ParseRustSec(text string) (RustSecFile, error) {
	var f RustSecFile
	if len(text) > maxDocument {
		return f, errors.New("the file is larger than 8 MiB")
	}
	rest, ok := strings.CutPrefix(text, "```toml\n")
	if !ok {
		return f, errors.New("the file does not begin with ```toml")
	}
	front, body, ok := strings.Cut(rest, "\n```\n")
	if !ok {
		return f, errors.New("the block of TOML has no end")
	}
	d := toml.NewDecoder(bytes.NewReader([]byte(front))).DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return f, fmt.Errorf("the block of TOML cannot be read: %s", oneLine(err.Error()))
	}
	for _, text := range append(append([]string{}, f.Versions.Patched...), f.Versions.Unaffected...) {
		r, err := parseRequirement(text)
		if err != nil {
			return f, err
		}
		f.good = append(f.good, r)
	}
	heading, body, _ := strings.Cut(strings.TrimLeft(body, "\n"), "\n")
	f.Heading, ok = strings.CutPrefix(heading, "# ")
	if !ok {
		return f, errors.New("the text does not begin with a heading")
	}
	f.Body = strings.TrimLeft(body, "\n")
	return f, nil
}

// Affects says that a version is marked bad: no window of the good holds it.
func (f RustSecFile) Affects(num string) bool {
	for _, r := range f.good {
		if r.matches(num) {
			return false
		}
	}
	return true
}

// Open says that every later version is marked bad too.
func (f RustSecFile) Open() bool {
	for _, r := range f.good {
		if r.open() {
			return false
		}
	}
	return true
}
