package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
)

// book is a ledger on a database of its own, with what a test must know of it.
type book struct {
	*ledger.Log
	db     *pgxpool.Pool
	public *ledger.PublicKeys
}

func consoleTemplate() pgtest.Template {
	return pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../console/migrations"))
		return err
	}}
}

func emptyBook(t testing.TB) book {
	t.Helper()
	private, public, err := ledger.GenerateKey("console.test/ledger")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ledger.ParseKeys(private)
	if err != nil {
		t.Fatal(err)
	}
	trusted, err := ledger.ParsePublicKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	at := deskTime.Add(-time.Hour)
	clock := func() time.Time { at = at.Add(time.Minute); return at }
	db := pgtest.Database(t, consoleTemplate())
	return book{ledger.New(ledger.Config{DB: db, Keys: keys, Clock: clock}), db, trusted}
}

func (b book) append(t testing.TB, entries ...ledger.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := pg.InTx(t.Context(), b.db, func(tx pgx.Tx) error { _, err := b.Append(t.Context(), tx, e); return err }); err != nil {
			t.Fatal(err)
		}
	}
}

func (b book) head(t testing.TB) ledger.Checkpoint {
	t.Helper()
	head, err := b.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// cabinet keeps documents in memory.
type cabinet map[ledger.Digest][]byte

// Document gives one.
func (c cabinet) Document(_ context.Context, d ledger.Digest) ([]byte, error) {
	if body, ok := c[d]; ok {
		return body, nil
	}
	return nil, cratewarden.Errorf(cratewarden.NotFound, "There is no document %s.", d)
}

func (c cabinet) put(name, body string) ledger.Document {
	d := ledger.Document{Name: name, SHA256: sha256.Sum256([]byte(body)), Bytes: int64(len(body))}
	c[d.SHA256] = []byte(body)
	return d
}

// sampleRows is a document of rows as the engine writes it.
const sampleRows = `{"step":1,"table":"versions","key":"123","before":{"id":123,"yanked":false,"yank_message":null},"after":{"id":123,"yanked":true,"yank_message":"malware"},"derived":false}
{"step":1,"table":"version_owner_actions","key":"9","before":null,"after":{"id":9,"action":"yank","user_id":42},"derived":false}
{"step":1,"table":"versions","key":"124","before":{"id":124,"yanked":false},"after":{"id":124,"yanked":true},"derived":true}
{"step":2,"table":"crate_owner_invitations","key":"3.42","before":{"crate_id":3,"invited_user_id":42},"after":null,"derived":true}
`

var (
	ada = ledger.Actor{ID: "p1", Name: "Ada", RegistryUser: 42}
	bob = ledger.Actor{ID: "p2", Name: "Bob"}
)

func ref(n int64) *int64 { return &n }

// sampleBook has entries of every kind, the last not covered by a head.
func sampleBook(t testing.TB) (book, cabinet) {
	t.Helper()
	b, docs := emptyBook(t), cabinet{}
	yank := ledger.Entry{Kind: ledger.Intent, Actor: ada, Session: "s-1", Action: "version.yank", Plan: "P-1", Incident: "I-7", RegistryTx: "7731",
		Subjects:  []ledger.Subject{{Kind: "crate", ID: "serde"}, {Kind: "version", ID: "serde@1.0.0+build"}, {Kind: "account", ID: "184", Name: "mallory"}, {Kind: "team", ID: "1", Name: "github:rust:all"}, {Kind: "setting", ID: "x"}},
		Reasons:   &ledger.Reasons{Public: "Contains malware.", Internal: "Seen by the night shift."},
		Approvals: []ledger.Approval{{Actor: bob, Session: "s-2", At: deskTime.Add(-2 * time.Hour)}},
		Images:    []ledger.Image{{Row: "versions/123", Before: &ledger.Digest{1}, After: &ledger.Digest{2}}, {Row: "version_owner_actions/9", After: &ledger.Digest{3}}},
		Documents: []ledger.Document{docs.put("rows", sampleRows), {Name: "steps", SHA256: ledger.Digest{9}}}}
	b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ada, Action: "sign-in", Session: "s-1"}, yank,
		ledger.Entry{Kind: ledger.Outcome, Actor: ada, Refers: ref(1), Plan: "P-1", Incident: "I-7", Result: &ledger.Result{State: "committed", Recovered: true, Detail: "Found after a restart."}},
		ledger.Entry{Kind: ledger.Refusal, Actor: bob, Action: "crate.delete", Subjects: []ledger.Subject{{Kind: "crate", ID: "serde"}}, Details: map[string]string{"rule": "needs a second person"}},
		ledger.Entry{Kind: ledger.Intent, Actor: bob, Action: "account.lock", Plan: "P-2", Subjects: []ledger.Subject{{Kind: "account", ID: "184"}}},
		ledger.Entry{Kind: ledger.Note, Actor: bob, Incident: "I-7", Personal: []byte("mallory@private.example")},
		ledger.Entry{Kind: ledger.Opening, Actor: ada, Incident: "I-7", Refers: ref(5)},
		ledger.Entry{Kind: ledger.Note, Actor: bob, Personal: []byte("gone@private.example")})
	if err := pg.InTx(t.Context(), b.db, func(tx pgx.Tx) error {
		_, err := b.Erase(t.Context(), tx, 7, ledger.Entry{Actor: ada})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b.head(t)
	b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ada, Action: "drill"})
	return b, docs
}

func ledgerServer(t testing.TB, b book, docs Documents, change ...func(*Config)) *Server {
	t.Helper()
	return deskServer(t, sampleDesk(t), append([]func(*Config){func(c *Config) { c.Ledger, c.Documents = b, docs }}, change...)...)
}

// evilBook has hostile text in every field that holds text.
func evilBook(t testing.TB) (book, cabinet) {
	t.Helper()
	b, docs := emptyBook(t), cabinet{}
	row := fmt.Sprintf("{\"step\":1,\"table\":%q,\"key\":%q,\"before\":{%q:%q},\"after\":{%[3]q:\"x\"}}\n", "t<script>", "\"><img src=x>", "c<script>", strings.Repeat("<img src=x onerror=1>", 40))
	actor := ledger.Actor{ID: evil, Name: evil, RegistryUser: 7}
	var subjects []ledger.Subject
	for _, kind := range []string{"crate", "version", "account", "team", evil} {
		subjects = append(subjects, ledger.Subject{Kind: kind, ID: evil, Name: evil}, ledger.Subject{Kind: kind, ID: evil + "@" + evil})
	}
	e := ledger.Entry{Kind: ledger.Intent, Actor: actor, Session: evil, Action: evil, Subjects: subjects, Plan: evil, Incident: evil, Reasons: &ledger.Reasons{Public: evil, Internal: evil},
		Approvals: []ledger.Approval{{Actor: actor, Session: evil}}, RegistryTx: evil, Images: []ledger.Image{{Row: evil}}, Documents: []ledger.Document{docs.put("rows", row), {Name: evil}},
		Result: &ledger.Result{State: evil, Detail: evil}, Details: map[string]string{evil: evil}, Personal: []byte(evil)}
	answer := e
	answer.Kind, answer.Refers = ledger.Outcome, ref(0)
	b.append(t, e, answer)
	b.head(t)
	return b, docs
}
