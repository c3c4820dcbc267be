package action

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

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
	s.owners = list[pair](k, `SELECT c.name, o.owner_id::bigint FROM crate_owners o JOIN crates c ON c.id = o.crate_id WHERE NOT o.deleted AND o.owner_kind = 0
		AND (SELECT count(*) FROM crate_owners x WHERE x.crate_id = o.crate_id AND NOT x.deleted AND x.owner_kind = 0) > 1 ORDER BY 1, 2`)
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
	later := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	account := func(more m) func(*rand.Rand, *sample) (any, bool) {
		return func(r *rand.Rand, s *sample) (any, bool) {
			id, ok := pick(r, s.accounts)
			out := maps.Clone(more)
			out["account"] = id
			return out, ok
		}
	}
	crate := func(more m) func(*rand.Rand, *sample) (any, bool) {
		return func(r *rand.Rand, s *sample) (any, bool) {
			name, ok := pick(r, s.crates)
			out := maps.Clone(more)
			out["crate"] = name
			return out, ok
		}
	}
	return []chance{
		{"version.yank", func(r *rand.Rand, s *sample) (any, bool) {
			v, ok := pick(r, s.versions)
			return Yank{VersionRef: v, Message: []string{"", "bad release"}[r.IntN(2)]}, ok
		}},
		{"version.unyank", func(r *rand.Rand, s *sample) (any, bool) {
			v, ok := pick(r, s.yanked)
			return Unyank{v}, ok
		}},
		{"version.hold", func(r *rand.Rand, s *sample) (any, bool) {
			v, ok := pick(r, s.versions)
			return m{"crate": v.Crate, "version": v.Version, "message": "held"}, ok
		}},
		{"crate.hold", crate(m{})},
		{"crate.trustpub_only", crate(m{"on": true})},
		{"crate.trustpub_only", crate(m{"on": false})},
		{"crate.limits", crate(m{"max_upload_size": 0, "max_features": 3})},
		{"account.lock", account(m{"reason": "why"})},
		{"account.lock", account(m{"reason": "why", "until": later})},
		{"account.unlock", account(m{})},
		{"account.contain", account(m{"reason": "stolen"})},
		{"account.contain", account(m{"reason": "stolen", "keep_publishers": true, "until": later})},
		{"account.unverify_email", account(m{})},
		{"account.rate_limit", account(m{"action": "new", "burst": 0})},
		{"account.rate_limit", account(m{"action": "update", "burst": 900, "until": later})},
		{"owner.add", func(r *rand.Rand, s *sample) (any, bool) {
			name, _ := pick(r, s.crates)
			id, ok := pick(r, s.accounts)
			return m{"crate": name, "account": id}, ok
		}},
		{"owner.invite", func(r *rand.Rand, s *sample) (any, bool) {
			name, _ := pick(r, s.crates)
			id, ok := pick(r, s.accounts)
			return m{"crate": name, "account": id}, ok
		}},
		{"owner.remove", func(r *rand.Rand, s *sample) (any, bool) {
			o, ok := pick(r, s.owners)
			return m{"crate": o.crate, "account": o.account}, ok
		}},
		{"owner.cancel_invitation", func(r *rand.Rand, s *sample) (any, bool) {
			o, ok := pick(r, s.invitations)
			return m{"crate": o.crate, "account": o.account}, ok
		}},
		{"token.revoke", func(r *rand.Rand, s *sample) (any, bool) {
			id, ok := pick(r, s.tokens)
			return m{"token": id}, ok
		}},
		{"token.revoke_where", account(m{})},
		{"publisher.suspend", func(r *rand.Rand, s *sample) (any, bool) {
			id, ok := pick(r, s.githubs)
			return m{"provider": "github", "id": id}, ok
		}},
		{"publisher.suspend", func(r *rand.Rand, s *sample) (any, bool) {
			id, ok := pick(r, s.gitlabs)
			return m{"provider": "gitlab", "id": id}, ok
		}},
		{"name.reserve", func(r *rand.Rand, _ *sample) (any, bool) {
			return m{"name": fmt.Sprintf("free-name-%d", r.IntN(1000))}, true
		}},
		{"name.unreserve", func(r *rand.Rand, s *sample) (any, bool) {
			name, ok := pick(r, s.names)
			return m{"name": name}, ok
		}},
		{"name.block", func(r *rand.Rand, s *sample) (any, bool) {
			name, ok := pick(r, s.deletedCrates)
			return m{"name": name, "until": later}, ok
		}},
		{"name.reserve_username", func(r *rand.Rand, _ *sample) (any, bool) {
			return m{"username": fmt.Sprintf("free-user-%d", r.IntN(1000))}, true
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
