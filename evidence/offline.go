package evidence

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"io"

	"cratewarden"
	"cratewarden/ledger"
)

// Limits bound what VerifyExport reads; zero fields stand for the most that
// any bundle may have.
type Limits struct {
	Manifest int64 // bytes; 0 means MaxManifest
	Bytes    int64 // bytes of all parts; 0 means 1 TiB
	Parts    int   // 0 means 1,000,000
}

// VerifyExport checks an exported bundle with nothing but the file. It reads
// once, keeps only the manifest in memory and writes nothing. The report's
// digest is that of the manifest found; whether it is the one that was sealed,
// the ledger tells. The error is Invalid for what is no export at all, and
// TooLarge beyond the limits.
func VerifyExport(r io.Reader, limits Limits) (Report, error) {
	limits.Manifest = orElse(limits.Manifest, MaxManifest)
	limits.Bytes = orElse(limits.Bytes, 1<<40)
	limits.Parts = orElse(limits.Parts, 1_000_000)
	raw, again := sha256.New(), sha256.New()
	r = io.TeeReader(r, raw)
	in, out := tar.NewReader(r), tar.NewWriter(again)
	var report Report
	m, err := readExportManifest(in, out, limits.Manifest)
	if err != nil {
		return report, err
	}
	report.Manifest, report.Digest = m.Manifest, m.digest
	check := &exportCheck{m: m.Manifest, out: out, want: map[string][]Part{}, seen: map[string]bool{}, report: &report}
	var total int64
	for _, p := range m.Parts {
		name := exportName(p.SHA256)
		check.want[name] = append(check.want[name], p)
		if total += p.Bytes; total < 0 {
			break
		}
	}
	if total > limits.Bytes || total < 0 || len(m.Parts) > limits.Parts {
		return report, cratewarden.Errorf(cratewarden.TooLarge, "This export says that it has %d parts of %d bytes together, more than the limit.", len(m.Parts), total)
	}
	if err := check.parts(in); err != nil {
		return report, err
	}
	check.end(r, func() bool { return bytes.Equal(raw.Sum(nil), again.Sum(nil)) })
	report.sort()
	return report, nil
}

type exported struct {
	*Manifest
	digest ledger.Digest
}

func notExport(cause error) error {
	return cratewarden.Wrap(cause, cratewarden.Invalid, "This is not an exported evidence bundle.")
}

func readExportManifest(in *tar.Reader, out *tar.Writer, most int64) (exported, error) {
	head, err := in.Next()
	if err != nil {
		return exported{}, notExport(err)
	}
	if head.Name != exportManifest || head.Typeflag != tar.TypeReg {
		return exported{}, notExport(nil)
	}
	if head.Size > most {
		return exported{}, cratewarden.Errorf(cratewarden.TooLarge, "The manifest of this export has %d bytes, more than the limit of %d.", head.Size, most)
	}
	text, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return exported{}, notExport(err)
	}
	m, digest, err := ParseManifest(text)
	if err != nil {
		return exported{}, err
	}
	want := exportHeader(exportManifest, int64(len(text)), m.SealedAt)
	if !plainHeader(head, want) {
		return exported{}, notExport(nil)
	}
	if err := out.WriteHeader(want); err != nil {
		return exported{}, notExport(err)
	}
	_, err = out.Write(text)
	return exported{m, digest}, err
}

// plainHeader says whether a header is exactly what Export writes: a file that
// is executable, a link, or owned by somebody was not made by it.
func plainHeader(got, want *tar.Header) bool {
	return got.Name == want.Name && got.Typeflag == want.Typeflag && got.Size == want.Size && got.Mode == want.Mode &&
		got.ModTime.Equal(want.ModTime) && got.Linkname == "" && got.Uid == 0 && got.Gid == 0 && got.Uname == "" && got.Gname == "" &&
		got.Devmajor == 0 && got.Devminor == 0 && len(got.PAXRecords) == 0
}

type exportCheck struct {
	m *Manifest
	// out makes the archive again as Export would, so that what a reader of
	// archives overlooks is found, too.
	out *tar.Writer
	// want are the parts by name of their file; equal parts share one.
	want   map[string][]Part
	seen   map[string]bool
	report *Report
}

// parts reads every file to its end or to the first that ends the reading.
func (c *exportCheck) parts(in *tar.Reader) error {
	const mostExtra = 1000
	for extra := 0; ; {
		head, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			c.report.add("archive", Changed, "it cannot be read to its end; what was not reached counts as missing")
			break
		}
		p, wanted := c.want[head.Name]
		if !wanted || c.seen[head.Name] {
			if extra++; extra > mostExtra {
				return cratewarden.Errorf(cratewarden.TooLarge, "This export holds more than %d files that do not belong into it.", mostExtra)
			}
			c.report.add(shorten(head.Name), Extra, "this file is not in the manifest, or there twice")
			continue
		}
		c.seen[head.Name] = true
		if err := c.part(in, head, p); err != nil {
			return err
		}
	}
	for _, p := range c.m.Parts {
		if !c.seen[exportName(p.SHA256)] {
			c.report.add(p.Name, Lost, "it is not in the export")
		}
	}
	return nil
}

func (c *exportCheck) part(in *tar.Reader, head *tar.Header, same []Part) error {
	p := same[0]
	want := exportHeader(exportName(p.SHA256), p.Bytes, c.m.SealedAt)
	if !plainHeader(head, want) || c.out.WriteHeader(want) != nil {
		c.flag(same, "its size, kind, mode, owner or time is not as it was exported")
		return nil
	}
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(hash, c.out), in); err != nil {
		if kind := cratewarden.KindOf(err); kind != cratewarden.Internal {
			return err
		}
		c.flag(same, "it is cut off")
		return nil
	}
	if got := ledger.Digest(hash.Sum(nil)); got != p.SHA256 {
		c.flag(same, "its SHA-256 is "+got.String())
		return nil
	}
	c.report.Parts += len(same)
	c.report.Bytes += p.Bytes * int64(len(same))
	return nil
}

// flag reports every part that has this content.
func (c *exportCheck) flag(same []Part, detail string) {
	for _, p := range same {
		c.report.add(p.Name, Changed, "%s", detail)
	}
}

// end looks at what follows the last file. If all files are right, the archive
// must be the same to the last byte.
func (c *exportCheck) end(r io.Reader, same func() bool) {
	const most = 1 << 20
	rest, err := io.ReadAll(io.LimitReader(r, most))
	switch {
	case err == nil && (len(rest) == most || len(bytes.Trim(rest, "\x00")) > 0):
		c.report.add("archive", Extra, "something follows after its end")
	case c.report.OK() && (err != nil || c.out.Close() != nil || !same()):
		c.report.add("archive", Changed, "the files are right, but what stands between or after them is not as it was exported")
	}
}

func shorten(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}
