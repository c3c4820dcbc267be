package incident

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/pg"
)

// ending is a step of an applied plan with an end.
type ending struct {
	plan, incident, do, name string
	step                     int
	account                  int32
	until                    time.Time
}

// needEnding gives locks and blocked names that end soon or just ended, and
// holds that wait for a decision.
func (s *Service) needEnding(ctx context.Context, _ action.Actor) ([]Need, error) {
	now := s.clock()
	list, err := s.endings(ctx, now)
	if err != nil {
		return nil, err
	}
	out := []Need{}
	for _, e := range list {
		if need, still := s.stillEnding(ctx, e, now); still {
			out = append(out, need)
		}
	}
	slices.SortFunc(out, func(a, b Need) int { return cmp.Or(a.Due.Compare(*b.Due), strings.Compare(a.Title, b.Title)) })
	holds, err := s.oldHolds(ctx, now)
	return append(out, holds...), err
}

// endings reads the plans themselves: the registry has no index by when a lock
// ends.
func (s *Service) endings(ctx context.Context, now time.Time) ([]ending, error) {
	rows, err := s.db.Query(ctx, `SELECT p.id, p.incident, t.n, t.step ->> 'do', coalesce(t.step ->> 'name', ''), coalesce((t.step ->> 'account')::int, 0), (t.step ->> 'until')::timestamptz
		FROM plan p CROSS JOIN LATERAL jsonb_array_elements(p.steps) WITH ORDINALITY AS t (step, n)
		WHERE p.state = 'applied' AND t.step ->> 'do' IN ('account.lock', 'account.contain', 'name.block') AND t.step ->> 'until' IS NOT NULL
			AND (t.step ->> 'until')::timestamptz BETWEEN $1 AND $2
		ORDER BY 7, p.id, t.n LIMIT 200`, now.Add(-endedSince), now.Add(endingSoon))
	if err != nil {
		return nil, pg.Map(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e ending, err error) {
		err = row.Scan(&e.plan, &e.incident, &e.step, &e.do, &e.name, &e.account, &e.until)
		e.until = e.until.UTC()
		return e, err
	})
	return out, pg.Map(err)
}

// stillEnding says whether the lock or block is still as the plan made it.
func (s *Service) stillEnding(ctx context.Context, e ending, now time.Time) (Need, bool) {
	if s.cfg.Engine != nil {
		if undone, err := s.cfg.Engine.UndoneSteps(ctx, e.plan); err == nil && undone[e.step] {
			return Need{}, false
		}
	}
	verb := "ends"
	if e.until.Before(now) {
		verb = "ended"
	}
	n := Need{Due: &e.until, Incident: e.incident, Link: "/plans/" + e.plan, Urgent: e.until.Before(now.Add(24 * time.Hour)), Text: "Set by plan " + e.plan + ". Lengthen it, or let it end."}
	if e.do == "name.block" {
		n.Title, n.Subject = fmt.Sprintf("The block of the name %s %s", e.name, verb), ledger.Subject{Kind: "name", ID: e.name}
		return n, true
	}
	login := fmt.Sprintf("account %d", e.account)
	if m := s.cfg.Mirror; m != nil && m.Ready(mirror.PartAccounts) {
		a, there := m.Account(e.account)
		if !there || !a.Locked || a.LockedUntil.Sub(e.until).Abs() > time.Millisecond { // one is rounded, the other cut
			return Need{}, false
		}
		login = a.Login
	}
	n.Title, n.Subject, n.Link = fmt.Sprintf("The lock of %s %s", login, verb), accountSubject(e.account, login), accountPath(e.account)
	return n, true
}

// oldHolds are crates of which versions have been held for long, with nobody
// having deleted or released them.
func (s *Service) oldHolds(ctx context.Context, now time.Time) ([]Need, error) {
	if s.cfg.Engine == nil {
		return nil, nil
	}
	list, err := s.cfg.Engine.Held(ctx, "")
	if err != nil {
		return nil, err
	}
	count, first, plan := map[string]int{}, map[string]time.Time{}, map[string]string{}
	for _, h := range list {
		if h.HeldAt.After(now.Add(-holdsWait)) || h.Files == action.FilesReturning {
			continue
		}
		count[h.Crate]++
		if at, known := first[h.Crate]; !known || h.HeldAt.Before(at) {
			first[h.Crate], plan[h.Crate] = h.HeldAt, h.Plan
		}
	}
	out := []Need{}
	for crate, n := range count {
		since := first[crate]
		out = append(out, Need{Title: fmt.Sprintf("%s of %s held for %d days", cratewarden.Amount(n, "version", "versions"), crate, int(now.Sub(since).Hours()/24)),
			Text: "Delete or release: a hold is for the time until that is decided.", Since: &since, Link: "/plans/" + plan[crate], Subject: ledger.Subject{Kind: "crate", ID: crate}})
	}
	slices.SortFunc(out, func(a, b Need) int { return cmp.Or(a.Since.Compare(*b.Since), strings.Compare(a.Title, b.Title)) })
	return out, nil
}
