package registry

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// What this file reads is personal. Package opening asks for it, which writes
// into the ledger who saw it and why before anybody does, and an erasure, which
// shows it to nobody.

// MailAddress is an account's address as it was entered.
type MailAddress struct {
	Account  Person
	Address  string
	Verified bool
}

// MailOf gives the addresses of an account, confirmed or not; the registry
// keeps one at most. An account without one has none, and NotFound is an
// account that is not there. A public dump has no addresses.
func (r *Reader) MailOf(ctx context.Context, account int32) (Person, []MailAddress, error) {
	who, err := r.personByID(ctx, account)
	if err != nil || r.Dump {
		return who, nil, err
	}
	list, err := collect(ctx, r, func(row pgx.CollectableRow) (m MailAddress, err error) {
		m.Account = who
		err = row.Scan(&m.Address, &m.Verified)
		return m, err
	}, `SELECT email, verified FROM emails WHERE user_id = $1 ORDER BY id`, account)
	return who, list, err
}

// MailsOf gives every address that the registry notes of an account: its own,
// and those confirmed when it published versions, which are given by their ids.
// NotFound is an account that is not there.
func (r *Reader) MailsOf(ctx context.Context, account int32, versions []int32) (Person, []MailAddress, error) {
	who, out, err := r.MailOf(ctx, account)
	if err != nil || r.Dump || len(versions) == 0 {
		return who, out, err
	}
	list, err := collect(ctx, r, pgx.RowTo[string], `SELECT DISTINCT p.email FROM versions_published_by p JOIN versions v ON v.id = p.version_id
		WHERE p.version_id = ANY ($1) AND v.published_by = $2 AND p.email <> '' ORDER BY 1`, versions, account)
	for _, mail := range list {
		out = append(out, MailAddress{Account: who, Address: mail, Verified: true})
	}
	return who, out, err
}

// TokenNames gives the API tokens of an account, by their ids, with their names
// as they are.
func (r *Reader) TokenNames(ctx context.Context, account int32, ids []int32) (Person, []Token, error) {
	who, err := r.personByID(ctx, account)
	if err != nil || r.Dump || len(ids) == 0 {
		return who, nil, err
	}
	list, err := collect(ctx, r, scanToken, accountTokensSQL, ids)
	out := list[:0]
	for _, t := range list {
		if t.Owner.ID == account {
			out = append(out, t)
		}
	}
	return who, out, err
}

// PublishMail gives the address that was confirmed when a version was
// published, "" when the registry noted none. Crate may be any spelling of the
// name; the stored one comes back. NotFound is a version that is not there.
func (r *Reader) PublishMail(ctx context.Context, crate, num string) (stored, address string, err error) {
	if !askable(crate) || !askable(num) {
		return "", "", noVersion(crate, num)
	}
	mail := `p.email`
	if r.Dump {
		mail = `NULL`
	}
	type found struct{ name, mail string }
	rows, err := collect(ctx, r, func(row pgx.CollectableRow) (f found, err error) {
		var mail *string
		err = row.Scan(&f.name, &mail)
		f.mail = word(mail)
		return f, err
	}, `SELECT c.name, `+mail+` FROM crates c JOIN versions v ON v.crate_id = c.id LEFT JOIN versions_published_by p ON p.version_id = v.id
		WHERE canon_crate_name(c.name) = canon_crate_name($1) AND v.num = $2`, crate, num)
	if err != nil {
		return "", "", err
	}
	if len(rows) == 0 {
		return "", "", noVersion(crate, num)
	}
	return rows[0].name, rows[0].mail, nil
}

func noVersion(crate, num string) error {
	return cratewarden.Errorf(cratewarden.NotFound, "There is no version %q of a crate %q.", num, crate)
}

func (r *Reader) personByID(ctx context.Context, id int32) (Person, error) {
	list, err := collect(ctx, r, scanPerson, `SELECT id, gh_login, name,
		COALESCE(account_lock_reason IS NOT NULL AND (account_lock_until IS NULL OR account_lock_until > $2), false) FROM users WHERE id = $1`, id, r.clock())
	if err != nil {
		return Person{}, err
	}
	if len(list) == 0 {
		return Person{}, cratewarden.Errorf(cratewarden.NotFound, "There is no account with the id %d.", id)
	}
	return list[0], nil
}
