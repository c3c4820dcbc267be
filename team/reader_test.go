package team_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
	"cratewarden/team"
)

const wholeList = `1815 Ada Lovelace | remover by team crates-io | responder by permission crates_io_admin | responder by team crates-io | viewer by permission crates_io_admin | viewer by team crates-io-on-call | on call
1912 Alan Turing | remover by team crates-io | responder by permission crates_io_admin | responder by team crates-io | viewer by permission crates_io_admin
1906 Grace Hopper | remover by team crates-io | responder by team crates-io
1918 Katherine Johnson | viewer by team crates-io-on-call | on call
2889664 二手掉包工程师 | responder by permission crates_io_admin | viewer by permission crates_io_admin
`

func TestDocumentsBecomePeople(t *testing.T) {
	t.Parallel()
	a := serve(t)
	for _, url := range []string{a.URL + "/v1", a.URL + "/v1/", filepath.Join("testdata", "v1")} {
		s := fresh(t, open(t, team.Config{URL: url, Sources: mapping(),
			Links: map[int64][]team.Identity{1815: {{Provider: "sso", Subject: "ada@sso"}}, 5: {{Provider: "sso", Subject: "x"}}},
			TeamNumbers: func(_ context.Context, logins []string) (map[string]int64, error) {
				if diff := cmp.Diff([]string{"github:rust-lang:crates-io", "github:rust-lang:libs"}, logins); diff != "" {
					t.Error(diff)
				}
				return map[string]int64{"github:rust-lang:libs": 77}, nil
			}}))
		if diff := cmp.Diff(wholeList, words(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", url, diff)
		}
		ada, _ := s.Find("1815")
		alan, _ := s.Find("1912")
		if len(ada.Identities) != 1 || ada.Login != "ada" || !s.KnowsOnCall || s.Problem != "" || len(s.Notes) > 0 {
			t.Errorf("ada %+v, problem %q, notes %q", ada, s.Problem, s.Notes)
		}
		if diff := cmp.Diff([]string{"github:rust-lang:crates-io", "github:rust-lang:libs"}, alan.TeamLogins); diff != "" || len(alan.Teams) != 1 || alan.Teams[0] != 77 {
			t.Errorf("teams of alan: %v %v", alan.TeamLogins, alan.Teams)
		}
	}
}

// Two teams of similar names have been confused before: the list tells their
// kinds and sizes, and which of them gives nothing.
func TestSimilarTeamsAreToldApart(t *testing.T) {
	t.Parallel()
	s := fresh(t, open(t, team.Config{URL: serve(t).URL + "/v1", Sources: mapping()}))
	var got []string
	for _, i := range s.Sources {
		got = append(got, fmt.Sprintf("%s %s (%s) under %q, %d people, %v, like %q", i.Kind, i.Name, i.Title, i.Parent, i.People, i.Roles, i.Similar))
	}
	want := []string{
		`permission crates_io_admin () under "", 3 people, [viewer responder], like ["team crates-io"]`,
		`team crates-io (Crates.io team) under "dev-tools", 3 people, [responder remover], like ["permission crates_io_admin" "marker team crates-io-on-call" "marker team crates-io-infra-admins"]`,
		`marker team crates-io-on-call () under "crates-io", 2 people, [viewer], like ["team crates-io"]`,
		`marker team crates-io-infra-admins () under "infra", 1 people, [], like ["team crates-io"]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

// Whatever is wrong with one document, the last whole list stays and says why
// it is old.
func TestBrokenDocumentsNeverReplaceTheList(t *testing.T) {
	t.Parallel()
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!doctype html><title>Sign in to the network</title>"))
	}
	for name, harm := range map[string]func(a *api){
		"a web page with 200": func(a *api) { a.instead(page) },
		"a web page that calls itself JSON": func(a *api) {
			a.set("teams/crates-io.json", "<html>{}</html>")
		},
		"down":             func(a *api) { a.instead(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }) },
		"gone":             func(a *api) { a.instead(http.NotFound) },
		"half a document":  func(a *api) { a.replace("teams/crates-io.json", `"alumni"`, "\x00") },
		"cut off":          func(a *api) { a.set("permissions/crates_io_admin.json", `{"people":[`) },
		"no people":        func(a *api) { a.set("permissions/crates_io_admin.json", `{}`) },
		"null people":      func(a *api) { a.set("permissions/crates_io_admin.json", `{"people":null}`) },
		"other case":       func(a *api) { a.set("permissions/crates_io_admin.json", `{"People":[]}`) },
		"null":             func(a *api) { a.set("teams/crates-io.json", `null`) },
		"twice":            func(a *api) { a.set("permissions/crates_io_admin.json", `{"people":[],"people":[]}`) },
		"two documents":    func(a *api) { a.set("permissions/crates_io_admin.json", `{"people":[]}{}`) },
		"text for number":  func(a *api) { a.replace("permissions/crates_io_admin.json", `1912,`, `"1912",`) },
		"negative number":  func(a *api) { a.replace("permissions/crates_io_admin.json", `1912,`, `-1912,`) },
		"huge number":      func(a *api) { a.replace("permissions/crates_io_admin.json", `1912,`, `9007199254740993,`) },
		"fraction":         func(a *api) { a.replace("permissions/crates_io_admin.json", `1912,`, `1912.5,`) },
		"number missing":   func(a *api) { a.replace("permissions/crates_io_admin.json", `"github_id": 1912,`, ``) },
		"another team":     func(a *api) { a.replace("teams/crates-io.json", `"crates-io"`, `"crates-io-on-call"`) },
		"all teams broken": func(a *api) { a.set("teams.json", `{"crates-io": {}}`) },
		"too large": func(a *api) {
			a.set("permissions/crates_io_admin.json", `{"people":[],"x":"`+strings.Repeat("x", 3<<20)+`"}`)
		},
		"deep": func(a *api) {
			a.set("permissions/crates_io_admin.json", strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000))
		},
		"slow": func(a *api) {
			a.instead(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-time.After(5 * time.Second):
				}
			})
		},
		"nobody": func(a *api) {
			a.set("permissions/crates_io_admin.json", `{"people":[]}`)
			a.set("teams/crates-io.json", `{"name":"crates-io","kind":"team","members":[]}`)
			a.set("teams/crates-io-on-call.json", `{"name":"crates-io-on-call","kind":"marker_team","members":[]}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, c := serve(t), newClock()
			r := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), Clock: c.now, Timeout: time.Second})
			before := fresh(t, r)
			c.move(time.Minute)
			harm(a)
			s, err := r.Fresh(t.Context(), 0)
			if cratewarden.KindOf(err) != cratewarden.Unavailable {
				t.Fatalf("read: %v", err)
			}
			if diff := cmp.Diff(wholeList, words(s)); diff != "" || !s.At.Equal(before.At) || s.Problem == "" {
				t.Errorf("the list is %s, of %s, problem %q", diff, s.At, s.Problem)
			}
			if strings.ContainsAny(s.Problem, "\x00\n") || len(s.Problem) > 400 {
				t.Errorf("problem %q", s.Problem)
			}
		})
	}
}

