package team

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"cratewarden"
)

// Reader keeps the list of people. Many may use it at a time.
type Reader struct {
	cfg    Config
	client *http.Client

	mu       sync.Mutex
	last     Snapshot // what counts
	base     Snapshot // the last list that was not distrusted
	doubtful *doubt   // a list that waits to be believed
	flight   *flight
}

// flight is a reading under way, or the last one that failed.
type flight struct {
	begun time.Time
	done  chan struct{}
	err   error // once done
}

// New makes a reader and takes up the list that an earlier one kept in the
// store. It does not read the source yet.
func New(ctx context.Context, cfg Config) (*Reader, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	r := &Reader{cfg: cfg, client: newClient(cfg)}
	r.last = Snapshot{Source: cfg.words(), Problem: "The list of people was not read yet."}
	if err := r.restore(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// Run reads the list until ctx is over, at once and then every Refresh. After
// a failure it tries again sooner.
func (r *Reader) Run(ctx context.Context) error {
	for {
		wait := r.cfg.Refresh
		if _, err := r.Fresh(ctx, 0); err != nil {
			wait = min(wait, 30*time.Second)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// Last gives the list as it was last read, at once. Its At is zero when there
// never was one. Snapshots share their lists: nobody may write to them.
func (r *Reader) Last() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// Fresh gives the list not older than age, reading it again if it must; with 0
// it always does. Readings that are asked for at once are one reading, and a
// failure counts for a moment, so that nobody waits for a dead source in turn.
// With an error, of kind Unavailable, the snapshot is the last one.
func (r *Reader) Fresh(ctx context.Context, age time.Duration) (Snapshot, error) {
	asked := r.cfg.Clock()
	for {
		r.mu.Lock()
		if within(r.last.At, asked, age) && age > 0 {
			defer r.mu.Unlock()
			return r.last, nil
		}
		f := r.flight
		// Only a reading that began late enough answers the question.
		if f == nil || f.over() && (f.err == nil || !within(f.begun, r.cfg.Clock(), min(retryAfter, r.cfg.Refresh))) {
			f = &flight{begun: r.cfg.Clock(), done: make(chan struct{})}
			r.flight = f
			// The reading serves everybody who waits, so it does not end with the
			// one who happened to come first.
			go r.fly(context.WithoutCancel(ctx), f)
		}
		r.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return r.Last(), cratewarden.Wrap(ctx.Err(), cratewarden.Canceled, "Reading the list of people was given up.")
		}
		if f.err != nil || within(f.begun, asked, max(age, 0)) || f.begun.After(asked) {
			return r.Last(), f.err
		}
	}
}

// retryAfter is for how long a failure answers those who ask next.
const retryAfter = 3 * time.Second

func (f *flight) over() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// within says whether a time is at most age before now. A time that lies ahead,
// because a clock was set back, is not.
func within(t, now time.Time, age time.Duration) bool {
	return !t.IsZero() && !t.After(now) && now.Sub(t) <= age
}

// fly does one reading.
func (r *Reader) fly(ctx context.Context, f *flight) {
	defer close(f.done)
	s, err := r.read(ctx)
	if err != nil {
		f.err = cratewarden.Wrap(err, cratewarden.Unavailable, "The list of people could not be read.")
		r.failed(ctx, err)
		return
	}
	s.At = f.begun
	r.mu.Lock()
	before := r.last
	r.take(s)
	after, base := r.last, r.base
	r.mu.Unlock()
	r.keep(ctx, base)
	if after.Problem != "" && after.Problem != before.Problem {
		r.cfg.Logger.WarnContext(ctx, "list of people is distrusted", "problem", after.Problem)
	}
	if r.cfg.Changed != nil && !reflect.DeepEqual(before.Members, after.Members) {
		r.cfg.Changed(ctx, before, after)
	}
}

// failed keeps the last list and says why it is not newer.
func (r *Reader) failed(ctx context.Context, err error) {
	r.mu.Lock()
	r.last.Problem = "The list could not be read: " + reason(err) + "."
	r.mu.Unlock()
	r.cfg.Logger.WarnContext(ctx, "list of people could not be read", "error", err)
}

// reason is why reading failed, for those who run the console.
func reason(err error) string {
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		text = "it took too long"
	}
	if len(text) > 300 {
		text = text[:300] + "…"
	}
	return strings.Map(printable, text)
}

// setting is where the last list is kept.
const setting = "team.list"

type kept struct {
	Settings string   `json:"settings"`
	List     Snapshot `json:"list"`
}

// restore takes up the stored list if it was made under the same settings.
func (r *Reader) restore(ctx context.Context) error {
	if r.cfg.Store == nil {
		return nil
	}
	data, err := r.cfg.Store.Setting(ctx, setting)
	if cratewarden.KindOf(err) == cratewarden.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil || k.Settings != r.cfg.fingerprint() || len(k.List.Members) == 0 {
		r.cfg.Logger.InfoContext(ctx, "the stored list of people is of other settings and not used")
		return nil
	}
	for i, m := range k.List.Members {
		k.List.Members[i].Mail = r.cfg.Mails[m.GitHubID]
	}
	r.base, r.last = k.List, k.List
	r.last.Problem = "The list was not read again since the console started."
	return nil
}

// keep stores the list for the next start. Failing to is no reason to refuse
// the list that was read.
func (r *Reader) keep(ctx context.Context, s Snapshot) {
	if r.cfg.Store == nil {
		return
	}
	s.Members = slices.Clone(s.Members)
	for i := range s.Members {
		s.Members[i].Mail = "" // one place less to erase it from
	}
	data, err := json.Marshal(kept{r.cfg.fingerprint(), s})
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
		defer cancel()
		err = r.cfg.Store.Set(ctx, setting, data)
	}
	if err != nil {
		r.cfg.Logger.WarnContext(ctx, "list of people could not be stored", "error", err)
	}
}
