package incident_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/action"
	"cratewarden/incident"
	"cratewarden/ledger"
	"cratewarden/telemetry/pacetest"
)

// august checks that a proposal is exactly the right answer.
func (k *stage) august(p incident.Proposal) {
	k.t.Helper()
	a := k.story.August
	holds := acts(p, "version.hold", false)
	k.equalSets("hold", holds, names(a.Hold))
	k.equalSets("restore", acts(p, "version.unyank", false), names(a.Restore))
	k.equalSets("contain", acts(p, "account.contain", false), numbers(a.Contain))
	k.equalSets("advisories", p.Advisories, a.Advisories)
	if len(p.Ticks()) != len(a.Hold)+len(a.Restore)+len(a.Contain) {
		k.t.Errorf("%d steps are ticked", len(p.Ticks()))
	}
	if len(holds) < 2 || !strings.HasPrefix(holds[0], a.Helper+"@") || !strings.HasPrefix(holds[1], a.Helper+"@") || len(p.Advisories) == 0 || p.Advisories[0] != a.Helper {
		k.t.Errorf("the payload is not first: %v, %v", holds, p.Advisories)
	}
	stage := 0 // contain, hold, unyank
	for _, s := range p.Steps {
		now := 0
		switch {
		case strings.Contains(string(s.Do), `"version.hold"`):
			now = 1
		case strings.Contains(string(s.Do), `"version.unyank"`):
			now = 2
		}
		if now < stage {
			k.t.Errorf("out of order: %s", s.Sentence)
		}
		stage = now
		if s.Ticked && s.Why == "" {
			k.t.Errorf("no reason: %s", s.Sentence)
		}
	}
	all := strings.ToLower(string(slices.Concat(func() (out [][]byte) {
		for _, s := range p.Steps {
			out = append(out, s.Do)
		}
		return out
	}()...)))
	for _, name := range slices.Concat(a.Untouched, names(a.StayYanked)) {
		crate, num, _ := strings.Cut(name, "@")
		if strings.Contains(all, `"`+crate+`"`) && (num == "" || strings.Contains(all, `"crate":"`+crate+`","version":"`+num+`"`)) {
			k.t.Errorf("%s is in it", name)
		}
	}
	for _, s := range p.Subjects {
		if s.Account == a.Imitated.UserID || s.Kind == "token" && s.Token == a.Usual.TokenID {
			k.t.Errorf("%s %s is in it: %+v", s.Kind, s.ID, s.Reasons)
		}
	}
}

func TestProposalIsTheRightAnswerFromAnyStart(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	a := k.story.August
	slowest := time.Duration(0)
	for _, start := range []struct {
		incident.Kind
		incident.Verdict
		ledger.Subject
	}{
		{incident.MaliciousUpdate, incident.Malicious, action.VersionSubject(a.Republished[0].Crate, a.Republished[0].Version)},
		{incident.MaliciousUpdate, incident.Compromised, action.VersionSubject(a.Republished[2].Crate, a.Republished[2].Version)},
		{incident.MaliciousUpdate, incident.Malicious, action.CrateSubject(a.Republished[0].Crate)},
		{incident.MaliciousUpdate, incident.Malicious, action.CrateSubject(a.Helper)},
		{incident.Typosquat, incident.Malicious, action.VersionSubject(a.Helper, a.Clean.Version)},
		{incident.CompromisedOwner, incident.Compromised, action.AccountSubject(a.Owner.UserID, "")},
		{incident.LeakedToken, incident.Compromised, action.TokenSubject(a.Stolen.TokenID)},
		{incident.Typosquat, incident.Malicious, action.AccountSubject(a.LookAlike.UserID, "")},
		{incident.MaliciousUpdate, incident.Malicious, action.CrateSubject(a.Carriers[0].Crate)},
		{incident.MaliciousUpdate, incident.Malicious, action.VersionSubject(a.Carriers[4].Crate, a.Carriers[4].Version)},
		{incident.MaliciousUpdate, incident.Undecided, action.VersionSubject(a.Republished[1].Crate, a.Republished[1].Version)},
	} {
		i := k.open(start.Kind, start.Verdict, start.Subject)
		var p incident.Proposal
		slowest = max(slowest, pacetest.Within(t, "a proposal", 2*time.Second, func() { p = k.propose(i) }))
		t.Run(start.Subject.Kind+" "+start.ID, func(t *testing.T) {
			k := *k
			k.t = t
			k.august(p)
			if (start.Verdict == incident.Undecided) != strings.Contains(strings.Join(p.Notes, " "), "no verdict yet") {
				t.Error(p.Notes)
			}
			for _, s := range p.Steps {
				if t.Failed() || testing.Verbose() && start.ID == a.Helper {
					t.Log(s.Ticked, s.Related, s.Sentence, "—", s.Why)
				}
			}
		})
	}
	t.Logf("slowest proposal %v", slowest.Round(time.Microsecond))
}

