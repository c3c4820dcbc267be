package blast

import "time"

// Graph is a registry at one moment, by its own numbers of crates and versions.
// It stays as it is for as long as it is held, and may be asked from many sides
// at once.
type Graph interface {
	// Crate finds a crate by its name, in any spelling the registry takes.
	Crate(name string) (Crate, bool)
	// CrateByID gives a crate that another answer named.
	CrateByID(id int32) (Crate, bool)
	// Numbers visits a crate's versions in the order of their ids.
	Numbers(crate int32, visit func(version int32, num string, yanked bool))
	// Release gives one version by its id, and Brief in little time what is asked
	// for each of very many: "" for one that is not there.
	Release(version int32) (Release, bool)
	Brief(version int32) (num string, downloads int64)
	// Dependents visits every dependency on a crate, of every version of the
	// registry but those to skip, until visit says false. Those of one version
	// follow one another, and the order is the same each time. Whether it sees
	// what visit adds to skip meanwhile is left open.
	Dependents(crate int32, skip *Set, visit func(Edge) bool)
	// Requirement gives the text of a requirement by its number. Numbers are
	// below Requirements; two numbers may have the same text.
	Requirement(number uint32) string
	Requirements() int
	// Owners gives who owns a crate now.
	Owners(crate int32) []Owner
	// AsOf is up to when the registry's changes are in it.
	AsOf() time.Time
}

// Crate is a crate. Downloads are of all its versions, ever.
type Crate struct {
	ID        int32
	Name      string
	Downloads int64
	Default   int32 // the version shown by default, 0 for none
}

// Release is a version of a crate.
type Release struct {
	ID, Crate int32
	Num       string
	Yanked    bool
	Published time.Time
	Downloads int64 // ever
}

// Edge is one dependency of one version.
type Edge struct {
	Version, Crate int32 // who depends
	Requirement    uint32
	Kind           Kind
	Optional       bool
	Yanked         bool // the depending version is
}

// Owner is an account or a team that owns a crate.
type Owner struct {
	ID    int32  `json:"id"`
	Team  bool   `json:"team,omitempty"`
	Login string `json:"login"`
}

// Kind says what a dependency is for.
type Kind uint8

// The kinds, as the registry numbers them.
const (
	Normal Kind = iota
	Build
	Dev
)

// String is the kind as people write it.
func (k Kind) String() string {
	switch k {
	case Normal:
		return "normal"
	case Build:
		return "build"
	default:
		return "dev"
	}
}
