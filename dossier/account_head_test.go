package dossier_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What stands above a list is the same as on the account's page, and costs less.
func TestAccountHeadIsThatOfTheAccount(t *testing.T) {
	t.Parallel()
	r := peopleRig(t, nil)
	for id := int32(1); id <= 5; id++ {
		whole, err := r.Account(t.Context(), id)
		if err != nil {
			continue
		}
		asked := r.count.n.Load()
		head, err := r.AccountHead(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if n := r.count.n.Load() - asked; n > 7 {
			t.Errorf("the head of %d took %d statements", id, n)
		}
		rows := cmp.FilterPath(func(p cmp.Path) bool {
			switch p.String() {
			case "Crates.Rows", "Former.Rows", "Publishes.Rows", "Limits.Rows", "Resembles.Rows", "Fresh":
				return true
			}
			return false
		}, cmp.Ignore())
		if d := cmp.Diff(whole, head, rows, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("the head of %d (-account +head):\n%s", id, d)
		}
	}
	if _, err := r.AccountHead(t.Context(), 99999); err == nil {
		t.Error("the head of nobody")
	}
}
