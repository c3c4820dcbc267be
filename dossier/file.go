package dossier

import "time"

// Files is the listing of a version's archive.
type Files struct {
	Section
	Crate string `json:"crate"`
	Num   string `json:"num"`
	Key   string `json:"key" doc:"of the object in storage"`
	// Rows are the files by path that pass the filter, Total how many files the
	// archive holds; Problems what is wrong with the archive.
	Rows     []ArchiveFile    `json:"files"`
	Total    int              `json:"total" doc:"files in the archive"`
	Problems []ArchiveProblem `json:"problems"`
	// SHA256 is of the stored file, Size its bytes, Unpacked those of its
	// content; Recorded is the SHA-256 in the database.
	SHA256   string `json:"sha256,omitempty"`
	Recorded string `json:"recorded_sha256,omitempty"`
	Size     int64  `json:"size"`
	Unpacked int64  `json:"unpacked"`
	// BuildScript is the path of the script that runs at compile time, if any;
	// ProcMacro says that the crate itself runs at compile time.
	BuildScript string `json:"build_script,omitempty"`
	ProcMacro   bool   `json:"proc_macro,omitempty"`
	// Commit is the one in .cargo_vcs_info.json, as the uploader claims it.
	Commit      string `json:"claimed_commit,omitempty"`
	CommitDirty bool   `json:"claimed_dirty,omitempty"`
	PathInVCS   string `json:"claimed_path,omitempty"`
	// ManifestNotes say how Cargo.toml differs from Cargo.toml.orig.
	ManifestNotes []string `json:"manifest_notes"`
}

// ArchiveFile is one file of an archive.
type ArchiveFile struct {
	Path     string `json:"path"`
	Size     int64  `json:"size" doc:"bytes"`
	Mode     string `json:"mode" doc:"octal"`
	SHA256   string `json:"sha256"`
	Kind     string `json:"kind" doc:"text or binary"`
	Magic    string `json:"magic,omitempty" doc:"what the first bytes of a binary say it is"`
	Encoding string `json:"encoding,omitempty"`
	Lines    int64  `json:"lines"`
	// Marks: "build script", "proc-macro", "hidden characters", "executable" ….
	Marks []Mark `json:"marks,omitempty"`
}

// ArchiveProblem is one thing that is wrong with an archive.
type ArchiveProblem struct {
	Kind  string `json:"kind"`
	Path  string `json:"path,omitempty"`
	Text  string `json:"text"`
	Grave bool   `json:"grave,omitempty"`
}

// Span is a run of characters of one colour. Class is a short code of the
// style sheet, Text is to be escaped.
type Span struct {
	Class string `json:"c,omitempty"`
	Text  string `json:"t"`
}

// SourceLine is a line of a file.
type SourceLine []Span

// File is one file of a version's archive, coloured for reading.
type File struct {
	Section
	Crate    string       `json:"crate"`
	Num      string       `json:"num"`
	File     ArchiveFile  `json:"file"`
	Language string       `json:"language,omitempty"`
	Lines    []SourceLine `json:"lines,omitempty"`
	// Note says why there are no lines: a binary file, too large, not text.
	Note string `json:"note,omitempty"`
	// Truncated says that only the first lines are shown.
	Truncated bool `json:"truncated,omitempty"`
	// Twin is the file to read beside this one: Cargo.toml.orig beside
	// Cargo.toml and the other way round.
	Twin string `json:"twin,omitempty"`
}

// Diff compares a version's archive with another's of the same crate.
type Diff struct {
	Section
	Crate string `json:"crate"`
	Old   string `json:"old"`
	New   string `json:"new"`
	// Others are versions that one may compare with, newest first.
	Others []string   `json:"others"`
	Files  []DiffFile `json:"files"`
	Same   int        `json:"same" doc:"files without change"`
	// Marks are what a reviewer looks at first: new build script, new binary,
	// became a proc-macro, new dependency.
	Marks []Mark `json:"marks"`
	// Dependencies that came, went or changed.
	Dependencies []DependencyChange `json:"dependencies"`
	// Incomplete says what was left out.
	Incomplete string           `json:"incomplete,omitempty"`
	Problems   []ArchiveProblem `json:"problems,omitempty"`
}

// DependencyChange is a dependency that came, went or changed.
type DependencyChange struct {
	Change string `json:"change" doc:"added, removed or changed"`
	Crate  string `json:"crate"`
	Kind   string `json:"kind"`
	Old    string `json:"old,omitempty" doc:"requirement before"`
	New    string `json:"new,omitempty" doc:"requirement now"`
	// Age is that of the depended crate when the new version was published.
	Age   time.Duration `json:"age" doc:"nanoseconds; 0 when not known"`
	Young bool          `json:"young,omitempty" doc:"younger than 7 days"`
}

// DiffFile is one file that differs.
type DiffFile struct {
	Change  string     `json:"change" doc:"added, removed, changed or renamed"`
	Path    string     `json:"path"`
	OldPath string     `json:"old_path,omitempty" doc:"of a renamed file"`
	OldSize int64      `json:"old_size"`
	NewSize int64      `json:"new_size"`
	Added   int        `json:"added" doc:"lines"`
	Deleted int        `json:"deleted" doc:"lines"`
	Note    string     `json:"note,omitempty" doc:"why no lines are shown"`
	Marks   []Mark     `json:"marks,omitempty"`
	Hunks   []DiffHunk `json:"hunks,omitempty"`
}

// DiffHunk is a run of changes with the lines around it.
type DiffHunk struct {
	OldStart int        `json:"old_start"`
	OldLines int        `json:"old_lines"`
	NewStart int        `json:"new_start"`
	NewLines int        `json:"new_lines"`
	Lines    []DiffLine `json:"lines"`
}

// DiffLine is one line of a hunk; a number is 0 on the side where the line
// does not exist.
type DiffLine struct {
	Op    string     `json:"op" doc:"context, add or del"`
	Old   int        `json:"old,omitempty"`
	New   int        `json:"new,omitempty"`
	Spans SourceLine `json:"spans"`
	NoEOL bool       `json:"no_eol,omitempty"`
}
