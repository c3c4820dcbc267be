package registry

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// NameRecord is what the registry holds on a name besides a crate: spellings
// under which it is reserved, and former crates, newest first.
type NameRecord struct {
	Reserved []string
	Deleted  []DeletedName
}

// DeletedName is one deletion of a crate (contract actions.md section 2).
type DeletedName struct {
	ID                   int32
	Name                 string
	CreatedAt, DeletedAt time.Time
	DeletedBy            *Person
	// Message is public.
	Message string
	// AvailableAt is when the name could be published again.
	AvailableAt time.Time
}

const deletedColumns = `d.id, d.name, d.created_at, d.deleted_at, d.deleted_by, u.gh_login, u.name, d.message, d.available_at`

const namesSQL = `
SELECT 0, n.name, NULL::timestamptz, NULL::timestamptz, NULL::integer, NULL, NULL, NULL, NULL::timestamptz
FROM reserved_crate_names n WHERE canon_crate_name(n.name) = canon_crate_name($1)
UNION ALL
(SELECT ` + deletedColumns + `
 FROM deleted_crates d LEFT JOIN users u ON u.id = d.deleted_by
 WHERE canon_crate_name(d.name) = canon_crate_name($1)
 ORDER BY d.deleted_at DESC, d.id DESC LIMIT 50)`

type nameRow = DeletedName

func scanName(row pgx.CollectableRow) (n nameRow, err error) {
	var created, deleted, available moment
	var by *int32
	var login, name, message *string
	err = row.Scan(&n.ID, &n.Name, &created, &deleted, &by, &login, &name, &message, &available)
	n.CreatedAt, n.DeletedAt, n.AvailableAt, n.Message = created.time(), deleted.time(), available.time(), word(message)
	if by != nil {
		n.DeletedBy = &Person{ID: *by, Login: word(login), Name: word(name)}
	}
	return n, err
}

func nameRecord(rows []nameRow) (record NameRecord) {
	for _, n := range rows {
		if n.ID == 0 {
			record.Reserved = append(record.Reserved, n.Name)
			continue
		}
		record.Deleted = append(record.Deleted, n)
	}
	return record
}

// Name tells what stands in the way of a name besides a crate, compared by
// canonical form.
func (r *Reader) Name(ctx context.Context, name string) (NameRecord, error) {
	if !askable(name) {
		return NameRecord{}, nil
	}
	rows, err := collect(ctx, r, scanName, namesSQL, name)
	return nameRecord(rows), err
}

// ReservedName is a reserved name with the other spellings that reserve the
// same.
type ReservedName struct {
	Name  string
	Twins []string
}

// The key is compared as C text, so that a page never depends on the
// database's collation.
const reservedSQL = `
SELECT n.name, ARRAY(SELECT m.name FROM reserved_crate_names m
                     WHERE canon_crate_name(m.name) = canon_crate_name(n.name) AND m.name <> n.name ORDER BY m.name COLLATE "C")
FROM reserved_crate_names n
WHERE n.name COLLATE "C" > $1 AND canon_crate_name(n.name) LIKE $2
ORDER BY n.name COLLATE "C" LIMIT $3`

const usernamesSQL = `
SELECT n.username, ARRAY[]::text[]
FROM reserved_usernames n
WHERE n.username COLLATE "C" > $1 AND canon_username(n.username) LIKE $2
ORDER BY n.username COLLATE "C" LIMIT $3`

// Reserved gives reserved crate names that begin with prefix in canonical
// form, in byte order after a name: one more than limit when there are more.
func (r *Reader) Reserved(ctx context.Context, prefix, after string, limit int) ([]ReservedName, error) {
	return r.reserved(ctx, reservedSQL, prefix, after, limit)
}

// ReservedUsernames is Reserved for account names.
func (r *Reader) ReservedUsernames(ctx context.Context, prefix, after string, limit int) ([]ReservedName, error) {
	return r.reserved(ctx, usernamesSQL, prefix, after, limit)
}

func (r *Reader) reserved(ctx context.Context, sql, prefix, after string, limit int) ([]ReservedName, error) {
	if prefix != "" && !askable(prefix) || after != "" && !askable(after) {
		return nil, nil
	}
	return collect(ctx, r, pgx.RowToStructByPos[ReservedName], sql, after, startsWith(prefix), bounded(limit, 50, 500)+1)
}

const deletedSQL = `
SELECT ` + deletedColumns + `
FROM deleted_crates d LEFT JOIN users u ON u.id = d.deleted_by
WHERE (d.deleted_at, d.id) < ($1, $2) AND canon_crate_name(d.name) LIKE $3
  AND ($5::boolean IS NULL OR (d.available_at <= $6) = $5)
ORDER BY d.deleted_at DESC, d.id DESC LIMIT $4`

// DeletedKey is the place in the list of deletions after which a page begins.
type DeletedKey struct {
	DeletedAt time.Time
	ID        int32
}

// Deleted gives deletions of names that begin with prefix in canonical form,
// newest first after a key: one more than limit when there are more. With
// available it gives only names that can be published again now, or with false
// only those that cannot.
func (r *Reader) Deleted(ctx context.Context, prefix string, available *bool, after DeletedKey, limit int) ([]DeletedName, error) {
	if prefix != "" && !askable(prefix) {
		return nil, nil
	}
	if after.DeletedAt.IsZero() {
		after.DeletedAt = last
	}
	return collect(ctx, r, scanName, deletedSQL, after.DeletedAt, after.ID, startsWith(prefix), bounded(limit, 50, 500)+1, available, r.clock())
}

// startsWith makes a LIKE pattern for canonical text that begins so; what LIKE
// gives a meaning to is taken literally.
func startsWith(prefix string) string {
	canon := strings.ReplaceAll(strings.ToLower(prefix), "-", "_")
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(canon) + "%"
}
