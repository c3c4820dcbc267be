package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/auth"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/opening"
	"cratewarden/telemetry/logtest"
)

const openedMail = "jane@private.example"

// slot opens everything and remembers what was asked.
type slot struct {
	who   action.Actor
	order opening.Order
	err   error
}

func (s *slot) Open(_ context.Context, who action.Actor, o opening.Order) (*opening.Opened, error) {
	s.who, s.order = who, o
	return &opening.Opened{What: o.What, Subject: ledger.Subject{Kind: "account", ID: o.Subject}, Entry: 7, Values: []opening.Value{{Name: "mail address", Text: openedMail}}}, s.err
}

func (s *slot) OpenPart(_ context.Context, who action.Actor, o opening.Order) (io.ReadCloser, evidence.Part, error) {
	s.who, s.order = who, o
	return io.NopCloser(strings.NewReader(openedMail)), evidence.Part{Name: o.Part}, s.err
}

func TestOpenings(t *testing.T) {
	t.Parallel()
	s, door, log := &slot{}, ada(), logtest.New(t)
	h := New(Config{Dossiers: &fake{}, Openings: s, Auth: door, Log: log.Logger()})
	why := `{"reason":"to tell the owner","incident":"I-7"`
	for path, want := range map[string]struct {
		body  string
		order opening.Order
	}{
		"/accounts/12/open":                              {why + `,"what":"mail"}`, opening.Order{What: opening.Mail, Subject: "12"}},
		"/accounts/13/open":                              {why + `,"what":"tokens"}`, opening.Order{What: opening.Tokens, Subject: "13"}},
		"/crates/a-b/versions/1.0.0%2Bx/open":            {why + `}`, opening.Order{What: opening.PublishMail, Subject: "a-b@1.0.0+x"}},
		"/sessions/s9/open":                              {why + `}`, opening.Order{What: opening.Session, Subject: "s9"}},
		"/api-tokens/t9/open":                            {why + `}`, opening.Order{What: opening.APIToken, Subject: "t9"}},
		"/ledger/0/open":                                 {why + `}`, opening.Order{What: opening.Entry, Subject: "0"}},
		"/evidence/" + strings.Repeat("a", 64) + "/open": {why + `,"part":"rows/emails.jsonl"}`, opening.Order{Subject: strings.Repeat("a", 64), Part: "rows/emails.jsonl"}},
	} {
		want.order.Reason, want.order.Incident = "to tell the owner", "I-7"
		*s = slot{}
		door.acts = nil
		rec := posted(h, path, "k", want.body)
		if rec.Code != http.StatusOK || !strings.Contains(rec.Body.String(), openedMail) || s.order != want.order || s.who.ID != "ada" {
			t.Errorf("%s: %d %s %+v", path, rec.Code, rec.Body, s.order)
		}
		if rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept: %v", path, rec.Header())
		}
		act := "personal.open"
		if strings.HasPrefix(path, "/evidence") {
			act = "evidence.open"
		}
		if len(door.acts) != 1 || door.acts[0] != act {
			t.Errorf("%s asks for %v", path, door.acts)
		}
		// Refused at the gate, it is not even asked.
		*s = slot{}
		door.denies = map[string]error{act: denied("role")}
		if rec := posted(h, path, "k", want.body); rec.Code != http.StatusForbidden || s.who.ID != "" || strings.Contains(rec.Body.String(), openedMail) {
			t.Errorf("%s refused: %d %s", path, rec.Code, rec.Body)
		}
		door.denies = nil
	}
	if rec := posted(h, "/accounts/12/open", "k", why+`,"what":"password"}`); rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", rec.Code)
	}
	s.err = cratewarden.Errorf(cratewarden.Invalid, "Say why.")
	if rec := posted(h, "/accounts/12/open", "k", `{"what":"mail"}`); !strings.Contains(rec.Body.String(), "Say why.") || strings.Contains(rec.Body.String(), openedMail) {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	if rec := posted(New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Auth: door}), "/accounts/12/open", "k", why+`,"what":"mail"}`); rec.Code != http.StatusServiceUnavailable {
		t.Errorf("without openings: %d", rec.Code)
	}
	log.Secret(openedMail)
}

// keeper has sessions of everybody.
type keeper struct{ *porter }

func (keeper) Sessions(_ context.Context, person string) ([]auth.Session, error) {
	return []auth.Session{{ID: "s1", Person: person, Address: "203.0.113.77"}, {ID: "s2", Person: person, Address: "2001:db8::7"}}, nil
}

// The address of a session is shown to its own person only; of others it is
// masked until somebody opens it.
func TestAddressesOfOthersAreMasked(t *testing.T) {
	t.Parallel()
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Auth: keeper{ada()}})
	look := func(path string) string {
		req, rec := httptest.NewRequest("GET", Prefix+path, nil), httptest.NewRecorder()
		req.Header.Set("Authorization", "Bearer good")
		h.ServeHTTP(rec, req)
		return rec.Body.String()
	}
	if own := look("/sessions"); !strings.Contains(own, "203.0.113.77") {
		t.Error(own)
	}
	others := look("/people/bo/sessions")
	if strings.Contains(others, "203.") || strings.Contains(others, "db8") || !strings.Contains(others, cratewarden.MaskAddress("203.0.113.77")) {
		t.Error(others)
	}
}
