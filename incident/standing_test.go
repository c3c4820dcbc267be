package incident

import (
	"testing"
	"time"

	"cratewarden/ledger"
)

// What the acts of the record say of each subject, whatever their order, with
// what ended without a plan and what was put back.
func TestStandings(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return time.Date(2026, 8, 20, 8, minutes, 0, 0, time.UTC) }
	act := func(minutes int, kind, of, id string, until ...time.Time) actFact {
		a := actFact{kind: kind, subjects: []ledger.Subject{{Kind: of, ID: id}}, proof: proof{plan: "p1", at: at(minutes)}}
		if len(until) > 0 {
			a.until = until[0]
		}
		return a
	}
	sub := func(kind, id string) Subject { return Subject{Subject: ledger.Subject{Kind: kind, ID: id}} }
	hold, yank := act(1, "version.hold", "version", "array-kit@1.0.0"), act(2, "version.yank", "version", "array_kit@1.0.0")
	gone := act(3, "version.delete", "version", "array_kit@1.0.0")
	lock := act(1, "account.contain", "account", "7", at(9))
	for name, c := range map[string]struct {
		about        Subject
		acts, undone []actFact
		want         string
		bad          bool
	}{
		"nothing":             {sub("version", "x@1.0.0"), []actFact{hold}, nil, "", false},
		"held":                {sub("version", "array_kit@1.0.0"), []actFact{hold, yank}, nil, "held", false},
		"yanked":              {sub("version", "array_kit@1.0.0"), []actFact{yank}, nil, "yanked", false},
		"held with the crate": {sub("version", "array_kit@2.0.0"), []actFact{act(1, "crate.hold", "crate", "Array_Kit")}, nil, "held", false},
		"deleted":             {sub("version", "array_kit@1.0.0"), []actFact{gone, hold}, nil, "deleted", false},
		"risen":               {sub("version", "array_kit@1.0.0"), []actFact{gone, act(4, backAgain, "version", "array_kit@1.0.0")}, nil, "in the registry again", true},
		"never gone":          {sub("version", "array_kit@1.0.0"), []actFact{hold, act(4, backAgain, "version", "array_kit@1.0.0")}, nil, "held", false},
		"put back":            {sub("version", "array_kit@1.0.0"), nil, []actFact{hold}, "put back", false},
		"held again":          {sub("version", "array_kit@1.0.0"), []actFact{act(5, "version.hold", "version", "array_kit@1.0.0")}, []actFact{hold}, "held", false},
		"released":            {sub("version", "array_kit@1.0.0"), []actFact{hold, act(4, "version.release", "version", "array_kit@1.0.0")}, nil, "released", false},
		"locked":              {sub("account", "7"), []actFact{lock}, nil, "locked", false},
		"not its act":         {sub("account", "7"), []actFact{act(1, "owner.remove", "account", "7")}, []actFact{act(1, "owner.remove", "account", "7")}, "", false},
		"lock over":           {sub("account", "7"), []actFact{lock, act(9, lockEnded, "account", "7")}, nil, "lock ended", true},
		"another lock":        {sub("account", "7"), []actFact{lock, act(2, "account.lock", "account", "7", at(30)), act(9, lockEnded, "account", "7")}, nil, "locked", false},
		"token":               {sub("token", "4"), []actFact{act(1, "token.revoke", "token", "4")}, nil, "revoked", false},
		"some of a crate":     {sub("crate", "array_kit"), []actFact{gone, act(3, "version.hold", "version", "array_kit@3.0.0"), act(3, "version.hold", "version", "array_kit@4.0.0")}, nil, "1 version deleted, 2 versions held", false},
		"a held crate":        {sub("crate", "array_kit"), []actFact{act(1, "crate.hold", "crate", "array_kit"), gone}, nil, "held, 1 version deleted", false},
		"a deleted crate":     {sub("crate", "array_kit"), []actFact{hold, act(5, "crate.delete", "crate", "array_kit")}, nil, "deleted", false},
	} {
		got := standingsOf(Incident{Subjects: []Subject{c.about}}, facts{acts: c.acts, undone: c.undone})[c.about.Kind+":"+c.about.ID]
		if got.Word != c.want || got.Bad != c.bad {
			t.Errorf("%s: it stands as %q (bad %v), not as %q", name, got.Word, got.Bad, c.want)
		}
		if got.Word == "held" && (got.Plan != "p1" || got.At.IsZero()) {
			t.Errorf("%s: nothing shows it: %+v", name, got)
		}
	}
}
