package content

// Kind says which targets the crate builds.
type Kind int

// The kinds of crate.
const (
	// Library has src/lib.rs.
	Library Kind = iota
	// ProcMacro is a library with proc-macro = true.
	ProcMacro
	// Binary has src/main.rs only.
	Binary
	// LibraryAndBinary has src/lib.rs and one program in src/bin.
	LibraryAndBinary
)

// Topic chooses what the sources are about. The zero value lets the seed
// choose.
type Topic int

// The topics.
const (
	AnyTopic Topic = iota
	Parser
	Cache
	HTTPClient
	Math
	Collections
	CommandLine
	Digest
	AsyncUtil
	SerdeHelper
	Embedded
	Macro
	Text
	Logging
)

// Size says how many source files the crate has.
type Size int

// The sizes of a plain library's first release: about 7 to 12 files in the
// archive, 15 to 20, and 25 to 40. Later generations add a few; traits and
// payloads come on top.
const (
	Small Size = iota
	Medium
	Large
)

// growth is how many source files the generations may add.
func (s Size) growth() int {
	if s == Small {
		return 3
	}
	return 6
}

// Traits are things that some crates have besides their sources.
type Traits struct {
	// BuildScript adds an ordinary build.rs.
	BuildScript bool
	// CSources adds a C file with its header and a build.rs that compiles it.
	// Put the build dependency "cc" into Dependencies with it.
	CSources bool
	// BlobFixture adds a binary file that the tests read.
	BlobFixture bool
	// OddEncodings adds files that are hard to show: bytes that are not
	// UTF-8, a byte order mark, CRLF ends, bidirectional controls, a very
	// long line, a path with spaces and non-ASCII letters.
	OddEncodings bool
	// NoStd marks the library no_std unless its feature "std" is on. Only the
	// sources of Embedded and Math really do without.
	NoStd bool
	// Lockfile adds Cargo.lock; programs always have one.
	Lockfile bool
	// Bare leaves out tests, benches, examples and the change log.
	Bare bool
	// Skeleton leaves nothing but what cargo makes for a new library: one
	// function, one test, and a README of one line.
	Skeleton bool
}

// VCS is what .cargo_vcs_info.json claims. Without SHA there is no such file,
// as when a crate is packed outside a repository.
type VCS struct {
	// SHA is the commit in 40 lower-case hex digits.
	SHA string
	// Dirty says that the work tree had changes.
	Dirty bool
	// Path is the folder of the crate in its repository; empty for the top.
	Path string
}

// Payload chooses an inert look-alike of an attack (see the package comment).
type Payload int

// The payloads. Every one of them carries Marker in clear text.
const (
	NoPayload Payload = iota
	// EncodedBuildScript is a build.rs that decodes an opaque string.
	EncodedBuildScript
	// DownloaderBuildScript is a build.rs whose strings and comments look
	// like a program that fetches and starts something.
	DownloaderBuildScript
	// SplitStrings hides short encoded literals in several source files.
	SplitStrings
	// EnvironmentReader is a module whose text looks like one that collects
	// credentials from the environment.
	EnvironmentReader
	// HelperOnly is a nearly empty Library, whatever Kind says, that only
	// brings in another crate, as the bad versions of 20 August 2026 did.
	HelperOnly
)

// Marker stands in every archive that has a payload, so that nobody who finds
// one outside the demo takes it for the real thing.
const Marker = "CRATEWARDEN-DEMO-INERT-TEXT: made up for a demonstration, does nothing"
