package opening

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg"
)

// find reads what an order asks for, and gives the subjects of its entry: whom
// it is about first.
func (s *Service) find(ctx context.Context, o Order) ([]Value, []ledger.Subject, error) {
	switch o.What {
	case Mail, Tokens:
		id, err := strconv.ParseInt(o.Subject, 10, 32)
		if err != nil || id < 1 {
			return nil, nil, cratewarden.Wrap(err, cratewarden.Invalid, "An account is named by its number in the registry.")
		}
		if o.What == Mail {
			return s.mail(ctx, int32(id))
		}
		return s.tokens(ctx, int32(id))
	case PublishMail:
		return s.publishMail(ctx, o.Subject)
	case Session:
		return s.console(ctx, "session", o.Subject, `SELECT person, address, agent FROM session WHERE id = $1`)
	case APIToken:
		return s.console(ctx, "api-token", o.Subject, `SELECT person, used_from, '' FROM api_token WHERE id = $1`)
	}
	var names []string
	for _, w := range Whats() {
		names = append(names, string(w))
	}
	return nil, nil, cratewarden.Errorf(cratewarden.Invalid, "There is no %q to open. Known are: %s.", o.What, strings.Join(names, ", "))
}

func (s *Service) mail(ctx context.Context, id int32) ([]Value, []ledger.Subject, error) {
	who, list, err := s.cfg.Registry.MailOf(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	var out []Value
	for _, m := range list {
		note := "confirmed"
		if !m.Verified {
			note = "not confirmed"
		}
		out = append(out, Value{"mail address", m.Address, note})
	}
	return out, []ledger.Subject{action.AccountSubject(id, who.Login)}, nil
}

func (s *Service) tokens(ctx context.Context, id int32) ([]Value, []ledger.Subject, error) {
	if !s.cfg.Mirror.Ready(mirror.PartTokens) {
		return nil, nil, cratewarden.Errorf(cratewarden.Unavailable, "The list of API tokens is still loading. Try again in a moment.")
	}
	var ids []int32
	for _, t := range s.cfg.Mirror.Tokens(id) {
		ids = append(ids, t.ID)
	}
	who, list, err := s.cfg.Registry.TokenNames(ctx, id, ids)
	if err != nil {
		return nil, nil, err
	}
	var out []Value
	for _, t := range list {
		out = append(out, Value{"name of API token " + strconv.Itoa(int(t.ID)), t.Name, ""})
	}
	return out, []ledger.Subject{action.AccountSubject(id, who.Login)}, nil
}

func (s *Service) publishMail(ctx context.Context, version string) ([]Value, []ledger.Subject, error) {
	crate, num, _ := strings.Cut(version, "@")
	stored, address, err := s.cfg.Registry.PublishMail(ctx, crate, num)
	if err != nil || address == "" {
		return nil, nil, err
	}
	return []Value{{"mail address at the time of publishing", address, ""}}, []ledger.Subject{action.VersionSubject(stored, num)}, nil
}

// console reads a client's address from a row of our own.
func (s *Service) console(ctx context.Context, kind, id, sql string) ([]Value, []ledger.Subject, error) {
	var person, address, agent string
	err := s.cfg.Console.QueryRow(ctx, sql, id).Scan(&person, &address, &agent)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, cratewarden.Wrap(err, cratewarden.NotFound, "There is no %s %q.", strings.ReplaceAll(kind, "-", " "), id)
	}
	if err != nil {
		return nil, nil, pg.Map(err)
	}
	var out []Value
	if address != "" {
		out = append(out, Value{"address", address, agent})
	}
	return out, []ledger.Subject{{Kind: kind, ID: id}, {Kind: "person", ID: person}}, nil
}

// openEntry opens what is sealed beside a ledger entry; the ledger itself sees
// to the record.
func (s *Service) openEntry(ctx context.Context, who action.Actor, o Order) (*Opened, error) {
	index, err := strconv.ParseInt(o.Subject, 10, 64)
	if err != nil || index < 0 {
		return nil, cratewarden.Wrap(err, cratewarden.Invalid, "A ledger entry is named by its number.")
	}
	about, err := s.cfg.Ledger.Get(ctx, index)
	if err != nil {
		return nil, pg.Map(err)
	}
	by := entryOf(who, o)
	by.Subjects = about.Entry.Subjects[:min(len(about.Entry.Subjects), 100)]
	var sealed []byte
	err = pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		sealed, err = s.cfg.Ledger.OpenPersonal(ctx, tx, index, by)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &Opened{What: Entry, Subject: ledger.Subject{Kind: "entry", ID: o.Subject}, At: s.clock().UTC(), Values: fields(sealed)}
	answers, err := s.cfg.Ledger.Answers(ctx, ledger.Opening, index)
	if err != nil {
		return nil, pg.Map(err)
	}
	for _, a := range answers { // the newest is ours, or of a colleague at the same moment
		if a.Actor.ID == who.ID && a.Index > out.Entry {
			out.Entry, out.At = a.Index, a.At
		}
	}
	return out, nil
}

// fields parts sealed JSON into its texts; anything else is one.
func fields(sealed []byte) []Value {
	var object map[string]any
	if json.Unmarshal(sealed, &object) != nil {
		return []Value{{"sealed text", string(sealed), ""}}
	}
	out := make([]Value, 0, len(object))
	for name, v := range object {
		text, ok := v.(string)
		if !ok {
			raw, _ := json.Marshal(v) // was decoded
			text = string(raw)
		}
		out = append(out, Value{name, text, ""})
	}
	slices.SortFunc(out, func(a, b Value) int { return strings.Compare(a.Name, b.Name) })
	return out
}
