package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cratewarden/ledger"
	"cratewarden/web/webtest"
)

// TestLedgerEntry reads entries of every kind.
func TestLedgerEntry(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	for index, wants := range map[int][]string{
		0: {"is part of the signed log of 9 entries", "sign-in", `<code>s-1</code>`},
		1: {"Contains malware.", "Seen by the night shift.", "outsiders may see it", "never leaves the console", `href="/accounts/42">42`, `href="/ledger?plan=P-1"`, `href="/ledger?incident=I-7"`, `href="/ledger?subject=crate%3Aserde"`,
			`<a href="/ledger?actor=p2">Bob</a>`, "session s-2", "7731", "answered by", `<a href="/ledger/2">#2</a>`, `href="/ledger/1/proof"`, `href="/ledger/1/entry.json"`, `data-copy="` + ledgerLeaf(t, b, 1),
			"versions/123", "no row", `href="/ledger/1/documents/` + ledger.Digest{9}.String(), `&#34;kind&#34;:&#34;intent&#34;`},
		2: {"it answers", `<a href="/ledger/1">#1</a>`, "Found after a restart.", "recovered"},
		3: {"refusal", "rule", "needs a second person"},
		4: {"There is no outcome yet"},
		5: {"sealed", "Opening it is recorded", "answered by", `<a href="/ledger/6">#6</a>`},
		6: {"opening", "it answers", `<a href="/ledger/5">#5</a>`},
		7: {"erased", "nobody can read it again", `<a href="/ledger/8">#8</a>`},
		8: {"erasure", `<a href="/ledger/7">#7</a>`},
		9: {"Not signed yet", "No signed head holds it yet."},
	} {
		answer := ask(s, "GET", fmt.Sprintf("/ledger/%d", index), nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("entry %d: %d", index, answer.StatusCode)
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("entry %d lacks %s", index, want)
			}
		}
		if strings.Contains(text, "private.example") {
			t.Errorf("entry %d shows personal data", index)
		}
	}
	if text := body(t, ask(s, "GET", "/ledger/9", nil)); strings.Contains(text, `href="/ledger/9/proof"`) || strings.Contains(text, `href="/ledger/10"`) || !strings.Contains(text, `href="/ledger/8">Entry before`) {
		t.Error("what is not there is offered")
	}
	if text := body(t, ask(s, "GET", "/ledger/0", nil)); strings.Contains(text, "Entry before") || !strings.Contains(text, `href="/ledger/1">Entry after`) {
		t.Error("the first entry does not lead on")
	}
}

func ledgerLeaf(t *testing.T, b book, index int64) string {
	t.Helper()
	record, err := b.Get(t.Context(), index)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(record.Hash().String(), "+", "&#43;")
}

// rowOf is the markup of a line of the rows.
func rowOf(key, column, before, after string) string {
	cell := func(label, text string) string { return `<td data-label="` + label + `">` + text + `</td>` }
	return cell("Column", "<code>"+column+"</code>") + cell("Before", before) + cell("After", after)
}

// TestLedgerRows shows only what differs of a changed row, and the whole of one
// that came or went.
func TestLedgerRows(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	s := ledgerServer(t, b, docs)
	text := body(t, ask(s, "GET", "/ledger/1", nil))
	for _, want := range []string{
		"4 rows in 3 tables", "2 changed", "1 inserted", "1 deleted", "by the database", "step 2",
		rowOf("123", "yanked", "<code>false</code>", "<code>true</code>"), rowOf("123", "yank_message", `<span class="muted">null</span>`, `<code>&#34;malware&#34;</code>`),
		rowOf("9", "action", `<span class="muted">–</span>`, `<code>&#34;yank&#34;</code>`), rowOf("9", "user_id", `<span class="muted">–</span>`, `<code>42</code>`),
		rowOf("3.42", "invited_user_id", "<code>42</code>", `<span class="muted">–</span>`), ">Download all</a>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the rows lack %s", want)
		}
	}
	if strings.Contains(text, rowOf("123", "id", "<code>123</code>", "<code>123</code>")) {
		t.Error("a column that stayed as it was is shown")
	}
	record, err := b.Get(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	file := ask(s, "GET", documentURL(&record.Entry, record.Entry.Documents[0]), nil)
	if got := body(t, file); got != sampleRows || file.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("download: %v\n%s", file.Header, got)
	}
}

