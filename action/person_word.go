package action

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/pg"
)

// words are what leads to a person in texts that others wrote. They are read
// anew by the review and by the work, and written down by neither.
type words struct {
	// private are taken out of texts: mail addresses, names of two words or
	// more, and logins of people of the console with an @ before them.
	private []string
	// public are logins, which stay.
	public []string
	// short says that a name is one word, which may mean anything in a text.
	short bool
	// named says that a name is among the private words.
	named bool
	// unconfirmed says that an account noted an address that it never confirmed.
	unconfirmed bool
}

// sum tells other words from these, and is too short to tell anybody a word.
func (w words) sum(plan string) string {
	var list []string
	for _, word := range w.private {
		list = append(list, strings.ToLower(word))
	}
	slices.Sort(list)
	all := sha256.Sum256([]byte(plan + "\n" + strings.Join(list, "\n")))
	return hex.EncodeToString(all[:2])
}

// asker is a pool, a connection or a transaction.
type asker interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// wordsOf gives the words of whom an order is about. Unavailable means that the
// registry cannot be asked.
func (e *Engine) wordsOf(ctx context.Context, db asker, p PersonErase) (words, error) {
	if p.Person != "" {
		return wordsOfPerson(ctx, db, p.Person)
	}
	if e.cfg.Reader == nil {
		return words{}, cratewarden.Errorf(cratewarden.Unavailable, "The mail addresses of account %d are not known here, because the registry cannot be asked. Texts cannot be searched for them.", p.Account)
	}
	var versions []int32
	if m := e.cfg.Mirror; m != nil {
		if !m.Ready(mirror.PartVersions) {
			return words{}, cratewarden.Errorf(cratewarden.Conflict, "It is not known yet which versions account %d published, each with an address. Ask again in a minute.", p.Account)
		}
		for _, v := range m.PublishedBy(p.Account, 0, 1<<30) {
			versions = append(versions, v.ID)
		}
	}
	who, mails, err := e.cfg.Reader.MailsOf(ctx, p.Account, versions)
	if err != nil {
		return words{}, err
	}
	w := words{public: []string{who.Login}}
	for _, m := range mails {
		if m.Verified {
			w.mail(m.Address)
		}
	}
	for _, m := range mails {
		w.unconfirmed = w.unconfirmed || !m.Verified && !w.has(m.Address)
	}
	w.name(who.Name)
	return w, nil
}

func wordsOfPerson(ctx context.Context, db asker, id string) (w words, err error) {
	var name, mail, login string
	var logins []string
	var member struct {
		Name, Mail string
		Login      string `json:"github"`
	}
	err = db.QueryRow(ctx, `SELECT name, mail, registry_login, member, ARRAY(SELECT login FROM identity i WHERE i.person = p.id ORDER BY 1) FROM person p WHERE id = $1`, id).
		Scan(&name, &mail, &login, &member, &logins)
	if errors.Is(err, pgx.ErrNoRows) {
		return w, nil // the review says that there is nobody
	}
	if err != nil {
		return w, pg.Map(err)
	}
	w.mail(mail)
	w.mail(member.Mail)
	w.name(name)
	w.name(member.Name)
	for _, l := range append(logins, login, member.Login) {
		if l != "" {
			w.add("@" + l)
			w.public = append(w.public, l)
		}
	}
	return w, nil
}

// add takes a word, once.
func (w *words) add(word string) {
	if word = strings.TrimSpace(word); word != "" && !w.has(word) {
		w.private = append(w.private, word)
	}
}

func (w *words) has(word string) bool {
	return slices.ContainsFunc(w.private, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(word)) })
}

// mail takes an address that is one.
func (w *words) mail(address string) {
	if local, host, _ := strings.Cut(strings.TrimSpace(address), "@"); local != "" && host != "" {
		w.add(address)
	}
}

// name takes a name if it can be told from other words: two of its words have
// letters.
func (w *words) name(name string) {
	n := 0
	for _, part := range strings.Fields(name) {
		if strings.ContainsFunc(part, unicode.IsLetter) {
			n++
		}
	}
	switch {
	case n > 1:
		w.add(name)
		w.named = true
	case n == 1 && name != erasedName:
		w.short = true
	}
}

// erasedName stands where a name was, takenOut where a word was taken out of a text.
const (
	erasedName = "erased"
	takenOut   = "[erased]"
)
