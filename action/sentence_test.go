package action_test

import (
	"testing"

	"cratewarden/action"
)

// A sentence names who is meant, beside the number that the plan keeps.
func TestSentenceNamesAccounts(t *testing.T) {
	t.Parallel()
	do := action.Contain{AccountRef: action.AccountRef{Account: 7}}
	for login, want := range map[string]string{
		"mirelund": "Contain account 7 (mirelund), locked without an end",
		"":         "Contain account 7, locked without an end",
		"x), y (z": `Contain account 7 ("x), y (z"), locked without an end`,
	} {
		if got := action.Sentence(do, func(id int32) string {
			if id != 7 {
				t.Errorf("asked for account %d", id)
			}
			return login
		}); got != want {
			t.Errorf("says %q, not %q", got, want)
		}
	}
	// A login may be a piece of the sentence, such as of the crate's name.
	out := action.OwnerRemove{CrateOf: action.CrateOf{Crate: "serde-json"}, Account: 7}
	if got := action.Sentence(out, func(int32) string { return "serde" }); got != "Remove account 7 (serde) from the owners of serde-json" {
		t.Errorf("says %q", got)
	}
	if got := action.Sentence(do, nil); got != do.Sentence() {
		t.Errorf("without logins it says %q", got)
	}
}
