package web

import (
	"encoding/csv"
	"html"
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

// lookPaths are all addresses of the pages of lists and people.
func lookPaths() []string {
	return []string{"/", "/search", "/search?q=log", "/search?q=nothing", "/publishes", "/publishes?method=token&prefix=lo&account=7&new_crate=true&since=2026-08-20&until=2026-08-21+07:15&before=99",
		"/names", "/names?q=logfern", "/names?kind=reserved", "/names?kind=usernames", "/names?kind=deleted&q=log", "/tokens", "/jobs", "/jobs?state=stuck&type=dump_db&crate=serde",
		"/accounts/184", "/accounts/184?view=tokens", "/accounts/184?view=publishers", "/accounts/184?view=timeline", "/accounts/184/crates", "/accounts/184/crates?after=3.3&limit=3", "/accounts/184/publishes",
		"/accounts?login=kumart", "/accounts?login=nobody", "/teams/1", "/teams/1/crates", "/status"}
}

var links = regexp.MustCompile(`(?:href|action|hx-get)="([^"]*)"`)

// TestLookPagesAnswer shows every page, and that every link on it is answered by
// a route of the pages or belongs to the interface for programs.
func TestLookPagesAnswer(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t))
	for _, path := range lookPaths() {
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		if answer.StatusCode != http.StatusOK || strings.Contains(text, "%!") || strings.Contains(text, "ZgotmplZ") || strings.Contains(text, "&lt;nil&gt;") {
			t.Errorf("%s: %d, or a mistake of formatting", path, answer.StatusCode)
		}
		if !strings.Contains(text, `aria-current="page"`) {
			t.Errorf("%s: no entry of the side bar is current", path)
		}
		for _, found := range links.FindAllStringSubmatch(text, -1) {
			to := html.UnescapeString(found[1])
			if strings.HasPrefix(to, "#") || strings.HasPrefix(to, "/static/") || strings.HasPrefix(to, "/api/v1/") {
				continue
			}
			target, err := url.Parse(to)
			if err != nil || target.Host != "" || target.Scheme != "" {
				t.Errorf("%s leads to %q", path, to)
				continue
			}
			method := "GET"
			if strings.Contains(found[0], "action") && to == "/tokens" {
				method = "POST"
			}
			r, _ := http.NewRequest(method, "http://127.0.0.1"+to, nil)
			if _, pattern := s.mux.Handler(r); pattern == "/" {
				t.Errorf("%s has a dead link: %s", path, to)
			}
		}
	}
}

// TestLookPagesSay looks for what a responder must see.
func TestLookPagesSay(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t))
	for path, wanted := range map[string][]string{
		"/":                           {"2,400", "20,039", "first with this token", "monitor would raise the alarm", "stuck", "Deleted last", "The last hour", "Complete: 8 parts ready"},
		"/search?q=log":               {"Looked for crates, accounts, teams and names like", `href="/crates/logfern"`, "the name starts with", "Look only among"},
		"/search?q=nothing":           {"Nothing matches", "sha:9b1f03aa", `href="/names?q=nothing"`},
		"/search":                     {"user:login", "email:example.org", "Token lookup"},
		"/publishes":                  {"looks for newer ones every 5 s", `hx-trigger="every 5s"`, "part=rows", "Stop following", "first with this token", `href="/publishes?before=`, "/api/v1/publishes", "format=csv", "After silence of"},
		"/publishes?yanked=true":      {`<a href="/publishes?yanked=true" aria-current="page">Yanked since`, `<input type="hidden" name="yanked" value="true">`},
		"/publishes?before=99":        {"Newest"},
		"/names?q=logfern":            {"not free", `href="/crates/logfern"`, "Names near it", "one letter changed"},
		"/names":                      {"Reserved names", "Reserved user names", "Deleted crates", "blocked", "until "},
		"/names?kind=deleted":         {`aria-current="page">Deleted crates`, "/names?format=csv&amp;kind=deleted", "/api/v1/names?kind=deleted"},
		"/jobs":                       {"By type", "trouble first", "<summary>Payload</summary>", "&#34;", "/jobs?format=csv", "monitor would raise the alarm"},
		"/accounts/184":               {"kumart", "Locked", "leaves open", "Owned crates", "API tokens", "Trusted publishers of owned crates", "Invitations to own a crate", "Crates owned before", "Published", "Timeline", "Resembles", "Rate limits", "masked", "Override of the default", "account 184", "Used by"},
		"/accounts/184/crates":        {"after=3.3", "/accounts/184/crates?format=csv", "/api/v1/accounts/184/crates", "3 of 8 crates"},
		"/accounts/184?view=tokens":   {"legacy, unscoped", "never", "#"},
		"/accounts?login=kumart":      {"account", "185", "Logins are not unique"},
		"/accounts?login=nobody":      {"No account has this login now or had it before"},
		"/teams/1":                    {"github:spark:publishers", "asks GitHub each time", "Owned crates"},
		"/status":                     {"The mirror is complete", "dependencies", "within 2 s", "ready"},
		"/tokens":                     {`action="/tokens" method="post" autocomplete="off"`, "not stored, logged, shown again"},
		"/accounts/184/publishes":     {"/accounts/184/publishes?format=csv", "API token"},
		"/accounts/184?view=timeline": {"newest first"},
	} {
		text := body(t, ask(s, "GET", path, nil))
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
}

