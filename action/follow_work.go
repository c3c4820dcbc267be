package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// shift is one worker at one follow-up. Its connection holds the locks that
// keep others away, which fall when the process dies, and does all writing to
// the console, so that a worker never waits for a second connection.
type shift struct {
	*Engine
	conn     *pgxpool.Conn
	incident string // of the plan, for the ledger
}

// Work does one follow-up: intent, work, outcome. Called for one that is done,
// given up or not due it does nothing. The error says why the work was not done
// this time; it is recorded with the follow-up, which is tried again later.
// Conflict means that somebody else is at it.
func (e *Engine) Work(ctx context.Context, id int64) error {
	s, err := e.takeUp(ctx, id)
	if err != nil {
		return err
	}
	defer s.end()
	f, due, err := s.begin(ctx, id)
	if err != nil || !due {
		return err
	}
	defer e.cfg.Changed()
	e.cfg.Reached("follow-up begun")
	done, err := workers()[f.Kind](ctx, s, f)
	if err != nil {
		return s.failed(ctx, f, err)
	}
	e.cfg.Reached("follow-up worked")
	if err := s.finished(ctx, f, done); err != nil {
		return s.failed(ctx, f, err)
	}
	e.cfg.Reached("follow-up done")
	return nil
}

// takeUp claims a follow-up.
func (e *Engine) takeUp(ctx context.Context, id int64) (*shift, error) {
	conn, err := e.console.Acquire(ctx)
	if err != nil {
		return nil, pg.Map(err)
	}
	s := &shift{Engine: e, conn: conn}
	var got bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(7310552, hashtext($1))`, "follow-up "+strconv.FormatInt(id, 10)).Scan(&got); err != nil {
		s.end()
		return nil, pg.Map(err)
	}
	if !got {
		s.end()
		return nil, cratewarden.Errorf(cratewarden.Conflict, "The follow-up %d is being worked on at this moment.", id)
	}
	return s, nil
}

// end gives all locks back; if it cannot, it closes the connection, since a
// pooled one must not keep them.
func (s *shift) end() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := s.conn.Exec(ctx, `SELECT pg_advisory_unlock_all()`); err != nil {
		_ = s.conn.Conn().Close(ctx)
	}
	s.conn.Release()
}

// crateFiles makes this shift the only one that touches a crate's files.
func (s *shift) crateFiles(ctx context.Context, crate string) error {
	_, err := s.conn.Exec(ctx, `SELECT pg_advisory_lock(7310553, hashtext($1))`, cratewarden.CanonName(crate))
	return pg.Map(err)
}

func lockedFollowUp(ctx context.Context, tx pgx.Tx, id int64) (FollowUp, error) {
	rows, err := tx.Query(ctx, `SELECT `+followColumns+` FROM follow_up WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return FollowUp{}, pg.Map(err)
	}
	f, err := pgx.CollectExactlyOneRow(rows, scanFollowUp)
	if cratewarden.KindOf(pg.Map(err)) == cratewarden.NotFound {
		return f, cratewarden.Wrap(err, cratewarden.NotFound, "There is no follow-up %d.", id)
	}
	return f, pg.Map(err)
}

// begin writes the intent, once for all tries.
func (s *shift) begin(ctx context.Context, id int64) (f FollowUp, due bool, err error) {
	err = pg.InTx(ctx, s.conn, func(tx pgx.Tx) error {
		if f, err = lockedFollowUp(ctx, tx, id); err != nil {
			return err
		}
		if f.State == FollowDone || f.State == FollowGivenUp || f.NextAt.After(s.clock()) {
			return nil
		}
		if _, known := workers()[f.Kind]; !known {
			return cratewarden.Errorf(cratewarden.Refused, "This release knows no work called %q. A newer one ordered it; let that do it.", f.Kind)
		}
		due = true
		f.Attempts++
		if s.incident, err = incidentOf(ctx, tx, f.Plan); err != nil {
			return err
		}
		if f.Intent == nil {
			receipt, err := s.ledger.Append(ctx, tx, f.entry(ledger.Intent, s.incident))
			if err != nil {
				return err
			}
			f.Intent = &receipt.Index
		}
		s.cfg.Reached("within follow-up intent")
		_, err := tx.Exec(ctx, `UPDATE follow_up SET state = $2, attempts = $3, intent = $4, changed_at = now() WHERE id = $1`, id, FollowRunning, f.Attempts, f.Intent)
		return err
	})
	return f, due, err
}

