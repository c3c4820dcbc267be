package registry_test

import (
	"testing"

	"cratewarden/registry"
)

// TestPublishersAreLive: the index of configurations must hide nothing that was
// made, changed or removed after it was read.
func TestPublishersAreLive(t *testing.T) {
	t.Parallel()
	pool := database(t)
	r := registry.New(registry.Config{Pool: pool})
	exec := func(sql string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	c := ok[registry.Crate](t)(r.Crate(t.Context(), "foo-bar"))
	look := func(want string) {
		t.Helper()
		core := ok[registry.CrateCore](t)(r.CrateCore(t.Context(), c, 2))
		owned := ok[registry.AccountCore](t)(r.AccountCore(t.Context(), 1, registry.AccountKeys{Owned: []int32{1, 2}})).Publishers
		got := ""
		for _, p := range core.Publishers {
			got += p.Origin + ":" + p.OwnerID + " "
		}
		check(t, "publishers", got, want)
		check(t, "of an owner", len(owned), len(core.Publishers))
	}
	before := ""
	for _, p := range ok[registry.CrateCore](t)(r.CrateCore(t.Context(), c, 2)).Publishers {
		before += p.Origin + ":" + p.OwnerID + " "
	}
	// Enough others that the first ones are found by the index alone.
	exec(`INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, created_at)
SELECT 3, 'x', 1, 'y' || n, 'z.yml', '2022-06-01Z' FROM generate_series(1, 500) n`)
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	look(before)
	exec(`INSERT INTO trustpub_configs_github (crate_id, repository_owner, repository_owner_id, repository_name, workflow_filename, created_at)
VALUES (1, 'late', 5, 'comer', 'z.yml', '2026-01-01Z')`)
	look(before + "late/comer:5 ")
	exec(`DELETE FROM trustpub_configs_github WHERE repository_name = 'comer'; UPDATE trustpub_configs_github SET repository_owner = 'moved' WHERE crate_id = 1`)
	look("moved" + before[len("acme"):])
	exec(`DELETE FROM trustpub_configs_github WHERE crate_id = 1`)
	core := ok[registry.CrateCore](t)(r.CrateCore(t.Context(), c, 2))
	check(t, "removed", len(core.Publishers), 1)
}
