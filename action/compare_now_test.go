package action

import "testing"

// A person who must settle a plan sees what became of its rows.
func TestCompareWithNow(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p, _ := k.reviewed("version.yank", m{"crate": "arraykit", "version": "0.3.4", "message": "bad"})
	count := func(want StandingIs) (n int) {
		t.Helper()
		list, err := k.Compare(t.Context(), p)
		if err != nil || len(list) == 0 {
			t.Fatalf("%v, %d rows", err, len(list))
		}
		for _, s := range list {
			if s.Is == want {
				n++
			}
		}
		return n * 100 / len(list)
	}
	if got := count(AsBefore); got != 100 {
		t.Errorf("before the apply %d %% are as before", got)
	}
	k.exec(`UPDATE versions SET yank_message = 'other' WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	if got := count(AsElse); got == 0 {
		t.Error("a change by somebody else is not seen")
	}
	k.exec(`UPDATE versions SET yank_message = NULL WHERE num = '0.3.4' AND crate_id = (SELECT id FROM crates WHERE name = 'arraykit')`)
	p, _ = k.apply(k.review(p))
	if got := count(AsAfter); got != 100 {
		t.Errorf("after the apply %d %% are as the plan left them", got)
	}
}

// review reviews a plan again.
func (k *kit) review(p Plan) (Plan, *Effect) {
	k.t.Helper()
	p, effect, err := k.Review(k.t.Context(), k.who, p.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return p, effect
}