func incidentOf(ctx context.Context, tx pgx.Tx, plan string) (incident string, err error) {
	err = tx.QueryRow(ctx, `SELECT incident FROM plan WHERE id = $1`, plan).Scan(&incident)
	return incident, pg.Map(err)
}

// entry is a ledger entry about the follow-up.
func (f FollowUp) entry(kind ledger.Kind, incident string) ledger.Entry {
	e := ledger.Entry{
		Kind: kind, Actor: console(), Action: "follow." + f.Kind, Plan: f.Plan, Incident: incident, RegistryTx: f.RegistryTx,
		Details: map[string]string{"follow_up": strconv.FormatInt(f.ID, 10), "step": strconv.Itoa(f.Step)},
	}
	var about struct {
		Crate  string   `json:"crate"`
		Crates []string `json:"crates"`
	}
	_ = json.Unmarshal(f.Args, &about) // arguments without crates have none
	if about.Crate != "" {
		about.Crates = []string{about.Crate}
	}
	for _, c := range about.Crates[:min(len(about.Crates), 100)] {
		e.Subjects = append(e.Subjects, CrateSubject(c))
	}
	if kind == ledger.Outcome {
		e.Refers = f.Intent
	}
	return e
}

// finished writes the outcome, and with it what comes after.
func (s *shift) finished(ctx context.Context, f FollowUp, w work) error {
	result, err := json.Marshal(w.result)
	if err != nil {
		return err
	}
	return pg.InTx(ctx, s.conn, func(tx pgx.Tx) error {
		now, err := lockedFollowUp(ctx, tx, f.ID)
		if err != nil || now.State != FollowRunning {
			return err
		}
		if w.keep != nil {
			if err := w.keep(ctx, tx); err != nil {
				return err
			}
		}
		for _, l := range w.then {
			if err := s.order(ctx, tx, f.Plan, l); err != nil {
				return err
			}
		}
		s.cfg.Reached("within follow-up outcome")
		now.Intent = f.Intent
		entry := now.entry(ledger.Outcome, s.incident)
		entry.Result = &ledger.Result{State: string(FollowDone), Recovered: f.Attempts > 1}
		receipt, err := s.ledger.Append(ctx, tx, entry)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE follow_up SET state = $2, result = $3, outcome = $4, problem = '', changed_at = now() WHERE id = $1`, f.ID, FollowDone, result, receipt.Index)
		return err
	})
}

// Waits between tries: 30 s, doubling up to an hour.
const (
	firstWait   = 30 * time.Second
	longestWait = time.Hour
)

func waitAfter(attempts int) time.Duration {
	wait := firstWait
	for range attempts - 1 {
		if wait *= 2; wait >= longestWait {
			return longestWait
		}
	}
	return wait
}

// failed records that a try came to nothing and orders the next. If the process
// is being stopped nothing is recorded: Recover finds the follow-up.
func (s *shift) failed(ctx context.Context, f FollowUp, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	at, state := s.clock().Add(waitAfter(f.Attempts)), FollowFailed
	var later *notYet
	if errors.As(cause, &later) { // nothing went wrong: somebody else's turn
		at, state = s.clock().Add(min(waitAfter(f.Attempts), time.Minute)/10), FollowWaiting
	}
	err := pg.InTx(ctx, s.conn, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE follow_up SET state = $2, problem = $3, next_at = $4, changed_at = now() WHERE id = $1 AND state = $5`,
			f.ID, state, cratewarden.MessageOf(cause), at, FollowRunning)
		if err != nil || tag.RowsAffected() == 0 || s.cfg.Enqueue == nil {
			return err
		}
		return s.cfg.Enqueue(ctx, tx, f.ID, at)
	})
	if err != nil {
		return fmt.Errorf("%w; and it could not be recorded: %w", cause, err)
	}
	if state == FollowWaiting {
		return nil
	}
	return cause
}

// notYet is the reason of a follow-up that must wait for the registry.
type notYet struct{ reason *cratewarden.Error }

func (n *notYet) Error() string { return n.reason.Error() }
func (n *notYet) Unwrap() error { return n.reason }
