package client_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cratewarden"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/ledger"
	"cratewarden/pg"
	"cratewarden/pg/pgtest"
	"cratewarden/telemetry/logtest"
)

func TestMain(m *testing.M) { os.Exit(logtest.Main(func() int { return pgtest.Main(m) })) }

// bench is a console with a ledger of five entries, four of them signed.
type bench struct {
	*client.Client
	log    *ledger.Log
	db     *pgxpool.Pool
	url    string
	public *ledger.PublicKeys
}

func start(t *testing.T) bench {
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
	pool := pgtest.Database(t, pgtest.Template{Name: "console", Build: func(ctx context.Context, conn *pgx.Conn) error {
		_, err := pg.Migrate(ctx, conn, os.DirFS("../../console/migrations"))
		return err
	}})
	at := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	log := ledger.New(ledger.Config{DB: pool, Keys: keys, Clock: func() time.Time { at = at.Add(time.Minute); return at }})
	first := int64(0)
	for i, e := range []ledger.Entry{
		{Kind: ledger.Intent, Actor: ledger.Actor{ID: "p1", Name: "Ada"}, Action: "version.yank", Plan: "P-1", Incident: "I-1", Subjects: []ledger.Subject{{Kind: "crate", ID: "serde"}}, Reasons: &ledger.Reasons{Public: "<script>\u202e"}},
		{Kind: ledger.Outcome, Actor: ledger.Actor{ID: "p1"}, Refers: &first, Result: &ledger.Result{State: "committed"}},
		{Kind: ledger.Refusal, Actor: ledger.Actor{ID: "p2"}, Action: "crate.delete"},
		{Kind: ledger.Note, Actor: ledger.Actor{ID: "p2"}, Personal: []byte("mallory@private.example")},
		{Kind: ledger.Note, Actor: ledger.Actor{ID: "p2"}},
	} {
		if i == 4 {
			if _, err := log.Head(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { _, err := log.Append(t.Context(), tx, e); return err }); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(api.New(api.Config{Log: logtest.Logger(t), Ledger: log, LedgerTrouble: func() string { return "Nobody signs." }}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return bench{c, log, pool, server.URL + api.Prefix, trusted}
}

// TestLedgerList asks with every filter.
func TestLedgerList(t *testing.T) {
	t.Parallel()
	b := start(t)
	for query, want := range map[string][]int64{
		"": {4, 3, 2, 1, 0}, "actor=p1": {1, 0}, "subject=serde": {0}, "subject=crate:serde": {0}, "subject=team:serde": {}, "kind=note": {4, 3}, "action=crate.delete": {2}, "plan=P-1": {0}, "incident=I-1": {0},
		"from=2026-11-22T18:04:00Z": {4, 3}, "until=2026-11-22T18:02:00Z": {0}, "limit=2": {4, 3}, "limit=2&before=3": {2, 1}, "before=1": {0},
	} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		list, err := b.Ledger(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		got := []int64{}
		for _, e := range list.Rows {
			got = append(got, e.Index)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s lists %v, want %v", query, got, want)
		}
		if query == "limit=2" && list.Next != 3 {
			t.Errorf("the next page is at %d", list.Next)
		}
		s := list.State
		if s.Name != "console.test/ledger" || s.Size != 5 || s.HeadSize != 4 || s.Covered || !s.Keyed || s.Root == "" || s.SignedAt == nil || s.Trouble != "Nobody signs." {
			t.Errorf("state: %+v", s)
		}
	}
}

// TestLedgerEntryAndProofs checks every proof with the public key alone.
func TestLedgerEntryAndProofs(t *testing.T) {
	t.Parallel()
	b := start(t)
	got, err := b.LedgerEntry(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	record, err := b.log.Get(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got.Body != string(record.Body) || got.Leaf != record.Hash().String() || !got.Signed || len(got.Answers) != 1 || got.Answers[0].Index != 1 || got.Entry.Reasons.Public != "<script>\u202e" || !got.Entry.At.Equal(record.Entry.At) {
		t.Errorf("entry: %+v", got)
	}
	text, err := b.LedgerInclusion(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ledger.ParseInclusion([]byte(text.Text), b.public)
	if err != nil || proof.Check([]byte(got.Body)) != nil || text.Size != 4 || text.Root != proof.Signed.Root.String() {
		t.Errorf("inclusion: %v, %+v", err, text)
	}
	head, err := b.LedgerCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	old, err := ledger.ParseCheckpoint([]byte(head.Text), b.public)
	if err != nil || old.Size != 4 {
		t.Errorf("checkpoint: %v, %+v", err, old)
	}
	if _, err := b.log.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err = b.LedgerConsistency(t.Context(), 4)
	if err != nil {
		t.Fatal(err)
	}
	if proof, err := ledger.ParseConsistency([]byte(text.Text), b.public); err != nil || proof.Check(old) != nil || text.Size != 5 {
		t.Errorf("consistency: %v, %+v", err, text)
	}
	if last, err := b.LedgerEntry(t.Context(), 3); err != nil || last.Entry.Sealed == nil || strings.Contains(last.Body, "private.example") {
		t.Errorf("an entry with personal data: %v, %+v", err, last)
	}
}

// TestLedgerProblems shows each wrong question's kind and status.
func TestLedgerProblems(t *testing.T) {
	t.Parallel()
	b := start(t)
	for path, want := range map[string]struct {
		status int
		kind   cratewarden.Kind
	}{
		"/ledger/5": {404, cratewarden.NotFound}, "/ledger/x": {422, cratewarden.Invalid}, "/ledger/-1": {422, cratewarden.Invalid}, "/ledger/99999999999999999999": {422, cratewarden.Invalid}, "/ledger/5/inclusion": {404, cratewarden.NotFound},
		"/ledger/4/inclusion": {503, cratewarden.Unavailable}, "/ledger/consistency": {422, cratewarden.Invalid}, "/ledger/consistency?from=0": {422, cratewarden.Invalid}, "/ledger/consistency?from=9": {422, cratewarden.Invalid},
		"/ledger?kind=magic": {422, cratewarden.Invalid}, "/ledger?from=yesterday": {422, cratewarden.Invalid}, "/ledger?limit=0": {422, cratewarden.Invalid}, "/ledger?limit=1001": {422, cratewarden.Invalid}, "/ledger?before=-1": {422, cratewarden.Invalid},
		"/ledger?from=2026-11-23T00:00:00Z&until=2026-11-22T00:00:00Z": {422, cratewarden.Invalid}, "/ledger?actor=" + strings.Repeat("x", 257): {422, cratewarden.Invalid},
	} {
		answer, err := http.Get(b.url + path)
		if err != nil {
			t.Fatal(err)
		}
		var p api.Problem
		if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || answer.StatusCode != want.status || p.Kind != want.kind || p.Detail == "" {
			t.Errorf("%s: %d %+v %v", path, answer.StatusCode, p, err)
		}
		_ = answer.Body.Close()
	}
	none := api.New(api.Config{Log: logtest.Logger(t)})
	for _, path := range []string{"/ledger", "/ledger/0", "/ledger/0/inclusion", "/ledger/checkpoint", "/ledger/consistency?from=1"} {
		w := httptest.NewRecorder()
		none.ServeHTTP(w, httptest.NewRequest("GET", api.Prefix+path, nil))
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "keeps no ledger") {
			t.Errorf("without a ledger %s is %d %s", path, w.Code, w.Body)
		}
	}
}
