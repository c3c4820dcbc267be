package mirror

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cratewarden/telemetry/pacetest"
)

// library is a small registry with something of every kind to find.
func library(t testing.TB) (*world, *Mirror) {
	w := newWorld(t)
	ana, bob := w.user("ana-lopez"), w.user("bob")
	w.exec(`UPDATE users SET name = 'Ana López' WHERE id = $1`, ana)
	w.exec(`UPDATE oauth_github SET login = 'ana-before' WHERE user_id = $1`, ana)
	w.exec(`UPDATE emails SET email = 'Bob@Mail.Example' WHERE user_id = $1`, bob)
	w.exec(`INSERT INTO teams (login, github_id, org_id, name) VALUES ('github:rust-lang:core', 7, 8, 'The core team')`)
	for i, name := range []string{"serde", "serde_json", "Serde-Derive", "rapidjson", "json", "jsonish", "tokio", "tokio-util", "deadbeef"} {
		id := w.crate(name, ana)
		w.publish(id, "1.0.0", ana, 0)
		w.publish(id, "1.0.12", ana, 0)
		w.publish(id, "1.10.0", ana, 0)
		w.exec(`UPDATE crate_downloads SET downloads = $2 WHERE crate_id = $1`, id, 1_000_000>>i)
	}
	w.token(bob, "Laptop of Bob")
	gone := w.crate("faster_log", bob)
	w.publish(gone, "1.0.0", bob, 0)
	w.deleteCrate(gone, true)
	return w, w.loaded(Config{})
}

func TestSearchFindsAndSaysWhy(t *testing.T) {
	t.Parallel()
	w, m := library(t)
	sum := fmt.Sprintf("%x", m.Versions(1)[0].SHA256)
	for _, c := range []struct {
		query, kind, label, reason string
		mail                       bool
	}{
		{query: "serde", kind: "crate", label: "serde", reason: "this very name"},
		{query: "SERDE-JSON", kind: "crate", label: "serde_json", reason: "the same name in another spelling"},
		{query: "serde derive", kind: "crate", label: "Serde-Derive", reason: "the same name in another spelling"},
		{query: "toki", kind: "crate", label: "tokio", reason: "the name starts with “toki”"},
		{query: "util", kind: "crate", label: "tokio-util", reason: "a word of the name starts with “util”"},
		{query: "pidjs", kind: "crate", label: "rapidjson", reason: "the name contains “pidjs”"},
		{query: "tokoi", kind: "crate", label: "tokio", reason: "two neighbouring letters swapped: io for oi"},
		{query: "serdd", kind: "crate", label: "serde", reason: "one letter changed: e for d"},
		{query: "serde@1.0.12", kind: "version", label: "serde@1.0.12", reason: "this very version"},
		{query: "serde 1.10", kind: "version", label: "serde@1.10.0", reason: "the number starts with “1.10”"},
		{query: "serde@v1", kind: "version", label: "serde@1.10.0", reason: "the number starts with “1”"},
		{query: sum[:7], kind: "version", label: "serde@1.10.0", reason: "the archive's SHA-256 starts with these 7 digits"},
		{query: "sha:" + strings.ToUpper(sum), kind: "version", label: "serde@1.10.0", reason: "the archive's SHA-256 starts with these 64 digits"},
		{query: "bob", kind: "account", label: "bob", reason: "the login"},
		{query: "Ana_Lopez", kind: "account", label: "ana-lopez", reason: "the login in another spelling"},
		{query: "ana-before", kind: "account", label: "ana-lopez", reason: "the linked GitHub login"},
		{query: "ana lópez", kind: "account", label: "ana-lopez", reason: "the display name starts with it"},
		{query: "user:2", kind: "account", label: "bob", reason: "the account's id"},
		{query: "user:1001", kind: "account", label: "ana-lopez", reason: "the GitHub id"},
		{query: "bob@mail.example", kind: "account", label: "bob", reason: "this mail address", mail: true},
		{query: "@mail.example", kind: "account", label: "bob", reason: "the mail address is at this domain"},
		{query: "email:mail.example", kind: "account", label: "bob", reason: "the mail address is at this domain"},
		{query: "team:rust-lang:core", kind: "team", label: "github:rust-lang:core", reason: "the team's login"},
		{query: "rust-lang", kind: "team", label: "github:rust-lang:core", reason: "the team's organisation starts with it"},
		{query: "faster-log", kind: "deleted", label: "faster_log", reason: "a deleted crate, this name"},
		{query: "std", kind: "reserved", label: "std", reason: "a reserved name, this name"},
		{query: "repo:code/tokio-u", kind: "crate", label: "tokio-util", reason: "the repository address contains it"},
		{query: "token:laptop", kind: "token", label: "Laptop of Bob", reason: "the token's name starts with it"},
		{query: "deadbeef", kind: "crate", label: "deadbeef", reason: "this very name"},
	} {
		a := m.Search(t.Context(), Query{Text: c.query, Mail: c.mail})
		if len(a.Hits) == 0 {
			t.Errorf("%q finds nothing; read as %s", c.query, a.Understood)
			continue
		}
		if h := a.Hits[0]; string(h.Kind) != c.kind || h.Label != c.label || h.Reason != c.reason {
			t.Errorf("%q finds %s %s first, because %s; want %s %s, because %s", c.query, h.Kind, h.Label, h.Reason, c.kind, c.label, c.reason)
		}
	}
	if a := m.Search(t.Context(), Query{Text: "bob@mail.example"}); len(a.Hits) > 0 {
		t.Errorf("without leave an address finds %+v", a.Hits)
	}
	// What came after the load is found as well.
	w.publish(w.crate("zyx-brand-new", 1), "0.1.0", 1, 0)
	if err := m.poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"zyx_brand_new", "zyx", "brand", "zyx-brnad-new", "repo:zyx"} {
		if a := m.Search(t.Context(), Query{Text: text}); len(a.Hits) == 0 || a.Hits[0].Label != "zyx-brand-new" {
			t.Errorf("%q does not find the new crate: %+v", text, a)
		}
	}
}

