package archive

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"

	"cratewarden"
)

// Archive is what one reading of a `.crate` found. It does not change after
// Read and may be shared.
type Archive struct {
	// Root is "<name>-<version>", the folder every entry must be in.
	Root string
	// Files is sorted by path.
	Files []File
	// Problems lists everything wrong, the worst first.
	Problems []Problem
	// Whole says that the stored bytes were read to their end; only then is
	// SHA256 that of the stored file. Compressed is the bytes read.
	Whole      bool
	SHA256     [32]byte
	Compressed int64
	// Finished says that the tar was read to its end, so that Files is all.
	Finished bool
	// Unpacked counts what decompressing gave, Entries all tar entries.
	Unpacked int64
	Entries  int
	// Manifest is the parsed Cargo.toml, Original the parsed Cargo.toml.orig;
	// nil when absent or unreadable. VCS is what the uploader claims.
	Manifest, Original *Manifest
	VCS                *VCSInfo

	content map[string][]byte
	kept    int64
}

// Hash is the SHA-256 of the stored file in lower-case hexadecimal, empty when
// it was not read to its end.
func (a *Archive) Hash() string {
	if !a.Whole {
		return ""
	}
	return hex.EncodeToString(a.SHA256[:])
}

// Grave says whether any problem is grave.
func (a *Archive) Grave() bool { return slices.ContainsFunc(a.Problems, Problem.Grave) }

// File gives the file at a path, nil when there is none.
func (a *Archive) File(path string) *File {
	i, found := slices.BinarySearchFunc(a.Files, path, func(f File, path string) int { return strings.Compare(f.Path, path) })
	if !found {
		return nil
	}
	return &a.Files[i]
}

// Open gives the content of a file that was kept. The bytes must not be
// changed. For a file that was not kept, see Extract.
func (a *Archive) Open(path string) ([]byte, bool) {
	content, ok := a.content[path]
	return content, ok
}

// Cost estimates the memory the archive holds, in bytes.
func (a *Archive) Cost() int64 {
	cost := a.kept + 4096
	for i := range a.Files {
		cost += 320 + 2*int64(len(a.Files[i].Path))
	}
	return cost
}

// Read reads the archive of root ("<name>-<version>") from r once. A faulty
// archive gives no error but Problems. The errors are Invalid for a senseless
// root, Timeout, Canceled, and Unavailable when r itself fails.
func Read(ctx context.Context, r io.Reader, root string, limits Limits) (*Archive, error) {
	limits = limits.orDefault()
	c := &collector{root: root, limits: limits, files: map[string]*File{}, content: map[string][]byte{}, folded: map[string]string{}}
	s, err := walk(ctx, r, root, limits, &c.problems, c.entry)
	if err != nil {
		return nil, err
	}
	return c.archive(root, s), nil
}

// visit takes one entry, whose data is read from t. An error ends the walk.
type visit func(s *stream, t *tarReader, e *entry) error

// walk streams the archive through visit and notes what is wrong with its
// shape. The error is nil unless the reading itself failed.
func walk(ctx context.Context, r io.Reader, root string, limits Limits, p *problems, each visit) (*walked, error) {
	if root == "" || root == "." || root == ".." || strings.ContainsAny(root, "/\\\x00") {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "“%s” is not the name and version of a crate.", shown(root))
	}
	timed, cancel := context.WithTimeout(ctx, limits.Time)
	defer cancel()
	s := newStream(timed, r, limits)
	w := &walked{}
	err := s.open()
	if err == nil {
		t := &tarReader{r: s}
		if err = w.entries(s, t, each); err == nil {
			w.finished = true
			err = w.tail(s, t, p)
		}
	}
	if err != nil && err != errEnough {
		if fault := s.fault(ctx); fault != nil {
			return nil, fault
		}
		explain(s, w, limits, p, err)
	}
	w.stream = s
	if err == errEnough {
		return w, nil
	}
	return w, w.drain(ctx, limits, p, err == nil)
}

// drain reads the stored bytes to their end for the sake of their hash. After
// a sound gzip member there should be none.
func (w *walked) drain(ctx context.Context, limits Limits, p *problems, sound bool) error {
	rest, _ := io.Copy(io.Discard, w.buf)
	if fault := w.fault(ctx); fault != nil {
		return fault
	}
	if sound && rest > 0 {
		p.add(ProblemTrailing, "", "%s follow the gzip data. cargo ignores them; other programs may not.", size(rest))
	}
	if w.src.over && !w.told {
		explain(w.stream, w, limits, p, errCompressed)
	}
	return nil
}

// walked is what a walk leaves behind.
type walked struct {
	*stream
	count    int
	finished bool
	// told says that the compressed limit is among the problems.
	told bool
}

func (w *walked) entries(s *stream, t *tarReader, each visit) error {
	for {
		e, err := t.next()
		if err != nil {
			if ended(err) {
				return nil
			}
			return err
		}
		w.count++
		if err := each(s, t, e); err != nil {
			return err
		}
	}
}

// tail reads what follows the end of the tar, so that gzip's checksum is
// verified and hidden data is noticed.
func (w *walked) tail(s *stream, t *tarReader, p *problems) error {
	if !t.marked {
		p.add(ProblemNoEnd, "", "The tar has no end mark; it simply stops. Nothing seems to be missing.")
	}
	buf := make([]byte, 32<<10)
	var hidden int64
	for {
		n, err := s.Read(buf)
		for _, c := range buf[:n] {
			if c != 0 {
				hidden++
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if hidden > 0 {
		p.add(ProblemTrailing, "", "Data follows the end mark of the tar (%s that are not zero). cargo ignores it; other programs may not.", size(hidden))
	}
	return nil
}

// explain turns the error that ended a reading into a problem.
func explain(s *stream, w *walked, limits Limits, p *problems, err error) {
	h, isHalt := err.(*halt)
	switch {
	case errors.Is(err, errCompressed):
		w.told = true
		p.add(ProblemTooLarge, "", "The stored file is larger than %s. Reading stopped there.", size(limits.Compressed))
	case s.over:
		p.add(ProblemTooLarge, "", "The archive unpacks to more than %s. Reading stopped at tar entry %s.", size(limits.Unpacked), count(int64(w.count)))
	case isHalt:
		p.add(h.Kind, "", "%s", h.Sentence)
		p.list[len(p.list)-1].Path = h.Path
	case s.gz == nil:
		p.add(ProblemNotGzip, "", "The stored file is not a gzip archive.")
	case err == io.ErrUnexpectedEOF || err == io.EOF:
		p.add(ProblemTruncated, "", "The archive is cut off; the rest is missing. It ends at tar entry %s.", count(int64(w.count)))
	default:
		p.add(ProblemDamaged, "", "The compressed data is damaged: it cannot be unpacked, or its checksum does not match. Reading stopped at tar entry %s.", count(int64(w.count)))
	}
}
