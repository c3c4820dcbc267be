package notify

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg"
)

// resolveTime bounds how long looking people up may take.
const resolveTime = 20 * time.Second

func (s *Service) resolve(ctx context.Context, people []string, roles []cratewarden.Role) ([]Recipient, error) {
	if s.cfg.Resolve == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	list, err := s.cfg.Resolve(ctx, people, roles)
	if err != nil {
		return nil, passing("The list of people could not be read.", err)
	}
	return list, nil
}

// address looks up who is to have a mail and puts a message for each of them in
// the place of the one for all. Their addresses are looked up again when each is
// sent, so that none of them has to be kept.
func (s *Service) address(ctx context.Context, t taken) error {
	list, err := s.resolve(ctx, t.To, t.Roles)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(r Recipient) bool { return r.Person == "" })
	slices.SortFunc(list, func(a, b Recipient) int { return strings.Compare(a.Person, b.Person) })
	list = slices.CompactFunc(list, func(a, b Recipient) bool { return a.Person == b.Person })
	if len(list) == 0 {
		return final("Nobody of the list of people is to have it.")
	}
	s.reached("looked up")
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM delivery WHERE id = $1 AND state = 'sending' AND tries = $2`, t.id, t.tries)
		if err != nil || tag.RowsAffected() == 0 { // another worker did it
			return err
		}
		for _, r := range list {
			problem := ""
			if r.Mail == "" {
				problem = "The list of people has no mail address of this person."
			}
			o := order{person: r.Person, name: cut(tame(r.Name), titleMost), masked: cratewarden.MaskMail(r.Mail), againOf: t.again, askedBy: t.askedBy}
			if _, err := s.insert(ctx, tx, t.notice, mailChannel, o, problem); err != nil {
				return err
			}
		}
		return nil
	})
}

// recipient looks up one person.
func (s *Service) recipient(ctx context.Context, person string) (Recipient, error) {
	list, err := s.resolve(ctx, []string{person}, nil)
	if err != nil {
		return Recipient{}, err
	}
	for _, r := range list {
		if r.Person == person && r.Mail != "" {
			return r, nil
		}
	}
	return Recipient{}, final("The list of people has no mail address of this person any more.")
}
