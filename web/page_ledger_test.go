package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cratewarden/ledger"
)

var entryLinks = regexp.MustCompile(`<td data-label="Entry"><a href="/ledger/(\d+)">`)

func listed(text string) string {
	var out []string
	for _, m := range entryLinks.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return strings.Join(out, " ")
}

// TestLedgerFilters asks for every filter by itself and for two together.
func TestLedgerFilters(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	for query, want := range map[string]string{
		"": "9 8 7 6 5 4 3 2 1 0", "actor=p2": "7 5 4 3", "actor=nobody": "", "subject=serde": "3 1", "subject=crate:serde": "3 1", "subject=account:serde": "", "subject=account:184": "4 1",
		"subject=version:serde@1.0.0%2Bbuild": "1", "action=version.yank": "1", "kind=intent": "4 1", "kind=outcome": "2", "kind=refusal": "3", "kind=opening": "6", "kind=erasure": "8", "kind=note": "9 7 5 0",
		"plan=P-1": "2 1", "incident=I-7": "6 5 2 1", "from=2026-11-22T17:57:00Z": "9 8 7 6", "until=2026-11-22+17:53": "1 0", "from=2026-11-22+17:53&until=2026-11-22T17:55:00Z": "3 2",
		"limit=3": "9 8 7", "limit=3&before=7": "6 5 4", "before=1": "0", "kind=note&actor=p2": "7 5", "kind=note&before=9&limit=1": "7",
	} {
		answer := ask(s, "GET", "/ledger?"+query, nil)
		text := body(t, answer)
		if got := listed(text); answer.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s lists %q with %d, want %q", query, got, answer.StatusCode, want)
		}
		if want == "" && !strings.Contains(text, "No entry passes the filter") {
			t.Errorf("%s: an empty list does not say why", query)
		}
	}
}

// TestLedgerPaging follows the links from the newest entry to the oldest; the
// filters stay, in the files too.
func TestLedgerPaging(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	path, seen := "/ledger?incident=I-7&limit=1", []string{}
	for path != "" {
		text := body(t, ask(s, "GET", path, nil))
		seen = append(seen, listed(text))
		for _, want := range []string{"incident=I-7", `format=csv&amp;incident=I-7`, `/api/v1/ledger?`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		path = ""
		if m := next.FindStringSubmatch(text); m != nil {
			path = strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	if want := []string{"6", "5", "2", "1"}; !slices.Equal(seen, want) {
		t.Errorf("paging gives %v, want %v", seen, want)
	}
}

// TestLedgerRow reads one line as people do.
func TestLedgerRow(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	text := body(t, ask(ledgerServer(t, b, docs), "GET", "/ledger", nil))
	for _, want := range []string{
		`<a href="/crates/serde">serde</a>`, `<a href="/crates/serde/1.0.0&#43;build">`, `<a href="/accounts/184">mallory</a>`, `<a href="/teams/1">github:rust:all</a>`, "and 1 more",
		`<a href="/ledger?actor=p1">Ada</a>`, `<a href="/ledger?action=version.yank">version.yank</a>`, `<span class="badge info">intent</span>`, `<span class="badge good">committed</span> <span class="badge info">recovered</span> <a href="/ledger/2">#2</a>`,
		`no outcome yet`, `<span class="badge warn">refusal</span>`, "22 Nov 2026 17:52:00", "58 min ago",
		"Not covered by a signed head yet: the newest 1 entry.", "console.test/ledger", "of 9 entries", `href="/ledger/checkpoint"`, `action="/ledger/consistency"`,
	} {
		if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, "&#43;", "+")) {
			t.Errorf("the list lacks %s", want)
		}
	}
	if strings.Contains(text, "private.example") {
		t.Error("personal data stands in the list")
	}
}

// TestLedgerCSV is golden: programs read it.
func TestLedgerCSV(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ledger.Actor{ID: "=cmd()", Name: "a,b\"c"}})
	answer := ask(ledgerServer(t, b, docs), "GET", "/ledger?format=csv&limit=3", nil)
	// The hash of a ciphertext differs with each key.
	got := regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(body(t, answer), "SHA256")
	if answer.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(answer.Header.Get("Content-Disposition"), `"ledger-2026`) {
		t.Errorf("headers: %v", answer.Header)
	}
	const file = "testdata/ledger.csv"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != got {
		t.Errorf("the file changed, %v:\n%s", err, got)
	}
	part := ask(ledgerServer(t, b, docs), "GET", "/ledger?format=csv&kind=intent&before=4", nil)
	if text := body(t, part); strings.Count(text, "\n") != 2 || !strings.Contains(text, "version.yank") {
		t.Errorf("a filtered file holds\n%s", text)
	}
}

