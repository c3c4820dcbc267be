package auth_test

import (
	"testing"

	"cratewarden"
	"cratewarden/auth"
)

// On the server the console's database is enough to find people and issue codes.
func TestEnrolmentOnTheServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, err := auth.KeptPeople(t.Context(), h.db); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Errorf("no list yet: %v", err)
	}
	h.exec(`INSERT INTO roster (read_at) VALUES ($1)`, h.clock())
	h.exec(`UPDATE person SET member = '{"github_id": 1, "github": "ada", "name": "Ada", "grants": [{"role": "platform", "source": "test"}]}' WHERE id = 'ada'`)
	h.exec(`UPDATE person SET listed = false WHERE id = 'bo'`)
	kept, err := auth.KeptPeople(t.Context(), h.db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := auth.New(auth.Config{Console: h.db, Ledger: h.ledger, People: kept, Origin: "http://localhost", Clock: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"ada", "1", "ADA", "@ada"} {
		if p, err := s.Find(t.Context(), who); err != nil || p.ID != "ada" || !p.Listed {
			t.Errorf("%s: %+v, %v", who, p, err)
		}
	}
	for _, who := range []string{"", "2", "nobody", "%"} {
		if p, err := s.Find(t.Context(), who); cratewarden.KindOf(err) != cratewarden.NotFound {
			t.Errorf("%q: %+v, %v", who, p, err)
		}
	}
	if _, _, err := s.IssueEnrolment(t.Context(), auth.Server(), "bo"); cratewarden.KindOf(err) != cratewarden.Refused {
		t.Errorf("not listed: %v", err)
	}
	code, _, err := s.IssueEnrolment(t.Context(), auth.Server(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	ada := h.ada()
	ada.must(ada.add(code, "key")) // in the console that runs
	h.exec(`INSERT INTO person (id, name) VALUES ('other', 'Other')`)
	h.exec(`INSERT INTO identity (provider, subject, person, login) VALUES ('elsewhere', '7', 'other', 'Ada')`)
	if _, err := s.Find(t.Context(), "ada"); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Errorf("two with that login: %v", err)
	}
}
