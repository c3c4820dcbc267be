package extract

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
)

// Crate is a crate that rows are read about.
type Crate struct {
	ID   int32  `json:"id"`
	Name string `json:"name"`
	// Whole says that all of it is read; otherwise only some versions were
	// asked for, and the rows that deleting those would change.
	Whole bool `json:"whole"`
}

// Version is a version that is read completely.
type Version struct {
	ID    int32  `json:"id"`
	Crate string `json:"crate"`
	Num   string `json:"num"`
	// Asked says that it was asked for by itself, not with its crate.
	Asked bool `json:"asked,omitempty"`
	// CrateID and the hashes that the row claims for the stored files are for
	// the reader of the files; they are in the rows anyway.
	CrateID int32             `json:"-"`
	Claimed map[string][]byte `json:"-"` // by suffix of the key: ".crate", ".zip", ".zip.json"
}

// Account is an account concerned: asked for, owner, publisher, or one who
// acted on a version.
type Account struct {
	ID    int32  `json:"id"`
	Login string `json:"login"`
	Asked bool   `json:"asked,omitempty"`
}

// Subjects are all that rows are read about, each list ordered by id.
type Subjects struct {
	Crates   []Crate   `json:"crates"`
	Versions []Version `json:"versions"`
	Accounts []Account `json:"accounts"`
}

// Resolve looks the asked ones up and adds who and what belongs to them: the
// versions of whole crates, the crates of single versions, the people. The
// error is NotFound when one asked for is not there.
func Resolve(ctx context.Context, tx pgx.Tx, crates, versions, users []int32) (*Subjects, error) {
	s := &Subjects{Crates: []Crate{}, Versions: []Version{}, Accounts: []Account{}}
	steps := []func() error{
		func() error { return s.readCrates(ctx, tx, crates, versions) },
		func() error { return s.readVersions(ctx, tx, crates, versions) },
		func() error { return s.readAccounts(ctx, tx, users) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, checkAsked(s, crates, versions, users)
}

func (s *Subjects) readCrates(ctx context.Context, tx pgx.Tx, crates, versions []int32) error {
	rows, err := tx.Query(ctx, `SELECT c.id, c.name, c.id = ANY ($1) FROM crates c
		WHERE c.id = ANY ($1) OR c.id IN (SELECT v.crate_id FROM versions v WHERE v.id = ANY ($2)) ORDER BY c.id`, some(crates), some(versions))
	if err != nil {
		return err
	}
	var c Crate
	_, err = pgx.ForEachRow(rows, []any{&c.ID, &c.Name, &c.Whole}, func() error {
		s.Crates = append(s.Crates, c)
		return nil
	})
	return err
}

func (s *Subjects) readVersions(ctx context.Context, tx pgx.Tx, crates, versions []int32) error {
	rows, err := tx.Query(ctx, `SELECT v.id, v.crate_id, c.name, v.num, v.id = ANY ($2), v.tar_sha256, v.zip_sha256, v.zip_json_sha256
		FROM versions v JOIN crates c ON c.id = v.crate_id WHERE v.crate_id = ANY ($1) OR v.id = ANY ($2) ORDER BY v.id`, some(crates), some(versions))
	if err != nil {
		return err
	}
	var v Version
	var tar, zip, manifest []byte
	_, err = pgx.ForEachRow(rows, []any{&v.ID, &v.CrateID, &v.Crate, &v.Num, &v.Asked, &tar, &zip, &manifest}, func() error {
		v.Claimed = map[string][]byte{".crate": tar, ".zip": zip, ".zip.json": manifest}
		s.Versions = append(s.Versions, v)
		return nil
	})
	return err
}

// readAccounts gathers who is concerned. crate_owners.owner_id may name an
// account that is not there (contract pitfalls.md section 3).
func (s *Subjects) readAccounts(ctx context.Context, tx pgx.Tx, users []int32) error {
	rows, err := tx.Query(ctx, `
		SELECT u.id, u.gh_login, u.id = ANY (@asked) FROM users u WHERE u.id = ANY (@asked) OR u.id IN (
			SELECT o.owner_id FROM crate_owners o WHERE o.crate_id = ANY (@crates) AND o.owner_kind = 0
			UNION SELECT o.created_by FROM crate_owners o WHERE o.crate_id = ANY (@crates)
			UNION SELECT i.invited_user_id FROM crate_owner_invitations i WHERE i.crate_id = ANY (@crates)
			UNION SELECT i.invited_by_user_id FROM crate_owner_invitations i WHERE i.crate_id = ANY (@crates)
			UNION SELECT v.published_by FROM versions v WHERE v.id = ANY (@versions)
			UNION SELECT a.user_id FROM version_owner_actions a WHERE a.version_id = ANY (@versions))
		ORDER BY u.id`, pgx.NamedArgs{"asked": some(users), "crates": s.crateIDs(false), "versions": s.versionIDs()})
	if err != nil {
		return err
	}
	var a Account
	_, err = pgx.ForEachRow(rows, []any{&a.ID, &a.Login, &a.Asked}, func() error {
		s.Accounts = append(s.Accounts, a)
		return nil
	})
	return err
}

// checkAsked says what was asked for and is not there.
func checkAsked(s *Subjects, crates, versions, users []int32) error {
	var gone []string
	missing := func(what string, asked, found []int32) {
		there := make(map[int32]bool, len(found))
		for _, id := range found {
			there[id] = true
		}
		for _, id := range asked {
			if !there[id] && len(gone) < 5 {
				gone = append(gone, fmt.Sprintf("%s %d", what, id))
			}
		}
	}
	missing("crate", crates, s.crateIDs(true))
	missing("version", versions, s.versionIDs())
	missing("account", users, ids(s.Accounts, func(a Account) (int32, bool) { return a.ID, a.Asked }))
	if len(gone) == 0 {
		return nil
	}
	return cratewarden.Errorf(cratewarden.NotFound, "The registry does not have %s any more. Only what is there can be sealed.", strings.Join(gone, ", "))
}

func ids[T any](list []T, of func(T) (int32, bool)) []int32 {
	out := []int32{}
	for _, item := range list {
		if id, ok := of(item); ok {
			out = append(out, id)
		}
	}
	return out
}

func (s *Subjects) crateIDs(wholeOnly bool) []int32 {
	return ids(s.Crates, func(c Crate) (int32, bool) { return c.ID, c.Whole || !wholeOnly })
}

func (s *Subjects) versionIDs() []int32 {
	return ids(s.Versions, func(v Version) (int32, bool) { return v.ID, true })
}

// args are the lists that the conditions of tables speak of.
func (s *Subjects) args() pgx.NamedArgs {
	return pgx.NamedArgs{
		"crates": s.crateIDs(false), "whole": s.crateIDs(true), "versions": s.versionIDs(),
		"accounts": ids(s.Accounts, func(a Account) (int32, bool) { return a.ID, true }),
		"asked":    ids(s.Accounts, func(a Account) (int32, bool) { return a.ID, a.Asked }),
	}
}

// some makes an empty list of none, since = ANY (NULL) is neither true nor
// false.
func some(list []int32) []int32 {
	if list == nil {
		return []int32{}
	}
	return list
}
