package action

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// BenchmarkContain is the containment of an account with 500 crates and 5,000
// versions: lock, tokens, publishers, invitations, and a hold of every version.
// Beside it the same rows are changed by one script written by hand, which
// keeps no images, no record and no way back.
func BenchmarkContain(b *testing.B) {
	for b.Loop() {
		k := newKit(b, func(c *Config) { c.Hold = time.Minute })
		account, pairs := k.bigAccount(500, 5000)
		order := Order{Title: "contain", Public: "stolen", Steps: steps(b, pairs...)}
		p, err := k.Draft(b.Context(), k.who, order, "")
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		p, effect, err := k.Review(b.Context(), k.who, p.ID)
		if err != nil || p.Blocked {
			b.Fatal(err, effect)
		}
		review := time.Since(began)
		_, yes := k.consent(p)
		began = time.Now()
		if p, err = k.Apply(b.Context(), k.who, p.ID, yes, ""); err != nil {
			b.Fatal(err, p.Differences)
		}
		apply := time.Since(began)
		done, err := k.Effect(b.Context(), p)
		if err != nil {
			b.Fatal(err)
		}
		by := newKit(b)
		by.bigAccount(500, 5000)
		hand := by.byHand(account)
		b.ReportMetric(review.Seconds(), "review-s")
		b.ReportMetric(apply.Seconds(), "apply-s")
		b.ReportMetric(done.Took.Seconds(), "registry-s")
		b.ReportMetric(hand.Seconds(), "by-hand-s")
		b.ReportMetric(done.Took.Seconds()/hand.Seconds(), "registry/by-hand")
		b.ReportMetric(float64(len(done.Rows)), "rows")
	}
}

// bigAccount gives one account crates and versions that it published, and the
// steps that contain it.
func (k *kit) bigAccount(crates, versions int) (account int64, pairs []any) {
	k.t.Helper()
	account = k.number(`SELECT id FROM users WHERE NOT is_admin ORDER BY id LIMIT 1`)
	k.exec(`WITH c AS (INSERT INTO crates (name) SELECT 'big-' || n FROM generate_series(1, $2::int) n RETURNING id),
		o AS (INSERT INTO crate_owners (crate_id, owner_id, owner_kind, created_by) SELECT id, $1, 0, $1 FROM c)
		INSERT INTO versions (crate_id, num, num_no_build, crate_size, tar_sha256, published_by)
		SELECT id, '1.0.' || n, '1.0.' || n, 10, sha256((id || ' ' || n)::text::bytea), $1 FROM c, generate_series(1, $3::int / $2::int) n`, account, crates, versions)
	pairs = append(pairs, "account.contain", m{"account": account, "reason": "stolen"})
	for _, v := range list[VersionRef](k, fmt.Sprintf(`SELECT c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id
		WHERE c.name LIKE 'big-%%' ORDER BY v.id LIMIT %d`, min(versions, maxSteps-1))) {
		pairs = append(pairs, "version.hold", m{"crate": v.Crate, "version": v.Version})
	}
	return account, pairs
}

