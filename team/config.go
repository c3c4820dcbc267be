package team

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cratewarden"
)

// Store keeps the last list across restarts; *console.Store is one. Setting
// answers NotFound for what was never set.
type Store interface {
	Setting(ctx context.Context, name string) ([]byte, error)
	Set(ctx context.Context, name string, value []byte) error
}

// Source maps one document of the team API to what it gives. Exactly one of
// Team and Permission is set.
type Source struct {
	Team       string             `json:"team,omitempty" yaml:"team"`             // teams/NAME.json
	Permission string             `json:"permission,omitempty" yaml:"permission"` // permissions/NAME.json
	Roles      []cratewarden.Role `json:"roles,omitempty" yaml:"roles"`
	OnCall     bool               `json:"on_call,omitempty" yaml:"on_call"` // its people are on call
}

// String is how a grant shows where it comes from, such as "team crates-io".
func (s Source) String() string {
	if s.Permission != "" {
		return "permission " + s.Permission
	}
	return "team " + s.Team
}

// Config says where the list of people is. URL and File may be used together:
// people in both have the roles of both. Without either nobody is listed.
type Config struct {
	// URL is the address of the team API's version 1, such as
	// https://team-api.example/v1, or a folder with the same files. Plain http is
	// only allowed on loopback.
	URL     string
	Sources []Source // what the API's documents give
	// RolesOnly leaves out teams.json, which holds every team's GitHub teams.
	// People are then not recused for crates that a team of theirs owns, unless
	// that team is one of Sources.
	RolesOnly bool
	// Links are accounts at other sign-in providers, by GitHub's number of the
	// person who has them.
	Links map[int64][]Identity
	// Mails are where notices to people go, by GitHub's number. They are not kept
	// in Store.
	Mails map[int64]string
	// File is a list of a small registry's own, in YAML or JSON; see the package's
	// documentation for its form.
	File string
	// TeamNumbers finds GitHub's numbers of teams by their registry logins
	// ("github:org:team"), of which the API knows only the names. nil knows none.
	TeamNumbers func(ctx context.Context, logins []string) (map[string]int64, error)
	Store       Store // nil forgets the list at a restart
	// Changed is told of each reading that changed anything about people, after it
	// took effect. nil tells nobody. It must not call the reader's Fresh.
	Changed func(ctx context.Context, before, after Snapshot)
	// Refresh is how often Run reads; zero means 5 minutes. Timeout is for one
	// reading of all documents; zero means 15 seconds. Settle is how long a list
	// that lost more than half of its rights is distrusted; zero means 15 minutes.
	Refresh, Timeout, Settle time.Duration
	Client                   *http.Client // its Transport is used; nil means Go's own
	Clock                    cratewarden.Clock
	Logger                   *slog.Logger
}

// Limits of what one reading takes in. The largest real document, teams.json,
// has about one mebibyte.
const (
	mostBytes    = 2 << 20  // of one document
	mostAllBytes = 16 << 20 // of teams.json
	mostPeople   = 10000    // in one document and in the whole list
	mostSources  = 50
	mostName     = 100 // characters of a name that is shown
)

func (c Config) withDefaults() Config {
	or := func(d *time.Duration, zero time.Duration) {
		if *d <= 0 {
			*d = zero
		}
	}
	or(&c.Refresh, 5*time.Minute)
	or(&c.Timeout, 15*time.Second)
	or(&c.Settle, 15*time.Minute)
	c.Clock = c.Clock.Or()
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.URL = strings.TrimRight(c.URL, "/")
	return c
}

func (c Config) remote() bool { return strings.Contains(c.URL, "://") }

// check refuses settings that would read something else than they say.
func (c Config) check() error {
	if c.URL == "" && len(c.Sources) > 0 {
		return invalid("Teams and permissions are mapped to roles, but no address of the team API is given.")
	}
	if c.URL != "" && len(c.Sources) == 0 {
		return invalid("Say which team or permission of the team API gives which roles: without that nobody is listed.")
	}
	if len(c.Sources) > mostSources {
		return invalid("At most %d teams and permissions can give roles.", mostSources)
	}
	if c.remote() {
		if err := checkAddress(c.URL); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, s := range c.Sources {
		if err := s.check(); err != nil {
			return err
		}
		if seen[s.String()] {
			return invalid("The %s is mapped twice. Put all of its roles into one entry.", s)
		}
		seen[s.String()] = true
	}
	return c.checkLinks()
}

func (s Source) check() error {
	name := s.Team + s.Permission
	if (s.Team == "") == (s.Permission == "") || !documentName(name) {
		return invalid("%q is not the name of one team or permission of the team API.", clean(name))
	}
	if len(s.Roles) == 0 && !s.OnCall {
		return invalid("The %s gives no role. Name its roles, or remove it.", s)
	}
	for _, role := range s.Roles {
		if !known(role) {
			return invalid("%q, given by the %s, is not a role. The roles are %s.", clean(string(role)), s, roleWords())
		}
	}
	return nil
}

// ParseSource reads "team NAME" or "permission NAME", as grants show it.
func ParseSource(text string) (Source, error) {
	var s Source
	kind, name, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch kind {
	case "team":
		s.Team = strings.TrimSpace(name)
	case "permission":
		s.Permission = strings.TrimSpace(name)
	}
	if !documentName(s.Team + s.Permission) {
		return Source{}, invalid("%q must be \"team NAME\" or \"permission NAME\".", clean(text))
	}
	return s, nil
}

// checkLinks refuses an account that would sign in as two people.
func (c Config) checkLinks() error {
	for _, address := range c.Mails {
		if !mailAddress(address) {
			return invalid("A person's mail address in the settings is not one.")
		}
	}
	owner := map[Identity]int64{}
	for id, links := range c.Links {
		for _, link := range links {
			if id <= 0 || link.Provider == "" || link.Subject == "" {
				return invalid("A link needs a GitHub number, a provider and the provider's id of the account.")
			}
			if other, taken := owner[link]; taken && other != id {
				return invalid("One account at the provider %s is linked to the GitHub numbers %d and %d. It can belong to one person only.", clean(link.Provider), min(id, other), max(id, other))
			}
			owner[link] = id
		}
	}
	return nil
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return invalid("The address of the team API must look like https://team-api.example/v1.")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return invalid("The team API must be read by https: whoever can change the list on its way decides who may do what.")
	}
	return nil
}

// fingerprint tells whether a stored list was made under the same settings. A
// list of other settings may give roles that somebody has since taken away.
func (c Config) fingerprint() string {
	text, _ := json.Marshal(struct {
		URL, File string
		Sources   []Source
		Links     map[int64][]Identity
	}{c.URL, c.File, c.Sources, c.Links}) // plain data: cannot fail
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func invalid(format string, args ...any) error {
	return cratewarden.Errorf(cratewarden.Invalid, format, args...)
}

func roles() []cratewarden.Role {
	return []cratewarden.Role{cratewarden.Viewer, cratewarden.Responder, cratewarden.Remover, cratewarden.Policy,
		cratewarden.Editor, cratewarden.Platform, cratewarden.Auditor}
}

func known(role cratewarden.Role) bool { return slices.Contains(roles(), role) }

func roleWords() string {
	var words []string
	for _, r := range roles() {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}
