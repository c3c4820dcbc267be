package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/ledger"
	"cratewarden/notify"
	"cratewarden/pg"
)

// personPath is the page that everybody may read about a person.
func personPath(id string) string { return "/people/" + id }

// tokenNotice tells a person and the platform administrators of a new API token.
// What the person calls it is their own text and stays here.
func tokenNotice(p Person, t APIToken) notify.Notice {
	limits := "any action that tokens may do"
	if len(t.Acts) > 0 {
		limits = fmt.Sprintf("%d actions", len(t.Acts))
	}
	from := "from anywhere"
	if len(t.Networks) > 0 {
		from = fmt.Sprintf("from %d address ranges", len(t.Networks))
	}
	return notify.Notice{
		Kind: "api-token.made", To: []string{p.ID}, Roles: []cratewarden.Role{cratewarden.Platform},
		Title: "An API token was made for " + p.Name,
		Text: "It has the roles " + access.RoleList(t.Roles) + ", for " + limits + ", " + from + ", until " +
			t.Expires.UTC().Format(time.DateTime) + " UTC.",
		Path: personPath(p.ID),
	}
}

// tellUnreadable tells the platform administrators, once for each time it
// happens, that the list of people could not be read for half as long as changes
// go on without it: while there still is time to do something.
func (s *Service) tellUnreadable(ctx context.Context) error {
	now := s.clock()
	return pg.InTx(ctx, s.cfg.Console, func(tx pgx.Tx) error {
		var read time.Time
		err := tx.QueryRow(ctx, `UPDATE roster SET told_at = $1 WHERE read_at <= $2 AND (told_at IS NULL OR told_at <= read_at) RETURNING read_at`,
			now, now.Add(-s.cfg.RefuseAfter/2)).Scan(&read)
		if err != nil || read.IsZero() {
			return pg.Map(ignoreNone(err))
		}
		until := read.Add(s.cfg.RefuseAfter).UTC()
		if err := s.tell(ctx, tx, notify.Notice{
			Kind: "list.unreadable", Roles: []cratewarden.Role{cratewarden.Platform}, Urgent: true,
			Title: "The list of people cannot be read",
			Text: "It was last read at " + read.UTC().Format(time.DateTime) + " UTC. If it cannot be read until " + until.Format(time.DateTime) +
				" UTC, the console refuses every change.",
			Path: "/people",
		}); err != nil {
			return err
		}
		return s.note(ctx, tx, ledger.Entry{Kind: ledger.Note, Action: "list.unreadable", Actor: ledger.Actor{ID: "list", Name: "the list of people"},
			Details: map[string]string{"read": read.UTC().Format(time.RFC3339), "refuses": until.Format(time.RFC3339)}})
	})
}
