package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/team"
)

// letIn writes the settings of a console on which one person with a role may
// come in, and gives an API token of that person.
func letIn(t *testing.T, registry, own string, role cratewarden.Role) (file, addr, token string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(addr)
	origin := "http://localhost:" + port
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	people := write("people.yaml", fmt.Sprintf("people:\n- {name: Ada, github: ada, github_id: 1, roles: [%s]}\n", role))
	write("secret", "a-secret\n")
	file = write("sign-in.yaml", "origin: "+origin+`
providers: [{id: github, kind: github, client_id: a, client_secret: {file: secret}}]
people: {file: people.yaml}
`)
	list, err := team.New(t.Context(), team.Config{File: people})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := list.Fresh(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	pool := migrated(t, own)
	reg, err := pg.Open(t.Context(), pg.Config{URL: registry, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reg.Close)
	// The made-up sign-in of demos, on the same database: a person is a person.
	s, err := auth.New(auth.Config{Console: pool, Registry: reg, Ledger: ledger.New(ledger.Config{DB: pool}), People: list, Origin: origin, Pretend: true})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.PretendSignIn(t.Context(), "ada", auth.ProgramSession, auth.From{})
	if err == nil {
		v := auth.Visitor{Person: in.Person, Session: in.Session}
		v.Actor.ID, v.Actor.Session = in.Person.ID, in.Session.ID
		in, err = s.PretendStepUp(t.Context(), v, auth.About{})
	}
	if err == nil {
		v := auth.Visitor{Person: in.Person, Session: in.Session}
		v.Actor.ID, v.Actor.Session = in.Person.ID, in.Session.ID
		token, _, err = s.MakeAPIToken(t.Context(), v, auth.TokenOrder{Name: "test", Roles: []cratewarden.Role{role}, Days: 1})
	}
	if err != nil {
		t.Fatal(err)
	}
	return file, addr, token
}