// The case as a person takes it in: the imitated is named beside the helper.
func TestProposalLeavesTheImitatedAlone(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	a := k.story.August
	i := k.open(incident.MaliciousUpdate, incident.Compromised, action.CrateSubject(a.Helper), action.AccountSubject(a.Owner.UserID, ""), action.AccountSubject(a.Imitated.UserID, ""), action.CrateSubject(a.Untouched[0]))
	p := k.propose(i)
	k.equalSets("contain", acts(p, "account.contain", false), numbers(a.Contain))
	k.equalSets("hold", acts(p, "version.hold", false), names(a.Hold))
	if text := strings.Join(p.Notes, " "); !strings.Contains(text, a.Imitated.Login+" has a past") || !strings.Contains(text, a.Untouched[0]+" has a past") {
		t.Error(p.Notes)
	}
}

func TestProposalForTheTyposquats(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	s := k.story.Typosquats
	for _, name := range slices.Sorted(maps.Keys(s.Target)) {
		p := k.propose(k.open(incident.Typosquat, incident.Malicious, action.CrateSubject(name)))
		k.equalSets(name+": contain", acts(p, "account.contain", false), numbers(s.Accounts))
		k.equalSets(name+": hold", acts(p, "version.hold", false), names(s.Hold))
		k.equalSets(name+": advisories", p.Advisories, slices.Sorted(maps.Keys(s.Target)))
		if len(p.Ticks()) != len(s.Accounts)+len(s.Hold) {
			t.Errorf("%s: %d ticked", name, len(p.Ticks()))
		}
		if len(p.Steps) != len(p.Ticks()) {
			t.Errorf("%s: %d offered", name, len(p.Steps)-len(p.Ticks()))
		}
	}
}

// A squatter's names are held, and not one account is locked by itself.
func TestProposalForTheSquatter(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	s := k.story.Squatter
	for _, start := range []ledger.Subject{action.CrateSubject(s.Crates[0]), action.CrateSubject(s.Crates[77]), action.VersionSubject(s.Crates[119], k.only(s.Crates[119])), action.AccountSubject(s.Account.UserID, "")} {
		p := k.propose(k.open(incident.Squatting, incident.PolicyCase, start))
		k.equalSets(start.ID+": hold", acts(p, "crate.hold", false), s.Crates)
		k.equalSets(start.ID+": lock", acts(p, "account.lock", false), nil)
		k.equalSets(start.ID+": lock offered", acts(p, "account.lock", true), []string{action.AccountSubject(s.Account.UserID, "").ID})
		if len(p.Ticks()) != 120 || len(p.Advisories) != 0 {
			t.Errorf("%d ticked, advisories %v", len(p.Ticks()), p.Advisories)
		}
	}
	p := k.propose(k.open(incident.Flood, incident.Malicious, action.CrateSubject(s.Crates[0])))
	if got := acts(p, "version.hold", false); len(got) != 120 || len(acts(p, "account.contain", false)) != 1 {
		t.Errorf("a flood of malicious crates: %d held, %v contained", len(got), acts(p, "account.contain", false))
	}
}

