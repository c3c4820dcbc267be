package content

// Package is a finished archive and what the registry stores about it.
type Package struct {
	// Archive is the .crate: gzip of a tar whose entries all start with
	// "<name>-<version>/".
	Archive []byte
	// SHA256 is of Archive (versions.tar_sha256, index cksum).
	SHA256 [32]byte
	// Size is the length of Archive in bytes (versions.crate_size).
	Size int64

	// HasLib, LibName and BinNames are versions.has_lib, lib_name and
	// bin_names; LibName is empty without a library.
	HasLib   bool
	LibName  string
	BinNames []string

	// License, Description, Edition are those of the manifest, defaults
	// filled in.
	License     string
	Description string
	Edition     string

	// ReadmePath is the README's path in the package, Readme its Markdown and
	// ReadmeHTML what the registry would store under readmes/.
	ReadmePath string
	Readme     string
	ReadmeHTML []byte

	// LineCounts is versions.linecounts (contract publish.md section 4).
	LineCounts []byte
	// Files lists the paths in the archive in order, without the root folder.
	Files []string
}
