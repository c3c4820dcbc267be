package main

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"cratewarden"
	"cratewarden/advisory"
	"cratewarden/incident/playbook"
)

// caseFile is the file behind --incidents: what the world is told in whose name,
// and how cases are worked on. docs/operators-guide.md has a sample.
type caseFile struct {
	Registry  registryEntry  `yaml:"registry"`
	Publisher publisherEntry `yaml:"publisher"`
	// Playbooks is a folder with checklists that replace or join the program's.
	Playbooks string `yaml:"playbooks"`
	// Feed switches the public feed of takedowns on.
	Feed *feedEntry `yaml:"feed"`

	dir string // relative names of files start here
}

type registryEntry struct {
	Name      string `yaml:"name"`
	Ecosystem string `yaml:"ecosystem"`
	URL       string `yaml:"url"`
	Appeal    string `yaml:"appeal"`
}

type publisherEntry struct {
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace"`
	Category  string `yaml:"category"`
	Contact   string `yaml:"contact"`
	Authors   string `yaml:"authors"`
	Team      string `yaml:"team"`
	TeamURL   string `yaml:"team_url"`
}

// feedEntry names the file with the feed's Ed25519 key, in PEM (PKCS #8). Also is a
// second key that signs beside it, while one takes the other's place.
type feedEntry struct {
	Key  string `yaml:"key"`
	Also string `yaml:"also"`
}

// caseConfig is what cases take from their settings.
type caseConfig struct {
	registry  advisory.Registry
	publisher advisory.Publisher
	playbooks playbook.Set
	feed      ed25519.PrivateKey // none means no feed
	feedAlso  []ed25519.PrivateKey
}

// readCases reads the file; without one the program's own playbooks hold, and
// notices speak of "the registry" that label names.
func readCases(path, label string) (c caseConfig, err error) {
	f := caseFile{dir: "."}
	if path != "" {
		text, err := readSmall(path)
		if err != nil {
			return c, err
		}
		f.dir = filepath.Dir(path)
		if err := parseCases(text, &f); err != nil {
			return c, err
		}
	}
	c.registry = advisory.Registry{Name: orText(f.Registry.Name, label), Ecosystem: orText(f.Registry.Ecosystem, "crates.io"), URL: f.Registry.URL, Appeal: f.Registry.Appeal}
	p := f.Publisher
	c.publisher = advisory.Publisher{Name: p.Name, Namespace: p.Namespace, Category: orText(p.Category, "coordinator"), Contact: p.Contact, Authors: p.Authors, Team: p.Team, TeamURL: p.TeamURL}
	if c.playbooks, err = f.books(); err != nil || f.Feed == nil {
		return c, err
	}
	if c.feed, err = f.feedKey(f.Feed.Key); err != nil || f.Feed.Also == "" {
		return c, err
	}
	also, err := f.feedKey(f.Feed.Also)
	c.feedAlso = []ed25519.PrivateKey{also}
	if err == nil && also.Equal(c.feed) {
		err = cratewarden.Errorf(cratewarden.Invalid, "Settings of incidents: feed.key and feed.also are the same key.")
	}
	return c, err
}

func orText(text, otherwise string) string {
	if strings.TrimSpace(text) == "" {
		return otherwise
	}
	return text
}

func parseCases(text []byte, f *caseFile) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(f); err != nil && !errors.Is(err, io.EOF) {
		return cratewarden.Errorf(cratewarden.Invalid, "The settings of incidents cannot be understood: %s.", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	for name, address := range map[string]string{"registry.url": f.Registry.URL, "publisher.namespace": f.Publisher.Namespace, "publisher.team_url": f.Publisher.TeamURL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Hostname() != "localhost") {
			return cratewarden.Errorf(cratewarden.Invalid, "Settings of incidents: %s must be an address that begins with https://.", name)
		}
	}
	switch f.Publisher.Category {
	case "", "coordinator", "discoverer", "other", "translator", "user", "vendor":
	default:
		return cratewarden.Errorf(cratewarden.Invalid, "Settings of incidents: publisher.category is one of CSAF's: coordinator, discoverer, other, translator, user, vendor.")
	}
	return nil
}

func (f caseFile) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

func (f caseFile) books() (playbook.Set, error) {
	if f.Playbooks == "" {
		return playbook.BuiltIn()
	}
	return playbook.Load(f.path(f.Playbooks))
}

func (f caseFile) feedKey(name string) (ed25519.PrivateKey, error) {
	text, err := readSmall(f.path(name))
	if err != nil {
		return nil, err
	}
	return advisory.ParseFeedKey(text)
}