func (k *stage) only(crate string) (num string) {
	k.t.Helper()
	k.must(k.registry.QueryRow(k.t.Context(), `SELECT v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE c.name = $1`, crate).Scan(&num))
	return num
}

// A flood that goes on is stopped by a lock; one that is over is not.
func TestFloodThatGoesOnIsLocked(t *testing.T) {
	t.Parallel()
	late := func(c *incident.Config) {
		c.Clock = func() time.Time { return played().Situations.Squatter.To.Add(3 * time.Hour) }
	}
	k := newStage(t, late)
	p := k.propose(k.open(incident.Squatting, incident.PolicyCase, action.CrateSubject(k.story.Squatter.Crates[5])))
	k.equalSets("lock", acts(p, "account.lock", false), numbers([]demoAccount{k.story.Squatter.Account}))
}

func TestNothingIsProposedWhereNothingIsToDo(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	a := k.story.August
	for _, c := range []struct {
		incident.Kind
		incident.Verdict
	}{{incident.MaliciousUpdate, incident.Benign}, {incident.MaliciousUpdate, incident.ServiceCase}, {incident.PersonalData, incident.Undecided}, {incident.PersonalData, incident.PolicyCase}} {
		if p := k.propose(k.open(c.Kind, c.Verdict, action.CrateSubject(a.Helper))); len(p.Steps) != 0 || len(p.Notes) != 1 {
			t.Errorf("%+v: %+v", c, p)
		}
	}
	p := k.propose(k.open(incident.MaliciousUpdate, incident.Malicious, action.CrateSubject("no-such-crate"), action.VersionSubject("arraykit", "99.0.0")))
	if len(p.Steps) != 0 || len(p.Notes) != 2 {
		t.Errorf("%+v", p)
	}
	if _, err := k.Propose(t.Context(), "INC-99999"); cratewarden.KindOf(err) != cratewarden.NotFound {
		t.Error(err)
	}
}

// One plan, contained; then the removal as a plan of its own; and what was put
// back stays so.
func TestProposalIsDraftedAppliedAndRemoved(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	a := k.story.August
	i := k.open(incident.MaliciousUpdate, incident.Malicious, action.VersionSubject(a.Republished[0].Crate, a.Republished[0].Version))
	p := k.propose(i)
	if _, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{Seen: "another"}, ""); cratewarden.KindOf(err) != cratewarden.Conflict {
		t.Error(err)
	}
	if _, err := k.Draft(t.Context(), k.ada, i.ID, []int{len(p.Steps)}, incident.DraftTexts{}, ""); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Error(err)
	}
	if _, err := k.Draft(t.Context(), k.ada, i.ID, []int{}, incident.DraftTexts{}, ""); cratewarden.KindOf(err) != cratewarden.Invalid {
		t.Error(err)
	}
	plan, err := k.Draft(t.Context(), k.ada, i.ID, p.Ticks(), incident.DraftTexts{Internal: "see the report", Seen: p.Seen}, "once")
	k.must(err)
	again, err := k.Draft(t.Context(), k.ada, i.ID, p.Ticks(), incident.DraftTexts{Internal: "see the report", Seen: p.Seen}, "once")
	k.must(err)
	if again.ID != plan.ID || plan.Incident != i.ID || plan.Title != "Contain 4 accounts, hold 15 versions, put 5 yanked versions back" || len(plan.Steps) != 24 {
		t.Errorf("%+v", plan)
	}
	if p := k.propose(i); p.Seen == "" || len(p.Ticks()) != 24 {
		t.Error("with all of it named in the case the proposal is another")
	} else {
		k.august(p)
	}
	if i, err = k.Incident(t.Context(), i.ID); err != nil || len(i.Subjects) < 24 {
		t.Errorf("%d subjects, %v", len(i.Subjects), err)
	}
	for _, x := range i.Subjects { // the reported version, too, which came without one
		if x.Role == "" {
			t.Errorf("%s has no role", x.ID)
		}
	}
	empty, err := k.ProposeRemoval(t.Context(), i.ID)
	if err != nil || len(empty.Steps) != 0 || len(empty.Notes) != 1 {
		t.Errorf("%+v %v", empty, err)
	}
	k.apply(plan)
	if p := k.propose(i); len(acts(p, "version.hold", false))+len(acts(p, "version.unyank", true)) != 0 {
		t.Errorf("what is done is proposed again: %v", p.Ticks())
	}
	k.removed(i)
}

