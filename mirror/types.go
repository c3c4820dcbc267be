package mirror

import (
	"time"

	"cratewarden"
)

// Part is a piece of the picture that loads by itself, in this order, so that
// the console can answer small questions before the large pieces are there.
type Part string

// The parts, smallest and most wanted first.
const (
	PartCrates       Part = "crates"
	PartAccounts     Part = "accounts"
	PartOwners       Part = "owners"
	PartNames        Part = "names"
	PartVersions     Part = "versions"
	PartTokens       Part = "tokens"
	PartActions      Part = "actions"
	PartDependencies Part = "dependencies"
)

// PartStatus says how far one part is.
type PartStatus struct {
	Part     Part      `json:"part"`
	State    string    `json:"state" doc:"waiting, loading, ready, absent (not in the public dump) or failed"`
	Rows     int64     `json:"rows"`
	LoadedAt time.Time `json:"loaded_at,omitzero"`
	Problem  string    `json:"problem,omitempty" doc:"a sentence for people"`
}

// Status says what the mirror holds and how fresh it is.
type Status struct {
	Parts []PartStatus `json:"parts"`
	// FreshAt is the moment up to which every change that leaves a trace in an
	// indexed column has been read. Zero while loading.
	FreshAt time.Time `json:"fresh_at,omitzero"`
	// FullAt is when the whole was last re-read, for changes without a trace.
	FullAt  time.Time `json:"full_at,omitzero"`
	Ready   bool      `json:"ready"`
	Problem string    `json:"problem,omitempty"`
	// Bytes is an estimate of the memory the picture takes.
	Bytes int64 `json:"bytes"`
}

// Crate is a crate as the mirror knows it.
type Crate struct {
	ID                   int32
	Name                 string
	CreatedAt, UpdatedAt time.Time
	Downloads            int64
	Repository           string
	TrustpubOnly         bool
	// Versions and Yanked count all versions and the yanked ones; Newest is
	// the version published last. All three are 0 until versions are loaded.
	Versions, Yanked int
	Newest           int32
	// Default is the version shown by default, 0 when the crate has none.
	Default int32
}

// Account is an account; several may share a login (contract pitfalls.md 1.4).
type Account struct {
	ID int32
	// Login is users.gh_login, Username users.username, LinkedLogin
	// oauth_github.login: they differ after a rename.
	Login, Username, LinkedLogin, Name string
	GitHubID                           int64
	CreatedAt                          time.Time
	Locked                             bool // a lock reason is set; see LockedUntil
	LockedUntil                        time.Time
	// MailDomain is the domain of the e-mail address in lower case; the
	// address itself is never in memory, only its keyed hash.
	MailDomain   string
	MailVerified bool
}

// Team is a GitHub team that owns or owned crates.
type Team struct {
	ID          int32
	Login, Name string
	GitHubID    int32
	OrgID       int32
}

// Owner is one ownership, present or former.
type Owner struct {
	CrateID, OwnerID int32
	Team             bool
	CreatedAt        time.Time
	CreatedBy        int32 // 0 = not known
	UpdatedAt        time.Time
	Deleted          bool
}

// Version is a version as the mirror knows it.
type Version struct {
	ID, CrateID int32
	Num         string
	CreatedAt   time.Time
	Publisher   int32 // users.id, 0 = trusted publishing or not known
	Token       int32 // api_tokens.id of the publish, 0 = none known
	Method      cratewarden.Method
	// Origin is the repository or project of trusted publishing, else "".
	Origin    string
	Yanked    bool
	SHA256    [32]byte
	Size      int32
	Downloads int32
}

// Token is the public side of an API token: never its hash.
type Token struct {
	ID, UserID           int32
	Name                 string
	CreatedAt            time.Time
	LastUsedAt, ExpireAt time.Time // zero = never
	Revoked              bool
	// EndpointScopes nil means a legacy token that may do everything;
	// CrateScopes nil or empty means every crate (contract pitfalls.md 5).
	EndpointScopes, CrateScopes []string
}

// ActionKind is what version_owner_actions records.
type ActionKind uint8

