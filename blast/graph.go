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
	// Numbers visits a crate's versions in the order of their ids, each with the
	// number of the text that its number is. Number gives that text; two numbers
	// may have the same, and all are below NumberCount.
	Numbers(crate int32, visit func(version int32, number uint32, yanked bool))
	Number(number uint32) string
	NumberCount() int
	// Release gives one version by its id.
	Release(version int32) (Release, bool)
	// Depending lists the versions that may depend on something; the list is not
	// to be changed. Figures gives the number and the downloads of one of them, by
	// its place in the list.
	Depending() *Depending
	Figures(place uint32) (number uint32, downloads int64)
	// Dependents visits every dependency on a crate, of every version of the
	// registry, in bundles and the same order each time, until visit says false.
	Dependents(crate int32, visit func(Bundle) bool)
	// Bundles is one more than the largest number of a bundle.
	Bundles() int
	// Requirement gives the text of a requirement by its number. Numbers are
	// below Requirements; two numbers may have the same text.
	Requirement(number uint32) string
	Requirements() int
	// Owners visits who owns a crate now, and Login says what one is called.
	Owners(crate int32, visit func(id int32, team bool))
	Login(id int32, team bool) string
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

// Depending is versions by places of the graph's own, which count from 0.
type Depending struct {
	Version []int32  // ids, by place
	Crate   []uint32 // whose they are, as a place in Crates, or Nowhere
	Yanked  []bool
	Crates  []int32 // ids
}

// Nowhere is the crate of a place whose version is not in the registry any more.
const Nowhere = ^uint32(0)

// Bundle is the dependencies on one crate that ask for the same.
type Bundle struct {
	// Number is the bundle's own among all of the graph, or Alone.
	Number      int
	Places      []uint32 // of the versions that depend; not to be changed
	Requirement uint32
	Kind        Kind
	Optional    bool
}

// Alone is the number of a bundle that has none.
const Alone = -1

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