func (k *stage) removed(i incident.Incident) {
	k.t.Helper()
	a := k.story.August
	p, err := k.ProposeRemoval(k.t.Context(), i.ID)
	k.must(err)
	var whole []string
	for _, r := range a.Carriers {
		whole = append(whole, r.Crate)
	}
	k.equalSets("delete crates", acts(p, "crate.delete", false), append(whole, a.Helper))
	k.equalSets("delete versions", acts(p, "version.delete", false), names(a.Republished))
	if last := p.Steps[len(p.Steps)-1]; last.Sentence != "Delete "+a.Helper || len(p.Notes) != 0 {
		k.t.Errorf("last is %s, notes %v", last.Sentence, p.Notes)
	}
	plan, err := k.DraftRemoval(k.t.Context(), k.ada, i.ID, nil, incident.DraftTexts{Seen: p.Seen}, "")
	k.must(err)
	plan = k.apply(plan)
	if !plan.Irreversible || plan.Evidence == "" || len(plan.Approvals) != 1 {
		k.t.Errorf("%+v", plan)
	}
	var versions, restored int
	k.must(k.registry.QueryRow(k.t.Context(), `SELECT count(*) FILTER (WHERE id = ANY ($1)), count(*) FILTER (WHERE id = ANY ($2) AND NOT yanked) FROM versions`, ids(a.Hold), ids(a.Restore)).Scan(&versions, &restored))
	if versions != 0 || restored != len(a.Restore) {
		k.t.Errorf("%d bad versions are left, %d of %d good ones are back", versions, restored, len(a.Restore))
	}
}

// Where a stranger's version would lose a row for good, the crate stays held.
func TestRemovalSparesTheRowsOfOthers(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	k.store()
	a := k.story.August
	k.exec(`INSERT INTO dependencies (version_id, crate_id, req, optional, default_features, features, kind)
		SELECT v.id, h.id, '^1', false, true, '{}', 0 FROM versions v JOIN crates c ON c.id = v.crate_id, crates h WHERE c.name = 'bitgrid' AND v.num = '0.1.0' AND h.name = $1`, a.Helper)
	k.must(k.mirror.Refresh(t.Context()))
	i := k.open(incident.MaliciousUpdate, incident.Malicious, action.CrateSubject(a.Helper))
	plan, err := k.Draft(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	k.apply(plan)
	p, err := k.ProposeRemoval(t.Context(), i.ID)
	k.must(err)
	if slices.Contains(acts(p, "crate.delete", true), a.Helper) || len(acts(p, "crate.delete", false)) != 5 || !strings.Contains(strings.Join(p.Notes, " "), "bitgrid 0.1.0") {
		t.Errorf("%v %v", acts(p, "crate.delete", true), p.Notes)
	}
	plan, err = k.DraftRemoval(t.Context(), k.ada, i.ID, nil, incident.DraftTexts{}, "")
	k.must(err)
	k.apply(plan)
}

// A token that leaked and was not used is revoked, and that is all.
func TestProposalForALeakedToken(t *testing.T) {
	t.Parallel()
	k := newStage(t)
	var token int32
	k.must(k.registry.QueryRow(t.Context(), `SELECT min(id) FROM api_tokens WHERE NOT revoked AND expired_at > now() + interval '1 day' AND user_id < 100 AND user_id <> $1`, k.story.August.Owner.UserID).Scan(&token))
	p := k.propose(k.open(incident.LeakedToken, incident.Undecided, action.TokenSubject(token)))
	if len(p.Ticks()) != 1 || p.Steps[p.Ticks()[0]].Sentence != (action.TokenRevoke{Token: token}).Sentence() {
		for _, s := range p.Steps {
			t.Errorf("%v %s: %s", s.Ticked, s.Sentence, s.Why)
		}
	}
}
