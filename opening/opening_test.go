package opening_test

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/access"
	"cratewarden/action"
	"cratewarden/blob"
	"cratewarden/console"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/mirror"
	"cratewarden/opening"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/registry"
	"cratewarden/registry/schema"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

const fixture = `
INSERT INTO users (gh_login, gh_id, username) VALUES ('jane', 1, 'jane'), ('mute', 2, 'mute');
INSERT INTO emails (user_id, email, verified) VALUES (1, 'jane@private.example', false);
INSERT INTO api_tokens (user_id, token, name) VALUES (1, 'a', 'secret laptop'), (1, 'b', 'jane@work'), (2, 'c', 'other machine');
INSERT INTO crates (name) VALUES ('Some_Crate');
INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by, features) VALUES
	(1, '1.0.0', '1.0.0', 1, sha256('x'), 1, '{}'), (1, '2.0.0', '2.0.0', 1, sha256('y'), NULL, '{}');
INSERT INTO versions_published_by (version_id, email) VALUES (1, 'then@private.example');`

const people = `
INSERT INTO person (id, name) VALUES ('ada', 'Ada'), ('bo', 'Bo');
INSERT INTO session (id, token, person, kind, provider, subject, address, agent, idle_end, end_at) VALUES
	('s-bo', 'x', 'bo', 'browser', 'github', '9', '203.0.113.77', 'Firefox', now(), now());
INSERT INTO api_token (id, token, person, name, roles, expires_at, used_from) VALUES ('t-bo', 'y', 'bo', 'robot', '{viewer}', now(), '198.51.100.5');`

// rig is the service with everything under it.
type rig struct {
	*opening.Service
	t        testing.TB
	console  *pgxpool.Pool
	log      *ledger.Log
	evidence *evidence.Service
}

func newRig(t testing.TB) *rig {
	t.Helper()
	reg := pgtest.Database(t, pgtest.Template{Name: "registry", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if err := schema.Create(ctx, conn); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, fixture)
		return err
	}})
	own := pgtest.Database(t, pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		if _, err := console.Migrate(ctx, conn.Config().ConnString()); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, people)
		return err
	}})
	store, err := blob.OpenFolder(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	log := ledger.New(ledger.Config{DB: own})
	bundles := evidence.New(evidence.Config{Registry: reg, Console: own, Ledger: log, Store: store})
	s := opening.New(opening.Config{
		Registry: registry.New(registry.Config{Pool: reg}), Mirror: loaded(t, reg), Console: own, Ledger: log, Evidence: bundles,
		Incidents: func(_ context.Context, id string) error {
			if strings.HasPrefix(id, "I-") && id != "I-404" {
				return nil
			}
			return cratewarden.Errorf(cratewarden.NotFound, "There is no incident %s.", id)
		},
	})
	return &rig{Service: s, t: t, console: own, log: log, evidence: bundles}
}

func loaded(t testing.TB, pool *pgxpool.Pool) *mirror.Mirror {
	t.Helper()
	m := mirror.New(mirror.Config{Registry: pool, MailKey: []byte("test")})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	for !m.Ready(mirror.PartTokens) {
		select {
		case <-m.Changed():
		case <-time.After(10 * time.Second):
			t.Fatal("the mirror does not load")
		}
	}
	return m
}

// entries gives the ledger, newest first.
func (r *rig) entries() []ledger.Entry {
	r.t.Helper()
	page, err := r.log.List(r.t.Context(), ledger.Filter{})
	if err != nil {
		r.t.Fatal(err)
	}
	return page.Entries
}

func actor(roles ...cratewarden.Role) action.Actor {
	return action.Actor{ID: "ada", Name: "Ada", Roles: roles, Session: "s-ada"}
}

const why = "to tell the owner of the break-in"

func texts(values []opening.Value) string {
	var out []string
	for _, v := range values {
		out = append(out, strings.TrimSpace(v.Text+" "+v.Note))
	}
	return strings.Join(out, "; ")
}

func TestOpenShowsAndRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct {
		order   opening.Order
		shown   string
		subject ledger.Subject
	}{
		{opening.Order{What: opening.Mail, Subject: "1"}, "jane@private.example not confirmed", ledger.Subject{Kind: "account", ID: "1", Name: "jane"}},
		{opening.Order{What: opening.Tokens, Subject: "1"}, "jane@work; secret laptop", ledger.Subject{Kind: "account", ID: "1", Name: "jane"}},
		{opening.Order{What: opening.PublishMail, Subject: "some-crate@1.0.0"}, "then@private.example", ledger.Subject{Kind: "version", ID: "Some_Crate@1.0.0"}},
		{opening.Order{What: opening.Session, Subject: "s-bo"}, "203.0.113.77 Firefox", ledger.Subject{Kind: "session", ID: "s-bo"}},
		{opening.Order{What: opening.APIToken, Subject: "t-bo"}, "198.51.100.5", ledger.Subject{Kind: "api-token", ID: "t-bo"}},
	} {
		c.order.Reason = why
		before := len(r.entries())
		o, err := r.Open(t.Context(), actor(cratewarden.Responder), c.order)
		if err != nil {
			t.Errorf("%s: %v", c.order.What, err)
			continue
		}
		entries := r.entries()
		e := entries[0]
		if texts(o.Values) != c.shown || o.Subject != c.subject {
			t.Errorf("%s: %q of %v", c.order.What, texts(o.Values), o.Subject)
		}
		if len(entries) != before+1 || e.Index != o.Entry || e.Kind != ledger.Opening || e.Action != "personal.open" || e.Actor.ID != "ada" || e.Session != "s-ada" ||
			e.Reasons.Internal != why || e.Subjects[0] != c.subject || e.Details["what"] != string(c.order.What) {
			t.Errorf("%s: entry %+v", c.order.What, e)
		}
		// The ledger says that it was opened, not what was in it.
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range o.Values {
			if strings.Contains(string(body), v.Text) {
				t.Errorf("%s: the ledger holds %q", c.order.What, v.Text)
			}
		}
		seen, more, err := opening.List(t.Context(), r.log, c.subject, 5)
		if err != nil || more || len(seen) == 0 || seen[0].By.Name != "Ada" || seen[0].What != c.order.What || seen[0].Reason != why || seen[0].Entry != o.Entry {
			t.Errorf("%s: colleagues see %+v %v", c.order.What, seen, err)
		}
	}
}

// Without a reason or an incident, or with a reason that would put what stays
// closed into the ledger, nothing is opened and nothing recorded.
func TestOpenWantsAReason(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for what, o := range map[string]opening.Order{
		"none": {}, "short": {Reason: "because"}, "spaces": {Reason: "   a         b "}, "none and no reason": {Incident: "none"},
		"mail in reason": {Reason: "to see jane@private.example"}, "address in incident": {Incident: "203.0.113.1"},
		"long": {Reason: strings.Repeat("x", 1001)}, "zero": {Reason: "long enough\x00 reason"},
	} {
		o.What, o.Subject = opening.Mail, "1"
		got, err := r.Open(t.Context(), actor(cratewarden.Responder), o)
		if k := cratewarden.KindOf(err); got != nil || k != cratewarden.Invalid && k != cratewarden.TooLarge {
			t.Errorf("%s: %v %v", what, got, err)
		}
	}
	if _, err := r.Open(t.Context(), actor(cratewarden.Responder), opening.Order{What: opening.Mail, Subject: "1", Incident: "I-404"}); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Errorf("an incident that is not there: %v", err)
	}
	if n := len(r.entries()); n != 0 {
		t.Errorf("%d entries", n)
	}
	for what, o := range map[string]opening.Order{"incident": {Incident: "I-7"}, "reason": {Reason: why}, "none with a reason": {Incident: "none", Reason: why}} {
		o.What, o.Subject = opening.Mail, "1"
		if _, err := r.Open(t.Context(), actor(cratewarden.Remover), o); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Roles without the right, API tokens whatever their roles, and nobody: each
// refused, and each refusal of somebody is in the ledger.
func TestOpenIsForFew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	robot := actor(cratewarden.Responder, cratewarden.Remover)
	robot.Token = true
	refused := map[string]action.Actor{
		"viewer": actor(cratewarden.Viewer), "policy": actor(cratewarden.Policy), "editor": actor(cratewarden.Editor), "platform": actor(cratewarden.Platform),
		"auditor": actor(cratewarden.Auditor), "nobody's roles": actor(), "API token": robot,
	}
	for _, w := range opening.Whats() {
		for name, who := range refused {
			before := len(r.entries())
			subject := map[opening.What]string{opening.PublishMail: "some-crate@1.0.0", opening.Session: "s-bo", opening.APIToken: "t-bo"}[w]
			if subject == "" {
				subject = "1"
			}
			got, err := r.Open(t.Context(), who, opening.Order{What: w, Subject: subject, Reason: why})
			if got != nil || cratewarden.KindOf(err) != cratewarden.Refused {
				t.Errorf("%s opens %s: %v %v", name, w, got, err)
			}
			entries := r.entries()
			if len(entries) != before+1 || entries[0].Kind != ledger.Refusal || entries[0].Details["rule"] == "" || entries[0].Details["subject"] != subject {
				t.Errorf("%s refused %s without a trace", name, w)
			}
		}
	}
	before := len(r.entries())
	if _, err := r.Open(t.Context(), action.Actor{}, opening.Order{What: opening.Mail, Subject: "1", Reason: why}); cratewarden.KindOf(err) != cratewarden.Refused || len(r.entries()) != before {
		t.Errorf("nobody: %v", err)
	}
	for act, policy := range map[string]cratewarden.Role{"personal.open": cratewarden.Policy, "evidence.open": cratewarden.Policy} {
		rule, ok := access.Of(act)
		if !ok || rule.Token {
			t.Errorf("%s: %+v", act, rule)
		}
		for _, role := range rule.Roles {
			if role == policy {
				t.Errorf("%s is given to %s", act, policy)
			}
		}
	}
}

