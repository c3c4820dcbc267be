package dossier

import (
	"slices"
	"strings"

	"cratewarden"
	"cratewarden/mirror"
	"cratewarden/registry"
)

// A filter narrows a list and says which page of it is wanted: After is the key
// that the page before gave, Limit the rows at most. Zero fields do not filter.
// Pages of a filtered list hold what the whole list holds and passes, in the
// same order; a key is good for as long as the filter stays the same.

// VersionFilter narrows a crate's versions.
type VersionFilter struct {
	After  string
	Limit  int
	Method string // token, session, github, gitlab, account or unknown
	State  string // live or yanked
	// Publisher is a login or user name, in any case.
	Publisher string
	Num       string // what the version number starts with
	Pre       string // only or without pre-releases
}

// DependentFilter narrows the dependents of a crate.
type DependentFilter struct {
	After string
	Limit int
	// Kind is normal, build or dev: the strongest in the newest version that
	// depends.
	Kind    string
	Default bool   // only crates whose default version depends
	Prefix  string // what the crate's name starts with, in any spelling
}

// OwnedFilter narrows the crates of an account or a team.
type OwnedFilter struct {
	After string
	Limit int
	// State is live (some version is not yanked), all-yanked, or empty (its
	// default version is a skeleton, see OwnedCrate.Empty).
	State  string
	Prefix string
	// Former asks for the crates that were owned before.
	Former bool
}

// AccountPublishFilter narrows what an account published.
type AccountPublishFilter struct {
	After                 string
	Limit                 int
	Method, State, Prefix string // see VersionFilter and DependentFilter
}

// FileFilter narrows the files of an archive.
type FileFilter struct {
	Kind   string // text or binary
	Marked bool   // only files with marks
}

// The longest texts of a filter in bytes: names are 64 at most, logins 39,
// version numbers 150.
const longestFilter = 160

// words is a field of a filter that is one of a few words.
type words struct {
	value string
	what  string // for the sentence
	known []string
}

// known refuses a word that a filter does not have.
func known(fields ...words) error {
	for _, f := range fields {
		if f.value != "" && !slices.Contains(f.known, f.value) {
			last := len(f.known) - 1
			return cratewarden.Errorf(cratewarden.Invalid, "There is no such %s. Choose %s or %s.", f.what, strings.Join(f.known[:last], ", "), f.known[last])
		}
	}
	return nil
}

// short refuses texts that nothing can start with.
func short(texts ...string) error {
	for _, text := range texts {
		if len(text) > longestFilter {
			return cratewarden.Errorf(cratewarden.Invalid, "A text to filter by may have %d bytes at most. Shorten it.", longestFilter)
		}
	}
	return nil
}

func aMethod(value string) words {
	return words{value, "way of publishing", []string{"token", "session", "github", "gitlab", "account", "unknown"}}
}

func aState(value string) words {
	return words{value, "state of a version", []string{"live", "yanked"}}
}

// choice is nil for "", true for yes, and false for another word.
func choice(value, yes string) *bool {
	if value == "" {
		return nil
	}
	return new(value == yes)
}

// query is the filter as the registry's reader takes it.
func (f VersionFilter) query() (registry.VersionFilter, error) {
	if err := known(aMethod(f.Method), aState(f.State), words{f.Pre, "choice of pre-releases", []string{"only", "without"}}); err != nil {
		return registry.VersionFilter{}, err
	}
	return registry.VersionFilter{
		Method: cratewarden.Method(f.Method), Yanked: choice(f.State, "yanked"), Pre: choice(f.Pre, "only"),
		Publisher: strings.TrimPrefix(f.Publisher, "@"), Num: strings.TrimPrefix(f.Num, "v"),
	}, short(f.Publisher, f.Num)
}

// check also gives the registry's number of the kind, nil for any.
func (f DependentFilter) check() (kind *int32, err error) {
	numbered := []string{kindName(0), kindName(1), kindName(2)}
	if err := known(words{f.Kind, "kind of dependency", numbered}); err != nil {
		return nil, err
	}
	if i := slices.Index(numbered, f.Kind); i >= 0 {
		kind = new(int32(i))
	}
	return kind, short(f.Prefix)
}

func (f OwnedFilter) check() error {
	if err := known(words{f.State, "state of a crate", []string{"live", "all-yanked", "empty"}}); err != nil {
		return err
	}
	return short(f.Prefix)
}

// former says which of the two lists is asked for; a key names its list.
func (f OwnedFilter) former() bool { return f.Former || strings.HasPrefix(f.After, formerStart) }

// passes asks for the state of a crate whose facts were read.
func (f OwnedFilter) passes(c registry.OwnedCrate) bool {
	yanked := c.Versions > 0 && c.Yanked == c.Versions
	switch f.State {
	case "live":
		return c.Versions > c.Yanked
	case "all-yanked":
		return yanked
	case "empty":
		return c.DefaultID != 0 && hollow(c.Size, c.CodeLines)
	}
	return true
}

// query is the filter as the mirror takes it, without key and limit.
func (f AccountPublishFilter) query(account int32) (mirror.Recent, error) {
	if err := known(aMethod(f.Method), aState(f.State)); err != nil {
		return mirror.Recent{}, err
	}
	return mirror.Recent{
		Account: orNobody(account), Method: cratewarden.Method(f.Method), CratePrefix: f.Prefix,
		Yanked: f.State == "yanked", Live: f.State == "live",
	}, short(f.Prefix)
}

// plain says that nothing is filtered.
func (f AccountPublishFilter) plain() bool { return f.Method == "" && f.State == "" && f.Prefix == "" }

// passes asks the registry's row, which knows a yank sooner than the mirror.
func (f AccountPublishFilter) passes(v registry.CrateVersion) bool {
	yanked := choice(f.State, "yanked")
	return (f.Method == "" || f.Method == string(v.Method)) && (yanked == nil || *yanked == v.Yanked)
}

// Check refuses a kind that files do not have.
func (f FileFilter) Check() error {
	return known(words{f.Kind, "kind of file", []string{"text", "binary"}})
}

// Passes says whether a file is one to list.
func (f FileFilter) Passes(x ArchiveFile) bool {
	return (f.Kind == "" || f.Kind == x.Kind) && (!f.Marked || len(x.Marks) > 0)
}
