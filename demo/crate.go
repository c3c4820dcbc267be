package demo

import (
	"math"
	"slices"
	"strconv"

	"cratewarden"
)

// crate is what is kept in memory of one crate; its texts, dependencies per
// version and daily downloads are made again when they are needed.
type crate struct {
	id      int32
	name    string
	theme   uint8
	hub     bool
	draws   uint64 // its own seed
	created instant
	owner   int32
	repo    string // folder name of the repository; empty: no repository
	base    string // name of the family's first crate
	org     int32  // index of the owning team, -1 for none
	partner int32  // index of a co-owner who publishes too, -1 for none
	count   int    // versions to make
	script  *script
	version []int32 // indexes of its versions, oldest first
	slots   []slot
	daily   float64 // downloads a day
	total   int64   // downloads of all time
	packed  bool    // has real archives
	trusted trust
}

// suffixes name the companions of a crate.
var suffixes = []string{"-core", "-derive", "-macros", "-cli", "-sys", "-util", "-types", "-test", "-client", "-server", "-rs", "-lite", "-ext", "-async", "-std"}

// makeCrates plans every crate, then orders them by creation. A crate only
// ever depends on crates before it, so the graph has no circle.
func (r *Registry) makeCrates() {
	r.planHubs()
	r.scriptSituations()
	for project := uint64(0); len(r.crates) < r.opts.Crates; project++ {
		r.planProject(project)
	}
	for i := range r.crates {
		if c := &r.crates[i]; c.script == nil {
			d := throw(c.draws, streamCrate)
			c.created = r.people[c.owner].moment(&d, c.created)
		}
	}
	slices.SortStableFunc(r.crates, func(a, b crate) int {
		if a.created != b.created {
			return int(max(min(a.created-b.created, 1), -1))
		}
		return slices.Compare([]byte(a.name), []byte(b.name))
	})
	for i := range r.crates {
		c := &r.crates[i]
		c.id = int32(i + 1)
		r.names[cratewarden.CanonName(c.name)] = int32(i)
		r.people[c.owner].crates++
		r.joinBefore(c.owner, c.created)
		if c.partner >= 0 {
			r.joinBefore(c.partner, c.created)
		}
	}
	r.settlePeople()
}

// joinBefore makes sure that somebody had signed up when they made a crate.
func (r *Registry) joinBefore(person int32, created instant) {
	p := &r.people[person]
	if p.cast || p.joined != 0 && p.joined+day <= created {
		return
	}
	d := r.throw(streamPerson, uint64(person), 7)
	p.joined = created - day - instant(d.skewed(20, 1.4)*float64(day))
}

// settlePeople gives the accounts without crates a sign-up, all of them a
// GitHub id, and ids in the order of sign-up.
func (r *Registry) settlePeople() {
	order := make([]int32, len(r.people))
	for i := range r.people {
		p, d := &r.people[i], r.throw(streamPerson, uint64(i), 8)
		order[i] = int32(i)
		if p.joined == 0 {
			p.joined = r.ago(instant(d.part() * float64(registrySpan-30*day)))
		}
		if p.ghSince == 0 {
			p.ghSince = max(p.joined-instant(d.skewed(500, 1)*float64(day)), r.ago(17*year))
		}
		if p.ghID == 0 {
			p.ghID = r.githubID(p.ghSince) + int32(d.below(900))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return int(max(min(r.people[a].joined-r.people[b].joined, 1), -1))
	})
	used := map[int32]bool{}
	for n, i := range order {
		p := &r.people[i]
		p.id = int32(n + 1)
		for p.ghID > 0 && used[p.ghID] {
			p.ghID++
		}
		used[p.ghID] = true
		if d := r.throw(streamPerson, uint64(i), 9); i >= int32(len(famous)) && p.crates > 0 && d.chance(0.004) {
			p.ghID, p.unlinked = -1, true
		}
	}
	for i := 50; i < 54; i++ { // the first accounts of people who came back with a new one
		p := &r.people[i]
		p.login, p.formerly, p.ghID, p.unlinked = r.people[100+i].login, "", -1, true
	}
}

// githubID follows how GitHub's ids have risen with the years.
func (r *Registry) githubID(t instant) int32 {
	age := float64(r.now-t) / float64(year)
	return 1000 + int32(240e6*math.Pow(max(1-age/18, 0.0005), 2.6))
}

