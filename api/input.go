package api

import (
	"time"

	"cratewarden/dossier"
)

type crateInput struct {
	Name string `path:"name" maxLength:"256" doc:"crate name in any spelling"`
}

type paging struct {
	After string `query:"after" maxLength:"256" doc:"the next key of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"rows at most"`
}

type cratePageInput struct {
	crateInput
	paging
}

type versionInput struct {
	crateInput
	Num string `path:"num" maxLength:"160" doc:"exact version number"`
}

type fileInput struct {
	versionInput
	Path string `query:"path" required:"true" maxLength:"1024" doc:"path inside the archive"`
}

type diffInput struct {
	versionInput
	Against string `query:"against" maxLength:"160" doc:"version to compare with; the one published before when empty"`
}

type searchInput struct {
	Query string `query:"q" required:"true" maxLength:"400" doc:"words, name@version, or user: email: team: sha: repo: token:"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"30"`
}

type loginInput struct {
	Login string `query:"login" required:"true" maxLength:"100"`
}

type idInput struct {
	ID int32 `path:"id" minimum:"1"`
}

type idPageInput struct {
	idInput
	paging
}

type namesInput struct {
	paging
	Query string `query:"q" maxLength:"128" doc:"a name, or part of one"`
	Kind  string `query:"kind" enum:"reserved,usernames,deleted" doc:"one list only"`
}

type publishesInput struct {
	Before   int32     `query:"before" minimum:"0" doc:"version id to go on below"`
	After    int32     `query:"after" minimum:"0" doc:"version id to start above, for following the feed"`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"50"`
	Method   string    `query:"method" enum:"token,session,github,gitlab,account,unknown"`
	Account  int32     `query:"account" minimum:"0"`
	Prefix   string    `query:"prefix" maxLength:"64" doc:"crate names that start so"`
	NewCrate bool      `query:"new_crate" doc:"only first versions of a crate"`
	FirstBy  bool      `query:"first_by" doc:"only an account's first publish of a crate"`
	Yanked   bool      `query:"yanked" doc:"only versions yanked since"`
	Since    time.Time `query:"since" doc:"RFC 3339"`
	Until    time.Time `query:"until" doc:"RFC 3339"`
}

func (in *publishesInput) filter() dossier.PublishFilter {
	return dossier.PublishFilter{Before: in.Before, After: in.After, Limit: in.Limit, Method: in.Method, Account: in.Account, Prefix: in.Prefix,
		NewCrate: in.NewCrate, FirstBy: in.FirstBy, Yanked: in.Yanked, Since: in.Since, Until: in.Until}
}

type jobsInput struct {
	paging
	Type  string `query:"type" maxLength:"100"`
	State string `query:"state" enum:"waiting,running,failing,stuck,parked,unknown type"`
	Crate string `query:"crate" maxLength:"256"`
}

type tokenInput struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"the credential as found; never put it into an address"`
	}
}
