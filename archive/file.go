package archive

import (
	"encoding/hex"
	"slices"
	"strings"
)

// FileKind says whether a file can be read by people.
type FileKind string

const (
	// Text is a file that is shown as lines.
	Text FileKind = "text"
	// Binary is a file that is shown as size, hash and magic.
	Binary FileKind = "binary"
)

// Role is what a file is to cargo or to a reader of the crate.
type Role string

// The roles. A file may have several.
const (
	RoleManifest    Role = "manifest"
	RoleOriginal    Role = "manifest_original"
	RoleLock        Role = "lock"
	RoleVCS         Role = "vcs_info"
	RoleBuildScript Role = "build_script"
	RoleProcMacro   Role = "proc_macro"
	RoleReadme      Role = "readme"
	RoleLicence     Role = "licence"
)

// Encodings of text files.
const (
	UTF8    = "utf-8"
	UTF8BOM = "utf-8 with BOM"
	UTF16LE = "utf-16le"
	UTF16BE = "utf-16be"
	NotUTF8 = "not utf-8"
)

// File is one regular file of an archive.
type File struct {
	// Path is relative to the crate's folder, clean, and valid UTF-8. It may
	// hold characters that deceive; print it through Visible.
	Path string
	// Size in bytes.
	Size int64
	// Mode is the mode as written, lower twelve bits.
	Mode   int64
	SHA256 [32]byte
	Kind   FileKind
	// Magic is a short word for what the first bytes of a binary file say it
	// is, "data" when they say nothing; for text it is "script" or empty.
	Magic string
	// Encoding is one of the constants, empty for binary files.
	Encoding string
	// Lines counts lines of a text file, a last one without newline included;
	// LongestLine is in bytes.
	Lines, LongestLine int64
	// Bidi counts characters that reorder what is shown around them, Invisible
	// those that draw nothing, Control the other control characters.
	Bidi, Invisible, Control int64
	// CRLF says that lines end in carriage return and newline.
	CRLF  bool
	Roles []Role
	// Kept says that Open has the content.
	Kept bool
}

// Has says whether the file plays a role.
func (f *File) Has(role Role) bool { return slices.Contains(f.Roles, role) }

// Executable says whether any execute bit is set.
func (f *File) Executable() bool { return f.Mode&0o111 != 0 }

// Hash is the SHA-256 in lower-case hexadecimal.
func (f *File) Hash() string { return hex.EncodeToString(f.SHA256[:]) }

func (f *File) mark(role Role) {
	if !f.Has(role) {
		f.Roles = append(f.Roles, role)
	}
}

// companion says whether cargo or the registry gives the path a meaning by its
// name alone. Such files are kept and listed whatever else fills the limits.
func companion(path string) bool {
	switch path {
	case "Cargo.toml", "cargo.toml", "Cargo.toml.orig", "Cargo.lock", ".cargo_vcs_info.json", "build.rs":
		return true
	}
	return false
}

// assignRoles marks the files once the manifest is known; without one, the
// names cargo would look for.
func (a *Archive) assignRoles() {
	m := a.Manifest
	if m == nil {
		m = &Manifest{}
	}
	mark := func(path string, role Role) {
		if f := a.File(path); f != nil {
			f.mark(role)
		}
	}
	mark(a.manifestPath(), RoleManifest)
	mark("Cargo.toml.orig", RoleOriginal)
	mark("Cargo.lock", RoleLock)
	mark(".cargo_vcs_info.json", RoleVCS)
	for _, path := range a.BuildScripts() {
		mark(path, RoleBuildScript)
	}
	if m.ProcMacro {
		mark(m.LibPath, RoleProcMacro)
	}
	mark(cleanRelative(m.Readme), RoleReadme)
	mark(cleanRelative(m.LicenseFile), RoleLicence)
	for i := range a.Files {
		f := &a.Files[i]
		if strings.Contains(f.Path, "/") {
			continue
		}
		upper := strings.ToUpper(f.Path)
		switch {
		case strings.HasPrefix(upper, "README"):
			f.mark(RoleReadme)
		case strings.HasPrefix(upper, "LICENSE"), strings.HasPrefix(upper, "LICENCE"),
			strings.HasPrefix(upper, "COPYING"), strings.HasPrefix(upper, "UNLICENSE"):
			f.mark(RoleLicence)
		}
	}
}
