package notify

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// State is where a message stands.
type State string

// The states of a message.
const (
	Waiting State = "waiting"
	Sending State = "sending"
	Sent    State = "sent"     // the receiver said that it has it
	Failed  State = "failed"   // it will be tried again
	GivenUp State = "given up" // it will not
)

// Tell records a notice and orders its messages in the caller's transaction:
// they are sent once it commits, and never if it does not. It asks nobody but
// the database, so that no chat and no list of people can hold up what is told
// of. Mail is addressed later, when the message is taken up. Whatever looks like
// a mail or network address is masked before it is written.
func (s *Service) Tell(ctx context.Context, tx pgx.Tx, n Notice) error {
	_, err := s.tell(ctx, tx, n, s.takers(n), order{})
	return err
}

// order says why a message is ordered, if it is on somebody's wish.
type order struct {
	person, name, masked string // of a mail
	againOf              int64
	askedBy              string
}

// tell gives the first message's number.
func (s *Service) tell(ctx context.Context, tx pgx.Tx, n Notice, channels []string, o order) (int64, error) {
	n = clean(n)
	if !kindWord.MatchString(n.Kind) || n.Title == "" {
		return 0, cratewarden.Errorf(cratewarden.Internal, "a notice has a kind and a title")
	}
	roles := make([]string, 0, len(n.Roles))
	for _, r := range n.Roles {
		roles = append(roles, string(r))
	}
	var id int64
	err := tx.QueryRow(ctx, `INSERT INTO notice (kind, people, roles, title, body, path, plan, urgent, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		n.Kind, append([]string{}, n.To...), roles, n.Title, n.Text, n.Path, n.Plan, n.Urgent, s.clock()).Scan(&id)
	if err != nil {
		return 0, pg.Map(err)
	}
	return s.orderAll(ctx, tx, id, channels, o)
}

// orderAll orders one message by each channel. That there is none is a row of
// its own, so that nobody believes that somebody was told.
func (s *Service) orderAll(ctx context.Context, tx pgx.Tx, notice int64, channels []string, o order) (first int64, err error) {
	if len(channels) == 0 {
		return s.insert(ctx, tx, notice, noChannel, o, "No channel takes notices of this kind, so it stands only here.")
	}
	for _, c := range channels {
		id, err := s.insert(ctx, tx, notice, c, o, "")
		if err != nil {
			return 0, err
		}
		if first == 0 {
			first = id
		}
	}
	return first, nil
}

// insert writes one message and hands it to the workers; one with a problem is
// given up from the start.
func (s *Service) insert(ctx context.Context, tx pgx.Tx, notice int64, channel string, o order, problem string) (id int64, err error) {
	state := Waiting
	if problem != "" {
		state = GivenUp
	}
	now := s.clock()
	err = tx.QueryRow(ctx, `INSERT INTO delivery (notice, channel, person, name, masked, key, state, problem, again_of, asked_by, next_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, 0), $10, $11, $11) RETURNING id`,
		notice, channel, o.person, o.name, o.masked, rand.Text(), state, problem, o.againOf, o.askedBy, now).Scan(&id)
	if err != nil {
		return 0, pg.Map(err)
	}
	if state == GivenUp {
		return id, nil
	}
	return id, s.enqueue(ctx, tx, id, now)
}

func (s *Service) enqueue(ctx context.Context, tx pgx.Tx, id int64, at time.Time) error {
	if s.cfg.Enqueue == nil {
		return nil
	}
	return s.cfg.Enqueue(ctx, tx, id, at)
}
