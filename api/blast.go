package api

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"cratewarden"
	"cratewarden/blast"
)

// Blast answers who could be hit by bad versions; *blast.Service is one. Its
// methods may be called at the same time and give errors with a kind.
type Blast interface {
	Radius(ctx context.Context, q blast.Query, until time.Time) (*blast.Report, error)
}

// blastTime bounds the question: a much used crate at full size takes a second or
// two, and others may be asking.
const blastTime = 55 * time.Second

type blastInput struct {
	CrateInput
	Version  string    `query:"version" maxLength:"4096" doc:"bad versions, divided by commas; they need not be there any more. Without versions and range all are bad"`
	Range    string    `query:"range" maxLength:"400" doc:"a range of bad versions as in Cargo.toml, pre-releases within it included"`
	Also     string    `query:"also" maxLength:"4096" doc:"bad versions of other crates as name@number, divided by commas"`
	Mode     string    `query:"mode" enum:"could,would" default:"could" doc:"what could be chosen, or what would be chosen now"`
	Kind     string    `query:"kind" enum:"normal,build,dev,all" doc:"which dependencies count; normal and build without it"`
	Required bool      `query:"required" doc:"leaves optional dependencies out"`
	Locked   bool      `query:"locked" doc:"counts yanked versions, which lock files may keep"`
	Distance int       `query:"distance" minimum:"0" maximum:"1000" doc:"ends the search there; 0 does not"`
	Until    time.Time `query:"until" doc:"end of the window in which downloads are counted; now without it"`
	After    string    `query:"after" maxLength:"12" doc:"the next key of the page before"`
	Limit    int       `query:"limit" minimum:"1" maximum:"20000" default:"50" doc:"crates, and owners, at most"`
}

// BlastRadius is a report with a part of its crates.
type BlastRadius struct {
	blast.Report
	Next string `json:"next,omitempty" doc:"key of the next page of affected"`
}

// registerBlast is there without anybody to answer too, since the document must
// not depend on the console.
func registerBlast(a huma.API, cfg Config) {
	op := operation("GET", "crate-blast", "look", "/crates/{name}/blast", "Who could resolve to bad versions, directly or through others, by distance, with downloads and owners to tell")
	huma.Register(a, op, serveFor(blastTime, func(ctx context.Context, in *blastInput) (*BlastRadius, error) { return radius(ctx, cfg.Blast, in) }))
}

func radius(ctx context.Context, b Blast, in *blastInput) (*BlastRadius, error) {
	if b == nil {
		return nil, cratewarden.Errorf(cratewarden.Unavailable, "This console does not work out the blast radius.")
	}
	after := 0
	if in.After != "" {
		var err error
		if after, err = strconv.Atoi(in.After); err != nil || after < 0 {
			return nil, cratewarden.Errorf(cratewarden.Invalid, "The key “after” is that of a page before: a whole number.")
		}
	}
	q, err := blast.Ask{Crate: in.Name, Version: in.Version, Range: in.Range, Also: in.Also, Mode: in.Mode, Kind: in.Kind, Required: in.Required, Locked: in.Locked, Distance: in.Distance}.Query()
	if err != nil {
		return nil, err
	}
	r, err := b.Radius(ctx, q, in.Until)
	if err != nil {
		return nil, err
	}
	part, next := r.Part(after, in.Limit)
	out := &BlastRadius{Report: *part}
	if next > 0 {
		out.Next = strconv.Itoa(next)
	}
	return out, nil
}
