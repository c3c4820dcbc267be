package check

import (
	"slices"
	"strings"

	"cratewarden/registry/schema"
)

// privilege is a right on a table, as GRANT spells it.
type privilege string

const (
	sel privilege = "SELECT"
	ins privilege = "INSERT"
	upd privilege = "UPDATE"
	del privilege = "DELETE"
)

// right is one privilege on one table. Columns are names joined by blanks. "*" stands for every column of the
// contract and a grant on the whole table; a name with a minus in front is then not needed, though granted. DELETE
// has no columns.
type right struct {
	table     string
	privilege privilege
	columns   string
}

// needs is everything one capability wants of a database beyond what [Read] wants.
type needs struct {
	rights     []right
	sequences  []string
	functions  []string
	indexes    []string
	extensions []string
}

func (n needs) and(others ...needs) needs {
	for _, o := range others {
		n.rights = append(slices.Clone(n.rights), o.rights...)
		n.sequences = append(slices.Clone(n.sequences), o.sequences...)
		n.functions = append(slices.Clone(n.functions), o.functions...)
		n.indexes = append(slices.Clone(n.indexes), o.indexes...)
		n.extensions = append(slices.Clone(n.extensions), o.extensions...)
	}
	return n
}

// whole says whether the right is granted on the table and not on columns.
func (r right) whole() bool { return strings.HasPrefix(r.columns, "*") }

// names lists the columns the right is needed on, in the contract's order for "*"; nil for DELETE.
func (r right) names() []string {
	words := strings.Fields(r.columns)
	if !r.whole() {
		return words
	}
	var names []string
	for _, row := range schema.Contract()["columns"] {
		if row["table"] == r.table && !slices.Contains(words, "-"+row["column"]) {
			names = append(names, row["column"])
		}
	}
	return names
}

// declared gives the needs of a capability.
func declared(c Capability) needs {
	switch c {
	case Read:
		return reading()
	case Version:
		return yanking().and(needs{rights: []right{{"versions", del, ""}}})
	case Crate:
		return yanking().and(deletingCrates())
	case Owner:
		return owning()
	case Account:
		return locking().and(revoking(), publishing(), inviting(), yanking())
	case Token:
		return revoking()
	case Publisher:
		return publishing()
	case Name:
		return naming()
	case Window:
		return yanking().and(owning(), revoking(), publishing())
	case Jobs:
		return enqueuing().and(needs{rights: []right{
			{"background_jobs", upd, "priority"}, {"cloudfront_invalidation_queue", sel, "*"}}})
	}
	return needs{}
}