func TestSourceDownThenUp(t *testing.T) {
	t.Parallel()
	a, c := serve(t), newClock()
	a.instead(http.NotFound)
	var told []string
	r := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), Clock: c.now,
		Changed: func(_ context.Context, before, after team.Snapshot) {
			told = append(told, fmt.Sprintf("%d to %d", len(before.Members), len(after.Members)))
		}})
	if s, err := r.Fresh(t.Context(), time.Hour); err == nil || len(s.Members) != 0 || !s.At.IsZero() {
		t.Fatalf("%v %v", s, err)
	}
	asked := a.requests.Load()
	if _, err := r.Fresh(t.Context(), time.Hour); err == nil || a.requests.Load() != asked {
		t.Error("a dead source was asked again at once")
	}
	a.instead(nil)
	c.move(10 * time.Second)
	s := fresh(t, r)
	if s.Problem != "" || len(s.Members) != 5 || !s.At.Equal(c.now()) || len(told) != 1 || told[0] != "0 to 5" {
		t.Errorf("after it came back: %+v, told %q", s, told)
	}
	asked = a.requests.Load()
	c.move(4 * time.Minute)
	if s, err := r.Fresh(t.Context(), 5*time.Minute); err != nil || a.requests.Load() != asked || s.At.Equal(c.now()) {
		t.Errorf("a list of four minutes was read again for five: %v", err)
	}
	if s, err := r.Fresh(t.Context(), 3*time.Minute); err != nil || !s.At.Equal(c.now()) || len(told) != 1 {
		t.Errorf("a list of four minutes was not read again for three: %v, told %q", err, told)
	}
	// A clock set back makes every list old, rather than young for hours.
	c.move(-time.Hour)
	if s, err := r.Fresh(t.Context(), 5*time.Minute); err != nil || !s.At.Equal(c.now()) {
		t.Errorf("after the clock went back: %v %v", s.At, err)
	}
}

