package api

import (
	"time"

	"cratewarden/dossier"
)

// CrateInput names a crate. It is exported, like the other structs that inputs
// embed, because the framework does not look into unexported ones.
type CrateInput struct {
	Name string `path:"name" maxLength:"256" doc:"crate name in any spelling"`
}

// Paging asks for a page of a list.
type Paging struct {
	After string `query:"after" maxLength:"256" doc:"the next key of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"rows at most"`
}

// VersionInput names a version.
type VersionInput struct {
	CrateInput
	Num string `path:"num" maxLength:"160" doc:"exact version number"`
}

type fileInput struct {
	VersionInput
	Path string `query:"path" required:"true" maxLength:"1024" doc:"path inside the archive"`
}

type diffInput struct {
	VersionInput
	Against string `query:"against" maxLength:"160" doc:"version to compare with; the one published before when empty"`
}

type searchInput struct {
	Query string `query:"q" required:"true" maxLength:"400" doc:"words, name@version, or user: email: team: sha: repo: token:"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"30"`
}

type loginInput struct {
	Login string `query:"login" required:"true" maxLength:"100"`
}

// IDInput names a row. It is 64 bits wide although ids have 32, because the framework would
// cut a larger number down to somebody else's id instead of refusing it.
type IDInput struct {
	ID int64 `path:"id" minimum:"1" maximum:"2147483647"`
}

func (in IDInput) id() int32 { return int32(in.ID) }

type namesInput struct {
	Paging
	Query string `query:"q" maxLength:"128" doc:"a name, or part of one"`
	Kind  string `query:"kind" enum:"reserved,usernames,deleted" doc:"one list only"`
	// Available speaks of deleted names alone.
	Available string `query:"available" enum:"yes,no" doc:"deleted names that can be published again now, or cannot"`
}

type publishesInput struct {
	Before   int64     `query:"before" minimum:"0" maximum:"2147483647" doc:"version id to go on below"`
	After    int64     `query:"after" minimum:"0" maximum:"2147483647" doc:"version id to start above, for following the feed"`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Method   string    `query:"method" enum:"token,session,github,gitlab,account,unknown"`
	Account  int64     `query:"account" minimum:"0" maximum:"2147483647"`
	Prefix   string    `query:"prefix" maxLength:"64" doc:"crate names that start so"`
	NewCrate bool      `query:"new_crate" doc:"only first versions of a crate"`
	FirstBy  bool      `query:"first_by" doc:"only an account's first publish of a crate"`
	Yanked   bool      `query:"yanked" doc:"only versions yanked since"`
	Since    time.Time `query:"since" doc:"RFC 3339"`
	Until    time.Time `query:"until" doc:"RFC 3339"`
}

func (in *publishesInput) filter() dossier.PublishFilter {
	return dossier.PublishFilter{Before: int32(in.Before), After: int32(in.After), Limit: in.Limit, Method: in.Method, Account: int32(in.Account), Prefix: in.Prefix,
		NewCrate: in.NewCrate, FirstBy: in.FirstBy, Yanked: in.Yanked, Since: in.Since, Until: in.Until}
}

type jobsInput struct {
	Paging
	Type  string `query:"type" maxLength:"100"`
	State string `query:"state" enum:"waiting,running,failing,stuck,parked,unknown type"`
	Crate string `query:"crate" maxLength:"256"`
}

type tokenInput struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"the credential as found; never put it into an address"`
	}
}
