package access

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"cratewarden"
)

// Print writes the whole table as text that people can read, a row for each
// act.
func Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var head []string
	for _, r := range everyRole() {
		head = append(head, string(r))
	}
	fmt.Fprintf(t, "act\t%s\tpasskey\tsecond person\tweight\talso\n", strings.Join(head, "\t"))
	for _, r := range Table() {
		var cells []string
		for _, role := range everyRole() {
			cells = append(cells, mark(r, role))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Act, strings.Join(cells, "\t"), r.StepUp, yes(r.SecondPerson, "always", "-"), weight(r.Weight), also(r))
	}
	return t.Flush()
}

// mark is "yes" for who may, "all" where no role is asked for.
func mark(r Rule, role cratewarden.Role) string {
	if len(r.Roles) == 0 {
		return "all"
	}
	return yes(slices.Contains(r.Roles, role), "yes", ".")
}

func yes(is bool, text, otherwise string) string {
	if is {
		return text
	}
	return otherwise
}

func weight(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func also(r Rule) string {
	var out []string
	for _, c := range []struct {
		is   bool
		text string
	}{{r.Recusal, "no part in it"}, {r.Incident, "incident"}, {r.OnCall, "on call"}, {r.Token, "API token may"}} {
		if c.is {
			out = append(out, c.text)
		}
	}
	if out == nil {
		return "-"
	}
	return strings.Join(out, ", ")
}

// String names how fresh a confirmation must be, for people.
func (s StepUp) String() string {
	switch s {
	case Recent:
		return "recent"
	case Bound:
		return "for this plan"
	}
	return "none"
}
