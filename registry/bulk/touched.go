package bulk

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"
)

// Content is everything the registry holds of some crates at one moment. A
// crate that was asked for and is not among Crates does not exist.
type Content struct {
	Crates   []Crate
	Versions []Version // by id
	Owners   []Owner
	// Dependencies are those of the versions the caller did not know.
	Dependencies []Dependency
}

// Touched reads crates whole, by indexes only. known says whether the caller
// has the dependencies of a version, which never change.
func (s Source) Touched(ctx context.Context, crates []int32, known func(version int32) bool) (*Content, error) {
	c := &Content{}
	err := s.read(ctx, pollLimit, func(tx pgx.Tx) error { return c.read(ctx, tx, crates, known) })
	return c, err
}

func (c *Content) read(ctx context.Context, tx pgx.Tx, crates []int32, known func(int32) bool) error {
	var fresh []int32
	err := query(ctx, tx, func(r *row) { c.Crates = append(c.Crates, r.crate().clone()) },
		selectCrates+` WHERE c.id = ANY($1)`, crates)
	if err != nil {
		return err
	}
	err = query(ctx, tx, func(r *row) {
		v := r.version()
		v.Logged, v.Token = r.bool(), r.int32()
		c.Versions = append(c.Versions, v.clone())
		if !known(v.ID) {
			fresh = append(fresh, v.ID)
		}
	}, selectTouchedVersions, crates)
	if err != nil {
		return err
	}
	err = query(ctx, tx, func(r *row) { c.Owners = append(c.Owners, r.owner()) },
		selectOwners+` WHERE crate_id = ANY($1) AND owner_kind IN (0, 1)`, crates)
	if err != nil || len(fresh) == 0 {
		return err
	}
	return query(ctx, tx, func(r *row) {
		d := r.dependency()
		d.Requirement = clone(d.Requirement)
		c.Dependencies = append(c.Dependencies, d)
	}, selectDependencies+` WHERE version_id = ANY($1)`, fresh)
}

// AccountsByID reads some accounts.
func (s Source) AccountsByID(ctx context.Context, ids []int32) (found []Account, err error) {
	err = s.read(ctx, pollLimit, func(tx pgx.Tx) error {
		return query(ctx, tx, func(r *row) { found = append(found, r.account().clone()) }, selectAccounts+` WHERE u.id = ANY($1)`, ids)
	})
	return found, err
}

// TokensByID reads some tokens.
func (s Source) TokensByID(ctx context.Context, ids []int32) (found []Token, err error) {
	err = s.read(ctx, pollLimit, func(tx pgx.Tx) error {
		return query(ctx, tx, func(r *row) { found = append(found, r.token().clone()) }, selectTokens+` WHERE id = ANY($1)`, ids)
	})
	return found, err
}

// clone keeps NULL apart from empty.
func clone(b []byte) []byte { return bytes.Clone(b) }

func (c Crate) clone() Crate {
	c.Name, c.Repository = clone(c.Name), clone(c.Repository)
	return c
}

func (v Version) clone() Version {
	v.Num, v.Provider, v.Origin = clone(v.Num), clone(v.Provider), clone(v.Origin)
	return v
}

func (a Account) clone() Account {
	a.Login, a.Username, a.LinkedLogin = clone(a.Login), clone(a.Username), clone(a.LinkedLogin)
	a.Name, a.Mail = clone(a.Name), clone(a.Mail)
	return a
}

func (t Token) clone() Token {
	t.Name, t.EndpointScopes, t.CrateScopes = clone(t.Name), clone(t.EndpointScopes), clone(t.CrateScopes)
	return t
}

func (t Team) clone() Team {
	t.Login, t.Name = clone(t.Login), clone(t.Name)
	return t
}
