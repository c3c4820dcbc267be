package related

import (
	"testing"
	"time"

	"cratewarden/action"
	"cratewarden/ledger"
)

// starts are all single subjects from which the attack must be found.
func starts() map[string]struct {
	Blame
	ledger.Subject
} {
	type start = struct {
		Blame
		ledger.Subject
	}
	a := made().Situations.August
	out := map[string]start{
		"the stolen token":       {TakenOver, action.TokenSubject(a.Stolen.TokenID)},
		"the owner":              {TakenOver, account(a.Owner)},
		"the owner, attacked":    {Malicious, account(a.Owner)},
		"the look-alike":         {Malicious, account(a.LookAlike)},
		"the helper":             {Malicious, action.CrateSubject(a.Helper)},
		"the helper, clean":      {Malicious, version(a.Clean)},
		"the helper, armed":      {Malicious, version(a.Armed)},
		"the crate, not version": {Malicious, action.CrateSubject(a.Republished[0].Crate)},
	}
	for _, r := range a.Hold[2:] {
		out[r.Crate+" "+r.Version] = start{Malicious, version(r)}
	}
	for _, r := range a.Republished {
		out[r.Crate+" "+r.Version+" as a takeover"] = start{TakenOver, version(r)}
	}
	for _, r := range a.Carriers {
		out[r.Crate] = start{Malicious, action.CrateSubject(r.Crate)}
	}
	for _, s := range a.SideAccounts {
		out[s.Login] = start{Malicious, account(s)}
	}
	return out
}

func TestAttackIsFoundFromAnySubject(t *testing.T) {
	t.Parallel()
	k, a := newKit(t), made().Situations.August
	for name, s := range starts() {
		began := time.Now()
		got := k.find(s.Blame, s.Subject)
		t.Logf("from %s: %v", name, time.Since(began).Round(time.Microsecond))
		t.Run(name, func(t *testing.T) {
			k := *k
			k.t = t
			k.same("hold", chosen(got, held), releases(a.Hold))
			k.same("restore", chosen(got, restored), releases(a.Restore))
			k.same("contain", chosen(got, blamed), accounts(a.Contain))
			if t.Failed() {
				t.Log(told(got))
			}
		})
	}
}

func TestTyposquatsAreFoundFromAnySubject(t *testing.T) {
	t.Parallel()
	k, s := newKit(t), made().Situations.Typosquats
	var list []ledger.Subject
	for name := range s.Target {
		list = append(list, action.CrateSubject(name))
	}
	for _, r := range s.Hold {
		list = append(list, version(r))
	}
	for _, a := range s.Accounts {
		list = append(list, account(a))
	}
	for _, start := range list {
		began := time.Now()
		got := k.find(Malicious, start)
		t.Logf("from %s: %v", start.ID, time.Since(began).Round(time.Microsecond))
		t.Run(start.ID, func(t *testing.T) {
			k := *k
			k.t = t
			k.same("hold", chosen(got, held), releases(s.Hold))
			k.same("contain", chosen(got, blamed), accounts(s.Accounts))
			k.same("restore", chosen(got, restored), nil)
			if t.Failed() {
				t.Log(told(got))
			}
		})
	}
}

func TestSquatterIsFoundFromAnyCrate(t *testing.T) {
	t.Parallel()
	k, s := newKit(t), made().Situations.Squatter
	var want []string
	for _, c := range s.Crates {
		want = append(want, "crate "+c)
	}
	want = sorted(want)
	list := []ledger.Subject{account(s.Account)}
	for _, c := range s.Crates {
		list = append(list, action.CrateSubject(c))
	}
	for _, start := range list {
		began := time.Now()
		got := k.find(Squat, start)
		t.Logf("from %s: %v", start.ID, time.Since(began).Round(time.Microsecond))
		k.same(start.ID, chosen(got, func(s Subject) bool { return s.Strength == Tick }), want)
		k.same(start.ID+" offers", chosen(got, func(s Subject) bool { return s.Strength == Offer }), accounts([]demoAccount{s.Account}))
	}
}
