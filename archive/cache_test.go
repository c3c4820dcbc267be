package archive_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"cratewarden"
	"cratewarden/archive"
)

func opener(data []byte, opened *atomic.Int32) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) {
		opened.Add(1)
		return io.NopCloser(bytes.NewReader(data)), nil
	}
}

func TestCacheSharesOneReading(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c archive.Cache
		var opened atomic.Int32
		gate := make(chan struct{})
		crate := sound().Crate()
		open := func(context.Context) (io.ReadCloser, error) {
			opened.Add(1)
			<-gate
			return io.NopCloser(bytes.NewReader(crate)), nil
		}
		first, giveUp := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := c.Get(first, "k", open, "evil-1.0.0"); cratewarden.KindOf(err) != cratewarden.Canceled {
				t.Errorf("the one who gave up got %v", err)
			}
		})
		synctest.Wait()
		got := make([]*archive.Archive, 5)
		for i := range got {
			wg.Go(func() {
				var err error
				if got[i], err = c.Get(t.Context(), "k", open, "evil-1.0.0"); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		giveUp()
		synctest.Wait()
		close(gate)
		wg.Wait()
		for _, a := range got {
			if a == nil || a != got[0] {
				t.Error("callers got different archives")
			}
		}
		if n := opened.Load(); n != 1 {
			t.Errorf("opened %d times", n)
		}
	})
}

func TestCacheStopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c archive.Cache
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go c.Get(ctx, "k", func(ctx context.Context) (io.ReadCloser, error) {
			<-ctx.Done()
			ended <- ctx.Err()
			return nil, ctx.Err()
		}, "evil-1.0.0")
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestCacheBounds(t *testing.T) {
	t.Parallel()
	c := archive.Cache{Bytes: 50_000}
	var opened atomic.Int32
	crate := sound().File("a", strings.Repeat("a", 10_000)).Crate()
	get := func(key int) {
		if _, err := c.Get(t.Context(), fmt.Sprint(key), opener(crate, &opened), "evil-1.0.0"); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct{ key, opened int }{{1, 1}, {1, 1}, {2, 2}, {3, 3}, {1, 3}, {4, 4}, {1, 4}, {2, 5}, {1, 5}, {4, 5}, {3, 6}} {
		get(step.key)
		if n := int(opened.Load()); n != step.opened {
			t.Fatalf("after key %d: opened %d times, want %d", step.key, n, step.opened)
		}
	}
	c.Forget("3", "evil-1.0.0")
	get(3)
	if n := opened.Load(); n != 7 {
		t.Errorf("a forgotten archive was kept (%d)", n)
	}
	small := archive.Cache{Bytes: 100}
	opened.Store(0)
	for range 2 {
		if _, err := small.Get(t.Context(), "k", opener(crate, &opened), "evil-1.0.0"); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() != 2 {
		t.Error("an archive larger than the cache was kept")
	}
}

func TestCacheKeepsNoFailure(t *testing.T) {
	t.Parallel()
	var c archive.Cache
	var opened atomic.Int32
	no := func(context.Context) (io.ReadCloser, error) {
		return nil, cratewarden.Errorf(cratewarden.NotFound, "No such file.")
	}
	if _, err := c.Get(t.Context(), "k", no, "evil-1.0.0"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Error(err)
	}
	bad := func(context.Context) (io.ReadCloser, error) { panic("storage") }
	if _, err := c.Get(t.Context(), "k", bad, "evil-1.0.0"); cratewarden.KindOf(err) != cratewarden.Internal {
		t.Error(err)
	}
	if a, err := c.Get(t.Context(), "k", opener(sound().Crate(), &opened), "evil-1.0.0"); err != nil || a == nil {
		t.Error(err)
	}
}
