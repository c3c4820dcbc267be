package blast

import (
	"strconv"
	"strings"
	"time"
)

// Row is an affected crate as a line of a table, with what a table must say about
// itself when it is found years later. Whoever writes it into a file for
// spreadsheets makes formulas inert; names and requirements come from publishers.
type Row struct {
	Affected
	Mode   Mode
	AsOf   time.Time
	Method string
}

// Rows gives the affected crates as lines, most downloaded first.
func (r *Report) Rows() []Row {
	rows := make([]Row, len(r.Affected))
	for i, a := range r.Affected {
		rows[i] = Row{a, r.Query.Mode, r.AsOf, r.method()}
	}
	return rows
}

// Columns names the columns of Record.
func (Row) Columns() []string {
	return []string{"crate", "distance", "versions", "newest", "default", "downloads", "hit_downloads", "through", "requirement", "kinds", "optional", "mode", "as_of", "state", "method"}
}

// Record is the row's line.
func (r Row) Record() []string {
	return []string{r.Crate, strconv.Itoa(r.Distance), strconv.Itoa(r.Versions), r.Newest, strconv.FormatBool(r.Default), strconv.FormatInt(r.Downloads, 10),
		strconv.FormatInt(r.Hit, 10), r.Through, r.Requirement, r.Kinds, strconv.FormatBool(r.Optional), string(r.Mode), r.AsOf.UTC().Format(time.RFC3339), Figure{}.State(), r.Method}
}

// Subjects names the bad versions in a line.
func (r *Report) Subjects() string {
	var crates []string
	for _, c := range r.Bad {
		nums := make([]string, len(c.Versions))
		for i, v := range c.Versions {
			nums[i] = v.Num
		}
		crates = append(crates, strings.TrimSpace(c.Name+" "+strings.Join(nums, ", ")))
	}
	return strings.Join(crates, "; ")
}

// Part gives the report with a part of its affected crates, and where the next
// part begins: 0 when there is none. Owners are cut to as many.
func (r *Report) Part(after, limit int) (part *Report, next int) {
	out := *r
	after = min(max(after, 0), len(r.Affected))
	end := min(after+limit, len(r.Affected))
	out.Affected = r.Affected[after:end]
	out.Owners = r.Owners[:min(limit, len(r.Owners))]
	if end < len(r.Affected) {
		next = end
	}
	return &out, next
}
