package action

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"

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
	if m := e.cfg.Mirror; m != nil && m.Ready(mirror.PartVersions) {
		for _, v := range m.PublishedBy(p.Account, 0, 1<<30) {
			versions = append(versions, v.ID)
		}
	}
	who, mails, err := e.cfg.Reader.MailsOf(ctx, p.Account, versions)
	if err != nil {
		return words{}, err
	}
	w := words{public: []string{who.Login}}
	w.add(mails...)
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
	w.add(mail, member.Mail)
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

// add takes words, each once.
func (w *words) add(list ...string) {
	for _, word := range list {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		known := false
		for _, k := range w.private {
			known = known || strings.EqualFold(k, word)
		}
		if !known {
			w.private = append(w.private, word)
		}
	}
}

// name takes a name if it can be told from other words.
func (w *words) name(name string) {
	switch n := len(strings.Fields(name)); {
	case n > 1:
		w.add(name)
	case n == 1 && name != erasedName:
		w.short = true
	}
}

// erasedName stands where a name was, takenOut where a word was taken out of a text.
const (
	erasedName = "erased"
	takenOut   = "[erased]"
)

// sought gives a pattern for PostgreSQL that finds words where they stand alone,
// whatever their case, also in JSON and in the escaped form of bytes; "" for no
// words.
func sought(list []string) string {
	var out []string
	for _, word := range list {
		forms := []string{word}
		if quoted, err := json.Marshal(word); err == nil && string(quoted) != `"`+word+`"` {
			forms = append(forms, string(quoted[1:len(quoted)-1]))
		}
		if octal := escaped(word); octal != word {
			forms = append(forms, octal)
		}
		for _, f := range forms {
			var parts []string
			for _, part := range strings.Fields(f) {
				parts = append(parts, regexp.QuoteMeta(part))
			}
			out = append(out, strings.Join(parts, `(?:\s|\\[nrt])+`))
		}
	}
	if len(out) == 0 {
		return ""
	}
	// A letter before the word is none if it ends an escape, such as \n.
	const before, after = `(?:(?<![[:alnum:]_])|(?<=\\[bfnrt])|(?<=\\u00[01][[:xdigit:]])|(?<=\\[0-7]{3}))`, `(?![[:alnum:]_-])(?!\.[[:alnum:]])`
	return before + `(?:` + strings.Join(out, "|") + `)` + after
}

// escaped is a word as encode(…, 'escape') writes it.
func escaped(word string) string {
	var b strings.Builder
	for _, c := range []byte(word) {
		if c < 0x80 {
			b.WriteByte(c)
			continue
		}
		octal := strconv.FormatInt(int64(c), 8)
		b.WriteString(`\` + octal)
	}
	return b.String()
}
