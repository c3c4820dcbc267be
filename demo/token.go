package demo

import (
	"crypto/sha256"
	"slices"
)

// Two secrets in plain text, so that token lookup can be tried. They open
// nothing but the made-up registry.
const (
	// DemoAPIToken is a live API token of the account "saltmarsh".
	DemoAPIToken = "cioDemoDemoDemoDemoDemoDemoDemoDemo"
	// DemoPublisherToken is a trusted-publishing token, alive until half an
	// hour after Options.Now.
	DemoPublisherToken = demoPublisherPrefix + demoPublisherSecret + "H"

	demoPublisherPrefix = "cio_tp_"
	demoPublisherSecret = "DemoTrustedPublishingTokenDemo0"
)

// token is one API token.
type token struct {
	id       int32
	owner    int32
	name     string
	created  instant
	used     instant // 0: never
	expires  instant // 0: never
	revoked  bool
	warned   instant
	legacy   bool // endpoint_scopes is NULL
	rights   []string
	patterns []string // nil is NULL
	hash     [32]byte
}

func (r *Registry) addToken(t token) int32 {
	d := r.throw(streamToken, uint64(len(r.tokens)), 1)
	if t.hash == [32]byte{} {
		t.hash = sha256.Sum256([]byte("cio" + d.secret(32)))
	}
	r.tokens = append(r.tokens, t)
	i := int32(len(r.tokens) - 1)
	r.people[t.owner].tokens = append(r.people[t.owner].tokens, i)
	return i
}

var tokenNames = []string{"laptop", "ci", "work", "home", "desktop", "github-actions", "release", "cargo", "thinkpad", "mac", "default", "publish", "nix", "new token"}

// The registry has offered scopes and expiry dates since then.
const scopesSince = 3*year + 150*day

// newToken makes the token somebody would create just before a publish.
func (r *Registry) newToken(d *dice, owner int32, name string, when instant) int32 {
	t := token{owner: owner, name: name, created: when - instant(d.between(1, 90))*minute, legacy: true}
	if t.name == "" {
		t.name = pick(d, tokenNames)
	}
	if when > r.ago(scopesSince) && d.chance(0.7) {
		t.legacy, t.rights = false, []string{"publish-new", "publish-update"}
		if d.chance(0.3) {
			t.rights = append(t.rights, "yank")
		}
		if d.chance(0.1) {
			t.rights = append(t.rights, "change-owners", "trusted-publishing")
		}
		if d.chance(0.6) {
			t.expires = t.created + instant(pick(d, []int{7, 30, 60, 90, 90, 365}))*day
		}
		if d.chance(0.15) {
			t.patterns = pick(d, [][]string{{}, {"*"}})
		}
	}
	return r.addToken(t)
}

// credit is who used which token last, while versions are gone through in the
// order of time.
type credit struct {
	byPerson map[int32]int32
	byCrate  map[int32]int32
	byName   map[string]int32
}

func (r *Registry) makeCredentials() {
	r.trustSome()
	k := credit{map[int32]int32{}, map[int32]int32{}, map[string]int32{}}
	r.genuineTokens(&k)
	for i := range r.versions {
		r.sign(int32(i), &k)
	}
	r.spareTokens()
	order := make([]int32, len(r.tokens))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return int(max(min(r.tokens[a].created-r.tokens[b].created, 1), -1))
	})
	for n, i := range order {
		r.tokens[i].id = int32(n + 1)
	}
}

// genuineTokens makes those of the account that is taken over: the usual one,
// and the old unscoped one that was stolen.
func (r *Registry) genuineTokens(k *credit) {
	owner := r.person(genuineOwner)
	k.byPerson[owner] = r.addToken(token{owner: owner, name: usualToken, created: r.ago(auditKept + 40*day), legacy: true})
	k.byName[genuineOwner+"/"+stolenToken] = r.addToken(token{owner: owner, name: stolenToken, created: r.ago(year + 330*day), legacy: true})
}