func (r *Registry) take(name string) bool {
	canon := cratewarden.CanonName(name)
	if _, taken := r.names[canon]; taken {
		return false
	}
	r.names[canon] = -1
	return true
}

// index finds a crate by any spelling of its name, once all are made; -1 if
// there is none.
func (r *Registry) index(name string) int32 {
	if i, ok := r.names[cratewarden.CanonName(name)]; ok {
		return i
	}
	return -1
}

func (r *Registry) planHubs() {
	for i, h := range r.words.hubs {
		d := r.throw(streamPlan, 1<<40, uint64(i))
		r.take(h.name)
		r.crates = append(r.crates, crate{
			name: h.name, theme: uint8(r.words.byKey[h.theme]), hub: true, draws: d.next(),
			created: r.ago(registrySpan) + instant(i)*11*day + instant(d.below(int(9*day))),
			owner:   r.person(h.owner), repo: h.name, base: h.name, org: -1, partner: -1, count: d.between(24, 64),
		})
	}
}

// planProject plans one crate and now and then its companions.
func (r *Registry) planProject(project uint64) {
	d := r.throw(streamPlan, project)
	owner := int32(len(famous) + d.early(len(r.people)-len(famous)-castSize))
	if d.chance(0.02) {
		if owner = int32(d.below(len(famous))); famous[owner].login == genuineOwner {
			owner = 0
		}
	}
	theme := uint8(d.below(len(r.words.themes)))
	name := r.composeName(&d, int(theme))
	when := r.now - 3*day - instant(float64(registrySpan-2*year)*(1-math.Pow(d.part(), 0.62)))
	first := r.planCrate(&d, name, theme, owner, when)
	r.crates = append(r.crates, first)
	if !d.chance(0.13) {
		return
	}
	for range min(1+int(d.skewed(1.2, 0.8)), len(suffixes)) {
		more := first
		more.name = name + pick(&d, suffixes)
		if len(r.crates) >= r.opts.Crates || len(more.name) > 40 || !r.take(more.name) {
			return
		}
		more.draws = d.next()
		more.created = min(first.created+instant(d.skewed(40, 1.5)*float64(day)), r.now-3*day)
		more.count = d.versions()
		r.crates = append(r.crates, more)
	}
}

func (r *Registry) planCrate(d *dice, name string, theme uint8, owner int32, when instant) crate {
	c := crate{name: name, theme: theme, draws: d.next(), created: when, owner: owner, base: name, org: -1, partner: -1, count: d.versions()}
	if d.chance(0.09) {
		c.partner = int32(len(famous) + d.below(len(r.people)-len(famous)-castSize))
		if c.partner == owner {
			c.partner = -1
		}
	}
	switch {
	case d.chance(0.72):
		c.repo = name
	case d.chance(0.4):
		c.repo = pick(d, []string{"rust-crates", "workspace", "toolbox", "monorepo", name + "-rs"})
	}
	return c
}

// versions throws how many versions a crate gets: most few, some very many.
func (d *dice) versions() int {
	if d.chance(0.17) {
		return 1
	}
	return min(1+int(d.skewed(5.8, 0.95)), 180)
}

// composeName finds a free name: two words of which the second tells the
// theme. When the short forms are used up, as in a very large registry, a
// third word makes more.
func (r *Registry) composeName(d *dice, theme int) string {
	nouns := r.words.themes[theme].nouns
	for tries := 0; ; tries++ {
		stem, noun := pick(d, r.words.stems), pick(d, nouns)
		var name string
		switch d.below(12) {
		case 0, 1, 2, 3:
			name = stem + "-" + noun
		case 4, 5:
			name = stem + "_" + noun
		case 6, 7:
			name = stem + noun
		case 8:
			name = noun + "-" + stem
		case 9:
			name = stem + pick(d, suffixes)
		case 10:
			name = pick(d, []string{"cargo-", "rust-", "lib", "open-", "no-std-", "mini-", "easy-", "static_"}) + noun + "-" + stem
		default:
			name = stem + "-" + pick(d, r.words.stems)
		}
		if tries > 6 {
			name = stem + "-" + pick(d, r.words.stems) + "-" + noun
		}
		if tries > 40 {
			name += "-" + strconv.Itoa(d.between(2, 99))
		}
		if r.take(name) {
			return name
		}
	}
}
