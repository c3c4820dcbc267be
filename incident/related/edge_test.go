package related

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/ledger"
	"cratewarden/mirror"
)

// among gives a subject of an answer.
func among(a Answer, kind, id string) (Subject, bool) {
	for _, s := range a.Subjects {
		if s.Kind == kind && s.ID == id {
			return s, true
		}
	}
	return Subject{}, false
}

func has(s Subject, rule string) bool {
	for _, r := range s.Reasons {
		if r.Rule == rule {
			return true
		}
	}
	return false
}

// innocents puts people into the middle of the attack who have no part in it:
// somebody who took the helper up in good faith, somebody who tests with it, a
// newcomer at the same mail domain, and the owner's own automatic release.
func innocents() []string {
	a := made().Situations.August
	version := func(crate, num, by, token, after string) string {
		return fmt.Sprintf(`WITH v AS (INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by, created_at)
				SELECT id, '%[2]s', '%[2]s', 100, sha256('%[1]s%[2]s'), %[3]s, '%[5]s' FROM crates WHERE name = '%[1]s' RETURNING id)
			INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time) SELECT id, %[3]s, %[4]s, 0, '%[5]s' FROM v`, crate, num, by, token, after)
	}
	at := func(minutes int) string {
		return a.Started.Add(time.Duration(minutes) * time.Minute).UTC().Format(time.RFC3339)
	}
	depends := func(crate, num string, kind int) string {
		return fmt.Sprintf(`INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind)
			SELECT v.id, h.id, '^1', false, true, '{}', %d FROM versions v JOIN crates c ON c.id = v.crate_id, crates h WHERE c.name = '%s' AND v.num = '%s' AND h.name = '%s'`, kind, crate, num, a.Helper)
	}
	return []string{
		`INSERT INTO users (id, gh_login, username, gh_id, created_at) VALUES (900001, 'goodfaith', 'goodfaith', 900001, now() - interval '3 years'),
			(900002, 'newneighbour', 'newneighbour', 900002, '` + at(-2000) + `')`,
		`INSERT INTO emails (user_id, email, verified) VALUES (900002, 'n@quickbox.example', true)`,
		`INSERT INTO crates (name, created_at) VALUES ('good-faith', now() - interval '3 years'), ('good-tests', now() - interval '3 years'), ('neighbourly', '` + at(-1500) + `')`,
		`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by) SELECT id, CASE WHEN name = 'neighbourly' THEN 900002 ELSE 900001 END, 0, 900001 FROM crates WHERE name IN ('good-faith', 'good-tests', 'neighbourly')`,
		version("good-faith", "1.0.0", "900001", "NULL", at(-100_000)), version("good-faith", "1.1.0", "900001", "NULL", at(20)), depends("good-faith", "1.1.0", 0),
		version("good-tests", "1.0.0", "900001", "NULL", at(-90_000)), version("good-tests", "1.1.0", "900001", "NULL", at(21)), depends("good-tests", "1.1.0", 2),
		version("neighbourly", "0.1.0", "900002", "NULL", at(-1500)),
		version("bitgrid", "0.2.1", fmt.Sprint(a.Owner.UserID), fmt.Sprint(a.Usual.TokenID), at(10)),
	}
}

func TestInnocentsInTheMiddleAreOfferedAtMost(t *testing.T) {
	t.Parallel()
	k, a := newKit(t, innocents()...), made().Situations.August
	for _, start := range []ledger.Subject{version(a.Republished[0]), action.CrateSubject(a.Helper), account(a.Owner), action.CrateSubject(a.Carriers[0].Crate)} {
		blame := Malicious
		if start.Kind == "account" {
			blame = TakenOver
		}
		got := k.find(blame, start)
		k.same(start.ID+": hold", chosen(got, held), releases(a.Hold))
		k.same(start.ID+": contain", chosen(got, blamed), accounts(a.Contain))
		k.same(start.ID+": restore", chosen(got, restored), releases(a.Restore))
		for id, rule := range map[string]string{"version good-faith@1.1.0": "pulls-in", "version bitgrid@0.2.1": "same-account", "account 900002": "mail-domain"} {
			kind, name, _ := strings.Cut(id, " ")
			if s, ok := among(got, kind, name); !ok || s.Strength != Offer || !has(s, rule) {
				t.Errorf("from %s: %s is %q: %+v", start.ID, id, s.Strength, s.Reasons)
			}
		}
		for _, id := range []string{"version good-tests@1.1.0", "account 900001", "crate neighbourly", "version neighbourly@0.1.0", "crate good-faith"} {
			kind, name, _ := strings.Cut(id, " ")
			if s, ok := among(got, kind, name); ok {
				t.Errorf("from %s: %s is there: %+v", start.ID, id, s.Reasons)
			}
		}
		if t.Failed() {
			t.Log(told(got))
			break
		}
	}
}

