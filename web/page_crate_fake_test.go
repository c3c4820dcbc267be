package web

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"cratewarden"
	"cratewarden/dossier"
	"cratewarden/telemetry/logtest"
)

// shelf is a source of dossiers that holds what a test puts on it. The samples
// are answers of the demo registry, kept in testdata/dossier.
type shelf struct {
	Dossiers // what no test asks for panics
	crate    dossier.Crate
	versions map[string]dossier.Version // by "name num"
	files    dossier.Files
	paths    map[string]dossier.File
	diff     dossier.Diff
	pages    map[string]dossier.Page[dossier.VersionRow] // by key
	users    dossier.Dependents
	names    dossier.Names
	err      error
}

var sampleTime = time.Date(2026, 11, 22, 18, 38, 43, 0, time.UTC)

func load[T any](t testing.TB, name string) T {
	t.Helper()
	var out T
	text, err := os.ReadFile(filepath.Join("testdata/dossier", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

func sampleShelf(t testing.TB) *shelf {
	s := &shelf{crate: load[dossier.Crate](t, "crate"), files: load[dossier.Files](t, "files"), diff: load[dossier.Diff](t, "diff")}
	s.versions = map[string]dossier.Version{"arraykit 0.3.10": load[dossier.Version](t, "version"), "macro-loom1 1.0.87": load[dossier.Version](t, "helper")}
	s.paths = map[string]dossier.File{"build.rs": load[dossier.File](t, "file"), "Cargo.toml": load[dossier.File](t, "manifest")}
	orig := s.paths["Cargo.toml"]
	orig.File.Path, orig.Twin = "Cargo.toml.orig", "Cargo.toml"
	s.paths["Cargo.toml.orig"] = orig
	s.users = s.crate.Dependents
	first, second := s.crate.Versions, s.crate.Versions
	first.Rows, first.Next = first.Rows[:3], "3.3"
	second.Rows, second.Next = second.Rows[3:], ""
	s.pages = map[string]dossier.Page[dossier.VersionRow]{"": first, "3.3": second}
	s.names = dossier.Names{Answer: &dossier.NameAnswer{Near: []dossier.NearName{{ID: 1, Name: "arraykit", Reason: "one letter more"}},
		History: dossier.NameHistory{Deleted: []dossier.DeletedName{{Name: "arraykitt", DeletedAt: sampleTime, AvailableAt: sampleTime, Available: true}}}}}
	return s
}

func none(what string) error {
	return cratewarden.Errorf(cratewarden.NotFound, "There is no %s.", what)
}

func (s *shelf) Crate(_ context.Context, name string) (*dossier.Crate, error) {
	if s.err != nil {
		return nil, s.err
	}
	if cratewarden.CanonName(name) != cratewarden.CanonName(s.crate.Name) {
		return nil, none("crate " + name)
	}
	out := s.crate
	return &out, nil
}

func (s *shelf) CrateVersions(_ context.Context, _ string, f dossier.VersionFilter) (dossier.Page[dossier.VersionRow], error) {
	page, ok := s.pages[f.After]
	if !ok {
		return page, cratewarden.Errorf(cratewarden.Invalid, "The page key is not one that this list gives.")
	}
	return page, nil
}

func (s *shelf) CrateDependents(context.Context, string, dossier.DependentFilter) (*dossier.Dependents, error) {
	out := s.users
	return &out, nil
}

func (s *shelf) Version(_ context.Context, name, num string) (*dossier.Version, error) {
	for _, v := range s.versions {
		if cratewarden.CanonName(v.Crate) == cratewarden.CanonName(name) && v.Num == num {
			return &v, nil
		}
	}
	return nil, none("version " + num + " of " + name)
}

func (s *shelf) Files(context.Context, string, string, dossier.FileFilter) (*dossier.Files, error) {
	out := s.files
	return &out, nil
}

func (s *shelf) File(_ context.Context, _, _, path string) (*dossier.File, error) {
	f, ok := s.paths[path]
	if !ok {
		return nil, none("file " + path)
	}
	return &f, nil
}

func (s *shelf) Diff(context.Context, string, string, string) (*dossier.Diff, error) {
	out := s.diff
	return &out, nil
}

func (s *shelf) Names(context.Context, dossier.NameFilter) (*dossier.Names, error) {
	out := s.names
	return &out, nil
}

func dossierServer(t testing.TB, s *shelf) *Server {
	t.Helper()
	out, err := New(Config{Log: logtest.Logger(t), Registry: Registry{Label: "harbor registry", Kind: Production}, Dossiers: s, Clock: func() time.Time { return sampleTime }})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// evil is a text that tries everything: markup, an address that runs, controls,
// and marks that turn the direction of writing around.
const evil = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>javascript:alert(3)\x00\x07\x1b[2J\u202Eexe\u2066\u200B"

// hostile is a dossier with an evil text in every field that holds one, and
// two of everything.
func hostile[T any]() T {
	var out T
	poison(reflect.ValueOf(&out).Elem(), 0)
	return out
}

func poison(v reflect.Value, depth int) {
	if !v.CanSet() { // a field of another package's own
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		if depth < 8 {
			v.Set(reflect.New(v.Type().Elem()))
			poison(v.Elem(), depth+1)
		}
	case reflect.Slice:
		if depth < 8 && v.Type() != reflect.TypeFor[json.RawMessage]() {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			poison(v.Index(0), depth+1)
			poison(v.Index(1), depth+1)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		poison(key, depth+1)
		poison(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(sampleTime.Add(-time.Hour)))
			return
		}
		for i := range v.NumField() {
			poison(v.Field(i), depth+1)
		}
	}
}

// unpresent takes away the sentences that replace sections, so that the
// sections themselves are shown.
func unpresent(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			unpresent(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			unpresent(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch name := v.Type().Field(i).Name; {
			case len(name) >= 6 && name[len(name)-6:] == "Absent" && v.Field(i).Kind() == reflect.String:
				v.Field(i).SetString("")
			case v.Type().Field(i).IsExported():
				unpresent(v.Field(i))
			}
		}
	}
}

// hostileShelf holds evil dossiers under harmless names, so that the addresses
// work; present says that no section is missing.
func hostileShelf(present bool) *shelf {
	s := &shelf{crate: hostile[dossier.Crate](), files: hostile[dossier.Files](), diff: hostile[dossier.Diff](), users: hostile[dossier.Dependents](), names: hostile[dossier.Names]()}
	v, f, page := hostile[dossier.Version](), hostile[dossier.File](), hostile[dossier.Page[dossier.VersionRow]]()
	if present {
		for _, x := range []any{&s.crate, &s.files, &s.diff, &s.users, &s.names, &v, &f, &page} {
			unpresent(reflect.ValueOf(x))
		}
	}
	s.crate.Name, v.Crate, v.Num = "evil", "evil", "1.0.0"
	s.versions = map[string]dossier.Version{"evil 1.0.0": v}
	s.paths = maps.Collect(func(yield func(string, dossier.File) bool) { _ = yield("x", f) && yield(evil, f) })
	s.pages = map[string]dossier.Page[dossier.VersionRow]{"": page}
	return s
}
