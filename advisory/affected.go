package advisory

import (
	_ "embed"
	"slices"
	"strings"

	"cratewarden"
)

// affectedScript is the command for people; the list goes where it says so. It
// needs a POSIX shell, find, awk and one of the usual programs for SHA-256.
//
//go:embed affected.sh
var affectedScript string

// badFiles are the bad versions, each "name version hash" ("-" for a hash that
// nobody knows), sorted. Its letters mean nothing to a shell: other names are
// refused.
func badFiles(s Sheet) ([]string, error) {
	var out []string
	for _, c := range s.Crates {
		if err := safe(c); err != nil {
			return nil, err
		}
		for _, v := range c.Bad {
			hash := strings.ToLower(v.SHA256)
			if hash == "" {
				hash = "-"
			} else if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
				return nil, cratewarden.Errorf(cratewarden.Invalid, "The SHA-256 of %s %s is not 64 hex digits.", c.Name, v.Num)
			}
			out = append(out, c.Name+" "+v.Num+" "+hash)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// affected writes the command that says whether a machine has met the bad code.
func affected(s Sheet) ([]Document, error) {
	list, err := badFiles(s)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	text := strings.NewReplacer(
		"{{incident}}", commented(s.Incident), "{{title}}", commented(s.Title), "{{registry}}", commented(s.Registry.name()),
		"{{asof}}", stampUTC(s.AsOf), "{{list}}", strings.Join(list, "\n"),
	).Replace(affectedScript)
	return []Document{{Format: AmIAffected, Path: "am-i-affected.sh", Type: "application/x-sh", Text: text}}, nil
}

// commented makes foreign text fit for a comment of a script: one line, and
// nothing that a shell would look at if it ever got out of it.
func commented(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("`$\\'\"{}", r) {
			return ' '
		}
		return r
	}, oneLine(text))
}

// checkCommands are the short form for posts and mails: one command that lists
// the files that Cargo fetched, one that looks into a Cargo.lock.
func checkCommands(s Sheet) (files, lock string, err error) {
	list, err := badFiles(s)
	if err != nil || len(list) == 0 {
		return "", "", err
	}
	var names, lines []string
	for _, bad := range list {
		f := strings.Fields(bad)
		names = append(names, "-name '"+f[0]+"-"+f[1]+".crate'")
		lines = append(lines, "-e '"+f[0]+" "+f[1]+"'")
	}
	files = "find \"${CARGO_HOME:-$HOME/.cargo}/registry/cache\" -type f \\( \\\n    " + strings.Join(names, " -o \\\n    ") + " \\) -print"
	lock = "awk -F'\"' '/^name = /{n=$2} /^version = /{print n, $2}' Cargo.lock | grep -Fx \\\n    " + strings.Join(lines, " \\\n    ")
	return files, lock, nil
}
