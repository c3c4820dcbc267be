package notify

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// Resend sends a message once more on somebody's wish; by has the actor and the
// session for the ledger. One that is still to be sent is tried at once. One
// that is sent or given up stays as it is and gets a copy, which counts as a new
// message; if it went to nobody, the copy goes by the channels of today. A copy
// that is still to be sent is not made twice. It gives the message that will be
// sent.
func (s *Service) Resend(ctx context.Context, id int64, by ledger.Entry) (d Delivery, err error) {
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		old, err := get(ctx, tx, id, "FOR UPDATE OF d")
		if err != nil {
			return err
		}
		if old.State == Sending {
			return cratewarden.Errorf(cratewarden.Conflict, "The message %d is being sent at this moment.", id)
		}
		again := old.ID
		if old.Open() {
			if _, err := tx.Exec(ctx, `UPDATE delivery SET next_at = $2, queued_at = now() WHERE id = $1`, id, s.clock()); err != nil {
				return err
			}
			err = s.enqueue(ctx, tx, id, s.clock())
		} else {
			again, err = s.copyOf(ctx, tx, old, by.Actor.ID)
		}
		if err != nil {
			return err
		}
		if err := s.note(ctx, tx, by, "notice.resend", old.Kind, old.Channel, old.Plan, map[string]string{"delivery": num(id), "again": num(again)}); err != nil {
			return err
		}
		d, err = get(ctx, tx, again, "")
		return err
	})
	return d, pg.Map(err)
}

func (s *Service) copyOf(ctx context.Context, tx pgx.Tx, old Delivery, by string) (int64, error) {
	var open int64 // of an impatient second click
	err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM delivery WHERE notice = $1 AND again_of = $2 AND state IN ('waiting', 'sending', 'failed')`, old.Notice, old.ID).Scan(&open)
	if err != nil || open != 0 {
		return open, pg.Map(err)
	}
	o := order{person: old.Person, name: old.Name, masked: old.Mail, againOf: old.ID, askedBy: by}
	if _, ok := s.senders[old.Channel]; ok {
		return s.insert(ctx, tx, old.Notice, old.Channel, o, "")
	}
	if old.Channel != noChannel {
		return 0, cratewarden.Errorf(cratewarden.Conflict, "The channel %q is not in the settings any more.", old.Channel)
	}
	var n Notice
	var roles []string
	if err := tx.QueryRow(ctx, `SELECT kind, people, roles, urgent FROM notice WHERE id = $1`, old.Notice).Scan(&n.Kind, &n.To, &roles, &n.Urgent); err != nil {
		return 0, pg.Map(err)
	}
	for _, r := range roles {
		n.Roles = append(n.Roles, cratewarden.Role(r))
	}
	channels := s.takers(n)
	if len(channels) == 0 {
		return 0, cratewarden.Errorf(cratewarden.Conflict, "No channel takes notices of this kind yet. Whoever runs this console can add one to its settings.")
	}
	return s.orderAll(ctx, tx, old.Notice, channels, o)
}

// Test sends a notice that says nothing by one channel, whatever kinds it
// takes; by mail it goes to the one who asks.
func (s *Service) Test(ctx context.Context, channel string, by ledger.Entry) (d Delivery, err error) {
	if _, ok := s.senders[channel]; !ok {
		return d, cratewarden.Errorf(cratewarden.NotFound, "There is no channel %q in the settings.", channel)
	}
	n := Notice{Kind: "test", Title: "Test message by " + by.Actor.Name, Path: "/notices"}
	if by.Actor.Name == "" {
		n.Title = "Test message"
	}
	if channel == mailChannel {
		n.To = []string{by.Actor.ID}
	}
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		id, err := s.tell(ctx, tx, n, []string{channel}, order{askedBy: by.Actor.ID})
		if err != nil {
			return err
		}
		if err := s.note(ctx, tx, by, "notice.test", n.Kind, channel, "", map[string]string{"delivery": num(id)}); err != nil {
			return err
		}
		d, err = get(ctx, tx, id, "")
		return err
	})
	return d, pg.Map(err)
}

// note records in the ledger who wanted what sent. No record, no message.
func (s *Service) note(ctx context.Context, tx pgx.Tx, by ledger.Entry, action, kind, channel, plan string, details map[string]string) error {
	if s.cfg.Ledger == nil {
		return cratewarden.Errorf(cratewarden.Unavailable, "There is no ledger to record this in, so it is not done.")
	}
	details["kind"], details["channel"] = kind, channel
	_, err := s.cfg.Ledger.Append(ctx, tx, ledger.Entry{Kind: ledger.Note, Actor: by.Actor, Session: by.Session, Action: action, Plan: plan, Details: details})
	return err
}

func num(n int64) string { return strconv.FormatInt(n, 10) }
