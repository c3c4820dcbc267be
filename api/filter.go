package api

import "cratewarden/dossier"

// The inputs below narrow lists. The same fields have the same names in every
// list, on the pages and on the command line.

// ByMethod narrows versions by how they were published.
type ByMethod struct {
	Method string `query:"method" enum:"token,session,github,gitlab,account,unknown" doc:"how the version was published"`
}

// ByState narrows versions by whether they are yanked.
type ByState struct {
	State string `query:"state" enum:"live,yanked"`
}

// ByPrefix narrows a list by the name of its crates.
type ByPrefix struct {
	Prefix string `query:"prefix" maxLength:"64" doc:"crate names that start so, in any spelling"`
}

type versionsInput struct {
	CrateInput
	Paging
	ByMethod
	ByState
	Publisher string `query:"publisher" maxLength:"100" doc:"login or user name"`
	Num       string `query:"num" maxLength:"160" doc:"version numbers that start so"`
	Pre       string `query:"pre" enum:"only,without" doc:"pre-releases only, or none"`
}

func (in *versionsInput) filter() dossier.VersionFilter {
	return dossier.VersionFilter{After: in.After, Limit: in.Limit, Method: in.Method, State: in.State, Publisher: in.Publisher, Num: in.Num, Pre: in.Pre}
}

type dependentsInput struct {
	CrateInput
	Paging
	ByPrefix
	Kind    string `query:"kind" enum:"normal,build,dev" doc:"the strongest kind in the newest version that depends"`
	Default bool   `query:"default" doc:"only crates whose default version depends"`
}

func (in *dependentsInput) filter() dossier.DependentFilter {
	return dossier.DependentFilter{After: in.After, Limit: in.Limit, Kind: in.Kind, Default: in.Default, Prefix: in.Prefix}
}

type filesInput struct {
	VersionInput
	Kind   string `query:"kind" enum:"text,binary"`
	Marked bool   `query:"marked" doc:"only files with marks"`
}

type accountPublishesInput struct {
	IDInput
	Paging
	ByMethod
	ByState
	ByPrefix
}

func (in *accountPublishesInput) filter() dossier.AccountPublishFilter {
	return dossier.AccountPublishFilter{After: in.After, Limit: in.Limit, Method: in.Method, State: in.State, Prefix: in.Prefix}
}

type ownedInput struct {
	IDInput
	Paging
	ByPrefix
	State  string `query:"state" enum:"live,all-yanked,empty" doc:"some version not yanked, every version yanked, or a skeleton by default"`
	Former bool   `query:"former" doc:"crates owned before"`
}

func (in *ownedInput) filter() dossier.OwnedFilter {
	return dossier.OwnedFilter{After: in.After, Limit: in.Limit, State: in.State, Prefix: in.Prefix, Former: in.Former}
}