// TestLedgerDocumentsAreHeldToTheirHash: another document in the store, none,
// one of another form, and no store at all.
func TestLedgerDocumentsAreHeldToTheirHash(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	d := func() ledger.Document {
		record, err := b.Get(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return record.Entry.Documents[0]
	}()
	s := ledgerServer(t, b, docs)
	docs[d.SHA256] = []byte(strings.Replace(sampleRows, "malware", "mistake", 1))
	if text := body(t, ask(s, "GET", "/ledger/1", nil)); !strings.Contains(text, "not the one that was recorded") || strings.Contains(text, "mistake") {
		t.Error("an exchanged document is shown")
	}
	if answer := ask(s, "GET", "/ledger/1/documents/"+d.SHA256.String(), nil); answer.StatusCode != http.StatusConflict || strings.Contains(body(t, answer), "mistake") {
		t.Errorf("an exchanged document is handed out: %d", answer.StatusCode)
	}
	delete(docs, d.SHA256)
	if text := body(t, ask(s, "GET", "/ledger/1", nil)); !strings.Contains(text, "There is no document") || !strings.Contains(text, d.SHA256.String()) {
		t.Error("a lost document is not said to be lost")
	}
	bare := ledgerServer(t, b, nil)
	if text := body(t, ask(bare, "GET", "/ledger/1", nil)); !strings.Contains(text, "keeps none yet") || !strings.Contains(text, d.SHA256.String()) || strings.Contains(text, "/documents/") {
		t.Error("without a store the hashes are not shown")
	}
	if got := ask(bare, "GET", "/ledger/1/documents/"+d.SHA256.String(), nil).StatusCode; got != http.StatusServiceUnavailable {
		t.Errorf("without a store a document is %d", got)
	}
}

// TestLedgerRowsOddities: a document that goes on too long, holds what must not
// be shown, or is none.
func TestLedgerRowsOddities(t *testing.T) {
	t.Parallel()
	b, docs := emptyBook(t), cabinet{}
	var long strings.Builder
	for i := range rowsMost + 50 {
		fmt.Fprintf(&long, `{"step":1,"table":"versions","key":"k%d","before":{"a":1},"after":{"a":2}}`+"\n", i)
	}
	wide := `{"table":"emails","key":"1","before":{"email":"mallory@private.example","token":"SECRET1","user_id":3},"after":null}
{"table":"api_tokens","key":"2","before":{"token":"\\xSECRET2","revoked":false},"after":{"token":"\\xSECRET3","revoked":true}}
{"table":"crates","key":"3","before":{"description":"` + strings.Repeat("é", 500) + `"},"after":{"description":null}}
{"table":"crates","key":"4","before":{"a":1},"after":{"a":1}}
`
	for _, text := range []string{long.String(), wide, "{\"table\":\"crates\",\"key\":\"1\",\"before\":null,\"after\":{\"x\":1}}\nnot json SECRET4\n", ""} {
		b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ada, Documents: []ledger.Document{docs.put("rows", text)}})
	}
	b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ada, Documents: []ledger.Document{{Name: "rows", SHA256: ledger.Digest{7}, Bytes: rowsBytesMost + 1}}})
	b.append(t, ledger.Entry{Kind: ledger.Note, Actor: ada, Documents: []ledger.Document{docs.put("effect", `{"rows":[{"table":"emails","before":{"email":"SECRET5"}}]}`)}},
		ledger.Entry{Kind: ledger.Note, Actor: ada, Documents: []ledger.Document{docs.put("steps", `[{"kind":"version.yank","email":null}]`)}})
	s := ledgerServer(t, b, docs)
	for index, wants := range [][]string{
		{"200 of 250 rows are shown.", "250 changed", "k199", "Download all"},
		{"m••••@•••••.example", "••••", "no column differs", "in all", "Mail addresses and secrets are masked"},
		{"Not all could be read", "Line 2 is not a row", "1 inserted"},
		{"0 rows in 0 tables"},
		{"download it below"},
	} {
		answer := ask(s, "GET", fmt.Sprintf("/ledger/%d", index), nil)
		text := body(t, answer)
		for _, want := range wants {
			if answer.StatusCode != http.StatusOK || !strings.Contains(text, want) {
				t.Errorf("entry %d: %d without %q", index, answer.StatusCode, want)
			}
		}
		for _, bad := range []string{"SECRET", "mallory", "k200"} {
			if strings.Contains(text, bad) {
				t.Errorf("entry %d shows %s", index, bad)
			}
		}
	}
	for index, want := range []int{200, 403, 403, 200, 404, 403, 200} {
		record, err := b.Get(t.Context(), int64(index))
		if err != nil {
			t.Fatal(err)
		}
		answer := ask(s, "GET", documentURL(&record.Entry, record.Entry.Documents[0]), nil)
		if text := body(t, answer); answer.StatusCode != want || strings.Contains(text, "SECRET") {
			t.Errorf("document of entry %d: %d, want %d", index, answer.StatusCode, want)
		}
	}
}

// TestLedgerInABrowser looks at the pages wide and narrow, in both colours, with
// tame and with hostile entries, and walks through them by keys.
func TestLedgerInABrowser(t *testing.T) {
	t.Parallel()
	b, docs := sampleBook(t)
	p := webtest.Serve(t, ledgerServer(t, b, docs)).Open(t, "/ledger")
	look := func(p *webtest.Page, name, path string) {
		p.Go(path)
		p.Screenshot(name, 390, "light")
		p.CheckAxe()
		p.Screenshot(name, 1440, "dark")
		p.CheckAxe()
	}
	look(p, "ledger", "/ledger")
	look(p, "ledger-none", "/ledger?actor=nobody")
	for _, index := range []string{"1", "2", "4", "7", "9"} {
		look(p, "ledger-entry-"+index, "/ledger/"+index)
	}
	for _, path := range []string{"/ledger", "/ledger/1"} {
		p.Go(path)
		p.Fits(path, 1024, "light")
	}
	p.Look(1440, "light")
	p.Go("/about")
	p.Press("l")
	eventually(t, p, "location.pathname + document.readyState", "/ledgercomplete")
	p.Press("j")
	eventually(t, p, focused, "#9")
	p.Press("j\r")
	eventually(t, p, "location.pathname + document.readyState", "/ledger/8complete")
	p.Click("#raw summary")
	p.CheckAxe()
	p.Scripts(false)
	p.Go("/ledger?kind=intent")
	p.Click(".filter button")
	eventually(t, p, `new URLSearchParams(location.search).get("kind")`, "intent")
	evilOnes, evilDocs := evilBook(t)
	h := webtest.Serve(t, ledgerServer(t, evilOnes, evilDocs)).Open(t, "/ledger")
	look(h, "evil-ledger", "/ledger")
	look(h, "evil-ledger-entry", "/ledger/1")
}
