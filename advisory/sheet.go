// Package advisory writes what the world is told about an incident. One sheet of
// facts fills every form: RustSec and OSV advisories, CSAF documents, blog and
// chat posts, mails, abuse reports, lists for machines. Nothing is written by
// hand twice, so no two of them can disagree; a lint says what is missing or
// wrong before anybody signs.
package advisory

import "time"

// Sheet is everything that may be told about one incident. Every time is UTC.
// It holds nothing private but what Private names.
type Sheet struct {
	Incident string    `json:"incident"` // such as "INC-12"
	Title    string    `json:"title"`
	Kind     string    `json:"kind"`    // of the incident, such as "compromised-owner"
	Verdict  string    `json:"verdict"` // "malicious", "compromised owner", …
	TLP      string    `json:"tlp"`     // CLEAR, GREEN, AMBER, AMBER+STRICT or RED
	Severity string    `json:"severity"`
	Campaign []string  `json:"campaign,omitempty"`
	AsOf     time.Time `json:"as_of"` // of these facts

	Registry Registry  `json:"registry"`
	Crates   []Crate   `json:"crates"`
	Accounts []Account `json:"accounts,omitempty"`

	// Behaviour says what the bad code does, in sentences; Trigger when it runs.
	Behaviour string `json:"behaviour,omitempty"`
	Trigger   string `json:"trigger,omitempty"`
	// Summary is what happened, for people who know nothing of it.
	Summary    string      `json:"summary,omitempty"`
	Analysis   string      `json:"analysis,omitempty"`
	Indicators []Indicator `json:"indicators,omitempty"`
	Links      []Link      `json:"links,omitempty"`
	Finder     []Credit    `json:"finder,omitempty"`
	// UsedInTheWild says whether there is evidence of use: nil while nobody knows.
	UsedInTheWild *bool  `json:"used_in_the_wild,omitempty"`
	UseNote       string `json:"use_note,omitempty"` // on what that rests

	ReportedAt    *time.Time `json:"reported_at,omitempty"`
	ContainedAt   *time.Time `json:"contained_at,omitempty"`
	RemovedAt     *time.Time `json:"removed_at,omitempty"`
	EffectOnUsers string     `json:"effect_on_users,omitempty"` // for status pages
	NextUpdate    *time.Time `json:"next_update,omitempty"`
	Lead          string     `json:"lead,omitempty"` // public name

	Publisher Publisher `json:"publisher"`
}

// Registry names the registry and its addresses.
type Registry struct {
	Name      string `json:"name"`      // "crates.io"
	Ecosystem string `json:"ecosystem"` // as OSV spells it, "crates.io"
	URL       string `json:"url"`       // of its pages
	Appeal    string `json:"appeal"`    // mail address or page for appeals
}

// Publisher is who speaks, as CSAF wants it.
type Publisher struct {
	Name, Namespace, Category, Contact string
	// Authors and Team of a blog post.
	Authors, Team, TeamURL string
}

// Crate is one crate with what was bad of it.
type Crate struct {
	Name string `json:"name"` // as published
	// Role says what part it played: "payload", "carrier" or "victim" (a good
	// crate with bad versions).
	Role string `json:"role,omitempty"`
	// Deleted says that the whole crate is gone from the registry.
	Deleted bool `json:"deleted"`
	// Imitates is the crate whose name it imitates.
	Imitates string    `json:"imitates,omitempty"`
	Bad      []Version `json:"bad"`
	// Good are versions of the same crate that stay; Restored are those of them
	// that the attacker had yanked.
	Good     []string `json:"good,omitempty"`
	Restored []string `json:"restored,omitempty"`
	// PublishedBy is the public name of who published the bad versions.
	PublishedBy string `json:"published_by,omitempty"`
	// Behaviour says what differs from the sheet's; "" is the same.
	Behaviour  string  `json:"behaviour,omitempty"`
	Dependents *Figure `json:"dependents,omitempty"`
	// Owners are public names of the other owners.
	Owners []string `json:"owners,omitempty"`
}

// Version is one bad version. Removed is zero while it is still there.
type Version struct {
	Num       string    `json:"num"`
	Published time.Time `json:"published"`
	Removed   time.Time `json:"removed,omitzero"`
	// Held is since when nobody could download it any more, if before Removed.
	Held      time.Time `json:"held,omitzero"`
	SHA256    string    `json:"sha256,omitempty"` // hex, of the .crate file
	Downloads *Figure   `json:"downloads,omitempty"`
}

// Gone is since when nobody could get it: held or removed, whichever was first.
func (v Version) Gone() time.Time {
	if !v.Held.IsZero() && (v.Removed.IsZero() || v.Held.Before(v.Removed)) {
		return v.Held
	}
	return v.Removed
}

// Figure is a number with where it comes from.
type Figure struct {
	Value     int64     `json:"value"`
	Method    string    `json:"method"` // such as "registry counters, mirrors not excluded"
	AsOf      time.Time `json:"as_of"`
	Confirmed bool      `json:"confirmed"` // else provisional
	Query     string    `json:"query,omitempty"`
	By        string    `json:"by,omitempty"`
}

// Account is an account that acted, by its public name.
type Account struct {
	Login        string    `json:"login"`
	URL          string    `json:"url,omitempty"` // at the identity provider
	Role         string    `json:"role"`          // "attacker", "compromised", "victim"
	Imitates     string    `json:"imitates,omitempty"`
	Locked       bool      `json:"locked"`
	LockedAt     time.Time `json:"locked_at,omitzero"`
	Until        time.Time `json:"until,omitzero"`
	Repositories []string  `json:"repositories,omitempty"`
}

// Indicator is something to look for. Kind is one of OSV's malicious-packages
// kinds: domain, url, ip, file, hash, email is left out on purpose.
type Indicator struct {
	Kind, Value, Note string
}

// Link is an address with what is there.
type Link struct{ Kind, URL, Title string }

// Credit is who found or helped, by the name they want to be called.
type Credit struct{ Name, Contact, Type string }

// Document is one text made from a sheet.
type Document struct {
	Format Format `json:"format"`
	// Crate is the crate it is about, for forms with one document per crate.
	Crate string `json:"crate,omitempty"`
	// To says who a mail is for: a login, or "owners of direct dependents".
	To   string `json:"to,omitempty"`
	Path string `json:"path"` // in the receiver's repository, or a file name
	Type string `json:"type"` // media type
	Text string `json:"text"`
	// Before is the text that this one corrects, as it went out; "" for a first
	// publication.
	Before string `json:"-"`
}

// Format is a form of a document.
type Format string

// The forms. Those of Public are read by everybody.
const (
	RustSec        Format = "rustsec"
	OSV            Format = "osv"
	CSAF20         Format = "csaf-2.0"
	CSAF21         Format = "csaf-2.1"
	Blog           Format = "blog"
	Zulip          Format = "zulip"
	Status         Format = "status"
	MailLocked     Format = "mail-locked"
	MailCoOwner    Format = "mail-co-owner"
	MailDependents Format = "mail-dependents"
	MailReporter   Format = "mail-reporter"
	AbuseIdentity  Format = "abuse-identity"
	AbuseHoster    Format = "abuse-hoster"
	AmIAffected    Format = "am-i-affected" // a command for people
	List           Format = "list"          // names, versions and hashes as JSON
	PostMortem     Format = "post-mortem"
)

// Problem is one thing that a lint found.
type Problem struct {
	Rule   string `json:"rule"`   // such as "category-missing"
	Where  string `json:"where"`  // crate, field or line
	Why    string `json:"why"`    // a sentence that says what to do
	Severe bool   `json:"severe"` // else advice: it may be published
}
