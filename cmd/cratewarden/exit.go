package main

import (
	"context"
	"errors"
	"io"
	"syscall"

	"cratewarden"
)

// exitCodes is what scripts may rely on; docs/command-line.md lists it.
func exitCodes() map[cratewarden.Kind]int {
	return map[cratewarden.Kind]int{
		cratewarden.Invalid:     2,
		cratewarden.TooLarge:    2,
		cratewarden.NotFound:    3,
		cratewarden.Unsigned:    4,
		cratewarden.Refused:     4,
		cratewarden.Conflict:    5,
		cratewarden.Unavailable: 6,
		cratewarden.Timeout:     6,
		cratewarden.Canceled:    130,
	}
}

// explain writes the one sentence a person needs and gives the exit code. The
// cause is written only for trouble nobody foresaw, where the person at the
// terminal is the operator and has no other log.
func explain(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		err = cratewarden.Wrap(err, cratewarden.Canceled, "Stopped.")
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = cratewarden.Wrap(err, cratewarden.Unavailable, "The disk is full. Free some space and try again.")
	}
	code, known := exitCodes()[cratewarden.KindOf(err)]
	if !known {
		say(stderr, "cratewarden: %s", inertLines(err.Error()))
		return 1
	}
	say(stderr, "cratewarden: %s", inertLines(cratewarden.MessageOf(err)))
	return code
}
