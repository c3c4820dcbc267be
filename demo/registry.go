package demo

import (
	"time"

	"cratewarden/demo/content"
)

// Options say which registry to make up. The zero value of each field is the
// registry that `cratewarden demo` starts with.
type Options struct {
	// Crates is how many crates there are; 2,400 by default, at least 600 so
	// that every situation fits.
	Crates int
	// Seed chooses one of many registries; 0 stands for 1.
	Seed uint64
	// Now is the instant to which all times relate; the present by default.
	Now time.Time
	// Archives is for how many crates there are real archives: all those of
	// the situations, then the crates that everybody builds on, then the most
	// used ones. 420 by default, a negative number for the situations alone.
	// Each costs about 100 kB of memory while the registry is kept.
	Archives int
	// Progress, when set, is told how far the work is. It is called from the
	// goroutine that works and must not block.
	Progress func(Event)
}

// Event is one step of progress.
type Event struct {
	// Step names what is being done, such as "archives" or a table.
	Step string
	// Done and Total count what the step counts; Total is 0 if not known.
	Done, Total int64
}

// Limits of what Options may ask for.
const (
	DefaultCrates   = 2400
	MinCrates       = 600
	DefaultArchives = 420
)

func (o Options) filled() Options {
	if o.Crates == 0 {
		o.Crates = DefaultCrates
	}
	o.Crates = max(o.Crates, MinCrates)
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Now = o.Now.UTC().Truncate(time.Second)
	if o.Archives == 0 {
		o.Archives = DefaultArchives
	}
	if o.Progress == nil {
		o.Progress = func(Event) {}
	}
	return o
}

// Registry is a made-up registry, complete in memory except for what can be
// made again from the seed while it is written out: dependencies, downloads
// per day and texts.
type Registry struct {
	opts  Options
	now   instant
	words *vocabulary

	people   []person
	teams    []team
	crates   []crate
	versions []version // versions[i] has id i+1; ordered by time
	tokens   []token
	actions  []action
	names    map[string]int32 // canonical crate name to crate
	logins   map[string]int32

	publishers []publisher                // trusted publishing configs
	packages   map[int32]*content.Package // by version index
	trouble    error                      // why the archives are not complete

	// Situations says where the prepared situations are.
	Situations Situations
}

// Now is the instant to which all times of the registry relate.
func (r *Registry) Now() time.Time { return r.opts.Now }

// instant is a time in microseconds since 1970, the database's own precision;
// 0 stands for NULL.
type instant int64

const (
	second = instant(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	year   = 365 * day
)

func at(t time.Time) instant              { return instant(t.UnixMicro()) }
func (t instant) time() time.Time         { return time.UnixMicro(int64(t)).UTC() }
func (t instant) midnight() instant       { return t - t%day }
func (t instant) weekday() int            { return int((t/day + 4) % 7) } // 1970-01-01 was a Thursday
func (r *Registry) ago(d instant) instant { return r.now - d }

// How far back things go.
const (
	registrySpan  = 11 * year
	publisherKept = 10 * year        // versions before have no published_by
	auditKept     = 6*year + 200*day // versions before have no audit row
	trustedSince  = 16 * 30 * day    // trusted publishing on GitHub
	gitlabSince   = 9 * 30 * day
	signUpKept    = 156 * day // accounts since then carry their sign-up time
)

// Generate makes up the registry. It reads nothing and is deterministic: equal
// options, Now included, give equal registries.
func Generate(o Options) *Registry {
	o = o.filled()
	r := &Registry{opts: o, now: at(o.Now), words: readVocabulary(), names: map[string]int32{}, logins: map[string]int32{}}
	steps := []struct {
		name string
		do   func()
	}{
		{"people", r.makePeople},
		{"crates", r.makeCrates},
		{"versions", r.makeVersions},
		{"dependencies", r.makeSlots},
		{"teams and owners", r.makeOwners},
		{"credentials", r.makeCredentials},
		{"audit log", r.makeActions},
		{"downloads", r.makePopularity},
		{"archives", r.makeArchives},
		{"totals", r.makeTotals},
		{"situations", r.describeSituations},
	}
	for i, s := range steps {
		o.Progress(Event{Step: s.name, Done: int64(i), Total: int64(len(steps))})
		s.do()
	}
	return r
}

// Streams of chance, one for each sort of thing, so that adding a throw in one
// place leaves all others as they were.
const (
	streamPerson = iota + 1
	streamLogin
	streamPlan
	streamName
	streamCrate
	streamRelease
	streamSlot
	streamTeam
	streamOwner
	streamToken
	streamMethod
	streamYank
	streamPopularity
	streamDaily
	streamText
	streamFeature
	streamArchive
	streamVersion
	streamService
	streamMail
)

func (r *Registry) throw(at ...uint64) dice { return throw(r.opts.Seed, at...) }
