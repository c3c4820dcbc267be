package team_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cratewarden"
	"cratewarden/team"
)

func TestFileOfASmallRegistry(t *testing.T) {
	t.Parallel()
	yaml := write(t, `
people:
  - {name: Ada Lovelace, github: ada, github_id: 1815, roles: [responder, remover], on_call: true, teams: [42]}
  - name: Pat
    identities: [{provider: sso, subject: 0815}]
    roles: [platform]
`)
	json := write(t, `{"people":[{"name":"Ada Lovelace","github":"ada","github_id":1815,"roles":["responder","remover"],"on_call":true,"teams":[42]},
		{"name":"Pat","identities":[{"provider":"sso","subject":"0815"}],"roles":["platform"]}]}`)
	want := "1815 Ada Lovelace | remover by file people.yaml | responder by file people.yaml | on call\npat Pat | platform by file people.yaml\n"
	for _, path := range []string{yaml, json} {
		s := fresh(t, open(t, team.Config{File: path}))
		if diff := cmp.Diff(want, words(s)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if pat, _ := s.Find("pat"); len(pat.Identities) != 1 || pat.Identities[0].Subject != "0815" {
			t.Errorf("pat %+v", pat)
		}
		if !s.KnowsOnCall || s.Source != "file people.yaml" || len(s.Sources) != 1 || s.Sources[0].People != 2 {
			t.Errorf("%+v", s)
		}
	}
	if s := fresh(t, open(t, team.Config{File: write(t, "people: [{name: Ada, roles: [viewer]}]")})); s.KnowsOnCall {
		t.Error("a file without on_call knows who is on call")
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"misspelt":           `people: [{name: Ada, github_id: 1, role: [viewer]}]`,
		"unknown role":       `people: [{name: Ada, github_id: 1, roles: [king]}]`,
		"no name":            `people: [{github_id: 1, roles: [viewer]}]`,
		"invisible name":     "people: [{name: \"Ada\u202e\", github_id: 1, roles: [viewer]}]",
		"negative":           `people: [{name: Ada, github_id: -1, roles: [viewer]}]`,
		"not a number":       `people: [{name: Ada, github_id: one, roles: [viewer]}]`,
		"number twice":       `people: [{name: Ada, github_id: 1}, {name: Bo, github_id: 1}]`,
		"name twice":         `people: [{name: Ada}, {name: ADA}]`,
		"name like a number": `people: [{name: "1815", roles: [viewer]}]`,
		"shared account":     `people: [{name: Ada, identities: [{provider: a, subject: b}]}, {name: Bo, identities: [{provider: a, subject: b}]}]`,
		"half an identity":   `people: [{name: Ada, identities: [{provider: a}]}]`,
		"a login with marks": `people: [{name: Ada, github: "a/b"}]`,
		"mail":               `people: [{name: Ada, mail: "a@b\nBcc: c@d"}]`,
		"team 0":             `people: [{name: Ada, teams: [0]}]`,
		"nobody":             `people: []`,
		"empty":              ``,
		"two documents":      "people: [{name: Ada}]\n---\npeople: [{name: Bo}]",
		"key twice":          "people: [{name: Ada}]\npeople: [{name: Bo}]",
		"a web page":         "<!doctype html><title>x</title>",
	} {
		r := open(t, team.Config{File: write(t, text)})
		if s, err := r.Fresh(t.Context(), 0); err == nil {
			t.Errorf("%s: taken as %s", name, words(s))
		}
	}
	r := open(t, team.Config{File: "/nonexistent/people.yaml"})
	if s, err := r.Fresh(t.Context(), 0); err == nil || strings.Contains(s.Problem, "/") {
		t.Errorf("%v, problem %q", err, s.Problem)
	}
}

// Both together: links, and people outside the teams, stand in the file.
func TestFileBesideTheAPI(t *testing.T) {
	t.Parallel()
	file := write(t, `people:
  - {name: Ada Lovelace, github_id: 1815, roles: [auditor], identities: [{provider: sso, subject: ada}]}
  - {name: Audrey, github_id: 99, roles: [auditor]}`)
	s := fresh(t, open(t, team.Config{URL: serve(t).URL + "/v1", Sources: mapping(), File: file}))
	ada, _ := s.Find("1815")
	if len(s.Members) != 6 || len(ada.Identities) != 1 || !ada.Has("auditor") || !ada.Has("remover") {
		t.Errorf("%s%+v", words(s), ada)
	}
	file = write(t, `people: [{name: Ada, github_id: 1815, identities: [{provider: sso, subject: x}]}]`)
	r := open(t, team.Config{URL: serve(t).URL + "/v1", Sources: mapping(), File: file,
		Links: map[int64][]team.Identity{1912: {{Provider: "sso", Subject: "x"}}}})
	if _, err := r.Fresh(t.Context(), 0); err == nil {
		t.Error("one account became two people")
	}
}

// Names and logins come from strangers; whatever they hold, what is shown is
// plain, and the number decides.
func TestNameGames(t *testing.T) {
	t.Parallel()
	a := serve(t)
	a.set("permissions/crates_io_admin.json", `{"people":[
		{"github_id":0,"github":"user-0","name":"Zeroth user"},
		{"github_id":11,"github":"x","name":"Ad\u202ea\u0000 \u200bLove\nlace"},
		{"github_id":12,"github":"<script>","name":"\u3164"},
		{"github_id":13,"github":"y","name":"`+strings.Repeat("long ", 100)+`"},
		{"github_id":1815,"github":"ada-renamed","name":"Impostor"},
		{"github_id":14,"github":"ada2","name":"ＡＤＡ Lovelace"},
		{"github_id":14,"github":"ada2","name":"Ada again"},
		{"github_id":1815,"github":"ada","name":"Ada Lovelace"}]}`)
	s := fresh(t, open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), RolesOnly: true}))
	var got []string
	for _, m := range s.Members {
		if len([]rune(m.Name)) > 100 {
			t.Errorf("a name of %d characters", len([]rune(m.Name)))
		}
		got = append(got, fmt.Sprintf("%d %.14s @%s", m.GitHubID, m.Name, m.Login))
	}
	slices.Sort(got)
	want := []string{"11 Ada Love lace @x", "12 <script> @", "13 long long long @y", "14 ＡＤＡ Lovelace @ada2", "1815 Impostor @ada-renamed",
		"1906 Grace Hopper @grace", "1912 Alan Turing @alan", "1918 Katherine John @katherine"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	notes := strings.Join(s.Notes, "\n")
	for _, part := range []string{"Zeroth user in the permission crates_io_admin has no GitHub number", "GitHub number 1815 is @ada-renamed in one document and @ada in",
		"login of GitHub number 12", "name of GitHub number 11"} {
		if !strings.Contains(notes, part) {
			t.Errorf("notes lack %q:\n%s", part, notes)
		}
	}
	a.replace("permissions/crates_io_admin.json", "Impostor", "Ada Lovelace")
	s = fresh(t, open(t, team.Config{URL: a.URL + "/v1", Sources: mapping(), RolesOnly: true}))
	if notes := strings.Join(s.Notes, "\n"); !strings.Contains(notes, "numbers 14 and 1815") {
		t.Errorf("two of one name pass unnoticed:\n%s", notes)
	}
}

