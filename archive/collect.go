package archive

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// errEnough ends a walk that has found what it looked for.
var errEnough = errors.New("archive: enough read")

// collector builds an Archive from the entries that walk shows it.
type collector struct {
	root     string
	limits   Limits
	problems problems
	files    map[string]*File
	content  map[string][]byte
	// folded finds paths that differ only in case.
	folded   map[string]string
	kept     int64 // content counted against KeepTotal
	always   int64 // content of companions, not counted
	unlisted int64
	scratch  bytes.Buffer
	chunk    []byte
}

// entry takes one tar entry.
func (c *collector) entry(s *stream, t *tarReader, e *entry) error {
	if e.size > s.limit-s.unpacked {
		return halted(ProblemTooLarge, e.name, "This entry claims %s, more than what is left of the %s that may be unpacked. Reading stopped here.", size(e.size), size(s.limit))
	}
	if !c.regular(e) {
		return nil
	}
	path, ok := member(e.name, c.root, c.limits, func(kind ProblemKind, sentence string) {
		c.problems.add(kind, e.name, "%s", sentence)
	})
	if !ok {
		return nil
	}
	if e.mode&^0o777 != 0 {
		c.problems.add(ProblemMode, e.name, "The mode %#o has bits that no crate needs (set-user-id, set-group-id, sticky or unknown).", e.mode)
	}
	if e.kind == typeDir {
		return nil
	}
	if path == "" || strings.HasSuffix(e.name, "/") {
		c.problems.add(ProblemFolder, e.name, "This file has the name of a folder. The entry is not listed.")
		return nil
	}
	return c.file(t, e, path)
}

// regular says whether the entry is a file or a folder, and notes what it is
// otherwise. Nothing is followed, made or expanded.
func (c *collector) regular(e *entry) bool {
	switch {
	case e.nameless:
		c.problems.add(ProblemHugeHeader, e.name, "The headers before this entry are larger than %s, so that its real name was not read. The entry is not listed.", size(metaLimit))
	case e.sparse:
		c.problems.add(ProblemSparse, e.name, "This is a sparse file, which unpacks to more than is stored. The registry refuses it; it was not read.")
	case e.kind == typeOldFile || e.kind == typeFile || e.kind == typeDir:
		return true
	case e.kind == typeSymlink:
		c.problems.add(ProblemLink, e.name, "This is a symbolic link to “%s”. The registry refuses links; it was not followed.", shown(e.link))
	case e.kind == typeHardLink:
		c.problems.add(ProblemLink, e.name, "This is a hard link to “%s”. The registry refuses links; it was not followed.", shown(e.link))
	case e.kind == typeChar || e.kind == typeBlock || e.kind == typeFIFO:
		c.problems.add(ProblemDevice, e.name, "This is a device or a pipe. The registry refuses it; it was not made.")
	default:
		c.problems.add(ProblemSpecial, e.name, "This entry is of the special type “%s”, which the registry refuses. It was not read.", shown(string(rune(e.kind))))
	}
	return false
}

// file reads one regular file. A second copy of a path replaces the first, as
// it does when cargo unpacks.
func (c *collector) file(t *tarReader, e *entry, path string) error {
	old := c.files[path]
	if old == nil && len(c.files) >= c.limits.Files && !companion(path) {
		c.unlisted++
		return nil
	}
	f := &File{Path: path, Mode: e.mode & 0o7777}
	content, err := c.data(t, e.size, f)
	if err != nil {
		return err
	}
	if old != nil {
		same := "with other content"
		if old.SHA256 == f.SHA256 {
			same = "with the same content"
		}
		c.problems.add(ProblemDuplicate, e.name, "This file is in the archive more than once, %s (the earlier one has SHA-256 %s…). Programs disagree on which one counts; the last is shown.", same, old.Hash()[:16])
		c.drop(old)
	} else {
		c.clash(path, e.name)
	}
	c.files[path] = f
	c.keep(f, content)
	return nil
}

// data streams a file through the scan and gives its content when it is small
// enough that it may be kept; the bytes are only good until the next call.
func (c *collector) data(t *tarReader, n int64, f *File) ([]byte, error) {
	if c.chunk == nil {
		c.chunk = make([]byte, 32<<10)
	}
	c.scratch.Reset()
	scan := newScan()
	for {
		k, err := io.ReadFull(t, c.chunk)
		scan.Write(c.chunk[:k])
		if n <= c.limits.KeepFile {
			c.scratch.Write(c.chunk[:k])
		}
		if t.left == 0 {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	scan.done(f)
	return c.scratch.Bytes(), nil
}

func (c *collector) keep(f *File, content []byte) {
	n := int64(len(content))
	always := companion(f.Path)
	if f.Kind != Text || n != f.Size || !always && c.kept+n > c.limits.KeepTotal {
		return
	}
	if always {
		c.always += n
	} else {
		c.kept += n
	}
	c.content[f.Path] = bytes.Clone(content)
	f.Kept = true
}

func (c *collector) drop(f *File) {
	if f.Kept && companion(f.Path) {
		c.always -= f.Size
	} else if f.Kept {
		c.kept -= f.Size
	}
	delete(c.content, f.Path)
}

// clash notes a path that is another one on a file system without case.
func (c *collector) clash(path, name string) {
	lower := strings.ToLower(path)
	other, found := c.folded[lower]
	if !found {
		c.folded[lower] = path
		return
	}
	if lower != "cargo.toml" { // has a problem of its own
		c.problems.add(ProblemCase, name, "This path differs from “%s” only in case; on some systems one overwrites the other.", shown(other))
	}
}

// archive closes the collection.
func (c *collector) archive(root string, w *walked) *Archive {
	a := &Archive{
		Root: root, Whole: w.src.whole && !w.src.over, Compressed: w.src.n, Finished: w.finished,
		Unpacked: w.unpacked, Entries: w.count, content: c.content, kept: c.kept + c.always,
	}
	w.src.sum.Sum(a.SHA256[:0])
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		a.Files = append(a.Files, *c.files[path])
	}
	if c.unlisted > 0 {
		c.problems.add(ProblemTooMany, "", "The archive holds %s files; %s are listed and %s only counted.",
			count(c.unlisted+int64(len(a.Files))), count(int64(len(a.Files))), count(c.unlisted))
	}
	if a.Unpacked > 10<<20 && a.Unpacked/100 > a.Compressed {
		c.problems.add(ProblemRatio, "", "%s unpack to %s or more, over a hundred times as much.", size(a.Compressed), size(a.Unpacked))
	}
	c.folders(a)
	a.facts(&c.problems)
	a.assignRoles()
	a.Problems = c.problems.done()
	slices.SortStableFunc(a.Problems, func(x, y Problem) int {
		switch {
		case x.Grave() == y.Grave():
			return 0
		case x.Grave():
			return -1
		default:
			return 1
		}
	})
	return a
}

// folders notes a path that is both a file and a folder of other files.
func (c *collector) folders(a *Archive) {
	seen := map[string]bool{}
	for i := range a.Files {
		path := a.Files[i].Path
		for j := strings.LastIndexByte(path, '/'); j > 0; j = strings.LastIndexByte(path, '/') {
			path = path[:j]
			if seen[path] {
				break
			}
			seen[path] = true
			if c.files[path] != nil {
				c.problems.add(ProblemFolder, path, "This path is both a file and a folder.")
			}
		}
	}
}
