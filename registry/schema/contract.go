package schema

import (
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

//go:embed testdata/contract/*.csv
var contractFiles embed.FS

// Row is one line of a contract file, by column name.
type Row map[string]string

// Catalog is the shape of a database: for each contract file (without ".csv") its rows.
type Catalog map[string][]Row

// file tells how the rows of one contract file are recognised and which of their columns are facts that a database
// can be asked for. The other columns are prose.
type file struct {
	name     string
	key      []string
	compared []string
}

func catalogFiles() []file {
	return []file{
		{"tables", []string{"table"}, []string{"kind", "column_count", "primary_key"}},
		{"columns", []string{"table", "column"},
			[]string{"ordinal", "type", "nullable", "default_expression", "generated"}},
		{"constraints", []string{"table", "name"},
			[]string{"kind", "columns", "referenced_table", "referenced_columns", "on_delete", "on_update",
				"deferrability", "validated", "check_expression"}},
		{"indexes", []string{"table", "name"},
			[]string{"unique", "primary", "method", "columns_or_expressions", "predicate", "storage_options",
				"backs_constraint"}},
		{"triggers", []string{"table", "name"},
			[]string{"timing", "events", "update_of_columns", "level", "function", "old_transition_table",
				"new_transition_table", "when_condition"}},
		{"sequences", []string{"sequence"},
			[]string{"type", "owned_by_table", "owned_by_column", "start", "increment", "cache"}},
		{"extensions", []string{"name"}, []string{"version", "schema"}},
		{"views", []string{"name"}, []string{"kind", "columns", "source_tables"}},
	}
}

// Contract is the shape every registry database should have (contract/schema/*.csv, except enums.csv, which lists
// values that only the registry's own program knows).
func Contract() Catalog {
	c := Catalog{}
	for _, f := range catalogFiles() {
		text, err := contractFiles.ReadFile("testdata/contract/" + f.name + ".csv")
		if err != nil {
			panic("schema: embedded contract: " + err.Error())
		}
		rows, err := readCSV(string(text))
		if err != nil {
			panic(fmt.Sprintf("schema: embedded contract %s: %v", f.name, err))
		}
		c[f.name] = rows
	}
	return c
}

func readCSV(text string) ([]Row, error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, err
	}
	rows := make([]Row, 0, len(records)-1)
	for _, record := range records[1:] {
		row := Row{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Difference is one fact in which a database departs from what was wanted. Want is empty for something unexpected
// and Got for something missing; then Column is empty too.
type Difference struct {
	File   string
	Key    string
	Column string
	Want   string
	Got    string
}

// String says the difference in one line.
func (d Difference) String() string {
	switch {
	case d.Column != "":
		return fmt.Sprintf("%s %s: %s is %q, want %q", d.File, d.Key, d.Column, d.Got, d.Want)
	case d.Want == "":
		return fmt.Sprintf("%s %s: unexpected", d.File, d.Key)
	default:
		return fmt.Sprintf("%s %s: missing", d.File, d.Key)
	}
}

// Diff compares two catalogs and gives every difference, ordered by file and key; none means equal. Extension
// versions count only when both sides state one.
func Diff(want, got Catalog) []Difference {
	var all []Difference
	for _, f := range catalogFiles() {
		wanted, found := f.index(want), f.index(got)
		for key, w := range wanted {
			g, ok := found[key]
			if !ok {
				all = append(all, Difference{File: f.name, Key: key, Want: "present"})
				continue
			}
			for _, column := range f.compared {
				unstated := f.name == "extensions" && column == "version" && g[column] == ""
				if w[column] != g[column] && !unstated {
					all = append(all, Difference{f.name, key, column, w[column], g[column]})
				}
			}
		}
		for key := range found {
			if _, ok := wanted[key]; !ok {
				all = append(all, Difference{File: f.name, Key: key, Got: "present"})
			}
		}
	}
	slices.SortFunc(all, func(a, b Difference) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func (f file) index(c Catalog) map[string]Row {
	rows := map[string]Row{}
	for _, row := range c[f.name] {
		var key []string
		for _, column := range f.key {
			key = append(key, row[column])
		}
		rows[strings.Join(key, ".")] = row
	}
	return rows
}
