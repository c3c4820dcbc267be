package evidence

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/ledger"
)

func (b *bench) export(t testing.TB, d ledger.Digest) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Export(t.Context(), d, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestExportAndVerifyIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	text := b.export(t, bundle.Digest)
	if !bytes.Equal(text, b.export(t, bundle.Digest)) {
		t.Error("two exports differ")
	}
	r, err := VerifyExport(bytes.NewReader(text), Limits{})
	if err != nil || !r.OK() || r.Digest != bundle.Digest || r.Parts != bundle.Parts || r.Bytes != bundle.Bytes {
		t.Fatalf("%s %v", r.String(), err)
	}
	in := tar.NewReader(bytes.NewReader(text))
	for {
		head, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.Mode&0o111 != 0 || strings.Contains(head.Name, "victim") || head.Name != exportManifest && !strings.HasPrefix(head.Name, "parts/") {
			t.Errorf("%+v", head)
		}
	}
	if bytes.Contains(text, []byte("@example.com")) {
		t.Error("the export shows personal data")
	}
}

var everyByte = flag.Bool("every-byte", false, "flip every byte of an export, not every 17th: a minute")

// Every byte of an export counts, also those between the files.
func TestVerifyExportFindsEveryFlippedByte(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := small(t, b)
	text := b.export(t, bundle.Digest)
	content := layout(t, text)
	step := 17
	if *everyByte {
		step = 1
	}
	for i := 0; i < len(text); i += step {
		text[i] ^= 1 << (i % 8)
		r, err := VerifyExport(bytes.NewReader(text), Limits{})
		text[i] ^= 1 << (i % 8)
		if err == nil && r.OK() && r.Digest == bundle.Digest {
			t.Fatalf("byte %d flipped: not found", i)
		}
		if name := content[i]; name != "" && name != exportManifest {
			state := findings(r)
			for _, p := range bundle.Manifest.Parts {
				if exportName(p.SHA256) == name && (err != nil || state[p.Name] != Changed) {
					t.Fatalf("byte %d of %s flipped: %v %v", i, p.Name, r.Findings, err)
				}
			}
		}
	}
	t.Logf("%d bytes", len(text))
}

// layout says which file each byte of a tar belongs to.
func layout(t *testing.T, text []byte) map[int]string {
	t.Helper()
	content := map[int]string{}
	counting := &countingReader{r: bytes.NewReader(text)}
	in := tar.NewReader(counting)
	for {
		head, err := in.Next()
		if err == io.EOF {
			return content
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(head.Size) {
			content[counting.n+i] = head.Name
		}
	}
}

type countingReader struct {
	r io.Reader
	n int
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// rebuild writes an export anew with changes to its files.
func rebuild(t *testing.T, text []byte, change func(*tar.Header, []byte) []file, after string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	in := tar.NewReader(bytes.NewReader(text))
	for {
		head, err := in.Next()
		if err == io.EOF {
			break
		}
		content, err2 := io.ReadAll(in)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for _, f := range change(head, content) {
			if err := w.WriteHeader(f.head); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(f.content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), after...)
}

type file struct {
	head    *tar.Header
	content []byte
}

func TestVerifyExportNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	part, _ := bundle.Manifest.Part("rows/crates.jsonl")
	target := exportName(part.SHA256)
	text := b.export(t, bundle.Digest)
	alter := func(fn func(h *tar.Header, content []byte) []file) func(*tar.Header, []byte) []file {
		return func(h *tar.Header, content []byte) []file {
			if h.Name != target {
				return []file{{h, content}}
			}
			return fn(h, content)
		}
	}
	for name, row := range map[string]struct {
		change func(*tar.Header, []byte) []file
		after  string
		part   string
		want   State
	}{
		"gone":       {alter(func(*tar.Header, []byte) []file { return nil }), "", part.Name, Lost},
		"twice":      {alter(func(h *tar.Header, c []byte) []file { return []file{{h, c}, {h, c}} }), "", target, Extra},
		"executable": {alter(func(h *tar.Header, c []byte) []file { h.Mode = 0o755; return []file{{h, c}} }), "", part.Name, Changed},
		"renamed":    {alter(func(h *tar.Header, c []byte) []file { h.Name = "../evil"; return []file{{h, c}} }), "", "../evil", Extra},
		"link": {alter(func(h *tar.Header, _ []byte) []file {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "/etc/passwd", 0
			return []file{{h, nil}}
		}), "", part.Name, Changed},
		"shorter": {alter(func(h *tar.Header, c []byte) []file { h.Size--; return []file{{h, c[1:]}} }), "", part.Name, Changed},
		"owned":   {alter(func(h *tar.Header, c []byte) []file { h.Uname = "root"; return []file{{h, c}} }), "", part.Name, Changed},
		"extra": {alter(func(h *tar.Header, c []byte) []file {
			return []file{{h, c}, {&tar.Header{Name: "run.sh", Mode: 0o755, Size: 2, Typeflag: tar.TypeReg}, []byte("hi")}}
		}), "", "run.sh", Extra},
		"after": {alter(func(h *tar.Header, c []byte) []file { return []file{{h, c}} }), "#!/bin/sh", "archive", Extra},
	} {
		r, err := VerifyExport(bytes.NewReader(rebuild(t, text, row.change, row.after)), Limits{})
		if got := findings(r); err != nil || got[row.part] != row.want {
			t.Errorf("%s: %v %v", name, r.Findings, err)
		}
	}
	for cut := 0; cut < len(text); cut += 509 {
		if r, err := VerifyExport(bytes.NewReader(text[:cut]), Limits{}); err == nil && r.OK() {
			t.Errorf("cut after %d bytes: whole", cut)
		}
	}
	for name, limits := range map[string]Limits{"manifest": {Manifest: 100}, "bytes": {Bytes: 100}, "parts": {Parts: 3}} {
		if _, err := VerifyExport(bytes.NewReader(text), limits); cratewarden.KindOf(err) != cratewarden.TooLarge {
			t.Errorf("%s beyond the limit: %v", name, err)
		}
	}
	for _, junk := range []string{"", "x", strings.Repeat("\x00", 2048), string(text[512:])} {
		_, err := VerifyExport(strings.NewReader(junk), Limits{})
		wantKind(t, err, cratewarden.Invalid)
	}
}

// An export of what was changed has no end.
func TestExportOfAChangedBundleFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	part, _ := bundle.Manifest.Part("rows/versions.jsonl")
	key := contentKey(partPrefix, part.SHA256)
	good := get(t, b.storage, key)
	for _, bad := range []string{"short", good[:len(good)-1] + "x", good + "x"} {
		put(t, b.storage, key, bad)
		var out bytes.Buffer
		wantKind(t, b.Export(t.Context(), bundle.Digest, &out), cratewarden.Conflict)
		if r, err := VerifyExport(&out, Limits{}); err == nil && r.OK() {
			t.Error("what came out passes for whole")
		}
	}
	if err := b.storage.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	wantKind(t, b.Export(t.Context(), bundle.Digest, io.Discard), cratewarden.NotFound)
	put(t, b.storage, manifestKey(bundle.Digest), "{}")
	wantKind(t, b.Export(t.Context(), bundle.Digest, io.Discard), cratewarden.Conflict)
}

func sampleManifest() *Manifest {
	at := time.Date(2026, 8, 20, 18, 0, 0, 1000, time.UTC)
	return &Manifest{Schema: Schema, SealedAt: at, TakenAt: at, Snapshot: "1:1:", Parts: []Part{
		{Name: "a", Kind: KindRows, Source: "a", Rows: 1, SHA256: ledger.Digest{1}, Bytes: 3},
		{Name: "b<é\u2028", Kind: KindFile, Source: "b", SHA256: ledger.Digest{2}, Metadata: map[string]string{"y": "1", "x": "2"}},
	}}
}

func FuzzParseManifest(f *testing.F) {
	text, err := sampleManifest().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"v":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, digest, err := ParseManifest(text)
		if err != nil {
			if cratewarden.KindOf(err) != cratewarden.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := m.encode()
		if err != nil || !bytes.Equal(again, text) {
			t.Fatalf("two forms of one manifest: %q %q %v", text, again, err)
		}
		if _, second, err := ParseManifest(again); err != nil || second != digest {
			t.Fatal("not stable")
		}
	})
}

