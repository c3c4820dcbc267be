package incident_test

import (
	"slices"
	"strings"
	"testing"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/advisory"
	"cratewarden/incident"
)

// stranger makes the only version of a crate depend on another, and gives the
// crate and its only owner, who has nothing to do with the story.
func (k *stage) stranger(on string) (crate, version, login string) {
	k.t.Helper()
	involved := []int32{}
	for _, a := range k.story.August.Contain {
		involved = append(involved, a.UserID)
	}
	var id int32
	k.must(k.registry.QueryRow(k.t.Context(), `SELECT v.id, c.name, v.num, u.gh_login FROM crates c JOIN versions v ON v.crate_id = c.id
		JOIN crate_owners o ON o.crate_id = c.id AND NOT o.deleted JOIN users u ON u.id = o.owner_id AND o.owner_kind = 0
		WHERE u.id <> ALL ($1) AND NOT v.yanked AND v.created_at < now() - interval '1 year'
		AND (SELECT count(*) FROM crate_owners x WHERE x.crate_id = c.id OR x.owner_id = u.id) = 1 AND (SELECT count(*) FROM versions x WHERE x.crate_id = c.id) = 1
		AND NOT EXISTS (SELECT FROM dependencies d WHERE d.crate_id = c.id) ORDER BY c.id LIMIT 1`, involved).Scan(&id, &crate, &version, &login))
	k.exec(`INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind)
		SELECT $1, id, '^1', false, true, '{}', 0 FROM crates WHERE name = $2`, id, on)
	k.must(k.mirror.Refresh(k.t.Context()))
	return crate, version, login
}

// digests makes the shared draft and gives the mails by login.
func (k *stage) digests(i incident.Incident) map[string]string {
	k.t.Helper()
	list, err := k.Make(k.t.Context(), k.ada, i.ID, []advisory.Format{advisory.MailDependents})
	k.must(err)
	at := slices.IndexFunc(list, func(d incident.Draft) bool { return d.Format == advisory.MailDependents })
	if at < 0 {
		k.t.Fatal("there is no draft of the mail to owners of dependents")
	}
	docs, err := k.Digests(k.t.Context(), list[at].ID)
	k.must(err)
	out := map[string]string{}
	for _, d := range docs {
		out[d.To] = d.Text
	}
	return out
}

// A plan deletes whole crates, and with them the rows that said who depended on
// them. Who did is told afterwards all the same, by what the case kept, and when
// it kept nothing by the images of the plan.
func TestOwnersOfDependentsAreToldAfterTheDeletion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		forget bool
	}{{"kept with the case", false}, {"from the plan's images", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newStage(t)
			k.store()
			a := k.story.August
			crate, version, login := k.stranger(a.Helper)
			i := k.open(incident.MaliciousUpdate, incident.Malicious, action.CrateSubject(a.Helper))
			plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
			k.must(err)
			k.apply(plan)
			// The stranger's version has to be held for the deletion to be allowed.
			k.plan(i, `{"do":"version.hold","crate":"`+crate+`","version":"`+version+`"}`)
			if c.forget {
				k.forget()
			} else if before := k.digests(i); !strings.Contains(before[login], crate+" depend") {
				t.Errorf("before the deletion %s is told %q", login, before[login])
			}
			p, err := k.ProposeRemoval(t.Context(), i.ID)
			k.must(err)
			var but []int // the stranger's own crate stays
			for n, step := range p.Steps {
				if step.Ticked && step.Subject.ID != crate {
					but = append(but, n)
				}
			}
			plan, err = k.DraftRemoval(t.Context(), k.ada, i.ID, but, incident.DraftTexts{Seen: p.Seen}, "")
			k.must(err)
			if c.forget {
				k.forget()
			}
			k.apply(plan)
			var left int
			k.must(k.registry.QueryRow(t.Context(), `SELECT count(*) FROM crates WHERE name = $1`, a.Helper).Scan(&left))
			if left != 0 {
				t.Fatal("the helper is still there")
			}
			after := k.digests(i)
			text := after[login]
			if !strings.Contains(text, crate+" depended on "+a.Helper+" ^1, as of ") {
				t.Errorf("after the deletion %s is told %q; told are %d", login, text, len(after))
			}
			for _, r := range a.Carriers {
				if strings.Contains(text, r.Crate+" depend") {
					t.Errorf("a carrier is in a stranger's mail: %s", text)
				}
			}
			for _, who := range a.Contain {
				if after[who.Login] != "" {
					t.Errorf("%s, who is contained, is told", who.Login)
				}
			}
			var body string
			k.must(k.console.QueryRow(t.Context(), `SELECT string_agg(rows::text, '') FROM incident_dependent`).Scan(&body))
			k.noAddressIn([]string{text, body})
			if err := k.Sync(t.Context(), i.ID); err != nil && cratewarden.KindOf(err) != cratewarden.Unavailable {
				t.Error(err)
			}
			if again := k.digests(i); again[login] != text {
				t.Errorf("told again it says %q", again[login])
			}
		})
	}
}

// forget takes away what cases kept, as if nobody had looked before the deletion.
func (k *stage) forget() {
	k.t.Helper()
	_, err := k.console.Exec(k.t.Context(), `DELETE FROM incident_dependent`)
	k.must(err)
}
