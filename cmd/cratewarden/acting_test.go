package main

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/pg/pgtest"
	"cratewarden/registry/schema"
)

// Who serves a real registry acts only by two flags, and only with an account
// that the registry has.
func TestServeActsForOneOperator(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t, pgtest.Template{Name: "registry", Build: schema.Create})
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), `INSERT INTO users (id, gh_login, gh_id, username) VALUES (7, 'ann', 107, 'ann')`); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	none, err := actingOptions{}.acting(t.Context(), url, log)
	if err != nil || !strings.Contains(none.why, "--operator") || len(none.people.list) != 0 {
		t.Errorf("%+v %v", none, err)
	}
	for kind, o := range map[cratewarden.Kind]actingOptions{
		cratewarden.Invalid:  {Operator: "Ann"},
		cratewarden.NotFound: {Operator: "Ann", OperatorRegistryUser: 8},
	} {
		if _, err := o.acting(t.Context(), url, log); cratewarden.KindOf(err) != kind {
			t.Errorf("%+v: %v", o, err)
		}
	}
	may, err := actingOptions{Operator: "Ann", OperatorRegistryUser: 7}.acting(t.Context(), url, log)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/api/v1/me", nil)
	r.Header.Set("X-Cratewarden-Person", "eve")
	if who := may.people.who(r); who.Name != "Ann" || who.RegistryUser != 7 || !who.Has(cratewarden.Remover) || may.why != "" {
		t.Errorf("%+v", who)
	}
}
