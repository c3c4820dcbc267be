package action

import (
	"testing"

	"cratewarden/access"
)

// Every act of the catalogue has a row in the table, with the same title, and
// an API token may do only what undo takes back.
func TestEveryKindHasARule(t *testing.T) {
	t.Parallel()
	kinds := catalogue()
	if len(kinds) != 39 {
		t.Errorf("%d kinds", len(kinds))
	}
	for _, k := range kinds {
		rule, ok := access.Of(k.Name)
		if !ok {
			t.Errorf("%s has no row in access.Table", k.Name)
			continue
		}
		if rule.Title != k.Title {
			t.Errorf("%s is “%s” in the table and “%s” in the catalogue", k.Name, rule.Title, k.Title)
		}
		if rule.Token && !k.Reversible {
			t.Errorf("an API token may do %s, which is not put back", k.Name)
		}
		if k.Final != "" && !k.Reversible && !rule.SecondPerson && k.Name != "publisher.revoke_token" && rule.Roles[0] != "platform" {
			t.Errorf("one person alone may do %s, which cannot be undone", k.Name)
		}
		if rule.Weight == 0 {
			t.Errorf("%s weighs nothing", k.Name)
		}
	}
}