// TestLedgerRefuses shows that a wrong address is a page that says what to do.
func TestLedgerRefuses(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	hash := strings.Repeat("0", 64)
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/ledger/10": {404, "There is no entry 10"}, "/ledger/9223372036854775807": {404, "There is no entry"}, "/ledger/9223372036854775808": {400, "has its number"}, "/ledger/-1": {400, "has its number"},
		"/ledger/01": {400, "has its number"}, "/ledger/x": {400, "has its number"}, "/ledger/10/proof": {404, "no entry 10"}, "/ledger/x/proof": {400, "has its number"}, "/ledger/9/proof": {503, "not covered by a signed head"},
		"/ledger/10/entry.json": {404, "no entry 10"}, "/ledger/consistency": {400, "Say how many"}, "/ledger/consistency?from=0": {400, "Say how many"}, "/ledger/consistency?from=10": {400, "cannot be compared"},
		"/ledger/consistency?from=x": {400, "whole number"}, "/ledger?kind=magic": {400, "must be one of intent"}, "/ledger?from=yesterday": {400, "must be a time in UTC"}, "/ledger?from=2026-11-23&until=2026-11-22": {400, "before its start"},
		"/ledger?limit=0": {400, "from 1 to 1,000"}, "/ledger?before=-1": {400, "whole number"}, "/ledger?before=99999999999999999999": {400, "whole number"}, "/ledger?actor=" + strings.Repeat("x", 257): {400, "256 bytes at most"},
		"/ledger/1/documents/" + hash: {404, "names no document"}, "/ledger/1/documents/x": {400, "SHA-256"}, "/ledger/1/documents/09" + hash[2:]: {404, "There is no document"},
	} {
		answer := ask(s, "GET", path, nil)
		if text := body(t, answer); answer.StatusCode != want.status || !strings.Contains(text, want.says) || answer.Header.Get("Content-Disposition") != "" {
			t.Errorf("%s: %d without %q, want %d", path, answer.StatusCode, want.says, want.status)
		}
	}
}

// TestLedgerProofs downloads every file and checks it with nothing but the
// public key.
func TestLedgerProofs(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	old, err := ledger.ParseCheckpoint([]byte(body(t, ask(s, "GET", "/ledger/checkpoint", nil))), b.public)
	if err != nil || old.Size != 9 {
		t.Fatalf("checkpoint of %d: %v", old.Size, err)
	}
	b.head(t)
	for index := range 10 {
		entry := ask(s, "GET", fmt.Sprintf("/ledger/%d/entry.json", index), nil)
		text := []byte(body(t, entry))
		parsed, err := ledger.ParseEntry(text)
		if err != nil || parsed.Index != int64(index) || entry.Header.Get("Content-Type") != "application/json" {
			t.Errorf("entry %d: %v", index, err)
		}
		file := ask(s, "GET", fmt.Sprintf("/ledger/%d/proof", index), nil)
		proof, err := ledger.ParseInclusion([]byte(body(t, file)), b.public)
		if err != nil || proof.Signed.Size != 10 || !strings.Contains(file.Header.Get("Content-Disposition"), fmt.Sprintf(`"%d.tlog-proof"`, index)) {
			t.Fatalf("proof of %d: %v", index, err)
		}
		if err := proof.Check(text); err != nil {
			t.Errorf("proof of %d: %v", index, err)
		}
		if proof.Check(bytes.Replace(text, []byte("p"), []byte("q"), 1)) == nil {
			t.Errorf("the proof of %d holds for another entry", index)
		}
	}
	proof, err := ledger.ParseConsistency([]byte(body(t, ask(s, "GET", "/ledger/consistency?from=9", nil))), b.public)
	if err != nil {
		t.Fatal(err)
	}
	if err := proof.Check(old); err != nil {
		t.Error(err)
	}
	old.Root[0] ^= 1
	if proof.Check(old) == nil {
		t.Error("the consistency proof holds for another log")
	}
}

