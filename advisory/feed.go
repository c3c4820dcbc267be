package advisory

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// Reason is why something was taken down, as a word for machines.
type Reason string

// The reasons. Readers take one that they do not know as "other".
const (
	ReasonMalicious   Reason = "malicious-code"
	ReasonCompromised Reason = "compromised-account"
	ReasonTyposquat   Reason = "typosquat"
	ReasonSquatting   Reason = "name-squatting"
	ReasonFlood       Reason = "flood"
	ReasonPersonal    Reason = "personal-data"
	ReasonPolicy      Reason = "policy"
	ReasonOther       Reason = "other"
)

// Reasons are all of them, in order, with what each means.
func Reasons() []struct {
	Reason Reason `json:"reason"`
	Means  string `json:"means"`
} {
	return []struct {
		Reason Reason `json:"reason"`
		Means  string `json:"means"`
	}{
		{ReasonMalicious, "code that does harm"},
		{ReasonCompromised, "code that does harm, published with the account of a genuine owner"},
		{ReasonTyposquat, "a name that imitates another, to be taken for it"},
		{ReasonSquatting, "names taken to be kept from others"},
		{ReasonFlood, "names or versions in numbers that nobody needs"},
		{ReasonPersonal, "data about a person that did not belong there"},
		{ReasonPolicy, "against the registry's rules"},
		{ReasonOther, "something else"},
	}
}

// ReasonOf is the reason of an incident's kind and verdict.
func ReasonOf(kind, verdict string) Reason {
	switch {
	case kind == "typosquat":
		return ReasonTyposquat
	case kind == "compromised-owner" || verdict == "compromised owner":
		return ReasonCompromised
	case kind == "squatting":
		return ReasonSquatting
	case kind == "flood":
		return ReasonFlood
	case kind == "personal-data":
		return ReasonPersonal
	case verdict == "malicious":
		return ReasonMalicious
	case verdict == "policy":
		return ReasonPolicy
	}
	return ReasonOther
}

// Takedown is one entry of the feed: what was taken down of one crate in one
// incident. It has no person in it, and is built so that none fits.
type Takedown struct {
	ID       string    `json:"id"` // stable: "INC-12/arraykit"
	Crate    string    `json:"crate"`
	Versions []string  `json:"versions"`
	Whole    bool      `json:"whole_crate"` // nothing of the crate is left
	At       time.Time `json:"taken_down_at"`
	Reason   Reason    `json:"reason"`
	// Advisories are addresses of what was published about it.
	Advisories []string `json:"advisories"`
}

// Feed is the public list of takedowns, the newest first.
type Feed struct {
	Registry string `json:"registry"`
	// ID is the feed's own address, and stays the same.
	ID      string     `json:"id"`
	Updated time.Time  `json:"updated"` // when an entry last came, changed or went; it never goes back
	Entries []Takedown `json:"entries"`

	sound bool // its entries may be public, and are in order
}

// FeedVersion is the version of the feed's form. Fields may be added to it; it
// changes when one is taken away or means something else.
const FeedVersion = 1

// JSON writes the feed, the same bytes for the same feed. What is signed are
// these bytes. Invalid is a feed with an entry that may not be public.
func (f Feed) JSON() ([]byte, error) {
	f, err := f.ready()
	if err != nil {
		return nil, err
	}
	out, err := json.MarshalIndent(struct {
		Version int `json:"version"`
		Feed
	}{FeedVersion, f}, "", "  ")
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Internal, "the feed of takedowns")
	}
	return append(out, '\n'), nil
}

// Sound gives the feed in its order without the entries that may not be public:
// one bad row must not keep readers from the others.
func (f Feed) Sound() Feed {
	entries := make([]Takedown, 0, len(f.Entries))
	for _, e := range f.Entries {
		if e, err := e.public(); err == nil {
			entries = append(entries, e)
		}
	}
	return f.ordered(entries)
}

// ready sorts a copy of the feed and refuses what must not leave.
func (f Feed) ready() (Feed, error) {
	if f.sound {
		return f, nil
	}
	entries := make([]Takedown, 0, len(f.Entries))
	for _, e := range f.Entries {
		e, err := e.public()
		if err != nil {
			return f, err
		}
		entries = append(entries, e)
	}
	return f.ordered(entries), nil
}

func (f Feed) ordered(entries []Takedown) Feed {
	slices.SortFunc(entries, func(a, b Takedown) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(a.ID, b.ID))
	})
	f.Entries, f.Updated, f.sound = entries, f.Updated.UTC().Truncate(time.Second), true
	return f
}

// Newest gives a feed of its newest entries only.
func (f Feed) Newest(most int) Feed {
	f.Entries = f.Entries[:min(len(f.Entries), most)]
	return f
}

// public gives a copy of an entry as it may leave, without addresses that lead to
// a person. Invalid is one with a name or number that is none.
func (e Takedown) public() (Takedown, error) {
	if !cratewarden.ValidName(e.Crate) {
		return e, cratewarden.Errorf(cratewarden.Invalid, "The feed cannot name a crate %q.", oneLine(e.Crate))
	}
	for _, v := range e.Versions {
		if !versionNumber.MatchString(v) {
			return e, cratewarden.Errorf(cratewarden.Invalid, "The feed cannot name a version %q.", oneLine(v))
		}
	}
	e.Versions = append([]string{}, e.Versions...)
	e.Advisories = slices.DeleteFunc(append([]string{}, e.Advisories...), func(a string) bool { return address(a) == "" || len(cratewarden.PublicTraces(a)) > 0 })
	e.At = e.At.UTC().Truncate(time.Second)
	return e, nil
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title    string       `xml:"title"`
	ID       string       `xml:"id"`
	Updated  string       `xml:"updated"`
	Links    []atomLink   `xml:"link"`
	Category atomCategory `xml:"category"`
	Summary  string       `xml:"summary"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// Atom writes the feed for readers of news. It is not signed: machines that act
// on the feed take JSON.
func (f Feed) Atom() ([]byte, error) {
	f, err := f.ready()
	if err != nil {
		return nil, err
	}
	out := atomFeed{
		Title: "Takedowns of " + Registry{Name: f.Registry}.name(), ID: oneLine(f.ID), Updated: f.Updated.Format(time.RFC3339),
		Author: Registry{Name: f.Registry}.name(), Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: oneLine(f.ID)}},
	}
	for _, e := range f.Entries {
		entry := atomEntry{
			Title: e.Crate + " " + strings.Join(e.Versions, ", "), ID: oneLine(f.ID) + "#" + oneLine(e.ID),
			Updated: e.At.Format(time.RFC3339), Category: atomCategory{string(e.Reason)},
			Summary: "Taken down: " + string(e.Reason) + ".",
		}
		if e.Whole {
			entry.Title = e.Crate
			entry.Summary = "The whole crate was taken down: " + string(e.Reason) + "."
		}
		for _, a := range e.Advisories {
			entry.Links = append(entry.Links, atomLink{Rel: "related", Href: a})
		}
		out.Entries = append(out.Entries, entry)
	}
	body, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, cratewarden.Wrap(err, cratewarden.Internal, "the feed of takedowns")
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}
