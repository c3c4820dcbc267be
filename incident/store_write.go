package incident

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
)

// writing is what one person does to one case in one transaction. The case's
// row is locked from the beginning, so that all writers of a case go one after
// the other: what was read is what is changed, and events get their numbers in
// the order in which they become visible. A reader who asks for what came after
// an event never misses one.
type writing struct {
	s   *Service
	tx  pgx.Tx
	who action.Actor
	now time.Time
	// inc is the case as it was locked, with subjects, texts and the merged; the
	// fields of its row that do changes are written at the end.
	inc     Incident
	events  []record
	notices []notify.Notice
	ids     []int64                       // of the events, once they are written
	then    []func(context.Context) error // run after that
}

// record is one thing done: an event of the case, and an entry of the ledger.
type record struct {
	Kind string // of the event; the ledger's action is "incident." and this
	// Body is what a person wrote. It may hold anything, so the ledger has only a
	// hash of it.
	Body string
	// Details are facts for both; nothing a person wrote freely. Local ones stand
	// in the event only: names of people, and lists too long for the ledger.
	Details, Local map[string]string
	Subjects       []ledger.Subject // beside the case
	Documents      []ledger.Document
	Plan           string
	Refers         *int64 // the ledger entry that shows it
}

// errMoved says that the case was merged while we waited for its row.
var errMoved = errors.New("merged meanwhile")

// write does something to a case in one transaction: rows, events, entries of
// the ledger and notices, or nothing. The id of a merged case leads to the one
// in which it goes on. If do records nothing, nothing is written. Everything that
// changes a case goes through here.
func (s *Service) write(ctx context.Context, who action.Actor, id string, do func(ctx context.Context, w *writing) error) (Incident, error) {
	return s.writeAll(ctx, who, []string{id}, func(ctx context.Context, list []*writing) error { return do(ctx, list[0]) })
}