// sign decides how a version was published and with what.
func (r *Registry) sign(index int32, k *credit) {
	v := &r.versions[index]
	c := &r.crates[v.crate]
	d := r.throw(streamMethod, uint64(index))
	switch {
	case v.at < r.ago(publisherKept):
		v.how, v.by = byNobody, -1
	case v.at < r.ago(auditKept):
		v.how = byAccount
	case c.trusted.since != 0 && v.at > c.trusted.since && (c.trusted.only || d.chance(0.94)):
		v.how, v.by = c.trusted.how, -1
	case d.chance(0.008) && c.script == nil:
		v.how = bySession
	default:
		v.token = r.tokenFor(&d, v, c, k)
		r.tokens[v.token].used = max(r.tokens[v.token].used, v.at)
	}
}

func (r *Registry) tokenFor(d *dice, v *version, c *crate, k *credit) int32 {
	usable := func(i int32) bool {
		t := &r.tokens[i]
		return t.expires == 0 || t.expires > v.at
	}
	if c.script != nil {
		if name := c.script.releases[v.ord].token; name != "" {
			key := r.people[v.by].login + "/" + name
			if _, ok := k.byName[key]; !ok {
				k.byName[key] = r.newToken(d, v.by, name, v.at)
			}
			return k.byName[key]
		}
		return k.byPerson[v.by]
	}
	if narrow := throw(c.draws, streamToken); v.ord > 0 && v.at > r.ago(scopesSince) && narrow.chance(0.14) {
		i, ok := k.byCrate[v.crate]
		if !ok || !usable(i) || r.tokens[i].owner != v.by {
			i = r.addToken(token{owner: v.by, name: c.name + " releases", created: v.at - 10*minute, rights: []string{"publish-update"},
				patterns: pick(d, [][]string{{c.name}, {c.name}, {c.base + "*"}}), expires: v.at + instant(d.between(30, 400))*day})
			k.byCrate[v.crate] = i
		}
		return i
	}
	i, ok := k.byPerson[v.by]
	if !ok || !usable(i) || d.chance(0.03) {
		if ok && d.chance(0.4) {
			r.tokens[i].revoked = true
		}
		i = r.newToken(d, v.by, "", v.at)
		k.byPerson[v.by] = i
	}
	return i
}

// spareTokens adds those that never published: unused, expired, useless ones,
// and the one whose plain text is known.
func (r *Registry) spareTokens() {
	for i := range r.people {
		d := r.throw(streamToken, uint64(i), 2)
		if p := &r.people[i]; p.cast || !d.chance(0.22) {
			continue
		}
		t := token{owner: int32(i), name: pick(&d, tokenNames), created: r.ago(instant(1+d.below(1500)) * day), legacy: d.chance(0.5)}
		t.created = max(t.created, r.people[i].joined+minute)
		t.revoked = d.chance(0.2)
		if !t.legacy {
			t.rights = pick(&d, [][]string{{}, {"yank"}, {"publish-update"}, {"change-owners"}, {"trusted-publishing"}, {"publish-new", "publish-update", "yank", "change-owners", "trusted-publishing"}})
			if d.chance(0.7) {
				t.expires = t.created + instant(pick(&d, []int{7, 30, 90, 365}))*day
				if t.expires < r.now+2*day && d.chance(0.9) {
					t.warned = t.expires - 3*day + 20*minute
				}
			}
		}
		if d.chance(0.3) {
			t.used = t.created + instant(d.part()*float64(r.now-t.created))
			if t.expires > 0 {
				t.used = min(t.used, t.expires-minute)
			}
		}
		r.addToken(t)
	}
	r.addToken(token{owner: r.person("saltmarsh"), name: "demo lookup", created: r.ago(75 * day), used: r.ago(26 * hour), expires: r.now + 290*day,
		rights: []string{"publish-update", "yank"}, patterns: []string{"argwright*"}, hash: sha256.Sum256([]byte(DemoAPIToken))})
}
