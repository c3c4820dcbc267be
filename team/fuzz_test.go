package team

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// Whatever the documents say, a list is refused or fit to be shown: every
// person has a key of their own, a visible name and known roles.
func FuzzDocuments(f *testing.F) {
	for _, path := range []string{"permissions/crates_io_admin.json", "teams/crates-io.json", "teams.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", "v1", path))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{`{"people":[{"github_id":0,"github":"","name":""}]}`, `{"people":[{"github_id":1,"github":"\ud800","name":"a\u0300\u0300\u0300\u0300"}]}`,
		`[]`, `{}{}`, `{"a":1,"a":2}`, `people: [{name: Ada, github_id: 1, roles: [viewer]}]`, "a: &a [*a]", "a: [*b]\nb: &b 1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		source := Source{Permission: "crates_io_admin", Roles: roles()}
		if doc, err := parsePermission(data, source.Permission); err == nil {
			fit(t, reading{sources: []Source{source}, docs: []document{doc}})
		}
		source = Source{Team: "crates-io", Roles: roles()}
		if doc, err := parseTeam(data, source.Team); err == nil {
			fit(t, reading{sources: []Source{source}, docs: []document{doc}})
		}
		if docs, err := parseTeams(data); err == nil {
			fit(t, reading{all: docs})
		}
		if info, own, onCall, err := parseFile(data, "people.yaml"); err == nil {
			fit(t, reading{file: info, own: own, onCall: onCall})
		}
	})
}

func fit(t *testing.T, r reading) {
	s, err := Config{URL: "x"}.build(t.Context(), r)
	if err != nil {
		return
	}
	keys := map[string]bool{}
	for _, m := range s.Members {
		if keys[m.Key()] || m.Key() == "" || m.Key() == "0" {
			t.Fatalf("two members are %q", m.Key())
		}
		keys[m.Key()] = true
		if m.Name == "" || m.Name != clean(m.Name) || strings.ContainsFunc(m.Name, unicode.IsControl) {
			t.Fatalf("name %q", m.Name)
		}
		if m.Login != "" && !login(m.Login) {
			t.Fatalf("login %q", m.Login)
		}
		for _, g := range m.Grants {
			if !known(g.Role) || g.Source == "" {
				t.Fatalf("grant %+v", g)
			}
		}
	}
}
