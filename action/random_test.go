package action

import (
	"math/rand/v2"
	"testing"

	"github.com/jackc/pgx/v5"
)

// sample is what random plans are made of: things that are in the registry.
type sample struct {
	versions             []VersionRef
	yanked               []VersionRef
	crates               []string
	accounts             []int64
	tokens               []int64
	githubs              []int64
	gitlabs              []int64
	owners, invitations  []pair
	names, deletedCrates []string
}

type pair struct {
	crate   string
	account int64
}

func (k *kit) sample() *sample {
	k.t.Helper()
	s := &sample{}
	s.versions = list[VersionRef](k, `SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE NOT v.yanked ORDER BY v.id`)
	s.yanked = list[VersionRef](k, `SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE v.yanked ORDER BY v.id`)
	s.crates = column[string](k, `SELECT name FROM crates ORDER BY id`)
	s.accounts = column[int64](k, `SELECT id::bigint FROM users ORDER BY id`)
	s.tokens = column[int64](k, `SELECT id::bigint FROM api_tokens WHERE NOT revoked ORDER BY id`)
	s.githubs = column[int64](k, `SELECT id::bigint FROM trustpub_configs_github ORDER BY id`)
	s.gitlabs = column[int64](k, `SELECT id::bigint FROM trustpub_configs_gitlab ORDER BY id`)
	s.owners = list[pair](k, `SELECT c.name, o.owner_id::bigint FROM crate_owners o JOIN crates c ON c.id = o.crate_id WHERE NOT o.deleted AND o.owner_kind = 0 ORDER BY 1, 2`)
	s.invitations = list[pair](k, `SELECT c.name, i.invited_user_id::bigint FROM crate_owner_invitations i JOIN crates c ON c.id = i.crate_id ORDER BY 1, 2`)
	s.names = column[string](k, `SELECT name FROM reserved_crate_names ORDER BY 1`)
	s.deletedCrates = column[string](k, `SELECT DISTINCT name FROM deleted_crates ORDER BY 1`)
	return s
}

func list[T any](k *kit, sql string) []T {
	k.t.Helper()
	rows, err := k.registry.Query(k.t.Context(), sql)
	if err != nil {
		k.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t T, err error) {
		switch v := any(&t).(type) {
		case *VersionRef:
			err = row.Scan(&v.Crate, &v.Version)
		case *pair:
			err = row.Scan(&v.crate, &v.account)
		}
		return t, err
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

func column[T any](k *kit, sql string) []T {
	k.t.Helper()
	rows, err := k.registry.Query(k.t.Context(), sql)
	if err != nil {
		k.t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

// chance draws one act of a kind; ok is false when the registry has nothing for
// it.
type chance struct {
	kind string
	draw func(r *rand.Rand, s *sample) (params any, ok bool)
}

func pick[T any](r *rand.Rand, from []T) (t T, ok bool) {
	if len(from) == 0 {
		return t, false
	}
	return from[r.IntN(len(from))], true
}

// chances are the reversible acts that random plans are made of.
func chances() []chance {
	return []chance{
		{"version.yank", func(r *rand.Rand, s *sample) (any, bool) {
			v, ok := pick(r, s.versions)
			return Yank{VersionRef: v, Message: []string{"", "bad release"}[r.IntN(2)]}, ok
		}},
		{"version.unyank", func(r *rand.Rand, s *sample) (any, bool) {
			v, ok := pick(r, s.yanked)
			return Unyank{v}, ok
		}},
	}
}

// randomSteps draws 1 to most acts on different subjects.
func randomSteps(t testing.TB, r *rand.Rand, s *sample, most int) []StepText {
	t.Helper()
	c := NewCatalogue()
	var pairs []any
	seen := map[string]bool{}
	for range 1 + r.IntN(most) {
		ch := chances()[r.IntN(len(chances()))]
		params, ok := ch.draw(r, s)
		if !ok {
			continue
		}
		text := steps(t, ch.kind, params)
		decoded, err := c.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		fresh := true
		for _, subject := range decoded[0].Do.Subjects() {
			id := subject.Kind + " " + subject.ID
			fresh = fresh && !seen[id]
			seen[id] = true
		}
		if fresh {
			pairs = append(pairs, ch.kind, params)
		}
	}
	return steps(t, pairs...)
}
