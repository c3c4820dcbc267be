package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cratewarden/registry/schema"
)

// Grants gives the least statements that let an existing role do what the mode says, one per line, to be run by the
// owner of the registry's tables. Tables with a secret are granted by column. For a name that PostgreSQL would not
// take as one role (empty, longer than 63 bytes, or "public", which is everybody) it gives a comment instead.
func Grants(role string, mode Mode) string {
	if role == "" || len(role) > 63 || role == "public" || strings.ContainsRune(role, 0) {
		return "-- This is not the name of one role; choose another.\n"
	}
	to := " TO " + pgx.Identifier{role}.Sanitize() + ";\n"
	all := needs{}
	for _, c := range mode.capabilities() {
		all = all.and(declared(c))
	}
	var b strings.Builder
	b.WriteString("GRANT USAGE ON SCHEMA public" + to)
	for _, row := range schema.Contract()["tables"] {
		if privileges := tableGrant(all.rights, row["table"]); privileges != "" {
			fmt.Fprintf(&b, "GRANT %s ON TABLE public.%s%s", privileges, row["table"], to)
		}
	}
	for _, name := range sortedSet(all.sequences) {
		fmt.Fprintf(&b, "GRANT USAGE ON SEQUENCE public.%s%s", name, to)
	}
	for _, name := range sortedSet(all.functions) {
		fmt.Fprintf(&b, "GRANT EXECUTE ON FUNCTION public.%s%s", name, to)
	}
	return b.String()
}

// tableGrant joins all rights on one table: "SELECT, UPDATE (yanked, yank_message), DELETE", or "" for none.
func tableGrant(rights []right, table string) string {
	var parts []string
	for _, p := range []privilege{sel, ins, upd, del} {
		var columns []string
		whole := false
		for _, r := range rights {
			if r.table == table && r.privilege == p {
				whole = whole || r.whole() || p == del
				columns = append(columns, r.names()...)
			}
		}
		switch columns = sortedSet(columns); {
		case whole:
			parts = append(parts, string(p))
		case len(columns) > 0:
			parts = append(parts, fmt.Sprintf("%s (%s)", p, strings.Join(columns, ", ")))
		}
	}
	return strings.Join(parts, ", ")
}

func sortedSet(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}
