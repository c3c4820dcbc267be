package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/pg"
	"cratewarden/team"
)

// Kept is the list of people as a console took it over last. Commands on the
// server use it, which need neither the settings of sign-in nor what they name.
// It never changes and is as old as it is.
type Kept struct{ snap team.Snapshot }

// KeptPeople reads the list from a console's database. It is Unavailable when no
// console took one over yet.
func KeptPeople(ctx context.Context, console *pgxpool.Pool) (*Kept, error) {
	k := &Kept{team.Snapshot{Source: "the console's database"}}
	err := console.QueryRow(ctx, `SELECT read_at FROM roster`).Scan(&k.snap.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, cratewarden.Errorf(cratewarden.Unavailable, "This console has not read its list of people yet. Start it once with “cratewarden serve”, then try again.")
	}
	if err != nil {
		return nil, pg.Map(err)
	}
	rows, err := console.Query(ctx, `SELECT member FROM person WHERE listed ORDER BY id`)
	if err == nil {
		k.snap.Members, err = pgx.CollectRows(rows, pgx.RowTo[team.Member])
	}
	return k, pg.Map(err)
}

// Last gives the list.
func (k *Kept) Last() team.Snapshot { return k.snap }

// Fresh gives the same list: there is no other here.
func (k *Kept) Fresh(context.Context, time.Duration) (team.Snapshot, error) { return k.snap, nil }

// Find gives the listed person whom somebody means: by the id in the console, by
// GitHub's number, or by login. Logins may change hands, so whoever finds by one
// should look whom they found. It is NotFound for nobody and Conflict for several.
func (s *Service) Find(ctx context.Context, who string) (Person, error) {
	rows, err := s.cfg.Console.Query(ctx, `SELECT DISTINCT p.id FROM person p LEFT JOIN identity i ON i.person = p.id
		WHERE p.id = $1 OR p.listed AND (i.provider = 'github' AND i.subject = $1 OR lower(i.login) = lower($1)) LIMIT 3`, strings.TrimPrefix(who, "@"))
	if err != nil {
		return Person{}, pg.Map(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	switch {
	case err != nil:
		return Person{}, pg.Map(err)
	case len(ids) == 0:
		return Person{}, cratewarden.Errorf(cratewarden.NotFound, "Nobody on the list of people has that id, GitHub number or login.")
	case len(ids) > 1:
		return Person{}, cratewarden.Errorf(cratewarden.Conflict, "Several people are meant by that. Use GitHub's number or the id in the console: %s.", strings.Join(ids, ", "))
	}
	return s.Person(ctx, ids[0])
}