func TestRunReadsAgainByItself(t *testing.T) {
	t.Parallel()
	a := serve(t)
	a.instead(http.NotFound)
	r := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), Refresh: 10 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	eventually(t, func() bool { return strings.Contains(r.Last().Problem, "404") })
	a.instead(nil)
	eventually(t, func() bool { return len(r.Last().Members) == 5 })
	a.replace("teams/crates-io.json", "Grace Hopper", "Grace B. Hopper")
	eventually(t, func() bool { return strings.Contains(words(r.Last()), "Grace B. Hopper") })
	cancel()
	if err := <-done; err != context.Canceled {
		t.Error(err)
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it never happened")
}

func TestManyAskAndOneReads(t *testing.T) {
	t.Parallel()
	a := serve(t)
	r := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), RolesOnly: true})
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if s, err := r.Fresh(t.Context(), time.Minute); err != nil || len(s.Members) != 5 {
				t.Errorf("%v %v", s, err)
			}
		})
	}
	group.Wait()
	if n := a.requests.Load(); n != 3 {
		t.Errorf("%d requests for three documents", n)
	}
}

// Who gives up waiting does not end the reading for the others.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	a := serve(t)
	hold := make(chan struct{})
	a.instead(func(http.ResponseWriter, *http.Request) { <-hold })
	defer close(hold)
	r := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), Timeout: 2 * time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := r.Fresh(ctx, 0); cratewarden.KindOf(err) != cratewarden.Canceled {
		t.Error(err)
	}
}

func TestRedirectsStayOnOneHost(t *testing.T) {
	t.Parallel()
	other, a := serve(t), serve(t)
	a.instead(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
	})
	r := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping()})
	if _, err := r.Fresh(t.Context(), 0); err == nil || other.requests.Load() != 0 {
		t.Errorf("another host was asked: %v", err)
	}
	a.instead(nil)
	moved := serve(t)
	moved.instead(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			http.Redirect(w, r, "/v2"+r.URL.Path, http.StatusFound)
			return
		}
		http.ServeFile(w, r, filepath.Join("testdata", strings.TrimPrefix(r.URL.Path, "/v2/")))
	})
	if s := fresh(t, open(t, team.Config{URL: moved.URL + "/v1", Sources: mapping()})); len(s.Members) != 5 {
		t.Errorf("%d people", len(s.Members))
	}
}

