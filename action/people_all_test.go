package action

import (
	"math/rand/v2"
	"testing"
)

// everyPeopleAct is one act of each reversible kind of these families on the
// cast.
func (c *cast) everyPeopleAct() []any {
	team := c.one(`INSERT INTO teams (login, github_id, org_id) VALUES ('github:cast:core', 555, 5) RETURNING id::bigint`)
	c.exec(`INSERT INTO publish_limit_buckets (user_id, action, tokens) VALUES ($1, 1, 2)`, c.mallory)
	c.exec(`INSERT INTO publish_rate_overrides (user_id, action, burst) VALUES ($1, 2, 7)`, c.mallory)
	return []any{
		"account.contain", m{"account": c.mallory, "reason": "stolen", "until": "2027-01-01T00:00:00Z"},
		"account.release", m{"account": c.mallory},
		"account.lock", m{"account": c.helper, "reason": "asked to"},
		"account.unlock", m{"account": c.helper},
		"account.unverify_email", m{"account": c.guest},
		"account.rate_limit", m{"account": c.mallory, "action": "update", "burst": 50, "refill": true},
		"account.rate_limit_clear", m{"account": c.mallory, "action": "yank"},
		"owner.add", m{"crate": "cast-other", "account": c.guest},
		"owner.add_team", m{"crate": "cast-other", "team": team},
		"owner.remove", m{"crate": "cast-other", "account": c.helper},
		"owner.invite", m{"crate": "cast-shared", "account": c.who.RegistryUser},
		"owner.cancel_invitation", m{"crate": "cast-shared", "account": c.guest},
		"token.revoke", m{"token": c.foreign},
		"token.revoke_where", m{"legacy": true},
		"publisher.suspend", m{"provider": "github", "id": c.away},
	}
}

// One plan of every act is applied and undone with no more rights than
// check-registry grants, on a registry that has columns and a table that this
// release does not know, in rows that are deleted and put back.
func TestEveryPeopleActWithTheGrantsOnANewerRegistry(t *testing.T) {
	t.Parallel()
	c := newCast(t, asActingRole(t, "warden of people"))
	for _, table := range []string{"users", "emails", "api_tokens", "crate_owners", "crate_owner_invitations", "trustpub_configs_github", "trustpub_configs_gitlab",
		"trustpub_tokens", "publish_rate_overrides", "publish_limit_buckets"} {
		c.exec(`ALTER TABLE ` + table + ` ADD COLUMN newer_text text, ADD COLUMN newer_json jsonb`)
	}
	c.exec(`CREATE TABLE newer (id integer PRIMARY KEY, user_id integer REFERENCES users, crate_id integer REFERENCES crates ON DELETE CASCADE)`)
	c.exec(`INSERT INTO newer SELECT 1, $1, $2`, c.mallory, c.sole)
	list := c.everyPeopleAct()
	effect := c.identity(list...)
	done := map[int]bool{}
	for _, r := range effect.Rows {
		done[r.Step] = true
	}
	for i := range len(list) / 2 {
		if !done[i+1] {
			t.Errorf("%s changed nothing", list[2*i])
		}
	}
	if n := len(effect.Jobs); n != 0 {
		t.Errorf("%d jobs", n)
	}
	for _, kind := range c.Catalogue().Kinds() { // none is forgotten
		if tried := contains(list, kind.Name); kind.Reversible && !tried && isPeople(kind.Name) {
			t.Errorf("%s is not tried", kind.Name)
		}
	}
}

func contains(list []any, kind string) bool {
	for _, v := range list {
		if v == kind {
			return true
		}
	}
	return false
}

func isPeople(kind string) bool {
	for _, family := range []string{"account.", "owner.", "token.", "publisher."} {
		if len(kind) > len(family) && kind[:len(family)] == family {
			return true
		}
	}
	return false
}

// peopleAct draws one act on whatever the registry has.
func (c *cast) peopleAct(r *rand.Rand, s *peopleSample, kind string) m {
	account, crate := s.accounts[r.IntN(len(s.accounts))], s.crates[r.IntN(len(s.crates))]
	switch kind {
	case "account.lock":
		return m{"account": account, "reason": "r"}
	case "account.contain":
		return m{"account": account, "reason": "r", "crates": []string{"", "owned", "sole"}[r.IntN(3)], "keep_tokens": r.IntN(4) == 0, "keep_publishers": r.IntN(4) == 0, "keep_invitations": r.IntN(4) == 0}
	case "account.unlock", "account.unverify_email":
		return m{"account": account}
	case "account.release":
		return m{"account": account, "restore": r.IntN(2) == 0}
	case "account.rate_limit":
		return m{"account": account, "action": rateNames()[r.IntN(3)], "burst": r.IntN(100), "refill": r.IntN(2) == 0}
	case "account.rate_limit_clear":
		return m{"account": account, "action": rateNames()[r.IntN(3)]}
	case "owner.add_team":
		return m{"crate": crate, "team": s.teams[r.IntN(len(s.teams))]}
	case "owner.add", "owner.invite":
		return m{"crate": crate, "account": account}
	case "owner.remove":
		p := s.owners[r.IntN(len(s.owners))]
		return m{"crate": p.crate, "account": p.account}
	case "owner.cancel_invitation":
		p := s.invitations[r.IntN(len(s.invitations))]
		return m{"crate": p.crate, "account": p.account}
	case "token.revoke":
		return m{"token": s.tokens[r.IntN(len(s.tokens))]}
	case "token.revoke_where":
		return m{"account": account, "scope": append(tokenScopes(), "")[r.IntN(6)]}
	}
	if r.IntN(2) == 0 {
		return m{"provider": "github", "id": s.githubs[r.IntN(len(s.githubs))]}
	}
	return m{"provider": "gitlab", "id": s.gitlabs[r.IntN(len(s.gitlabs))]}
}

type peopleSample struct {
	*sample
	teams []int64
}

// Random plans of each kind: apply then undo leaves every table as before, and
// a blocked plan changes nothing.
func TestRandomPeoplePlansAreUndone(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	s := &peopleSample{c.sample(), column[int64](c.kit, `SELECT id::bigint FROM teams`)}
	s.accounts = append(s.accounts[:min(40, len(s.accounts))], c.mallory, c.helper, c.guest)
	r := rand.New(rand.NewPCG(20261122, 7))
	before := c.tables()
	applied := map[string]bool{}
	list := c.everyPeopleKind()
	for i := range 3 * len(list) {
		var pairs []any
		kinds := []string{list[i%len(list)]}
		for range r.IntN(4) {
			kinds = append(kinds, list[r.IntN(len(list))])
		}
		for _, kind := range kinds {
			pairs = append(pairs, kind, c.peopleAct(r, s, kind))
		}
		p, preview := c.reviewed(pairs...)
		if p.Blocked {
			continue
		}
		p, effect := c.apply(p, preview)
		for _, row := range effect.Rows {
			applied[kinds[row.Step-1]] = true
		}
		c.undone(p)
		if t.Failed() {
			t.Fatal(pairs)
		}
	}
	c.same(before, c.tables())
	t.Logf("kinds that changed something: %d of %d", len(applied), len(list))
	if len(applied) < len(list)*2/3 {
		t.Errorf("only %v", applied)
	}
}

func (c *cast) everyPeopleKind() (out []string) {
	for _, k := range c.Catalogue().Kinds() {
		if k.Reversible && isPeople(k.Name) {
			out = append(out, k.Name)
		}
	}
	return out
}
