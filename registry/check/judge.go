package check

import (
	"maps"
	"slices"

	"cratewarden/registry/schema"
)

// judge compares what a capability needs with the facts; one row per thing and right.
func (f *facts) judge(c Capability, n needs, types map[string]string) []Row {
	j := &judgement{facts: f, capability: c, types: types, seen: map[Row]bool{}}
	if c == Read {
		j.add("schema public", "", "USAGE", granted(true, f.schema), "")
	}
	for _, r := range n.rights {
		j.right(r)
	}
	for _, name := range n.sequences {
		usable, there := f.sequences[name]
		j.add("sequence "+name, "", "USAGE", granted(there, usable), "")
	}
	for _, name := range n.functions {
		usable, there := f.functions[name]
		j.add("function "+name, "", "EXECUTE", granted(there, usable), "")
	}
	for _, name := range n.indexes {
		if !f.indexes[name] {
			j.add("index "+name, "", "speed", Slow, "missing or not valid")
			continue
		}
		j.add("index "+name, "", "speed", OK, "")
	}
	for _, name := range n.extensions {
		_, there := f.extensions[name]
		j.add("extension "+name, "", "installed", granted(there, true), "")
	}
	return j.rows
}

type judgement struct {
	facts      *facts
	capability Capability
	types      map[string]string
	seen       map[Row]bool
	rows       []Row
}

// add keeps a row unless the same one is there: capabilities are made of overlapping kinds of work.
func (j *judgement) add(table, column, need string, state State, detail string) {
	row := Row{j.capability, table, column, need, state, detail}
	if !j.seen[row] {
		j.seen[row] = true
		j.rows = append(j.rows, row)
	}
}

func granted(there, usable bool) State {
	switch {
	case !there:
		return Missing
	case !usable:
		return NoPrivilege
	}
	return OK
}

func (j *judgement) right(r right) {
	t, there := j.facts.tables[r.table]
	if !there {
		j.add(r.table, "", string(r.privilege), Missing, "")
		return
	}
	if !t.Populated {
		j.add(r.table, "", string(r.privilege), Unpopulated, "refresh it once")
		return
	}
	if r.privilege != sel {
		j.triggers(r.table)
	}
	if r.privilege == del {
		j.add(r.table, "", string(del), granted(true, t.Delete), "")
		return
	}
	for _, name := range r.names() {
		j.column(r, t, name)
	}
	if r.privilege == ins {
		j.strangers(r.table, t)
	}
}

func (j *judgement) column(r right, t *table, name string) {
	c, there := t.Columns[name]
	state, detail := granted(there, c.Rights[r.privilege]), ""
	if want := j.types[r.table+"."+name]; there && want != "" && !sameType(want, c.Type) {
		state, detail = WrongType, c.Type+" instead of "+want
	}
	j.add(r.table, name, string(r.privilege), state, detail)
}

// strangers finds columns newer than we are that an INSERT would have to fill in. Others that we do not know do no
// harm.
func (j *judgement) strangers(name string, t *table) {
	for _, column := range slices.Sorted(maps.Keys(t.Columns)) {
		if _, known := j.types[name+"."+column]; !known && t.Columns[column].Required {
			j.add(name, column, string(ins), Unknown, "it has no default and we do not know what belongs there")
		}
	}
}

// triggers requires that the table's own triggers are there and switched on: actions leave to them what the registry
// leaves to them, and a write without them would go half way.
func (j *judgement) triggers(table string) {
	for _, row := range schema.Contract()["triggers"] {
		if row["table"] != table {
			continue
		}
		on, there := j.facts.triggers[table+"."+row["name"]]
		switch {
		case !there:
			j.add(table, "", "trigger "+row["name"], Missing, "")
		case !on:
			j.add(table, "", "trigger "+row["name"], Disabled, "")
		default:
			j.add(table, "", "trigger "+row["name"], OK, "")
		}
	}
}
