package main

import (
	"io"
	"time"

	"cratewarden/api"
	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/pg"
)

// onServer issues the code in the console's database. Who can do that could
// write anything into it, so there is nothing to ask them; the ledger shows that
// it was done on the server.
func (c passkeyEnrolCmd) onServer(e env) error {
	pool, err := pg.Open(e.ctx, pg.Config{URL: c.ConsoleURL, MaxConns: 2, StatementTimeout: 30 * time.Second})
	if err != nil {
		return err
	}
	defer pool.Close()
	people, err := auth.KeptPeople(e.ctx, pool)
	if err != nil {
		return err
	}
	// Neither signs anybody in: the origin binds nothing, and the console that runs
	// signs the ledger.
	service, err := auth.New(auth.Config{Console: pool, Ledger: ledger.New(ledger.Config{DB: pool}), People: people, Origin: "http://localhost"})
	if err != nil {
		return err
	}
	defer service.Wait()
	who, err := service.Find(e.ctx, c.Person)
	if err != nil {
		return err
	}
	code, expires, err := service.IssueEnrolment(e.ctx, auth.Server(), who.ID)
	if err != nil {
		return err
	}
	return show(e, c.asking, &api.Enrolment{Code: code, Expires: expires}, func(w io.Writer, m *api.Enrolment) {
		say(w, "%s", inert(m.Code))
		say(w, "For %s (%s), who has %d passkeys. They type it into the page of passkeys until %s UTC.", inert(who.Name), inert(reached(who)), who.Passkeys, when(m.Expires))
		say(w, "It is not shown again.")
	})
}

// reached names a person's first account, by what never changes hands.
func reached(p auth.Person) string {
	if len(p.Identities) == 0 {
		return p.ID
	}
	i := p.Identities[0]
	return orElse(i.Login, "no login") + ", " + i.Provider + " number " + i.Subject
}
