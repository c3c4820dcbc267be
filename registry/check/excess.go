package check

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden"
	"cratewarden/registry/schema"
)

// Powers that no grant of ours contains, each with the words for it. A role that
// is a superuser or owns the tables may do everything else anyway.
const powerFacts = `
SELECT 'it is a superuser of the server' FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'it may make roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole AND NOT rolsuper
UNION ALL
SELECT 'it may make databases' FROM pg_roles WHERE rolname = current_user AND rolcreatedb AND NOT rolsuper
UNION ALL
SELECT 'it may replicate the server' FROM pg_roles WHERE rolname = current_user AND rolreplication AND NOT rolsuper
UNION ALL
SELECT 'it passes by row security' FROM pg_roles WHERE rolname = current_user AND rolbypassrls AND NOT rolsuper
UNION ALL
SELECT 'it is a member of the role ' || g.rolname FROM pg_roles g
WHERE g.rolname <> current_user AND pg_has_role(current_user, g.oid, 'MEMBER')
    AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)
UNION ALL
SELECT 'it owns the database' FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
WHERE d.datname = current_database() AND r.rolname = current_user AND NOT r.rolsuper
UNION ALL
SELECT format('it owns %s of the registry''s tables, such as %s', count(*), min(c.relname::text))
FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm') AND r.rolname = current_user AND NOT r.rolsuper
HAVING count(*) > 0`

// Excess gives what the role behind db may do beyond what the mode needs, a
// clause each, such as "it is a superuser of the server" or "it may DELETE from
// crates". Rights that every role has by a server's defaults are left out. The
// error is of kind Unavailable.
func Excess(ctx context.Context, db schema.Querier, mode Mode) ([]string, error) {
	unreadable := func(err error) ([]string, error) {
		return nil, cratewarden.Wrap(err, cratewarden.Unavailable, "The registry database did not say what its role may do. Try again.")
	}
	rows, err := db.Query(ctx, powerFacts)
	if err != nil {
		return unreadable(err)
	}
	powers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return unreadable(err)
	}
	for _, p := range powers {
		if strings.Contains(p, "superuser") || strings.HasPrefix(p, "it owns") {
			return powers, nil // what it could do in detail follows from this
		}
	}
	f, err := gather(ctx, db)
	if err != nil {
		return unreadable(err)
	}
	all := needs{}
	for _, c := range mode.capabilities() {
		all = all.and(declared(c))
	}
	return append(powers, f.beyond(all)...), nil
}

// beyond lists, table by table, the writing that is allowed and not needed.
func (f *facts) beyond(n needs) []string {
	needed := map[string]bool{}
	for _, r := range n.rights {
		if r.privilege == del {
			needed[r.table+" "+string(del)] = true
		}
		for _, column := range r.names() {
			needed[r.table+"."+column+" "+string(r.privilege)] = true
		}
		if r.whole() {
			needed[r.table+" "+string(r.privilege)] = true
		}
	}
	words := map[privilege]string{sel: "read", ins: "insert into", upd: "update"}
	var list []string
	for _, row := range schema.Contract()["tables"] {
		name := row["table"]
		t := f.tables[name]
		if t == nil {
			continue
		}
		if t.Delete && !needed[name+" "+string(del)] {
			list = append(list, "it may delete from "+name)
		}
		for _, p := range []privilege{sel, ins, upd} {
			if columns := t.surplus(name, p, needed); len(columns) > 0 {
				list = append(list, fmt.Sprintf("it may %s %s (%s)", words[p], name, strings.Join(columns, ", ")))
			}
		}
	}
	return list
}

// surplus are the columns with a right that is not needed; none when the need
// is on the whole table.
func (t *table) surplus(name string, p privilege, needed map[string]bool) []string {
	var columns []string
	for column, facts := range t.Columns {
		if column != "xmin" && facts.Rights[p] && !needed[name+"."+column+" "+string(p)] && !needed[name+" "+string(p)] {
			columns = append(columns, column)
		}
	}
	return sortedSet(columns)
}
