package demo

import (
	"strconv"
	"strings"

	"cratewarden"
)

// habit is when somebody works on crates, in their own time zone. It makes the
// hours of one person's publishes alike, as they are in a real registry.
type habit uint8

const (
	office habit = iota
	evening
	weekend
	robot // a release machine: any hour
)

type mailState uint8

const (
	mailVerified mailState = iota
	mailUnverified
	mailNone
)

// person is one account. Its index never changes; its id follows sign-up.
type person struct {
	id       int32
	login    string
	formerly string // the login the registry still has, if GitHub's differs
	name     string // empty: NULL
	ghID     int32  // -1 for accounts from before ids were kept
	ghSince  instant
	joined   instant // 0 until the first crate tells
	ageKnown bool
	zone     int8
	habit    habit
	mail     string
	mailIs   mailState
	quiet    bool // no publish notifications
	admin    bool
	lock     string
	lockEnd  instant
	unlinked bool // no GitHub row
	tokens   []int32
	crates   int32
	cast     bool  // written by hand for a situation
	org      int32 // team this account publishes with, -1 for none
}

// registryLogin is users.gh_login and username.
func (p *person) registryLogin() string {
	if p.formerly != "" {
		return p.formerly
	}
	return p.login
}

// moment moves an instant to an hour of its day at which this person works,
// and to a day of the week on which they do.
func (p *person) moment(d *dice, near instant) instant {
	t := near.midnight()
	switch w := t.weekday(); {
	case p.habit == office && (w == 0 || w == 6):
		t -= instant(1+w/6) * day
	case p.habit == weekend && w > 0 && w < 6:
		t -= instant(w) * day
	}
	centre, spread := 21.0, 1.1
	switch p.habit {
	case office:
		centre, spread = 14.2, 2.0
	case weekend:
		centre, spread = 15.5, 2.6
	case robot:
		centre, spread = 12, 5
	}
	local := centre + spread*d.norm() - float64(p.zone)
	return t + instant(local*float64(hour))/second*second + instant(d.below(1_000_000))
}

// famous are the accounts that own the crates everybody builds on.
var famous = []person{
	{login: "kernelsmith", name: "Ottilie Brandt", zone: -7, habit: evening},
	{login: "harborlight", name: "Niko Varga", zone: -5, habit: office},
	{login: "pinegrove", name: "Ingrid Sollund", zone: 1, habit: office},
	{login: "oakmarten", name: "Tomas Oduya", zone: 1, habit: evening},
	{login: "brambleworth", name: "Beatriz Campos", zone: -5, habit: evening},
	{login: "saltmarsh", name: "Rolf Aker", zone: -6, habit: office},
	{login: "copperkite", name: "Mina Hayashi", zone: -8, habit: office},
	{login: "vellumkey", name: "Ravi Qureshi", zone: 3, habit: evening},
	{login: "meridian-ops", name: "Greta Molnar", zone: 0, habit: office},
	{login: "lowtide", name: "Sunniva Dahl", zone: -8, habit: weekend},
	{login: "mirelund", name: "Mire Lund", zone: 2, habit: evening},
	{login: "ferrobit", name: "Paulo Figueira", zone: 1, habit: weekend},
}

func (r *Registry) makePeople() {
	for _, p := range famous {
		r.addPerson(p)
	}
	for i := len(famous); i < max(260, r.opts.Crates*36/100); i++ {
		d := r.throw(streamPerson, uint64(i))
		r.addPerson(r.stranger(&d))
	}
	r.castSituations()
	r.people[8].admin = true
	for i := range r.people {
		r.people[i].org = -1
		r.finishPerson(i)
	}
}

// addPerson takes a login nobody has yet and gives the person's index.
func (r *Registry) addPerson(p person) int32 {
	login := p.login
	for n := 2; ; n++ {
		if _, taken := r.logins[cratewarden.CanonName(p.login)]; !taken {
			break
		}
		p.login = login + strconv.Itoa(n)
	}
	i := int32(len(r.people))
	r.logins[cratewarden.CanonName(p.login)] = i
	r.people = append(r.people, p)
	return i
}

func (r *Registry) person(login string) int32 { return r.logins[cratewarden.CanonName(login)] }

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// stranger makes one ordinary account.
func (r *Registry) stranger(d *dice) person {
	first, last := pick(d, r.words.forenames), pick(d, r.words.surnames)
	p := person{name: title(first) + " " + title(last), zone: int8(pick(d, []int{-8, -7, -6, -5, -5, -3, 0, 0, 1, 1, 1, 2, 2, 3, 5, 8, 8, 9, 10}))}
	switch d.below(9) {
	case 0, 1:
		p.login = first + last
	case 2:
		p.login = first[:1] + last
	case 3:
		p.login = first + "-" + last
	case 4:
		p.login = last + first[:1]
	case 5:
		p.login = pick(d, r.words.stems) + first
	case 6:
		p.login = first + "-" + pick(d, []string{"dev", "codes", "rs", "labs", "x"})
	case 7:
		p.login = pick(d, r.words.stems) + "-" + pick(d, r.words.stems)
	default:
		p.login = title(first) + title(last)
	}
	p.habit = pick(d, []habit{office, office, office, evening, evening, evening, weekend, weekend, robot})
	if d.chance(0.08) {
		p.name = ""
	} else if d.chance(0.01) {
		p.name = pick(d, []string{"Ξενία Παππά", "Ольга Жукова", "松本 葵", "فرح قريشي", "דנה לוי", "Zoë \u202eevil\u202c Ñandú", "Robert'); --", "<b>Bold</b> & Co"})
	}
	return p
}

// finishPerson gives an account its mail address and oddities.
func (r *Registry) finishPerson(i int) {
	p := &r.people[i]
	d := r.throw(streamMail, uint64(i))
	if p.mail == "" {
		domain := pick(&d, []string{"example.org", "example.net", "example.com", "post.example", "mail.example", "post.example", "inbox.example", "uni.example", "works.example"})
		p.mail = strings.ToLower(p.login) + "@" + domain
		if d.chance(0.15) {
			p.mail = pick(&d, []string{"git", "rust", "me", "hello", "oss"}) + "@" + strings.ToLower(p.login) + ".example"
		}
	}
	p.ageKnown = !d.chance(0.05)
	p.quiet = d.chance(0.06)
	if i < len(famous) {
		p.ageKnown = true
		return
	}
	if p.cast {
		return
	}
	switch x := d.part(); {
	case x < 0.05:
		p.mailIs = mailUnverified
	case x < 0.08:
		p.mailIs = mailNone
	}
	if d.chance(0.03) {
		p.formerly = p.login
		p.login += pick(&d, []string{"-rs", "hq", "-dev", "2", "x"})
	}
	p.unlinked = d.chance(0.004)
	r.lockSome(i, p)
}

// lockSome locks a few accounts: for ever, for a time still running, and for
// one that is over, which the registry never clears.
func (r *Registry) lockSome(i int, p *person) {
	switch i {
	case 20, 21:
		p.admin = true
	case 40:
		p.lock = "Publishing packages that impersonate other projects. Write to help@registry.example to appeal."
	case 41:
		p.lock = "Account reported as compromised by its owner; kept locked until they return."
	case 42, 43:
		p.lock, p.lockEnd = "Automated name registration. Locked for 30 days.", r.now+instant(4+3*(i-42))*day
	case 44, 45:
		p.lock, p.lockEnd = "Automated name registration. Locked for 30 days.", r.ago(instant(60+i)*day)
	case 46:
		p.lockEnd = r.now + 20*day // an end without a reason locks nobody
	}
}
