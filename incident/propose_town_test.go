package incident_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
	"cratewarden/telemetry/pacetest"
)

// town is people and crates put into the demo registry beside its own, for
// incidents that its situations do not have. Times are ages, before now.
type town struct {
	*stage
	sql []string
	ids map[string]int32 // of accounts, by login
}

const (
	hour = time.Hour
	day  = 24 * hour
	year = 365 * day
)

func newTown(t testing.TB, build ...func(w *town)) *town {
	t.Helper()
	w := &town{stage: newStage(t), ids: map[string]int32{}}
	for _, b := range build {
		b(w)
	}
	w.exec(strings.Join(w.sql, ";\n"))
	w.must(w.mirror.Refresh(t.Context()))
	return w
}

func (w *town) add(format string, args ...any) { w.sql = append(w.sql, fmt.Sprintf(format, args...)) }

func ago(d time.Duration) string {
	return fmt.Sprintf("now() - interval '%d seconds'", int(d.Seconds()))
}

func (w *town) person(login string, age time.Duration) {
	id := int32(910_000 + len(w.ids))
	w.ids[login] = id
	w.add(`INSERT INTO users (id, gh_login, username, gh_id, created_at) VALUES (%d, '%s', '%[2]s', %[1]d, %[3]s)`, id, login, ago(age))
	w.add(`INSERT INTO emails (user_id, email, verified) VALUES (%d, '%s@mail-%[2]s.example', true)`, id, login)
}

// token gives an account an API token; its number is the account's and n.
func (w *town) token(login string, n int32, age time.Duration) int32 {
	id := w.ids[login]*10 + n
	w.add(`INSERT INTO api_tokens (id, user_id, token, name, created_at) VALUES (%d, %d, sha256('%[1]d'), 'ci', %[3]s)`, id, w.ids[login], ago(age))
	return id
}

func (w *town) crate(name, owner string, age time.Duration, downloads int) {
	w.add(`INSERT INTO crates (name, created_at, updated_at) VALUES ('%s', %s, now())`, name, ago(age))
	w.add(`UPDATE crate_downloads SET downloads = %d WHERE crate_id = (SELECT id FROM crates WHERE name = '%s')`, downloads, name)
	w.owner(name, owner, owner, age)
}

