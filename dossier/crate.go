package dossier

import "time"

// Crate is everything known about a crate.
type Crate struct {
	Fresh         Fresh     `json:"fresh"`
	ID            int32     `json:"id"`
	Name          string    `json:"name"`
	Canonical     string    `json:"canonical"`
	Description   string    `json:"description,omitempty"`
	Homepage      string    `json:"homepage,omitempty"`
	Repository    string    `json:"repository,omitempty"`
	Documentation string    `json:"documentation,omitempty"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
	// Truth is one sentence that says what the crate is and what is unusual.
	Truth string `json:"truth"`
	// Tone colours the sentence: "" calm, "warn", "bad".
	Tone string `json:"tone,omitempty"`
	// Facts are badges: "all versions yanked", "trusted publishing only" ….
	Marks []Mark `json:"marks"`

	Default       string   `json:"default_version,omitempty"`
	VersionCount  int      `json:"version_count"`
	YankedCount   int      `json:"yanked_count"`
	Downloads     int64    `json:"downloads"`
	Downloads90   int64    `json:"downloads_90_days" doc:"sum of the chart; see chart.absent when 0"`
	TrustpubOnly  bool     `json:"trusted_publishing_only"`
	MaxUploadSize *int32   `json:"max_upload_size,omitempty" doc:"bytes; absent means the registry's default of 10 MiB"`
	MaxFeatures   *int16   `json:"max_features,omitempty"`
	Keywords      []string `json:"keywords"`
	Categories    []string `json:"categories"`
	Followers     int      `json:"followers" doc:"at most twenty minutes old"`
	// FollowersAbsent says why followers are not counted.
	FollowersAbsent string     `json:"followers_absent,omitempty"`
	Owners          Owners     `json:"owners"`
	Publishers      Publishers `json:"publishers"`
	// HeldAbsent says why it is not known which versions are held.
	HeldAbsent string `json:"held_absent,omitempty"`
	// Versions is the first page, newest first; more at /versions.
	Versions     Page[VersionRow] `json:"versions"`
	Chart        Chart            `json:"chart"`
	Dependents   Dependents       `json:"dependents"`
	Dependencies Dependencies     `json:"dependencies" doc:"of the default version"`
	History      NameHistory      `json:"name_history"`
	Index        IndexCheck       `json:"index"`
	Files        StorageCheck     `json:"files"`
	Jobs         Page[Job]        `json:"jobs" doc:"in flight for this crate"`
	Timeline     Timeline         `json:"timeline"`
	Lookalikes   []NearName       `json:"lookalikes,omitempty"`
}

// Mark is a badge: a word and its tone.
type Mark struct {
	Text string `json:"text"`
	Tone string `json:"tone,omitempty" doc:"bad, warn, good, info, hold or empty"`
}

// Timeline is every known event, newest first.
type Timeline struct {
	Section
	Events []Event `json:"events"`
	// Gaps are sentences on what the registry does not keep.
	Gaps []string `json:"gaps,omitempty"`
}

// Owner is a present or former owner.
type Owner struct {
	Person
	AddedAt time.Time `json:"added_at"`
	// AddedBy is nil when the registry does not know.
	AddedBy *Person `json:"added_by,omitempty"`
	// How says in words how the person became an owner, as far as rows tell:
	// "first publish", "added by …", "team added by …".
	How string `json:"how"`
	// RemovedAt is set for former owners.
	RemovedAt *time.Time `json:"removed_at,omitempty"`
	// Publishes counts versions of this crate the person published.
	Publishes int `json:"publishes"`
}

// Invitation is an open or expired invitation to own a crate.
type Invitation struct {
	Crate     string    `json:"crate"`
	Invitee   Person    `json:"invitee"`
	Inviter   Person    `json:"inviter"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Open      bool      `json:"open"`
}

// Owners is who owns or owned a crate.
type Owners struct {
	Active []Owner `json:"active"`
	Former []Owner `json:"former"`
	// FormerAbsent says why former owners are not known (public dump).
	FormerAbsent string `json:"former_absent,omitempty"`
	// Invitations has its own Absent sentence for dumps.
	Invitations Page[Invitation] `json:"invitations"`
}

// Publisher is a trusted-publishing configuration.
type Publisher struct {
	ID        int32     `json:"id"`
	Provider  string    `json:"provider" doc:"github or gitlab"`
	Crate     string    `json:"crate"`
	Origin    string    `json:"origin" doc:"owner/repository or namespace/project"`
	OwnerID   string    `json:"owner_id,omitempty" doc:"numeric id of the owner or namespace; empty when not pinned yet"`
	Workflow  string    `json:"workflow"`
	Environ   string    `json:"environment,omitempty" doc:"empty means any"`
	CreatedAt time.Time `json:"created_at"`
}

// Publishers are the trusted-publishing configurations and live tokens.
type Publishers struct {
	Section
	Configs []Publisher `json:"configs"`
	// LiveTokens counts short-lived tokens that could publish this crate now.
	LiveTokens int `json:"live_tokens"`
}

// Chart is downloads by day.
type Chart struct {
	Section
	// Days are consecutive UTC days, oldest first, gaps filled with zero.
	Days []time.Time `json:"days"`
	// Totals are the crate's downloads on each day.
	Totals []int64 `json:"totals"`
	// Series are the versions with most downloads in the window, each with one
	// number a day; the rest is the last series, named "other versions".
	Series []Series `json:"series"`
}

