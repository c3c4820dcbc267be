package demo

import (
	"fmt"
	"strings"

	"cratewarden/demo/content"
)

// script is a crate written by hand: the releases of a situation.
type script struct {
	description string
	releases    []release
	popular     bool   // others may depend on it
	files       uint64 // seed of its files; equal seeds give near-equal files
	bare        bool
	skeleton    bool // holds nothing but what cargo makes for a new library
	noRepo      bool
	noVCS       bool
	situation   bool // lies open to a responder, so it always has archives
}

// Names of the cast.
const (
	genuineOwner = "mirelund"
	imitated     = "kernelsmith"
	lookAlike    = "kernelsmyth"
	squatterName = "nameharvest"
	usualToken   = "ci"
	stolenToken  = "laptop"
	dropper      = "macro-loom1"
	squatDomain  = "mailcove.example"
	castSize     = 8
)

var (
	sideAccounts  = []string{"aller-tm", "devonk29"}
	carriers      = []string{"allerone", "allerona", "avenvine", "minimember", "logpress-mini"}
	typoAccounts  = []string{"ruststack-labs", "fastcrates", "oss-mirror-dev", "libhelper"}
	squatFirst    = []string{"agent", "ledger", "neural", "quantum", "vault", "stream", "vector", "cloud", "edge", "pixel", "turbo", "secure"}
	squatSecond   = []string{"hub", "kit", "mesh", "flow", "grid", "base", "gate", "pilot", "works", "forge"}
	typosquatting = [][3]string{ // name, target, version
		{"quilson", "quillson", "1.0.3"}, {"quillson-jsn", "quillson-json", "1.0.1"}, {"tidepol", "tidepool", "1.2.0"},
		{"argwrigth", "argwright", "4.1.0"}, {"randforg", "randforge", "0.8.5"}, {"fetchlng", "fetchling", "0.11.9"},
		{"logferm", "logfern", "0.4.17"}, {"regloomm", "regloom", "1.7.1"}, {"hashgardens", "hashgarden", "0.13.2"},
		{"brieferrr", "brieferr", "1.0.72"}, {"uuidbx", "uuidbox", "1.3.1"}, {"tlsbrigde", "tlsbridge", "0.20.8"},
	}
)

// attackStart is when the dropper was armed, about an hour ago.
func (r *Registry) attackStart() instant { return r.now - 64*minute }

// castSituations adds the accounts of the situations, castSize of them, after
// all ordinary ones.
func (r *Registry) castSituations() {
	start := r.attackStart()
	newcomer := func(login, name, mail string, joined instant) {
		r.addPerson(person{login: login, name: name, mail: mail, joined: joined, ghSince: joined - 2*hour, habit: robot, cast: true})
	}
	newcomer(lookAlike, "Ottilie Brandt", "kernelsmyth@quickbox.example", start-3*day)
	newcomer(sideAccounts[0], "", "aller-tm@quickbox.example", start-26*hour)
	newcomer(sideAccounts[1], "Devon K", "devonk29@fastpost.example", start-19*hour)
	for i, login := range typoAccounts {
		newcomer(login, "", fmt.Sprintf("%s@%s", strings.ReplaceAll(login, "-", "."), squatDomain), r.ago(instant(6-i)*day+5*hour))
	}
	newcomer(squatterName, "N. Harvest", "domains@nameharvest.example", r.ago(10*day))
	owner := &r.people[r.person(genuineOwner)]
	owner.mail = "mire@lund-family.example"
	// Whenever the demo is started, the attack falls far outside the hours at
	// which this account has published for years.
	usual := (int(start%day/hour) + 11) % 24
	owner.zone = int8((21-usual+36)%24 - 12)
}

// scriptSituations writes the crates of the situations.
func (r *Registry) scriptSituations() {
	r.scriptAttack()
	r.scriptTyposquats()
	r.scriptSquatter()
}

func (r *Registry) addScripted(name, theme string, owner int32, s *script) {
	r.take(name)
	d := r.throw(streamPlan, 1<<41, uint64(len(r.crates)))
	c := crate{
		name: name, theme: uint8(r.words.byKey[theme]), draws: d.next(), owner: owner, base: name,
		org: -1, partner: -1, script: s, created: s.releases[0].at, count: len(s.releases), repo: name,
	}
	if s.noRepo {
		c.repo = ""
	}
	r.crates = append(r.crates, c)
}

// history writes a quiet crate's past: numbers spread from one age to
// another, at the owner's usual hours.
func (r *Registry) history(owner int32, oldest, newest instant, numbers ...string) []release {
	d := r.throw(streamPlan, 1<<42, uint64(oldest), uint64(len(numbers)))
	out := make([]release, len(numbers))
	for i, n := range numbers {
		age := oldest - (oldest-newest)*instant(i)/instant(len(numbers)-1)
		out[i] = release{num: n, at: r.people[owner].moment(&d, r.ago(age)), by: -1}
	}
	return out
}

