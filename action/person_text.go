package action

import (
	"context"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// eraseTexts looks for somebody's words in everything that people and we wrote.
// What is found goes, and what cannot go is named.
func (r *Run) eraseTexts(ctx context.Context, it Item[PersonErase], f *found) error {
	return pg.InTx(ctx, r.engine.console, func(tx pgx.Tx) error {
		if err := patient(ctx, tx); err != nil {
			return err
		}
		return r.eraseTextsIn(ctx, tx, it, f)
	})
}

// patient lets each statement of a transaction take as long as the whole search
// may: a console with many files is not searched in the time that a page has.
func patient(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true)`, strconv.FormatInt(asideTime.Milliseconds(), 10))
	return pg.Map(err)
}

func (r *Run) eraseTextsIn(ctx context.Context, db asker, it Item[PersonErase], f *found) error {
	w, err := r.engine.wordsOf(ctx, db, it.Do)
	if kind := cratewarden.KindOf(err); kind == cratewarden.NotFound || kind == cratewarden.Unavailable {
		r.Warn(it.Step, "no-words", "What others wrote is not searched for this account: %s", cratewarden.MessageOf(err))
		return nil
	}
	if cratewarden.KindOf(err) == cratewarden.Conflict {
		r.Block(it.Step, "words-not-known", "%s", cratewarden.MessageOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	if w.unconfirmed {
		r.Info(it.Step, "mail-unconfirmed", "The account never confirmed its mail address, which may be somebody else's, so it is not looked for in texts. Erase texts of cases one by one if they hold it.")
	}
	if w.short {
		r.Info(it.Step, "short-name", "The name is one word and may mean anything, so it is not looked for in texts. Erase texts of cases one by one if they speak of this person.")
	}
	f.Words, f.Sum = len(w.private), w.sum(r.Plan.ID)
	pattern, swept := sought(w.private), []string{}
	if pattern != "" {
		if swept, err = r.eraseFound(ctx, db, it.Step, pattern); err != nil {
			return err
		}
		if err := r.eraseInFiles(ctx, db, it, f, pattern); err != nil {
			return err
		}
		if err := r.eraseNotInLedger(ctx, db, it.Step, pattern); err != nil {
			return err
		}
	}
	if it.Do.Account != 0 && w.named && len(swept)+len(f.Files) > 0 {
		r.Warn(it.Step, "own-name", "The name is what the account calls itself, and is taken out wherever it stands, whatever it means there. Read the texts named here before you agree.")
	}
	r.Fact(it.Step, "texts to erase from", fingerprintOf(swept))
	return r.loginStays(ctx, db, it.Step, w.public)
}

// eraseFound names the rows from which words go and those in which they stay.
func (r *Run) eraseFound(ctx context.Context, db asker, step int, pattern string) (swept []string, err error) {
	for _, p := range textPlaces() {
		where := having(p.free)
		if p.settled != "" {
			waits, err := holders(ctx, db, p, where+` AND NOT `+p.settled, pattern)
			if err != nil {
				return nil, err
			}
			if len(waits) > 0 {
				r.Warn(step, "in-open-plans", "Open %s name this person and are not changed by this: %s. Discard or mend them, then erase again.", p.called, rowsNamed(waits))
			}
			where += ` AND ` + p.settled
		}
		goes, err := holders(ctx, db, p, where, pattern)
		if err != nil {
			return nil, err
		}
		for _, row := range goes {
			swept = append(swept, p.table+" "+row)
		}
		if len(goes) > 0 {
			r.Warn(step, "in-texts", "Names and mail addresses of this person are taken out of %s: %s. The rest of each text stays; read it if it must go too.", p.called, rowsNamed(goes))
		}
		stays, err := holders(ctx, db, p, having(p.stays), pattern)
		if err != nil {
			return nil, err
		}
		if len(stays) > 0 {
			r.Warn(step, "in-texts-that-stay", "These of %s name this person and stay, because %s: %s.", p.called, p.because, rowsNamed(stays))
		}
	}
	return swept, nil
}

// filesHolding are the files of cases that hold a word, as far as their bytes
// are text.
const filesHolding = `SELECT id, 'file ' || id || ' of INC-' || incident, encode(sha256, 'hex') FROM incident_file WHERE encode(content, 'escape') ~* $1 ORDER BY id`

func (r *Run) eraseInFiles(ctx context.Context, db asker, it Item[PersonErase], f *found, pattern string) error {
	rows, err := db.Query(ctx, filesHolding, pattern)
	if err != nil {
		return pg.Map(err)
	}
	var id int64
	var name, sum string
	var names []string
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &sum}, func() error {
		if slices.Contains(it.Do.Keep, sum) {
			f.kept = append(f.kept, sum)
			r.Info(it.Step, "legal-hold", "The %s stays readable: %s", name, it.Do.Because)
			return nil
		}
		f.Files = append(f.Files, id)
		names = append(names, name)
		return nil
	})
	if err != nil {
		return pg.Map(err)
	}
	if len(names) > 0 {
		r.Warn(it.Step, "in-files", "These files hold a name or mail address of this person and are erased as a whole: %s. Take one out first, or keep it by its SHA-256, if it must stay.", rowsNamed(names))
	}
	r.Fact(it.Step, "files to erase", fingerprintOf(f.Files))
	return nil
}

// eraseNotInLedger names entries that say a word outright, which no key erases.
func (r *Run) eraseNotInLedger(ctx context.Context, db asker, step int, pattern string) error {
	rows, err := db.Query(ctx, `SELECT index::text FROM ledger_entry
		WHERE body ~* $1 AND (body::jsonb - 'actor' - 'approvals')::text ~* $1 ORDER BY index LIMIT 51`, pattern)
	if err != nil {
		return pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(list) > 0 {
		r.Warn(step, "in-ledger-for-good", "Entries of the ledger name this person in a reason or title, and cannot be changed: %s.", rowsNamed(list))
	}
	return pg.Map(err)
}

// loginStays says where the public login stands.
func (r *Run) loginStays(ctx context.Context, db asker, step int, logins []string) error {
	pattern := sought(logins)
	if pattern == "" {
		return nil
	}
	var out []string
	for _, p := range textPlaces() {
		rows, err := holders(ctx, db, p, having(p.free+" "+p.stays), pattern)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			out = append(out, p.called+" ("+strconv.Itoa(len(rows))+")")
		}
	}
	if len(out) > 0 {
		r.Info(step, "login-stays", "The login, which is public, stays where it stands: %s.", rowsNamed(out))
	}
	return nil
}

// clearTexts takes words out of texts and empties files, and gives the number of
// rows. The words are read again, since they were written down nowhere, and must
// be those that were agreed to: the one who is erased chooses a name and addresses.
func (s *shift) clearTexts(ctx context.Context, tx pgx.Tx, plan string, what found) (int, error) {
	if err := patient(ctx, tx); err != nil {
		return 0, err
	}
	w, err := s.wordsOf(ctx, tx, PersonErase{Account: what.Account, Person: what.Person})
	if err != nil && (what.Words > 0 || cratewarden.KindOf(err) != cratewarden.NotFound && cratewarden.KindOf(err) != cratewarden.Unavailable) {
		return 0, err
	}
	if what.Sum != "" && w.sum(plan) != what.Sum {
		return 0, cratewarden.Errorf(cratewarden.Conflict, "The name or the mail addresses are others than those that were agreed to. Keys are erased; make another plan for the texts.")
	}
	n, err := sweep(ctx, tx, sought(w.private))
	if err != nil {
		return n, err
	}
	done, err := tx.Exec(ctx, `UPDATE incident_file SET content = '', name = '`+erasedName+`' WHERE id = ANY ($1)`, what.Files)
	return n + int(done.RowsAffected()), pg.Map(err)
}

// keptAll refuses to keep what is not there to be erased.
func (r *Run) keptAll(it Item[PersonErase], f *found) {
	if missing := len(it.Do.Keep) - len(f.kept); missing > 0 {
		r.Block(it.Step, "keep-unknown", "%d of the %d bundles and files to keep hold no personal data of this person. Take them out of the list.", missing, len(it.Do.Keep))
	}
}
