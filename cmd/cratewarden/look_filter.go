package main

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cratewarden"
)

// crateFilter are the flags that narrow the lists of a crate.
type crateFilter struct {
	Method    string `enum:",token,session,github,gitlab,account,unknown" default:"" help:"Versions published so: token, session, github, gitlab, account or unknown."`
	State     string `enum:",live,yanked" default:"" help:"Versions that are live or yanked."`
	Publisher string `placeholder:"LOGIN" help:"Versions that this account published."`
	Num       string `placeholder:"START" help:"Versions whose number starts so."`
	Pre       string `enum:",only,without" default:"" help:"Only pre-releases, or the list without them."`
	Kind      string `enum:",normal,build,dev" default:"" help:"Dependents of this kind: normal, build or dev."`
	Default   bool   `help:"Dependents whose default version depends."`
	Prefix    string `placeholder:"START" help:"Dependents whose name starts so."`
}

func (f crateFilter) narrow(q url.Values, list string) error {
	return narrow(q, list,
		narrowing{"method", f.Method, "versions"}, narrowing{"state", f.State, "versions"}, narrowing{"publisher", f.Publisher, "versions"},
		narrowing{"num", f.Num, "versions"}, narrowing{"pre", f.Pre, "versions"},
		narrowing{"kind", f.Kind, "dependents"}, narrowing{"default", given(f.Default), "dependents"}, narrowing{"prefix", f.Prefix, "dependents"})
}

// userFilter are the flags that narrow the lists of an account.
type userFilter struct {
	Method string `enum:",token,session,github,gitlab,account,unknown" default:"" help:"Publishes made so: token, session, github, gitlab, account or unknown."`
	State  string `enum:",live,yanked,all-yanked,empty" default:"" help:"Crates that are live, all-yanked or empty; publishes that are live or yanked."`
	Prefix string `placeholder:"START" help:"Rows whose crate's name starts so."`
	Former bool   `help:"Crates owned before."`
}

func (f userFilter) narrow(q url.Values, list string) error {
	lists := "crates,publishes"
	switch f.State {
	case "yanked":
		lists = "publishes"
	case "all-yanked", "empty":
		lists = "crates"
	}
	return narrow(q, list, narrowing{"method", f.Method, "publishes"}, narrowing{"state", f.State, lists},
		narrowing{"prefix", f.Prefix, "crates,publishes"}, narrowing{"former", given(f.Former), "crates"})
}

// teamFilter are the flags that narrow the list of a team.
type teamFilter struct {
	State  string `enum:",live,all-yanked,empty" default:"" help:"Crates that are live, all-yanked or empty."`
	Prefix string `placeholder:"START" help:"Crates whose name starts so."`
	Former bool   `help:"Crates owned before."`
}

func (f teamFilter) narrow(q url.Values, list string) error {
	return narrow(q, list, narrowing{"state", f.State, "crates"}, narrowing{"prefix", f.Prefix, "crates"}, narrowing{"former", given(f.Former), "crates"})
}

// narrowing is a flag, its value, and the lists that it narrows.
type narrowing struct{ name, value, lists string }

// narrow puts flags into a question for a list. A flag that would do nothing is
// refused, because its user believes that it did.
func narrow(q url.Values, list string, flags ...narrowing) error {
	for _, f := range flags {
		if f.value == "" {
			continue
		}
		if lists := strings.Split(f.lists, ","); !slices.Contains(lists, list) {
			what := "--" + f.name
			if f.name == "state" {
				what += " " + f.value
			}
			return cratewarden.Errorf(cratewarden.Invalid, "%s narrows a list: say --list %s with it.", what, strings.Join(lists, " or --list "))
		}
		q.Set(f.name, f.value)
	}
	return nil
}

func given(on bool) string {
	if !on {
		return ""
	}
	return strconv.FormatBool(on)
}
