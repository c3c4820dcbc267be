package archive

import (
	"container/list"
	"context"
	"io"
	"sync"

	"cratewarden"
)

// Cache keeps archives that were read lately, so that the pages of one version
// read its file once. The zero value is ready, and may be used by many
// goroutines. Failures are not kept.
type Cache struct {
	// Bytes is the most memory the kept archives take by their own estimate:
	// 128 MiB. The one used longest ago goes first.
	Bytes int64
	// AtOnce is how many archives are read at the same time: 3. Others wait.
	AtOnce int
	// Limits are those of each reading.
	Limits Limits

	mu     sync.Mutex
	byKey  map[string]*list.Element
	order  list.List // of *cached, most recently used first
	bytes  int64
	flight map[string]*flight
	slots  chan struct{}
}

type cached struct {
	key     string
	archive *Archive
	cost    int64
}

// flight is one reading that several callers wait for. It ends early only
// when the last of them gives up.
type flight struct {
	waiting int
	cancel  context.CancelFunc
	done    chan struct{}
	archive *Archive
	err     error
	// dropped says that Forget came while it was under way.
	dropped bool
}

// Get gives the archive known by key, usually the checksum the registry
// recorded; when it is not kept, it is opened and read as root
// ("<name>-<version>"). Callers asking for the same key at the same time share
// one reading. Whether the stored file has that checksum is for the caller to
// compare (Archive.Hash). The errors are those of open and Read.
func (c *Cache) Get(ctx context.Context, key string, open func(context.Context) (io.ReadCloser, error), root string) (*Archive, error) {
	if ctx.Err() != nil {
		return nil, stopped(ctx)
	}
	key += "\x00" + root
	c.mu.Lock()
	if c.byKey == nil {
		c.byKey, c.flight = map[string]*list.Element{}, map[string]*flight{}
		c.slots = make(chan struct{}, or(c.AtOnce, 3))
	}
	if e, ok := c.byKey[key]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(*cached).archive, nil
	}
	f := c.flight[key]
	if f == nil {
		// The reading must not die with the caller who happened to be first.
		shared, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight{cancel: cancel, done: make(chan struct{})}
		c.flight[key] = f
		go c.load(shared, key, root, open, f)
	}
	f.waiting++
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.archive, f.err
	case <-ctx.Done():
		c.leave(key, f)
		return nil, stopped(ctx)
	}
}

// leave is a caller giving up; the last one stops the reading.
func (c *Cache) leave(key string, f *flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		if c.flight[key] == f {
			delete(c.flight, key)
		}
	}
}

func (c *Cache) load(ctx context.Context, key, root string, open func(context.Context) (io.ReadCloser, error), f *flight) {
	defer f.cancel()
	f.archive, f.err = c.read(ctx, root, open)
	c.mu.Lock()
	if c.flight[key] == f {
		delete(c.flight, key)
	}
	if f.err == nil && !f.dropped {
		c.store(key, f.archive)
	}
	c.mu.Unlock()
	close(f.done)
}

// read waits for its turn, so that memory stays bounded, then reads. The time
// limit covers opening too.
func (c *Cache) read(ctx context.Context, root string, open func(context.Context) (io.ReadCloser, error)) (a *Archive, err error) {
	defer func() {
		if v := recover(); v != nil { // else every waiting page, and the program, would go down
			a, err = nil, cratewarden.Errorf(cratewarden.Internal, "reading an archive panicked: %v", v)
		}
	}()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, stopped(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, c.Limits.orDefault().Time)
	defer cancel()
	r, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return Read(ctx, r, root, c.Limits)
}

// store keeps an archive and drops the oldest until all fit. One that is
// larger than the whole cache is not kept.
func (c *Cache) store(key string, a *Archive) {
	cost, most := a.Cost()+int64(len(key)), or(c.Bytes, 128<<20)
	if cost > most || c.byKey[key] != nil {
		return
	}
	c.byKey[key] = c.order.PushFront(&cached{key, a, cost})
	c.bytes += cost
	for c.bytes > most {
		c.remove(c.order.Back())
	}
}

func (c *Cache) remove(e *list.Element) {
	old := c.order.Remove(e).(*cached)
	delete(c.byKey, old.key)
	c.bytes -= old.cost
}

// Forget drops an archive, for when the stored file was replaced or moved.
func (c *Cache) Forget(key, root string) {
	key += "\x00" + root
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.remove(e)
	}
	if f, ok := c.flight[key]; ok {
		f.dropped = true
		delete(c.flight, key)
	}
}