func FuzzVerifyExport(f *testing.F) {
	m := sampleManifest()
	m.Parts = m.Parts[:1]
	m.Parts[0].SHA256, m.Parts[0].Bytes = sum("abc"), 3
	text, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, file := range []file{{exportHeader(exportManifest, int64(len(text)), m.SealedAt), text}, {exportHeader(exportName(sum("abc")), 3, m.SealedAt), []byte("abc")}} {
		if err := w.WriteHeader(file.head); err != nil {
			f.Fatal(err)
		}
		_, _ = w.Write(file.content)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	if r, err := VerifyExport(bytes.NewReader(out.Bytes()), Limits{}); err != nil || !r.OK() || r.Parts != 1 {
		f.Fatalf("%s %v", r.String(), err)
	}
	f.Add(out.Bytes())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := VerifyExport(bytes.NewReader(text), Limits{Manifest: 1 << 20, Bytes: 1 << 20, Parts: 100})
		switch kind := cratewarden.KindOf(err); kind {
		case cratewarden.Invalid, cratewarden.TooLarge:
		case "":
			if r.Manifest == nil || r.OK() && r.Parts != len(r.Manifest.Parts) {
				t.Fatalf("%s", r.String())
			}
		default:
			t.Fatalf("%q: %v", kind, err)
		}
	})
}

// Who takes a bundle out is in the ledger before it leaves, also when the
// receiver goes away in the middle.
func TestTakeOutIsRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bundle := b.seal(t, request())
	before := len(b.entries(t))
	by := ledger.Entry{Actor: ledger.Actor{ID: "ada", Name: "Ada"}, Session: "s1"}
	var out bytes.Buffer
	if err := b.TakeOut(t.Context(), bundle.Digest, by, &out); err != nil || !bytes.Equal(out.Bytes(), b.export(t, bundle.Digest)) {
		t.Fatal(err)
	}
	if err := b.TakeOut(t.Context(), bundle.Digest, by, shut{}); err == nil {
		t.Error("nobody was there, and it went well")
	}
	wantKind(t, b.TakeOut(t.Context(), ledger.Digest{1}, by, &out), cratewarden.NotFound)
	entries := b.entries(t) // newest first
	if len(entries) != before+2 {
		t.Fatalf("%d entries", len(entries)-before)
	}
	for _, e := range entries[:2] {
		if e.Kind != ledger.Note || e.Action != "evidence.export" || e.Actor.ID != "ada" || e.Session != "s1" || *e.Refers != bundle.Ledger || e.Subjects[0].ID != bundle.Digest.String() {
			t.Errorf("%+v", e)
		}
	}
}

// shut is a receiver that went away.
type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
