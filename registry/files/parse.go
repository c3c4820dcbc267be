package files

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"

	"cratewarden"
)

// Limits bound what ParseIndex takes in. Zero fields stand for the defaults,
// which are above anything the registry can write today.
type Limits struct {
	// Bytes is the most a whole file may hold; 256 MiB.
	Bytes int64
	// LineBytes is the most one line may hold; 16 MiB.
	LineBytes int
	// Lines is the most versions a file may list; 200,000.
	Lines int
}

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 256 << 20
	}
	if l.LineBytes <= 0 {
		l.LineBytes = 16 << 20
	}
	if l.Lines <= 0 {
		l.Lines = 200_000
	}
	return l
}

// ParseIndex reads an index file. It accepts what the registry never writes
// but Cargo reads: blank lines, other orders of keys, spaces, a missing last
// line feed. On trouble it gives the lines before it and an error that names
// the line: Invalid for what is no index line, TooLarge beyond a limit,
// Unavailable when reading fails. A file beyond Limits.Bytes has no such line,
// and a few of the last lines within the limit may be left out.
func ParseIndex(r io.Reader, limits Limits) ([]Line, error) {
	limits = limits.orDefault()
	counted := &io.LimitedReader{R: r, N: limits.Bytes + 1}
	scan := bufio.NewScanner(counted)
	scan.Buffer(nil, limits.LineBytes+1)
	var lines []Line
	number := 0
	for scan.Scan() {
		number++
		if counted.N <= 0 {
			break
		}
		text := bytes.TrimSpace(scan.Bytes())
		if len(text) == 0 {
			continue
		}
		if len(lines) == limits.Lines {
			return lines, cratewarden.Errorf(cratewarden.TooLarge, "The index file lists more than %d versions.", limits.Lines)
		}
		line, err := parseLine(text)
		if err != nil {
			return lines, cratewarden.Wrap(err, cratewarden.Invalid, "Line %d of the index file is not an index line: %s.", number, err)
		}
		lines = append(lines, line)
	}
	switch err := scan.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return lines, cratewarden.Errorf(cratewarden.TooLarge, "Line %d of the index file is longer than %d bytes.", number+1, limits.LineBytes)
	case err != nil:
		return lines, cratewarden.Wrap(err, cratewarden.Unavailable, "The index file could not be read beyond line %d.", number)
	case counted.N <= 0:
		return lines, cratewarden.Errorf(cratewarden.TooLarge, "The index file is longer than %d bytes.", limits.Bytes)
	}
	return lines, nil
}

// parseLine decodes key by key, because the standard decoder takes a key in
// any case for the field and would let "NAME" pass for "name".
func parseLine(text []byte) (Line, error) {
	var line Line
	var deps []json.RawMessage
	unknown, err := decodeObject(text, []field{
		{"name", &line.Name, true}, {"vers", &line.Vers, true}, {"deps", &deps, false}, {"cksum", &line.Cksum, true},
		{"features", &line.Features, false}, {"features2", &line.Features2, false}, {"yanked", &line.Yanked, false},
		{"links", &line.Links, false}, {"rust_version", &line.RustVersion, false},
		{"pubtime", &line.PubTime, false}, {"v", &line.V, false},
	})
	if err != nil {
		return Line{}, err
	}
	line.Unknown = unknown
	line.Deps = make([]Dep, len(deps))
	for i, raw := range deps {
		extra, err := parseDep(raw, &line.Deps[i])
		if err != nil {
			return Line{}, err
		}
		line.Unknown = append(line.Unknown, extra...)
	}
	return line, nil
}

func parseDep(raw []byte, d *Dep) (unknown []string, err error) {
	d.DefaultFeatures = true
	var kind *string
	unknown, err = decodeObject(raw, []field{
		{"name", &d.Name, true}, {"req", &d.Req, true}, {"features", &d.Features, false}, {"optional", &d.Optional, false},
		{"default_features", &d.DefaultFeatures, false}, {"target", &d.Target, false}, {"kind", &kind, false},
		{"package", &d.Package, false},
	})
	if err == nil && kind != nil {
		d.Kind = *kind
	}
	for i := range unknown {
		unknown[i] = "deps." + unknown[i]
	}
	return unknown, err
}

type field struct {
	key      string
	into     any
	required bool
}

// parseError is short text about foreign input, safe to show.
type parseError string

func (e parseError) Error() string { return string(e) }

func decodeObject(text []byte, fields []field) (unknown []string, err error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, parseError("it is not a JSON object")
	}
	for _, f := range fields {
		raw, present := object[f.key]
		delete(object, f.key)
		if !present && f.required {
			return nil, parseError("the key " + f.key + " is missing")
		}
		if !present {
			continue
		}
		if err := json.Unmarshal(raw, f.into); err != nil {
			return nil, parseError("the value of " + f.key + " has the wrong type")
		}
		if f.required && bytes.Equal(raw, []byte("null")) {
			return nil, parseError("the key " + f.key + " is null")
		}
	}
	return slices.Sorted(maps.Keys(object)), nil
}
