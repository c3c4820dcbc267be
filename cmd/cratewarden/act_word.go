package main

import (
	"strings"

	"cratewarden"
)

type yankCmd struct {
	doing
	Specs   []string `arg:"" placeholder:"NAME@VERSION" help:"Versions."`
	Message string   `help:"Everybody can read it, next to the version."`
}

// Run yanks.
func (c yankCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.yank", "", "message", c.Message)
}

type unyankCmd struct {
	doing
	Specs []string `arg:"" placeholder:"NAME@VERSION" help:"Versions."`
}

// Run unyanks.
func (c unyankCmd) Run(e env) error { return versions(e, c.doing, c.Specs, "version.unyank", "") }

type holdCmd struct {
	doing
	Specs   []string `arg:"" placeholder:"NAME[@VERSION]" help:"Versions, or whole crates."`
	Message string   `help:"Everybody can read it, next to the version."`
}

// Run holds.
func (c holdCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.hold", "crate.hold", "message", c.Message)
}

type releaseCmd struct {
	doing
	Specs []string `arg:"" placeholder:"NAME[@VERSION]" help:"Held versions, or whole crates."`
}

// Run releases.
func (c releaseCmd) Run(e env) error {
	return versions(e, c.doing, c.Specs, "version.release", "crate.release")
}

// versions carries out one act on each version, or another on each crate where
// a name stands alone.
func versions(e env, d doing, specs []string, one, whole string, params ...any) error {
	var steps [][]byte
	for _, spec := range specs {
		name, number, versioned := strings.Cut(spec, "@")
		if !versioned && whole != "" && name != "" {
			steps = append(steps, step(whole, append([]any{"crate", name}, params...)...))
			continue
		}
		if name == "" || number == "" {
			return cratewarden.Errorf(cratewarden.Invalid, "Write the version as NAME@VERSION, like serde@1.0.200.")
		}
		steps = append(steps, step(one, append([]any{"crate", name, "version", number}, params...)...))
	}
	return carry(e, d, steps...)
}