func (w *town) owner(crate, login, by string, age time.Duration) {
	w.add(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by, created_at) SELECT id, %d, 0, %d, %s FROM crates WHERE name = '%s'`, w.ids[login], w.ids[by], ago(age), crate)
}

// publish publishes a version, by a token or, with 0, in a session.
func (w *town) publish(crate, num, by string, token int32, age time.Duration, on ...string) {
	with := "NULL"
	if token != 0 {
		with = fmt.Sprint(token)
	}
	w.add(`WITH v AS (INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by, created_at)
		SELECT id, '%[2]s', '%[2]s', 900, sha256('%[1]s%[2]s'), %[3]d, %[4]s FROM crates WHERE name = '%[1]s' RETURNING id)
		INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time) SELECT id, %[3]d, %[5]s, 0, %[4]s FROM v`, crate, num, w.ids[by], ago(age), with)
	w.depends(crate, num, on...)
}

// flow publishes a version by trusted publishing.
func (w *town) flow(crate, num, repo string, age time.Duration, on ...string) {
	w.add(`INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, created_at, trustpub_data)
		SELECT id, '%[2]s', '%[2]s', 900, sha256('%[1]s%[2]s'), %[3]s, '{"provider":"github","repository":"%[4]s","run_id":"1","sha":"0a"}' FROM crates WHERE name = '%[1]s'`, crate, num, ago(age), repo)
	w.depends(crate, num, on...)
}

func (w *town) depends(crate, num string, on ...string) {
	for _, o := range on {
		w.add(`INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind)
			SELECT v.id, h.id, '^1', false, true, '{}', 0 FROM versions v JOIN crates c ON c.id = v.crate_id, crates h WHERE c.name = '%s' AND v.num = '%s' AND h.name = '%s'`, crate, num, o)
	}
}

// trust lets a repository's workflow publish a crate.
func (w *town) trust(id int, crate, repo string, age time.Duration) {
	owner, name, _ := strings.Cut(repo, "/")
	w.add(`INSERT INTO trustpub_configs_github (id, created_at, crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename)
		SELECT %d, %s, id, '%s', 77, '%s', 'release.yml' FROM crates WHERE name = '%s'`, id, ago(age), owner, name, crate)
}

func (w *town) yank(crate, num, by string, token int32, age time.Duration) {
	with := "NULL"
	if token != 0 {
		with = fmt.Sprint(token)
	}
	w.add(`UPDATE versions SET yanked = true WHERE num = '%s' AND crate_id = (SELECT id FROM crates WHERE name = '%s')`, num, crate)
	w.add(`INSERT INTO version_owner_actions (version_id, user_id, api_token_id, action, time)
		SELECT v.id, %d, %s, 1, %s FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = '%s' AND v.num = '%s'`, w.ids[by], with, ago(age), crate, num)
}

// past gives a crate five versions in the years before, the last a hundred days
// ago.
func (w *town) past(crate, by string, token int32) {
	for i := range 5 {
		w.publish(crate, fmt.Sprintf("1.%d.0", i), by, token, time.Duration(500-100*i)*day)
	}
}

// shape is one kind of incident: what the case says, and what a careful
// responder would tick and what only look at.
type shape struct {
	incident.Kind
	incident.Verdict
	start []ledger.Subject
	ticks []string
	// offers are all others; nil does not look.
	offers []string
	notes  []string // parts of what is said beside it
	advise []string
}

// deeds names steps shortly: the act and its subject.
func deeds(p incident.Proposal, ticked bool) (out []string) {
	for _, s := range p.Steps {
		var do struct {
			Do, Crate, Version, Provider string
			Account, Token, ID           int32
		}
		_ = json.Unmarshal(s.Do, &do) // what is no step fails the comparison
		if s.Ticked != ticked {
			continue
		}
		text := do.Do + " " + do.Crate
		if do.Version != "" {
			text += "@" + do.Version
		}
		for _, n := range []int32{do.Account, do.Token, do.ID} {
			if n != 0 {
				text += fmt.Sprintf(" %s%d", do.Provider, n)
			}
		}
		out = append(out, strings.Join(strings.Fields(text), " "))
	}
	return out
}

func (w *town) contain(logins ...string) (out []string) {
	for _, l := range logins {
		out = append(out, fmt.Sprintf("account.contain %d", w.ids[l]))
	}
	return out
}

func hold(versions ...string) (out []string) {
	for _, v := range versions {
		out = append(out, "version.hold "+v)
	}
	return out
}

// check asks for a proposal and compares.
func (w *town) check(t *testing.T, s shape) incident.Proposal {
	t.Helper()
	k := *w.stage
	k.t = t
	i := k.open(s.Kind, s.Verdict, s.start...)
	var p incident.Proposal
	pacetest.Within(t, "a proposal", 3*time.Second, func() { p = k.propose(i) })
	k.equalSets("ticked", deeds(p, true), s.ticks)
	if s.offers != nil {
		k.equalSets("offered", deeds(p, false), s.offers)
	}
	k.equalSets("advisories", p.Advisories, s.advise)
	for _, n := range s.notes {
		if !strings.Contains(strings.Join(p.Notes, "\n"), n) {
			t.Errorf("no note says %q: %v", n, p.Notes)
		}
	}
	w.inOrder(t, p)
	if n := len(s.ticks); n > 0 && n < 200 { // the engine takes it as it is; more take longer than this test should
		plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{Seen: p.Seen}, "")
		k.must(err)
		plan, effect, err := k.engine.Review(t.Context(), k.ada, plan.ID)
		k.must(err)
		if plan.Blocked || plan.Irreversible {
			t.Errorf("the plan is blocked %v, irreversible %v: %+v", plan.Blocked, plan.Irreversible, effect.Guards)
		}
	}
	for _, x := range p.Steps {
		if x.Why == "" {
			t.Errorf("no reason: %s", x.Sentence)
		}
		if t.Failed() && len(p.Steps) < 60 {
			t.Log(x.Ticked, x.Sentence, "—", x.Why)
		}
	}
	return p
}

// inOrder holds that doors are closed first, then holds, then good versions put
// back, then owners.
func (w *town) inOrder(t *testing.T, p incident.Proposal) {
	t.Helper()
	stages := map[string]int{"version.hold": 1, "crate.hold": 1, "version.unyank": 2, "version.yank": 2, "owner.remove": 3}
	last := 0
	for _, d := range append(deeds(p, true), deeds(p, false)...)[:len(deeds(p, true))] {
		kind, _, _ := strings.Cut(d, " ")
		if stages[kind] < last {
			t.Errorf("out of order: %s", d)
		}
		last = stages[kind]
	}
}

func version(id string) ledger.Subject {
	name, num, _ := strings.Cut(id, "@")
	return action.VersionSubject(name, num)
}

func (w *town) account(login string) ledger.Subject { return action.AccountSubject(w.ids[login], "") }

func runShapes(t *testing.T, w *town, shapes map[string]shape) {
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		t.Run(name, func(t *testing.T) { w.check(t, shapes[name]) })
	}
}