// writeAll is write for several cases at once, which must be different ones. It
// gives the first.
func (s *Service) writeAll(ctx context.Context, who action.Actor, ids []string, do func(ctx context.Context, list []*writing) error) (Incident, error) {
	if who.ID == "" {
		return Incident{}, cratewarden.Errorf(cratewarden.Unsigned, "Sign in to work on an incident.")
	}
	var numbers []int64
	for _, id := range ids {
		n, err := numberOf(id)
		if err != nil {
			return Incident{}, err
		}
		numbers = append(numbers, n)
	}
	for range 20 {
		var list []*writing
		changed := false
		err := pg.InTx(ctx, s.db, func(tx pgx.Tx) (err error) {
			if list, err = s.lock(ctx, tx, who, numbers); err != nil {
				return err
			}
			if err := do(ctx, list); err != nil {
				return err
			}
			for _, w := range list {
				changed = changed || len(w.events) > 0
				if err := w.finish(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		switch {
		case errors.Is(err, errMoved):
			continue
		case err != nil:
			return Incident{}, err
		case changed && !isConsole(who):
			return s.settled(ctx, list[0].inc)
		}
		return list[0].inc, nil
	}
	return Incident{}, cratewarden.Errorf(cratewarden.Conflict, "The incident is being merged again and again. Try later.")
}

// lock takes the rows of cases in the order of their numbers, whatever the order
// asked for, so that nobody waits for somebody who waits for them.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, who action.Actor, numbers []int64) ([]*writing, error) {
	var last []int64
	for _, n := range numbers {
		n, err := survivor(ctx, tx, n)
		if err != nil {
			return nil, err
		}
		if slices.Contains(last, n) {
			return nil, cratewarden.Errorf(cratewarden.Conflict, "Both are the incident %s by now.", idOf(n))
		}
		last = append(last, n)
	}
	for _, n := range slices.Sorted(slices.Values(last)) {
		if _, err := tx.Exec(ctx, `SELECT FROM incident WHERE number = $1 FOR NO KEY UPDATE`, n); err != nil {
			return nil, err
		}
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	var list []*writing
	for _, n := range last {
		i, err := readIncident(ctx, tx, n, "") // by a statement of its own, which sees what the lock waited for
		switch {
		case err != nil:
			return nil, err
		case i.State == Merged:
			return nil, fmt.Errorf("%s: %w", i.ID, errMoved)
		}
		if err := complete(ctx, tx, &i); err != nil {
			return nil, err
		}
		list = append(list, &writing{s: s, tx: tx, who: who, now: now, inc: i})
	}
	return list, nil
}

// record takes something down; it is written at the end.
func (w *writing) record(r record) { w.events = append(w.events, r) }

// person is who writes.
func (w *writing) person() Person { return personOf(w.who) }

func personOf(who action.Actor) Person {
	if isConsole(who) {
		return Person{Name: who.Name}
	}
	return Person{ID: who.ID, Name: who.Name}
}

// console is the program itself, as the ledger calls it. In rows its id is "".
func console() action.Actor { return action.Actor{ID: "cratewarden", Name: "the console"} }

func isConsole(who action.Actor) bool { return who.ID == console().ID }

// finish writes the row, the notices, the entries and the events. The ledger
// comes late: from its first entry on everybody else's waits for our commit.
func (w *writing) finish(ctx context.Context) error {
	if len(w.events) == 0 {
		return nil
	}
	w.inc.Revision++
	w.inc.ChangedAt = w.now
	if err := w.saveRow(ctx); err != nil {
		return err
	}
	if w.s.cfg.Tell != nil {
		for _, n := range w.notices {
			n.Title += " (TLP:" + string(w.inc.TLP) + ")" // whoever gets it sees first who may be told
			if err := w.s.cfg.Tell(ctx, w.tx, n); err != nil {
				return err
			}
		}
	}
	for _, r := range w.events {
		id, err := w.put(ctx, r)
		if err != nil {
			return err
		}
		w.ids = append(w.ids, id)
	}
	for _, then := range w.then {
		if err := then(ctx); err != nil {
			return err
		}
	}
	if err := complete(ctx, w.tx, &w.inc); err != nil {
		return err
	}
	return shout(ctx, w.tx, message{Incident: w.inc.number(), Event: w.ids[len(w.ids)-1]})
}

func (w *writing) saveRow(ctx context.Context) error {
	i := w.inc
	var merged *int64
	if i.MergedInto != "" {
		n, err := numberOf(i.MergedInto)
		if err != nil {
			return err
		}
		merged = &n
	}
	_, err := w.tx.Exec(ctx, `UPDATE incident SET title = $2, kind = $3, state = $4, verdict = $5, severity = $6, tlp = $7, lead = $8, lead_name = $9,
			campaigns = $10, merged_into = $11, early_reason = $12, revision = $13, reported_at = $14, changed_at = $15, closed_at = $16, doubt = $17 WHERE number = $1`,
		i.number(), i.Title, i.Kind, i.State, i.Verdict, i.Severity, i.TLP, i.Lead.ID, i.Lead.Name,
		orEmpty(i.Campaigns), merged, i.EarlyReason, i.Revision, i.ReportedAt, i.ChangedAt, i.ClosedAt, i.Doubt)
	return err
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// maxSubjects is how many subjects one entry of the ledger names; the event has
// all of them.
const maxSubjects = 200

// put appends one entry and writes its event, and gives the event's number.
func (w *writing) put(ctx context.Context, r record) (id int64, err error) {
	details := maps.Clone(r.Details)
	if details == nil {
		details = map[string]string{}
	}
	own := maps.Clone(details)
	maps.Copy(own, r.Local)
	if r.Body != "" {
		salt := newSalt()
		own["salt"] = salt
		details["body_sha256"] = BodyHash(salt, r.Body).String()
	}
	subjects := append([]ledger.Subject{{Kind: "incident", ID: w.inc.ID}}, r.Subjects...)
	if len(subjects) > maxSubjects+1 {
		details["subjects"] = strconv.Itoa(len(r.Subjects))
		subjects = subjects[:maxSubjects+1]
	}
	receipt, err := w.s.cfg.Ledger.Append(ctx, w.tx, ledger.Entry{
		Kind: ledger.Note, Actor: ledger.Actor{ID: w.who.ID, Name: w.who.Name, RegistryUser: int64(w.who.RegistryUser)}, Session: w.who.Session,
		Action: "incident." + r.Kind, Incident: w.inc.ID, Plan: r.Plan, Subjects: subjects, Documents: r.Documents, Refers: r.Refers, Details: details,
	})
	if err != nil {
		return 0, err
	}
	who := w.person()
	err = w.tx.QueryRow(ctx, `INSERT INTO incident_event (incident, at, actor, actor_name, kind, body, details, ledger)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		w.inc.number(), w.now, who.ID, who.Name, r.Kind, r.Body, own, receipt.Index).Scan(&id)
	return id, err
}

func newSalt() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// BodyHash is what the ledger has of an event's body: the SHA-256 of the salt,
// a line break and the body.
func BodyHash(salt, body string) ledger.Digest {
	return sha256.Sum256([]byte(salt + "\n" + body))
}