// byHand is what somebody would write in an SQL shell.
func (k *kit) byHand(account int64) time.Duration {
	k.t.Helper()
	began := time.Now()
	err := pgx.BeginFunc(k.t.Context(), k.registry, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`UPDATE users SET account_lock_reason = 'stolen' WHERE id = $1`,
			`UPDATE api_tokens SET revoked = true WHERE user_id = $1 AND NOT revoked`,
			`DELETE FROM crate_owner_invitations WHERE invited_user_id = $1 OR invited_by_user_id = $1`,
			`DELETE FROM trustpub_configs_github WHERE crate_id IN (SELECT crate_id FROM crate_owners WHERE owner_id = $1 AND owner_kind = 0 AND NOT deleted)`,
			`DELETE FROM trustpub_configs_gitlab WHERE crate_id IN (SELECT crate_id FROM crate_owners WHERE owner_id = $1 AND owner_kind = 0 AND NOT deleted)`,
			`WITH y AS (UPDATE versions SET yanked = true WHERE published_by = $1 AND NOT yanked AND crate_id IN (SELECT id FROM crates WHERE name LIKE 'big-%') RETURNING id)
				INSERT INTO version_owner_actions (version_id, user_id, action) SELECT id, $1, 1 FROM y`,
			`INSERT INTO background_jobs (job_type, data, priority)
				SELECT t, jsonb_build_object('krate', name), 100 FROM crates, unnest(ARRAY['sync_to_git_index', 'sync_to_sparse_index']) t WHERE name LIKE 'big-%' AND $1 > 0`,
			`INSERT INTO background_jobs (job_type, data, priority)
				SELECT 'update_default_version', jsonb_build_object('crate_id', id), 80 FROM crates WHERE name LIKE 'big-%' AND $1 > 0`,
		} {
			if _, err := tx.Exec(k.t.Context(), sql, account); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return time.Since(began)
}

// BenchmarkKinds prints the time of one act of each kind, review and apply
// together.
func BenchmarkKinds(b *testing.B) {
	k := newKitOn(b, smallTemplate())
	things := k.sample()
	for _, c := range chances() {
		b.Run(c.kind, func(b *testing.B) { k.oneKind(b, c, things) })
	}
}

func (k *kit) oneKind(b *testing.B, c chance, things *sample) {
	random := rand.New(rand.NewPCG(7, 7))
	for b.Loop() {
		b.StopTimer()
		var p Plan
		for tries := 0; ; tries++ {
			if tries == 50 {
				b.Skip("the registry has nothing for it")
			}
			params, ok := c.draw(random, things)
			if !ok {
				continue
			}
			if p, _ = k.reviewed(c.kind, params); !p.Blocked {
				break
			}
		}
		b.StartTimer()
		p, _, err := k.Review(b.Context(), k.who, p.ID)
		if err != nil {
			b.Fatal(err)
		}
		_, yes := k.consent(p)
		if p, err = k.Apply(b.Context(), k.who, p.ID, yes, ""); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		k.undone(p)
		b.StartTimer()
	}
}

// BenchmarkThousand reviews and applies a plan of 1,000 acts of many kinds: in
// the order in which people would write them, and so mixed that no neighbours
// are of one kind, which is the worst.
func BenchmarkThousand(b *testing.B) {
	for _, mixed := range []bool{false, true} {
		b.Run(map[bool]string{false: "sorted", true: "mixed"}[mixed], func(b *testing.B) {
			for b.Loop() {
				k := newKit(b, func(c *Config) { c.Hold = time.Minute })
				p, err := k.Draft(b.Context(), k.who, Order{Title: "thousand", Steps: steps(b, k.thousand(mixed)...)}, "")
				if err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				p, effect, err := k.Review(b.Context(), k.who, p.ID)
				if err != nil || p.Blocked {
					b.Fatal(err, effect.Blocks())
				}
				b.ReportMetric(time.Since(began).Seconds(), "review-s")
				_, yes := k.consent(p)
				began = time.Now()
				if _, err = k.Apply(b.Context(), k.who, p.ID, yes, ""); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(time.Since(began).Seconds(), "apply-s")
				b.ReportMetric(effect.Took.Seconds(), "registry-s")
			}
		})
	}
}

// thousand gives four acts for each of 250 crates and accounts.
func (k *kit) thousand(mixed bool) (pairs []any) {
	k.t.Helper()
	crates := column[string](k, `SELECT c.name FROM crates c WHERE EXISTS (SELECT FROM versions v WHERE v.crate_id = c.id AND NOT v.yanked) ORDER BY id LIMIT 250`)
	versions := list[VersionRef](k, `SELECT DISTINCT ON (c.id) c.name, v.num FROM versions v JOIN crates c ON c.id = v.crate_id WHERE NOT v.yanked ORDER BY c.id, v.id LIMIT 250`)
	accounts := column[int64](k, `SELECT id::bigint FROM users ORDER BY id LIMIT 250`)
	var columns [4][]any
	for i := range 250 {
		columns[0] = append(columns[0], "version.yank", m{"crate": versions[i].Crate, "version": versions[i].Version})
		columns[1] = append(columns[1], "account.lock", m{"account": accounts[i], "reason": "why"})
		columns[2] = append(columns[2], "crate.trustpub_only", m{"crate": crates[i], "on": true})
		columns[3] = append(columns[3], "name.reserve", m{"name": fmt.Sprintf("never-used-%d", i)})
	}
	if !mixed {
		return slices.Concat(columns[0], columns[1], columns[2], columns[3])
	}
	for i := range 250 {
		for c := range columns {
			pairs = append(pairs, columns[c][2*i], columns[c][2*i+1])
		}
	}
	return pairs
}
