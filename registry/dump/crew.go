package dump

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// crew is the two connections of an import into a database of our own: one
// loads tables, the other builds what stands on those already loaded, and at
// the end both build. Each piece of work is committed by itself; nobody else
// knows the database.
type crew struct {
	stop   context.CancelFunc
	posted map[string]bool // tables whose keys and indexes are on their way

	mu     sync.Mutex
	change *sync.Cond
	queue  []job
	busy   int // jobs being done
	closed bool
	err    error
}

// job is a piece of work for whichever connection is free. It may post more.
type job func(ctx context.Context, s session) error

func newCrew(stop context.CancelFunc) *crew {
	c := &crew{stop: stop, posted: map[string]bool{}}
	c.change = sync.NewCond(&c.mu)
	return c
}

func (c *crew) post(jobs ...job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, jobs...)
	c.change.Broadcast()
}

// dismiss tells the assistant that there will be no more jobs.
func (c *crew) dismiss() {
	c.stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.change.Broadcast()
}

// assist does jobs until it is dismissed.
func (c *crew) assist(ctx context.Context, s session) {
	c.work(ctx, s, func() bool { return c.closed })
}

// settle lends a hand until no job is left or under way.
func (c *crew) settle(ctx context.Context, s session) error {
	c.work(ctx, s, func() bool { return len(c.queue) == 0 && c.busy == 0 })
	if err := c.failure(); err != nil {
		return err
	}
	return ctx.Err()
}

func (c *crew) work(ctx context.Context, s session, over func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !over() {
		if len(c.queue) == 0 {
			c.change.Wait()
			continue
		}
		next := c.queue[0]
		c.queue = c.queue[1:]
		c.busy++
		c.mu.Unlock()
		c.do(ctx, s, next)
		c.mu.Lock()
		c.busy--
		c.change.Broadcast()
	}
}

// do runs a job. The first failure stops everybody, and is the import's.
func (c *crew) do(ctx context.Context, s session, j job) {
	if ctx.Err() != nil {
		return
	}
	// After the end what a job says is only an echo of it.
	if err := j(ctx, s); err != nil && ctx.Err() == nil {
		c.mu.Lock()
		if c.err == nil {
			c.err = err
		}
		c.mu.Unlock()
		c.stop()
	}
}

func (c *crew) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// searched are the tables that search vectors are made of; they are finished
// together.
var searched = []string{"crates", "crates_keywords", "keywords"}

// share ends the transaction that made the tables, so that both connections
// see them.
func (im *importer) share(ctx context.Context) error {
	if im.crew == nil {
		return nil
	}
	if err := im.tx.Commit(ctx); err != nil {
		return err
	}
	return im.begin(ctx)
}

// handOver commits a table that is loaded and lets the other connection build
// its keys and indexes.
func (im *importer) handOver(ctx context.Context) error {
	if im.crew == nil {
		return nil
	}
	if err := im.share(ctx); err != nil {
		return err
	}
	for table := range im.result.Rows {
		group := []string{table}
		if slices.Contains(searched, table) {
			group = searched
		}
		loaded := func(t string) bool { _, ok := im.result.Rows[t]; return ok }
		if !im.crew.posted[table] && !slices.ContainsFunc(group, func(t string) bool { return !loaded(t) }) {
			im.finish(group)
		}
	}
	return nil
}

// finish posts the work on tables that get no more rows: keys first, then
// search vectors, then each index by itself, for several can be built on a
// table at a time.
func (im *importer) finish(group []string) {
	for _, t := range group {
		im.crew.posted[t] = true
	}
	keys, _ := apart(im.script.keys)
	indexes, _ := apart(im.script.indexes)
	keys, indexes = on(keys, group), on(indexes, group)
	crew := im.crew
	crew.post(func(ctx context.Context, s session) error {
		if err := s.run(ctx, keys...); err != nil {
			return err
		}
		if slices.Contains(group, "crates") {
			if err := s.searchVectors(ctx); err != nil {
				return err
			}
		}
		for _, st := range indexes {
			crew.post(func(ctx context.Context, s session) error { return s.run(ctx, st) })
		}
		crew.post(func(ctx context.Context, s session) error {
			_, err := s.Exec(ctx, "ANALYZE public."+strings.Join(group, ", public."))
			return err
		})
		return nil
	})
}

// on keeps the statements about some tables.
func on(list []statement, tables []string) []statement {
	return slices.DeleteFunc(slices.Clone(list), func(st statement) bool {
		m := onTable.FindStringSubmatch(st.text)
		return m == nil || !slices.Contains(tables, m[1])
	})
}

// completeTogether is complete with two connections.
func (im *importer) completeTogether(ctx context.Context) error {
	if err := im.tx.Commit(ctx); err != nil {
		return err
	}
	s := session{im.conn, im.conn}
	if err := im.buildTogether(ctx, s); err != nil {
		return err
	}
	im.meter.phase(PhaseDerived, 0)
	if err := s.counters(ctx); err != nil {
		return err
	}
	ours, theirs := apart(im.script.foreign)
	im.crew.post(func(ctx context.Context, s session) error { return im.referenceOn(s)(ctx, ours...) })
	_, keys := apart(im.script.keys)
	_, indexes := apart(im.script.indexes)
	if err := s.reverseDependencies(ctx); err != nil {
		return err
	}
	if err := s.run(ctx, slices.Concat(keys, indexes)...); err != nil {
		return err
	}
	im.meter.phase(PhaseForeign, 0)
	if err := im.crew.settle(ctx, s); err != nil {
		return err
	}
	if err := im.referenceOn(s)(ctx, theirs...); err != nil {
		return err
	}
	if err := im.begin(ctx); err != nil {
		return err
	}
	s = im.session()
	if err := s.sequences(ctx); err != nil {
		return err
	}
	return s.run(ctx, im.script.triggers...)
}

// buildTogether builds the keys and indexes that are still to be built, and
// the views.
func (im *importer) buildTogether(ctx context.Context, s session) error {
	im.meter.phase(PhaseKeys, 0)
	var all, rest []string
	for table := range im.layout {
		all = append(all, table)
		if table != "reverse_dependencies" && !im.crew.posted[table] {
			rest = append(rest, table)
		}
	}
	if len(rest) > 0 {
		im.finish(rest)
	}
	indexes, _ := apart(im.script.indexes)
	beyond := slices.DeleteFunc(indexes, func(st statement) bool { return len(on([]statement{st}, all)) > 0 })
	im.crew.post(func(ctx context.Context, s session) error {
		return s.runView(ctx, slices.Concat(im.script.views, beyond)...)
	})
	im.meter.phase(PhaseSearch, 0)
	im.meter.phase(PhaseIndexes, 0)
	return im.crew.settle(ctx, s)
}
