package main

import (
	"errors"

	"cratewarden/api/client"
	"cratewarden/incident"
)

// clashes gives what somebody else wrote of the same thing, none for any other
// error.
func clashes(err error) []incident.FieldClash {
	if r, ok := errors.AsType[*client.Refusal](err); ok {
		return r.Problem.Clash
	}
	return nil
}