func (r *Registry) scriptAttack() {
	owner, start := r.person(genuineOwner), r.attackStart()
	helper := func(req string) []dependency { return []dependency{{name: dropper, req: req}} }
	past := map[string][]release{
		"arraykit": r.history(owner, 9*year, 2*year+125*day, "0.1.0", "0.2.0", "0.2.1", "0.3.0", "0.3.1", "0.3.2",
			"0.3.3", "0.3.4", "0.3.5", "0.3.6", "0.3.7", "0.3.8", "0.3.9"),
		"internkit":  r.history(owner, 7*year, 2*year+60*day, "0.5.0", "0.6.0", "0.7.0", "0.7.1", "0.8.0", "0.8.1", "0.8.2", "0.8.3", "0.8.4", "0.8.5", "0.8.6"),
		"append-log": r.history(owner, 6*year, 2*year+200*day, "0.1.0", "0.1.1", "0.1.2", "0.1.3", "0.1.4", "0.1.5", "0.1.6", "0.1.7", "0.1.8"),
	}
	past["arraykit"][2].yank = "old"
	for i := 8; i <= 12; i++ {
		past["arraykit"][i].yank = "lure"
	}
	bad := map[string]release{
		"arraykit":   {num: "0.3.10", at: start + 238*second},
		"internkit":  {num: "0.8.7", at: start + 23*minute + 5*second},
		"append-log": {num: "0.1.9", at: start + 26*minute + 47*second},
	}
	for i := range r.crates {
		c := &r.crates[i]
		rel, ok := bad[c.name]
		if !ok {
			continue
		}
		rel.by, rel.token, rel.deps = -1, stolenToken, helper("^1.0.86")
		c.script = &script{releases: append(past[c.name], rel), popular: true, situation: true}
		c.created, c.count = c.script.releases[0].at, len(c.script.releases)
		if c.name == "internkit" {
			c.partner = int32(len(famous) + 3) // an innocent co-owner
		}
	}
	r.addScripted("bitgrid", "data", owner, &script{releases: r.history(owner, 6*year, 4*year, "0.1.0", "0.1.1", "0.2.0"), popular: true, situation: true})
	r.addScripted("lanewise", "math", owner, &script{releases: r.history(owner, 5*year, 3*year, "0.1.0", "0.1.1"), popular: true, situation: true})
	r.addScripted(dropper, "macro", r.person(lookAlike), &script{
		description: "A stable substitute for compiler token streams, for macro authors", situation: true, noVCS: true,
		releases: []release{
			{num: "1.0.86", at: start - 5*hour, by: -1, token: "publish"},
			{num: "1.0.87", at: start, by: -1, token: "publish", inert: content.EncodedBuildScript},
		},
	})
	for i, name := range carriers {
		by, n := r.person(sideAccounts[i/3]), instant(i)
		r.addScripted(name, "text", by, &script{noRepo: true, noVCS: true, bare: true, situation: true, releases: []release{
			{num: "0.1.0", at: start - 3*hour + n*7*minute, by: -1, token: "t1"},
			{num: "0.1.1", at: start + minute + n*33*second, by: -1, token: "t1", deps: helper("^1.0"), inert: content.HelperOnly},
		}})
	}
}

func (r *Registry) scriptTyposquats() {
	for i, t := range typosquatting {
		account := i / 3
		joined := r.people[r.person(typoAccounts[account])].joined
		first := joined + 3*hour + instant(i%3)*19*minute
		inert := content.EnvironmentReader
		if i%2 == 1 {
			inert = content.SplitStrings
		}
		target := r.hub(t[1])
		s := &script{description: strings.TrimSuffix(target.description, "."), files: 0xc0ffee, situation: true, noVCS: true, noRepo: i%3 == 2}
		n := parseNumber(t[2])
		s.releases = append(s.releases, release{num: t[2], at: first, by: -1, token: "cargo"})
		if n.patch++; i%4 != 3 {
			s.releases = append(s.releases, release{num: n.String(), at: first + 9*hour + instant(i)*minute, by: -1, token: "cargo", inert: inert})
		} else {
			s.releases[0].inert = inert
		}
		r.addScripted(t[0], target.theme, r.person(typoAccounts[account]), s)
	}
}

func (r *Registry) hub(name string) hub {
	for _, h := range r.words.hubs {
		if h.name == name {
			return h
		}
	}
	panic("demo: no hub called " + name) // a typing error in this package's own tables; every test would show it
}

func (r *Registry) scriptSquatter() {
	by := r.person(squatterName)
	d := r.throw(streamPlan, 1<<43)
	when := r.ago(9 * day)
	for _, a := range squatFirst {
		for _, b := range squatSecond {
			when += 22*minute + instant(d.below(int(3*minute)))
			s := &script{description: "Name reserved for future use.", files: 0xdead, skeleton: true, bare: true, noRepo: true, noVCS: true, situation: true}
			s.releases = []release{{num: pick(&d, []string{"0.0.0", "0.0.1", "0.1.0"}), at: when, by: -1, token: "bulk"}}
			if d.chance(0.08) {
				s.releases[0].yank = "self"
			}
			r.addScripted(a+"-"+b, "tool", by, s)
		}
	}
}
