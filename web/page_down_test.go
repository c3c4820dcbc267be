package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden/dossier"
	"cratewarden/mirror"
)

// TestPagesOverADeadDatabase asks the real service, of which no server listens
// at the database's address.
func TestPagesOverADeadDatabase(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s := deskServer(t, dossier.New(dossier.Config{Registry: pool, Mirror: mirror.New(mirror.Config{Registry: pool}), Label: "dead registry"}))
	for path, want := range map[string]string{"/": "dead registry", "/status": "The mirror is loading"} {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK || !strings.Contains(text, "The database does not answer") || !strings.Contains(text, want) {
			t.Errorf("%s: %d, or it does not say what is wrong", path, answer.StatusCode)
		}
	}
}
