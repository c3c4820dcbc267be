package client_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/api"
	"cratewarden/api/client"
	"cratewarden/notify"
	"cratewarden/pg"
	"cratewarden/telemetry/logtest"
)

// TestNotices lists, shows, resends and tries channels through the interface.
func TestNotices(t *testing.T) {
	t.Parallel()
	b := start(t)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	s, err := notify.New(notify.Config{Console: b.db, Ledger: b.log, Channels: []notify.Channel{{ID: "ops", Type: notify.Webhook, URL: hook.URL + "/topsecret", Taking: notify.Taking{Kinds: []string{"passkey.*"}},
		Secrets: func() ([]string, error) { return []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	err = pg.InTx(t.Context(), b.db, func(tx pgx.Tx) error {
		for _, n := range []notify.Notice{{Kind: "passkey.added", Title: "One", Plan: "P-1"}, {Kind: "break-glass", Title: "Two"}} {
			if err := s.Tell(t.Context(), tx, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = s.Sweep(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api.New(api.Config{Log: logtest.Logger(t), Notices: s, Auth: lets(action.Actor{ID: "p2", Name: "Bo", Session: "s1"})}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL)
	if err == nil {
		err = c.Use("good")
	}
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"": 2, "state=sent": 1, "state=given+up": 1, "kind=passkey.added": 1, "plan=P-1": 1, "channel=none": 1, "limit=1": 1, "before=1": 0, "person=p9": 0} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := c.Notices(t.Context(), q); err != nil || len(list.Rows) != want || (list.Next != 0) != (query == "limit=1") {
			t.Errorf("%s: %+v %v", query, list, err)
		}
	}
	for _, query := range []string{"state=lost", "limit=501", "before=-1"} {
		q, _ := url.ParseQuery(query)
		if _, err := c.Notices(t.Context(), q); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%s: %v", query, err)
		}
	}
	if d, err := c.Notice(t.Context(), 1); err != nil || d.Title != "One" || d.State != notify.Sent {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := c.Notice(t.Context(), 99); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Error(err)
	}
	if l, err := c.NoticeChannels(t.Context()); err != nil || len(l.Rows) != 1 || l.Rows[0].ID != "ops" {
		t.Errorf("%+v %v", l, err)
	}
	if d, err := c.ResendNotice(t.Context(), 1); err != nil || d.AgainOf != 1 || d.AskedBy != "p2" {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := c.ResendNotice(t.Context(), 2); cratewarden.KindOf(err) != cratewarden.Conflict || !strings.Contains(err.Error(), "No channel takes") {
		t.Error(err)
	}
	if d, err := c.TestChannel(t.Context(), "ops"); err != nil || d.Kind != "test" || d.Title != "Test message by Bo" {
		t.Errorf("%+v %v", d, err)
	}
	if _, err := c.TestChannel(t.Context(), "fax"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Error(err)
	}
	bare := httptest.NewServer(api.New(api.Config{Log: logtest.Logger(t), Auth: lets(action.Actor{ID: "p2"})}))
	t.Cleanup(bare.Close)
	if c, err = client.New(bare.URL); err == nil {
		err = c.Use("good")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Notices(t.Context(), nil); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Error(err)
	}
}
