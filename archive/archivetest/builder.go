// Package archivetest makes crate archives for tests: honest ones from a map
// of files, and hostile ones header by header. It writes tar headers itself,
// because the standard library refuses to write most of what an attacker
// would. The same calls always give the same bytes.
package archivetest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"slices"
)

// Header is one raw tar header. Its zero values make an ordinary file of mode
// 0644 whose size is that of the body.
type Header struct {
	// Name is written as it is, cut at 100 bytes; see Builder.LongFile.
	Name, Prefix, Link string
	// Type is the type flag; zero means '0', a regular file.
	Type byte
	Mode int64
	// Size overrides the size field, -1 writes a zero.
	Size int64
	// Magic replaces "ustar  \x00", which marks GNU headers.
	Magic string
	// Sum replaces the checksum field with these bytes.
	Sum string
}

// Builder collects the entries of one archive.
type Builder struct {
	root string
	tar  bytes.Buffer
	open bool
}

// New begins the archive of one version.
func New(name, version string) *Builder { return &Builder{root: name + "-" + version} }

// Root is the folder that every entry should be in.
func (b *Builder) Root() string { return b.root }

// File adds a regular file; path is below the root.
func (b *Builder) File(path, content string) *Builder { return b.FileMode(path, content, 0o644) }

// FileMode adds a regular file with a mode.
func (b *Builder) FileMode(path, content string, mode int64) *Builder {
	name := b.root + "/" + path
	if len(name) > 100 {
		b.Raw(Header{Name: "././@LongLink", Type: 'L'}, name+"\x00")
	}
	return b.Raw(Header{Name: name, Mode: mode}, content)
}

// Files adds files in the order of their paths.
func (b *Builder) Files(files map[string]string) *Builder {
	for _, path := range slices.Sorted(maps.Keys(files)) {
		b.File(path, files[path])
	}
	return b
}

// Raw adds a header and its body as they are; the name is not put below the
// root.
func (b *Builder) Raw(h Header, body string) *Builder {
	b.tar.Write(h.block(len(body)))
	b.tar.WriteString(body)
	b.tar.Write(make([]byte, -len(body)&511))
	return b
}

// PAX adds a PAX header with the given records, in the order of their keys,
// for the entry that follows.
func (b *Builder) PAX(records map[string]string) *Builder {
	var body string
	for _, key := range slices.Sorted(maps.Keys(records)) {
		body += Record(key, records[key])
	}
	return b.Raw(Header{Name: "PaxHeaders/0", Type: 'x', Magic: "ustar\x0000"}, body)
}

// Record writes one PAX record with its own length in front.
func Record(key, value string) string {
	n := len(key) + len(value) + 3
	for {
		record := fmt.Sprintf("%d %s=%s\n", n, key, value)
		if len(record) == n {
			return record
		}
		n = len(record)
	}
}

// Bytes adds bytes to the tar stream as they are.
func (b *Builder) Bytes(raw []byte) *Builder {
	b.tar.Write(raw)
	return b
}

// Open leaves out the two zero blocks that end a tar.
func (b *Builder) Open() *Builder {
	b.open = true
	return b
}

// Tar gives the tar stream.
func (b *Builder) Tar() []byte {
	out := bytes.Clone(b.tar.Bytes())
	if !b.open {
		out = append(out, make([]byte, 1024)...)
	}
	return out
}

// Crate gives the `.crate` file.
func (b *Builder) Crate() []byte { return Gzip(b.Tar()) }

// Gzip packs bytes as one gzip member without name or time.
func Gzip(data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(data) // a bytes.Buffer takes everything
	w.Close()
	return out.Bytes()
}

// Crate gives the `.crate` of an honest version from its files. A Cargo.toml
// is made when there is none.
func Crate(name, version string, files map[string]string) []byte {
	b := New(name, version)
	if _, ok := files["Cargo.toml"]; !ok {
		b.File("Cargo.toml", Manifest(name, version, ""))
	}
	return b.Files(files).Crate()
}

// Manifest gives a small Cargo.toml, with more TOML after the package table.
func Manifest(name, version, more string) string {
	return fmt.Sprintf("[package]\nname = %q\nversion = %q\nedition = \"2021\"\n%s", name, version, more)
}

func (h Header) block(body int) []byte {
	b := make([]byte, 512)
	typ, mode, size := h.Type, h.Mode, h.Size
	if typ == 0 {
		typ = '0'
	}
	if mode == 0 {
		mode = 0o644
	}
	switch {
	case size == 0:
		size = int64(body)
	case size < 0:
		size = 0
	}
	copy(b[0:100], h.Name)
	copy(b[100:], fmt.Sprintf("%07o\x00%07o\x00%07o\x00", mode, 0, 0))
	if size < 1<<33 {
		copy(b[124:], fmt.Sprintf("%011o\x00", size))
	} else {
		for i, n := 135, size; i > 124; i, n = i-1, n>>8 {
			b[i] = byte(n)
		}
		b[124] = 0x80
	}
	copy(b[136:], "10641326550\x00        ")
	b[156] = typ
	copy(b[157:257], h.Link)
	magic := h.Magic
	if magic == "" {
		magic = "ustar  \x00"
	}
	copy(b[257:265], magic)
	copy(b[345:500], h.Prefix)
	sum := 0
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	if h.Sum != "" {
		copy(b[148:156], h.Sum)
	}
	return b
}
