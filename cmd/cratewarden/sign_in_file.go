package main

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cratewarden"
	"cratewarden/auth"
	"cratewarden/team"
)

// signInFile is the file behind --sign-in: who may come in, how, and under
// which rules. docs/sign-in.md explains every line. No secret stands in it: it
// names files and variables that hold them.
type signInFile struct {
	// Origin is the console's own address as browsers see it.
	Origin    string          `yaml:"origin"`
	Providers []providerEntry `yaml:"providers"`
	People    peopleEntry     `yaml:"people"`
	Sessions  sessionEntry    `yaml:"sessions"`
	Plans     planEntry       `yaml:"plans"`
	Notices   noticesEntry    `yaml:"notices"`
	// Proxies are the address ranges of reverse proxies whose word on the
	// client's address and protocol counts.
	Proxies []netip.Prefix `yaml:"proxies"`
	// Probes are the address ranges that may ask /readyz and /metrics without a
	// token; loopback when empty.
	Probes []netip.Prefix `yaml:"probes"`

	dir string // relative names of files start here
}

// secretRef names where a secret is. Several lines are several secrets, newest
// first: that is how one is exchanged without a pause.
type secretRef struct {
	File string `yaml:"file"`
	Env  string `yaml:"env"`
}

type providerEntry struct {
	ID     string    `yaml:"id"`
	Name   string    `yaml:"name"`
	Kind   string    `yaml:"kind"`
	Issuer string    `yaml:"issuer"`
	URL    string    `yaml:"url"`
	API    string    `yaml:"api"`
	Client string    `yaml:"client_id"`
	Secret secretRef `yaml:"client_secret"`
	Scopes []string  `yaml:"scopes"`
}

// peopleEntry says where the list of people comes from: a file, or the
// documents of a team repository.
type peopleEntry struct {
	File    string        `yaml:"file"`
	URL     string        `yaml:"url"` // folder of the team documents, https:// or a folder
	Refresh time.Duration `yaml:"refresh"`
	// Sources are the teams and permissions that give roles.
	Sources []team.Source `yaml:"sources"`
	// Links join accounts at other providers to a member, by GitHub's number.
	Links []linkEntry `yaml:"links"`
}

type linkEntry struct {
	GitHubID int64  `yaml:"github_id"`
	Provider string `yaml:"provider"`
	Subject  string `yaml:"subject"`
}

type sessionEntry struct {
	Idle     time.Duration `yaml:"idle"`
	Absolute time.Duration `yaml:"absolute"`
	Program  time.Duration `yaml:"program"`
	StepUp   time.Duration `yaml:"step_up"`
	// ListAge is how old the list of people may be at an apply, RefuseAfter how
	// long changes go on while it cannot be read.
	ListAge     time.Duration `yaml:"list_age"`
	RefuseAfter time.Duration `yaml:"refuse_after"`
}

// planEntry is what makes a plan wide, and what an operator may do alone.
type planEntry struct {
	Crates       int           `yaml:"wide_crates"`
	Versions     int           `yaml:"wide_versions"`
	Accounts     int           `yaml:"wide_accounts"`
	Downloads    int64         `yaml:"wide_downloads"`
	Budget       int           `yaml:"budget"`
	BreakGlass   time.Duration `yaml:"break_glass_after"`
	ReviewWithin time.Duration `yaml:"review_within"`
	Incidents    bool          `yaml:"incidents_required"`
}

// readSignIn reads the file, or the text of the variable
// CRATEWARDEN_SIGN_IN_TEXT when no file is named.
func readSignIn(path string) (*signInFile, error) {
	text, dir := []byte(os.Getenv("CRATEWARDEN_SIGN_IN_TEXT")), "."
	if path != "" {
		var err error
		if text, err = readSmall(path); err != nil {
			return nil, err
		}
		dir = filepath.Dir(path)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "Say who may sign in: give --sign-in FILE. docs/sign-in.md has an example to begin with.")
	}
	return parseSignIn(text, dir)
}

