package api

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cratewarden/incident"
	"cratewarden/telemetry/logtest"
)

// feedKeeper has a feed that two keys sign.
type feedKeeper struct {
	caseKeeper
	feed incident.Feed
}

func (k *feedKeeper) Feed(context.Context) (incident.Feed, error) { return k.feed, nil }

// Everybody may keep the feed for a moment and ask whether it is still that one;
// a signature says to which document it belongs, and each key's can be had.
func TestFeedIsKeptAndAskedForAgain(t *testing.T) {
	t.Parallel()
	k := &feedKeeper{feed: incident.Feed{
		JSON: []byte(`{"entries":[]}`), Atom: []byte("<feed/>"), PublicKeys: []byte("keys"), Updated: time.Date(2026, 8, 20, 9, 26, 0, 0, time.UTC),
		Sigs: []incident.FeedSig{{KeyID: "00aa", Sig: []byte("first")}, {KeyID: "00bb", Sig: []byte("second")}},
	}}
	h := New(Config{Log: logtest.Logger(t), Dossiers: &fake{}, Incidents: k, Plans: &planner{}, Auth: ada()})
	get := func(path, match string) *httptest.ResponseRecorder {
		rec, req := httptest.NewRecorder(), httptest.NewRequest("GET", Prefix+path, nil)
		if match != "" {
			req.Header.Set("If-None-Match", match)
		}
		h.ServeHTTP(rec, req)
		return rec
	}
	tags := map[string]string{}
	for path, body := range map[string]string{
		"/takedowns.json": `{"entries":[]}`, "/takedowns.atom": "<feed/>", "/takedowns.pem": "keys", "/takedowns.json.sig": "first", "/takedowns.json.sig?key=00bb": "second", "/takedowns.json.sig?key=00aa": "first",
	} {
		rec := get(path, "")
		tag := rec.Header().Get("ETag")
		if rec.Code != 200 || rec.Body.String() != body || rec.Header().Get("Cache-Control") != "public, max-age=30" || len(tag) != 34 || rec.Header().Get("Last-Modified") != "Thu, 20 Aug 2026 09:26:00 GMT" {
			t.Errorf("%s: %d %q %v", path, rec.Code, rec.Body, rec.Header())
		}
		tags[path] = tag
		for _, match := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			if rec := get(path, match); rec.Code != 304 || rec.Body.Len() != 0 || rec.Header().Get("ETag") != tag {
				t.Errorf("%s with %s: %d %q", path, match, rec.Code, rec.Body)
			}
		}
		if rec := get(path, `"other"`); rec.Code != 200 || rec.Body.String() != body {
			t.Errorf("%s with another tag: %d", path, rec.Code)
		}
	}
	if tags["/takedowns.json"] != tags["/takedowns.json.sig"] || tags["/takedowns.json"] == tags["/takedowns.atom"] {
		t.Errorf("%v", tags)
	}
	if rec := get("/takedowns.json.sig?key=00cc", ""); rec.Code != 404 || !strings.Contains(rec.Body.String(), "takedowns.pem") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
	k.feed.JSON = []byte(`{"entries":[1]}`)
	if rec := get("/takedowns.json", tags["/takedowns.json"]); rec.Code != 200 {
		t.Errorf("a changed feed is called the same: %d", rec.Code)
	}
}
