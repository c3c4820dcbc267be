package mirror

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"cratewarden"
	"cratewarden/registry/bulk"
)

// Config says what a mirror reads and how often. The zero value of every field
// but Registry is safe.
type Config struct {
	// Registry is read, never written.
	Registry *pgxpool.Pool
	// Replica serves the load and the full re-reads when not nil. A change
	// that a lagging replica does not show yet is not lost: what the polls of
	// the registry found stays in force for what was read after the re-read
	// began.
	Replica *pgxpool.Pool
	// Dump says that the database was made from a public dump: tokens and
	// actions are absent and a publish has at most an account.
	Dump bool
	// PollEvery is the pause between polls by index; 0 means one second.
	PollEvery time.Duration
	// SweepEvery is the pause between scans of small tables; 0 means 15 s.
	SweepEvery time.Duration
	// FullEvery is the pause between full re-reads; 0 means one hour.
	FullEvery time.Duration
	Clock     cratewarden.Clock
	// Logger takes notes for the operator; nil is the program's default log.
	Logger *slog.Logger
	// MailKey keys the hashes of mail addresses; nil means random.
	MailKey []byte
}

// Mirror is the picture and what keeps it fresh. All methods but Run may be
// called at any time from anywhere; they never wait for anything.
type Mirror struct {
	config  Config
	source  bulk.Source // the registry itself
	replica bulk.Source // for whole tables
	shown   atomic.Pointer[picture]

	mu      sync.Mutex // guards what follows and every change of shown
	changed chan struct{}
	hurry   chan struct{} // holds one when somebody called Hurry
	status  Status
	parts   map[Part]*PartStatus
	// era counts full re-reads. What is read after the load carries the era in
	// which its reading began, so that a finished re-read knows what it replaces.
	era   int64
	trail trail
	sweep int64 // registry time of the last sweep
}

// New makes an empty mirror; Run fills it.
func New(c Config) *Mirror {
	c.PollEvery = orDuration(c.PollEvery, time.Second)
	c.SweepEvery = orDuration(c.SweepEvery, 15*time.Second)
	c.FullEvery = orDuration(c.FullEvery, time.Hour)
	c.Clock = c.Clock.Or()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.MailKey == nil {
		c.MailKey = []byte(rand.Text())
	}
	m := &Mirror{config: c, source: bulk.Source{Pool: c.Registry}, changed: make(chan struct{}), hurry: make(chan struct{}, 1)}
	m.replica = m.source
	if c.Replica != nil {
		m.replica = bulk.Source{Pool: c.Replica}
	}
	m.shown.Store(emptyPicture(!c.Dump))
	m.startStatus()
	return m
}

func orDuration(d, zero time.Duration) time.Duration {
	if d <= 0 {
		return zero
	}
	return d
}

// now gives the picture to read; it stays as it is for as long as it is held.
func (m *Mirror) now() *picture { return m.shown.Load() }

// Serial is the number of the state that is shown now. What was worked out from
// the mirror alone is still right as long as the number is the same.
func (m *Mirror) Serial() int64 { return m.now().serial }

// change shows a new picture: alter gets a copy of the present one. The caller
// holds mu. part, when not empty, is ready from then on.
func (m *Mirror) change(part Part, alter func(next *picture)) {
	next := m.shown.Load().with(part)
	alter(next)
	next.serial++
	m.shown.Store(next)
	close(m.changed)
	m.changed = make(chan struct{})
}

// Changed gives a channel that is closed at the next change of the picture.
func (m *Mirror) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// Run loads the picture and keeps it fresh until the context ends, which is
// the only error it gives. A registry that does not answer is asked again with
// growing pauses; Status says so meanwhile and readers keep the last picture.
func (m *Mirror) Run(ctx context.Context) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return m.loadForever(ctx) })
	group.Go(func() error { return m.follow(ctx) })
	return group.Wait()
}

// begin notes where the registry stands before anything is read, so that the
// polls find everything that changes from then on.
func (m *Mirror) begin(ctx context.Context) error {
	return m.retry(ctx, func() error {
		head, err := m.source.Head(ctx)
		if err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.trail = newTrail(head)
		m.sweep = head.Now
		return nil
	})
}

// Pauses after failures: short enough to be back soon after a restart of the
// registry, growing so that we do not hinder it.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 10 * time.Second
)

// retry runs fn until it works or the context ends.
func (m *Mirror) retry(ctx context.Context, fn func() error) error {
	pause := firstPause
	for {
		err := fn()
		if err == nil {
			m.trouble(nil)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		m.trouble(err)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, lastPause)
	}
}

// follow polls, and sweeps when it is time, one after the other so that of two
// readings of a crate the later always wins.
func (m *Mirror) follow(ctx context.Context) error {
	swept, hurried := time.Now(), false
	for {
		called, err := m.pause(ctx)
		if err != nil {
			return err
		}
		if err := m.retry(ctx, func() error { return m.poll(ctx) }); err != nil {
			return err
		}
		hurried = hurried || called
		since := time.Since(swept)
		if since < m.config.SweepEvery && (!hurried || since < m.config.PollEvery) {
			continue
		}
		hurried = false
		if err := m.retry(ctx, func() error { return m.sweepOnce(ctx) }); err != nil {
			return err
		}
		swept = time.Now()
	}
}

// Hurry has the next poll and scan begin at once instead of when they are due.
// It is for whoever has just changed the registry and will look. It never waits.
func (m *Mirror) Hurry() {
	select {
	case m.hurry <- struct{}{}:
	default: // somebody asked already
	}
}

// pause waits until the next poll is due or somebody is in a hurry.
func (m *Mirror) pause(ctx context.Context) (called bool, err error) {
	t := time.NewTimer(m.config.PollEvery)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-m.hurry:
		return true, nil
	case <-t.C:
		return false, nil
	}
}

// loadForever reads everything at once and again each FullEvery, or sooner
// when the patch has grown so large that reading anew is cheaper.
func (m *Mirror) loadForever(ctx context.Context) error {
	for {
		if err := m.retry(ctx, func() error { return m.load(ctx) }); err != nil {
			return err
		}
		due := time.Now().Add(m.config.FullEvery)
		for time.Now().Before(due) {
			if err := sleep(ctx, min(time.Second, time.Until(due))); err != nil {
				return err
			}
			if m.wantsFull() {
				break
			}
		}
	}
}

// Refresh reads everything anew and returns when that is shown, while Run is
// running. It is for tests and for an operator who will not wait for the hour.
func (m *Mirror) Refresh(ctx context.Context) error { return m.load(ctx) }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// trouble keeps the last problem for Status; nil clears it.
func (m *Mirror) trouble(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.status.Problem
	m.status.Problem = ""
	if err != nil {
		m.status.Problem = cratewarden.MessageOf(err)
	}
	if m.status.Problem != before && err != nil {
		m.config.Logger.Warn("the registry cannot be read", "error", err)
	}
}
