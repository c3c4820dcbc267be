package dump

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/pg/pgtest"
)

// packed is an archive under construction: files in order.
type packed []part

type part struct {
	name, body string
	flag       byte
}

// small gives the small dump's files, without the dated folder.
func small(tb testing.TB) packed {
	tb.Helper()
	f, err := os.Open(smallArchive)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	gz, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	var out packed
	for r := tar.NewReader(gz); ; {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		body, err2 := io.ReadAll(r)
		if err != nil || err2 != nil {
			tb.Fatal(err, err2)
		}
		_, name, _ := strings.Cut(h.Name, "/")
		out = append(out, part{name: name, body: string(body)})
	}
}

// with gives a copy with one file changed; a nil change leaves it out.
func (p packed) with(tb testing.TB, name string, change func(string) string) packed {
	tb.Helper()
	i := slices.IndexFunc(p, func(f part) bool { return f.name == name })
	if i < 0 {
		tb.Fatalf("the sample has no %s", name)
	}
	out := slices.Clone(p)
	if change == nil {
		return slices.Delete(out, i, i+1)
	}
	out[i].body = change(out[i].body)
	if out[i].body == p[i].body {
		tb.Fatalf("the change of %s changed nothing", name)
	}
	return out
}

// first gives a copy with a file in front.
func (p packed) first(name, body string) packed {
	return append(packed{{name: name, body: body}}, p...)
}

func (p packed) tarball(tb testing.TB) []byte {
	tb.Helper()
	var out bytes.Buffer
	gz := gzip.NewWriter(&out)
	w := tar.NewWriter(gz)
	for _, f := range p {
		h := &tar.Header{Name: "2026-11-22-020026/" + f.name, Mode: 0o644, Size: int64(len(f.body)), Typeflag: tar.TypeReg}
		if strings.HasPrefix(f.name, "/") {
			h.Name = f.name[1:]
		}
		if f.flag != 0 {
			h.Typeflag, h.Linkname, h.Size = f.flag, "/etc/passwd", 0
		}
		if err := w.WriteHeader(h); err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(w, f.body[:h.Size]); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func (p packed) zip(tb testing.TB) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range p {
		e, err := w.Create(f.name)
		if err != nil {
			tb.Fatal(err)
		}
		if _, err := io.WriteString(e, f.body); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func (p packed) folder(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, f := range p {
		path := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.body), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func write(tb testing.TB, name string, body []byte) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	if err := os.WriteFile(path, body, 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

func emptyURL(tb testing.TB) string { return pgtest.URL(tb, pgtest.Template{Name: "empty"}) }

// load opens and imports an archive by path or, for "-", from stdin.
func load(tb testing.TB, cfg Config, path string, stdin []byte) (Result, error) {
	tb.Helper()
	a, err := Open(tb.Context(), path, bytes.NewReader(stdin))
	if err != nil {
		return Result{}, err
	}
	defer func() { _ = a.Close() }()
	return Import(tb.Context(), cfg, a)
}

func mustLoad(tb testing.TB, cfg Config, path string, stdin []byte) Result {
	tb.Helper()
	result, err := load(tb, cfg, path, stdin)
	if err != nil {
		tb.Fatalf("import: %v", err)
	}
	return result
}

// wantFault checks an error's kind and that its sentence names what it should
// and leaks nothing.
func wantFault(tb testing.TB, err error, kind cratewarden.Kind, parts ...string) {
	tb.Helper()
	if err == nil {
		tb.Fatal("the import went through")
	}
	text := cratewarden.MessageOf(err)
	if got := cratewarden.KindOf(err); got != kind {
		tb.Fatalf("kind %q, want %q: %v", got, kind, err)
	}
	for _, p := range parts {
		if !strings.Contains(text, p) {
			tb.Errorf("the sentence %q does not say %q", text, p)
		}
	}
	if strings.Contains(text, "SQLSTATE") || strings.Contains(text, "FROM STDIN") {
		tb.Errorf("the sentence %q speaks SQL", text)
	}
}

// streamLarge writes a dump whose deleted_crates has many long rows, without
// ever holding it.
func streamLarge(out io.Writer, files packed, rows, each int) error {
	gz, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	w := tar.NewWriter(gz)
	for _, f := range files {
		if f.name == "data/deleted_crates.csv" {
			err = streamRows(w, f.name, rows, each)
		} else if err = w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.body)), Typeflag: tar.TypeReg}); err == nil {
			_, err = io.WriteString(w, f.body)
		}
		if err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return gz.Close()
}

func streamRows(w *tar.Writer, name string, rows, each int) error {
	const header = "available_at,created_at,deleted_at,id,message,name\n"
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(header) + rows*each), Typeflag: tar.TypeReg})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	filler := strings.Repeat("0123456789 gone ", each/16+1)
	for i := range rows {
		row := fmt.Sprintf("2026-01-01,2026-01-01,2026-01-01,%d,", i+1)
		tail := fmt.Sprintf(",gone-%d\n", i)
		if _, err := io.WriteString(w, row+filler[:each-len(row)-len(tail)]+tail); err != nil {
			return err
		}
	}
	return nil
}
