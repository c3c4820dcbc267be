package evidence

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry/extract"
)

// subjectRow is a row of evidence_subject.
type subjectRow struct {
	Kind  string
	ID    int32
	Name  string
	Asked bool
}

// rowsOf are the rows that say whom a bundle speaks of. A version is asked for
// with its crate, too.
func rowsOf(m *Manifest) []subjectRow {
	var out []subjectRow
	whole := map[string]bool{}
	for _, c := range m.Subjects.Crates {
		whole[c.Name] = c.Whole
		out = append(out, subjectRow{"crate", c.ID, c.Name, c.Whole})
	}
	for _, v := range m.Subjects.Versions {
		out = append(out, subjectRow{"version", v.ID, v.Crate + "@" + v.Num, v.Asked || whole[v.Crate]})
	}
	for _, a := range m.Subjects.Accounts {
		out = append(out, subjectRow{"account", a.ID, a.Login, a.Asked})
	}
	return out
}

func insertSubjects(ctx context.Context, tx pgx.Tx, digest ledger.Digest, rows []subjectRow) error {
	var kinds, names []string
	var ids []int32
	var asked []bool
	for _, r := range rows {
		kinds, ids, names, asked = append(kinds, r.Kind), append(ids, r.ID), append(names, r.Name), append(asked, r.Asked)
	}
	_, err := tx.Exec(ctx, `INSERT INTO evidence_subject (digest, kind, id, name, asked)
		SELECT $1, u.* FROM unnest($2::text[], $3::int[], $4::text[], $5::bool[]) u`, digest[:], kinds, ids, names, asked)
	return err
}

// readSubjects gives the rows again.
func (s *Service) readSubjects(ctx context.Context, digest ledger.Digest) ([]subjectRow, error) {
	rows, err := s.cfg.Console.Query(ctx, `SELECT kind, id, name, asked FROM evidence_subject WHERE digest = $1`, digest[:])
	if err != nil {
		return nil, pg.Map(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[subjectRow])
	return list, pg.Map(err)
}

// subjectsOf are the names by which the ledger finds the entry: what was asked
// for, as much as fits. The manifest has all of them.
func subjectsOf(m *Manifest, digest ledger.Digest) []ledger.Subject {
	const most = 200
	out := []ledger.Subject{{Kind: "evidence", ID: digest.String()}}
	add := func(s ledger.Subject) {
		if len(out) < most {
			out = append(out, s)
		}
	}
	for _, c := range m.Subjects.Crates {
		if c.Whole {
			add(ledger.Subject{Kind: "crate", ID: c.Name})
		}
	}
	for _, v := range m.Subjects.Versions {
		if v.Asked {
			add(ledger.Subject{Kind: "version", ID: v.Crate + "@" + v.Num})
		}
	}
	for _, a := range m.Subjects.Accounts {
		if a.Asked {
			add(accountSubject(a))
		}
	}
	return out
}

func accountSubject(a extract.Account) ledger.Subject {
	return ledger.Subject{Kind: "account", ID: itoa(a.ID), Name: a.Login}
}
