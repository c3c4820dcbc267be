package extract

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// reach bounds how many tables that are newer than the contract may stand
// between one of them and a table of the contract.
const reach = 4

// newer finds the tables that the contract does not know and whose rows hang,
// by foreign keys and over others like them, on rows that vanish. Their rows
// are found the same way. It gives each with its condition, ordered by name.
func (c *catalog) newer(tables []known, asked bool) []known {
	conditions := map[string]string{}
	ours := map[string]bool{}
	for _, t := range tables {
		ours[t.name] = true
		if t.vanishes {
			conditions[t.name] = t.rows(asked)
		}
	}
	for range reach {
		next := map[string][]string{}
		for _, r := range c.references {
			where, hangs := conditions[r.parent]
			if !ours[r.child] && hangs {
				next[r.child] = append(next[r.child], r.condition(where))
			}
		}
		for table, list := range next {
			conditions[table] = strings.Join(list, ` OR `)
		}
	}
	var out []known
	for table, where := range conditions {
		if !ours[table] {
			out = append(out, known{name: table, where: where, vanishes: true, personal: "*"})
		}
	}
	slices.SortFunc(out, func(a, b known) int { return strings.Compare(a.name, b.name) })
	return out
}

// condition is that of the child when parent is that of the parent. The inner
// t hides the outer one, which is why the left side stands outside.
func (r reference) condition(parent string) string {
	return `(` + columnList(r.from) + `) IN (SELECT ` + columnList(r.to) + ` FROM ` + r.parent + ` t WHERE ` + parent + `)`
}

func columnList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `t.` + pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, `, `)
}
