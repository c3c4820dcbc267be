package advisory

import (
	"fmt"
	"strings"
)

// rustSecID is the name of an advisory until an editor numbers it.
const rustSecID = "RUSTSEC-0000-0000"

// rustSecFiles writes one file for each crate that had bad versions or is gone,
// as the advisory database takes them: a fenced block of TOML, then Markdown.
func rustSecFiles(s Sheet) ([]Document, error) {
	var out []Document
	for _, c := range s.Crates {
		if !c.told() {
			continue
		}
		if err := safe(c); err != nil {
			return nil, err
		}
		out = append(out, Document{
			Format: RustSec, Crate: c.Name, Type: "text/markdown; charset=utf-8",
			Path: rustSecPath(c.Name), Text: rustSecHead(s, c) + "\n" + rustSecBody(s, c),
		})
	}
	return out, nil
}

func rustSecPath(crate string) string { return "crates/" + crate + "/" + rustSecID + ".md" }

func rustSecHead(s Sheet, c Crate) string {
	var b strings.Builder
	line := func(key, value string) { fmt.Fprintf(&b, "%s = %s\n", key, value) }
	b.WriteString("```toml\n[advisory]\n")
	line("id", quoted(rustSecID))
	line("package", quoted(c.Name))
	line("date", quoted(s.day(c)))
	long, others := s.addresses()
	if long != "" {
		line("url", quoted(long))
	}
	if len(others) > 0 {
		line("references", tomlList(others))
	}
	line("categories", tomlList([]string{"malicious"}))
	if c.Deleted {
		line("expect-deleted", "true")
	}
	b.WriteString("\n[versions]\n")
	if windows := Unaffected(c); len(windows) > 0 {
		line("unaffected", tomlList(windows))
	}
	line("patched", "[]")
	b.WriteString("```\n")
	return b.String()
}

// tomlList writes strings on one line, as the database's own files do.
func tomlList(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = quoted(w)
	}
	return "[" + strings.Join(list, ", ") + "]"
}

func rustSecBody(s Sheet, c Crate) string {
	var b strings.Builder
	b.WriteString("# " + s.heading(c) + "\n")
	for _, text := range []string{
		prose(s.behaviour(c)), prose(s.Trigger), rustSecTimes(s, c), rustSecRest(c),
		s.dependents(c), s.evidenceOfUse(), s.thanks(),
	} {
		if text != "" {
			b.WriteString("\n" + wrapped(text) + "\n")
		}
	}
	return b.String()
}

// heading says in the pattern of the database what happened to a crate.
func (s Sheet) heading(c Crate) string {
	what, many := code(c.Name), false
	if !c.Deleted {
		switch nums := c.numbers(); {
		case len(nums) > 4:
			what, many = fmt.Sprintf("%d versions of %s", len(nums), code(c.Name)), true
		default:
			what, many = code(c.Name)+" "+and(nums), len(nums) > 1
		}
	}
	was, is, contains := "was", "is", "contains"
	if many {
		was, is, contains = "were", "are", "contain"
	}
	switch {
	case c.removed():
		return fmt.Sprintf("%s %s removed from %s for malicious code", what, was, inert(s.Registry.name()))
	case !c.gone().IsZero():
		return fmt.Sprintf("%s %s held back by %s for malicious code", what, is, inert(s.Registry.name()))
	}
	return fmt.Sprintf("%s %s malicious code", what, contains)
}