// Series is the downloads by day of one version.
type Series struct {
	Name string  `json:"name"`
	Days []int64 `json:"days"`
	Sum  int64   `json:"sum"`
}

// Dependents is who depends on a crate.
type Dependents struct {
	Section
	// AnyVersion counts other crates with any version, yanked or not, that
	// depends on it: the number that decides about deletion; -1 while the
	// mirror loads. Default counts those whose default version does: what the
	// registry's own page shows.
	AnyVersion int `json:"any_version"`
	Default    int `json:"default_version"`
	// Table is the number of rows in the registry's reverse_dependencies, the
	// crate itself left out.
	Table int `json:"registry_table"`
	// Matching counts those that pass the filter of the list, over all pages;
	// -1 while the mirror loads.
	Matching int            `json:"matching"`
	Note     string         `json:"note"`
	Top      []DependentRow `json:"top"`
	// Next is the key to ask for the following page with, empty at the end.
	Next string `json:"next,omitempty"`
}

// DependentRow is one dependent crate.
type DependentRow struct {
	Crate       string `json:"crate"`
	Downloads   int64  `json:"downloads"`
	Requirement string `json:"requirement"`
	Kind        string `json:"kind" doc:"normal, build or dev"`
	Optional    bool   `json:"optional,omitempty"`
	Versions    int    `json:"versions" doc:"versions with the dependency"`
	Default     bool   `json:"default" doc:"its default version depends on it"`
}

// Dependencies is what one version depends on.
type Dependencies struct {
	Section
	Version string       `json:"version,omitempty"`
	Rows    []Dependency `json:"rows"`
}

// Dependency is one declared dependency.
type Dependency struct {
	Crate           string    `json:"crate"`
	Requirement     string    `json:"requirement"`
	Kind            string    `json:"kind"`
	Optional        bool      `json:"optional,omitempty"`
	DefaultFeatures bool      `json:"default_features"`
	Features        []string  `json:"features,omitempty"`
	Target          string    `json:"target,omitempty"`
	Rename          string    `json:"rename,omitempty"`
	CrateCreatedAt  time.Time `json:"crate_created_at"`
	// Age is that of the depended crate when this version was published.
	AgeAtPublish time.Duration `json:"age_at_publish" doc:"nanoseconds"`
	Young        bool          `json:"young,omitempty" doc:"the crate was younger than 7 days"`
	New          bool          `json:"new,omitempty" doc:"the previous version did not have it"`
	Downloads    int64         `json:"downloads"`
}

// NameHistory is what the registry knows of a name besides the crate.
type NameHistory struct {
	Reserved bool          `json:"reserved"`
	Deleted  []DeletedName `json:"deleted"`
	// Twins are crates whose names differ only by case, "-" and "_", or by
	// letters that look alike.
	Twins []NearName `json:"twins"`
}

// DeletedName is one deletion of a crate of that name.
type DeletedName struct {
	Name        string    `json:"name"`
	CreatedAt   time.Time `json:"created_at"`
	DeletedAt   time.Time `json:"deleted_at"`
	DeletedBy   *Person   `json:"deleted_by,omitempty"`
	Message     string    `json:"message,omitempty" doc:"public in the registry's dump"`
	AvailableAt time.Time `json:"available_at"`
	Available   bool      `json:"available" doc:"could be published again now"`
}

// NearName is a name that resembles another.
type NearName struct {
	ID        int32  `json:"id,omitempty"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
	Downloads int64  `json:"downloads,omitempty"`
}

// IndexCheck compares the sparse index file with the database.
type IndexCheck struct {
	Section
	Path    string `json:"path"`
	Present bool   `json:"present"`
	Lines   int    `json:"lines"`
	// Equal says that every line agrees; otherwise Differences say where.
	Equal       bool              `json:"equal"`
	Differences []IndexDifference `json:"differences"`
	ModifiedAt  time.Time         `json:"modified_at,omitzero"`
	// Note says what was not compared, or what the disagreement means.
	Note string `json:"note,omitempty"`
}

// IndexDifference is one disagreement between index and database.
type IndexDifference struct {
	Num      string `json:"num"`
	Field    string `json:"field"`
	Index    string `json:"index"`
	Database string `json:"database"`
}

// StorageCheck compares stored objects with the database.
type StorageCheck struct {
	Section
	Rows []StoredFile `json:"rows"`
	// Missing counts versions without their .crate; Extra counts objects that
	// no version explains (an orphan of a failed publish, or a deleted
	// version's left-over).
	Missing int `json:"missing"`
	Extra   int `json:"extra"`
	// Held counts versions whose .crate is away because this console holds
	// them; it is in the vault and not missing.
	Held int `json:"held,omitempty"`
	// Truncated says that there were more objects than are looked at.
	Truncated bool `json:"truncated,omitempty"`
	// Note says what was not looked at.
	Note string `json:"note,omitempty"`
}

// StoredFile is an object that is there, missing or unexplained.
type StoredFile struct {
	Key        string    `json:"key"`
	Num        string    `json:"num,omitempty"`
	State      string    `json:"state" doc:"present, missing, held (in the vault), extra, size differs"`
	Size       int64     `json:"size"`
	Expected   int64     `json:"expected,omitempty"`
	ModifiedAt time.Time `json:"modified_at,omitzero"`
}