// The last list outlives a restart, unless the settings it was made under are
// others: they may have taken roles away.
func TestListOutlivesARestart(t *testing.T) {
	t.Parallel()
	a, c, kept := serve(t), newClock(), &store{}
	cfg := team.Config{URL: a.URL + "/v1", Sources: mapping(), Store: kept, Clock: c.now}
	cfg.Mails = map[int64]string{1815: "ada@private.example"}
	fresh(t, open(t, cfg))
	if strings.Contains(string(kept.values["team.list"]), "private.example") {
		t.Error("the stored list holds a mail address")
	}
	a.instead(http.NotFound)
	c.move(time.Hour)
	again := open(t, cfg)
	s, err := again.Fresh(t.Context(), time.Minute)
	if err == nil || cmp.Diff(wholeList, words(s)) != "" || !s.At.Equal(c.now().Add(-time.Hour)) {
		t.Errorf("after the restart: %v\n%s", err, words(s))
	}
	if ada, _ := s.Find("1815"); ada.Mail != "ada@private.example" {
		t.Errorf("mail %q", ada.Mail)
	}
	cfg.Sources = cfg.Sources[:2]
	if s := open(t, cfg).Last(); len(s.Members) > 0 {
		t.Errorf("a list of other settings was taken up: %s", words(s))
	}
	kept.values["team.list"] = []byte("{")
	if s := open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), Store: kept}).Last(); len(s.Members) > 0 {
		t.Errorf("a broken list was taken up: %s", words(s))
	}
}

func TestSettingsThatAreRefused(t *testing.T) {
	t.Parallel()
	one := mapping()[:1]
	for name, cfg := range map[string]team.Config{
		"plain http":       {URL: "http://team-api.example/v1", Sources: one},
		"other scheme":     {URL: "ftp://team-api.example/v1", Sources: one},
		"password":         {URL: "https://a:b@team-api.example/v1", Sources: one},
		"query":            {URL: "https://team-api.example/v1?x=1", Sources: one},
		"no mapping":       {URL: "https://team-api.example/v1"},
		"no address":       {Sources: one},
		"path in a name":   {URL: "https://team-api.example/v1", Sources: []team.Source{{Team: "../people", Roles: one[0].Roles}}},
		"dots":             {URL: "https://team-api.example/v1", Sources: []team.Source{{Team: "..", Roles: one[0].Roles}}},
		"both":             {URL: "https://team-api.example/v1", Sources: []team.Source{{Team: "a", Permission: "b", Roles: one[0].Roles}}},
		"neither":          {URL: "https://team-api.example/v1", Sources: []team.Source{{Roles: one[0].Roles}}},
		"no role":          {URL: "https://team-api.example/v1", Sources: []team.Source{{Team: "a"}}},
		"unknown role":     {URL: "https://team-api.example/v1", Sources: []team.Source{{Team: "a", Roles: []cratewarden.Role{"king"}}}},
		"mail":             {URL: "https://team-api.example/v1", Sources: one, Mails: map[int64]string{1: "Ada <a@b.example>"}},
		"twice":            {URL: "https://team-api.example/v1", Sources: append(mapping(), one...)},
		"shared account":   {URL: "https://team-api.example/v1", Sources: one, Links: map[int64][]team.Identity{1: {{Provider: "sso", Subject: "x"}}, 2: {{Provider: "sso", Subject: "x"}}}},
		"link of nobody":   {URL: "https://team-api.example/v1", Sources: one, Links: map[int64][]team.Identity{0: {{Provider: "sso", Subject: "x"}}}},
		"link to nowhere":  {URL: "https://team-api.example/v1", Sources: one, Links: map[int64][]team.Identity{1: {{Provider: "sso"}}}},
		"address is empty": {URL: "https:///v1", Sources: one},
	} {
		if _, err := team.New(t.Context(), cfg); cratewarden.KindOf(err) != cratewarden.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := team.New(t.Context(), team.Config{}); err != nil {
		t.Errorf("nobody listed: %v", err)
	}
}

func TestParseSource(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]team.Source{
		"team crates-io": {Team: "crates-io"}, "permission crates_io_admin": {Permission: "crates_io_admin"},
		"": {}, "crates-io": {}, "team": {}, "team ../x": {}, "team a b": {}, "file people.yaml": {},
	} {
		got, err := team.ParseSource(text)
		if got.String() != want.String() || (err == nil) != (want.Team+want.Permission != "") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "people.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