// TestBadAddresses shows that what cannot be understood is a page that says what
// to do, and never a guess.
func TestBadAddresses(t *testing.T) {
	t.Parallel()
	s := deskServer(t, sampleDesk(t))
	for path, want := range map[string]string{
		"/accounts/x": "ends with its number", "/accounts/0": "ends with its number", "/accounts/99999999999": "ends with its number", "/teams/-1": "ends with its number", "/teams/x/crates": "ends with its number",
		"/accounts/184?view=secrets": "must be one of", "/accounts": "Say which login", "/accounts/184/crates?limit=0": "from 1 to 1,000", "/accounts/184/crates?limit=1001": "from 1 to 1,000", "/accounts/184/crates?after=zz": "page key",
		"/publishes?limit=many": "whole number", "/publishes?since=yesterday": "a time in UTC", "/publishes?since=2026-13-45": "a time in UTC", "/publishes?since=2026-08-21&until=2026-08-20": "before its start",
		"/publishes?method=magic": "must be one of", "/publishes?new_crate=perhaps": "true or false", "/publishes?account=-3": "whole number", "/publishes?before=3000000000": "whole number", "/publishes?format=xml": "must be one of csv",
		"/publishes?prefix=" + strings.Repeat("a", 65): "64 bytes at most", "/names?kind=all": "must be one of", "/names?format=csv": "one list", "/names?after=x": "one list", "/jobs?state=fine": "must be one of",
		"/search?q=" + strings.Repeat("a", 401): "400 bytes at most", "/search?q=%zz": "does not belong there", "/palette?q=" + strings.Repeat("a", 401): "400 bytes", "/search?limit=201&q=a": "from 1 to 200",
	} {
		answer := ask(s, "GET", path, nil)
		if text := body(t, answer); answer.StatusCode != http.StatusBadRequest || !strings.Contains(html.UnescapeString(text), want) {
			t.Errorf("%s: %d, and does not say %q", path, answer.StatusCode, want)
		}
	}
	if got := ask(s, "GET", "/accounts/2000", nil).StatusCode; got != http.StatusNotFound {
		t.Errorf("an unknown account gives %d", got)
	}
}

// TestLookErrors shows that a source in trouble is a page with its sentence.
func TestLookErrors(t *testing.T) {
	t.Parallel()
	for kind, status := range map[cratewarden.Kind]int{cratewarden.Timeout: 504, cratewarden.Unavailable: 503, cratewarden.Internal: 500} {
		d := sampleDesk(t)
		d.err = cratewarden.Errorf(kind, "The registry took longer than 5 s.")
		s := deskServer(t, d)
		for _, path := range lookPaths() {
			if path == "/search" || path == "/tokens" || path == "/accounts?login=nobody" {
				continue
			}
			if got := ask(s, "GET", path, nil).StatusCode; got != status {
				t.Errorf("%s: %d, not %d", path, got, status)
			}
		}
	}
}

// TestSearchGoesStraight leads to the only exact match, and only then.
func TestSearchGoesStraight(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.found.Hits = []mirror.Hit{{Kind: mirror.HitCrate, ID: 1, Label: "append-log"}, {Kind: mirror.HitCrate, ID: 2, Label: "append-logs"}, {Kind: mirror.HitAccount, ID: 7, Label: "twice"}, {Kind: mirror.HitCrate, ID: 3, Label: "twice"},
		{Kind: mirror.HitVersion, ID: 4, Label: "append-log@0.1.9"}, {Kind: mirror.HitDeleted, ID: 5, Label: "gone"}}
	s := deskServer(t, d)
	for path, want := range map[string]string{
		"/search?go=1&q=append_LOG": "/crates/append-log", "/search?go=1&q=append-log@0.1.9": "/crates/append-log/0.1.9", "/search?go=1&q=user:twice": "/accounts/7", "/search?go=1&q=crate:twice": "/crates/twice",
		"/search?go=1&q=twice": "", "/search?q=append-log": "", "/search?go=1&q=append": "", "/search?go=1&q=gone": "", "/accounts?login=one": "/accounts/184",
	} {
		answer := ask(s, "GET", path, nil)
		if got := answer.Header.Get("Location"); got != want || (want != "") != (answer.StatusCode == http.StatusSeeOther) {
			t.Errorf("%s leads to %q with %d", path, got, answer.StatusCode)
		}
	}
}

