package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/mirror"
)

// fieldValues are the texts that a form keeps as they were typed.
var fieldValues = regexp.MustCompile(`(value|data-query)="[^"]*"`)

func post(form url.Values) func(*http.Request) {
	return func(r *http.Request) {
		r.Body = http.NoBody
		if form != nil {
			r.Body = readCloser{strings.NewReader(form.Encode())}
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// TestTokenStaysInTheBody shows that a credential reaches the lookup and comes
// back nowhere: not in the page, not in the log, not from the address.
func TestTokenStaysInTheBody(t *testing.T) {
	t.Parallel()
	const secret = "cioABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	var logged bytes.Buffer
	d := sampleDesk(t)
	s := deskServer(t, d, func(c *Config) {
		c.Log = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	answer := ask(s, "POST", "/tokens", post(url.Values{"token": {"  " + secret + "\r\n"}}))
	text := body(t, answer)
	if answer.StatusCode != http.StatusOK || d.pasted != secret || !strings.Contains(text, "Live: API token 7") || !strings.Contains(text, "Published with it") || !strings.Contains(text, `href="/crates/arraykit/0.3.9"`) {
		t.Errorf("lookup: %d, asked for %q", answer.StatusCode, d.pasted)
	}
	for name, err := range map[string]error{"invalid": cratewarden.Errorf(cratewarden.Invalid, "It has not the form of a credential."), "down": cratewarden.Errorf(cratewarden.Unavailable, "Down.")} {
		d.err = err
		text += body(t, ask(s, "POST", "/tokens", post(url.Values{"token": {secret}})))
		_ = name
	}
	if strings.Contains(text, secret) || strings.Contains(logged.String(), secret) {
		t.Error("the credential came back in a page or the log")
	}
	d.err, d.pasted = nil, ""
	for _, form := range []url.Values{nil, {"token": {" "}}, {"token": {strings.Repeat("x", 201)}}} {
		answer := ask(s, "POST", "/tokens?token="+secret, post(form))
		if text := body(t, answer); answer.StatusCode != http.StatusBadRequest || d.pasted != "" || strings.Contains(text, secret) {
			t.Errorf("%v: %d, asked for %q", form, answer.StatusCode, d.pasted)
		}
	}
	if ask(s, "GET", "/tokens?token="+secret, nil); d.pasted != "" {
		t.Error("a credential in the address was looked up")
	}
	foreign := ask(s, "POST", "/tokens", func(r *http.Request) {
		post(url.Values{"token": {secret}})(r)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	})
	if foreign.StatusCode != http.StatusForbidden || d.pasted != "" {
		t.Errorf("a form of another site: %d", foreign.StatusCode)
	}
}

// TestBothKindsOfToken shows the row of a trusted publishing token.
func TestBothKindsOfToken(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.token = dossier.TokenLookup{Kind: "trusted publishing token", Found: true, Truth: "It expired.", Live: &dossier.LiveToken{CreatedAt: deskTime.Add(-time.Hour), ExpiresAt: deskTime.Add(-time.Minute), Expired: true, Crates: []string{"serde", "serde_json"}, Origin: "org/repo"}}
	s := deskServer(t, d)
	text := body(t, ask(s, "POST", "/tokens", post(url.Values{"token": {"cio_tp_x"}})))
	for _, want := range []string{"trusted publishing token", "org/repo", `href="/crates/serde_json"`, "not recorded", "expired"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	d.token = dossier.TokenLookup{Kind: "API token", Truth: "The registry has none with this hash."}
	text = body(t, ask(s, "POST", "/tokens", post(url.Values{"token": {"cioX"}})))
	if !strings.Contains(text, "not found") || strings.Contains(text, "Published with it") {
		t.Error("an unknown token is not told from a known one")
	}
}

// TestPastedSecretInSearch shows that a refused search repeats nothing.
func TestPastedSecretInSearch(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.err = cratewarden.Errorf(cratewarden.Invalid, "This holds a token.")
	answer := ask(deskServer(t, d), "GET", "/search?q=cioSECRET", nil)
	if text := body(t, answer); answer.StatusCode != http.StatusBadRequest || strings.Contains(text, "cioSECRET") || !strings.Contains(text, `href="/tokens"`) {
		t.Errorf("refused search: %d", answer.StatusCode)
	}
}

// TestHostileListsAreInert shows every page with an evil text in every field,
// once with all sections and once with none.
func TestHostileListsAreInert(t *testing.T) {
	t.Parallel()
	for _, present := range []bool{true, false} {
		s := deskServer(t, hostileDesk(present))
		for _, path := range append(lookPaths(), "/search?q="+url.QueryEscape(evil), "/names?q="+url.QueryEscape(evil[:60]), "/jobs?crate="+url.QueryEscape(evil)+"&type="+url.QueryEscape(evil[:60]), "/palette?q=x", "/accounts?login="+url.QueryEscape(evil[:60]), "POST") {
			if strings.Contains(path, "after=3.3") {
				continue
			}
			method, fill := "GET", func(*http.Request) {}
			if path == "POST" {
				method, path, fill = "POST", "/tokens", post(url.Values{"token": {"x"}})
			}
			answer := ask(s, method, path, fill)
			text := body(t, answer)
			if answer.StatusCode != http.StatusOK {
				t.Errorf("%s (present: %v): %d", path, present, answer.StatusCode)
			}
			// What stands in a field is what was typed; elsewhere nothing steers.
			shown := fieldValues.ReplaceAllString(text, "")
			for _, bad := range []string{"<script>", "<img", "\x00", "\x07", "\x1b", "\u202E", "\u2066", "\u200B", "ZgotmplZ"} {
				if at := strings.Index(shown, bad); at >= 0 {
					t.Errorf("%s (present: %v) lets %q through: …%s…", path, present, bad, shown[max(0, at-200):min(len(shown), at+60)])
				}
			}
			if found := reaches.FindString(text); found != "" {
				t.Errorf("%s has %s", path, found)
			}
		}
	}
}

// TestAbsentSectionsSaySo shows that no list is silent about being away.
func TestAbsentSectionsSaySo(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	away := dossier.Section{Absent: cratewarden.NotInDump}
	a := &d.account
	a.Crates.Section, a.Former.Section, a.Tokens.Section, a.Invitations.Section, a.Publishes.Section = away, away, away, away, away
	a.Publishers.Section, a.Timeline.Section, a.Mail.Section, a.Lock.Section, a.Resembles.Section, a.Limits.Section = away, away, away, away, away, away
	d.jobs.Section, d.home.Jobs.Section, d.feed.Rows.Section, d.names.Deleted.Section, d.names.Reserved.Section, d.names.Usernames.Section = away, away, away, away, away, away
	d.versions.Section, d.owned = away, map[string]dossier.Page[dossier.OwnedCrate]{"": {Section: away}}
	d.home.Dump = &dossier.DumpSource{File: "db-dump.tar.gz", TakenAt: deskTime.Add(-24 * time.Hour), ImportedAt: deskTime, SHA256: strings.Repeat("ab", 32), Commit: "0123456789abcdef"}
	s := deskServer(t, d)
	for path, times := range map[string]int{"/": 2, "/jobs": 1, "/publishes": 1, "/names": 3, "/names?kind=deleted": 1, "/accounts/184": 9, "/accounts/184?view=tokens": 1, "/accounts/184?view=publishers": 2, "/accounts/184?view=timeline": 1,
		"/accounts/184/crates": 1, "/accounts/184/publishes": 1, "/teams/1/crates": 1} {
		text := body(t, ask(s, "GET", path, nil))
		if got := strings.Count(text, cratewarden.NotInDump); got < times {
			t.Errorf("%s says %d times what is missing, not %d", path, got, times)
		}
		if strings.Contains(text, "db-dump.tar.gz") != (path == "/") {
			t.Errorf("%s: where the dump comes from is said in the wrong place", path)
		}
	}
	for _, path := range []string{"/publishes?format=csv", "/jobs?format=csv", "/names?kind=deleted&format=csv", "/accounts/184/crates?format=csv"} {
		if got := ask(s, "GET", path, nil).StatusCode; got != http.StatusServiceUnavailable {
			t.Errorf("%s of what is away gives %d", path, got)
		}
	}
}

// TestNothingAtAll shows that an empty registry and a loading mirror are pages.
func TestNothingAtAll(t *testing.T) {
	t.Parallel()
	d := &desk{owned: map[string]dossier.Page[dossier.OwnedCrate]{"": {}, "3.3": {}}}
	s := deskServer(t, d)
	for _, path := range lookPaths() {
		if answer := ask(s, "GET", path, nil); answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, answer.StatusCode)
		}
	}
	if text := body(t, ask(s, "GET", "/", nil)); !strings.Contains(text, `hx-trigger="every 3s"`) || !strings.Contains(text, "Not loaded yet") {
		t.Error("the page does not renew itself while the mirror loads")
	}
	d.home.Mirror.Ready = true
	if text := body(t, ask(s, "GET", "/", nil)); strings.Contains(text, `hx-trigger="every 3s"`) || !strings.Contains(text, "No new version stands out") {
		t.Error("the page renews itself for ever")
	}
	d.found.Loading = []mirror.Part{mirror.PartVersions}
	if text := body(t, ask(s, "GET", "/search?q=nothing", nil)); !strings.Contains(text, "Still loading: versions") || !strings.Contains(text, "not the last word") {
		t.Error("a search of half a mirror seems complete")
	}
}

// TestPagesWithoutDatabase shows that the pages which say what is wrong stand
// when the registry's database is down.
func TestPagesWithoutDatabase(t *testing.T) {
	t.Parallel()
	const why = "The database does not answer."
	d := sampleDesk(t)
	d.home.Recent, d.home.Deleted, d.home.Downloads = nil, nil, 0
	d.home.DownloadsAbsent, d.home.RecentAbsent, d.home.DeletedAbsent = why, why, why
	d.home.Jobs = dossier.Jobs{Section: dossier.Section{Absent: why}}
	s := deskServer(t, d)
	for path, times := range map[string]int{"/": 5, "/status": 1} { // the queue is a figure and a card
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if got := strings.Count(text, why); answer.StatusCode != http.StatusOK || got != times {
			t.Errorf("%s: %d, says %d times what is missing, not %d", path, answer.StatusCode, got, times)
		}
		for _, wrong := range []string{"No crate was deleted", "No new version stands out", "The queue is empty"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s says %q of what was not read", path, wrong)
			}
		}
	}
	if text := body(t, ask(s, "GET", "/", nil)); !strings.Contains(text, "2,400") {
		t.Error("the totals of the mirror are gone")
	}
}

// TestDumpIsNotFollowed: a dump stands still, however fresh its mirror is.
func TestDumpIsNotFollowed(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	s := deskServer(t, d)
	if text := body(t, ask(s, "GET", "/status", nil)); !strings.Contains(text, "Followed up to") || strings.Contains(text, "As of the dump") {
		t.Error("a registry that lives is not said to be followed")
	}
	d.home.Dump = &dossier.DumpSource{TakenAt: deskTime.Add(-24 * time.Hour)}
	text := body(t, ask(s, "GET", "/status", nil))
	if strings.Contains(text, "Followed up to") || !strings.Contains(text, "As of the dump") || !strings.Contains(text, "2026-11-21") {
		t.Error("the dump is said to be followed")
	}
}
