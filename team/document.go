package team

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// account is a person as the API's documents have them.
type account struct {
	ID    int64
	Login string
	Name  string
}

// document is what we take from a permission or team document.
type document struct {
	Kind, Name, Title, Parent string
	People                    []account
	GitHub                    []gitHubTeam
}

// gitHubTeam is a team at GitHub that a team document keeps in step.
type gitHubTeam struct {
	Org, Name string
	ID        int64 // 0 when the document does not say
	Members   []int64
}

// login is the form in which a registry knows the team.
func (t gitHubTeam) login() string { return lower("github:" + t.Org + ":" + t.Name) }

// object is a JSON object with its names as they are written: encoding/json by
// itself takes "People" for "people", which the document's other readers do not.
type object map[string]json.RawMessage

// parseObject reads one whole JSON object without duplicate names at any depth
// and without anything after it.
func parseObject(data []byte) (object, error) {
	if err := unambiguous(data); err != nil {
		return nil, err
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, errors.New("null instead of an object")
	}
	return o, nil
}

// unambiguous refuses what two readers could understand differently, and
// nesting that no document has.
func unambiguous(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := walk(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the document")
	}
	return nil
}

func walk(d *json.Decoder, depth int) error {
	if depth > 20 {
		return errors.New("nested too deeply")
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	names := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			text, _ := name.(string)
			if names[text] {
				return fmt.Errorf("the name %.50q stands twice in one object", text)
			}
			names[text] = true
		}
		if err := walk(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// need reads a value that must be there and not null.
func need[T any](o object, name string) (T, error) {
	var v T
	raw, there := o[name]
	if !there || string(bytes.TrimSpace(raw)) == "null" {
		return v, fmt.Errorf("%s is missing", name)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

// may reads a value that may be absent or null.
func may[T any](o object, name string) (T, error) {
	if raw, there := o[name]; !there || string(bytes.TrimSpace(raw)) == "null" {
		var none T
		return none, nil
	}
	return need[T](o, name)
}

// parsePermission reads permissions/NAME.json.
func parsePermission(data []byte, name string) (document, error) {
	o, err := parseObject(data)
	if err != nil {
		return document{}, err
	}
	people, err := accounts(o, "people")
	return document{Kind: "permission", Name: name, People: people}, err
}

// parseTeam reads teams/NAME.json. A document that calls itself otherwise is
// refused: it may list anybody.
func parseTeam(data []byte, name string) (document, error) {
	o, err := parseObject(data)
	if err != nil {
		return document{}, err
	}
	return teamOf(o, name)
}

func teamOf(o object, name string) (document, error) {
	own, err := need[string](o, "name")
	if err != nil {
		return document{}, err
	}
	if own != name {
		return document{}, fmt.Errorf("it is the document of %.50q", own)
	}
	kind, err := need[string](o, "kind")
	if err != nil {
		return document{}, err
	}
	doc := document{Kind: kindWords(kind), Name: name}
	if doc.People, err = accounts(o, "members"); err != nil {
		return document{}, err
	}
	if doc.Parent, err = may[string](o, "subteam_of"); err != nil {
		return document{}, err
	}
	site, err := may[object](o, "website_data")
	if err != nil {
		return document{}, err
	}
	if doc.Title, err = may[string](site, "name"); err != nil {
		return document{}, err
	}
	doc.Parent, doc.Title = clean(doc.Parent), clean(doc.Title)
	doc.GitHub, err = gitHubTeams(o)
	return doc, err
}

func kindWords(kind string) string {
	switch kind {
	case "working_group":
		return "working group"
	case "project_group":
		return "project group"
	case "marker_team":
		return "marker team"
	}
	return "team"
}

// parseTeams reads teams.json: every team by its name.
func parseTeams(data []byte) ([]document, error) {
	all, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	var docs []document
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !documentName(name) {
			return nil, fmt.Errorf("%.50q is not a team's name", name)
		}
		o, err := need[object](all, name)
		if err != nil {
			return nil, err
		}
		doc, err := teamOf(o, name)
		if err != nil {
			return nil, fmt.Errorf("team %s: %w", name, err)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// accounts reads a list of people. Their number must be there and be one; login
// and name are only shown and are made fit for it later.
func accounts(o object, name string) ([]account, error) {
	list, err := need[[]object](o, name)
	if err != nil {
		return nil, err
	}
	if len(list) > mostPeople {
		return nil, fmt.Errorf("%s: more than %d people", name, mostPeople)
	}
	people := make([]account, 0, len(list))
	for i, one := range list {
		var a account
		id, err := need[uint64](one, "github_id")
		if err == nil && id > 1<<53 {
			err = errors.New("github_id: too large")
		}
		if err == nil {
			a.Login, err = need[string](one, "github")
		}
		if err == nil {
			a.Name, err = need[string](one, "name")
		}
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", name, i, err)
		}
		a.ID = int64(id)
		people = append(people, a)
	}
	return people, nil
}

func gitHubTeams(o object) ([]gitHubTeam, error) {
	outer, err := may[object](o, "github")
	if err != nil || outer == nil {
		return nil, err
	}
	list, err := need[[]object](outer, "teams")
	if err != nil {
		return nil, fmt.Errorf("github: %w", err)
	}
	var teams []gitHubTeam
	for i, one := range list {
		t, err := gitHubTeamOf(one)
		if err != nil {
			return nil, fmt.Errorf("github.teams[%d]: %w", i, err)
		}
		teams = append(teams, t)
	}
	return teams, nil
}

func gitHubTeamOf(o object) (t gitHubTeam, err error) {
	if t.Org, err = need[string](o, "org"); err != nil {
		return t, err
	}
	if t.Name, err = need[string](o, "name"); err != nil {
		return t, err
	}
	if !documentName(t.Org) || !documentName(t.Name) {
		return t, fmt.Errorf("%.50q is not a team at GitHub", t.Org+"/"+t.Name)
	}
	if t.ID, err = may[int64](o, "id"); err != nil {
		return t, err
	}
	t.Members, err = need[[]int64](o, "members")
	return t, err
}
