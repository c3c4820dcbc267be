package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden/access"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/web/webtest"
)

// board is a real notify.Service whose only webhook answers as told.
type board struct {
	*notify.Service
	book   book
	status int
}

func newBoard(t testing.TB) *board {
	t.Helper()
	b := &board{book: emptyBook(t), status: http.StatusOK}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(b.status) }))
	t.Cleanup(server.Close)
	var err error
	b.Service, err = notify.New(notify.Config{Console: b.book.db, Ledger: b.book.Log, Label: "harbor", Channels: []notify.Channel{
		{ID: "ops", Type: notify.Webhook, URL: server.URL + "/topsecret", Taking: notify.Taking{Kinds: []string{"passkey.*", "test"}}, Secrets: func() ([]string, error) { return []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *board) tell(t testing.TB, list ...notify.Notice) {
	t.Helper()
	err := pg.InTx(t.Context(), b.book.db, func(tx pgx.Tx) error {
		for _, n := range list {
			if err := b.Tell(t.Context(), tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = b.Sweep(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func noticeServer(t testing.TB, b *board, d *doorman) *Server {
	t.Helper()
	return deskServer(t, sampleDesk(t), func(c *Config) { c.Notices, c.Auth = b, d })
}

func TestNoticePages(t *testing.T) {
	t.Parallel()
	b, d := newBoard(t), as(responder)
	s := noticeServer(t, b, d)
	reads(t, "an empty list", body(t, ask(s, "GET", "/notices", nil)), "Nobody was told anything yet", "ops", "takes passkey.*, test", `action="/notices/channels/ops/test"`, "!topsecret", "!whsec")
	b.tell(t, notify.Notice{Kind: "passkey.added", Title: "Ada added <b>a</b> passkey", Text: "One.\nTwo.", Path: "/people/p1", Plan: "p12", Urgent: true})
	b.status = http.StatusInternalServerError
	b.tell(t, notify.Notice{Kind: "passkey.removed", Title: "Ada removed a passkey"}, notify.Notice{Kind: "break-glass", Title: "Glass"})
	for query, want := range map[string]string{
		"": "added removed Glass", "kind=passkey.added": "added", "state=sent": "added", "state=failed": "removed", "state=given+up": "Glass", "channel=ops": "added removed", "channel=none": "Glass", "plan=p12": "added", "person=p9": "", "limit=1": "Glass", "before=2": "added",
	} {
		answer := ask(s, "GET", "/notices?"+query, nil)
		text := body(t, answer)
		for _, word := range []string{"added", "removed", "Glass"} {
			if title := map[string]string{"added": "Ada added &lt;b&gt;a&lt;/b&gt; passkey", "removed": "Ada removed a passkey", "Glass": ">Glass<"}[word]; strings.Contains(text, title) != strings.Contains(want, word) {
				t.Errorf("%q shows %q: %v", query, word, !strings.Contains(want, word))
			}
		}
		if want == "" && !strings.Contains(text, "No message passes the filter") {
			t.Errorf("%q: an empty list does not say why", query)
		}
	}
	for _, query := range []string{"kind=x", "state=x", "channel=x", "limit=501", "before=x"} {
		if status := ask(s, "GET", "/notices?"+query, nil).StatusCode; status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, status)
		}
	}
	reads(t, "the list", body(t, ask(s, "GET", "/notices?limit=1", nil)), "before=3", "/api/v1/notices?limit=1", "No channel takes notices of this kind")
	reads(t, "a sent one", body(t, ask(s, "GET", "/notices/1", nil)), "Send again", "urgent", "One.", "Two.", `href="/people/p1"`, "p12", `action="/notices/1/resend"`)
	none := body(t, ask(s, "GET", "/notices?channel=none", nil))
	reads(t, "one for nobody", none[strings.Index(none, "<tbody"):], "nobody to send to", "!given up", "!badge bad")
	reads(t, "a failed one", body(t, ask(s, "GET", "/notices/2", nil)), "Try now", "status 500", "Next try")
	for _, path := range []string{"/notices/99", "/notices/x", "/notices/-1"} {
		if status := ask(s, "GET", path, nil).StatusCode; status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	csv := body(t, ask(s, "GET", "/notices?format=csv&channel=ops", nil))
	if !strings.HasPrefix(csv, "id,notice,ordered_at,") || strings.Count(csv, "\n") != 3 {
		t.Errorf("file:\n%s", csv)
	}
}

func TestNoticeForms(t *testing.T) {
	t.Parallel()
	b, d := newBoard(t), as(responder)
	s := noticeServer(t, b, d)
	b.tell(t, notify.Notice{Kind: "passkey.added", Title: "Ada added a passkey"}, notify.Notice{Kind: "break-glass", Title: "Glass"})
	answer := send2(s, "/notices/1/resend", nil, nil)
	if to := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || to != "/notices/3" {
		t.Errorf("%d to %q", answer.StatusCode, to)
	}
	reads(t, "the copy", body(t, ask(s, "GET", "/notices/3", nil)), `href="/notices/1"`, "Wanted by", "waiting")
	answer = send2(s, "/notices/2/resend", nil, nil)
	reads(t, "what nobody takes", body(t, answer), "No channel takes notices of this kind yet", "Glass")
	if answer.StatusCode != http.StatusConflict {
		t.Error(answer.StatusCode)
	}
	if answer = send2(s, "/notices/channels/ops/test", nil, nil); answer.Header.Get("Location") != "/notices/4" {
		t.Errorf("%d to %q", answer.StatusCode, answer.Header.Get("Location"))
	}
	if status := send2(s, "/notices/channels/fax/test", nil, nil).StatusCode; status != http.StatusNotFound {
		t.Error(status)
	}
	if !strings.Contains(strings.Join(d.asked, " "), "notice.resend") {
		t.Errorf("asked %v", d.asked)
	}
	d.refuse["notice.resend"] = needsStepUp("notice.resend")
	reads(t, "without a step-up", body(t, send2(s, "/notices/1/resend", nil, nil)), "Confirm it is you", `value="/notices/1/resend"`)
	d.refuse["notice.resend"] = &access.Denied{Act: "notice.resend", Denials: []access.Denial{{Rule: access.RuleRole, Why: "Your roles do not include it."}}}
	if status := send2(s, "/notices/1/resend", nil, nil).StatusCode; status != http.StatusForbidden {
		t.Error(status)
	}
	for _, path := range []string{"/notices", "/notices/1"} {
		reads(t, path, body(t, ask(s, "GET", path, nil)), "Your roles do not include it.", `aria-disabled="true"`, "!/resend\"", "!/test\"")
	}
}

// A console without notices has no page of them and no link to one.
func TestWithoutNotices(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t), func(c *Config) { c.Auth = as(responder) })
	if status := ask(s, "GET", "/notices", nil).StatusCode; status != http.StatusNotFound {
		t.Error(status)
	}
	reads(t, "the frame", body(t, ask(s, "GET", "/about", nil)), `!href="/notices"`)
}

// evilBoard answers with hostile text in every field.
type evilBoard struct{ Notices }

func (evilBoard) delivery() notify.Delivery {
	at := deskTime
	return notify.Delivery{ID: 7, Notice: 3, Kind: evil, Title: evil, Text: evil, Path: "javascript:alert(1)", Plan: evil, Channel: "mail", Person: evil, Name: evil, Mail: evil, State: notify.Failed, Tries: 2, Problem: evil, NextAt: &at, At: at, SentAt: &at, AgainOf: 2, AskedBy: evil}
}

func (b evilBoard) List(context.Context, notify.Filter) (notify.Page, error) {
	other := b.delivery()
	other.Channel, other.Urgent = evil, true
	return notify.Page{Rows: []notify.Delivery{b.delivery(), other}, Next: 7}, nil
}

func (b evilBoard) Get(context.Context, int64) (notify.Delivery, error) { return b.delivery(), nil }

func (evilBoard) Channels() []notify.ChannelInfo {
	return []notify.ChannelInfo{{ID: evil, Type: evil, Kinds: []string{evil}}}
}

func TestHostileNoticesAreInert(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t), func(c *Config) { c.Notices, c.Auth = evilBoard{}, as(responder) })
	for _, path := range []string{"/notices", "/notices?plan=" + url.QueryEscape(evil) + "&person=" + url.QueryEscape(evil), "/notices/7"} {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
		shown := fieldValues.ReplaceAllString(text, "")
		for _, bad := range []string{"<script>", "<img", "\x00", "\x07", "\x1b", "\u202E", "\u2066", "\u200B", "ZgotmplZ", `href="javascript`} {
			if at := strings.Index(shown, bad); at >= 0 {
				t.Errorf("%s lets %q through: …%s…", path, bad, shown[max(0, at-200):min(len(shown), at+60)])
			}
		}
		if found := reaches.FindString(text); found != "" {
			t.Errorf("%s has %s", path, found)
		}
	}
	csv := body(t, ask(s, "GET", "/notices?format=csv", nil))
	if !strings.HasPrefix(csv, "id,") {
		t.Errorf("%.100s", csv)
	}
}

func TestNoticesInABrowser(t *testing.T) {
	t.Parallel()
	b, d := newBoard(t), as(responder)
	site := webtest.Serve(t, noticeServer(t, b, d))
	b.tell(t, notify.Notice{Kind: "passkey.added", Title: "Ada added a passkey", Text: "It is called “laptop”.", Path: "/about", Urgent: true}, notify.Notice{Kind: "break-glass", Title: "Bo broke the glass on plan p12", Plan: "p12"})
	b.status = http.StatusInternalServerError
	b.tell(t, notify.Notice{Kind: "passkey.removed", Title: "Ada removed a passkey"})
	p := site.Open(t, "/notices")
	p.Click(`form[action="/notices/channels/ops/test"] button`)
	eventually(t, p, "document.readyState + !!document.body?.textContent.includes('Test message by')", "completetrue")
	for name, path := range map[string]string{"list": "/notices", "empty": "/notices?plan=x", "sent": "/notices/1", "failed": "/notices/3"} {
		p.Go(path)
		looks(t, p, "notices-"+name)
	}
	p = webtest.Serve(t, deskServer(t, sampleDesk(t), func(c *Config) { c.Notices, c.Auth = evilBoard{}, as(responder) })).Open(t, "/notices")
	looks(t, p, "evil-notices")
}
