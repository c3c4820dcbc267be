package action

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// erased is what came of an erasure.
type erased struct {
	Entries int `json:"entries"` // whose key was deleted now
	Bundles int `json:"bundles"`
	Before  int `json:"before"` // that were erased already
	Rows    int `json:"rows"`   // of our own tables, cleared
	Texts   int `json:"texts"`  // rows of texts from which words were taken, and files
}

// erasures bounds how many keys are deleted in one transaction: each is an
// entry, and while they are written nobody else's is.
const erasures = 100

// workErase deletes keys and clears rows. Each key goes with its record in one
// transaction, so a try after a crash finds some gone and goes on.
func workErase(ctx context.Context, s *shift, f FollowUp) (work, error) {
	var what found
	if err := json.Unmarshal(f.Args, &what); err != nil {
		return work{}, err
	}
	by := ledger.Entry{Actor: console(), Action: "person.erase", Plan: f.Plan, Incident: s.incident,
		Subjects: []ledger.Subject{PersonErase{Account: what.Account, Person: what.Person}.subject()}}
	var done erased
	once := func(err error, count *int) error {
		switch cratewarden.KindOf(err) {
		case "":
			*count++
		case cratewarden.NotFound:
			done.Before++
		default:
			return err
		}
		return nil
	}
	for rest := what.Entries; len(rest) > 0; {
		some := rest[:min(len(rest), erasures)]
		rest = rest[len(some):]
		err := pg.InTx(ctx, s.conn, func(tx pgx.Tx) error {
			for _, index := range some {
				_, err := s.ledger.Erase(ctx, tx, index, by)
				if err := once(err, &done.Entries); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return work{}, err
		}
		s.cfg.Reached("within erasure")
	}
	store, ok := s.cfg.Evidence.(bundles)
	if len(what.Bundles) > 0 && !ok {
		return work{}, noEvidence()
	}
	for _, digest := range what.Bundles {
		err := pg.InTx(ctx, s.conn, func(tx pgx.Tx) error { return store.EraseIn(ctx, tx, digest, by) })
		if err := once(err, &done.Bundles); err != nil {
			return work{}, err
		}
	}
	if err := s.clearRows(ctx, f.Plan, what, &done); err != nil {
		return work{}, err
	}
	proof, err := later(f.Step, "ledger.verify", map[string]any{"after": "person.erase"})
	return work{result: done, then: []Later{proof}}, err
}

// clearRows clears our own rows: texts first, since the words stand in the rows.
func (s *shift) clearRows(ctx context.Context, plan string, what found, done *erased) error {
	return pg.InTx(ctx, s.conn, func(tx pgx.Tx) error {
		if what.Person != "" {
			var listed bool // since the review
			if err := tx.QueryRow(ctx, `SELECT listed FROM person WHERE id = $1 FOR UPDATE`, what.Person).Scan(&listed); err != nil {
				return err
			}
			if listed {
				return cratewarden.Errorf(cratewarden.Conflict, "The person is on the list of people again. Take them off the list; this is tried again.")
			}
		}
		var err error
		if done.Texts, err = s.clearTexts(ctx, tx, plan, what); err != nil || what.Person == "" {
			return err
		}
		done.Rows = 0
		for _, sql := range append(personRows(), caseRows()...) {
			tag, err := tx.Exec(ctx, sql, what.Person)
			if err != nil {
				return err
			}
			done.Rows += int(tag.RowsAffected())
		}
		return nil
	})
}

// proven is what a verification of the whole ledger found.
type proven struct {
	Entries  int64    `json:"entries"`
	Heads    int      `json:"heads"`
	Personal int64    `json:"personal"` // entries with personal data that is there and whole
	Erased   int64    `json:"erased"`   // entries whose key is gone, with an entry that says so
	Trusted  bool     `json:"signatures_checked"`
	Problems []string `json:"problems"`
}

// workProof verifies the whole ledger. If anything is wrong with it the
// follow-up stays open, with the first problem, until a person looks.
func workProof(ctx context.Context, s *shift, _ FollowUp) (work, error) {
	report, err := s.ledger.Verify(ctx)
	if err != nil {
		return work{}, err
	}
	if !report.OK() {
		return work{}, cratewarden.Errorf(cratewarden.Conflict, "The ledger does not verify: %s. Run: cratewarden ledger verify.", strings.TrimSuffix(report.Problems[0].Text, "."))
	}
	return work{result: proven{Entries: report.Size, Heads: report.Heads, Personal: report.Personal, Erased: report.Erased, Trusted: report.Trusted, Problems: []string{}}}, nil
}
