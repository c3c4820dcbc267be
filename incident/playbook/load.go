package playbook

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"cratewarden"
)

// text has a file for each kind that the program knows.
//
//go:embed text/*.yaml
var text embed.FS

// ours are the kinds that come with the program, in the order in which they are
// offered.
func ours() []string {
	return []string{"typosquat", "compromised-owner", "malicious-update", "leaked-token", "flood", "squatting", "personal-data", "service"}
}

// Limits of an operator's folder.
const (
	maxFiles = 64
	maxBytes = 64 << 10
)

// BuiltIn gives the playbooks that come with the program.
func BuiltIn() (Set, error) {
	var s Set
	for _, kind := range ours() {
		name := "text/" + kind + ".yaml"
		data, err := text.ReadFile(name)
		if err != nil {
			return s, err
		}
		p, err := Parse(data)
		if err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
		s.list = append(s.list, p)
	}
	return s, nil
}

// Load gives the playbooks of the program and of a folder: each file *.yaml in
// it is one playbook, which replaces the program's of its kind or adds a kind.
// With no folder, "", there are only the program's. A file that is not right
// is refused and named: a checklist that is quietly missing in the night it is
// needed is worse than a console that does not start.
func Load(folder string) (Set, error) {
	s, err := BuiltIn()
	if err != nil || folder == "" {
		return s, err
	}
	// A root keeps links from leading out of the folder.
	root, err := os.OpenRoot(folder)
	if err != nil {
		return s, cratewarden.Wrap(err, cratewarden.NotFound, "The folder of playbooks %q cannot be read.", folder)
	}
	defer func() { _ = root.Close() }()
	return s.with(root.FS())
}

func (s Set) with(folder fs.FS) (Set, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return s, cratewarden.Wrap(err, cratewarden.NotFound, "The folder of playbooks cannot be read.")
	}
	files := map[string]string{} // by kind
	for _, e := range entries {
		if path.Ext(e.Name()) != ".yaml" || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if len(files) == maxFiles {
			return s, cratewarden.Errorf(cratewarden.TooLarge, "A folder has at most %d playbooks.", maxFiles)
		}
		p, err := read(folder, e.Name())
		if err != nil {
			return s, cratewarden.Wrap(err, cratewarden.Invalid, "The playbook %q cannot be used: %s.", e.Name(), err)
		}
		if before, twice := files[p.Kind]; twice {
			return s, cratewarden.Errorf(cratewarden.Invalid, "The playbooks %q and %q are both of the kind %s.", before, e.Name(), p.Kind)
		}
		files[p.Kind] = e.Name()
		s = s.put(p)
	}
	return s, nil
}

// put replaces the playbook of a kind, or adds it.
func (s Set) put(p Playbook) Set {
	list := slices.Clone(s.list)
	if i := slices.IndexFunc(list, func(have Playbook) bool { return have.Kind == p.Kind }); i >= 0 {
		list[i] = p
		return Set{list}
	}
	list = append(list, p)
	own := list[min(len(ours()), len(list)):]
	slices.SortFunc(own, func(a, b Playbook) int { return strings.Compare(a.Kind, b.Kind) })
	return Set{list}
}

func read(folder fs.FS, name string) (Playbook, error) {
	f, err := folder.Open(name)
	if err != nil {
		return Playbook{}, errors.New("it cannot be opened")
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return Playbook{}, errors.New("it is not a plain file")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return Playbook{}, errors.New("it cannot be read")
	}
	p, err := Parse(data)
	p.File = name
	return p, err
}

// Parse reads one playbook and checks all of it. A misspelt field is an error,
// not a field passed over: it would take an item's tick in silence.
func Parse(data []byte) (Playbook, error) {
	var p Playbook
	if len(data) > maxBytes {
		return p, fmt.Errorf("it has more than %d bytes", maxBytes)
	}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&doc); err != nil {
		return p, plain(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return p, errors.New("something follows the playbook")
	}
	if err := simple(&doc, 0); err != nil {
		return p, err
	}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&p); err != nil {
		return Playbook{}, plain(err)
	}
	if err := p.check(); err != nil {
		return Playbook{}, err
	}
	return p, nil
}

// deepest is how deep a playbook nests: document, fields, items, fields.
const deepest = 5

// simple refuses what a checklist never needs and what makes a small file large
// or slow: names for parts, references to them, own types, deep nesting.
func simple(n *yaml.Node, depth int) error {
	switch {
	case depth > deepest:
		return fmt.Errorf("line %d is nested too deep", n.Line)
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fmt.Errorf("line %d uses an anchor or alias; write it out", n.Line)
	case n.Style&yaml.TaggedStyle != 0:
		return fmt.Errorf("line %d names a type; leave it out", n.Line)
	case n.Tag == "!!merge":
		return fmt.Errorf("line %d merges another part; write it out", n.Line)
	}
	for _, c := range n.Content {
		if err := simple(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// plain is what the reader of YAML found, in one line.
func plain(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty")
	}
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	return errors.New(strings.Join(strings.Fields(strings.ReplaceAll(s, "unmarshal errors:", "")), " "))
}
