package dossier

import (
	"time"

	"cratewarden"
	"cratewarden/provenance"
)

// VersionRow is a version in a list.
type VersionRow struct {
	ID          int32              `json:"id"`
	Crate       string             `json:"crate"`
	Num         string             `json:"num"`
	CreatedAt   time.Time          `json:"created_at"`
	Publisher   *Person            `json:"publisher,omitempty"`
	Method      cratewarden.Method `json:"method"`
	MethodLabel string             `json:"method_label"`
	// Credential is the token's id and masked name, or the repository and run
	// of trusted publishing.
	Credential string `json:"credential,omitempty"`
	Yanked     bool   `json:"yanked"`
	Size       int64  `json:"size" doc:"bytes of the .crate"`
	Downloads  int64  `json:"downloads"`
	License    string `json:"license,omitempty"`
	SHA256     string `json:"sha256"`
	Default    bool   `json:"default,omitempty"`
	Marks      []Mark `json:"marks,omitempty"`
	Held       *Hold  `json:"held,omitempty" doc:"when this console holds the version: its files rest in the vault until release"`
}

// Version is everything known about one version, except its files' content,
// which Files, File and Diff give.
type Version struct {
	Fresh       Fresh  `json:"fresh"`
	Crate       string `json:"crate"`
	CrateID     int32  `json:"crate_id"`
	ID          int32  `json:"id"`
	Num         string `json:"num"`
	YankMessage string `json:"yank_message,omitempty"`
	// YankMessageAbsent says why the message is not known (public dump).
	YankMessageAbsent string     `json:"yank_message_absent,omitempty"`
	Row               VersionRow `json:"version"`
	UpdatedAt         time.Time  `json:"updated_at"`
	Marks             []Mark     `json:"marks"`
	// HeldAbsent says why it is not known whether the version is held.
	HeldAbsent string `json:"held_absent,omitempty"`
	// Previous and Following are the neighbours in time of publish.
	Previous  string `json:"previous,omitempty"`
	Following string `json:"following,omitempty"`

	Provenance   Provenance          `json:"provenance"`
	Manifest     Manifest            `json:"manifest"`
	Dependencies Dependencies        `json:"dependencies"`
	Features     map[string][]string `json:"features"`
	Checks       []Check             `json:"checks" doc:"checksums in database, index and file"`
	ChecksAbsent string              `json:"checks_absent,omitempty"`
	Dependents   Dependents          `json:"dependents" doc:"of the crate; which of them resolve to this version is the blast radius"`
	Chart        Chart               `json:"chart"`
	Timeline     Timeline            `json:"timeline"`
	Yanks        []YankEvent         `json:"yanks"`
	YanksAbsent  string              `json:"yanks_absent,omitempty"`
}

// Provenance is how the version was published; the words are made by package
// provenance from the registry's rows.
type Provenance struct {
	provenance.Verdict
	// Absent says why some evidence is missing (public dump).
	Absent string `json:"absent,omitempty"`
}

// YankEvent is one recorded yank or unyank.
type YankEvent struct {
	At     time.Time `json:"at"`
	Action string    `json:"action" doc:"yanked or unyanked"`
	By     Person    `json:"by"`
	With   string    `json:"with" doc:"browser session or API token"`
}

// Manifest is what the registry stored of Cargo.toml, and size figures.
type Manifest struct {
	Description   string   `json:"description,omitempty"`
	License       string   `json:"license,omitempty"`
	Edition       string   `json:"edition,omitempty"`
	RustVersion   string   `json:"rust_version,omitempty"`
	Links         string   `json:"links,omitempty"`
	HasLib        *bool    `json:"has_lib,omitempty"`
	LibName       string   `json:"lib_name,omitempty"`
	BinNames      []string `json:"bin_names,omitempty"`
	Homepage      string   `json:"homepage,omitempty"`
	Repository    string   `json:"repository,omitempty"`
	Documentation string   `json:"documentation,omitempty"`
	Keywords      []string `json:"keywords"`
	Categories    []string `json:"categories"`
	// CodeLines is the registry's own count; -1 when not analysed.
	CodeLines    int `json:"code_lines"`
	CommentLines int `json:"comment_lines"`
	// Absent lists the facts that a public dump leaves out.
	Absent []string `json:"absent,omitempty"`
}
