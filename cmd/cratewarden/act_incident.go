package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// belongs gives the incident of a plan. When none is named, a person at a
// terminal is asked for it; a script is told how to name one. Whether a plan may
// go without is for the console to say, when it is applied.
func (d doing) belongs(e env, named string) (string, error) {
	if named != "" || d.DryRun {
		return named, nil
	}
	if d.Yes || d.JSON || !typing(e.stdin) {
		say(e.stderr, "No incident is named. Name one with --incident INC-12 (see: cratewarden incident list) or open one (cratewarden incident new); or say --incident none, with --note.")
		return "", nil
	}
	return whichIncident(e)
}

// whichIncident asks a person; an empty line leaves it open.
func whichIncident(e env) (string, error) {
	_, _ = fmt.Fprint(e.stdout, "Which incident does it belong to? (INC-12, none, or Enter to leave it open) ")
	answer, err := readLine(e.stdin)
	if strings.HasPrefix(strings.ToLower(answer), "inc-") {
		answer = strings.ToUpper(answer)
	}
	return answer, err
}

// typing says whether somebody sits at the other end of r.
func typing(r io.Reader) bool {
	if r == nil {
		r = os.Stdin
	}
	file, ok := r.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
