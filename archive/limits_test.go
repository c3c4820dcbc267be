package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/archive"
	"cratewarden/archive/archivetest"
)

// measured reads while another goroutine watches the heap; it gives the
// highest growth seen, in bytes.
func measured(t *testing.T, r io.Reader) (*archive.Archive, int64, time.Duration) {
	t.Helper()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Int64
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak.Store(max(peak.Load(), int64(now.HeapInuse)-int64(before.HeapInuse)))
			}
		}
	}()
	start := time.Now()
	a, err := archive.Read(t.Context(), r, "evil-1.0.0", archive.Limits{Time: time.Minute})
	took := time.Since(start)
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	peak.Store(max(peak.Load(), int64(after.HeapInuse)-int64(before.HeapInuse)))
	close(done)
	<-watched
	if err != nil {
		t.Fatal(err)
	}
	return a, peak.Load(), took
}

func has(a *archive.Archive, kind archive.ProblemKind) bool {
	for _, p := range a.Problems {
		if p.Kind == kind {
			return true
		}
	}
	return false
}

// Bombs of 10 GiB: one that says so in its header, one hidden in the tail, and
// one whose entries are each small enough to be believed. Not parallel, since
// the heap is watched.
func TestBombs(t *testing.T) {
	const mib, heap = 10 << 10, 64 << 20
	file := sound().Raw(archivetest.Header{Name: "evil-1.0.0/zeros", Size: mib << 20}, "").Open().Tar()
	believed := sound().Raw(archivetest.Header{Name: "evil-1.0.0/zeros", Size: 500 << 20}, "").Open().Tar()
	for _, tt := range []struct {
		name string
		head []byte
		want archive.ProblemKind
	}{
		{"declared", file, archive.ProblemTooLarge},
		{"believed", believed, archive.ProblemTooLarge},
		{"tail", sound().Tar(), archive.ProblemTooLarge},
	} {
		a, grown, took := measured(t, archivetest.Bomb(tt.head, mib))
		t.Logf("%s: %d bytes unpacked of 10 GiB, heap grew by %.1f MiB, %v, %d files", tt.name, a.Unpacked, float64(grown)/(1<<20), took, len(a.Files))
		if !has(a, tt.want) {
			t.Errorf("%s: problems %v", tt.name, a.Problems)
		}
		if a.Unpacked > 512<<20 {
			t.Errorf("%s: unpacked %d bytes", tt.name, a.Unpacked)
		}
		if grown > heap {
			t.Errorf("%s: heap grew by %d bytes", tt.name, grown)
		}
		if a.File("Cargo.toml") == nil {
			t.Errorf("%s: what could be read is missing", tt.name)
		}
	}
}