func parseSignIn(text []byte, dir string) (*signInFile, error) {
	f := &signInFile{dir: dir}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(f); err != nil {
		return nil, cratewarden.Errorf(cratewarden.Invalid, "The settings of sign-in cannot be understood: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return f, f.check()
}

var providerID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// check says in one sentence what is missing or cannot be.
func (f *signInFile) check() error {
	invalid := func(format string, args ...any) error {
		return cratewarden.Errorf(cratewarden.Invalid, "Settings of sign-in: "+format, args...)
	}
	u, err := url.Parse(f.Origin)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
		return invalid("origin must be the console's address, such as https://console.example, without a path. Only http://localhost may do without https.")
	}
	if len(f.Providers) == 0 {
		return invalid("name at least one of providers.")
	}
	var ids []string
	for i, p := range f.Providers {
		if err := p.check(); err != nil {
			return invalid("provider %d: %s", i+1, err)
		}
		if slices.Contains(ids, p.ID) {
			return invalid("two providers have the id %q.", p.ID)
		}
		ids = append(ids, p.ID)
	}
	if (f.People.File == "") == (f.People.URL == "") {
		return invalid("people takes either a file or the url of team documents.")
	}
	if f.People.URL != "" && len(f.People.Sources) == 0 {
		return invalid("people.sources must say which team or permission gives which roles.")
	}
	for _, source := range f.People.Sources {
		for _, r := range source.Roles {
			if !slices.Contains(everyRole(), r) {
				return invalid("the %s gives the role %q, which there is not. Roles: %s.", source, r, roleWords())
			}
		}
	}
	for _, d := range []time.Duration{f.Sessions.Idle, f.Sessions.Absolute, f.Sessions.Program, f.Sessions.StepUp, f.Sessions.ListAge, f.Sessions.RefuseAfter, f.People.Refresh, f.Plans.BreakGlass, f.Plans.ReviewWithin} {
		if d < 0 {
			return invalid("a time may not be negative.")
		}
	}
	return nil
}

func (p providerEntry) check() error {
	switch {
	case !providerID.MatchString(p.ID):
		return fmt.Errorf("its id must be of lower-case letters, digits and dashes")
	case p.Kind != "github" && p.Kind != "oidc":
		return fmt.Errorf("its kind must be github or oidc")
	case p.Kind == "oidc" && p.Issuer == "":
		return fmt.Errorf("oidc takes the issuer's address")
	case p.Client == "":
		return fmt.Errorf("it takes a client_id")
	case (p.Secret.File == "") == (p.Secret.Env == ""):
		return fmt.Errorf("client_secret takes either a file or an env")
	}
	return nil
}

func roleWords() string {
	words := make([]string, 0, len(everyRole()))
	for _, r := range everyRole() {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}

// path gives the place of a file that the settings name.
func (f *signInFile) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

// secrets gives a reader of what a reference names; it reads anew each time.
func (f *signInFile) secrets(ref secretRef) func() ([]string, error) {
	return func() ([]string, error) {
		text, name := []byte(os.Getenv(ref.Env)), "The variable "+ref.Env
		if ref.File != "" {
			var err error
			name = "The file " + ref.File
			if text, err = readSmall(f.path(ref.File)); err != nil {
				return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "%s, which should hold a secret, cannot be read.", name)
			}
		}
		lines := strings.Fields(string(text))
		if len(lines) == 0 {
			return nil, cratewarden.Errorf(cratewarden.Unavailable, "%s should hold a secret and is empty.", name)
		}
		return lines, nil
	}
}

// providers gives the places of sign-in.
func (f *signInFile) providers() []auth.ProviderConfig {
	out := make([]auth.ProviderConfig, 0, len(f.Providers))
	for _, p := range f.Providers {
		name := p.Name
		if name == "" {
			name = p.ID
		}
		out = append(out, auth.ProviderConfig{ID: p.ID, Name: name, Kind: p.Kind, Issuer: p.Issuer, URL: p.URL, API: p.API, ClientID: p.Client, Secrets: f.secrets(p.Secret), Scopes: p.Scopes})
	}
	return out
}
