package notify

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// taken is a message that this worker has taken up.
type taken struct {
	id      int64
	notice  int64
	channel string
	person  string
	key     string
	tries   int // this one included; nobody else writes the row while it stays
	again   int64
	askedBy string
	red     bool // it is about an incident that is marked TLP:RED now
	Notice
	at time.Time
}

// ofRed says whether the notice n is about an incident that only named people
// may know of. What a person approved for the team's chat is left to them.
const ofRed = `n.kind <> 'incident.post' AND EXISTS (SELECT FROM incident i LEFT JOIN plan p ON p.id = n.plan
	WHERE i.tlp = 'RED' AND 'INC-' || i.number IN (p.incident, substring(n.path FROM '^/incidents/(INC-[0-9]+)')))`

// Deliver sends one message. One that is sent, given up, not due or being sent
// by another worker it leaves alone, so it may be called at any time and by any
// number of processes. The error says why the message was not sent; it is
// recorded with it, and the next try is ordered.
//
// The receiver and our record cannot be written together: a process that dies
// between them leaves a message that is sent once more. It has the same
// Message-ID, or webhook-id, by which receivers can tell.
func (s *Service) Deliver(ctx context.Context, delivery int64) error {
	t, err := s.takeUp(ctx, delivery)
	if err != nil || t == nil {
		return err
	}
	s.reached("taken up")
	if err = s.attempt(ctx, *t); err != nil {
		return s.failed(ctx, *t, err)
	}
	return nil
}

// takeUp makes a message this worker's for a while; nil when it is not due.
func (s *Service) takeUp(ctx context.Context, id int64) (*taken, error) {
	t := &taken{id: id}
	var again *int64
	var roles []string
	err := s.cfg.Console.QueryRow(ctx, `UPDATE delivery d SET state = 'sending', tries = tries + 1, leased_until = now() + make_interval(secs => $3)
		FROM notice n WHERE d.id = $1 AND n.id = d.notice
			AND (d.state IN ('waiting', 'failed') AND d.next_at <= $2 OR d.state = 'sending' AND d.leased_until < now())
		RETURNING d.notice, d.channel, d.person, d.key, d.tries, d.again_of, d.asked_by, n.kind, n.people, n.roles, n.title, n.body, n.path, n.plan, n.urgent, n.at, `+ofRed,
		id, s.clock(), leaseTime.Seconds()).Scan(&t.notice, &t.channel, &t.person, &t.key, &t.tries, &again, &t.askedBy,
		&t.Kind, &t.To, &roles, &t.Title, &t.Text, &t.Path, &t.Plan, &t.Urgent, &t.at, &t.red)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, pg.Map(err)
	}
	if again != nil {
		t.again = *again
	}
	for _, r := range roles {
		t.Roles = append(t.Roles, cratewarden.Role(r))
	}
	return t, nil
}

func (s *Service) attempt(ctx context.Context, t taken) error {
	by, ok := s.senders[t.channel]
	if !ok {
		return final("The channel is not in the settings any more.")
	}
	m := message{Notice: t.Notice, key: t.key, at: t.at, link: s.link(t.Path), label: s.cfg.Label, words: &s.words}
	if t.red && t.channel != mailChannel {
		m.Title, m.Text = "Something is new in an incident marked TLP:RED", "Look at it in the console."
	}
	if t.channel == mailChannel {
		if t.person == "" {
			return s.address(ctx, t)
		}
		var err error
		if m.to, err = s.recipient(ctx, t.person); err != nil {
			return err
		}
	}
	if err := s.sendBy(ctx, by, m); err != nil {
		return err
	}
	s.reached("sent")
	masked := cratewarden.MaskMail(m.to.Mail)
	// What was sent is marked even if the process is told to end meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err := s.cfg.Console.Exec(ctx, `UPDATE delivery SET state = 'sent', problem = '', sent_at = $3, masked = $4, leased_until = NULL WHERE id = $1 AND state = 'sending' AND tries = $2`, t.id, t.tries, s.clock(), masked)
	if err != nil {
		return passing("It was sent, but that could not be recorded, so it is sent once more.", pg.Map(err))
	}
	s.log.InfoContext(ctx, "a notice was sent", "delivery", t.id, "kind", t.Kind, "channel", t.channel, "tries", t.tries)
	return nil
}

func (s *Service) sendBy(ctx context.Context, by sender, m message) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return by.send(ctx, m)
}

// link is the page of the console that shows more.
func (s *Service) link(path string) string {
	if s.origin == "" || path == "" {
		return ""
	}
	return s.origin + path
}

// Waits between tries: 30 s, doubling up to an hour.
const (
	firstWait   = 30 * time.Second
	longestWait = time.Hour
)

func waitAfter(tries int) time.Duration {
	wait := firstWait
	for range tries - 1 {
		if wait *= 2; wait >= longestWait {
			return longestWait
		}
	}
	return wait
}

// failed records that a try came to nothing, and orders the next or gives up.
// If the process is being stopped nothing is recorded: Sweep finds the message
// once its lease is over.
func (s *Service) failed(ctx context.Context, t taken, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	why, ok := errors.AsType[*trouble](cause)
	if !ok {
		why = &trouble{problem: cratewarden.MessageOf(cause), cause: cause}
	}
	state, at := Failed, s.clock().Add(max(waitAfter(t.tries), min(why.after, longestWait)))
	if why.final || t.tries >= s.cfg.Tries {
		state = GivenUp
	}
	err := pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE delivery SET state = $3, problem = $4, next_at = $5, leased_until = NULL, queued_at = now() WHERE id = $1 AND state = 'sending' AND tries = $2`,
			t.id, t.tries, state, why.problem, at)
		if err != nil || tag.RowsAffected() == 0 || state == GivenUp {
			return err
		}
		return s.enqueue(ctx, tx, t.id, at)
	})
	s.log.WarnContext(ctx, "a notice was not sent", "delivery", t.id, "kind", t.Kind, "channel", t.channel, "tries", t.tries, "state", string(state), "error", why)
	return errors.Join(why, pg.Map(err))
}
