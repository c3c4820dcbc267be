package related

import "time"

// What counts as young, rare, many. Each figure is explained, with the case or
// measurement behind it, in docs/proposals.md.
const (
	// young is the age below which a crate that others newly depend on is worth
	// a look.
	young = 7 * 24 * time.Hour
	// campaign is how far around a bad version acts belong to the same attack.
	campaign = 14 * 24 * time.Hour
	// silence is a pause after which a new version is unusual.
	silence = 365 * 24 * time.Hour
	// coordinated is the time within which crates of one account that gain the
	// same young dependency belong together.
	coordinated = 6 * time.Hour
	// pulled is the time within which strangers gaining the same young
	// dependency belong together.
	pulled = 24 * time.Hour
	// crowd is how many accounts that are not new must take a young crate up for
	// it to be a crate that people use: then taking it up says nothing.
	crowd = 6
	// takenAtOnce is how young a crate is that was made for the one who takes it
	// up.
	takenAtOnce = 48 * time.Hour
	// Joined is how recently somebody became an owner whose publish is unusual.
	Joined = 30 * 24 * time.Hour
	// workflows is how many versions in a row that came by trusted publishing
	// make another way unusual.
	workflows = 3
	// internal is a first major number that is chosen to be above that of a
	// company's own package of the same name, if it is no year.
	internal = 90
	// yankedWithin and yankedLeast are when yanks around a publish steer people.
	yankedWithin = 24 * time.Hour
	yankedLeast  = 3
	// popularLeast downloads, and popularTimes its own, make somebody worth
	// imitating; olderBy is how much older they are.
	popularLeast = 10_000
	popularTimes = 100
	// popularOwner downloads of all their crates make a person worth imitating.
	popularOwner = 1_000_000
	olderBy      = 180 * 24 * time.Hour
	// rareDomain is up to how many accounts share a mail domain that says
	// something.
	rareDomain = 10
	// joinedTogether is how far apart accounts of one campaign are made.
	joinedTogether = 14 * 24 * time.Hour
	// sameToken and alone are how far from a bad version its account's other
	// publishes are offered: with the same credential, and with another.
	sameToken = 3 * 24 * time.Hour
	alone     = 6 * time.Hour
	// burstLeast new crates within burstWithin, each with at most burstVersions
	// versions of at most burstBytes and without dependents, are a flood.
	burstLeast    = 20
	burstWithin   = 48 * time.Hour
	burstVersions = 2
	burstBytes    = 8 << 10

	// enough is the weight of conduct that makes a tick.
	enough = 2
	strong = 2
	weak   = 1
)

// Bounds of the work for one question.
const (
	mostSubjects   = 10_000 // nodes, as many as a case has subjects
	mostPublishes  = 20_000 // of one account, read once
	mostActs       = 20_000
	mostOffers     = 5    // versions of one account without a sign
	mostDependents = 5000 // rows on one young crate
	mostAlike      = 150  // questions for look-alikes, some milliseconds each
	mostHollow     = 20   // crates of one account that are offered as squatted, unless it is named
	mostSiblings   = 200  // crates of a version's owners that are looked through for its workflow
	mostLooked     = 12   // crates of an account that are judged to judge the account
	mostArchives   = 24   // that are compared file by file
	// archivesWithin bounds the wait for archives; those that come later are not
	// compared.
	archivesWithin = 800 * time.Millisecond
	newcomerMost   = 500 // publishes; who has more is no newcomer
)
