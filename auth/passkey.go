package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
)

const (
	maxPasskeys = 20 // of a person
	maxKeyName  = 60 // characters
)

// LastPasskey is what a page says before somebody removes the only passkey: it is
// allowed, because a passkey that is lost or stolen must go at once.
const LastPasskey = "This is your only passkey. Without one you can change nothing, and the next one takes a new enrolment code from a platform administrator."

// Passkeys gives a person's passkeys, oldest first.
func (s *Service) Passkeys(ctx context.Context, person string) ([]Passkey, error) {
	rows, err := s.cfg.Console.Query(ctx, `SELECT id, name, created_at, used_at, cloned, credential FROM passkey
		WHERE person = $1 AND removed_at IS NULL ORDER BY created_at, id`, person)
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Passkey, err error) {
		var id, text []byte
		if err = row.Scan(&id, &p.Name, &p.Created, &p.Used, &p.Cloned, &text); err != nil {
			return p, err
		}
		var c webauthn.Credential
		if err = json.Unmarshal(text, &c); err != nil {
			return p, err
		}
		p.ID, p.Synced, p.Model, p.Created = keyID(id), c.Flags.BackupEligible, keyModel(c.Authenticator.AAGUID), p.Created.UTC()
		if p.Used != nil {
			*p.Used = p.Used.UTC()
		}
		return p, nil
	})
	return out, pg.Map(err)
}

// PasskeyName checks what somebody calls a passkey, and trims it. Characters that
// are not seen could make one look like another. Pages ask it before the
// authenticator is asked, which keeps what it made whatever becomes of the name.
func PasskeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", cratewarden.Errorf(cratewarden.Invalid, "Give the passkey a name, such as “blue key on the key ring”.")
	case utf8.RuneCountInString(name) > maxKeyName:
		return "", cratewarden.Errorf(cratewarden.TooLarge, "A passkey's name has at most %d characters.", maxKeyName)
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool {
		return r != ' ' && !unicode.IsGraphic(r) || unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp) && r != ' '
	}):
		return "", cratewarden.Errorf(cratewarden.Invalid, "A passkey's name may hold letters, digits, signs and plain spaces only.")
	}
	return name, nil
}

// RenamePasskey gives one's own passkey another name, within a step-up.
func (s *Service) RenamePasskey(ctx context.Context, v Visitor, id, name string) error {
	name, err := PasskeyName(name)
	if err != nil {
		return err
	}
	return s.changeKey(ctx, v, id, func(tx pgx.Tx, k kept, _ int) error {
		if k.name == name {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE passkey SET name = $2 WHERE id = $1`, k.id, name); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, s.keyNotice(v.Person, "passkey.renamed", "A passkey of %s has a new name", "")); err != nil {
			return err
		}
		return s.keyNote(ctx, tx, v, "passkey.rename", k, map[string]string{"before": k.name, "after": name})
	})
}

// RemovePasskey ends one's own passkey, within a step-up. Other sessions must
// confirm anew, because the passkey may have been stolen. The last one may go too: see LastPasskey.
func (s *Service) RemovePasskey(ctx context.Context, v Visitor, id string) error {
	return s.changeKey(ctx, v, id, func(tx pgx.Tx, k kept, others int) error {
		if _, err := tx.Exec(ctx, `UPDATE passkey SET removed_at = $2 WHERE id = $1`, k.id, s.clock()); err != nil {
			return err
		}
		if err := s.unstep(ctx, tx, v.Person.ID, k.id, v.Session.ID); err != nil {
			return err
		}
		left := ""
		if others == 0 {
			left = " It was the last one: the next takes an enrolment code."
		}
		if err := s.tell(ctx, tx, s.keyNotice(v.Person, "passkey.removed", "A passkey of %s was removed", left)); err != nil {
			return err
		}
		return s.keyNote(ctx, tx, v, "passkey.remove", k, map[string]string{"name": k.name})
	})
}

// changeKey changes one of the visitor's own passkeys within a step-up. fn learns
// how many others there are.
func (s *Service) changeKey(ctx context.Context, v Visitor, id string, fn func(tx pgx.Tx, k kept, others int) error) error {
	return s.answering(ctx, v, registering, "", func(tx pgx.Tx, x Session, _ ceremony) error {
		if err := s.steppedUp(x, "own.passkey"); err != nil {
			return err
		}
		keys, err := keptKeys(ctx, tx, v.Person.ID)
		if err != nil {
			return err
		}
		raw, _ := base64.RawURLEncoding.DecodeString(id) // what does not decode is nobody's
		for _, k := range keys {
			if string(k.id) == string(raw) {
				return fn(tx, k, len(keys)-1)
			}
		}
		return cratewarden.Errorf(cratewarden.NotFound, "You have no such passkey; perhaps it was removed.")
	})
}

// keyNote records what became of a passkey. Its name is the person's own text, so
// it is kept where it can be erased.
func (s *Service) keyNote(ctx context.Context, tx pgx.Tx, v Visitor, action string, k kept, names map[string]string) error {
	personal, err := json.Marshal(names)
	if err != nil {
		return err
	}
	return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: action, Actor: actorOf(v.Person), Session: v.Session.ID,
		Subjects: []ledger.Subject{{Kind: "passkey", ID: keyID(k.id)}, {Kind: "person", ID: v.Person.ID, Name: v.Person.Name}},
		Details: map[string]string{"model": keyModel(k.credential.Authenticator.AAGUID), "attestation": k.credential.AttestationFormat,
			"counter": itoa(k.credential.Authenticator.SignCount)},
		Personal: personal})
}

// keyNotice tells the person and the platform administrators. title has a place
// for the person's name.
func (s *Service) keyNotice(p Person, kind, title, more string) notify.Notice {
	title = strings.Replace(title, "%s", p.Name, 1)
	return notify.Notice{
		Kind: kind, To: []string{p.ID}, Roles: []cratewarden.Role{cratewarden.Platform}, Title: title,
		Text: title + " at " + s.clock().Format(time.DateTime) + " UTC." + more +
			" If that was not " + p.Name + ", end all their sessions at once and look at the ledger.",
		Path: personPath(p.ID), // /you would be the reader's own
	}
}
