package action

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/evidence"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/registry"
)

// seal writes a note with personal data and gives its number.
func (k *kit) sealedNote(actor string, about ledger.Subject) int64 {
	k.t.Helper()
	var receipt ledger.Receipt
	err := pg.InTx(k.t.Context(), k.console, func(tx pgx.Tx) (err error) {
		receipt, err = k.ledger.Append(k.t.Context(), tx, ledger.Entry{
			Kind: ledger.Note, Actor: ledger.Actor{ID: actor}, Action: "session.begin", Subjects: []ledger.Subject{about}, Personal: []byte(`{"address":"203.0.113.77"}`),
		})
		return err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return receipt.Index
}

// keyless says of entries whether their key is gone.
func (k *kit) keyless(entries ...int64) (n int) {
	k.t.Helper()
	if err := k.console.QueryRow(k.t.Context(), `SELECT count(*) FROM unnest($1::bigint[]) i WHERE NOT EXISTS (SELECT FROM ledger_key WHERE index = i)`, entries).Scan(&n); err != nil {
		k.t.Fatal(err)
	}
	return n
}

// worked does all follow-ups of a plan and gives the last one's result.
func (k *kit) worked(plan string) string {
	k.t.Helper()
	last := ""
	for range 5 {
		list, err := k.FollowUps(k.t.Context(), plan)
		if err != nil {
			k.t.Fatal(err)
		}
		open := false
		for _, f := range list {
			if last = string(f.Result); f.State == FollowDone {
				continue
			}
			open = true
			if err := k.Work(k.t.Context(), f.ID); err != nil {
				k.t.Fatal(err)
			}
		}
		if !open {
			return last
		}
	}
	k.t.Fatal("follow-ups go on for ever")
	return ""
}

func TestEraseAPersonOfTheConsole(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	own := func(sql string) {
		t.Helper()
		if _, err := k.console.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	own(`INSERT INTO person (id, name, registry_user, registry_login, member, listed) VALUES ('gone', 'Gone Realname', 7, 'gone-login', '{"name": "Gone Realname"}', true), ('stays', 'Stays', NULL, '', '{}', true)`)
	own(`INSERT INTO identity (provider, subject, person, login) VALUES ('github', '555', 'gone', 'gone-login'), ('github', '556', 'stays', 'stays')`)
	own(`INSERT INTO session (id, token, person, kind, provider, subject, address, agent, idle_end, end_at) VALUES ('s1', 'a', 'gone', 'browser', 'github', '555', '203.0.113.77', 'Firefox', now(), now()), ('s2', 'b', 'stays', 'browser', 'github', '556', '198.51.100.1', 'x', now(), now())`)
	person, other := ledger.Subject{Kind: "person", ID: "gone"}, ledger.Subject{Kind: "person", ID: "stays"}
	mine := []int64{k.sealedNote("gone", person), k.sealedNote("gone", other), k.sealedNote("stays", person)}
	others := k.sealedNote("stays", other)
	k.workedOnCases(own)

	if got := k.blocked("person.erase", m{"person": "gone"}); got != "still-listed" {
		t.Errorf("of somebody on the list: %s", got)
	}
	if got := k.blocked("person.erase", m{"person": "nobody"}); got != "no-person" {
		t.Errorf("of nobody: %s", got)
	}
	own(`UPDATE person SET listed = false, mail = 'gone@private.example' WHERE id = 'gone'`)
	p, effect := k.applied("person.erase", m{"person": "gone"})
	if !p.Irreversible || p.Confirm != "gone" || !p.NeedsApproval || len(effect.Final) != 1 {
		t.Errorf("%+v", p)
	}
	if len(effect.Rows)+len(effect.Jobs) != 0 {
		t.Error("the registry was touched")
	}
	if k.keyless(mine...) != 0 {
		t.Error("erased before the follow-up")
	}
	result := k.worked(p.ID)
	if k.keyless(mine...) != 3 || k.keyless(others) != 0 {
		t.Errorf("%d of 3 erased, %d of others", k.keyless(mine...), k.keyless(others))
	}
	var proof proven
	if err := json.Unmarshal([]byte(result), &proof); err != nil || proof.Erased != 3 || proof.Personal != 1 || !proof.Trusted || len(proof.Problems) != 0 {
		t.Errorf("%s %v", result, err)
	}
	var left string
	err := k.console.QueryRow(t.Context(), `SELECT concat((SELECT string_agg(to_jsonb(p)::text, ' ') FROM person p WHERE id = 'gone'), (SELECT string_agg(to_jsonb(s)::text, ' ') FROM session s WHERE person = 'gone'),
		(SELECT string_agg(to_jsonb(i)::text, ' ') FROM identity i WHERE person = 'gone'))`).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	left += k.cases()
	for _, private := range []string{"Realname", "gone-login", "203.0.113", "Firefox", "555", "private.example"} {
		if strings.Contains(left, private) {
			t.Errorf("%q is left: %s", private, left)
		}
	}
	if n := one[int](t, k, `SELECT count(*) FROM session WHERE address = '198.51.100.1'`) + one[int](t, k, `SELECT count(*) FROM identity`); n != 2 {
		t.Error("others lost data")
	}
}

func one[T any](t testing.TB, k *kit, sql string) (v T) {
	t.Helper()
	if err := k.console.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestEraseAnAccountKeepsTheRest(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t, func(c *Config) { c.Reader = registry.New(registry.Config{Pool: c.Registry}) })
	account := int32(s.number(`SELECT min(user_id) FROM emails`))
	seal := func(incident string) evidence.Bundle {
		b, err := s.Engine.cfg.Evidence.Seal(t.Context(), evidence.Request{Users: []int32{account}, Incident: incident, Reason: "test", Actor: ledger.Actor{ID: "ada"}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	gone, held := seal("I-1"), seal("I-2")
	noted := s.sealedNote("ada", AccountSubject(account, ""))
	before := s.tables()

	if got := s.blocked("person.erase", m{"account": account, "keep": []string{strings.Repeat("0", 64)}, "because": "court"}); got != "keep-unknown" {
		t.Errorf("an unknown bundle is kept: %s", got)
	}
	p, preview := s.reviewed("person.erase", m{"account": account, "keep": []string{held.Digest.String()}, "because": "Court of Example, 7 C 12/26"})
	// The plan before has a note for colleagues, which is pointed at.
	if got := codes(preview); got != "registry-stays in-ledger legal-hold in-evidence in-notes" {
		t.Errorf("guards: %s", got)
	}
	// More of it since the review: what the second person agreed to is over.
	p, yes := s.consent(p)
	later := s.sealedNote("ada", AccountSubject(account, ""))
	if stale, err := s.Apply(t.Context(), s.who, p.ID, yes, ""); cratewarden.KindOf(err) != cratewarden.Conflict || stale.State != Stale {
		t.Errorf("%s %v", stale.State, err)
	}
	p, preview, err := s.Review(t.Context(), s.who, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, _ = s.apply(p, preview)
	s.worked(p.ID)
	s.same(before, s.tables())
	if s.keyless(noted, later) != 2 {
		t.Error("entries keep their keys")
	}
	for b, erased := range map[ledger.Digest]bool{gone.Digest: true, held.Digest: false} {
		shown, err := s.Engine.cfg.Evidence.Show(t.Context(), b)
		if err != nil || shown.Erased != erased {
			t.Errorf("bundle %s: erased %v, %v", b, shown.Erased, err)
		}
	}
	// Asked once more there is nothing, and doing it harms nothing.
	again, _ := s.applied("person.erase", m{"account": account, "keep": []string{held.Digest.String()}, "because": "court"})
	s.worked(again.ID)
	if report, err := s.ledger.Verify(t.Context()); err != nil || !report.OK() || report.Erased != 2 {
		t.Errorf("%v %v", report, err)
	}
}

// A worker that dies half way leaves some keys deleted, each with its record;
// the next goes on.
func TestErasureGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	var k *kit
	died := errors.New("died")
	place := ""
	k = newKit(t, func(c *Config) {
		c.Reached = func(p string) {
			if p == place {
				place = ""
				panic(died)
			}
		}
	})
	var entries []int64
	for range erasures + 20 {
		entries = append(entries, k.sealedNote("x", AccountSubject(4, "")))
	}
	cfg := evidence.New(evidence.Config{Registry: k.registry, Console: k.console, Ledger: k.ledger, Store: folder(t)})
	k.Engine.cfg.Evidence = cfg
	p, _ := k.applied("person.erase", m{"account": 4})
	list, err := k.FollowUps(t.Context(), p.ID)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	place = "within erasure"
	func() {
		defer func() { _ = recover() }()
		_ = k.Work(t.Context(), list[0].ID)
	}()
	if n := k.keyless(entries...); n != erasures {
		t.Fatalf("%d erased at the crash", n)
	}
	k.worked(p.ID)
	if n := k.keyless(entries...); n != len(entries) {
		t.Errorf("%d of %d erased", n, len(entries))
	}
	if n := one[int](t, k, `SELECT count(*) FROM ledger_entry WHERE body::jsonb ->> 'kind' = 'erasure'`); n != len(entries) {
		t.Errorf("%d records of %d erasures", n, len(entries))
	}
}

// If the ledger was tampered with, the proof says so and the follow-up stays.
func TestErasureProvesTheLedger(t *testing.T) {
	t.Parallel()
	s := newStoreKit(t)
	s.sealedNote("x", AccountSubject(4, ""))
	p, _ := s.applied("person.erase", m{"account": 4})
	if _, err := s.console.Exec(t.Context(), `ALTER TABLE ledger_entry DISABLE TRIGGER append_only; UPDATE ledger_entry SET body = replace(body, 'session.begin', 'session.bogus') WHERE index = 0; ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER append_only`); err != nil {
		t.Fatal(err)
	}
	var problem error
	for range 2 {
		list, err := s.FollowUps(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if f.State != FollowDone {
				problem = s.Work(t.Context(), f.ID)
			}
		}
	}
	if cratewarden.KindOf(problem) != cratewarden.Conflict || !strings.Contains(cratewarden.MessageOf(problem), "does not verify") {
		t.Errorf("%v", problem)
	}
}

// Nobody in the registry waits for an erasure, so it may search for longer than a
// plan may hold rows; with an act of another kind beside it, it may not.
func TestErasureMaySearchLonger(t *testing.T) {
	t.Parallel()
	k := newKit(t, func(c *Config) { c.Hold = time.Millisecond })
	if _, err := k.console.Exec(t.Context(), `INSERT INTO person (id, name, listed) VALUES ('gone', 'Gone Realname', false)`); err != nil {
		t.Fatal(err)
	}
	review := func(pairs ...any) error {
		p, err := k.Draft(t.Context(), k.who, Order{Steps: steps(t, pairs...)}, "")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = k.Review(t.Context(), k.who, p.ID)
		return err
	}
	if err := review("person.erase", m{"person": "gone"}); err != nil {
		t.Error(err)
	}
	if err := review("person.erase", m{"person": "gone"}, "crate.hold", m{"crate": "arraykit"}); cratewarden.KindOf(err) != cratewarden.TooLarge {
		t.Errorf("with rows of the registry: %v", err)
	}
}

func TestEraseRefusesWhatIsNobody(t *testing.T) {
	t.Parallel()
	c := NewCatalogue()
	for _, params := range []m{{}, {"account": 0}, {"account": -4}, {"account": 1, "person": "x"}, {"account": 1, "keep": []string{"xyz"}, "because": "y"},
		{"account": 1, "keep": []string{strings.Repeat("a", 64)}}, {"person": strings.Repeat("x", 101)}, {"account": 1, "other": true}} {
		if _, err := c.Decode(steps(t, "person.erase", params)); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%v: %v", params, err)
		}
	}
}
