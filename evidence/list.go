package evidence

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"cratewarden"
	"cratewarden/ledger"
)

// Filter narrows a list; the zero value lists every bundle, newest first. All
// that is set must match.
type Filter struct {
	Plan, Incident string
	// Kind is "crate", "version" or "account"; with ID or Name it asks for the
	// bundles that speak of it: Name is a crate's stored name, "name@version",
	// or a login as it was then.
	Kind string
	ID   int32
	Name string
	// Before goes on after a page; 0 begins with the newest.
	Before int64
	// Limit is the most bundles to give; 0 means 50, more than 500 means 500.
	Limit int
}

// Page is a part of a list. Next is what to set Before to for the next page, 0
// when there is none.
type Page struct {
	Bundles []Bundle
	Next    int64
}

// List gives bundles newest first, without their manifests.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) {
	limit := 50
	if f.Limit > 0 {
		limit = min(f.Limit, 500)
	}
	var where []string
	var args []any
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	if f.Plan != "" {
		add(`b.plan = ?`, f.Plan)
	}
	if f.Incident != "" {
		add(`b.incident = ?`, f.Incident)
	}
	if f.ID != 0 {
		add(`EXISTS (SELECT FROM evidence_subject u WHERE u.digest = b.digest AND u.kind = ? AND u.id = ?)`, f.Kind, f.ID)
	}
	if f.Name != "" {
		add(`EXISTS (SELECT FROM evidence_subject u WHERE u.digest = b.digest AND u.kind = ? AND u.name = ?)`, f.Kind, f.Name)
	}
	if f.Before > 0 {
		add(`b.ledger_index < ?`, f.Before)
	}
	sql := ``
	if len(where) > 0 {
		sql = `WHERE ` + strings.Join(where, ` AND `)
	}
	list, err := s.bundles(ctx, sql+fmt.Sprintf(` ORDER BY b.ledger_index DESC LIMIT %d`, limit+1), args...)
	if err != nil {
		return Page{}, err
	}
	p := Page{Bundles: list}
	if len(list) > limit {
		p.Bundles, p.Next = list[:limit], list[limit-1].Ledger
	}
	return p, s.readAsked(ctx, p.Bundles)
}

// Show gives a bundle with its manifest. The manifest is proven; the parts are
// not looked at. The error is NotFound for a bundle that is not known or whose
// manifest is missing, Conflict when the manifest was changed. With an error
// about the manifest comes what the console knows of the bundle, with its
// digest; of one that is not known comes the zero Bundle.
func (s *Service) Show(ctx context.Context, digest ledger.Digest) (Bundle, error) {
	b, err := s.bundle(ctx, digest)
	if err != nil {
		return b, err
	}
	one := []Bundle{b}
	if err := s.readAsked(ctx, one); err != nil {
		return Bundle{}, err
	}
	b = one[0]
	b.Manifest, err = s.manifest(ctx, digest)
	return b, err
}

// About makes the filter ask for a subject as people write it: crate:NAME,
// version:NAME@NUMBER, account:ID or account:LOGIN. An empty text asks for
// nothing; the error is Invalid.
func (f *Filter) About(text string) error {
	if text == "" {
		return nil
	}
	kind, name, _ := strings.Cut(text, ":")
	switch {
	case name == "" || kind != "crate" && kind != "version" && kind != "account":
		return cratewarden.Errorf(cratewarden.Invalid, "A subject is a kind and a name, such as crate:serde, version:serde@1.0.0, or account:42.")
	case kind == "account" && strings.Trim(name, "0123456789") == "":
		id, err := strconv.ParseInt(name, 10, 32)
		if err != nil || id < 1 {
			return cratewarden.Wrap(err, cratewarden.Invalid, "The number of an account is from 1 to 2147483647.")
		}
		f.Kind, f.ID = kind, int32(id)
	default:
		f.Kind, f.Name = kind, name
	}
	return nil
}
