package incident_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
)

// flood makes n crates of one account, one every few seconds.
func (w *town) flood(login, prefix string, n int, age time.Duration) (names []string) {
	w.add(`WITH c AS (INSERT INTO crates (name, created_at) SELECT '%s' || lpad(i::text, 4, '0'), %s + i * interval '2 seconds' FROM generate_series(1, %d) i RETURNING id, name, created_at),
		o AS (INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by, created_at) SELECT id, %d, 0, %[4]d, created_at FROM c),
		v AS (INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by, created_at) SELECT id, '0.1.0', '0.1.0', 600, sha256(name::bytea), %[4]d, created_at FROM c RETURNING id, created_at)
		INSERT INTO version_owner_actions (version_id, user_id, action, time) SELECT id, %[4]d, 0, created_at FROM v`, prefix, ago(age), n, w.ids[login])
	for i := range n {
		names = append(names, fmt.Sprintf("%s%04d", prefix, i+1))
	}
	return names
}

func each(kind string, names []string) (out []string) {
	for _, n := range names {
		out = append(out, kind+" "+n)
	}
	return out
}

// Names that are taken and not used, quickly and slowly, few and many.
func TestProposalForTakenNames(t *testing.T) {
	t.Parallel()
	var many, slowly, spam []string
	w := newTown(t, func(w *town) {
		w.person("floodling", 2*hour)
		many = w.flood("floodling", "floodling-", 1000, 90*time.Minute)
		w.person("collector", year)
		w.person("adverts", 3*day)
		w.person("sparse", year)
		for i := range 45 {
			name := fmt.Sprintf("collected-%02d", i)
			slowly = append(slowly, name)
			w.crate(name, "collector", time.Duration(200-4*i)*day, 10)
			w.publish(name, "0.0.1", "collector", 0, time.Duration(200-4*i)*day)
		}
		for i := range 6 {
			name := fmt.Sprintf("cheap-tickets-%d", i)
			spam = append(spam, name)
			w.crate(name, "adverts", 2*hour-time.Duration(i)*time.Minute, 1)
			w.publish(name, "0.0.1", "adverts", 0, 2*hour-time.Duration(i)*time.Minute)
		}
		w.add(`UPDATE versions SET crate_size = 60000 WHERE crate_id IN (SELECT id FROM crates WHERE name LIKE 'cheap-tickets-%%')`)
	})
	lock := func(login string) string { return "account.lock " + w.account(login).ID }
	var named, spams []ledger.Subject
	for _, n := range many {
		named = append(named, action.CrateSubject(n))
	}
	for _, n := range spam {
		spams = append(spams, action.CrateSubject(n))
	}
	all := append(each("crate.hold", many), lock("floodling"))
	bad := each("version.hold", many)
	for i := range bad {
		bad[i] += "@0.1.0"
	}
	runShapes(t, w, map[string]shape{
		"a flood that goes on": {Kind: incident.Flood, Verdict: incident.PolicyCase, start: named[:1], ticks: all, offers: []string{}},
		"a thousand subjects":  {Kind: incident.Flood, Verdict: incident.PolicyCase, start: named, ticks: all, offers: []string{}},
		"a thousand bad ones":  {Kind: incident.Flood, Verdict: incident.Malicious, start: named, ticks: append(bad, w.contain("floodling")...), offers: []string{}, advise: many},
		"names one by one":     {Kind: incident.Squatting, Verdict: incident.PolicyCase, start: []ledger.Subject{action.CrateSubject("collected-07")}, ticks: []string{"crate.hold collected-07"}, offers: append(each("crate.hold", slowly[25:]), lock("collector")), notes: []string{"45 crates that nobody uses, of which 20 are shown"}},
		"names of an account":  {Kind: incident.Squatting, Verdict: incident.PolicyCase, start: []ledger.Subject{w.account("collector")}, offers: append(each("crate.hold", slowly), lock("collector"))},
		"spam, one named":      {Kind: incident.Flood, Verdict: incident.PolicyCase, start: spams[:1], ticks: each("crate.hold", spam[:1]), offers: append(each("crate.hold", spam[1:]), lock("adverts"))},
		"spam, all named":      {Kind: incident.Flood, Verdict: incident.PolicyCase, start: spams, ticks: append(each("crate.hold", spam), lock("adverts")), offers: []string{}},
	})
}

// A report that was false: what was contained is put back, and nothing else is
// proposed.
func TestProposalPutsBack(t *testing.T) {
	t.Parallel()
	w := newTown(t, func(w *town) {
		w.person("wronged", 5*year)
		w.crate("falsely-accused", "wronged", 4*year, 20_000)
		w.past("falsely-accused", "wronged", w.token("wronged", 1, 3*year))
		w.publish("falsely-accused", "1.5.0", "wronged", w.ids["wronged"]*10+1, 3*hour)
	})
	i := w.open(incident.CompromisedOwner, incident.Compromised, version("falsely-accused@1.5.0"))
	plan, err := w.Draft(t.Context(), w.ada, i.ID, nil, incident.DraftTexts{}, "")
	w.must(err)
	w.apply(plan)
	_, err = w.Decide(t.Context(), w.ada, i.ID, incident.Change{Set: map[incident.Field]string{incident.VerdictField: string(incident.Benign)}, Was: map[incident.Field]string{incident.VerdictField: string(incident.Compromised)}})
	w.must(err)
	p := w.propose(i)
	w.equalSets("put back", deeds(p, true), []string{"version.release falsely-accused@1.5.0", "account.release " + w.account("wronged").ID})
	if len(deeds(p, false)) != 0 || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "puts back") || p.Title != "Release 1 held version, release 1 account" {
		t.Errorf("%s %v %v", p.Title, p.Notes, deeds(p, false))
	}
	plan, err = w.Draft(t.Context(), w.ada, i.ID, nil, incident.DraftTexts{Seen: p.Seen}, "")
	w.must(err)
	w.apply(plan)
	var yanked, locked, revoked bool
	w.must(w.registry.QueryRow(t.Context(), `SELECT v.yanked, u.account_lock_reason IS NOT NULL, t.revoked FROM versions v, users u, api_tokens t
		WHERE v.num = '1.5.0' AND v.published_by = u.id AND u.id = $1 AND t.user_id = u.id`, w.ids["wronged"]).Scan(&yanked, &locked, &revoked))
	if yanked || locked || revoked {
		t.Errorf("yanked %v, locked %v, token revoked %v", yanked, locked, revoked)
	}
	if p := w.propose(i); len(p.Steps) != 0 || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "nothing to do") {
		t.Errorf("when all is back: %v %v", deeds(p, true), p.Notes)
	}
	// Another case has the account for something real.
	other := w.open(incident.CompromisedOwner, incident.Compromised, w.account("wronged"))
	contain, err := w.engine.Catalogue().Encode("account.contain", action.Contain{AccountRef: action.AccountRef{Account: w.ids["wronged"]}, LockTerms: action.LockTerms{Reason: "taken over"}})
	w.must(err)
	plan, err = w.engine.Draft(t.Context(), w.ada, action.Order{Title: "it is taken over now", Steps: []action.StepText{contain}, Incident: other.ID, Public: "taken over"}, "")
	w.must(err)
	w.apply(plan)
	if p := w.propose(i); len(p.Steps) != 0 {
		t.Errorf("a false alarm lets in whom another case locked: %v %v", deeds(p, true), p.Notes)
	}
}
