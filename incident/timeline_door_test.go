package incident_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// Trusted publishers and invitations come with the registry's own time, and end
// with what is known of their end: the plan that took one away, the owner whom one
// made, the day on which one ran out, or that nobody recorded it.
func TestTimelineTellsWhoWasLetIn(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	a := k.story.August
	crate, at := a.Republished[0].Crate, time.Now().UTC().Truncate(time.Microsecond).Add(-time.Minute)
	var crateID int32
	k.must(k.registry.QueryRow(t.Context(), `SELECT id FROM crates WHERE name = $1`, crate).Scan(&crateID))
	var guests []int32
	rows, err := k.registry.Query(t.Context(), `SELECT u.id FROM users u WHERE NOT EXISTS (SELECT FROM crate_owners o WHERE o.owner_id = u.id) AND NOT EXISTS (SELECT FROM crate_owner_invitations i WHERE i.invited_user_id = u.id) ORDER BY u.id LIMIT 4`)
	k.must(err)
	for rows.Next() {
		var id int32
		k.must(rows.Scan(&id))
		guests = append(guests, id)
	}
	k.must(rows.Err())
	var configs [2]int32
	for n, repository := range []string{"loader", "helper"} {
		k.must(k.registry.QueryRow(t.Context(), `INSERT INTO trustpub_configs_github (created_at, crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename)
			VALUES ($1, $2, 'stranger', 7, $3, 'release.yml') RETURNING id`, at.Add(time.Duration(n)*time.Second), crateID, repository).Scan(&configs[n]))
	}
	for n, guest := range guests {
		ends := at.Add(30 * 24 * time.Hour)
		if n == 1 {
			ends = at.Add(30 * time.Second) // has run out
		}
		k.exec(`INSERT INTO crate_owner_invitations (invited_user_id, invited_by_user_id, crate_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			guest, a.Owner.UserID, crateID, at.Add(time.Duration(10+n)*time.Second), ends)
	}
	k.must(k.mirror.Refresh(t.Context()))
	i := k.open(incident.MaliciousUpdate, incident.Malicious, action.VersionSubject(crate, a.Republished[0].Version))
	k.must(k.Remember(t.Context(), i.ID))

	// One is accepted, one declined, one publisher suspended by a plan, one removed
	// by its owner.
	joined := at.Add(40 * time.Second)
	k.exec(`INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by, created_at) VALUES ($1, $2, 0, $3, $4)`, crateID, guests[0], a.Owner.UserID, joined)
	k.exec(`DELETE FROM crate_owner_invitations WHERE crate_id = $1 AND invited_user_id IN ($2, $3)`, crateID, guests[0], guests[2])
	step, err := k.engine.Catalogue().Encode("publisher.suspend", action.PublisherSuspend{Provider: "github", ID: configs[0]})
	k.must(err)
	plan, err := k.engine.Draft(t.Context(), k.ada, action.Order{Title: "no stranger publishes", Steps: []action.StepText{step}, Incident: i.ID}, "")
	k.must(err)
	plan = k.apply(plan)
	k.exec(`DELETE FROM trustpub_configs_github WHERE id = $1`, configs[1])
	list := k.timeline(k.Service, i.ID)

	told := func(what, part string, when time.Time) {
		t.Helper()
		n := slices.IndexFunc(list, func(m incident.Moment) bool { return m.What == what && strings.Contains(m.Sentence, part) })
		switch {
		case n < 0:
			t.Errorf("no %s of %q is told", what, part)
		case list[n].Source != incident.FromRegistry || list[n].Subject != (ledger.Subject{Kind: "crate", ID: crate}) || !when.IsZero() && !list[n].At.Equal(when):
			t.Errorf("%+v, want it at %s", list[n], when)
		}
	}
	login := func(id int32) (out string) {
		k.must(k.registry.QueryRow(t.Context(), `SELECT gh_login FROM users WHERE id = $1`, id).Scan(&out))
		return out
	}
	told("publisher-added", "stranger/loader (GitHub, release.yml) became", at)
	told("publisher-added", "stranger/helper", at.Add(time.Second))
	told("publisher-removed", fmt.Sprintf("stranger/loader of %s was removed by plan %s", crate, plan.ID), *plan.AppliedAt)
	told("publisher-removed", "stranger/helper of "+crate+" was removed before this; the registry records neither", time.Time{})
	for n, guest := range guests {
		told("owner-invited", "invited "+login(guest)+" to own", at.Add(time.Duration(10+n)*time.Second))
	}
	told("invitation-accepted", login(guests[0])+" accepted", joined)
	told("invitation-expired", login(guests[1])+" to own "+crate+" ran out", at.Add(30*time.Second))
	told("invitation-gone", login(guests[2]), time.Time{})
	for _, m := range list {
		if strings.HasPrefix(m.What, "invitation-") && strings.Contains(m.Sentence, login(guests[3])) {
			t.Errorf("the open one ended: %+v", m)
		}
	}
	if again := text(t, k.timeline(k.Service, i.ID)); string(again) != string(text(t, list)) {
		t.Errorf("told again it is another:\n%s", difference(text(t, list), again))
	}
}