func TestSearchRanksByMatchThenDownloads(t *testing.T) {
	t.Parallel()
	_, m := library(t)
	var labels []string
	for _, h := range m.Search(t.Context(), Query{Text: "json"}).Hits {
		labels = append(labels, h.Label)
	}
	if got := strings.Join(labels, " "); got != "json jsonish serde_json rapidjson" {
		t.Errorf("json finds %s", got)
	}
}

func TestSearchWhileLoading(t *testing.T) {
	t.Parallel()
	m := New(Config{})
	a := m.Search(t.Context(), Query{Text: "abcdef12"})
	if len(a.Hits) > 0 || fmt.Sprint(a.Loading) != "[crates accounts names versions]" {
		t.Errorf("before the load the answer is %+v", a)
	}
}

func TestLookalikes(t *testing.T) {
	t.Parallel()
	w, m := library(t)
	if got := m.LookalikeCrates("tokoi", 10); len(got) != 1 || got[0].Name != "tokio" || got[0].Reason == "" {
		t.Errorf("tokoi resembles %+v", got)
	}
	if got := m.LookalikeCrates("serdejson", 10); len(got) == 0 || got[0].Name != "serde_json" {
		t.Errorf("serdejson resembles %+v", got)
	}
	if got := m.Twins("serde-j5on"); len(got) != 0 {
		t.Errorf("serde-j5on has twins %+v", got)
	}
	if got := m.Twins("SerdeJson"); len(got) != 1 || got[0].Name != "serde_json" || got[0].Versions != 3 {
		t.Errorf("SerdeJson has twins %+v", got)
	}
	id := w.user("b0b")
	if err := m.poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := m.LookalikeAccounts("bob", 10); len(got) != 1 || got[0].ID != id || got[0].Reason != "0 in place of o" {
		t.Errorf("bob resembles %+v", got)
	}
	w.user("carol")
	if err := m.poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := m.SameMailDomain(id, 10); len(got) != 2 || got[0].Login != "carol" || got[1].Login != "ana-lopez" {
		t.Errorf("at the domain of b0b are %+v", got)
	}
}

func TestRecentFiltersAndMarks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.seed()
	m := w.loaded(Config{})
	first := w.id(`SELECT max(id) FROM versions`)
	w.publish(1, "3.0.0", 0, 0)
	w.publish(1, "3.0.1", 5, 5)
	w.publish(1, "3.0.2", 5, 5)
	for _, followed := range []bool{true, false} {
		if followed {
			if err := m.poll(t.Context()); err != nil {
				t.Fatal(err)
			}
		} else {
			m = w.loaded(Config{})
		}
		lines := m.Recent(Recent{After: first})
		if len(lines) != 3 {
			t.Fatalf("three publishes came, %d are shown", len(lines))
		}
		if l := lines[2]; l.Method != "github" || !l.NewMethod || l.NewPublisher || l.NewCrate || l.Silence <= 0 || l.Origin != "some/repo" {
			t.Errorf("trusted publishing is shown as %+v", l)
		}
		if l := lines[1]; !l.NewPublisher || !l.NewToken || l.Token != 5 {
			t.Errorf("the first publish of account 5 is shown as %+v", l)
		}
		if l := lines[0]; l.NewPublisher || l.NewToken || l.NewMethod {
			t.Errorf("the second publish of account 5 is shown as %+v", l)
		}
		count := func(f Recent) int { return len(m.Recent(f)) }
		for what, got := range map[string][2]int{
			"new crates":      {count(Recent{NewCrate: true}), 60},
			"trusted":         {count(Recent{Method: "github"}), 1},
			"of an account":   {count(Recent{Account: 5}), int(w.id(`SELECT count(*)::int FROM versions WHERE published_by = 5`))},
			"of a name":       {count(Recent{CratePrefix: "Seed-1"}), int(w.id(`SELECT count(*)::int FROM versions v JOIN crates c ON c.id = crate_id WHERE name LIKE 'seed-1%'`))},
			"first by anyone": {count(Recent{FirstBy: true}), 121},
			"before":          {count(Recent{Before: 4}), 3},
			"since tomorrow":  {count(Recent{Since: time.Now().Add(time.Hour)}), 0},
			"bounded":         {count(Recent{Limit: 7}), 7},
			"yanked":          {count(Recent{Yanked: true}), 0},
		} {
			if got[0] != got[1] {
				t.Errorf("followed %t, %s: %d publishes, want %d", followed, what, got[0], got[1])
			}
		}
	}
}

func FuzzQuery(f *testing.F) {
	_, m := library(f)
	for _, s := range []string{"", "serde", "serde@1.0", "user:9", "sha:00ff00f", "@", "a@b.c", "token:", "repo:::", "\xff\xfe", "user:99999999999999999999", strings.Repeat("a_", 200)} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		var a Answer
		pacetest.Within(t, "a search", time.Second, func() { a = m.Search(t.Context(), Query{Text: text, Limit: limit, Mail: len(text)%2 == 0}) })
		if len(a.Hits) > mostHits {
			t.Errorf("%d hits", len(a.Hits))
		}
		if !utf8.ValidString(a.Understood) || a.Understood == "" {
			t.Errorf("%q is understood as %q", text, a.Understood)
		}
		for _, h := range a.Hits {
			if h.Label == "" || h.Reason == "" || h.Score <= 0 {
				t.Errorf("%q finds %+v", text, h)
			}
		}
	})
}