// TestLedgerWithout: no head yet, no key, no entry, and trouble with signing are
// all said.
func TestLedgerWithout(t *testing.T) {
	t.Parallel()
	b := emptyBook(t)
	s := ledgerServer(t, b, nil)
	text := body(t, ask(s, "GET", "/ledger", nil))
	for _, want := range []string{"Nothing was recorded yet", "none yet", "No head with entries was signed yet"} {
		if !strings.Contains(text, want) {
			t.Errorf("an empty ledger does not say %q", want)
		}
	}
	for _, path := range []string{"/ledger/checkpoint", "/ledger/consistency?from=1"} {
		if got := ask(s, "GET", path, nil).StatusCode; got != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, got)
		}
	}
	b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ada})
	keyless := book{ledger.New(ledger.Config{DB: b.db}), b.db, b.public}
	if text := body(t, ask(ledgerServer(t, keyless, nil), "GET", "/ledger", nil)); !strings.Contains(text, "This console has no key") {
		t.Error("a console without a key does not say so")
	}
	b.head(t)
	if text := body(t, ask(s, "GET", "/ledger", nil)); !strings.Contains(text, "Every entry is covered") {
		t.Error("a signed ledger does not say so")
	}
	troubled := ledgerServer(t, b, nil, func(c *Config) { c.LedgerTrouble = func() string { return "The ledger was rewritten." } })
	if text := body(t, ask(troubled, "GET", "/ledger", nil)); !strings.Contains(text, "could not be signed") || !strings.Contains(text, "The ledger was rewritten.") {
		t.Error("trouble with signing is not said")
	}
	bare := deskServer(t, sampleDesk(t))
	if got := ask(bare, "GET", "/ledger", nil).StatusCode; got != http.StatusNotFound {
		t.Errorf("without a ledger its page is %d", got)
	}
	if strings.Contains(body(t, ask(bare, "GET", "/about", nil)), `href="/ledger"`) || !strings.Contains(body(t, ask(s, "GET", "/about", nil)), `href="/ledger"`) {
		t.Error("the side bar does not follow the ledger")
	}
}

// TestLedgerTampered shows what the pages say of a database that somebody
// changed.
func TestLedgerTampered(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	tamper := func(sql string) {
		t.Helper()
		if _, err := b.db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"ledger_entry", "ledger_checkpoint"} {
		tamper(`ALTER TABLE ` + table + ` DISABLE TRIGGER USER`)
	}
	tamper(`UPDATE ledger_entry SET body = replace(body, 'needs a second', 'needs no second') WHERE index = 3`)
	if text := body(t, ask(s, "GET", "/ledger/3", nil)); !strings.Contains(text, "The stored hashes do not prove this entry") {
		t.Error("a changed entry is shown as if it were right")
	}
	if answer := ask(s, "GET", "/ledger/3/proof", nil); answer.StatusCode != http.StatusConflict {
		t.Errorf("a proof that does not hold is handed out: %d", answer.StatusCode)
	}
	tamper(`DELETE FROM ledger_key`)
	tamper(`DELETE FROM ledger_entry WHERE index > 7`)
	if text := body(t, ask(s, "GET", "/ledger", nil)); !strings.Contains(text, "shorter than its signed head") {
		t.Error("a log that was cut off looks whole")
	}
	tamper(`UPDATE ledger_entry SET body = '{}' WHERE index = 3`)
	for _, path := range []string{"/ledger", "/ledger/3"} {
		answer := ask(s, "GET", path, nil)
		if text := body(t, answer); answer.StatusCode != http.StatusConflict || !strings.Contains(text, "ledger verify") {
			t.Errorf("%s with an entry nobody wrote: %d", path, answer.StatusCode)
		}
	}
	tamper(`UPDATE ledger_checkpoint SET note = 'nonsense'`)
	tamper(`DELETE FROM ledger_entry WHERE index = 3`)
	if text := body(t, ask(s, "GET", "/ledger", nil)); !strings.Contains(text, "does not continue its last signed head") {
		t.Error("a head nobody signed is not noticed")
	}
}

// TestHostileLedgerIsInert shows every page with an attacker's text in every
// field, and searches for that text.
func TestHostileLedgerIsInert(t *testing.T) {
	t.Parallel()
	b, docs := evilBook(t)
	s := ledgerServer(t, b, docs)
	q := url.QueryEscape(evil)
	for _, path := range []string{"/ledger", "/ledger/0", "/ledger/1", "/ledger?actor=" + q, "/ledger?subject=" + q, "/ledger?action=" + q + "&plan=" + q + "&incident=" + q, "/ledger?kind=" + url.QueryEscape(evil[:60])} {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
		shown := fieldValues.ReplaceAllString(text, "")
		for _, bad := range []string{"<script>", "<img", "\x00", "\x07", "\x1b", "\u202E", "\u2066", "\u200B", "ZgotmplZ"} {
			if at := strings.Index(shown, bad); at >= 0 {
				t.Errorf("%s lets %q through: …%s…", path, bad, shown[max(0, at-200):min(len(shown), at+60)])
			}
		}
		if found := reaches.FindString(text); found != "" {
			t.Errorf("%s has %s", path, found)
		}
	}
}

// broken is a ledger whose database does not answer.
type broken struct{ Ledger }

// List fails as a driver does.
func (broken) List(context.Context, ledger.Filter) (ledger.Page, error) {
	return ledger.Page{}, context.DeadlineExceeded
}

// TestLedgerDown: the database's trouble is a page with a kind.
func TestLedgerDown(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t), func(c *Config) { c.Ledger = broken{} })
	if got := ask(s, "GET", "/ledger", nil).StatusCode; got != http.StatusGatewayTimeout {
		t.Errorf("a slow database gives %d", got)
	}
}
