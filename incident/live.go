package incident

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden/action"
)

// channel is the name under which processes on one console database tell each
// other of cases. A trigger tells of plans and evidence there, too.
const channel = "cratewarden_incident"

// message is what is told. One of Event, Touched and Here is set.
type message struct {
	Incident int64  `json:"incident,omitempty"`
	Event    int64  `json:"event,omitempty"`   // was written
	Touched  string `json:"touched,omitempty"` // id of a case of which a plan or its evidence changed
	Here     *here  `json:"here,omitempty"`
}

// here says that somebody looks at a case, or looked until now. It is told and
// never stored.
type here struct {
	Key   string    `json:"key"` // of one open page
	Who   Person    `json:"who"`
	Since time.Time `json:"since"`
	Gone  bool      `json:"gone,omitempty"`
	// New asks everybody else to say that they are there, too.
	New bool `json:"new,omitempty"`
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// shout tells the other processes, and this one, when the transaction commits.
func shout(ctx context.Context, db execer, m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = db.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, string(text))
	return err
}

// Times of following.
const (
	pollWith    = 5 * time.Second  // while the connection listens: a net below it
	pollWithout = time.Second      // while it does not
	sayEvery    = 10 * time.Second // that somebody is still there
	goneAfter   = 25 * time.Second // without a word
	backOff     = 2 * time.Second  // between two tries to listen
)

// hub hands what is told to those who watch. It runs while anybody does.
type hub struct {
	s       *Service
	mu      sync.Mutex
	stop    context.CancelFunc // nil while nobody watches
	watches map[*watch]bool
	present map[string]presence // of all processes, by key
	heard   bool                // the connection listens
}

// watch is one page that is open.
type watch struct {
	incident int64 // 0 watches all cases
	here     here
	wake     chan struct{} // has room for one: what is new is asked for anyway
}

// Watch follows a case for one open page, until ctx ends. The channel has
// something in it whenever the case, its plans, its evidence or who looks at it
// may have changed; then ask again, Events with the last number seen. The
// function gives who looks at it, the asker too. An empty id follows all cases,
// and nobody is said to look. Others hear of the person and never of the session:
// a page is told by a key of its own, since one session may have several.
func (s *Service) Watch(ctx context.Context, id, _ string, who action.Actor) (<-chan struct{}, func() []Present) {
	w := &watch{wake: make(chan struct{}, 1), here: here{Key: newSalt(), Who: personOf(who), Since: s.clock().UTC().Truncate(time.Millisecond)}}
	if id != "" {
		w.incident = s.numberNow(ctx, id)
	}
	if w.incident < 0 {
		return w.wake, func() []Present { return nil }
	}
	h := s.hub
	h.add(w)
	h.announce(ctx, w, true, false)
	context.AfterFunc(ctx, func() {
		h.remove(w)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), backOff)
		defer cancel()
		h.announce(end, w, false, true)
	})
	return w.wake, func() []Present { return h.looking(w.incident) }
}

// numberNow gives the number of the case in which one goes on. Of an id that is
// none, -1, nothing is ever heard.
func (s *Service) numberNow(ctx context.Context, id string) int64 {
	number, err := numberOf(id)
	if err != nil {
		return -1
	}
	if last, err := survivor(ctx, s.db, number); err == nil {
		return last
	}
	return number
}

func (h *hub) add(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watches[w] = true
	if h.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		h.stop, h.heard = stop, false
		go h.listen(ctx)
		go h.poll(ctx)
	}
}

func (h *hub) remove(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.watches, w)
	if len(h.watches) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// wake wakes whoever watches a case, or everybody with 0.
func (h *hub) wake(incident int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watches {
		if incident == 0 || w.incident == incident || w.incident == 0 {
			select {
			case w.wake <- struct{}{}:
			default: // it has not looked yet
			}
		}
	}
}

// listen keeps one connection of its own on the channel, so that the pool's are
// for those who ask. After a break everybody is woken: something may have been
// missed.
func (h *hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.listenOnce(ctx)
		h.setHeard(ctx, false)
		if ctx.Err() != nil {
			return
		}
		h.s.log.WarnContext(ctx, "the connection that tells of incidents ended; it is opened again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(backOff):
		}
	}
}

func (h *hub) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, h.s.db.Config().ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	h.setHeard(ctx, true)
	h.wake(0)
	h.askAll(ctx)
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		h.hear(ctx, n.Payload)
	}
}

// setHeard does not touch the word of a later run.
func (h *hub) setHeard(ctx context.Context, heard bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() == nil || h.stop == nil {
		h.heard = heard
	}
}

// hear takes one message. One that cannot be read is of a newer release; what it
// says, the poll finds.
func (h *hub) hear(ctx context.Context, payload string) {
	var m message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		return
	}
	switch {
	case m.Here != nil:
		h.see(ctx, m.Incident, *m.Here)
	case m.Touched != "":
		h.wake(h.s.numberNow(ctx, m.Touched)) // plans and evidence of a merged case keep its id
	case m.Event != 0:
		h.wake(m.Incident)
	}
}

// poll is the net: it asks for the last change of what is watched, often while
// the connection does not listen.
func (h *hub) poll(ctx context.Context) {
	seen := map[int64]string{}
	last, said := time.Now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pollWithout):
		}
		if time.Since(said) >= sayEvery {
			said = time.Now()
			h.sayAll(ctx)
		}
		h.mu.Lock()
		heard := h.heard
		h.mu.Unlock()
		if heard && time.Since(last) < pollWith {
			continue
		}
		last = time.Now()
		h.pollOnce(ctx, seen)
	}
}

func (h *hub) pollOnce(ctx context.Context, seen map[int64]string) {
	numbers := h.watched()
	rows, err := h.s.db.Query(ctx, `SELECT i.number, (SELECT coalesce(max(id), 0) FROM incident_event e WHERE e.incident = i.number) || ' '
			|| coalesce((SELECT max(p.changed_at)::text FROM plan p WHERE p.incident = 'INC-' || i.number), '')
		FROM incident i WHERE i.number = ANY ($1)
		UNION ALL SELECT 0, coalesce(max(id), 0)::text FROM incident_event`, numbers)
	if err != nil {
		return // the next round asks again
	}
	var number int64
	var mark string
	_, _ = pgx.ForEachRow(rows, []any{&number, &mark}, func() error {
		if was, known := seen[number]; known && was != mark {
			if number == 0 {
				h.wakeLists()
			} else {
				h.wake(number)
			}
		}
		seen[number] = mark
		return nil
	})
}