func teamOf(n int, name string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"github_id":%d,"github":"u%d","name":"%s %d"},`, 100+i, i, name, i)
	}
	return `{"name":"crates-io","kind":"team","members":[` + strings.TrimSuffix(b.String(), ",") + `]}`
}

// A list that loses more than half of its rights counts only as far as the list
// before agrees, until the source has said so for a while.
func TestHeavyLossIsDistrusted(t *testing.T) {
	t.Parallel()
	a, c := serve(t), newClock()
	a.set("teams/crates-io.json", teamOf(6, "Person"))
	kept := &store{}
	cfg := team.Config{URL: a.URL + "/v1", RolesOnly: true, Clock: c.now, Store: kept,
		Sources: []team.Source{{Team: "crates-io", Roles: mapping()[1].Roles}}}
	r := open(t, cfg)
	fresh(t, r)

	a.set("teams/crates-io.json", `{"name":"crates-io","kind":"team","members":[
		{"github_id":100,"github":"u0","name":"Person 0"},{"github_id":666,"github":"eve","name":"Eve"}]}`)
	doubtful := "100 Person 0 | remover by team crates-io | responder by team crates-io\n"
	for i := 1; i < 6; i++ {
		doubtful += fmt.Sprintf("%d Person %d | viewer by list before, in doubt\n", 100+i, i)
	}
	check := func(r *team.Reader, want string, problem string) {
		t.Helper()
		s := fresh(t, r)
		if diff := cmp.Diff(want, words(s)); diff != "" || !strings.Contains(s.Problem, problem) || problem == "" && s.Problem != "" {
			t.Errorf("problem %q (-want +got):\n%s", s.Problem, diff)
		}
		if !s.At.Equal(c.now()) {
			t.Errorf("read at %s", s.At)
		}
	}
	c.move(time.Minute)
	check(r, doubtful, "more than half of its rights at once. Until 12:16 UTC")
	c.move(10 * time.Minute)
	check(r, doubtful, "12:16")
	check(open(t, cfg), doubtful, "12:26") // a restart does not help Eve
	c.move(4 * time.Minute)
	check(r, doubtful, "12:16")
	c.move(time.Minute)
	check(r, "666 Eve | remover by team crates-io | responder by team crates-io\n"+
		"100 Person 0 | remover by team crates-io | responder by team crates-io\n", "")
}

func TestLossThatPassesIsForgotten(t *testing.T) {
	t.Parallel()
	a, c := serve(t), newClock()
	a.set("teams/crates-io.json", teamOf(6, "Person"))
	r := open(t, team.Config{URL: a.URL + "/v1", RolesOnly: true, Clock: c.now, Sources: mapping()[1:2]})
	whole := words(fresh(t, r))
	a.set("teams/crates-io.json", teamOf(2, "Person"))
	c.move(time.Minute)
	if s := fresh(t, r); s.Problem == "" {
		t.Error("believed")
	}
	a.set("teams/crates-io.json", teamOf(6, "Person"))
	c.move(time.Minute)
	if s := fresh(t, r); s.Problem != "" || words(s) != whole {
		t.Errorf("problem %q, %s", s.Problem, words(s))
	}
	// Half is believed at once: one leaves a team of two, as happens.
	a.set("teams/crates-io.json", teamOf(3, "Person"))
	c.move(time.Minute)
	if s := fresh(t, r); s.Problem != "" || len(s.Members) != 3 {
		t.Errorf("problem %q, %s", s.Problem, words(s))
	}
}

func TestChangesInWords(t *testing.T) {
	t.Parallel()
	grants := func(pairs ...string) (gs []team.Grant) {
		for i := 0; i < len(pairs); i += 2 {
			gs = append(gs, team.Grant{Role: cratewarden.Role(pairs[i]), Source: pairs[i+1]})
		}
		return gs
	}
	before := team.Snapshot{Members: []team.Member{
		{GitHubID: 1, Login: "ada", Name: "Ada", Grants: grants("responder", "team crates-io", "viewer", "team a"), Identities: []team.Identity{{Provider: "sso", Subject: "secret-subject"}}},
		{GitHubID: 2, Login: "bo", Name: "Bo", Grants: grants("viewer", "team a"), OnCall: true},
	}}
	after := team.Snapshot{Members: []team.Member{
		{GitHubID: 1, Login: "ada-l", Name: "Ada", Grants: grants("remover", "team crates-io", "viewer", "team a", "viewer", "team b"), OnCall: true, Identities: []team.Identity{{Provider: "other", Subject: "x"}}},
		{GitHubID: 3, Name: "Cy", Grants: grants("viewer", "file people.yaml")},
	}}
	var got []string
	for _, c := range team.Changes(before, after) {
		got = append(got, c.Key+" "+c.What+": "+c.Words)
	}
	want := []string{
		"1 identity added: Ada (@ada-l) can sign in with another account at other now.",
		"1 identity removed: Ada (@ada-l) cannot sign in with an account at sso any more.",
		"1 login: Ada (@ada-l) was Ada (@ada) before.",
		"1 on call: Ada (@ada-l) is on call now.",
		"1 role given: Ada (@ada-l) is remover now, by team crates-io.",
		"1 role taken: Ada (@ada-l) is not responder any more; it was given by team crates-io.",
		"1 source: Ada (@ada-l) is viewer by team a and team b now, before by team a.",
		"2 unlisted: Bo (@bo) is not on the list of people any more: viewer by team a.",
		"3 listed: Cy is on the list of people now: viewer by file people.yaml.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if cs := team.Changes(after, after); len(cs) > 0 {
		t.Errorf("of nothing: %v", cs)
	}
}