// A bomb of the same make but small is read as what it is, so that the large
// ones fail for their size and nothing else.
func TestBombControl(t *testing.T) {
	t.Parallel()
	head := sound().Raw(archivetest.Header{Name: "evil-1.0.0/zeros", Size: 3 << 20}, "").Open().Tar()
	a, err := archive.Read(t.Context(), archivetest.Bomb(head, 4), "evil-1.0.0", archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if f := a.File("zeros"); f == nil || f.Size != 3<<20 || f.Kind != archive.Binary {
		t.Errorf("zeros: %+v", f)
	}
}

func TestHundredThousandFiles(t *testing.T) {
	b := archivetest.New("evil", "1.0.0")
	for i := range 100_000 {
		b.File(fmt.Sprintf("src/%06d.rs", i), "x")
	}
	b.File("Cargo.toml", archivetest.Manifest("evil", "1.0.0", "")).File("build.rs", "fn main() {}")
	crate := b.Crate()
	a, grown, took := measured(t, bytes.NewReader(crate))
	t.Logf("100,002 files in %d bytes: heap grew by %.1f MiB, %v", len(crate), float64(grown)/(1<<20), took)
	if len(a.Files) != 20_002 || a.Entries != 100_002 || !has(a, archive.ProblemTooMany) {
		t.Errorf("%d files listed, %d entries, problems %v", len(a.Files), a.Entries, a.Problems)
	}
	if a.Manifest == nil || !a.File("build.rs").Has(archive.RoleBuildScript) {
		t.Error("filler pushed out the manifest or the build script")
	}
	if grown > 64<<20 {
		t.Errorf("heap grew by %d bytes", grown)
	}
}

func TestManyProblemsStayShort(t *testing.T) {
	t.Parallel()
	b := sound()
	for i := range 5000 {
		b.Raw(archivetest.Header{Name: fmt.Sprintf("evil-1.0.0/%d", i), Type: '2', Link: "/"}, "")
	}
	a, err := archive.Read(t.Context(), bytes.NewReader(b.Crate()), b.Root(), archive.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	last := a.Problems[len(a.Problems)-1].Sentence
	if len(a.Problems) != 21 || last != "The same problem stands in 4,980 more places." {
		t.Errorf("%d problems, the last: %s", len(a.Problems), last)
	}
}

func TestKeepTotal(t *testing.T) {
	t.Parallel()
	b := archivetest.New("evil", "1.0.0")
	for i := range 20 {
		b.File(fmt.Sprintf("%02d.txt", i), strings.Repeat("x", 1000))
	}
	b.File("Cargo.toml", archivetest.Manifest("evil", "1.0.0", ""))
	limits := archive.Limits{KeepTotal: 5000, KeepFile: 2000}
	a, err := archive.Read(t.Context(), bytes.NewReader(b.Crate()), b.Root(), limits)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, f := range a.Files {
		if f.Kept {
			kept++
		}
	}
	if kept != 6 || a.Manifest == nil {
		t.Errorf("%d files kept, manifest %v", kept, a.Manifest)
	}
	invariants(t, a, limits)
	again, err := archive.Extract(t.Context(), bytes.NewReader(b.Crate()), b.Root(), "19.txt", limits)
	if err != nil || len(again) != 1000 {
		t.Errorf("Extract: %d bytes, %v", len(again), err)
	}
}

func TestCompressedLimit(t *testing.T) {
	t.Parallel()
	crate := sound().Crate()
	n := int64(len(crate))
	exact, err := archive.Read(t.Context(), bytes.NewReader(crate), "evil-1.0.0", archive.Limits{Compressed: n})
	if err != nil || !exact.Whole || len(exact.Problems) > 0 {
		t.Errorf("at the limit: whole %v, %v, %v", exact.Whole, exact.Problems, err)
	}
	over, err := archive.Read(t.Context(), bytes.NewReader(crate), "evil-1.0.0", archive.Limits{Compressed: n - 1})
	if err != nil || over.Whole || over.Hash() != "" || !has(over, archive.ProblemTooLarge) {
		t.Errorf("over the limit: whole %v, %v, %v", over.Whole, over.Problems, err)
	}
	for _, limit := range []int64{1, 5, 15, 100, n / 2} {
		a, err := archive.Read(t.Context(), bytes.NewReader(crate), "evil-1.0.0", archive.Limits{Compressed: limit})
		if err != nil || len(a.Problems) != 1 || !has(a, archive.ProblemTooLarge) {
			t.Errorf("limit %d: %v, %v", limit, a.Problems, err)
		}
	}
}

// faulty gives some bytes, then an error.
type faulty struct {
	data io.Reader
	err  error
}

func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.data.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestErrors(t *testing.T) {
	t.Parallel()
	crate := sound().File("more", strings.Repeat("words and words ", 10_000)).Crate()
	half := func(err error) io.Reader { return &faulty{bytes.NewReader(crate[:200]), err} }
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, stop := context.WithTimeout(t.Context(), -1)
	defer stop()
	endless := archivetest.Bomb(sound().Tar(), 10<<10)
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		r      io.Reader
		root   string
		limits archive.Limits
		want   cratewarden.Kind
	}{
		{"cancelled", cancelled, bytes.NewReader(crate), "evil-1.0.0", archive.Limits{}, cratewarden.Canceled},
		{"late", late, bytes.NewReader(crate), "evil-1.0.0", archive.Limits{}, cratewarden.Timeout},
		{"too slow", t.Context(), endless, "evil-1.0.0", archive.Limits{Time: time.Millisecond}, cratewarden.Timeout},
		{"storage breaks off", t.Context(), half(io.ErrUnexpectedEOF), "evil-1.0.0", archive.Limits{}, cratewarden.Unavailable},
		{"storage says no", t.Context(), half(cratewarden.Errorf(cratewarden.NotFound, "Gone.")), "evil-1.0.0", archive.Limits{}, cratewarden.NotFound},
		{"storage fails", t.Context(), half(errors.New("disk")), "evil-1.0.0", archive.Limits{}, cratewarden.Unavailable},
		{"no root", t.Context(), bytes.NewReader(crate), "", archive.Limits{}, cratewarden.Invalid},
		{"root with slash", t.Context(), bytes.NewReader(crate), "a/b", archive.Limits{}, cratewarden.Invalid},
	} {
		a, err := archive.Read(tt.ctx, tt.r, tt.root, tt.limits)
		if got := cratewarden.KindOf(err); got != tt.want || a != nil {
			t.Errorf("%s: kind %q, archive %v, want %q", tt.name, got, a, tt.want)
		}
	}
}
