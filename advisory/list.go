package advisory

import (
	_ "embed" // the schema of the list
	"regexp"
	"strings"
	"time"
)

//go:embed listschema.json
var listSchema string

// ListSchema is the JSON schema of the machine-readable list.
func ListSchema() string { return listSchema }

// sha256Hex is a hash as every form writes it.
var sha256Hex = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

type takedownList struct {
	Format   string          `json:"format"`
	Version  int             `json:"format_version"`
	Incident string          `json:"incident"`
	Title    string          `json:"title,omitempty"`
	Registry listRegistry    `json:"registry"`
	TLP      string          `json:"tlp"`
	AsOf     string          `json:"as_of"`
	Crates   []takedownCrate `json:"crates"`
}

type listRegistry struct {
	Name      string `json:"name"`
	Ecosystem string `json:"ecosystem"`
	URL       string `json:"url,omitempty"`
}

type takedownCrate struct {
	Name       string            `json:"name"`
	PURL       string            `json:"purl"`
	Role       string            `json:"role,omitempty"`
	All        bool              `json:"all_versions"`
	Unaffected []string          `json:"unaffected,omitempty"`
	Versions   []takedownVersion `json:"versions"`
}

type takedownVersion struct {
	Num       string `json:"num"`
	PURL      string `json:"purl"`
	File      string `json:"file"`
	SHA256    string `json:"sha256,omitempty"`
	Published string `json:"published,omitempty"`
	Held      string `json:"held,omitempty"`
	Removed   string `json:"removed,omitempty"`
}

// lists writes names, versions and hashes for programs, in one document.
func lists(s Sheet) ([]Document, error) {
	l := takedownList{
		Format: "cratewarden-takedown-list", Version: 1, Incident: oneLine(s.Incident), Title: oneLine(s.Title),
		Registry: listRegistry{s.Registry.name(), s.Registry.ecosystem(), address(s.Registry.URL)},
		TLP:      csafDistribution(s.TLP, csaf21).TLP.Label, AsOf: zulu(s.AsOf), Crates: []takedownCrate{},
	}
	for _, c := range s.Crates {
		if !c.told() {
			continue
		}
		if err := safe(c); err != nil {
			return nil, err
		}
		l.Crates = append(l.Crates, listed(c))
	}
	text, err := asJSON(l)
	if err != nil {
		return nil, err
	}
	return []Document{{Format: List, Type: "application/json", Path: csafFile("takedown-" + csafID(s)), Text: text}}, nil
}

func listed(c Crate) takedownCrate {
	out := takedownCrate{
		Name: c.Name, PURL: purl(c.Name, ""), Role: oneLine(c.Role), All: c.Deleted,
		Unaffected: Unaffected(c), Versions: []takedownVersion{},
	}
	for _, v := range c.Bad {
		line := takedownVersion{
			Num: v.Num, PURL: purl(c.Name, v.Num), File: c.Name + "-" + v.Num + ".crate",
			Published: zuluOrNone(v.Published), Held: zuluOrNone(v.Held), Removed: zuluOrNone(v.Removed),
		}
		if sha256Hex.MatchString(v.SHA256) {
			line.SHA256 = strings.ToLower(v.SHA256)
		}
		out.Versions = append(out.Versions, line)
	}
	return out
}

func zuluOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return zulu(t)
}