// Near logins that came together are found, and ticked when they do the same.
func TestNearLoginsAreFound(t *testing.T) {
	t.Parallel()
	s := made().Situations.Typosquats
	k := newKit(t, `UPDATE emails SET email = user_id || '@apart-' || user_id || '.example' WHERE email LIKE '%@`+s.Domain+`'`,
		fmt.Sprintf(`UPDATE users SET gh_login = 'cratehelper', username = 'cratehelper' WHERE id = %d`, s.Accounts[0].UserID),
		fmt.Sprintf(`UPDATE users SET gh_login = 'cratehelpers', username = 'cratehelpers' WHERE id = %d`, s.Accounts[1].UserID))
	got := k.find(Malicious, account(s.Accounts[0]))
	k.same("contain", chosen(got, blamed), accounts(s.Accounts[:2]))
	if x, ok := among(got, "account", fmt.Sprint(s.Accounts[1].UserID)); !ok || !has(x, "near-login") {
		t.Error(told(got))
	}
}

// The same archive under another name is found by its checksum; the same source
// file makes a tick of what was only offered.
func TestEqualFilesAreFound(t *testing.T) {
	t.Parallel()
	a := made().Situations.August
	k := newKit(t, append(innocents(), fmt.Sprintf(`UPDATE versions SET tar_sha256 = (SELECT tar_sha256 FROM versions WHERE id = %d)
		WHERE crate_id = (SELECT id FROM crates WHERE name = 'good-tests') AND num = '1.0.0'`, a.Armed.VersionID))...)
	got := k.find(Malicious, version(a.Armed))
	if s, ok := among(got, "version", "good-tests@1.0.0"); !ok || s.Strength != Offer || !has(s, "same-archive") {
		t.Error(told(got))
	}
	h := newHunt(k.m, Malicious)
	h.seed([]ledger.Subject{version(a.Armed)})
	h.run()
	n := h.link(key{crateKind, crateID(k, "neighbourly")}, nil, "mail-domain", "test")
	if n.ticked {
		t.Fatal("ticked before")
	}
	asked := 0
	h.compareFiles(t.Context(), func(_ context.Context, crate, _ string) map[string]string {
		asked++
		if crate == a.Helper || crate == "neighbourly" {
			return map[string]string{"build.rs": "same", "src/lib.rs": crate, "README.md": "same, too"}
		}
		return nil
	})
	if !n.ticked || len(n.conduct) == 0 || n.conduct[len(n.conduct)-1].Rule != "equal-files" || strings.Contains(n.conduct[len(n.conduct)-1].Text, "README") || asked > mostArchives {
		t.Errorf("%+v", n)
	}
	if v := h.nodes[key{accountKind, 900002}]; v == nil || !v.ticked {
		t.Error("what follows from it was not found")
	}
}

func crateID(k *kit, name string) int32 {
	c, _ := k.m.CrateByName(name)
	return c.ID
}

func TestLoadingIsSaid(t *testing.T) {
	t.Parallel()
	_, err := New(Config{Mirror: mirror.New(mirror.Config{})}).Find(t.Context(), Question{Blame: Malicious})
	if cratewarden.KindOf(err) != cratewarden.Unavailable {
		t.Error(err)
	}
}

// What is not there is said, and nothing else happens.
func TestUnknownSubjects(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	a := k.find(Malicious, ledger.Subject{Kind: "crate", ID: "no-such"}, ledger.Subject{Kind: "version", ID: "arraykit@99.0.0"}, ledger.Subject{Kind: "version", ID: "arraykit"},
		ledger.Subject{Kind: "account", ID: "2147483647"}, ledger.Subject{Kind: "account", ID: "x"}, ledger.Subject{Kind: "token", ID: "99999999999"}, ledger.Subject{Kind: "link", ID: "https://host.example"})
	if len(a.Subjects) != 0 || len(a.Notes) != 6 {
		t.Error(told(a))
	}
}