// TestFeedGoesOn asks for what came since, as the open page does.
func TestFeedGoesOn(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	s := deskServer(t, d)
	newest := d.feed.Rows.Rows[0].ID
	first := ask(s, "GET", "/publishes?part=rows&after="+digits(newest), nil)
	text := body(t, first)
	if first.StatusCode != http.StatusOK || !strings.Contains(text, "99.0.0") || !strings.Contains(text, "after="+digits(newest+1)) || strings.Contains(text, "<html") {
		t.Errorf("newer rows: %d\n%s", first.StatusCode, text)
	}
	if again := ask(s, "GET", "/publishes?part=rows&after="+digits(newest+1), nil); again.StatusCode != http.StatusNoContent {
		t.Errorf("without news the answer is %d", again.StatusCode)
	}
	for _, path := range []string{"/publishes?live=off", "/publishes?before=9", "/publishes?until=2026-08-20"} {
		if strings.Contains(body(t, ask(s, "GET", path, nil)), "hx-get=\"/publishes") {
			t.Errorf("%s follows all the same", path)
		}
	}
	_ = body(t, ask(s, "GET", "/publishes?method=github&account=7&prefix=a&new_crate=true&first_by=1&yanked=true&since=2026-08-20T07:15:00Z&until=2026-08-21&before=9&limit=7", nil))
	want := dossier.PublishFilter{Before: 9, Limit: 7, Method: "github", Account: 7, Prefix: "a", NewCrate: true, FirstBy: true, Yanked: true,
		Since: time.Date(2026, 8, 20, 7, 15, 0, 0, time.UTC), Until: time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC)}
	if d.filter != want {
		t.Errorf("the address was read as %+v", d.filter)
	}
}

// TestLookFiles reads the lists as CSV, with a cell that a spreadsheet would run.
func TestLookFiles(t *testing.T) {
	t.Parallel()
	d := sampleDesk(t)
	d.names.Deleted.Rows = append([]dossier.DeletedName{}, d.names.Deleted.Rows...)
	d.names.Deleted.Rows[0].Message = "=HYPERLINK(\"x\")"
	s := deskServer(t, d)
	for path, rows := range map[string]int{"/publishes?format=csv": 12, "/names?kind=deleted&format=csv": 5, "/names?kind=reserved&format=csv": 5, "/names?kind=usernames&format=csv": len(d.names.Usernames.Rows), "/jobs?format=csv": 10,
		"/accounts/184/crates?format=csv": 8, "/accounts/184/publishes?format=csv": 9, "/teams/1/crates?format=csv": 8} {
		d.feed.Rows.Next, d.names.Deleted.Next, d.names.Reserved.Next, d.names.Usernames.Next, d.jobs.Rows.Next, d.versions.Next = "", "", "", "", "", ""
		answer := ask(s, "GET", path, nil)
		text := body(t, answer)
		table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(table) != rows+1 {
			t.Errorf("%s: %d rows, not %d (%v)", path, len(table)-1, rows, err)
		}
		if h := answer.Header; !strings.HasPrefix(h.Get("Content-Type"), "text/csv") || !strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="`) {
			t.Errorf("%s: headers %v", path, h)
		}
		if strings.Contains(path, "deleted") && !strings.Contains(text, "'=HYPERLINK") {
			t.Errorf("a formula would run: %s", text)
		}
	}
}

// TestGatherStops shows that a list whose keys never end ends all the same.
func TestGatherStops(t *testing.T) {
	t.Parallel()
	n := 0
	rows, next, err := gather("", func(_ string, limit int) (dossier.Page[int], error) {
		n++
		return dossier.Page[int]{Rows: make([]int, limit), Next: digits(n)}, nil
	})
	if err != nil || len(rows) != exportMost || next == "" {
		t.Errorf("%d rows, next %q, %v", len(rows), next, err)
	}
	if rows, _, err = gather("a", func(string, int) (dossier.Page[int], error) { return dossier.Page[int]{Rows: []int{1}, Next: "a"}, nil }); err != nil || len(rows) != 1 {
		t.Errorf("a key that stands still: %d rows, %v", len(rows), err)
	}
	absent := dossier.Page[int]{Section: dossier.Section{Absent: cratewarden.NotInDump}}
	if _, _, err = gather("", func(string, int) (dossier.Page[int], error) { return absent, nil }); cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Errorf("a list that is away: %v", err)
	}
}
