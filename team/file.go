package team

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"cratewarden"
)

// list is the form of a registry's own file.
type list struct {
	People []person `yaml:"people"`
}

type person struct {
	Name       string             `yaml:"name"`
	GitHub     string             `yaml:"github"`
	GitHubID   int64              `yaml:"github_id"`
	Identities []fileIdentity     `yaml:"identities"`
	Roles      []cratewarden.Role `yaml:"roles"`
	OnCall     *bool              `yaml:"on_call"`
	Teams      []int64            `yaml:"teams"`
	Mail       string             `yaml:"mail"`
}

type fileIdentity struct {
	Provider string `yaml:"provider"`
	Subject  string `yaml:"subject"`
}

// parseFile reads a registry's own list. It is written by hand, so a name that
// means nothing is a mistake to be told, not to be passed over: a misspelt
// "roles" would take somebody's rights in silence.
func parseFile(data []byte, name string) (SourceInfo, []Member, bool, error) {
	info := SourceInfo{Kind: "file", Name: filepath.Base(name)}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	var l list
	if err := d.Decode(&l); err != nil {
		return info, nil, false, err
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return info, nil, false, errors.New("something follows the list")
	}
	if len(l.People) > mostPeople {
		return info, nil, false, fmt.Errorf("more than %d people", mostPeople)
	}
	var members []Member
	knowsOnCall := false
	for i, p := range l.People {
		m, err := p.member("file " + info.Name)
		if err != nil {
			return info, nil, false, fmt.Errorf("people[%d]: %w", i, err)
		}
		knowsOnCall = knowsOnCall || p.OnCall != nil
		info.OnCall = info.OnCall || m.OnCall
		for _, r := range p.Roles {
			info.Roles = appendNew(info.Roles, r)
		}
		members = append(members, m)
	}
	info.People = len(members)
	return info, members, knowsOnCall, nil
}

func (p person) member(source string) (Member, error) {
	m := Member{GitHubID: p.GitHubID, Login: p.GitHub, Name: p.Name, OnCall: p.OnCall != nil && *p.OnCall, Teams: p.Teams, Mail: p.Mail, Grants: []Grant{}}
	if p.Name == "" || p.Name != clean(p.Name) {
		return m, fmt.Errorf("the name %q is empty, too long or holds characters that cannot be seen", p.Name)
	}
	if p.GitHubID < 0 || p.GitHubID == 0 && digits(p.Name) {
		return m, fmt.Errorf("%s needs the GitHub number of the account, or a name that is not a number", p.Name)
	}
	if p.GitHub != "" && !login(p.GitHub) {
		return m, fmt.Errorf("%q is not a login at GitHub", p.GitHub)
	}
	if p.Mail != "" && !mailAddress(p.Mail) {
		return m, fmt.Errorf("the mail address of %s is not one", p.Name)
	}
	for _, id := range p.Identities {
		if id.Provider == "" || id.Subject == "" {
			return m, fmt.Errorf("an identity of %s needs a provider and a subject", p.Name)
		}
		m.Identities = append(m.Identities, Identity(id))
	}
	for _, role := range p.Roles {
		if !known(role) {
			return m, fmt.Errorf("%q is not a role; the roles are %s", role, roleWords())
		}
		m.grant(role, source)
	}
	for _, id := range p.Teams {
		if id <= 0 {
			return m, fmt.Errorf("%d is not the number of a team at GitHub", id)
		}
	}
	return m, nil
}