// The kinds of recorded action (contract schema/enums.csv, VersionAction).
const (
	ActionPublish ActionKind = 0
	ActionYank    ActionKind = 1
	ActionUnyank  ActionKind = 2
)

// Action is one publish, yank or unyank by a person.
type Action struct {
	ID, VersionID, UserID int32
	Token                 int32 // 0 = browser session
	Kind                  ActionKind
	Time                  time.Time
}

// Dependent is a crate that depends on another.
type Dependent struct {
	CrateID int32
	// Versions counts its versions with the dependency, yanked ones included;
	// Default says whether its default version, not yanked, is among them.
	Versions  int
	Default   bool
	Downloads int64
	// Requirement and Kind are those of its newest depending version
	// (kind 0 normal, 1 build, 2 dev).
	Requirement string
	Kind        uint8
	Optional    bool
}

// Dependents is who depends on a crate.
type Dependents struct {
	// AnyVersion counts crates of which any version, yanked or not, depends on
	// the crate: the number that decides whether it may be deleted. Default
	// counts those whose default version does and is not yanked: what the
	// registry's own page shows (contract pitfalls.md 3).
	AnyVersion, Default int
	Top                 []Dependent // by downloads, most first
}

// HitKind is what a search found.
type HitKind string

// The kinds of hit.
const (
	HitCrate    HitKind = "crate"
	HitVersion  HitKind = "version"
	HitAccount  HitKind = "account"
	HitTeam     HitKind = "team"
	HitDeleted  HitKind = "deleted"
	HitReserved HitKind = "reserved"
	HitToken    HitKind = "token"
)

// Hit is one thing a search found, with the reason.
type Hit struct {
	Kind   HitKind `json:"kind"`
	ID     int32   `json:"id,omitempty"`
	Label  string  `json:"label" doc:"crate name, name@version, login, team login …"`
	Detail string  `json:"detail,omitempty" doc:"a few words that help to choose: downloads, age, state"`
	// Owner is the account that a token belongs to, OwnerID its id.
	Owner   string  `json:"owner,omitempty"`
	OwnerID int32   `json:"owner_id,omitempty"`
	Reason  string  `json:"reason" doc:"why it matched, in words"`
	Score   float64 `json:"score" doc:"higher is better; comparable within one answer"`
}

// Query is a search.
type Query struct {
	// Text is what the person typed: words or field prefixes (user: email:
	// team: sha: repo: token:).
	Text string
	// Limit bounds the answer; 0 means 30.
	Limit int
	// Mail allows matching whole e-mail addresses; domains are always allowed
	// where the caller may see accounts.
	Mail bool
}

// Answer is what a search gives back.
type Answer struct {
	Hits []Hit `json:"hits"`
	// Understood says how the text was read, e.g. "crate names like serde".
	Understood string `json:"understood"`
	// Loading names the parts that could not be asked yet.
	Loading []Part `json:"loading,omitempty"`
}

// Recent is a filter for the feed of new versions; zero fields do not filter.
type Recent struct {
	// Before is the exclusive upper bound of version ids, 0 = newest; After the
	// exclusive lower bound, for live updates.
	Before, After int32
	Limit         int
	Method        cratewarden.Method
	Account       int32
	CratePrefix   string
	// NewCrate keeps first publishes of a crate; FirstBy keeps an account's
	// first publish of that crate; Yanked keeps versions yanked since, Live
	// those that are not.
	NewCrate, FirstBy, Yanked, Live bool
	Since, Until                    time.Time
}

// Publish is a line of the feed, with the marks that make it worth a look.
type Publish struct {
	Version
	Crate        string
	NewCrate     bool // the crate's first version
	NewPublisher bool // this account's first publish of this crate
	NewMethod    bool // a method this crate, which has versions, was never published with
	NewToken     bool // the first use of this token for this crate
	// Silence is the time since the crate's previous version, 0 for the first.
	Silence time.Duration
}

// Lookalike is a name or login near another.
type Lookalike struct {
	ID        int32
	Name      string
	Reason    string // "one letter swapped", "0 for o", …
	Downloads int64
}