// What cannot be recorded is not shown.
func TestOpenShowsNothingWithoutTheLedger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.console.Exec(t.Context(), `ALTER TABLE ledger_entry RENAME TO away`); err != nil {
		t.Fatal(err)
	}
	for _, o := range []opening.Order{{What: opening.Mail, Subject: "1"}, {What: opening.Session, Subject: "s-bo"}} {
		o.Reason = why
		if got, err := r.Open(t.Context(), actor(cratewarden.Responder), o); got != nil || err == nil || strings.Contains(err.Error(), "private.example") {
			t.Errorf("%s: %v %v", o.What, got, err)
		}
	}
}

// Nothing there is nothing shown, and nothing recorded as seen.
func TestOpenWhatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, o := range []opening.Order{
		{What: opening.Mail, Subject: "2"}, {What: opening.Mail, Subject: "99"}, {What: opening.PublishMail, Subject: "some_crate@2.0.0"}, {What: opening.PublishMail, Subject: "some_crate@9.0.0"},
		{What: opening.PublishMail, Subject: "x"}, {What: opening.Session, Subject: "no"}, {What: opening.APIToken, Subject: "no"}, {What: opening.Entry, Subject: "0"},
	} {
		o.Reason = why
		if _, err := r.Open(t.Context(), actor(cratewarden.Responder), o); cratewarden.KindOf(err) != cratewarden.NotFound {
			t.Errorf("%s %s: %v", o.What, o.Subject, err)
		}
	}
	for _, o := range []opening.Order{{What: opening.Mail, Subject: "jane"}, {What: opening.Mail, Subject: "-1"}, {What: "passwords", Subject: "1"}, {What: opening.Entry, Subject: "x"}, {What: opening.Mail}} {
		o.Reason = why
		if _, err := r.Open(t.Context(), actor(cratewarden.Responder), o); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%s %q: %v", o.What, o.Subject, err)
		}
	}
	if n := len(r.entries()); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func TestOpenSealedBesideAnEntry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var receipt ledger.Receipt
	err := pg.InTx(t.Context(), r.console, func(tx pgx.Tx) (err error) {
		receipt, err = r.log.Append(t.Context(), tx, ledger.Entry{
			Kind: ledger.Note, Actor: ledger.Actor{ID: "bo"}, Action: "session.begin", Subjects: []ledger.Subject{{Kind: "person", ID: "bo"}},
			Personal: []byte(`{"address":"203.0.113.77","agent":"Firefox"}`),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := r.Open(t.Context(), actor(cratewarden.Responder), opening.Order{What: opening.Entry, Subject: "0", Incident: "I-7"})
	if err != nil {
		t.Fatal(err)
	}
	e := r.entries()[0]
	if texts(o.Values) != "203.0.113.77; Firefox" || e.Kind != ledger.Opening || *e.Refers != receipt.Index || e.Incident != "I-7" || e.Index != o.Entry || e.Subjects[0].ID != "bo" {
		t.Errorf("%+v entry %+v", o, e)
	}
}

func TestOpenPartOfEvidence(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b, err := r.evidence.Seal(t.Context(), evidence.Request{Users: []int32{1}, Incident: "I-1", Reason: "test", Actor: ledger.Actor{ID: "ada", Name: "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	order := opening.Order{Subject: b.Digest.String(), Part: "rows/emails.jsonl", Reason: why}
	before := len(r.entries())
	body, _, err := r.OpenPart(t.Context(), actor(cratewarden.Policy), order)
	if body != nil || cratewarden.KindOf(err) != cratewarden.Refused || r.entries()[0].Kind != ledger.Refusal {
		t.Errorf("policy: %v", err)
	}
	if body, _, err = r.OpenPart(t.Context(), actor(cratewarden.Responder), order); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil || body.Close() != nil || !strings.Contains(string(text), "jane@private.example") {
		t.Errorf("%q %v", text, err)
	}
	e := r.entries()[0]
	if len(r.entries()) != before+2 || e.Kind != ledger.Opening || e.Details["part"] != order.Part || e.Reasons.Internal != why || e.Incident != "I-1" {
		t.Errorf("entry %+v", e)
	}
}
